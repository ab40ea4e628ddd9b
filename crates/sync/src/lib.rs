//! # filch-sync: channels, locks and notifications
//!
//! For tasks on any executor: nothing here knows more of a runtime than [`Waker`](std::task::Waker).
//! Names and semantics are tokio's.
//!
//! | to ... | use |
//! |---|---|
//! | hand one value over | [`oneshot`] |
//! | hand many values to one task | [`mpsc`] |
//! | hand every value to many tasks | [`broadcast`] |
//! | show many tasks the latest state of one value | [`watch`] |
//! | share a value that is locked across an await | [`Mutex`] |
//! | the same, where many only read | [`RwLock`] |
//! | limit how many do something at once | [`Semaphore`] |
//! | say "go on" without a value | [`Notify`] |
//! | make a value when it is first needed | [`OnceCell`] |
//! | wait for a value that comes once | [`SetOnce`] |
//! | wait until all have come | [`Barrier`] |
//! | say "stop", to a whole tree of tasks | [`CancellationToken`] |
//!
//! Nothing takes a lock of the thread while nobody has to wait - `broadcast` and `watch` excepted, for the time of a copy -
//! and no waker is called with a lock held.
//!
//! ## Cancel safety
//! Every future here may be dropped at any await. What that leaves behind:
//!
//! | dropped before it is ready | leaves |
//! |---|---|
//! | `recv`, `recv_many`, `closed`, `changed`, `cancelled`, `SetOnce::wait` | all as it was; no message is lost |
//! | `mpsc::Sender::send` | nothing sent; the message is dropped with it: `reserve` first to keep it |
//! | `reserve`, `acquire`, `lock`, `read`, `write` | its place in the queue to the next; what it was assigned is handed on |
//! | `Notify::notified` | the same: a wake-up that it had got goes to the next |
//! | `watch::Receiver::wait_for` | the values that it looked at count as seen |
//! | `Barrier::wait` | it has not come; another may in its place |
//! | `OnceCell::get_or_init` | the value unmade; the next in the queue begins |
//! | `run_until_cancelled` | what its future leaves |
//!
//! ## Map
//! | file | what |
//! |---|---|
//! | `permits/mod.rs`, `permits/acquire.rs` | the counting semaphore under `Semaphore`, `Mutex`, `RwLock` and the bounded channel |
//! | `permits/bank.rs` | where the channel's receiver leaves permits |
//! | `waiters.rs`, `wakes.rs` | the queue of waiting futures; wakers on their way out of a lock |
//! | `waker_cell.rs` | the receiver's waker |
//! | `oneshot/cell.rs` | the oneshot protocol |
//! | `mpsc/list.rs`, `mpsc/channel.rs` | the messages; what senders and receiver share |
//! | `notify/mod.rs`, `notify/wait.rs` | the notification protocol |
//! | `broadcast/shared.rs` | the ring of messages |
//! | `watch/shared.rs` | the latest value and its number |
//! | `once/place.rs` | a value that is written once |
//! | `cancellation/tree.rs` | who is cancelled with whom |
//! | `drop_each.rs` | messages whose destructors panic |
//! | `block_on.rs` | the `blocking_*` methods |

mod barrier;
mod block_on;
pub mod broadcast;
mod cancellation;
mod const_fn;
mod drop_each;
pub mod mpsc;
mod mutex;
mod notify;
mod once;
pub mod oneshot;
mod permits;
mod rwlock;
mod semaphore;
mod shown;
mod waiters;
mod waker_cell;
mod wakes;
pub mod watch;

pub use barrier::{Barrier, BarrierWaitResult};
pub use cancellation::{
    CancellationToken, DropGuard, DropGuardRef, WaitForCancellationFuture,
    WaitForCancellationFutureOwned,
};
pub use mutex::{
    MappedMutexGuard, Mutex, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard, TryLockError,
};
pub use notify::Notify;
pub use once::{OnceCell, SetError, SetOnce, SetOnceError};
pub use rwlock::{
    OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock,
    RwLockMappedWriteGuard, RwLockReadGuard, RwLockWriteGuard,
};
pub use semaphore::{
    AcquireError, OwnedSemaphorePermit, Semaphore, SemaphorePermit, TryAcquireError,
};

/// The futures that have names.
///
/// ```
/// let notify = filch_sync::Notify::new();
/// let waiter: filch_sync::futures::Notified<'_> = notify.notified();
/// # drop(waiter);
/// ```
pub mod futures {
    pub use crate::notify::{Notified, OwnedNotified};
}

/// The protocols, for the models.
#[cfg(filch_loom)]
#[doc(hidden)]
pub mod model {
    pub use crate::mpsc::list::{List, Popped};
    pub use crate::oneshot::cell::{Found, Rx, Tx, halves};
    pub use crate::permits::bank::{Deposits, NoBank};
    pub use crate::permits::{Acquire, Permits, Refusal};
    pub use crate::waker_cell::WakerCell;
}

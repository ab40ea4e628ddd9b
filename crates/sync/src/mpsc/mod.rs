//! Messages from many tasks to one, in order.
//!
//! [`channel`] has a bound: who sends too much waits. It is the one to choose unless there is a reason.
//! [`unbounded_channel`] never makes a sender wait, and never stops growing if the receiver is slower.
//! For one value choose [`oneshot`](crate::oneshot); if every receiver is to get every message,
//! [`broadcast`](crate::broadcast); if only the latest matters, [`watch`](crate::watch). A task that owns a value and is asked through
//! a channel takes the place of a [`Mutex`](crate::Mutex) around it, where each use awaits something.
//!
//! Messages are received in the order in which they were sent, and senders that wait are served in the
//! order in which they came. A message is dropped exactly once: by the receiver's user, or by the channel
//! if the receiver goes first. There is no `send_timeout`: this crate knows no time; wrap
//! [`Sender::reserve`] in a timeout instead.
//!
//! ```
//! use filch_sync::mpsc;
//!
//! let (tx, mut rx) = mpsc::channel(4);
//! for worker in 0..3 {
//!     let tx = tx.clone();
//!     std::thread::spawn(move || tx.blocking_send(worker));
//! }
//! drop(tx); // the channel ends with its last sender
//! let mut sum = 0;
//! while let Some(worker) = rx.blocking_recv() {
//!     sum += worker;
//! }
//! assert_eq!(sum, 3);
//! ```

mod bounded;
mod channel;
pub mod error;
pub(crate) mod list;
mod permit;
mod receiver;
mod sender;
mod unbounded;

pub use bounded::{Receiver, Sender, WeakSender, channel};
pub use permit::{OwnedPermit, Permit, PermitIterator};
pub use unbounded::{UnboundedReceiver, UnboundedSender, WeakUnboundedSender, unbounded_channel};

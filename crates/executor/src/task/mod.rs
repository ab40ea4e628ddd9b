//! # The life of a task
//!
//! A task is one allocation: a [`Header`], and behind it the future, later its output (`raw.rs`). It is
//! reached through thin pointers of four kinds, each with its own rights:
//!
//! | kind | file | reference | may |
//! |---|---|---|---|
//! | [`Runnable`] | here | none: OWNED stands for it | poll, cancel: exactly one exists while OWNED |
//! | `Waker` | `waker.rs` | one | make the runnable, when there is none |
//! | [`JoinHandle`] | `handle.rs` | one | take the output, abort |
//! | [`AbortHandle`] | `handle.rs` | one | abort |
//!
//! ```text
//!            spawn                    run: Pending
//!   (new) ----------> OWNED, queued ----------------> waiting
//!                      ^   |   ^                         |
//!       Requeue: woken |   |   '-------------------------'
//!       during a poll  |   v              wake: Submit
//!                      OWNED, polled
//!                          |  run: Ready, panicked or cancelled
//!                          v
//!                      COMPLETE --- last reference goes ---> (freed)
//! ```
//!
//! The flags and their transitions are in `state.rs`; who may touch the future or the output follows
//! from them: OWNED, the runner; COMPLETE, the `JoinHandle`; otherwise nobody.
//!
//! A task keeps a plain pointer to its scheduler, not a counted one: a count that every spawn and every
//! end writes is a cache line that all workers share. The scheduler outlives the need for it because its
//! shutdown ends every task first (`owned.rs`), and a task that has ended never looks at it again.

mod error;
mod handle;
mod id;
mod info;
pub mod join;
mod origin;
pub(crate) mod owned;
mod raw;
mod run;
pub mod state;
mod waker;

pub use error::{JoinError, TaskPanic};
pub use handle::{AbortHandle, JoinHandle};
pub use id::{Id, id, try_id};
pub use info::TaskInfo;
pub(crate) use origin::Origin;
pub(crate) use owned::OwnedTasks;
pub(crate) use run::give_way;

use crate::config::PanicHook;
use crate::ledger::Page;
use crate::queue::Pointer;
use filch_primitives::cell::UnsafeCell;
use join::JoinSlot;
use raw::{Stage, Vtable};
use state::State;
use std::ptr::NonNull;

/// Why a task is handed to its scheduler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It is new.
    Spawn,
    /// A waker was woken.
    Wake,
    /// It was woken during its own poll, or gave way.
    Yield,
}

/// Where a task goes when there is something to do for it.
pub(crate) trait Schedule: Sync + 'static {
    /// Takes the runnable; it must be run or cancelled one day.
    fn schedule(&self, task: Runnable, reason: Reason);

    /// The registry that this scheduler's tasks are in, if it keeps one.
    fn owned(&self) -> Option<&OwnedTasks>;

    /// The task is about to wait and in no registry: enters it. `false` if it must end instead.
    fn enroll(&self, _task: &Runnable) -> bool {
        true
    }

    /// A task is about to be complete.
    fn count_ended(&self) {}

    /// Where it is written down how this scheduler's tasks end during a shutdown.
    fn page(&self) -> Option<Page<'_>> {
        None
    }

    /// Who hears of a panic whose task nobody awaits.
    fn panic_hook(&self) -> Option<PanicHook>;
}

/// What a spawn comes to. A refused task is to be cancelled by the caller when it holds no lock and no
/// borrow: the future's destructor runs then, and may do anything.
#[must_use]
pub(crate) struct Spawned<T> {
    pub(crate) handle: JoinHandle<T>,
    pub(crate) refused: Option<Runnable>,
}

impl<T> Spawned<T> {
    #[inline]
    pub(crate) fn settle(self) -> JoinHandle<T> {
        if let Some(task) = self.refused {
            task.cancel();
        }
        self.handle
    }
}

/// What every task begins with, whatever its future is.
#[repr(C)]
pub(crate) struct Header {
    state: State,
    vtable: &'static Vtable,
    /// The scheduler, of the type that the vtable was made for.
    scheduler: NonNull<()>,
    /// Neighbours in the registry, then what the task panicked with.
    aside: UnsafeCell<owned::Aside>,
    id: id::Packed,
    /// Which shard of the registry; only for whoever holds the runnable.
    shard: UnsafeCell<u8>,
    /// What is behind the header.
    stage: UnsafeCell<Stage>,
    join: JoinSlot,
    origin: Origin,
}

impl Header {
    #[inline]
    fn id(&self) -> Id {
        self.id.into()
    }
}

/// The right to run a task once: poll it, or cancel it.
pub(crate) struct Runnable(NonNull<Header>);

// SAFETY: the vtable's functions are for any thread; a future that is not `Send` is only given to a
// scheduler that keeps its runnables on one thread.
unsafe impl Send for Runnable {}

impl Runnable {
    fn header(&self) -> &Header {
        // SAFETY: a runnable exists, so the task is not complete and its memory stands (`state.rs`).
        unsafe { self.0.as_ref() }
    }

    /// The task's id.
    pub(crate) fn id(&self) -> Id {
        self.header().id()
    }

    /// Whether it was given a name.
    #[inline]
    pub(crate) fn is_named(&self) -> bool {
        self.header().origin.is_named()
    }

    /// Where it comes from.
    #[inline]
    pub(crate) fn origin(&self) -> &Origin {
        &self.header().origin
    }

    /// Id, name and spawn site.
    pub(crate) fn info(&self) -> TaskInfo {
        TaskInfo::of(self.header())
    }

    /// Polls the future once and does what follows from it, except that a task which is to be queued again
    /// is given back.
    #[inline]
    #[must_use = "a task that is given back is to be queued again"]
    pub(crate) fn run(self) -> Option<Self> {
        let poll = self.header().vtable.poll;
        // SAFETY: the vtable was made for this task, and we give the runnable up to it.
        unsafe { poll(self.into_header()) }
    }

    /// Drops the future and completes the task as cancelled.
    pub(crate) fn cancel(self) {
        let wake = self.header().state.cancel();
        debug_assert_eq!(wake, state::Wake::Nothing, "inconsistent task word: a runnable twice");
        let again = self.run();
        debug_assert!(again.is_none(), "inconsistent task word: a cancelled task goes on");
    }

    fn into_header(self) -> NonNull<Header> {
        let header = self.0;
        std::mem::forget(self);
        header
    }
}

impl Drop for Runnable {
    fn drop(&mut self) {
        // A queue that is dropped with tasks in it ends them: no destructor of theirs is skipped.
        Runnable(self.0).cancel();
    }
}

impl std::fmt::Debug for Runnable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Runnable").field(&self.id()).finish()
    }
}

// SAFETY: the round trip of a pointer.
unsafe impl Pointer for Runnable {
    fn into_raw(self) -> NonNull<()> {
        self.into_header().cast()
    }

    unsafe fn from_raw(raw: NonNull<()>) -> Self {
        Self(raw.cast())
    }
}

/// Whether a future is better moved to the heap before anything else: on its way into the task it is copied
/// from frame to frame, more often so without optimisation, and a worker's stack is not large.
pub(crate) const fn is_large<F>() -> bool {
    let limit = if cfg!(debug_assertions) { 2 << 10 } else { 16 << 10 };
    size_of::<F>() > limit
}

/// Makes a task of `future`; it is not scheduled yet, and in no registry.
///
/// # Safety
/// `scheduler` must live until the task is complete, and for `schedule` calls under way (see
/// `owned.rs`). If `future` or its output is not `Send`, the scheduler must run and cancel its runnables
/// on the thread that made them.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) unsafe fn new<F, S>(
    future: F,
    scheduler: &S,
    origin: impl Into<Origin>,
) -> (Runnable, JoinHandle<F::Output>)
where
    F: Future + 'static,
    F::Output: 'static,
    S: Schedule,
{
    let header = raw::allocate::<F, S>(future, scheduler, origin.into());
    // SAFETY: the word of a new task counts one reference for this handle.
    let handle = unsafe { JoinHandle::from_raw(header) };
    (Runnable(header), handle)
}

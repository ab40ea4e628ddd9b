//! # The executor: owns what a [`Handle`] refers to, and ends it

use crate::block_on;
use crate::blocking::BlockingPool;
use crate::context::{self, Duty, DutyScope, EnterGuard};
use crate::handle::{AnyScheduler, Handle};
use crate::task::JoinHandle;
use std::fmt;
use std::time::{Duration, Instant};

/// Runs tasks, until it is dropped.
///
/// Made by [`Builder`](crate::Builder). Dropping it is legal anywhere, inside one of its own tasks too:
/// every task that has not ended is cancelled, once, and its destructors run. On a thread that may
/// block, the drop waits until that has happened and until blocking calls that have begun are over; on
/// a thread that runs tasks, it happens in the background.
pub struct Executor {
    handle: Handle,
    blocking: BlockingPool,
    ended: bool,
}

impl Executor {
    pub(crate) fn new(handle: Handle, blocking: BlockingPool) -> Self {
        Self {
            handle,
            blocking,
            ended: false,
        }
    }

    /// A handle to it.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// As [`Handle::spawn`].
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// As [`Handle::enter`].
    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// Waits on this thread until `future` ends. The thread of a single-threaded executor runs the
    /// tasks meanwhile.
    ///
    /// # Panics
    /// On a thread that runs tasks: it would block them.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _entered = self.handle.enter();
        match self.handle.scheduler() {
            AnyScheduler::Loop(scheduler) => scheduler.block_on(future),
            AnyScheduler::Multi(_) => {
                let _duty = DutyScope::enter(Duty::OneFuture, "block_on");
                block_on::block_on(future)
            }
        }
    }

    /// Cancels every task and returns at once; what takes time happens in the background.
    pub fn shutdown_background(mut self) {
        self.shut_down(Some(Instant::now()));
    }

    /// Cancels every task and waits, for at most `timeout`, until all have ended and blocking calls that
    /// have begun are over.
    pub fn shutdown_timeout(mut self, timeout: Duration) {
        self.shut_down(Instant::now().checked_add(timeout));
    }

    /// Cancels every task; waits until `deadline`, for ever if there is none, not at all where that
    /// would block tasks.
    fn shut_down(&mut self, deadline: Option<Instant>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let _entered = self.handle.enter();
        let may_wait = context::may_block();
        let in_time = match self.handle.scheduler() {
            AnyScheduler::Loop(scheduler) => {
                scheduler.shut_down();
                true
            }
            AnyScheduler::Multi(scheduler) => {
                scheduler.begin_shutdown();
                may_wait && scheduler.wait(deadline)
            }
        };
        self.blocking.close();
        if may_wait && in_time {
            self.blocking.wait(deadline);
        }
    }
}

/// Something that can wait for a future on the calling thread: an executor, or a runtime around one.
///
/// ```
/// use filch_executor::{BlockOn, Builder};
///
/// fn answer(on: &impl BlockOn) -> u32 {
///     on.block_on(async { 42 })
/// }
/// assert_eq!(answer(&Builder::new_current_thread().build().unwrap()), 42);
/// ```
pub trait BlockOn {
    /// Waits on this thread until `future` ends.
    fn block_on<F: Future>(&self, future: F) -> F::Output;
}

impl BlockOn for Executor {
    #[track_caller]
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        Executor::block_on(self, future)
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.shut_down(None);
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor")
            .field("handle", &self.handle)
            .field("blocking", &self.blocking)
            .finish_non_exhaustive()
    }
}

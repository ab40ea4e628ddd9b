//! # The executor: owns what a [`Handle`] refers to, and ends it

use crate::block_on;
use crate::blocking::Pools;
use crate::context::{self, EnterGuard};
use crate::handle::{AnyScheduler, Handle};
use crate::shutdown::ShutdownReport;
use crate::task::JoinHandle;
use filch_primitives::{Duty, DutyScope};
use std::fmt;
use std::time::{Duration, Instant};

/// Runs tasks, until it is dropped.
///
/// Made by [`Builder`](crate::Builder). Dropping it is legal anywhere, inside one of its own tasks too:
/// every task that has not ended is cancelled, once, and its destructors run. On a thread that may
/// block, the drop waits until that has happened and until blocking calls that have begun are over; on
/// a thread that runs tasks, it happens in the background.
///
/// ```
/// let executor = filch_executor::Builder::new_multi_thread().worker_threads(2).build()?;
/// let task = executor.spawn(async { 6 * 7 });
/// assert_eq!(executor.block_on(task).unwrap(), 42);
/// # std::io::Result::Ok(())
/// ```
pub struct Executor {
    handle: Handle,
    blocking: Pools,
    ended: bool,
}

impl Executor {
    pub(crate) fn new(handle: Handle, blocking: Pools) -> Self {
        Self { handle, blocking, ended: false }
    }

    /// A handle to it.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let handle = executor.handle().clone();
    /// let task = std::thread::spawn(move || handle.spawn(async { 5 })).join().unwrap();
    /// assert_eq!(executor.block_on(task).unwrap(), 5);
    /// ```
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// As [`Handle::spawn`].
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let task = executor.spawn(async { 5 });
    /// assert_eq!(executor.block_on(task).unwrap(), 5);
    /// ```
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// As [`Handle::enter`].
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let _entered = executor.enter();
    /// let task = filch_executor::spawn(async { 5 });
    /// assert_eq!(executor.block_on(task).unwrap(), 5);
    /// ```
    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// Waits on this thread until `future` ends. The thread of a single-threaded executor runs the
    /// tasks meanwhile.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let sum = executor.block_on(async {
    ///     filch_executor::spawn(async { 40 }).await.unwrap() + 2
    /// });
    /// assert_eq!(sum, 42);
    /// ```
    ///
    /// # Panics
    /// On a thread that runs tasks: it would block them.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _entered = self.handle.enter();
        match self.handle.scheduler() {
            AnyScheduler::Loop(scheduler) => scheduler.block_on(future),
            AnyScheduler::Multi(scheduler) => {
                let _duty = DutyScope::enter(Duty::OneFuture, "block_on");
                block_on::block_on(&scheduler.park, future)
            }
        }
    }

    /// Cancels every task and returns at once; what takes time happens in the background.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let task = executor.spawn(std::future::pending::<()>());
    /// executor.shutdown_background();
    /// assert!(task.is_finished());
    /// ```
    pub fn shutdown_background(mut self) {
        self.shut_down(Some(Instant::now()));
    }

    /// Cancels every task and waits, for at most `timeout`, until all have ended and blocking calls that
    /// have begun are over.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let task = executor.spawn(std::future::pending::<()>());
    /// executor.shutdown_timeout(std::time::Duration::from_secs(1));
    /// assert!(task.is_finished());
    /// ```
    pub fn shutdown_timeout(mut self, timeout: Duration) {
        self.shut_down(Instant::now().checked_add(timeout));
    }

    /// Cancels every task and waits, for at most `deadline`, until all have ended and blocking calls that
    /// have begun are over; says what ended by itself, what was cancelled, and what does not stop.
    ///
    /// It is legal anywhere. Where the wait would block tasks, or would be for itself, there is none: see
    /// [`ShutdownReport::waited`]. Destructors of tasks of a single-threaded executor run on this thread, and
    /// are waited for however long they take.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let executor = filch_executor::Builder::new_multi_thread().worker_threads(1).build()?;
    /// let (release, released) = std::sync::mpsc::channel::<()>();
    /// let (started, has_started) = std::sync::mpsc::channel();
    /// let task = executor.spawn(async move {
    ///     started.send(()).unwrap();
    ///     released.recv() // blocks its worker
    /// });
    /// has_started.recv().unwrap();
    /// let report = executor.shutdown(Duration::from_millis(10));
    /// assert_eq!(report.stuck()[0].id(), task.id());
    /// assert!(report.to_string().contains("does not stop: task"));
    /// # drop(release);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn shutdown(mut self, deadline: Duration) -> ShutdownReport {
        let begun = Instant::now();
        self.blocking.ledger().open();
        let ending = self.shut_down(begun.checked_add(deadline));
        let (stuck, not_reached) = match self.handle.scheduler() {
            AnyScheduler::Multi(scheduler) if !scheduler.has_ended() => scheduler.left(),
            _ => (Vec::new(), Vec::new()),
        };
        let listed = stuck.len() + not_reached.len();
        let running_calls = self.blocking.running();
        ShutdownReport {
            took: begun.elapsed(),
            waited: ending.waited,
            is_over: ending.is_over,
            entries: self.blocking.ledger().close(),
            stuck,
            not_reached,
            not_begun: self.handle.live_tasks().saturating_sub(listed),
            running_calls,
        }
    }

    /// Cancels every task; waits until `deadline`, for ever if there is none, not at all where that
    /// would block tasks.
    fn shut_down(&mut self, deadline: Option<Instant>) -> Ending {
        if std::mem::replace(&mut self.ended, true) {
            return Ending { waited: false, is_over: false };
        }
        let _entered = self.handle.enter();
        let may_wait = context::may_block();
        let (is_ours, all_ended) = match self.handle.scheduler() {
            AnyScheduler::Loop(scheduler) => {
                scheduler.shut_down();
                (false, true)
            }
            AnyScheduler::Multi(scheduler) => {
                scheduler.begin_shutdown();
                // Not where this thread would wait for itself.
                let is_ours = scheduler.owns_this_thread();
                let waits = may_wait && !is_ours;
                (is_ours, if waits { scheduler.wait(deadline) } else { scheduler.has_ended() })
            }
        };
        self.blocking.close();
        let waited = may_wait && !is_ours && !self.blocking.owns_this_thread();
        // Without a wait, a look.
        let deadline = if waited && all_ended { deadline } else { Some(Instant::now()) };
        Ending { waited, is_over: self.blocking.wait(deadline) && all_ended }
    }
}

/// What a shutdown came to.
struct Ending {
    waited: bool,
    is_over: bool,
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
    ///
    /// # Panics
    /// On a thread that runs tasks: it would block them.
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

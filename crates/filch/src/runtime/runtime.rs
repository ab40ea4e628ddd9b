//! # A runtime: an executor and its drivers

use super::drivers::Drivers;
use super::{Builder, EnterGuard, Handle, RuntimeMetrics, ShutdownReport};
use crate::task::JoinHandle;
use filch_executor::{BlockOn, Executor};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Runs tasks, timers and sockets, until it is dropped.
///
/// Dropping it is legal anywhere, inside one of its own tasks too: every task that has not ended is
/// cancelled, once, and its destructors run. On a thread that may block, the drop waits until that has
/// happened and until blocking calls that have begun are over; on a thread that runs tasks, it happens
/// in the background. See also [`shutdown`](Self::shutdown), which takes a deadline and reports what did not
/// stop, [`shutdown_timeout`](Self::shutdown_timeout) and
/// [`shutdown_background`](Self::shutdown_background).
///
/// ```
/// use filch::runtime::Runtime;
///
/// let runtime = Runtime::new()?;
/// assert_eq!(runtime.block_on(async { 1 + 1 }), 2);
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Runtime {
    // The order of the fields is the order of their end.
    executor: Option<Executor>,
    handle: Handle,
}

impl Runtime {
    /// A runtime with one worker per core.
    ///
    /// ```
    /// let runtime = filch::runtime::Runtime::new()?;
    /// assert_eq!(runtime.block_on(async { 7 }), 7);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// If the operating system refuses a thread or a descriptor; nothing is left behind then.
    ///
    /// # Panics
    /// If the environment variable `FILCH_WORKER_THREADS` is 0, more than 1023, or no number.
    pub fn new() -> io::Result<Self> {
        Builder::new_multi_thread().build()
    }

    pub(super) fn from_parts(executor: Executor, drivers: Arc<Drivers>) -> Self {
        let handle = Handle::new(executor.handle().clone(), drivers);
        Self { executor: Some(executor), handle }
    }

    fn executor(&self) -> &Executor {
        self.executor.as_ref().expect("the executor goes only with the runtime")
    }

    /// Waits on this thread until `future` ends. On a single-threaded runtime, this thread runs the
    /// tasks, timers and sockets meanwhile.
    ///
    /// ```
    /// # let runtime = filch::runtime::Runtime::new()?;
    /// let sum = runtime.block_on(async {
    ///     filch::spawn(async { 40 }).await.unwrap() + 2
    /// });
    /// assert_eq!(sum, 42);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// On a thread that runs tasks: it would block them.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _entered = self.handle.enter();
        self.executor().block_on(future)
    }

    /// As [`Handle::spawn`].
    ///
    /// ```
    /// # let runtime = filch::runtime::Runtime::new()?;
    /// let task = runtime.spawn(async { 7 });
    /// assert_eq!(runtime.block_on(task)?, 7);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// As [`Handle::spawn_blocking`].
    ///
    /// ```
    /// # let runtime = filch::runtime::Runtime::new()?;
    /// let sum = runtime.spawn_blocking(|| (1..=4).sum::<i32>());
    /// assert_eq!(runtime.block_on(sum)?, 10);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// As there.
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, f: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.handle.spawn_blocking(f)
    }

    /// As [`Handle::enter`].
    ///
    /// ```
    /// # let runtime = filch::runtime::Runtime::new()?;
    /// let _entered = runtime.enter();
    /// let task = filch::spawn(async { 7 });
    /// # assert_eq!(runtime.block_on(task)?, 7);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// A handle to it.
    ///
    /// ```
    /// # let runtime = filch::runtime::Runtime::new()?;
    /// let handle = runtime.handle().clone();
    /// let task = std::thread::spawn(move || handle.spawn(async { 5 })).join().unwrap();
    /// assert_eq!(runtime.block_on(task)?, 5);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Changes how many workers there are, while they run: missing ones are started at once; those that are too many
    /// leave, each at the end of a poll, and their tasks go on elsewhere.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let runtime = Builder::new_multi_thread().worker_threads(1).max_workers(3).build()?;
    /// runtime.set_workers(3)?;
    /// assert_eq!(runtime.metrics().num_workers(), 3);
    /// runtime.set_workers(1)?;
    /// # assert!(runtime.set_workers(0).is_err());
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// * If it is 0, or more than [`max_workers`](super::Builder::max_workers) allows: nothing has changed.
    /// * On a single-threaded runtime: its tasks stay on one thread.
    /// * If the operating system refuses a thread: then the runtime goes on with those that it has.
    /// * After the shutdown has begun.
    pub fn set_workers(&self, count: usize) -> io::Result<()> {
        self.handle.set_workers(count)
    }

    /// What can be measured of it.
    ///
    /// ```
    /// # let runtime = filch::runtime::Runtime::new()?;
    /// assert!(runtime.metrics().num_workers() > 0);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn metrics(&self) -> RuntimeMetrics {
        self.handle.metrics()
    }

    /// Cancels every task and waits, for at most `deadline`, until all have ended and blocking calls that
    /// have begun are over; says what ended by itself, what was cancelled, and what does not stop, each by its
    /// name and the place where it was spawned. What has not ended by then goes on in the background.
    ///
    /// It is legal anywhere. Where the wait would block tasks, or would be for itself, there is none: see
    /// [`ShutdownReport::waited`]. Destructors of tasks of a single-threaded runtime run on this thread, and are
    /// waited for however long they take.
    ///
    /// ```
    /// use filch::runtime::Runtime;
    /// use filch::task;
    /// use filch::time::Duration;
    ///
    /// let runtime = Runtime::new()?;
    /// let waits = task::Builder::new().name("waits");
    /// let _waits = waits.spawn_on(std::future::pending::<()>(), runtime.handle())?;
    /// let (release, released) = std::sync::mpsc::channel::<()>();
    /// let (started, has_started) = std::sync::mpsc::channel();
    /// let call = runtime.spawn_blocking(move || {
    ///     started.send(()).unwrap();
    ///     released.recv()
    /// });
    /// has_started.recv().unwrap();
    ///
    /// let report = runtime.shutdown(Duration::from_millis(20));
    /// assert_eq!(report.cancelled()[0].name(), Some("waits"));
    /// assert_eq!(report.running_calls()[0].info().id(), call.id());
    /// println!("{report}");
    /// // shutdown not complete after 20.1ms: 0 tasks and 0 blocking calls ended by themselves, 1 and 0 were cancelled
    /// //   cancelled: task 1 "waits", spawned at src/main.rs:7:20
    /// //   still running: task 2, spawned at src/main.rs:10:20 on the pool "blocking"
    /// # drop(release);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn shutdown(mut self, deadline: Duration) -> ShutdownReport {
        self.end(|executor| executor.shutdown(deadline)).expect("it is there until it is taken")
    }

    /// Cancels every task and waits, for at most `timeout`, until all have ended and blocking calls that
    /// have begun are over. What has not ended by then goes on in the background.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let runtime = filch::runtime::Runtime::new()?;
    /// runtime.spawn(std::future::pending::<()>());
    /// runtime.shutdown_timeout(Duration::from_secs(1));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn shutdown_timeout(mut self, timeout: Duration) {
        self.end(|executor| executor.shutdown_timeout(timeout));
    }

    /// Cancels every task and returns at once; what takes time happens in the background.
    ///
    /// ```
    /// let runtime = filch::runtime::Runtime::new()?;
    /// runtime.shutdown_background();
    /// # std::io::Result::Ok(())
    /// ```
    pub fn shutdown_background(mut self) {
        self.end(Executor::shutdown_background);
    }

    fn end<R>(&mut self, end: impl FnOnce(Executor) -> R) -> Option<R> {
        let executor = self.executor.take()?;
        // Entered, so that destructors of tasks find their runtime.
        let _entered = self.handle.enter();
        Some(end(executor))
    }
}

impl BlockOn for Runtime {
    #[track_caller]
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        Runtime::block_on(self, future)
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.end(drop);
    }
}

//! # The public verbs on a running executor

use crate::block_on;
use crate::blocking::{BlockingPool, PoolConfig, PoolExists, Pools, entered, made};
use crate::context::{self, EnterGuard};
use crate::loop_scheduler::LoopScheduler;
use crate::record::{self, LaneKind, Recorder, TrackScope};
use crate::scheduler::Scheduler;
use crate::task::{JoinHandle, Origin, Spawned, TaskInfo, is_large};
use crate::worker;
use filch_primitives::{Duty, DutyScope};
use std::fmt;
use std::io;
use std::panic::Location;
use std::sync::Arc;

/// Which of the two flavours an executor is.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
/// assert_eq!(executor.handle().flavor(), filch_executor::Flavor::CurrentThread);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flavor {
    /// One thread, one queue: whoever calls `block_on`.
    CurrentThread,
    /// Workers that steal from each other.
    MultiThread,
}

/// A handle to an executor: spawns on it from anywhere, and may outlive it.
///
/// ```
/// use filch_executor::{Builder, Handle};
///
/// let executor = Builder::new_multi_thread().worker_threads(1).build().unwrap();
/// let handle = executor.handle().clone();
/// let task = std::thread::spawn(move || handle.spawn(async { 5 })).join().unwrap();
/// assert_eq!(executor.block_on(task).unwrap(), 5);
/// ```
#[derive(Clone)]
pub struct Handle {
    scheduler: AnyScheduler,
}

#[derive(Clone)]
pub(crate) enum AnyScheduler {
    Loop(Arc<LoopScheduler>),
    Multi(Arc<Scheduler>),
}

/// There is no current executor.
///
/// ```
/// let error = filch_executor::Handle::try_current().unwrap_err();
/// assert!(error.to_string().contains("no Filch runtime is entered"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TryCurrentError(());

impl TryCurrentError {
    /// For a runtime on top, where its own part is missing.
    ///
    /// ```
    /// let error = filch_executor::TryCurrentError::new();
    /// assert!(error.to_string().contains("no Filch runtime is entered"));
    /// ```
    pub fn new() -> Self {
        Self(())
    }
}

impl Default for TryCurrentError {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for TryCurrentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NOT_ENTERED)
    }
}

impl std::error::Error for TryCurrentError {}

const NOT_ENTERED: &str = "no Filch runtime is entered on this thread: call this inside \
    `Runtime::block_on` or a spawned task, or enter a runtime with `Runtime::enter`";

impl Handle {
    /// The executor that is current on this thread.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// executor.block_on(async {
    ///     let task = filch_executor::Handle::current().spawn(async { 5 });
    ///     assert_eq!(task.await.unwrap(), 5);
    /// });
    /// ```
    ///
    /// # Panics
    /// If none is; see [`try_current`](Self::try_current).
    #[track_caller]
    pub fn current() -> Self {
        match context::current() {
            Some(handle) => handle,
            None => panic!("{NOT_ENTERED}"),
        }
    }

    /// The executor that is current on this thread.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// # use filch_executor::Handle;
    /// assert!(Handle::try_current().is_err());
    /// assert!(executor.block_on(async { Handle::try_current() }).is_ok());
    /// ```
    ///
    /// # Errors
    /// If none is.
    pub fn try_current() -> Result<Self, TryCurrentError> {
        context::current().ok_or(TryCurrentError(()))
    }

    /// Spawns a task. It starts when a thread comes to it, whether the handle is awaited or not.
    ///
    /// After the shutdown has begun, the handle that comes back resolves to "cancelled".
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let task = executor.handle().spawn(async { 5 });
    /// assert_eq!(executor.block_on(task).unwrap(), 5);
    /// ```
    #[track_caller]
    #[inline]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawn_from(future, Location::caller())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn spawn_from<F>(
        &self,
        future: F,
        origin: impl Into<Origin>,
    ) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        if is_large::<F>() {
            self.spawn_at(Box::pin(future), origin).settle()
        } else {
            self.spawn_at(future, origin).settle()
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn spawn_at<F>(&self, future: F, origin: impl Into<Origin>) -> Spawned<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        match &self.scheduler {
            AnyScheduler::Loop(scheduler) => scheduler.spawn(future, origin),
            AnyScheduler::Multi(scheduler) => scheduler.spawn(future, origin),
        }
    }

    pub(crate) fn spawn_local<F>(
        &self,
        future: F,
        origin: impl Into<Origin>,
    ) -> Option<JoinHandle<F::Output>>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        match &self.scheduler {
            AnyScheduler::Loop(scheduler) => {
                scheduler.spawn_local(future, origin).map(Spawned::settle)
            }
            AnyScheduler::Multi(_) => None,
        }
    }

    /// Runs `f`, which may block, on a thread for blocking calls.
    ///
    /// A closure that has begun cannot be aborted. After the shutdown has begun, the handle that comes
    /// back resolves to "cancelled".
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let handle = executor.handle().spawn_blocking(|| 2 + 2);
    /// assert_eq!(executor.block_on(handle).unwrap(), 4);
    /// ```
    ///
    /// # Panics
    /// If no thread for blocking calls exists and the operating system refuses to start one; and if the
    /// queue is full, which it can be only with `Builder::max_blocking_queue`.
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, f: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.spawn_blocking_from(f, Location::caller())
    }

    /// As [`spawn_blocking`](Self::spawn_blocking), for callers that can go on without a thread.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let handle = executor.handle().try_spawn_blocking(|| 2 + 2)?;
    /// assert_eq!(executor.block_on(handle).unwrap(), 4);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// If no thread for blocking calls exists and the operating system refuses to start one, or if the queue
    /// is full ([`ResourceBusy`](io::ErrorKind::ResourceBusy)); `f` has been dropped then.
    #[track_caller]
    pub fn try_spawn_blocking<F, R>(&self, f: F) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.try_spawn_blocking_from(f, Location::caller())
    }

    #[track_caller]
    pub(crate) fn spawn_blocking_from<F, R>(&self, f: F, origin: impl Into<Origin>) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        made(self.try_spawn_blocking_from(f, origin))
    }

    fn try_spawn_blocking_from<F, R>(
        &self,
        f: F,
        origin: impl Into<Origin>,
    ) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.pools().first().spawn(entered(self, f), origin)
    }

    /// The pool of this name, [`BlockingPool::DEFAULT`] or one that was made; `None` if there is none.
    ///
    /// ```
    /// # use filch_executor::{Builder, PoolConfig};
    /// let executor =
    ///     Builder::new_current_thread().blocking_pool("cpu", PoolConfig::new()).build()?;
    /// let pool = executor.handle().blocking_pool("cpu").unwrap();
    /// assert_eq!(executor.block_on(pool.spawn(|| 6 * 7))?, 42);
    /// assert!(executor.handle().blocking_pool("gpu").is_none());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn blocking_pool(&self, name: &str) -> Option<BlockingPool> {
        Some(BlockingPool::new(self.pools().find(name)?, self.clone()))
    }

    /// Makes a pool of threads for blocking calls. It ends with the runtime; after the shutdown has begun, it
    /// has ended already.
    ///
    /// ```
    /// # use filch_executor::{Builder, PoolConfig};
    /// let executor = Builder::new_current_thread().build()?;
    /// let pool = executor.handle().new_blocking_pool("cpu", PoolConfig::new().max_threads(2))?;
    /// assert_eq!(executor.block_on(pool.spawn(|| 6 * 7))?, 42);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// If there is one of that name.
    ///
    /// # Panics
    /// If the name has a zero byte in it.
    #[track_caller]
    pub fn new_blocking_pool(
        &self,
        name: &str,
        config: PoolConfig,
    ) -> Result<BlockingPool, PoolExists> {
        Ok(BlockingPool::new(self.pools().add(name, &config)?, self.clone()))
    }

    /// All pools, the one that there always is first.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// for pool in executor.handle().blocking_pools() {
    ///     println!("{}: {} threads, {} calls wait", pool.name(), pool.num_threads(), pool.queue_depth());
    /// }
    /// # std::io::Result::Ok(())
    /// ```
    pub fn blocking_pools(&self) -> Vec<BlockingPool> {
        let pool = |crew| BlockingPool::new(crew, self.clone());
        self.pools().all().into_iter().map(pool).collect()
    }

    fn pools(&self) -> &Pools {
        match &self.scheduler {
            AnyScheduler::Loop(scheduler) => &scheduler.blocking,
            AnyScheduler::Multi(scheduler) => &scheduler.blocking,
        }
    }

    /// Waits on this thread until `future` ends. It does not drive a single-threaded executor: some
    /// other thread must be in `Executor::block_on` for its tasks to run.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// assert_eq!(executor.handle().block_on(async { 5 }), 5);
    /// ```
    ///
    /// # Panics
    /// On a thread that runs tasks.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _entered = self.enter();
        let _duty = DutyScope::enter(Duty::OneFuture, "Handle::block_on");
        let _track = TrackScope::enter(self.recorded(), LaneKind::Outside);
        let park = match &self.scheduler {
            AnyScheduler::Loop(scheduler) => scheduler.park(),
            AnyScheduler::Multi(scheduler) => &scheduler.park,
        };
        block_on::block_on(park, future)
    }

    /// Makes this executor current on this thread until the guard is dropped.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let _entered = executor.handle().enter();
    /// let task = filch_executor::spawn(async { 5 });
    /// assert_eq!(executor.block_on(task).unwrap(), 5);
    /// ```
    pub fn enter(&self) -> EnterGuard<'_> {
        context::enter(self)
    }

    /// Which flavour it is.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    /// assert_eq!(executor.handle().flavor(), filch_executor::Flavor::MultiThread);
    /// ```
    pub fn flavor(&self) -> Flavor {
        match &self.scheduler {
            AnyScheduler::Loop(_) => Flavor::CurrentThread,
            AnyScheduler::Multi(_) => Flavor::MultiThread,
        }
    }

    /// How many workers it has; 1 for a single-threaded one.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    /// assert_eq!(executor.handle().workers(), 1);
    /// ```
    pub fn workers(&self) -> usize {
        match &self.scheduler {
            AnyScheduler::Loop(_) => 1,
            AnyScheduler::Multi(scheduler) => scheduler.roster.workers(),
        }
    }

    /// How many spares there are at the moment, for workers that are stuck.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    /// assert_eq!(executor.handle().spare_workers(), 0);
    /// ```
    pub fn spare_workers(&self) -> usize {
        match &self.scheduler {
            AnyScheduler::Loop(_) => 0,
            AnyScheduler::Multi(scheduler) => scheduler.roster.spares(),
        }
    }

    /// Changes how many workers there are, while they run: missing ones are started at once; those that are too many
    /// leave, each at the end of a poll, and their tasks go on elsewhere.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_multi_thread()
    /// #     .worker_threads(1)
    /// #     .max_workers(3)
    /// #     .build()?;
    /// executor.handle().set_workers(3)?;
    /// assert_eq!(executor.handle().workers(), 3);
    /// executor.handle().set_workers(1)?;
    /// # assert!(executor.handle().set_workers(0).is_err());
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// * If it is 0, or more than [`Builder::max_workers`](crate::Builder::max_workers) allows: nothing has changed.
    /// * On a single-threaded executor: its tasks stay on one thread.
    /// * If the operating system refuses a thread: then the executor goes on with those that it has.
    /// * After the shutdown has begun.
    pub fn set_workers(&self, count: usize) -> io::Result<()> {
        let invalid = |words: String| Err(io::Error::new(io::ErrorKind::InvalidInput, words));
        match &self.scheduler {
            AnyScheduler::Loop(_) => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "a single-threaded runtime has one worker: build a multi-threaded one to change their number",
            )),
            AnyScheduler::Multi(_) if count == 0 => {
                invalid("a runtime needs at least one worker: `set_workers(0)`".to_owned())
            }
            AnyScheduler::Multi(scheduler) if count > scheduler.max_workers() => invalid(format!(
                "this runtime was built for at most {} workers, not {count}: see `Builder::max_workers`",
                scheduler.max_workers()
            )),
            AnyScheduler::Multi(scheduler) => worker::set_workers(scheduler, count),
        }
    }

    /// How many polls took longer than the [threshold](crate::Builder::long_poll_threshold) so far. A single-threaded
    /// executor counts only if there is a hook for them.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    /// assert_eq!(executor.handle().long_polls(), 0);
    /// ```
    pub fn long_polls(&self) -> u64 {
        match &self.scheduler {
            AnyScheduler::Loop(scheduler) => scheduler.long_polls(),
            AnyScheduler::Multi(scheduler) => {
                scheduler.sentinel.as_ref().map_or(0, |sentinel| sentinel.long_polls() as u64)
            }
        }
    }

    /// How many tasks have been spawned and not ended; blocking calls are not counted.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let _task = executor.spawn(std::future::pending::<()>());
    /// assert_eq!(executor.handle().live_tasks(), 1);
    /// ```
    pub fn live_tasks(&self) -> usize {
        match &self.scheduler {
            AnyScheduler::Loop(scheduler) => scheduler.queue.live_tasks(),
            AnyScheduler::Multi(scheduler) => scheduler.live_tasks(),
        }
    }

    /// How many tasks the workers have taken from each other so far.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    /// // With one worker there is nobody to take from.
    /// assert_eq!(executor.handle().stolen_tasks(), 0);
    /// ```
    pub fn stolen_tasks(&self) -> u64 {
        match &self.scheduler {
            AnyScheduler::Loop(_) => 0,
            AnyScheduler::Multi(scheduler) => scheduler.sum(|remote| &remote.stolen),
        }
    }

    /// How often the workers have taken tasks from one that was stuck in a poll.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    /// assert_eq!(executor.handle().raids(), 0);
    /// ```
    pub fn raids(&self) -> u64 {
        match &self.scheduler {
            AnyScheduler::Loop(_) => 0,
            AnyScheduler::Multi(scheduler) => scheduler.sum(|remote| &remote.raids),
        }
    }

    /// How often the workers have gone to sleep; not counted on a single-threaded executor.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// assert_eq!(executor.handle().parks(), 0);
    /// ```
    pub fn parks(&self) -> u64 {
        match &self.scheduler {
            AnyScheduler::Loop(_) => 0,
            AnyScheduler::Multi(scheduler) => scheduler.sum(|remote| &remote.parks),
        }
    }

    /// How many threads there are in the pool that `spawn_blocking` uses, idle ones included.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let call = executor.handle().spawn_blocking(|| 2 + 2);
    /// assert_eq!(executor.handle().blocking_threads(), 1);
    /// # executor.block_on(call).unwrap();
    /// ```
    pub fn blocking_threads(&self) -> usize {
        self.pools().first().threads()
    }

    /// How many calls wait for a thread of the pool that `spawn_blocking` uses.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// assert_eq!(executor.handle().blocking_queue_depth(), 0);
    /// ```
    pub fn blocking_queue_depth(&self) -> usize {
        self.pools().first().queued()
    }

    /// Its recorder, if the builder was told to [`record`](crate::Builder::record).
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// let executor = Builder::new_current_thread().build()?;
    /// assert!(executor.handle().recorder().is_none());
    /// let executor = Builder::new_current_thread().record(1000).build()?;
    /// assert!(executor.handle().recorder().is_some());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn recorder(&self) -> Option<Recorder> {
        self.recorded().map(|recorder| Recorder::new(recorder.clone(), self.clone()))
    }

    fn recorded(&self) -> Option<&Arc<record::Shared>> {
        match &self.scheduler {
            AnyScheduler::Loop(scheduler) => scheduler.queue.recorder(),
            AnyScheduler::Multi(scheduler) => scheduler.config.recorder.as_ref(),
        }
    }

    pub(crate) fn waiting_tasks(&self, limit: usize) -> Vec<TaskInfo> {
        match &self.scheduler {
            AnyScheduler::Loop(scheduler) => scheduler.queue.waiting_tasks(limit),
            AnyScheduler::Multi(scheduler) => scheduler.waiting_tasks(limit),
        }
    }

    pub(crate) fn scheduler(&self) -> &AnyScheduler {
        &self.scheduler
    }
}

impl From<Arc<Scheduler>> for Handle {
    fn from(scheduler: Arc<Scheduler>) -> Self {
        Self { scheduler: AnyScheduler::Multi(scheduler) }
    }
}

impl From<Arc<LoopScheduler>> for Handle {
    fn from(scheduler: Arc<LoopScheduler>) -> Self {
        Self { scheduler: AnyScheduler::Loop(scheduler) }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("flavor", &self.flavor())
            .field("workers", &self.workers())
            .field("live_tasks", &self.live_tasks())
            .finish()
    }
}

/// Spawns a task on the current executor; see [`Handle::spawn`].
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
/// let sum = executor.block_on(async {
///     let handle = filch_executor::spawn(async { 1 });
///     handle.await.unwrap() + 1
/// });
/// assert_eq!(sum, 2);
/// ```
///
/// # Panics
/// If no executor is current on this thread.
#[track_caller]
#[inline]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    spawn_from(future, Location::caller())
}

#[track_caller]
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn spawn_from<F>(future: F, origin: impl Into<Origin>) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    if is_large::<F>() {
        spawn_on_current(Box::pin(future), origin)
    } else {
        spawn_on_current(future, origin)
    }
}

#[track_caller]
#[cfg_attr(not(debug_assertions), inline(always))]
fn spawn_on_current<F>(future: F, origin: impl Into<Origin>) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let spawned = context::with_current(|handle| match handle {
        Some(handle) => Ok(handle.spawn_at(future, origin)),
        None => Err(future),
    });
    match spawned {
        Ok(spawned) => spawned.settle(),
        Err(_future) => panic!("{NOT_ENTERED}"),
    }
}

/// Runs `f`, which may block, on a thread for blocking calls; see [`Handle::spawn_blocking`].
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
/// let sum = executor.block_on(async {
///     filch_executor::spawn_blocking(|| (1..=4).sum::<i32>()).await.unwrap()
/// });
/// assert_eq!(sum, 10);
/// ```
///
/// # Panics
/// If no executor is current on this thread, or no thread can be had.
#[track_caller]
pub fn spawn_blocking<F, R>(f: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    Handle::current().spawn_blocking(f)
}

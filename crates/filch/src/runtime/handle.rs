//! # A handle to a runtime

use super::drivers::{Drivers, DriversGuard};
use super::{BlockingPool, PoolConfig, PoolExists, RuntimeFlavor, RuntimeMetrics, TryCurrentError};
use crate::task::JoinHandle;
use std::io;
use std::sync::Arc;

/// A handle to a runtime: spawns on it from any thread, and may outlive it.
///
/// ```
/// use filch::runtime::Runtime;
///
/// let runtime = Runtime::new()?;
/// let handle = runtime.handle().clone();
/// let task = std::thread::spawn(move || handle.spawn(async { 5 })).join().unwrap();
/// assert_eq!(runtime.block_on(task)?, 5);
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone)]
pub struct Handle {
    executor: filch_executor::Handle,
    drivers: Arc<Drivers>,
}

impl Handle {
    pub(super) fn new(executor: filch_executor::Handle, drivers: Arc<Drivers>) -> Self {
        Self { executor, drivers }
    }

    pub(crate) fn executor(&self) -> &filch_executor::Handle {
        &self.executor
    }

    /// The runtime that is entered on this thread.
    ///
    /// ```
    /// # let runtime = filch::runtime::Runtime::new()?;
    /// runtime.block_on(async {
    ///     filch::runtime::Handle::current().spawn(async {}).await.unwrap();
    /// });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If none is; see [`try_current`](Self::try_current).
    #[track_caller]
    pub fn current() -> Self {
        match Self::try_current() {
            Ok(handle) => handle,
            Err(error) => panic!("{error}"),
        }
    }

    /// The runtime that is entered on this thread.
    ///
    /// ```
    /// let error = filch::runtime::Handle::try_current().unwrap_err();
    /// assert!(error.to_string().contains("no Filch runtime is entered on this thread"));
    /// ```
    ///
    /// # Errors
    /// If none is.
    pub fn try_current() -> Result<Self, TryCurrentError> {
        let executor = filch_executor::Handle::try_current()?;
        let drivers = Drivers::current().ok_or_else(TryCurrentError::new)?;
        Ok(Self { executor, drivers })
    }

    /// Spawns a task; it starts when a worker comes to it, whether the handle is awaited or not.
    ///
    /// After the runtime has begun to shut down, the handle that comes back resolves to "cancelled".
    ///
    /// ```
    /// # let runtime = filch::runtime::Runtime::new()?;
    /// let task = runtime.handle().spawn(async { 7 });
    /// assert_eq!(runtime.block_on(task)?, 7);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.executor.spawn(future)
    }

    /// Runs `f`, which may block, on a thread for blocking calls.
    ///
    /// A closure that has begun cannot be aborted.
    ///
    /// ```
    /// # let runtime = filch::runtime::Runtime::new()?;
    /// let sum = runtime.handle().spawn_blocking(|| (1..=4).sum::<i32>());
    /// assert_eq!(runtime.block_on(sum)?, 10);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no thread for blocking calls exists and the operating system refuses to start one; and if the
    /// queue is full, which it can be only with
    /// [`Builder::max_blocking_queue`](super::Builder::max_blocking_queue).
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, f: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.executor.spawn_blocking(f)
    }

    /// The pool of threads for blocking calls of this name, [`BlockingPool::DEFAULT`] or one that was made;
    /// `None` if there is none.
    ///
    /// ```
    /// # use filch::runtime::{Builder, PoolConfig};
    /// let runtime = Builder::new_multi_thread().blocking_pool("cpu", PoolConfig::new()).build()?;
    /// let pool = runtime.handle().blocking_pool("cpu").unwrap();
    /// assert_eq!(runtime.block_on(pool.spawn(|| 6 * 7))?, 42);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn blocking_pool(&self, name: &str) -> Option<BlockingPool> {
        self.executor.blocking_pool(name)
    }

    /// Makes a pool of threads for blocking calls. It ends with the runtime; after the shutdown has begun, it
    /// has ended already.
    ///
    /// ```
    /// # let runtime = filch::runtime::Runtime::new()?;
    /// use filch::runtime::PoolConfig;
    ///
    /// let pool = runtime.handle().new_blocking_pool("cpu", PoolConfig::new().max_threads(2))?;
    /// assert_eq!(runtime.block_on(pool.spawn(|| 6 * 7))?, 42);
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
        self.executor.new_blocking_pool(name, config)
    }

    /// Waits on this thread until `future` ends.
    ///
    /// It does not drive a single-threaded runtime: for its tasks, timers and sockets to go on, some
    /// thread must be in [`Runtime::block_on`](super::Runtime::block_on).
    ///
    /// ```
    /// # let runtime = filch::runtime::Runtime::new()?;
    /// assert_eq!(runtime.handle().block_on(async { 1 }), 1);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// On a thread that runs tasks: it would block them.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _entered = self.enter();
        self.executor.block_on(future)
    }

    /// Changes how many workers there are, while they run: missing ones are started at once; those that are too many
    /// leave, each at the end of a poll, and their tasks go on elsewhere.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let runtime = Builder::new_multi_thread().worker_threads(1).max_workers(3).build()?;
    /// runtime.handle().set_workers(3)?;
    /// assert_eq!(runtime.metrics().num_workers(), 3);
    /// runtime.handle().set_workers(1)?;
    /// # assert!(runtime.handle().set_workers(0).is_err());
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// * If it is 0, or more than [`max_workers`](super::Builder::max_workers) allows: nothing has changed.
    /// * On a single-threaded runtime: its tasks stay on one thread.
    /// * If the operating system refuses a thread: then the runtime goes on with those that it has.
    /// * After the shutdown has begun.
    pub fn set_workers(&self, count: usize) -> io::Result<()> {
        self.executor.set_workers(count)
    }

    /// Makes the runtime current on this thread until the guard is dropped: what needs one, such as
    /// [`spawn`](crate::spawn) or [`sleep`](crate::time::sleep), takes this one.
    ///
    /// ```
    /// # let runtime = filch::runtime::Runtime::new()?;
    /// let _entered = runtime.handle().enter();
    /// let task = filch::spawn(async { 3 });
    /// # assert_eq!(runtime.block_on(task)?, 3);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn enter(&self) -> EnterGuard<'_> {
        EnterGuard { _drivers: self.drivers.enter(), _executor: self.executor.enter() }
    }

    /// Whether the runtime has one thread or workers.
    ///
    /// ```
    /// # let runtime = filch::runtime::Runtime::new()?;
    /// use filch::runtime::RuntimeFlavor;
    /// assert_eq!(runtime.handle().runtime_flavor(), RuntimeFlavor::MultiThread);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn runtime_flavor(&self) -> RuntimeFlavor {
        self.executor.flavor()
    }

    /// What can be measured of the runtime.
    ///
    /// ```
    /// # let runtime = filch::runtime::Runtime::new()?;
    /// assert!(runtime.handle().metrics().num_workers() > 0);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn metrics(&self) -> RuntimeMetrics {
        RuntimeMetrics::new(self.executor.clone())
    }
}

/// Leaves the runtime that was entered, when it is dropped; made by [`Handle::enter`].
///
/// Guards on one thread must be dropped in the reverse order of their making.
///
/// ```
/// # let runtime = filch::runtime::Runtime::new()?;
/// use filch::runtime::Handle;
/// let entered = runtime.enter();
/// assert!(Handle::try_current().is_ok());
/// drop(entered);
/// assert!(Handle::try_current().is_err());
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
#[must_use = "the runtime is left when the guard is dropped"]
pub struct EnterGuard<'a> {
    _drivers: DriversGuard,
    _executor: filch_executor::EnterGuard<'a>,
}

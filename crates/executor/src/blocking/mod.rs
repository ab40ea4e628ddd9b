//! # Blocking calls, on threads of their own
//!
//! | to learn about | read |
//! |---|---|
//! | which thread gets which job | `roster.rs`, and the decisions there under the lock in `desk.rs` |
//! | the threads | `crew.rs` |
//! | which pools there are | `pools.rs` |
//! | waiting for room | `submit.rs` |

mod crew;
pub mod desk;
mod pools;
pub mod roster;
mod submit;

pub(crate) use crew::{Crew, WorkerBack};
pub use pools::PoolExists;
pub(crate) use pools::{Pools, assert_can_name_threads};
pub use submit::Submit;

use crate::handle::Handle;
use crate::task::JoinHandle;
use std::fmt;
use std::io;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// What can be chosen of a pool of threads for blocking calls.
///
/// ```
/// use filch_executor::{Builder, PoolConfig};
///
/// let cpu = PoolConfig::new().max_threads(2).max_queue(100);
/// let executor = Builder::new_multi_thread().worker_threads(1).blocking_pool("cpu", cpu).build()?;
/// let pool = executor.handle().blocking_pool("cpu").unwrap();
/// assert_eq!(executor.block_on(pool.spawn(|| 6 * 7))?, 42);
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone)]
pub struct PoolConfig {
    pub(crate) max_threads: usize,
    pub(crate) max_queue: usize,
    pub(crate) keep_alive: Duration,
    pub(crate) stack_size: Option<usize>,
}

impl PoolConfig {
    /// At most 512 threads, a queue without a bound, threads that end after 10 idle seconds, with the stack
    /// of the runtime's other threads.
    pub fn new() -> Self {
        Self {
            max_threads: 512,
            max_queue: usize::MAX,
            keep_alive: Duration::from_secs(10),
            stack_size: None,
        }
    }

    /// At most so many threads. More calls queue.
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub fn max_threads(mut self, count: usize) -> Self {
        assert!(count > 0, "a pool needs at least one thread: `max_threads(0)`");
        self.max_threads = count;
        self
    }

    /// At most so many calls in the queue; with 0, a call needs a thread that is free or can be started.
    /// See [`BlockingPool::submit`] for who would rather wait than be refused.
    pub fn max_queue(mut self, count: usize) -> Self {
        self.max_queue = count;
        self
    }

    /// For how long a thread stays without work.
    pub fn keep_alive(mut self, duration: Duration) -> Self {
        self.keep_alive = duration;
        self
    }

    /// The stack of each thread, in bytes.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
        self
    }
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// A handle to one of a runtime's pools of threads for blocking calls.
///
/// Every runtime has one, [`BlockingPool::DEFAULT`], which `spawn_blocking` uses. More of them keep kinds of
/// work apart: computations that should not be more than there are cores, queries that should not be more
/// than the database has connections. They are made by `Builder::blocking_pool` or
/// [`Handle::new_blocking_pool`], and found by [`Handle::blocking_pool`].
///
/// Threads are started when they are needed, up to a bound, bear the name of the pool, and end when they have
/// been idle for a while; a pool that is not used costs nothing. Pools end with their runtime.
///
/// ```
/// use filch_executor::{Builder, PoolConfig};
///
/// let executor = Builder::new_current_thread().build()?;
/// let pool = executor.handle().new_blocking_pool("queries", PoolConfig::new().max_threads(4))?;
/// let name = pool.spawn(|| std::thread::current().name().map(str::to_owned));
/// assert_eq!(executor.block_on(name)?.as_deref(), Some("queries"));
/// assert_eq!((pool.num_threads(), pool.queue_depth()), (1, 0));
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone)]
pub struct BlockingPool {
    crew: Arc<Crew>,
    handle: Handle,
}

impl BlockingPool {
    /// The name of the pool that every runtime has.
    ///
    /// ```
    /// # use filch_executor::BlockingPool;
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// assert!(executor.handle().blocking_pool(BlockingPool::DEFAULT).is_some());
    /// # std::io::Result::Ok(())
    /// ```
    pub const DEFAULT: &'static str = "blocking";

    pub(crate) fn new(crew: Arc<Crew>, handle: Handle) -> Self {
        Self { crew, handle }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.crew.name()
    }

    /// Runs `f`, which may block, on a thread of this pool; as [`Handle::spawn_blocking`].
    ///
    /// # Panics
    /// If the queue is full, or the pool has no thread and none can be started: see
    /// [`submit`](Self::submit) and [`try_spawn`](Self::try_spawn).
    #[track_caller]
    pub fn spawn<F, R>(&self, f: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        made(self.try_spawn(f))
    }

    /// As [`spawn`](Self::spawn), for callers that can go on without.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # use filch_executor::PoolConfig;
    /// let one = PoolConfig::new().max_threads(1).max_queue(0);
    /// let pool = executor.handle().new_blocking_pool("one", one)?;
    /// let (release, released) = std::sync::mpsc::channel::<()>();
    /// let occupied = pool.try_spawn(move || released.recv())?;
    /// let error = pool.try_spawn(|| ()).unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::ResourceBusy);
    /// assert!(error.to_string().contains("the queue of the pool \"one\" is full"));
    /// # drop((release, occupied));
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// [`ResourceBusy`](io::ErrorKind::ResourceBusy) if the queue is full; otherwise, if the pool has no thread,
    /// what the operating system said when it refused one. `f` has been dropped then.
    #[track_caller]
    pub fn try_spawn<F, R>(&self, f: F) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.crew.spawn(entered(&self.handle, f), Location::caller())
    }

    /// As [`spawn`](Self::spawn); if the queue is full, waits until there is room. First come, first served.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # use filch_executor::PoolConfig;
    /// let pool = PoolConfig::new().max_threads(1).max_queue(1);
    /// let pool = executor.handle().new_blocking_pool("one", pool)?;
    /// let sum = executor.block_on(async {
    ///     let mut calls = Vec::new();
    ///     for n in 0..100 {
    ///         calls.push(pool.submit(move || n).await?);
    ///     }
    ///     let mut sum = 0;
    ///     for call in calls {
    ///         sum += call.await?;
    ///     }
    ///     std::io::Result::Ok(sum)
    /// });
    /// assert_eq!(sum?, 4950);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// If the pool has no thread, what the operating system said when it refused one.
    ///
    /// # Cancel safety
    /// `f` waits for room from the first poll on, or the second if the first finds the task's budget used up and
    /// lets others have their turn. If the future is dropped before it is ready, `f` is dropped
    /// too, unless it has begun just then; it has lost its place.
    #[track_caller]
    pub fn submit<F, R>(&self, f: F) -> Submit<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        Submit::new(&self.crew, entered(&self.handle, f), Location::caller())
    }

    /// How many threads there are, idle ones included.
    pub fn num_threads(&self) -> usize {
        self.crew.threads()
    }

    /// How many of its threads are idle.
    pub fn num_idle_threads(&self) -> usize {
        self.crew.idle_threads()
    }

    /// How many calls wait for a thread.
    pub fn queue_depth(&self) -> usize {
        self.crew.queued()
    }

    /// How many threads the operating system has refused so far. The pool goes on with those it has.
    pub fn refused_threads(&self) -> u64 {
        self.crew.refused_threads()
    }
}

/// The pool knows no executor: the call brings the one that is current while it runs.
pub(crate) fn entered<F: FnOnce() -> R, R>(
    handle: &Handle,
    f: F,
) -> impl FnOnce() -> R + use<F, R> {
    let current = handle.clone();
    move || {
        let _entered = current.enter();
        f()
    }
}

/// # Panics
/// If the call was not made.
#[track_caller]
pub(crate) fn made<R>(call: io::Result<JoinHandle<R>>) -> JoinHandle<R> {
    match call {
        Ok(handle) => handle,
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
            panic!("a blocking call cannot be made: {error}")
        }
        Err(error) => panic!("cannot start a thread for a blocking call: {error}"),
    }
}

impl fmt::Debug for BlockingPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.crew.fmt(f)
    }
}

//! # What can be measured of a runtime

use super::BlockingPool;

/// Counts of a runtime, read at any time from any thread; each is a moment's value.
///
/// ```
/// let runtime = filch::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
/// let _task = runtime.spawn(std::future::pending::<()>());
/// let metrics = runtime.metrics();
/// assert_eq!((metrics.num_workers(), metrics.num_alive_tasks()), (2, 1));
/// assert_eq!((metrics.num_blocking_threads(), metrics.blocking_queue_depth()), (0, 0));
/// println!("{} tasks were stolen", metrics.stolen_tasks());
/// for pool in metrics.blocking_pools() {
///     println!("{}: {} threads, {} calls wait", pool.name(), pool.num_threads(), pool.queue_depth());
/// }
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone)]
pub struct RuntimeMetrics {
    executor: filch_executor::Handle,
}

impl RuntimeMetrics {
    pub(super) fn new(executor: filch_executor::Handle) -> Self {
        Self { executor }
    }

    /// How many workers there are, spares not counted; 1 for a single-threaded runtime.
    pub fn num_workers(&self) -> usize {
        self.executor.workers()
    }

    /// How many [spares](super::Builder::spare_workers) there are at the moment, for workers that are stuck.
    pub fn num_spare_workers(&self) -> usize {
        self.executor.spare_workers()
    }

    /// How many tasks were spawned and have not ended; blocking calls are not counted.
    pub fn num_alive_tasks(&self) -> usize {
        self.executor.live_tasks()
    }

    /// How many threads there are in the pool that `spawn_blocking` uses, idle ones included.
    pub fn num_blocking_threads(&self) -> usize {
        self.executor.blocking_threads()
    }

    /// How many calls wait for a thread of the pool that `spawn_blocking` uses.
    pub fn blocking_queue_depth(&self) -> usize {
        self.executor.blocking_queue_depth()
    }

    /// All pools of threads for blocking calls, each with its numbers; the one that `spawn_blocking` uses is
    /// the first.
    pub fn blocking_pools(&self) -> Vec<BlockingPool> {
        self.executor.blocking_pools()
    }

    /// How many tasks the workers have taken from each other so far.
    pub fn stolen_tasks(&self) -> u64 {
        self.executor.stolen_tasks()
    }

    /// How often the workers have taken tasks from one that was stuck in a poll.
    pub fn raids(&self) -> u64 {
        self.executor.raids()
    }

    /// How often the workers have gone to sleep; not counted on a single-threaded runtime.
    pub fn parks(&self) -> u64 {
        self.executor.parks()
    }

    /// How many polls took longer than the [threshold](super::Builder::long_poll_threshold) so far. A single-threaded
    /// runtime counts only if there is a [hook](super::Builder::on_long_poll) for them.
    pub fn long_polls(&self) -> u64 {
        self.executor.long_polls()
    }
}

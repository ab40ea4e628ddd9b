//! # A report of a poll that takes long

use crate::config::{Config, LongPollHook};
use crate::task::{Id, Runnable, TaskInfo};
use filch_primitives::atomic::{AtomicU64, Ordering};
use filch_primitives::catch_quietly;
use std::fmt;
use std::panic::Location;
use std::time::{Duration, Instant};

/// A task was found in a poll that takes longer than the [threshold](crate::Builder::long_poll_threshold): it
/// computes, or blocks its worker.
///
/// ```
/// use std::time::Duration;
///
/// let (tell, told) = std::sync::mpsc::channel();
/// let executor = filch_executor::Builder::new_multi_thread()
///     .worker_threads(1)
///     .on_long_poll(move |poll| tell.send(poll.to_string()).unwrap())
///     .build()?;
/// let (end, ended) = std::sync::mpsc::channel::<()>();
/// executor.spawn(async move { drop(ended.recv()) }); // blocks
/// assert!(told.recv().unwrap().contains("in one poll for"));
/// # drop(end);
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone)]
pub struct LongPoll {
    pub(crate) task: TaskInfo,
    pub(crate) lasts: Duration,
    pub(crate) worker: usize,
}

impl LongPoll {
    /// Which task it is.
    pub fn task(&self) -> &TaskInfo {
        &self.task
    }

    /// The task's id.
    pub fn id(&self) -> Id {
        self.task.id()
    }

    /// The task's name, if it was given one.
    pub fn name(&self) -> Option<&str> {
        self.task.name()
    }

    /// Where the task was spawned.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.task.spawned_at()
    }

    /// For how long the task has been seen in this poll. On a multi-threaded executor the poll may have begun up to one
    /// threshold earlier, and goes on; on a single-threaded one it is over, and took so long.
    pub fn duration(&self) -> Duration {
        self.lasts
    }

    /// The number of the worker; 0 on a single-threaded executor.
    pub fn worker(&self) -> usize {
        self.worker
    }
}

impl fmt::Display for LongPoll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is in one poll for {:?} on worker {}", self.task, self.lasts, self.worker)
    }
}

/// Measures the polls of a single-threaded executor.
pub(crate) struct Stopwatch {
    threshold: Duration,
    hook: LongPollHook,
    long_polls: AtomicU64,
}

impl Stopwatch {
    /// `None` if nobody would hear of it: then no poll pays for it.
    pub(crate) fn new(config: &Config) -> Option<Self> {
        let (threshold, hook) = (config.long_poll_threshold?, config.on_long_poll.clone()?);
        Some(Self { threshold, hook, long_polls: AtomicU64::new(0) })
    }

    /// Polls `task` by `run`.
    pub(crate) fn measure(&self, task: Runnable, run: impl FnOnce(Runnable)) {
        // It may be gone when its poll is over.
        let info = task.info();
        let start = Instant::now();
        run(task);
        let lasts = start.elapsed();
        if lasts >= self.threshold {
            // Ordering: Relaxed; a statistic.
            self.long_polls.fetch_add(1, Ordering::Relaxed);
            catch_quietly(|| (self.hook)(&LongPoll { task: info, lasts, worker: 0 }));
        }
    }

    pub(crate) fn long_polls(&self) -> u64 {
        // Ordering: Relaxed; a statistic.
        self.long_polls.load(Ordering::Relaxed)
    }
}

//! # What a shutdown came to: what ended by itself, what was cancelled, what would not stop

use crate::ledger::Entries;
use crate::task::TaskInfo;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A call that was made on a pool of threads for blocking calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockingCall {
    pool: Arc<str>,
    info: TaskInfo,
}

impl BlockingCall {
    pub(crate) fn new(pool: &Arc<str>, info: TaskInfo) -> Self {
        Self { pool: pool.clone(), info }
    }

    /// The name of the pool.
    pub fn pool(&self) -> &str {
        &self.pool
    }

    /// Its id, its name, and where it was made.
    pub fn info(&self) -> &TaskInfo {
        &self.info
    }
}

impl fmt::Display for BlockingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on the pool {:?}", self.info, &*self.pool)
    }
}

/// What a shutdown came to.
///
/// ```
/// use filch_executor::{Builder, TaskBuilder};
/// use std::time::Duration;
///
/// let executor = Builder::new_multi_thread().worker_threads(1).build()?;
/// let waits = TaskBuilder::new().name("waits");
/// let task = waits.spawn_on(std::future::pending::<()>(), executor.handle());
///
/// let report = executor.shutdown(Duration::from_secs(10));
/// assert!(report.is_clean());
/// assert_eq!(report.cancelled()[0].name(), Some("waits"));
/// println!("{report}");
/// # drop(task);
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone)]
pub struct ShutdownReport {
    pub(crate) took: Duration,
    pub(crate) waited: bool,
    pub(crate) is_over: bool,
    pub(crate) entries: Entries,
    pub(crate) stuck: Vec<TaskInfo>,
    pub(crate) not_reached: Vec<TaskInfo>,
    /// How many tasks wait that nobody has polled yet, and that have no name.
    pub(crate) not_begun: usize,
    pub(crate) running_calls: Vec<BlockingCall>,
}

impl ShutdownReport {
    /// Whether nothing is left: every task has ended, every blocking call is over, and so are the runtime's
    /// threads.
    pub fn is_clean(&self) -> bool {
        self.is_over
    }

    /// Whether the shutdown waited. It does not where this would block tasks, or where it would be for
    /// itself: in an async task, or in a blocking call of the same runtime. Then the report tells what
    /// had happened when it was made, the rest goes on in the background, and the task or call that asked
    /// is among those that have not stopped.
    pub fn waited(&self) -> bool {
        self.waited
    }

    /// How long the shutdown took.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// Tasks that ended by themselves, with an output or a panic, after the shutdown had begun.
    pub fn drained(&self) -> &[TaskInfo] {
        &self.entries.drained
    }

    /// Tasks that were dropped where they waited.
    pub fn cancelled(&self) -> &[TaskInfo] {
        &self.entries.cancelled
    }

    /// Tasks that do not stop: they compute or block, and were in a poll or in a destructor when time was
    /// over. They end at their next await point, or with the process.
    pub fn stuck(&self) -> &[TaskInfo] {
        &self.stuck
    }

    /// Tasks that wait and were not dropped yet, because no worker was free to do it. They are dropped when
    /// one is. Tasks without a name that nobody has polled yet are not listed, but
    /// [counted](Self::not_begun).
    pub fn not_reached(&self) -> &[TaskInfo] {
        &self.not_reached
    }

    /// How many tasks were not dropped yet beside those that are [listed](Self::not_reached): they were
    /// spawned without a name, and nobody has polled them yet.
    pub fn not_begun(&self) -> usize {
        self.not_begun
    }

    /// Blocking calls that came to their end after the shutdown had begun.
    pub fn drained_calls(&self) -> &[BlockingCall] {
        &self.entries.drained_calls
    }

    /// Blocking calls that had not begun: their closures were dropped.
    pub fn cancelled_calls(&self) -> &[BlockingCall] {
        &self.entries.cancelled_calls
    }

    /// Blocking calls that were still running when time was over. A closure that has begun cannot be stopped.
    pub fn running_calls(&self) -> &[BlockingCall] {
        &self.running_calls
    }
}

/// A line to begin with, and one for each that was not left to end by itself.
impl fmt::Display for ShutdownReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entries { drained, cancelled, drained_calls, cancelled_calls } = &self.entries;
        let how = match (self.is_over, self.waited) {
            (true, _) => "shut down",
            (false, true) => "shutdown not complete",
            (false, false) => "shutdown goes on in the background",
        };
        write!(
            f,
            "{how} after {:?}: {} tasks and {} blocking calls ended by themselves, {} and {} were cancelled",
            self.took,
            drained.len(),
            drained_calls.len(),
            cancelled.len(),
            cancelled_calls.len()
        )?;
        lines(f, "cancelled", cancelled)?;
        lines(f, "cancelled before it began", cancelled_calls)?;
        lines(f, "does not stop", &self.stuck)?;
        lines(f, "still running", &self.running_calls)?;
        lines(f, "waits for a free worker to end", &self.not_reached)?;
        match self.not_begun {
            0 => Ok(()),
            count => {
                write!(f, "\n  wait for a free worker to end, and have not begun: {count} tasks")
            }
        }
    }
}

/// So many are named in words; the lists have them all.
const NAMED: usize = 20;

fn lines(f: &mut fmt::Formatter<'_>, what: &str, of: &[impl fmt::Display]) -> fmt::Result {
    for one in of.iter().take(NAMED) {
        write!(f, "\n  {what}: {one}")?;
    }
    match of.len().saturating_sub(NAMED) {
        0 => Ok(()),
        more => write!(f, "\n  {what}: {more} more"),
    }
}

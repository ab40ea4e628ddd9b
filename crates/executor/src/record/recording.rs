//! # A recording: what happened on each thread, in the order of time

use crate::task::{Id, TaskInfo};
use filch_primitives::time::Instant;
use std::fmt;
use std::time::Duration;

/// What a [`Recorder`](super::Recorder) has recorded between `start` and `stop`.
///
/// ```
/// use filch_executor::record::EventKind;
///
/// let event_loop = filch_executor::Builder::new_current_thread().record(1000).build_event_loop()?;
/// let recorder = event_loop.handle().recorder().unwrap();
/// recorder.start();
/// event_loop.block_on(async { filch_executor::spawn(async {}).await.unwrap() });
/// let recording = recorder.stop();
///
/// for lane in recording.lanes() {
///     for event in &lane.events {
///         println!("{:>12?}  {}  {:?}", event.at, lane.name, event.kind);
///     }
/// }
/// let polls = |kind: &EventKind| matches!(kind, EventKind::PollStart { .. });
/// assert_eq!(recording.lanes()[0].events.iter().filter(|event| polls(&event.kind)).count(), 1);
/// assert_eq!(recording.lost(), 0);
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone)]
pub struct Recording {
    pub(super) start: Instant,
    pub(super) duration: Duration,
    pub(super) lanes: Vec<Lane>,
    /// Sorted by id, each once.
    pub(super) tasks: Vec<TaskInfo>,
}

impl Recording {
    /// When the recording was started.
    pub fn start(&self) -> Instant {
        self.start
    }

    /// How long it was: no event is later than this after the start.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// One for each thread that may have had a part: workers first, then the event loop, then the threads for
    /// blocking calls, then those from outside.
    ///
    /// A lane with no events is a thread on which nothing happened.
    pub fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    /// Name and spawn site of the tasks that are in the recording, those that have ended included; sorted by
    /// id.
    ///
    /// Missing are tasks whose spawn was overwritten and that have ended since, and those that were spawned before the
    /// recording, were never polled before it either, and have ended since.
    pub fn tasks(&self) -> &[TaskInfo] {
        &self.tasks
    }

    /// Name and spawn site of one task.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().record(1000).build()?;
    /// # let recorder = executor.handle().recorder().unwrap();
    /// recorder.start();
    /// let task = filch_executor::TaskBuilder::new().name("courier");
    /// let task = task.spawn_on(async {}, executor.handle());
    /// let id = task.id();
    /// executor.block_on(task)?;
    /// assert_eq!(recorder.stop().task(id).unwrap().name(), Some("courier"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn task(&self, id: Id) -> Option<&TaskInfo> {
        let index = self.tasks.binary_search_by_key(&id, TaskInfo::id).ok()?;
        Some(&self.tasks[index])
    }

    /// How many events were overwritten by later ones, in all lanes.
    pub fn lost(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.lost).sum()
    }
}

/// What happened on one thread.
///
/// Polls nest properly: each `PollStart` is followed by its own `PollEnd`, with whole polls, if any, in between (those
/// of a [`LocalSet`](crate::LocalSet) that a task drives). The same holds for blocking calls. A poll or a call without
/// an end, at the end of the lane, was still running when the recording was stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lane {
    /// Which thread it was.
    pub kind: LaneKind,
    /// A name to show: `worker 0`, `blocking 2`, or the name of a thread from outside.
    pub name: String,
    /// In the order of time.
    pub events: Vec<Event>,
    /// How many events came before these and were overwritten.
    pub lost: u64,
}

/// Which thread a [`Lane`] tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LaneKind {
    /// The worker of this index. There are several lanes of the same worker if it went on on another thread
    /// because of a [`block_in_place`](crate::block_in_place): one for each. Spares, and workers that came later, have
    /// indices of their own.
    Worker(usize),
    /// The thread that drives an event loop.
    EventLoop,
    /// A thread for blocking calls; the number counts those that were there at a time.
    Blocking(usize),
    /// A thread that is none of the executor's: one in `block_on`, or all others together, which spawn and wake tasks.
    Outside,
}

impl fmt::Display for LaneKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Worker(index) => write!(f, "worker {index}"),
            Self::EventLoop => f.write_str("event loop"),
            Self::Blocking(number) => write!(f, "blocking {number}"),
            Self::Outside => f.write_str("outside"),
        }
    }
}

/// Something that happened, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// Since the recording was started.
    pub at: Duration,
    /// What it was.
    pub kind: EventKind,
    /// Whether the clock was read for this very event. Otherwise `at` is interpolated: see
    /// [the module](super) for how far it can be off.
    pub exact: bool,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// The thread begins to poll a task, or to drop one that was cancelled.
    PollStart {
        /// The task.
        task: Id,
    },
    /// It is done with that.
    PollEnd {
        /// The task.
        task: Id,
        /// What came of it.
        outcome: PollOutcome,
    },
    /// A task, or a blocking call, was spawned.
    Spawn {
        /// The new task.
        task: Id,
        /// The task that was being polled on this thread; `None` if none was, or its `PollStart` was overwritten.
        by: Option<Id>,
    },
    /// A task that waited was woken, and is to be polled again.
    Wake {
        /// The task that was woken.
        task: Id,
        /// As for `Spawn`. `None` too where the driver wakes: a timer went off, or a socket is ready.
        by: Option<Id>,
    },
    /// The worker has taken tasks from another one.
    Steal {
        /// The index of the victim.
        from: usize,
        /// How many.
        tasks: usize,
    },
    /// The thread has nothing to do, and sleeps or waits in the driver.
    Park,
    /// It is awake again.
    Unpark,
    /// A poll, or a blocking call, has been going on for 10 ms, as an observer saw it.
    LongPoll {
        /// The task.
        task: Id,
        /// For how long, at this moment.
        so_far: Duration,
    },
    /// A blocking call begins: that of `spawn_blocking` with its own id, or `block_in_place` in a task.
    BlockingStart {
        /// The task.
        task: Id,
    },
    /// It is over.
    BlockingEnd {
        /// The task.
        task: Id,
    },
}

/// What came of a poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PollOutcome {
    /// The task waits, or gave way.
    Pending,
    /// It has ended.
    Ready,
    /// It has ended with a panic.
    Panicked,
    /// It was cancelled.
    Cancelled,
}

//! What each thread did when: the model behind the page's timelines.
//!
//! A cell that is recorded makes a [`Timeline`], thins it to a [`Drawing`](drawing::Drawing) of bounded size, and hands
//! that to the parent process, which puts it on the page. A timeline comes from Filch's own recorder, or, where the
//! work does not run on Filch, from what the work notes itself.
//!
//! | file | concept |
//! |---|---|
//! | `mod.rs` | lanes of blocks and marks |
//! | `recorded.rs` | from Filch's recorder to a timeline |
//! | `notes.rs` | what work that blocks its thread notes about itself |
//! | `drawing.rs` | a timeline of bounded size |
//! | `totals.rs` | what it comes to, exactly |
//! | `merging.rs` | many short blocks as one, and how far to go |

pub mod drawing;
mod merging;
pub mod notes;
mod recorded;
pub mod totals;

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use filch::record::Recording;
use serde::{Deserialize, Serialize};

/// What the threads of one run did.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// One for each thread.
    pub lanes: Vec<Lane>,
    /// How long it took, in nanoseconds; all times count from its start.
    pub span_ns: u64,
    /// A block that is no shorter than this kept its thread from others noticeably, in nanoseconds.
    pub long_ns: u64,
    /// Tasks that have names.
    pub names: BTreeMap<u64, String>,
    /// Events that the recorder had no room for.
    pub lost: u64,
}

/// One thread.
#[derive(Clone, Debug)]
pub struct Lane {
    /// As in `worker 0`.
    pub name: String,
    /// What sort of thread.
    pub kind: LaneKind,
    /// When it ran whose code: in order, none begins before the one before has ended.
    pub blocks: Vec<Block>,
    /// What else happened on it, in order.
    pub marks: Vec<Mark>,
}

/// What sort of thread a lane is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LaneKind {
    /// Polls tasks, alone.
    EventLoop,
    /// Polls tasks, one of several.
    Worker,
    /// Runs calls that block.
    Blocking,
    /// None of the runtime's, and yet it polled.
    Outside,
    /// Knows nothing of tasks: does one piece of work, and sleeps while it waits.
    Plain,
}

/// A thread at work without a break: a poll, or what lies between two waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// In nanoseconds.
    pub start_ns: u64,
    /// Not before the start.
    pub end_ns: u64,
    /// Whose code.
    pub task: u64,
}

/// Something that takes no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// In nanoseconds.
    pub at_ns: u64,
    /// What.
    pub kind: MarkKind,
    /// How many tasks it concerns.
    pub tasks: u32,
    /// The other lane that it concerns, by its place in [`Timeline::lanes`].
    pub other: Option<u32>,
}

/// What a mark stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MarkKind {
    /// This lane took tasks from another one.
    Steal,
    /// This lane made a task runnable.
    Wake,
    /// This lane fell asleep: it had nothing to do.
    Park,
}

/// What keeps a thread for this long is called long, unless the recorder says otherwise.
pub const LONG: Duration = Duration::from_millis(10);

static RECORDING: AtomicBool = AtomicBool::new(false);
static RECORDED: OnceLock<Recording> = OnceLock::new();

/// From now on this process records what its threads do.
pub fn start_recording() {
    // Ordering: Relaxed; called before there is a second thread.
    RECORDING.store(true, Ordering::Relaxed);
    notes::start();
}

/// Whether [`start_recording`] was called.
pub fn is_recording() -> bool {
    // Ordering: Relaxed; see there.
    RECORDING.load(Ordering::Relaxed)
}

/// Keeps what a runtime recorded: of several, the first.
pub fn keep(recording: Recording) {
    let _ = RECORDED.set(recording);
}

/// What a runtime recorded; `None` where the work did not run on one.
pub fn recording() -> Option<&'static Recording> {
    RECORDED.get()
}

/// What was recorded: by a runtime, or else by the work itself. `None` where nothing was.
pub fn recorded() -> Option<Timeline> {
    recording().map(Timeline::from).or_else(notes::timeline)
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl Block {
    /// In nanoseconds.
    pub fn length_ns(&self) -> u64 {
        self.end_ns - self.start_ns
    }
}

impl Lane {
    /// Puts blocks and marks in order and takes care that no block begins before the one before has ended: a poll
    /// inside of another one, as `block_on` in a task makes them, belongs to the outer one.
    pub fn new(name: String, kind: LaneKind, mut blocks: Vec<Block>, mut marks: Vec<Mark>) -> Self {
        blocks.sort_by_key(|block| (block.start_ns, std::cmp::Reverse(block.end_ns)));
        let mut ended_ns = 0;
        blocks.retain_mut(|block| {
            block.start_ns = block.start_ns.max(ended_ns);
            let is_apart = block.end_ns >= block.start_ns;
            if is_apart {
                ended_ns = block.end_ns;
            }
            is_apart
        });
        marks.sort_by_key(|mark| mark.at_ns);
        Self { name, kind, blocks, marks }
    }

    /// How long it was at work, in nanoseconds.
    pub fn busy_ns(&self) -> u64 {
        self.blocks.iter().map(Block::length_ns).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(start_ns: u64, end_ns: u64) -> Block {
        Block { start_ns, end_ns, task: 1 }
    }

    #[test]
    fn blocks_of_a_lane_are_in_order_and_apart() {
        let blocks = vec![block(50, 60), block(0, 20), block(5, 10), block(15, 30)];
        let lane = Lane::new("worker 0".into(), LaneKind::Worker, blocks, Vec::new());
        assert_eq!(lane.blocks, [block(0, 20), block(20, 30), block(50, 60)]);
        assert_eq!(lane.busy_ns(), 40);
    }
}

//! What work that blocks its thread notes about itself: no runtime watches it.
//!
//! The columns without Filch call [`task`] around each task, and [`wait`] around whatever blocks in it. Both only call
//! what they are given, unless [`start`] was called before: a cell that is measured notes nothing.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

use super::{Block, LONG, Lane, LaneKind, Timeline, nanoseconds};

static NOTES: OnceLock<Notes> = OnceLock::new();

#[derive(Debug)]
struct Notes {
    start: Instant,
    lanes: Mutex<Vec<Vec<Block>>>,
}

thread_local! {
    /// This thread's place among the lanes.
    static LANE: Cell<Option<usize>> = const { Cell::new(None) };
    /// The task that this thread does, and since when it has not waited.
    static NOW: Cell<Option<(u64, u64)>> = const { Cell::new(None) };
}

impl Notes {
    fn now_ns(&self) -> u64 {
        nanoseconds(self.start.elapsed())
    }

    /// Ends the block that this thread is in.
    fn end_block(&self, task: u64, start_ns: u64) {
        let block = Block { start_ns, end_ns: self.now_ns(), task };
        let mut lanes = self.lanes.lock().expect("no holder panics");
        let lane = LANE.get().unwrap_or_else(|| {
            lanes.push(Vec::new());
            LANE.set(Some(lanes.len() - 1));
            lanes.len() - 1
        });
        lanes[lane].push(block);
    }
}

/// From now on this process takes notes.
pub fn start() {
    NOTES.get_or_init(|| Notes { start: Instant::now(), lanes: Mutex::new(Vec::new()) });
}

/// Does `work`, which is task number `number`, on this thread.
pub fn task<T>(number: usize, work: impl FnOnce() -> T) -> T {
    let Some(notes) = NOTES.get() else { return work() };
    NOW.set(Some((number as u64, notes.now_ns())));
    let done = work();
    if let Some((task, start_ns)) = NOW.take() {
        notes.end_block(task, start_ns);
    }
    done
}

/// Calls `block`, which waits; within a [`task`].
pub fn wait<T>(block: impl FnOnce() -> T) -> T {
    let (Some(notes), Some((task, start_ns))) = (NOTES.get(), NOW.get()) else { return block() };
    notes.end_block(task, start_ns);
    let waited = block();
    NOW.set(Some((task, notes.now_ns())));
    waited
}

/// What was noted; `None` where nothing was.
pub fn timeline() -> Option<Timeline> {
    let notes = NOTES.get()?;
    let span_ns = notes.now_ns();
    let lanes = std::mem::take(&mut *notes.lanes.lock().expect("no holder panics"));
    let lane =
        |(place, blocks)| Lane::new(format!("thread {place}"), LaneKind::Plain, blocks, Vec::new());
    (!lanes.is_empty()).then(|| Timeline {
        lanes: lanes.into_iter().enumerate().map(lane).collect(),
        span_ns,
        long_ns: nanoseconds(LONG),
        names: BTreeMap::new(),
        lost: 0,
    })
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    // One test: notes are of the whole process.
    #[test]
    fn a_wait_divides_a_task_and_nothing_is_noted_before_the_start() {
        const NAP: Duration = Duration::from_millis(5);
        assert_eq!(task(1, || wait(|| 7)), 7);
        assert!(timeline().is_none());
        start();
        thread::scope(|threads| {
            threads.spawn(|| task(2, || wait(|| thread::sleep(NAP))));
            threads.spawn(|| task(3, || thread::sleep(NAP)));
        });
        let timeline = timeline().expect("was started");
        let mut lanes: Vec<&Lane> = timeline.lanes.iter().collect();
        lanes.sort_by_key(|lane| lane.blocks[0].task);
        let [waited, worked] = lanes[..] else { panic!("{lanes:?}") };
        assert_eq!((waited.blocks.len(), worked.blocks.len()), (2, 1));
        let pause = waited.blocks[1].start_ns - waited.blocks[0].end_ns;
        assert!(u128::from(pause) >= NAP.as_nanos());
        assert!(u128::from(worked.busy_ns()) >= NAP.as_nanos());
        assert!(lanes.iter().flat_map(|lane| &lane.blocks).all(|b| b.end_ns <= timeline.span_ns));
    }
}

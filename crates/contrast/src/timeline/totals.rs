//! What a timeline comes to: exact, whatever is merged when it is drawn.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{Lane, Mark, MarkKind, Timeline};

/// Over all lanes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Threads.
    pub lanes: usize,
    /// Threads that were at work at all.
    pub busy_lanes: usize,
    /// Blocks.
    pub blocks: u64,
    /// Tasks that were polled.
    pub tasks: u64,
    /// Blocks that were long.
    pub long: u64,
    /// The longest, in nanoseconds.
    pub longest_ns: u64,
    /// Time spent in blocks, summed over all lanes, in nanoseconds.
    pub busy_ns: u64,
    /// Time during which at least one lane was at work, in nanoseconds.
    pub one_busy_ns: u64,
    /// Time during which two or more were.
    pub several_busy_ns: u64,
    /// How many were at work at once, at most.
    pub most_busy: usize,
    /// Times that tasks were stolen.
    pub steals: u64,
    /// Tasks that were.
    pub stolen: u64,
}

impl Totals {
    /// Counts `timeline`.
    pub fn of(timeline: &Timeline) -> Self {
        let mut totals = Self { lanes: timeline.lanes.len(), ..Self::default() };
        let mut tasks = HashSet::new();
        let mut edges: Vec<(u64, bool)> = Vec::new();
        for lane in &timeline.lanes {
            totals.busy_lanes += usize::from(!lane.blocks.is_empty());
            totals.blocks += lane.blocks.len() as u64;
            totals.busy_ns += lane.busy_ns();
            totals.long += long(lane, timeline.long_ns);
            totals.steals += steals(lane).count() as u64;
            totals.stolen += stolen(lane);
            for block in &lane.blocks {
                tasks.insert(block.task);
                totals.longest_ns = totals.longest_ns.max(block.length_ns());
                // One without a length is never at once with another.
                if block.length_ns() > 0 {
                    edges.extend([(block.start_ns, true), (block.end_ns, false)]);
                }
            }
        }
        totals.tasks = tasks.len() as u64;
        // Ends come before starts: what only touches is not at once.
        edges.sort();
        let (mut busy, mut since_ns) = (0_usize, 0);
        for (at_ns, is_start) in edges {
            let lasted_ns = at_ns - since_ns;
            totals.one_busy_ns += if busy >= 1 { lasted_ns } else { 0 };
            totals.several_busy_ns += if busy >= 2 { lasted_ns } else { 0 };
            since_ns = at_ns;
            busy = if is_start { busy + 1 } else { busy - 1 };
            totals.most_busy = totals.most_busy.max(busy);
        }
        totals
    }
}

/// How many blocks of `lane` are no shorter than `long_ns`.
pub fn long(lane: &Lane, long_ns: u64) -> u64 {
    lane.blocks.iter().filter(|block| block.length_ns() >= long_ns).count() as u64
}

fn steals(lane: &Lane) -> impl Iterator<Item = &Mark> {
    lane.marks.iter().filter(|mark| mark.kind == MarkKind::Steal)
}

/// How many tasks `lane` took from others.
pub fn stolen(lane: &Lane) -> u64 {
    steals(lane).map(|mark| u64::from(mark.tasks)).sum()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::{Block, LaneKind};
    use super::*;

    #[test]
    fn totals_tell_interleaving_from_running_at_once() {
        let lane = |blocks: &[(u64, u64, u64)]| {
            let block = |&(start_ns, end_ns, task)| Block { start_ns, end_ns, task };
            Lane::new(
                "worker".into(),
                LaneKind::Worker,
                blocks.iter().map(block).collect(),
                Vec::new(),
            )
        };
        let timeline =
            |lanes| Timeline { lanes, span_ns: 100, long_ns: 50, names: BTreeMap::new(), lost: 0 };
        let alone = Totals::of(&timeline(vec![lane(&[(0, 10, 1), (10, 20, 2), (30, 30, 1)])]));
        assert_eq!((alone.one_busy_ns, alone.several_busy_ns, alone.most_busy), (20, 0, 1));
        assert_eq!((alone.blocks, alone.tasks, alone.long), (3, 2, 0));
        let both = vec![lane(&[(0, 60, 1)]), lane(&[(40, 50, 2), (70, 80, 3)]), lane(&[])];
        let at_once = Totals::of(&timeline(both));
        assert_eq!((at_once.one_busy_ns, at_once.several_busy_ns, at_once.most_busy), (70, 10, 2));
        assert_eq!((at_once.lanes, at_once.busy_lanes, at_once.long), (3, 2, 1));
    }
}

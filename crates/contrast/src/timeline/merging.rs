//! Many short blocks as one, so that a timeline of any length has a drawing of bounded size.
//!
//! Blocks are merged that together, with what lies between them, are no longer than a resolution; the first ones of a
//! run are left alone, so that its beginning can be looked at in full detail. What is merged keeps its busy time, its
//! number of blocks and its longest one: the sums over a drawing are those over the timeline.

use super::{Block, Lane};

/// One block, or several merged ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first one's start, in nanoseconds.
    pub start_ns: u64,
    /// The last one's end.
    pub end_ns: u64,
    /// How much of the time in between is blocks.
    pub busy_ns: u64,
    /// How many blocks.
    pub blocks: u64,
    /// The length of the longest.
    pub longest_ns: u64,
    /// Whose the longest is.
    pub task: u64,
}

/// How much is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// Blocks are merged up to this length, in nanoseconds; 0 for not at all.
    pub merge_ns: u64,
    /// Blocks that start before this time are not merged.
    pub whole_until_ns: u64,
}

impl From<&Block> for Run {
    fn from(block: &Block) -> Self {
        Self {
            start_ns: block.start_ns,
            end_ns: block.end_ns,
            busy_ns: block.length_ns(),
            blocks: 1,
            longest_ns: block.length_ns(),
            task: block.task,
        }
    }
}

impl Run {
    fn add(&mut self, block: &Block) {
        self.end_ns = block.end_ns;
        self.busy_ns += block.length_ns();
        self.blocks += 1;
        if block.length_ns() > self.longest_ns {
            (self.longest_ns, self.task) = (block.length_ns(), block.task);
        }
    }
}

impl Resolution {
    /// The finest one that leaves at most about `most` of the lanes' blocks, the first `whole` of them unmerged.
    pub fn for_at_most(most: usize, whole: usize, lanes: &[&Lane], span_ns: u64) -> Self {
        let blocks: usize = lanes.iter().map(|lane| lane.blocks.len()).sum();
        if blocks <= most {
            return Self { merge_ns: 0, whole_until_ns: u64::MAX };
        }
        let mut starts: Vec<u64> =
            lanes.iter().flat_map(|lane| &lane.blocks).map(|block| block.start_ns).collect();
        let whole_until_ns = *starts.select_nth_unstable(whole).1;
        // Twice the span merges every lane to one or two, so this ends.
        let mut resolution = Self { merge_ns: 64, whole_until_ns };
        while resolution.merge_ns < span_ns.saturating_mul(2) {
            let runs: usize = lanes.iter().map(|lane| resolution.runs(&lane.blocks).count()).sum();
            if runs <= most {
                break;
            }
            resolution.merge_ns *= 2;
        }
        resolution
    }

    /// What is left of `blocks`.
    pub fn runs(self, blocks: &[Block]) -> impl Iterator<Item = Run> {
        let mut rest = blocks.iter().peekable();
        std::iter::from_fn(move || {
            let mut run = Run::from(rest.next()?);
            if run.start_ns >= self.whole_until_ns {
                while let Some(block) =
                    rest.next_if(|next| next.end_ns - run.start_ns <= self.merge_ns)
                {
                    run.add(block);
                }
            }
            Some(run)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::LaneKind;
    use super::*;

    fn lane(blocks: impl IntoIterator<Item = (u64, u64, u64)>) -> Lane {
        let block = |(start_ns, end_ns, task)| Block { start_ns, end_ns, task };
        let blocks = blocks.into_iter().map(block).collect();
        Lane::new("worker 0".into(), LaneKind::Worker, blocks, Vec::new())
    }

    #[test]
    fn few_blocks_stay_as_they_are() {
        let lane = lane([(0, 1, 1), (2, 3, 2)]);
        let resolution = Resolution::for_at_most(2, 1, &[&lane], 3);
        assert_eq!(resolution.merge_ns, 0);
        assert_eq!(resolution.runs(&lane.blocks).count(), 2);
    }

    #[test]
    fn what_is_merged_keeps_its_busy_time_its_number_and_its_longest() {
        let lane = lane([(0, 10, 1), (20, 50, 2), (60, 70, 3), (1000, 3000, 4)]);
        let resolution = Resolution { merge_ns: 100, whole_until_ns: 0 };
        let runs: Vec<Run> = resolution.runs(&lane.blocks).collect();
        let merged =
            Run { start_ns: 0, end_ns: 70, busy_ns: 50, blocks: 3, longest_ns: 30, task: 2 };
        assert_eq!(runs, [merged, Run::from(&lane.blocks[3])], "a long one is never merged");
    }

    #[test]
    fn the_beginning_stays_whole() {
        let lane = lane((0..1000).map(|i| (i * 10, i * 10 + 5, i)));
        let resolution = Resolution::for_at_most(200, 50, &[&lane], 10_000);
        let runs: Vec<Run> = resolution.runs(&lane.blocks).collect();
        assert!(runs.len() <= 200, "{}", runs.len());
        assert!(runs[..50].iter().all(|run| run.blocks == 1));
        assert_eq!(runs.iter().map(|run| run.blocks).sum::<u64>(), 1000);
        assert_eq!(runs.iter().map(|run| run.busy_ns).sum::<u64>(), lane.busy_ns());
    }

    #[test]
    fn blocks_that_last_as_long_as_the_run_are_no_endless_search() {
        let lanes: Vec<Lane> = (0..10).map(|task| lane([(0, 100, task)])).collect();
        let lanes: Vec<&Lane> = lanes.iter().collect();
        let resolution = Resolution::for_at_most(2, 1, &lanes, 100);
        assert!(resolution.merge_ns >= 64);
    }
}

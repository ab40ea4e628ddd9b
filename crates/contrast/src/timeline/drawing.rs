//! A timeline of bounded size: what is drawn is thinned, what is counted is not.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::merging::{Resolution, Run};
use super::totals::{Totals, long, stolen};
use super::{Lane, LaneKind, Mark, MarkKind, Timeline};

/// Blocks that a drawing has at most, about: a page holds a few dozen drawings.
const MOST_BLOCKS: usize = 2_000;
/// So many at the beginning are never merged.
const WHOLE_BLOCKS: usize = 700;
/// Marks that a drawing has at most, about, of each kind.
const MOST_MARKS: usize = 300;
/// Lanes that a drawing has at most: of more threads, some are drawn.
const MOST_LANES: usize = 64;
/// Of still more where each task has a thread: they all look alike.
const SOME_LANES: usize = 8;

/// What the page needs to know of a timeline.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Drawing {
    /// How long it took, in nanoseconds.
    pub span_ns: u64,
    /// A block is long from here on, in nanoseconds.
    pub long_ns: u64,
    /// Blocks that together are shorter than this may have been merged, in nanoseconds; 0 where none are.
    pub merge_ns: u64,
    /// Events that the recorder had no room for.
    pub lost: u64,
    /// Over all lanes, those that are not drawn too.
    pub totals: Totals,
    /// The tasks that the blocks name, by their place.
    pub tasks: Vec<Task>,
    /// The lanes that are drawn.
    pub lanes: Vec<DrawnLane>,
}

/// A task as the page names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Task {
    /// By its number.
    Numbered(u64),
    /// By its number and name.
    Named(u64, String),
}

/// A lane that is drawn.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DrawnLane {
    /// As in `worker 0`.
    pub name: String,
    /// What sort of thread.
    pub kind: LaneKind,
    /// Its blocks, before any were merged.
    pub block_count: u64,
    /// Time spent in them, in nanoseconds.
    pub busy_ns: u64,
    /// How many were long.
    pub long: u64,
    /// Tasks that this lane took from others.
    pub stolen: u64,
    /// One after the other: for a block, the time since the end of the one before, its length, its task's place in
    /// [`Drawing::tasks`]; for merged ones, the time, minus their number, from the first one's start to the last one's
    /// end, the time spent in them, the longest one's length and task.
    pub blocks: Vec<i64>,
    /// One after the other: the time since the mark before, 0 for a steal, 1 for a wake, 2 for a park, how many marks it
    /// stands for, how many tasks they concern, the other lane's place among those drawn or -1.
    pub marks: Vec<i64>,
}

impl Drawing {
    /// Thins `timeline`.
    pub fn of(timeline: &Timeline) -> Self {
        let chosen = chosen(&timeline.lanes);
        let lanes: Vec<&Lane> = chosen.iter().map(|&place| &timeline.lanes[place]).collect();
        let resolution =
            Resolution::for_at_most(MOST_BLOCKS, WHOLE_BLOCKS, &lanes, timeline.span_ns);
        let gaps = [MarkKind::Steal, MarkKind::Wake, MarkKind::Park]
            .map(|kind| (kind, mark_resolution(kind, &lanes, timeline.span_ns)));
        let mut places = Places::default();
        let drawn = lanes
            .iter()
            .map(|lane| DrawnLane {
                name: lane.name.clone(),
                kind: lane.kind,
                block_count: lane.blocks.len() as u64,
                busy_ns: lane.busy_ns(),
                long: long(lane, timeline.long_ns),
                stolen: stolen(lane),
                blocks: encoded_blocks(resolution.runs(&lane.blocks), &mut places),
                marks: encoded_marks(lane, &gaps, &chosen),
            })
            .collect();
        Self {
            span_ns: timeline.span_ns,
            long_ns: timeline.long_ns,
            merge_ns: resolution.merge_ns,
            lost: timeline.lost,
            totals: Totals::of(timeline),
            tasks: places.named(&timeline.names),
            lanes: drawn,
        }
    }
}

/// The places of the lanes that are drawn: all of them, or some at equal distances.
fn chosen(lanes: &[Lane]) -> Vec<usize> {
    let is_plain = lanes.first().is_some_and(|lane| lane.kind == LaneKind::Plain);
    if lanes.len() <= MOST_LANES {
        return (0..lanes.len()).collect();
    }
    let most = if is_plain { SOME_LANES } else { MOST_LANES };
    (0..most).map(|i| i * (lanes.len() - 1) / (most - 1)).collect()
}

/// Where tasks stand in a drawing.
#[derive(Default)]
struct Places {
    of: HashMap<u64, usize>,
    tasks: Vec<u64>,
}

impl Places {
    fn place(&mut self, task: u64) -> i64 {
        let tasks = &mut self.tasks;
        let place = *self.of.entry(task).or_insert_with(|| {
            tasks.push(task);
            tasks.len() - 1
        });
        number(place as u64)
    }

    fn named(self, names: &BTreeMap<u64, String>) -> Vec<Task> {
        let named = |task: u64| match names.get(&task) {
            Some(name) => Task::Named(task, name.clone()),
            None => Task::Numbered(task),
        };
        self.tasks.into_iter().map(named).collect()
    }
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn encoded_blocks(runs: impl Iterator<Item = Run>, places: &mut Places) -> Vec<i64> {
    let mut encoded = Vec::new();
    let mut ended_ns = 0;
    for run in runs {
        let (gap, length) = (number(run.start_ns - ended_ns), number(run.end_ns - run.start_ns));
        let task = places.place(run.task);
        if run.blocks == 1 {
            encoded.extend([gap, length, task]);
        } else {
            let (busy, longest) = (number(run.busy_ns), number(run.longest_ns));
            encoded.extend([gap, -number(run.blocks), length, busy, longest, task]);
        }
        ended_ns = run.end_ns;
    }
    encoded
}

/// Marks of that kind that are no further apart become one.
fn mark_resolution(kind: MarkKind, lanes: &[&Lane], span_ns: u64) -> u64 {
    let left = |gap_ns: u64| -> usize {
        lanes.iter().map(|lane| merged_marks(lane, kind, gap_ns).count()).sum()
    };
    let mut gap_ns = 0;
    while left(gap_ns) > MOST_MARKS && gap_ns < span_ns.saturating_mul(2) {
        gap_ns = (gap_ns * 2).max(64);
    }
    gap_ns
}

/// The marks of one kind, and for how many each stands. Those that are merged stand where the first one is.
fn merged_marks(lane: &Lane, kind: MarkKind, gap_ns: u64) -> impl Iterator<Item = (Mark, u32)> {
    let mut marks = lane.marks.iter().filter(move |mark| mark.kind == kind).copied().peekable();
    std::iter::from_fn(move || {
        let mut first = marks.next()?;
        let mut count = 1;
        while let Some(next) = marks.next_if(|next| next.at_ns - first.at_ns < gap_ns) {
            first.tasks = first.tasks.saturating_add(next.tasks);
            first.other = first.other.filter(|_| first.other == next.other);
            count += 1;
        }
        Some((first, count))
    })
}

fn encoded_marks(lane: &Lane, gaps: &[(MarkKind, u64)], chosen: &[usize]) -> Vec<i64> {
    let mut marks: Vec<(Mark, u32)> =
        gaps.iter().flat_map(|&(kind, gap_ns)| merged_marks(lane, kind, gap_ns)).collect();
    marks.sort_by_key(|(mark, _)| mark.at_ns);
    let mut before_ns = 0;
    let mut encoded = Vec::with_capacity(marks.len() * 5);
    for (mark, count) in marks {
        let other = mark
            .other
            .and_then(|other| chosen.iter().position(|&place| place == other as usize))
            .map_or(-1, |place| number(place as u64));
        encoded.extend([
            number(mark.at_ns - before_ns),
            mark.kind as i64,
            i64::from(count),
            i64::from(mark.tasks),
            other,
        ]);
        before_ns = mark.at_ns;
    }
    encoded
}

#[cfg(test)]
impl Timeline {
    /// `lanes` workers, each with `polls` short polls of a few tasks and now and then a long one, and with steals.
    pub fn generated(lanes: usize, polls: u64) -> Self {
        let mut span_ns = 0;
        let lane = |lane: usize| {
            let (mut now_ns, mut blocks, mut marks) = (lane as u64 * 700, Vec::new(), Vec::new());
            for poll in 0..polls {
                // Spread without a pattern, the same each time.
                let random =
                    (poll * lanes as u64 + lane as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                let length_ns = match random >> 54 {
                    0 => 12_000_000,
                    some => 200 + some * 5,
                };
                let block = super::Block {
                    start_ns: now_ns,
                    end_ns: now_ns + length_ns,
                    task: random % 1_009,
                };
                blocks.push(block);
                let (tasks, other) = (3, Some(((lane + 1) % lanes) as u32));
                if poll % 10 == 0 {
                    marks.push(Mark { at_ns: now_ns, kind: MarkKind::Steal, tasks, other });
                }
                now_ns = block.end_ns + (random >> 32) % 3_000;
            }
            span_ns = span_ns.max(now_ns);
            let kind = if lanes == 1 { LaneKind::EventLoop } else { LaneKind::Worker };
            Lane::new(format!("worker {lane}"), kind, blocks, marks)
        };
        let lanes = (0..lanes).map(lane).collect();
        Self { lanes, span_ns, long_ns: 10_000_000, names: BTreeMap::new(), lost: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Block;
    use super::*;

    /// What a lane's code says: how many blocks, how long they are in sum, and when the last one ends.
    fn decoded(code: &[i64]) -> (u64, u64, u64) {
        let (mut blocks, mut busy, mut now, mut rest) = (0, 0, 0, code);
        while let [gap, second, third, ..] = *rest {
            let merged = second < 0;
            blocks += if merged { second.unsigned_abs() } else { 1 };
            busy += if merged { rest[3] } else { second } as u64;
            now += gap as u64 + if merged { third } else { second } as u64;
            rest = &rest[if merged { 6 } else { 3 }..];
        }
        (blocks, busy, now)
    }

    #[test]
    fn two_million_polls_become_a_small_drawing_with_the_same_busy_time() {
        let timeline = Timeline::generated(4, 500_000);
        let drawing = Drawing::of(&timeline);
        assert_eq!((drawing.lanes.len(), drawing.totals.blocks), (4, 2_000_000));
        let mut items = 0;
        for (lane, drawn) in timeline.lanes.iter().zip(&drawing.lanes) {
            let end_ns = lane.blocks.last().expect("there are some").end_ns;
            assert_eq!(
                decoded(&drawn.blocks),
                (lane.blocks.len() as u64, lane.busy_ns(), end_ns),
                "{}",
                drawn.name
            );
            let steals: i64 = drawn.marks.chunks(5).map(|mark| mark[2]).sum();
            assert_eq!((steals, drawn.stolen), (50_000, 150_000), "{}", drawn.name);
            items += drawn.blocks.len();
        }
        assert!((3 * MOST_BLOCKS / 4..=6 * MOST_BLOCKS).contains(&items), "{items}");
        assert!(drawing.merge_ns > 0 && drawing.tasks.len() <= MOST_BLOCKS);
        let bytes = serde_json::to_vec(&drawing).expect("can be written").len();
        assert!(bytes < 80_000, "{bytes}");
    }

    #[test]
    fn a_short_timeline_is_drawn_block_by_block() {
        let mut timeline = Timeline::generated(2, 100);
        timeline.names.insert(timeline.lanes[0].blocks[0].task, "first".into());
        let drawing = Drawing::of(&timeline);
        assert_eq!(drawing.merge_ns, 0);
        assert!(drawing.lanes.iter().all(|lane| lane.blocks.len() == 300));
        assert_eq!(drawing.tasks[0], Task::Named(timeline.lanes[0].blocks[0].task, "first".into()));
    }

    #[test]
    fn of_many_threads_some_are_drawn_and_all_are_counted() {
        let lane = |task: u64| {
            let blocks = vec![Block { start_ns: task, end_ns: task + 10, task }];
            Lane::new(format!("thread {task}"), LaneKind::Plain, blocks, Vec::new())
        };
        let lanes = (0..1000).map(lane).collect();
        let timeline =
            Timeline { lanes, span_ns: 2000, long_ns: 50, names: BTreeMap::new(), lost: 0 };
        let drawing = Drawing::of(&timeline);
        assert_eq!((drawing.lanes.len(), drawing.totals.lanes), (SOME_LANES, 1000));
        assert_eq!(drawing.lanes.last().expect("there is one").name, "thread 999");
        assert_eq!(drawing.totals.busy_ns, 10_000);
    }
}

//! From what Filch's recorder saw to lanes of blocks.

use std::collections::BTreeMap;
use std::time::Duration;

use filch::record::{Event, EventKind, Lane as RecordedLane, LaneKind as RecordedKind, Recording};

use filch::task::Id;

use super::{Block, LONG, Lane, LaneKind, Mark, MarkKind, Timeline, nanoseconds};

impl From<&Recording> for Timeline {
    fn from(recording: &Recording) -> Self {
        // Threads that never had a part are left out, workers aside: that one had nothing to do is of interest.
        let has_part = |lane: &&RecordedLane| {
            let is_worker = matches!(lane.kind, RecordedKind::Worker(_) | RecordedKind::EventLoop);
            is_worker || lane.events.iter().any(|event| opens(&event.kind).is_some())
        };
        let lanes: Vec<&RecordedLane> = recording.lanes().iter().filter(has_part).collect();
        let place = |worker: usize| {
            let is_it = |lane: &&RecordedLane| lane.kind == RecordedKind::Worker(worker);
            lanes.iter().position(is_it).and_then(|place| u32::try_from(place).ok())
        };
        let numbers = Numbers::of(&lanes);
        let named = recording.tasks().iter().filter_map(|task| {
            let name = task.name()?;
            Some((numbers.number(task.id()), name.to_owned()))
        });
        Self {
            lanes: lanes
                .iter()
                .map(|lane| converted(lane, recording.duration(), &numbers, place))
                .collect(),
            span_ns: nanoseconds(recording.duration()),
            long_ns: nanoseconds(LONG),
            names: named.collect::<BTreeMap<_, _>>(),
            lost: recording.lost(),
        }
    }
}

/// The task whose code the thread runs from this event on.
fn opens(kind: &EventKind) -> Option<Id> {
    match *kind {
        EventKind::PollStart { task } | EventKind::BlockingStart { task } => Some(task),
        _ => None,
    }
}

/// The tasks that ran, in the order in which they were spawned, more or less: their places are easier to read than
/// their ids, which leave gaps.
struct Numbers(Vec<Id>);

impl Numbers {
    fn of(lanes: &[&RecordedLane]) -> Self {
        let events = lanes.iter().flat_map(|lane| &lane.events);
        let mut ids: Vec<Id> = events.filter_map(|event| opens(&event.kind)).collect();
        ids.sort_unstable();
        ids.dedup();
        Self(ids)
    }

    fn number(&self, task: Id) -> u64 {
        let (Ok(place) | Err(place)) = self.0.binary_search(&task);
        place as u64 + 1
    }
}

fn converted(
    lane: &RecordedLane,
    duration: Duration,
    numbers: &Numbers,
    place: impl Fn(usize) -> Option<u32>,
) -> Lane {
    let (mut blocks, mut marks) = (Vec::new(), Vec::new());
    // What has begun and not ended: what is inside of a poll is a part of it.
    let mut open: Vec<(u64, u64)> = Vec::new();
    for &Event { at, kind, .. } in &lane.events {
        let at_ns = nanoseconds(at);
        let mut mark = |kind, tasks, other| marks.push(Mark { at_ns, kind, tasks, other });
        match kind {
            EventKind::PollStart { .. } | EventKind::BlockingStart { .. } => {
                open.extend(opens(&kind).map(|task| (numbers.number(task), at_ns)));
            }
            EventKind::PollEnd { .. } | EventKind::BlockingEnd { .. } => {
                // One without a start is the end of what began before the first event that was kept.
                if let (Some((task, start_ns)), true) = (open.pop(), open.is_empty()) {
                    blocks.push(Block { start_ns, end_ns: at_ns, task });
                }
            }
            EventKind::Steal { from, tasks } => {
                mark(MarkKind::Steal, u32::try_from(tasks).unwrap_or(u32::MAX), place(from));
            }
            EventKind::Wake { .. } => mark(MarkKind::Wake, 1, None),
            EventKind::Park => mark(MarkKind::Park, 0, None),
            _ => {}
        }
    }
    // What was still running when the recording was stopped.
    if let Some(&(task, start_ns)) = open.first() {
        blocks.push(Block { start_ns, end_ns: nanoseconds(duration).max(start_ns), task });
    }
    let kind = match lane.kind {
        RecordedKind::Worker(_) => LaneKind::Worker,
        RecordedKind::EventLoop => LaneKind::EventLoop,
        RecordedKind::Blocking(_) => LaneKind::Blocking,
        _ => LaneKind::Outside,
    };
    Lane::new(lane.name.clone(), kind, blocks, marks)
}

#[cfg(test)]
mod tests {
    use filch::runtime::{Builder, EventLoop};

    use super::super::drawing::Drawing;
    use super::*;

    async fn some_tasks() {
        let tasks: Vec<_> = (0..20)
            .map(|number| {
                let name = format!("task no. {number}");
                let spawned = filch::task::Builder::new().name(&name).spawn(async {
                    filch::task::yield_now().await;
                    std::thread::sleep(Duration::from_millis(1));
                });
                spawned.expect("a runtime runs")
            })
            .collect();
        for task in tasks {
            task.await.expect("does not panic");
        }
    }

    #[test]
    fn an_event_loop_has_one_lane_and_never_two_polls_at_once() {
        let event_loop: EventLoop = Builder::new_current_thread()
            .enable_all()
            .record(10_000)
            .build_event_loop()
            .expect("can be built");
        let recorder = event_loop.handle().recorder().expect("was asked for");
        recorder.start();
        event_loop.block_on(some_tasks());
        let timeline = Timeline::from(&recorder.stop());
        let [lane] = &timeline.lanes[..] else { panic!("{timeline:?}") };
        assert_eq!((lane.kind, timeline.lost), (LaneKind::EventLoop, 0));
        assert_eq!(lane.blocks.len(), 40, "two polls for each task");
        let totals = Drawing::of(&timeline).totals;
        assert_eq!((totals.tasks, totals.several_busy_ns, totals.most_busy), (20, 0, 1));
        assert!(totals.busy_ns >= 20_000_000, "{totals:?}");
        assert!(timeline.names.values().any(|name| name == "task no. 7"), "{:?}", timeline.names);
    }

    #[test]
    fn every_worker_has_a_lane_and_no_poll_is_lost() {
        let runtime = Builder::new_multi_thread()
            .worker_threads(3)
            .enable_all()
            .record(10_000)
            .build()
            .expect("can be built");
        let recorder = runtime.handle().recorder().expect("was asked for");
        recorder.start();
        runtime.block_on(some_tasks());
        let timeline = Timeline::from(&recorder.stop());
        let workers = timeline.lanes.iter().filter(|lane| lane.kind == LaneKind::Worker).count();
        assert_eq!(workers, 3);
        let totals = Drawing::of(&timeline).totals;
        assert_eq!((totals.tasks, totals.blocks), (20, 40));
        assert!(
            timeline
                .lanes
                .iter()
                .flat_map(|lane| &lane.blocks)
                .all(|block| block.end_ns <= timeline.span_ns)
        );
    }
}

//! # From words to events: whose poll it was, and when
//!
//! A word has no time of its own. Some stand behind a reading of the clock; the others lie between two *anchors*: a
//! reading, a look of the observer, the start or the end of the recording. Between two anchors time is taken to
//! pass while tasks are polled, the same for each step, and none in between.

use super::observer::Stuck;
use super::ring::Snapshot;
use super::track::CHUNK;
use super::word::Word;
use super::{Event, EventKind, Lane, LaneKind, PollOutcome};
use crate::task::{Id, TaskInfo};
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::Location;
use std::time::Duration;

/// Polls are shorter where a thread does not read the clock for each few.
const SHORT: u64 = 500;

/// A poll of this length is a long one.
const LONG: u64 = 10_000_000;

/// What was found of one track.
pub(super) struct Raw {
    pub(super) kind: LaneKind,
    pub(super) name: String,
    pub(super) snapshot: Snapshot,
    pub(super) stuck: Stuck,
}

/// The lanes, and what is known of tasks, by id. `time` is that of the recording.
pub(super) fn decode(
    raw: Vec<Raw>,
    time: Range<u64>,
    known: Vec<TaskInfo>,
) -> (Vec<Lane>, Vec<TaskInfo>) {
    let mut tasks: BTreeMap<Id, TaskInfo> =
        known.into_iter().map(|info| (info.id(), info)).collect();
    let mut lanes: Vec<_> = raw.into_iter().map(|raw| lane(raw, &time, &mut tasks)).collect();
    let has_events = |lane: &Lane| !lane.events.is_empty() || lane.lost > 0;
    lanes.retain(|lane| {
        matches!(lane.kind, LaneKind::Worker(_) | LaneKind::EventLoop) || has_events(lane)
    });
    lanes.sort_by_key(|lane| lane.kind);
    (lanes, tasks.into_values().collect())
}

/// Every word before `position` was written by `at`; no other one before that.
struct Anchor {
    position: usize,
    at: u64,
    /// From here on the thread did not move for a while.
    is_stuck: bool,
}

/// A word that is more than a time.
struct Item {
    position: usize,
    word: Word,
    at: u64,
    exact: bool,
}

fn lane(raw: Raw, time: &Range<u64>, tasks: &mut BTreeMap<Id, TaskInfo>) -> Lane {
    let Raw { kind, name, snapshot, stuck } = raw;
    let (mut items, mut anchors, lost) = read(&snapshot, time, tasks);
    for stretch in &stuck.stretches {
        for (at, is_stuck) in [(stretch.first, true), (stretch.last, false)] {
            anchors.push(Anchor { position: stretch.position, at, is_stuck });
        }
    }
    let end = items.last().map_or(0, |item| item.position + 1);
    anchors.retain(|anchor| time.contains(&anchor.at));
    anchors.push(Anchor { position: end, at: time.end, is_stuck: false });
    anchors.sort_by_key(|anchor| (anchor.position, anchor.at));
    settle(&mut items, &anchors, time.start);
    let mut telling = Telling { kind, start: time.start, open: Vec::new(), events: Vec::new() };
    let mut stretches = stuck.stretches.iter().peekable();
    for item in &items {
        while let Some(stretch) = stretches.next_if(|stretch| stretch.position <= item.position) {
            telling.long_poll(stretch.first..stretch.last);
        }
        telling.tell(item);
    }
    for stretch in stretches.filter(|stretch| stretch.position >= end) {
        telling.long_poll(stretch.first..stretch.last.min(time.end));
    }
    telling.close(time.end);
    Lane { kind, name, events: telling.events, lost }
}

/// Tells times from events. What was written after the end is left out.
fn read(
    snapshot: &Snapshot,
    time: &Range<u64>,
    tasks: &mut BTreeMap<Id, TaskInfo>,
) -> (Vec<Item>, Vec<Anchor>, u64) {
    let (mut items, mut anchors, mut lost) = (Vec::<Item>::new(), Vec::new(), 0);
    let mut clock = None;
    // The task whose spawn was told just now, and where the one before was spawned.
    let (mut spawned, mut site) = (None, None);
    for (chunk, words) in snapshot.chunks.iter().enumerate() {
        for (index, &word) in words.iter().enumerate() {
            let position = (snapshot.first + chunk) * CHUNK + index;
            // SAFETY: the words of a track are encoded in `track.rs`, and come out of the ring as they went in (I1).
            let Some(word) = (unsafe { Word::decode(word) }) else { continue };
            match word {
                Word::Chunk(_) => site = None,
                Word::Lost(_) => {}
                Word::Site(place) => site = Some(place),
                _ => {}
            }
            if !matches!(word, Word::Chunk(_) | Word::Lost(_)) {
                note(tasks, spawned.take(), site);
            }
            match word {
                Word::Chunk(at) | Word::Clock(at) if at > time.end => {
                    return (items, anchors, lost);
                }
                Word::Chunk(at) => anchors.push(Anchor { position, at, is_stuck: false }),
                Word::Clock(at) => {
                    anchors.push(Anchor { position, at, is_stuck: false });
                    clock = Some(at);
                }
                Word::Lost(events) => lost = events,
                Word::Site(_) => {}
                _ => {
                    if let Word::Spawn(task) = word {
                        spawned = Some(task);
                    }
                    let (exact, at) = (clock.is_some(), clock.take().unwrap_or(0));
                    items.push(Item { position, word, at, exact });
                }
            }
        }
    }
    note(tasks, spawned, site);
    (items, anchors, lost)
}

fn note(tasks: &mut BTreeMap<Id, TaskInfo>, task: Option<Id>, site: Option<&'static Location<'_>>) {
    if let (Some(task), Some(site)) = (task, site) {
        // A name, where there is one, is known already.
        tasks.entry(task).or_insert_with(|| TaskInfo::new(task, None, site));
    }
}

/// Finds a time for each item that has none.
fn settle(items: &mut [Item], anchors: &[Anchor], start: u64) {
    let mut depth = Depth::default();
    let (mut rest, mut from) = (items, start);
    for anchor in anchors {
        let split = rest.partition_point(|item| item.position < anchor.position);
        let (between, after) = rest.split_at_mut(split);
        let to = anchor.at.max(from);
        spread(between, from..to, anchor.is_stuck, &mut depth);
        (rest, from) = (after, to);
    }
}

/// Who is polled.
#[derive(Default)]
struct Depth {
    polls: usize,
    /// One that is over with the next word.
    only: bool,
}

impl Depth {
    fn any(&self) -> bool {
        self.polls > 0 || self.only
    }
}

/// Spreads the items over the time between two anchors. Where it ends in a long stretch, that has begun with the last
/// item, and what is before was short: a thread whose polls are longer reads the clock more often.
fn spread(items: &mut [Item], time: Range<u64>, is_stuck: bool, depth: &mut Depth) {
    // Before each item, and after the last: whether a task was polled then.
    let mut is_polled: Vec<bool> = Vec::with_capacity(items.len() + 1);
    for item in &*items {
        is_polled.push(depth.any());
        depth.only = false;
        let Depth { polls: depth, only } = &mut *depth;
        match item.word {
            Word::Poll(_) => *depth = 1,
            Word::OnlyPoll(_) => (*depth, *only) = (0, true),
            Word::InnerPoll(_) => *depth += 1,
            Word::End(..) => *depth = depth.saturating_sub(1),
            Word::Gap | Word::Park | Word::Unpark => *depth = 0,
            _ => {}
        }
    }
    is_polled.push(depth.any());
    if let Some(first) = items.first() {
        is_polled[0] &= !first.exact;
        if !is_polled.contains(&true) {
            is_polled.fill(true);
            is_polled[0] = !first.exact;
        }
    }
    let steps = is_polled.iter().filter(|&&is_polled| is_polled).count().max(1) as u64;
    let length = time.end - time.start;
    let length = if is_stuck { length.min(steps * SHORT) } else { length };
    let mut passed = 0;
    for (item, is_polled) in items.iter_mut().zip(is_polled) {
        passed += u64::from(is_polled);
        if !item.exact {
            // 128 bits: a recording of days has few anchors if little happens.
            item.at =
                time.start + (u128::from(length) * u128::from(passed) / u128::from(steps)) as u64;
        }
    }
}

/// A poll or call that has begun.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Poll(Id, u64),
    /// It has ended before the next word.
    OnlyPoll(Id, u64),
    /// On a thread for that, or in place.
    Blocking(Id),
}

/// Tells events, with every end that the words leave out.
struct Telling {
    kind: LaneKind,
    start: u64,
    open: Vec<Open>,
    events: Vec<Event>,
}

impl Telling {
    fn push(&mut self, item: &Item, kind: EventKind) {
        self.push_at(item.at, item.exact, kind);
    }

    fn push_at(&mut self, at: u64, exact: bool, kind: EventKind) {
        // In order even where an observer and a thread read the clock at the same moment.
        let last = self.events.last().map_or(Duration::ZERO, |event| event.at);
        let at = Duration::from_nanos(at.saturating_sub(self.start)).max(last);
        self.events.push(Event { at, kind, exact });
    }

    fn task(&self) -> Option<Id> {
        self.open.last().map(|open| match *open {
            Open::Poll(task, _) | Open::OnlyPoll(task, _) | Open::Blocking(task) => task,
        })
    }

    fn begin(&mut self, item: &Item, task: Id) {
        if self.open.is_empty() && matches!(self.kind, LaneKind::Blocking(_)) {
            self.begin_blocking(item, task);
        } else {
            self.open.push(Open::Poll(task, item.at));
            self.push(item, EventKind::PollStart { task });
        }
    }

    fn begin_blocking(&mut self, item: &Item, task: Id) {
        self.open.push(Open::Blocking(task));
        self.push(item, EventKind::BlockingStart { task });
    }

    /// Ends the innermost.
    fn end(&mut self, item: &Item, outcome: PollOutcome) {
        match self.open.pop() {
            Some(Open::Poll(task, _)) => self.push(item, EventKind::PollEnd { task, outcome }),
            Some(Open::OnlyPoll(task, _)) => {
                self.push(item, EventKind::PollEnd { task, outcome: PollOutcome::Ready });
            }
            Some(Open::Blocking(task)) => self.push(item, EventKind::BlockingEnd { task }),
            None => {}
        }
    }

    /// Ends the innermost for which `is_it` holds, and whatever is inside; nothing if its start was overwritten.
    fn end_of(&mut self, item: &Item, outcome: PollOutcome, is_it: impl Fn(Open) -> bool) {
        let Some(index) = self.open.iter().rposition(|&open| is_it(open)) else { return };
        while self.open.len() > index + 1 {
            self.end(item, PollOutcome::Pending);
        }
        self.end(item, outcome);
    }

    fn end_all(&mut self, item: &Item) {
        while !self.open.is_empty() {
            self.end(item, PollOutcome::Pending);
        }
    }

    fn tell(&mut self, item: &Item) {
        if let Some(Open::OnlyPoll(..)) = self.open.last() {
            self.end(item, PollOutcome::Ready);
        }
        match item.word {
            Word::Poll(task) => {
                self.end_all(item);
                self.begin(item, task);
            }
            Word::OnlyPoll(task) => {
                self.end_all(item);
                self.begin(item, task);
                if let Some(open @ &mut Open::Poll(_, since)) = self.open.last_mut() {
                    *open = Open::OnlyPoll(task, since);
                }
            }
            Word::InnerPoll(task) => self.begin(item, task),
            Word::End(task, outcome) => {
                let is_for_calls = matches!(self.kind, LaneKind::Blocking(_));
                self.end_of(item, outcome, |open| match open {
                    Open::Poll(polled, _) => polled == task,
                    Open::OnlyPoll(..) => false,
                    // `block_in_place` says itself when it is over.
                    Open::Blocking(call) => call == task && is_for_calls,
                });
            }
            Word::Gap => self.end_all(item),
            Word::Spawn(task) => self.push(item, EventKind::Spawn { task, by: self.task() }),
            Word::Wake(task) => self.push(item, EventKind::Wake { task, by: self.task() }),
            Word::Steal(from, tasks) => self.push(item, EventKind::Steal { from, tasks }),
            Word::Park => {
                self.end_all(item);
                self.push(item, EventKind::Park);
            }
            Word::Unpark => self.push(item, EventKind::Unpark),
            Word::BlockingStart(task) => self.begin_blocking(item, task),
            Word::BlockingEnd(task) => {
                self.end_of(item, PollOutcome::Pending, |open| open == Open::Blocking(task));
            }
            Word::Chunk(_) | Word::Lost(_) | Word::Clock(_) | Word::Site(_) => {}
        }
    }

    /// What is known to have ended, although no word came after it, does so now.
    fn close(&mut self, at: u64) {
        if let Some(&Open::OnlyPoll(task, _)) = self.open.last() {
            let kind = EventKind::PollEnd { task, outcome: PollOutcome::Ready };
            self.push_at(at, false, kind);
        }
    }

    /// The thread did not move meanwhile.
    fn long_poll(&mut self, stretch: Range<u64>) {
        let Some(&(Open::Poll(task, since) | Open::OnlyPoll(task, since))) = self.open.last()
        else {
            return;
        };
        let at = stretch.start.max(since + LONG);
        if at <= stretch.end {
            let so_far = Duration::from_nanos(at - since);
            self.push_at(at, false, EventKind::LongPoll { task, so_far });
        }
    }
}

//! # Words: an event in 8 bytes
//!
//! The lowest six bits say what it is, the others of what: 58 bits of task id, time, or address. Zero is no word.

use super::PollOutcome;
use crate::task::Id;
use std::num::NonZeroU64;
use std::panic::Location;

/// Bits that say what a word is. The lowest two are how many events come of it; a poll has its end with its start.
const BITS: u32 = 6;

/// See the head of this file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// The first of a chunk, with the time in nanoseconds since the recorder was made.
    Chunk(u64),
    /// The second: how many events of this recording were overwritten so far.
    Lost(u64),
    /// The time, read for what comes next.
    Clock(u64),
    /// A task is run; if one before has not ended in words, it is pending.
    Poll(Id),
    /// The same, and it has ended well: it does so before the next word.
    OnlyPoll(Id),
    /// A task is run inside another one's poll.
    InnerPoll(Id),
    /// A poll has ended; needed where the next word does not say it.
    End(Id, PollOutcome),
    /// No task is run: a poll that has not ended in words is pending.
    Gap,
    /// A task was spawned.
    Spawn(Id),
    /// Where that was; left out if it is the same as for the spawn before, in the same chunk.
    Site(&'static Location<'static>),
    Wake(Id),
    /// From whom, and how many.
    Steal(usize, usize),
    Park,
    Unpark,
    BlockingStart(Id),
    BlockingEnd(Id),
}

const fn op(number: u64, events: u64) -> u64 {
    number << 2 | events
}

const CHUNK: u64 = op(1, 0);
const LOST: u64 = op(2, 0);
const CLOCK: u64 = op(3, 0);
const GAP: u64 = op(4, 0);
const SITE: u64 = op(5, 0);
const PENDING: u64 = op(6, 0);
const READY: u64 = op(7, 0);
const PANICKED: u64 = op(8, 0);
const CANCELLED: u64 = op(9, 0);
const SPAWN: u64 = op(0, 1);
const WAKE: u64 = op(1, 1);
const STEAL: u64 = op(2, 1);
const PARK: u64 = op(3, 1);
const UNPARK: u64 = op(4, 1);
const BLOCKING_START: u64 = op(5, 1);
const BLOCKING_END: u64 = op(6, 1);
const POLL: u64 = op(0, 2);
const INNER_POLL: u64 = op(1, 2);
const ONLY_POLL: u64 = op(2, 2);

/// How many tasks of a theft are told, at most.
const MANY: usize = (1 << 20) - 1;

impl Word {
    #[inline(always)]
    pub(super) fn encode(self) -> NonZeroU64 {
        let (op, of) = match self {
            Self::Chunk(time) => (CHUNK, time),
            Self::Lost(events) => (LOST, events),
            Self::Clock(time) => (CLOCK, time),
            Self::Poll(task) => (POLL, task.number()),
            Self::OnlyPoll(task) => (ONLY_POLL, task.number()),
            Self::InnerPoll(task) => (INNER_POLL, task.number()),
            Self::End(task, PollOutcome::Pending) => (PENDING, task.number()),
            Self::End(task, PollOutcome::Ready) => (READY, task.number()),
            Self::End(task, PollOutcome::Panicked) => (PANICKED, task.number()),
            Self::End(task, PollOutcome::Cancelled) => (CANCELLED, task.number()),
            Self::Gap => (GAP, 0),
            Self::Spawn(task) => (SPAWN, task.number()),
            Self::Site(place) => (SITE, std::ptr::from_ref(place).expose_provenance() as u64),
            Self::Wake(task) => (WAKE, task.number()),
            Self::Steal(from, tasks) => (STEAL, (from << 20 | tasks.min(MANY)) as u64),
            Self::Park => (PARK, 0),
            Self::Unpark => (UNPARK, 0),
            Self::BlockingStart(task) => (BLOCKING_START, task.number()),
            Self::BlockingEnd(task) => (BLOCKING_END, task.number()),
        };
        NonZeroU64::new(of << BITS | op).expect("the kind of a word is not zero")
    }

    /// # Safety
    /// `word` was made by [`encode`](Self::encode) in this process.
    pub(super) unsafe fn decode(word: u64) -> Option<Self> {
        let of = word >> BITS;
        let task = Id::from_number(of);
        let end = |outcome| Some(Self::End(task?, outcome));
        match word & ((1 << BITS) - 1) {
            CHUNK => Some(Self::Chunk(of)),
            LOST => Some(Self::Lost(of)),
            CLOCK => Some(Self::Clock(of)),
            POLL => task.map(Self::Poll),
            ONLY_POLL => task.map(Self::OnlyPoll),
            INNER_POLL => task.map(Self::InnerPoll),
            PENDING => end(PollOutcome::Pending),
            READY => end(PollOutcome::Ready),
            PANICKED => end(PollOutcome::Panicked),
            CANCELLED => end(PollOutcome::Cancelled),
            GAP => Some(Self::Gap),
            SPAWN => task.map(Self::Spawn),
            SITE => {
                let place = std::ptr::with_exposed_provenance::<Location<'static>>(of as usize);
                // SAFETY: by the caller's promise it was exposed from a `&'static`.
                Some(Self::Site(unsafe { &*place }))
            }
            WAKE => task.map(Self::Wake),
            STEAL => Some(Self::Steal(of as usize >> 20, of as usize & MANY)),
            PARK => Some(Self::Park),
            UNPARK => Some(Self::Unpark),
            BLOCKING_START => task.map(Self::BlockingStart),
            BLOCKING_END => task.map(Self::BlockingEnd),
            _ => None,
        }
    }
}

/// How many events come of an encoded word.
#[inline]
pub(super) fn events_of(word: u64) -> u64 {
    word & 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_comes_back() {
        let task = Id::from_number((1 << 58) - 1).unwrap();
        let small = Id::from_number(1).unwrap();
        let words = [
            Word::Chunk(1 << 57),
            Word::Lost(0),
            Word::Clock(12345),
            Word::Poll(task),
            Word::OnlyPoll(task),
            Word::InnerPoll(small),
            Word::End(task, PollOutcome::Pending),
            Word::End(task, PollOutcome::Ready),
            Word::End(task, PollOutcome::Panicked),
            Word::End(task, PollOutcome::Cancelled),
            Word::Gap,
            Word::Spawn(small),
            Word::Site(Location::caller()),
            Word::Wake(task),
            Word::Steal(1022, 256),
            Word::Park,
            Word::Unpark,
            Word::BlockingStart(task),
            Word::BlockingEnd(task),
        ];
        for word in words {
            // SAFETY: encoded here.
            assert_eq!(unsafe { Word::decode(word.encode().get()) }, Some(word));
        }
    }

    #[test]
    fn a_word_tells_how_many_events_come_of_it() {
        let task = Id::from_number(7).unwrap();
        let events = |word: Word| events_of(word.encode().get());
        assert_eq!(events(Word::Poll(task)) + events(Word::InnerPoll(task)), 4);
        assert_eq!(events(Word::Spawn(task)) + events(Word::Park), 2);
        for outcome in [PollOutcome::Ready, PollOutcome::Panicked, PollOutcome::Cancelled] {
            assert_eq!(events(Word::End(task, outcome)), 0);
        }
        assert_eq!(events(Word::Site(Location::caller())) + events(Word::Lost(3)), 0);
    }
}

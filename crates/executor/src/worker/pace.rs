//! # Pace: how long a worker's polls take, and what follows from it
//!
//! **When the outside gets its turn.** Events, timers and tasks from other threads have to come in between
//! polls, however full the worker's own queue is: the driver every [`TURN_AFTER`]. Where polls are short, the
//! clock is read only every [`LOOK_AFTER`] polls; where they are long, every [`LOOK_EVERY`] or before each of them.
//!
//! **Whether its tasks are worth another worker.** To wake a worker costs some microseconds, and a task that
//! goes to another core takes its memory along, a few hundred nanoseconds. A task that is done sooner than
//! that is done sooner where it is. So tasks that are shorter than [`COARSE`] stay together, and so do as many as
//! are done by the time that another worker is awake ([`WAKE`]); except that once every [`DUE_AFTER`] a share is due
//! all the same: what still waits then is likely to go on for longer, however short its polls are. What was shared is left
//! to the others for [`LEFT_FOR`]: who is woken for it takes a while to come, and would find nothing of many short polls.

use crate::record;
use filch_primitives::time::Instant;
use std::time::Duration;

/// Polls that take longer than this are long.
const COARSE: Duration = Duration::from_nanos(500);

/// How long a worker keeps short tasks to itself.
const DUE_AFTER: Duration = Duration::from_millis(1);

/// How long it takes to wake a worker, in nanoseconds.
const WAKE: u32 = 20_000;

/// How long what was made public is left to the others: until one of them that sleeps has come for it, most times.
const LEFT_FOR: Duration = Duration::from_micros(100);

/// How long the driver waits for its turn, besides the poll that is under way.
const TURN_AFTER: Duration = Duration::from_micros(100);

/// After how many short polls the worker looks at the clock. A prime, so that it does not fall into step with
/// the programs it measures.
const LOOK_AFTER: u32 = 61;

/// After how long where polls are long, in nanoseconds. Polls that are longer than that are very long: then each time.
const LOOK_EVERY: u32 = 10_000;

/// A look that finds long polls counts two, another takes one off: so one long poll among short ones, a task
/// that spawns ten thousand others for example, says nothing of the others.
const LONG: u32 = 2;

/// Polls are coarse from here on: two long ones in a row.
const COARSE_SCORE: u32 = 2 * LONG;

const MAX_SCORE: u32 = 2 * COARSE_SCORE;

/// See the head of this file.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Polls since the clock was read, and after how many it is read again.
    polls: u32,
    look_after: u32,
    score: u32,
    /// How long the last polls took, in nanoseconds each.
    nanos: u32,
    /// How long the longest of late took: it fades by half with each look, lest a short one hides the others.
    longest: u32,
    is_very_long: bool,
    /// Since the worker woke up, the clock was not read yet.
    is_fresh: bool,
    read: Instant,
    turned: Instant,
    shared: Instant,
    is_share_due: bool,
    /// What was shared last is left to the others.
    leaves_share: bool,
}

/// What a look at the clock comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) is_coarse: bool,
    /// The driver is to have its turn.
    pub(crate) is_turn_due: bool,
}

impl Pace {
    pub(crate) fn new() -> Self {
        // Until it is known: rather a look too many.
        Self::begin(COARSE_SCORE)
    }

    fn begin(score: u32) -> Self {
        let now = Instant::now();
        Self {
            polls: 0,
            look_after: 1,
            score,
            nanos: WAKE,
            longest: WAKE,
            is_very_long: score >= COARSE_SCORE,
            is_fresh: true,
            read: now,
            turned: now,
            shared: now,
            is_share_due: false,
            leaves_share: false,
        }
    }

    /// The worker is about to poll. Says what the clock says, if something follows from it.
    #[inline]
    pub(crate) fn poll(&mut self) -> Option<Look> {
        self.polls += 1;
        if self.polls >= self.look_after { self.look() } else { None }
    }

    #[cold]
    fn look(&mut self) -> Option<Look> {
        let polls = std::mem::take(&mut self.polls);
        let now = Instant::now();
        record::clock_was_read(now);
        if std::mem::take(&mut self.is_fresh) {
            (self.read, self.turned, self.shared) = (now, now, now);
            return None;
        }
        let poll = now.duration_since(self.read) / polls;
        self.read = now;
        self.nanos = u32::try_from(poll.as_nanos()).unwrap_or(u32::MAX);
        self.score = if poll < COARSE {
            self.score.saturating_sub(1)
        } else {
            MAX_SCORE.min(self.score + LONG)
        };
        self.longest = self.nanos.max(self.longest / 2);
        self.is_very_long = self.is_coarse() && self.longest >= LOOK_EVERY;
        self.look_after = match self.score {
            0 => LOOK_AFTER,
            _ => (LOOK_EVERY / self.longest.max(1)).clamp(1, LOOK_AFTER),
        };
        self.is_share_due |= now.duration_since(self.shared) >= DUE_AFTER;
        self.leaves_share &= now.duration_since(self.shared) < LEFT_FOR;
        let is_turn_due = now.duration_since(self.turned) >= TURN_AFTER;
        Some(Look { is_coarse: self.is_coarse(), is_turn_due })
    }

    /// The driver has had its turn.
    pub(crate) fn turned(&mut self) {
        self.turned = Instant::now();
        record::clock_was_read(self.turned);
        self.read = self.turned;
        self.polls = 0;
    }

    /// The worker is back from its sleep, during which it let the driver in.
    pub(crate) fn wake(&mut self) {
        (self.polls, self.is_fresh) = (0, true);
        (self.is_share_due, self.leaves_share) = (false, false);
    }

    /// Whether so many polls take longer than it takes to wake a worker.
    #[inline]
    pub(crate) fn outlasts_a_wake_up(&self, polls: usize) -> bool {
        polls as u64 * u64::from(self.nanos) >= u64::from(WAKE)
    }

    /// Whether polls are so long that the clock is read after each.
    #[inline]
    pub(crate) fn is_very_long(&self) -> bool {
        self.is_very_long
    }

    /// Whether polls are long.
    #[inline]
    pub(crate) fn is_coarse(&self) -> bool {
        self.score >= COARSE_SCORE
    }

    /// Whether a share is due however short the tasks are.
    #[inline]
    pub(crate) fn is_share_due(&self) -> bool {
        self.is_share_due
    }

    /// The worker has made tasks public, and leaves them to the others or not.
    pub(crate) fn shared(&mut self, leaves: bool) {
        self.is_share_due = false;
        self.leaves_share = leaves;
        self.shared = self.read;
    }

    /// Whether to leave what is public to the others, who may be on their way.
    #[inline]
    pub(crate) fn leaves_share(&self) -> bool {
        self.leaves_share
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;
    use std::thread::sleep;

    /// A pace that has read the clock once.
    fn begun(score: u32) -> Pace {
        let mut pace = Pace::begin(score);
        assert_eq!(pace.poll(), None, "there is nothing to compare with");
        pace
    }

    fn long_poll(pace: &mut Pace) -> Option<Look> {
        sleep(TURN_AFTER);
        pace.poll()
    }

    #[test]
    fn long_polls_are_coarse_and_the_driver_has_its_turn_after_each() {
        let mut pace = begun(COARSE_SCORE);
        for _ in 0..3 {
            let look = long_poll(&mut pace);
            assert_eq!(look, Some(Look { is_coarse: true, is_turn_due: true }));
            pace.turned();
        }
    }

    #[test]
    fn one_long_poll_is_not_coarse_and_two_are() {
        let mut pace = begun(0);
        assert_eq!(long_poll(&mut pace), Some(Look { is_coarse: false, is_turn_due: true }));
        assert_eq!(long_poll(&mut pace), Some(Look { is_coarse: true, is_turn_due: true }));
    }

    #[test]
    fn a_short_poll_among_long_ones_puts_off_no_look() {
        let mut pace = begun(COARSE_SCORE);
        for _ in 0..2 {
            assert!(long_poll(&mut pace).is_some());
        }
        assert!(pace.poll().is_some(), "a short one");
        assert!(pace.poll().is_some(), "what comes after it may be long");
        assert!(pace.is_very_long());
    }

    #[test]
    fn short_polls_are_looked_at_once_in_a_while() {
        let mut pace = Pace { look_after: LOOK_AFTER, ..begun(0) };
        assert!((1..LOOK_AFTER).all(|_| pace.poll().is_none()));
        assert!(pace.poll().is_some());
    }

    #[test]
    fn what_was_shared_is_left_to_the_others_for_a_while() {
        let mut pace = begun(0);
        pace.shared(true);
        assert!(pace.leaves_share());
        sleep(LEFT_FOR);
        let _turn_due = pace.poll();
        assert!(!pace.leaves_share());
        pace.shared(false);
        assert!(!pace.leaves_share());
    }

    #[test]
    fn a_share_is_due_after_a_while_and_not_again_at_once() {
        let mut pace = begun(0);
        assert!(!pace.is_share_due());
        sleep(DUE_AFTER);
        let _turn_due = pace.poll();
        assert!(pace.is_share_due());
        pace.shared(true);
        assert!(!pace.is_share_due());
    }
}

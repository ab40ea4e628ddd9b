//! # Pace: how long a worker's polls take, and so whether its tasks are worth another worker
//!
//! To wake a worker costs some microseconds, and a task that goes to another core takes its memory along, a
//! few hundred nanoseconds. A task that is done sooner than that is done sooner where it is. So tasks that
//! are shorter than [`COARSE`] stay together, except that once every [`DUE_AFTER`] a share is due all the
//! same: what still waits then is likely to go on for longer, however short its polls are.
//!
//! The clock is read once per turn, not per poll. What was taken from a worker that was stuck in a poll
//! counts as coarse until the next turn says otherwise (`steal.rs`).

use std::time::{Duration, Instant};

/// Polls that take longer than this on average are worth a worker.
const COARSE: Duration = Duration::from_nanos(500);

/// How long a worker keeps short tasks to itself.
const DUE_AFTER: Duration = Duration::from_millis(1);

/// See the head of this file.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// When the worker was seen at work for the first time since it slept, or last shared.
    since: Option<Instant>,
    last_turn: Option<Instant>,
    is_due: bool,
}

impl Pace {
    /// The worker has made `polls` polls since the last turn. Whether they were coarse, if that is known.
    pub(crate) fn turn(&mut self, polls: u32) -> Option<bool> {
        let now = Instant::now();
        let since = *self.since.get_or_insert(now);
        self.is_due |= now.duration_since(since) >= DUE_AFTER;
        let last = self.last_turn.replace(now)?;
        Some(now.duration_since(last) >= COARSE * polls)
    }

    /// The worker is about to sleep.
    pub(crate) fn rest(&mut self) {
        *self = Self::default();
    }

    /// Whether a share is due however short the tasks are.
    #[inline]
    pub(crate) fn is_due(&self) -> bool {
        self.is_due
    }

    /// The worker has shared.
    pub(crate) fn shared(&mut self) {
        self.is_due = false;
        self.since = None;
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;

    #[test]
    fn polls_that_take_long_are_coarse() {
        let mut pace = Pace::default();
        assert_eq!(pace.turn(61), None, "there is nothing to compare with");
        std::thread::sleep(Duration::from_millis(1));
        assert_eq!(pace.turn(61), Some(true));
        std::thread::sleep(Duration::from_millis(1));
        assert_eq!(pace.turn(u32::MAX), Some(false));
    }

    #[test]
    fn a_share_is_due_after_a_while_and_not_again_at_once() {
        let mut pace = Pace::default();
        let _unknown = pace.turn(61);
        assert!(!pace.is_due());
        std::thread::sleep(DUE_AFTER);
        let _coarse = pace.turn(61);
        assert!(pace.is_due());
        pace.shared();
        assert!(!pace.is_due());
    }
}

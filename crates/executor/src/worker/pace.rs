//! # Pace: how long a worker's polls take, and what follows from it
//!
//! **When the outside gets its turn.** Events, timers and tasks from other threads have to come in between
//! polls, however full the worker's own queue is: the driver every [`TURN_AFTER`]. Where polls are short, the
//! clock is read only every [`LOOK_AFTER`] polls; where they are long, after each of them.
//!
//! **Whether its tasks are worth another worker.** To wake a worker costs some microseconds, and a task that
//! goes to another core takes its memory along, a few hundred nanoseconds. A task that is done sooner than
//! that is done sooner where it is. So tasks that are shorter than [`COARSE`] stay together, except that once
//! every [`DUE_AFTER`] a share is due all the same: what still waits then is likely to go on for longer,
//! however short its polls are. What was taken from a worker that was stuck in a poll counts as coarse
//! until the next look says otherwise (`steal.rs`).

use std::time::{Duration, Instant};

/// Polls that take longer than this on average are worth a worker.
const COARSE: Duration = Duration::from_nanos(500);

/// How long a worker keeps short tasks to itself.
const DUE_AFTER: Duration = Duration::from_millis(1);

/// How long the driver waits for its turn, besides the poll that is under way.
const TURN_AFTER: Duration = Duration::from_micros(50);

/// After how many short polls the worker looks at the clock. A prime, so that it does not fall into step with
/// the programs it measures.
const LOOK_AFTER: u32 = 61;

/// See the head of this file.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Polls since the last look.
    polls: u32,
    is_coarse: bool,
    looked: Instant,
    turned: Instant,
    shared: Instant,
    is_share_due: bool,
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
        let now = Instant::now();
        // Until it is known: rather a look too many.
        Self {
            polls: 0,
            is_coarse: true,
            looked: now,
            turned: now,
            shared: now,
            is_share_due: false,
        }
    }

    /// The worker is about to poll. Says what the clock says, if it is time to look at it.
    #[inline]
    pub(crate) fn poll(&mut self) -> Option<Look> {
        self.polls += 1;
        if self.is_coarse || self.polls >= LOOK_AFTER { self.look() } else { None }
    }

    fn look(&mut self) -> Option<Look> {
        let now = Instant::now();
        let is_turn_due = now.duration_since(self.turned) >= TURN_AFTER;
        if !is_turn_due && self.polls < LOOK_AFTER {
            return None;
        }
        self.is_coarse = now.duration_since(self.looked) >= COARSE * self.polls;
        self.is_share_due |= now.duration_since(self.shared) >= DUE_AFTER;
        self.polls = 0;
        self.looked = now;
        if is_turn_due {
            self.turned = now;
        }
        Some(Look { is_coarse: self.is_coarse, is_turn_due })
    }

    /// The worker is back from its sleep, during which it let the driver in.
    pub(crate) fn wake(&mut self) {
        *self = Self { is_coarse: self.is_coarse, ..Self::new() };
    }

    /// Whether polls are long.
    #[inline]
    pub(crate) fn is_coarse(&self) -> bool {
        self.is_coarse
    }

    /// Whether a share is due however short the tasks are.
    #[inline]
    pub(crate) fn is_share_due(&self) -> bool {
        self.is_share_due
    }

    /// The worker has shared.
    pub(crate) fn shared(&mut self) {
        self.is_share_due = false;
        self.shared = self.looked;
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;
    use std::thread::sleep;

    #[test]
    fn long_polls_are_coarse_and_the_driver_has_its_turn_after_each() {
        let mut pace = Pace::new();
        for _ in 0..3 {
            sleep(TURN_AFTER);
            assert_eq!(pace.poll(), Some(Look { is_coarse: true, is_turn_due: true }));
        }
    }

    #[test]
    fn short_polls_are_looked_at_once_in_a_while() {
        let mut pace = Pace { is_coarse: false, ..Pace::new() };
        assert!((1..LOOK_AFTER).all(|_| pace.poll().is_none()));
        assert!(pace.poll().is_some());
        assert_eq!(pace.poll(), None);
    }

    #[test]
    fn a_share_is_due_after_a_while_and_not_again_at_once() {
        let mut pace = Pace::new();
        assert!(!pace.is_share_due());
        sleep(DUE_AFTER);
        assert!(pace.poll().is_some());
        assert!(pace.is_share_due());
        pace.shared();
        assert!(!pace.is_share_due());
    }
}

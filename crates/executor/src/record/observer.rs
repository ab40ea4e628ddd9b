//! # The observer: where each thread is, looked at from outside
//!
//! While a recording goes on, a thread looks every millisecond how far each track has come. One that has not moved since
//! the last look is in one long stretch: that bounds the time of the words before and after it, which the thread itself
//! may have written without a look at the clock. It costs the threads nothing.

use super::recorder::Shared;
use filch_primitives::thread;
use filch_primitives::time::Instant;
use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::Duration;

const EVERY: Duration = Duration::from_millis(1);

/// How many stretches of a track are remembered.
const REMEMBERED: usize = 4096;

/// When a track did not move.
#[derive(Debug, Default)]
pub(super) struct Stuck {
    pub(super) stretches: VecDeque<Stretch>,
    /// Where it was when it was looked at last, and when that was.
    seen: Option<(usize, u64)>,
}

/// Every word before `position` was written by `first`; no other one before `last`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) position: usize,
    pub(super) first: u64,
    pub(super) last: u64,
}

impl Stuck {
    fn look(&mut self, position: usize, now: u64) {
        match self.seen {
            Some((before, first)) if before == position => match self.stretches.back_mut() {
                Some(stretch) if stretch.position == position => stretch.last = now,
                _ => {
                    if self.stretches.len() == REMEMBERED {
                        self.stretches.pop_front();
                    }
                    self.stretches.push_back(Stretch { position, first, last: now });
                }
            },
            _ => self.seen = Some((position, now)),
        }
    }
}

/// Observes the recording of that number until it ends. Without a thread to be had, nobody observes.
pub(super) fn start(shared: &Arc<Shared>, recording: u64) {
    let shared = Arc::downgrade(shared);
    let name = String::from("filch-observer");
    let _not_had = thread::Builder::new().name(name).spawn(move || observe(&shared, recording));
}

fn observe(shared: &Weak<Shared>, recording: u64) {
    while let Some(shared) = shared.upgrade() {
        let mut state = shared.state.lock();
        if shared.switch.recording() != recording {
            return;
        }
        let now = shared.switch.time(Instant::now());
        for seat in &mut state.seats {
            seat.stuck.look(seat.track.ring.position(), now);
        }
        drop(state);
        drop(shared);
        thread::sleep(EVERY);
    }
}

//! The one place where time enters: everything in this crate that asks what time it is asks a [`Clock`].
//!
//! ```text
//!              pause                       resume
//!   machine ──────────▶ paused ─────────────────────────▶ apart
//!   the machine's       stands; moved by     ▲            runs at the machine's speed, from where
//!   time                advance and jump     └── pause ── it stood
//! ```

use crate::handle::TimersHandle;
use crate::instant::Instant;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::sync::Mutex;
use std::fmt;
use std::time::{Duration, Instant as Machine};

const MACHINE: usize = 0;
const PAUSED: usize = 1;
const APART: usize = 2;

/// The time on this thread: that of the runtime entered, or the machine's.
#[inline]
pub(crate) fn now() -> Instant {
    TimersHandle::with_current(|current| match current {
        Some(handle) => handle.core().clock.now(),
        None => Instant::from_std(Machine::now()),
    })
}

/// The clock of one runtime.
pub(crate) struct Clock {
    /// Written with the lock held. A clock that was never paused is read without it.
    mode: AtomicUsize,
    state: Mutex<State>,
}

/// Meaningless while the clock is the machine's.
struct State {
    /// What the clock showed when it was last moved, paused or resumed.
    shown: Instant,
    /// When that was, if it runs.
    since: Option<Machine>,
    jumps: bool,
}

impl State {
    fn now(&self) -> Instant {
        match self.since {
            None => self.shown,
            Some(since) => self.shown.add_or_never(since.elapsed()),
        }
    }
}

impl Clock {
    pub(crate) fn new() -> Self {
        let state = State { shown: Instant::from_std(Machine::now()), since: None, jumps: true };
        Self { mode: AtomicUsize::new(MACHINE), state: Mutex::new(state) }
    }

    #[inline]
    fn mode(&self) -> usize {
        // Ordering: Relaxed; what it decides is read under the lock. A thread that has not yet heard of
        // a pause lives in the time before it.
        self.mode.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn now(&self) -> Instant {
        match self.mode() {
            MACHINE => Instant::from_std(Machine::now()),
            _ => self.state.lock().now(),
        }
    }

    #[inline]
    pub(crate) fn is_paused(&self) -> bool {
        self.mode() == PAUSED
    }

    /// Whether it was paused already.
    pub(crate) fn pause(&self) -> bool {
        let mut state = self.state.lock();
        let was = self.mode();
        state.shown = match was {
            MACHINE => Instant::from_std(Machine::now()),
            _ => state.now(),
        };
        state.since = None;
        // Ordering: Relaxed; see `mode`.
        self.mode.store(PAUSED, Ordering::Relaxed);
        was == PAUSED
    }

    /// Whether it was paused.
    pub(crate) fn resume(&self) -> bool {
        let mut state = self.state.lock();
        if !self.is_paused() {
            return false;
        }
        state.since = Some(Machine::now());
        // Ordering: Relaxed; see `mode`.
        self.mode.store(APART, Ordering::Relaxed);
        true
    }

    /// Moves a paused clock on; what it then shows. `None` if it is not paused.
    pub(crate) fn advance(&self, duration: Duration) -> Option<Instant> {
        let mut state = self.state.lock();
        self.is_paused().then(|| {
            state.shown = state.shown.add_or_never(duration);
            state.shown
        })
    }

    /// Moves a paused clock that may jump on to `deadline`, if that is later; whether it could have.
    pub(crate) fn jump_to(&self, deadline: Instant) -> bool {
        let mut state = self.state.lock();
        let may = self.is_paused() && (state.jumps || deadline <= state.shown);
        if may {
            state.shown = state.shown.max(deadline);
        }
        may
    }

    /// Whether, paused, it jumps when everybody is idle.
    pub(crate) fn set_jumps(&self, jumps: bool) {
        self.state.lock().jumps = jumps;
    }

    /// When it will be `deadline` by the machine's clock; `None` if that cannot be said because this one
    /// stands.
    pub(crate) fn on_machine(&self, deadline: Instant) -> Option<Machine> {
        if self.mode() == MACHINE {
            return Some(deadline.into_std());
        }
        let state = self.state.lock();
        let left = deadline.saturating_duration_since(state.now());
        match state.since {
            None if !left.is_zero() => None,
            _ => Machine::now().checked_add(left),
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self.mode() {
            MACHINE => "machine",
            PAUSED => "paused",
            _ => "apart",
        };
        f.debug_struct("Clock").field("mode", &mode).finish_non_exhaustive()
    }
}

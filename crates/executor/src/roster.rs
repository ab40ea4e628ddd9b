//! # Roster: who has which seat, how many workers there are to be, and who leaves
//!
//! A seat is what a worker needs to be one: its queues and its number. There are as many as the runtime may ever
//! have workers and spares; those that nobody has wait here. How many workers there are to be may change at any time.
//! Nobody is told to leave: while there are too many, whoever looks first leaves.
//!
//! ## Layout
//! Counts and vacant seats behind one lock, which is taken when somebody comes or goes. Beside it two hints:
//! whether there are too many workers, and the highest seat that was ever taken.
//!
//! ## Roles
//! * whoever resizes, several at the same time: `set_wanted`, then `take_for_worker` for each thread it starts, and
//!   `has_started` or `gives_back`.
//! * sentinel: `take_for_spare`.
//! * worker, spare: `is_surplus` now and then; `leaves`, and when its queues are empty `returns`.
//!
//! ## Transitions
//! 1. `take_for_worker`, `take_for_spare`: a vacant seat, the lowest, is taken. Until `has_started`, nobody leaves on
//!    account of a worker: it may not get a thread.
//! 2. `leaves`: a worker is counted off, if too many have started; a spare always. It still has the seat.
//! 3. `returns`: the seat is vacant again; or, if there are too few workers by then, the one who brings it takes it,
//!    or a lower one, and stays as a worker.
//! 4. `gives_back`: a seat for which no thread could be had.
//!
//! ## Invariants
//! * I1: one thread at a time has a seat, and sees what the one before did with it; model
//!   `a_worker_leaves_while_the_number_rises`.
//! * I2: when all have looked and all have come who were to, there are as many workers as are wanted; the same, and
//!   `two_leave_and_one_is_to_stay`.
//! * I3: once a worker has started, there is always one that has; model `a_shrink_meets_a_start_that_is_refused`.
//!
//! ## Ordering
//! The lock's own. The hints are Relaxed: whoever makes somebody surplus wakes a sleeper afterwards.
//!
//! ## Liveness
//! A worker that looks while there are too many leaves, and the thread that leaves wakes the next sleeper. One that is
//! stuck in a poll looks when it is over.
//!
//! ## Rejected
//! Workers above a certain number leave: the one that is told to may be the one that is stuck.
//!
//! ## Checked by
//! `loom-tests/tests/roster.rs`: `a_worker_leaves_while_the_number_rises`, `two_leave_and_one_is_to_stay`,
//! `a_sleeper_is_told_to_leave`, `a_spare_meets_a_resize`, `a_shrink_meets_a_start`,
//! `a_shrink_meets_a_start_that_is_refused`.

use filch_primitives::atomic::{AtomicBool, AtomicUsize, Ordering};
use filch_primitives::sync::Mutex;
use std::collections::BTreeMap;
use std::fmt;

/// See the head of this file.
pub struct Roster<S> {
    surplus: AtomicBool,
    used: AtomicUsize,
    state: Mutex<State<S>>,
}

struct State<S> {
    vacant: BTreeMap<usize, S>,
    /// How many workers there are to be, and how many there are, spares not counted.
    wanted: usize,
    workers: usize,
    /// Those of the workers whose threads are being started.
    starting: usize,
    spares: usize,
    max_spares: usize,
}

impl<S> State<S> {
    fn has_surplus(&self) -> bool {
        self.workers - self.starting > self.wanted
    }
}

impl<S> Roster<S> {
    /// All seats are vacant, and nobody is wanted.
    pub fn new(seats: impl IntoIterator<Item = S>, max_spares: usize) -> Self {
        let vacant = seats.into_iter().enumerate().collect();
        let state = State { vacant, wanted: 0, workers: 0, starting: 0, spares: 0, max_spares };
        Self {
            surplus: AtomicBool::new(false),
            used: AtomicUsize::new(0),
            state: Mutex::new(state),
        }
    }

    /// How many workers there are to be from here on; whether some of those that there are have to leave.
    pub fn set_wanted(&self, wanted: usize) -> bool {
        let mut state = self.state.lock();
        state.wanted = wanted;
        self.hint(&state)
    }

    /// A seat for a worker that is wanted and missing. `None` if none is, or if the seat is still with somebody who is
    /// leaving: that one will stay. `has_started` or `gives_back` follows.
    pub fn take_for_worker(&self) -> Option<(usize, S)> {
        let mut state = self.state.lock();
        if state.workers >= state.wanted {
            return None;
        }
        let seat = self.take(&mut state)?;
        state.workers += 1;
        state.starting += 1;
        Some(seat)
    }

    /// A thread was had for a worker; whether some of those that there are have to leave.
    pub fn has_started(&self) -> bool {
        let mut state = self.state.lock();
        state.starting -= 1;
        self.hint(&state)
    }

    /// A seat for one more spare.
    pub fn take_for_spare(&self) -> Option<(usize, S)> {
        let mut state = self.state.lock();
        if state.spares >= state.max_spares {
            return None;
        }
        let seat = self.take(&mut state)?;
        state.spares += 1;
        Some(seat)
    }

    fn take(&self, state: &mut State<S>) -> Option<(usize, S)> {
        let seat = state.vacant.pop_first()?;
        // Ordering: Relaxed; see `used`.
        self.used.fetch_max(seat.0 + 1, Ordering::Relaxed);
        Some(seat)
    }

    /// No thread could be had for a worker or a spare: then there are to be no more workers than there are. How many
    /// that is.
    pub fn gives_back(&self, (index, seat): (usize, S), is_spare: bool) -> usize {
        let mut state = self.state.lock();
        state.vacant.insert(index, seat);
        if is_spare {
            state.spares -= 1;
        } else {
            state.workers -= 1;
            state.starting -= 1;
            state.wanted = state.wanted.min(state.workers).max(1);
        }
        state.workers
    }

    /// Whether there are too many workers, a moment ago.
    #[inline]
    pub fn is_surplus(&self) -> bool {
        // Ordering: Relaxed; a hint.
        self.surplus.load(Ordering::Relaxed)
    }

    /// Counts the caller off if it may leave: then it brings back its seat.
    #[must_use = "who is counted off brings back its seat"]
    pub fn leaves(&self, is_spare: bool) -> bool {
        let mut state = self.state.lock();
        let may_leave = is_spare || state.has_surplus();
        match (may_leave, is_spare) {
            (true, true) => state.spares -= 1,
            (true, false) => state.workers -= 1,
            (false, _) => {}
        }
        self.hint(&state);
        may_leave
    }

    /// The seat of somebody who was counted off. `Some` if a worker is missing: that one is to stay as that worker.
    #[must_use = "whoever gets a seat is a worker"]
    pub fn returns(&self, index: usize, seat: S) -> Option<(usize, S)> {
        let mut state = self.state.lock();
        state.vacant.insert(index, seat);
        if state.workers >= state.wanted {
            return None;
        }
        state.workers += 1;
        self.take(&mut state)
    }

    fn hint(&self, state: &State<S>) -> bool {
        let surplus = state.has_surplus();
        // Ordering: Relaxed; written under the lock, read as a hint.
        self.surplus.store(surplus, Ordering::Relaxed);
        surplus
    }

    /// How many workers there are, spares not counted.
    pub fn workers(&self) -> usize {
        self.state.lock().workers
    }

    /// How many spares there are.
    pub fn spares(&self) -> usize {
        self.state.lock().spares
    }

    /// How many have a seat.
    pub fn manned(&self) -> usize {
        let state = self.state.lock();
        state.workers + state.spares
    }

    /// No seat from this one on was ever taken.
    #[inline]
    pub fn used(&self) -> usize {
        // Ordering: Relaxed; whoever takes a seat that others overlook will come back for what is in its queues.
        self.used.load(Ordering::Relaxed)
    }
}

impl<S> fmt::Debug for Roster<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        f.debug_struct("Roster")
            .field("wanted", &state.wanted)
            .field("workers", &state.workers)
            .field("starting", &state.starting)
            .field("spares", &state.spares)
            .field("vacant", &state.vacant.len())
            .finish()
    }
}

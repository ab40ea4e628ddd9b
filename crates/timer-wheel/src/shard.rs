//! # Shard: a wheel of wakers that any thread may arm, cancel, move and advance
//!
//! ## Layout
//! A lock around the wheel, the length of its tick, and the word whether it is closed; beside it, outside
//! the lock, the shard's [`NextDeadline`]. The waker lives in the wheel's entry; the sleeping side has its
//! key. Deadlines come in nanoseconds and are rounded up to a tick under the lock, so that the tick's
//! length may change.
//!
//! ## Roles
//! * the *sleeper*, one at a time (it has `&mut Sleep`): `arm`, then `poll`, `reset`, `cancel` with the key
//! * the *firing thread*, any, several: `advance`, `close`
//!
//! ## States
//! | entry | the sleeper's key | who has the waker |
//! |---|---|---|
//! | in the wheel | good | the entry |
//! | gone | stale | the firing thread, which wakes it; or `cancel`, which drops it |
//!
//! ## Transitions
//! 1. -> in the wheel: `arm`
//! 2. in the wheel -> in the wheel: `poll` with another waker, `reset`
//! 3. in the wheel -> gone: `cancel`, `advance`, `close`
//!
//! ## Invariants
//! S1: every waker that was armed is woken once, or dropped by `cancel` or `poll`. Models:
//! `fire_meets_cancel`, `fire_meets_poll`, `fire_meets_reset`, `close_meets_arm`.
//! S2: nothing fires before its deadline, also while ticks become shorter. Model: `refine_meets_arm`.
//! S3: no waker is cloned, woken or dropped under the lock: they are other people's code, which may
//! panic, and may come back to arm a timer.
//!
//! ## Ordering
//! The lock orders everything here; `earliest.rs` has the rest.
//!
//! ## Liveness
//! The sleeper's `poll` and `advance` meet at the lock. Whoever comes second sees what the first did: `poll` an
//! entry that is gone, so it is ready; `advance` the waker of the last poll, and wakes that one.
//!
//! ## Rejected
//! A word per timer (pending, firing, cancelled) moved by compare-and-swap, and cancellations sent
//! to the owner as messages: no cheaper than an uncontended lock (two read-modify-writes, about 12 ns),
//! and a cancelled entry stays until its owner comes by.
//!
//! ## Checked by
//! `loom-tests/tests/timer_shard.rs`.

use crate::earliest::{Alarm, NONE, NextDeadline};
use crate::wheel::{Key, Progress, Wheel};
use filch_primitives::catch_quietly;
use filch_primitives::sync::Mutex;
use std::mem;
use std::task::Waker;

/// How many wakers are taken out under one lock and woken after it.
const BATCH: usize = 32;

/// A wheel of wakers behind its lock.
#[derive(Debug)]
pub struct Shard<const BITS: u32 = 10> {
    next: NextDeadline,
    state: Mutex<State<BITS>>,
}

#[derive(Debug)]
struct State<const BITS: u32> {
    wheel: Wheel<Waker, BITS>,
    /// A tick is 2^`tick_bits` ns.
    tick_bits: u32,
    closed: bool,
}

impl<const BITS: u32> State<BITS> {
    /// The first tick at which `deadline` has passed.
    fn tick_of(&self, deadline: u64) -> u64 {
        let part = (1 << self.tick_bits) - 1;
        // Short of `NONE`.
        deadline.min(NONE - 1).saturating_add(part) >> self.tick_bits
    }

    /// Makes ticks 2^`tick_bits` ns long, if that is shorter.
    fn refine(&mut self, tick_bits: u32) {
        if tick_bits < self.tick_bits {
            self.wheel.refine(self.tick_bits - tick_bits);
            self.tick_bits = tick_bits;
        }
    }
}

/// What [`Shard::advance`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advanced {
    /// How many timers fired.
    pub fired: usize,
    /// Whether that was all there was to do.
    pub progress: Progress,
}

/// What became of an attempt to arm a timer.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Arm {
    /// It waits. With `tell`, the caller has to tell the waiter of its deadline.
    Armed {
        /// For `poll`, `reset` and `cancel`.
        key: Key,
        /// Whether nobody has promised to be awake in time.
        tell: bool,
    },
    /// The deadline is behind the wheel.
    Due,
    /// The shard is closed.
    Closed,
}

/// What a sleeper finds.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Armed {
    /// Still in the wheel, with the waker given last.
    Waiting,
    /// Fired.
    Fired,
    /// The shard is closed: it fired, or never will.
    Closed,
}

impl<const BITS: u32> Shard<BITS> {
    /// An empty one, with ticks of 2^`tick_bits` ns.
    pub fn new(tick_bits: u32) -> Self {
        Self {
            next: NextDeadline::new(),
            state: Mutex::new(State { wheel: Wheel::new(), tick_bits, closed: false }),
        }
    }

    /// The word that the waiter reads.
    pub fn next(&self) -> &NextDeadline {
        &self.next
    }

    /// How many timers wait.
    pub fn len(&self) -> usize {
        self.state.lock().wheel.len()
    }

    /// The earliest deadline, exactly, rounded up to a tick.
    pub fn earliest(&self) -> Option<u64> {
        let state = self.state.lock();
        state.wheel.earliest().map(|tick| tick << state.tick_bits)
    }

    /// Puts a waker into the wheel until `deadline`, rounded up to a tick of at most 2^`tick_bits` ns.
    pub fn arm(&self, deadline: u64, tick_bits: u32, waker: Waker, alarm: &Alarm) -> Arm {
        let mut state = self.state.lock();
        state.refine(tick_bits);
        let tick = state.tick_of(deadline);
        let refused = if state.closed {
            Arm::Closed
        } else if tick <= state.wheel.position() {
            Arm::Due
        } else {
            let key = state.wheel.insert(tick, waker);
            let at = tick << state.tick_bits;
            let tell = self.next.lower(at) && alarm.must_tell(at);
            return Arm::Armed { key, tell };
        };
        drop(state);
        drop(waker);
        refused
    }

    /// Asks whether the timer fired; if not, sees to it that `waker` is the one that is woken.
    pub fn poll(&self, key: Key, waker: &Waker) -> Armed {
        {
            let state = self.state.lock();
            match state.wheel.get(key) {
                _ if state.closed => return Armed::Closed,
                None => return Armed::Fired,
                Some(present) if present.will_wake(waker) => return Armed::Waiting,
                Some(_) => {}
            }
        }
        // Outside the lock (S3), so what was true may have changed.
        let mut other = waker.clone();
        let mut state = self.state.lock();
        let closed = state.closed;
        let found = match state.wheel.get_mut(key) {
            Some(present) => {
                mem::swap(present, &mut other);
                Armed::Waiting
            }
            None if closed => Armed::Closed,
            None => Armed::Fired,
        };
        drop(state);
        drop(other);
        found
    }

    /// Whether the timer has fired; of a closed shard nobody knows.
    pub fn is_fired(&self, key: Key) -> bool {
        let state = self.state.lock();
        !state.closed && state.wheel.get(key).is_none()
    }

    /// Gives the timer another deadline and leaves it its waker. `None` if it is gone; otherwise whether
    /// the caller has to tell the waiter.
    pub fn reset(&self, key: Key, deadline: u64, tick_bits: u32, alarm: &Alarm) -> Option<bool> {
        let mut state = self.state.lock();
        state.refine(tick_bits);
        let tick = state.tick_of(deadline);
        let at = tick << state.tick_bits;
        state.wheel.reset(key, tick).then(|| self.next.lower(at) && alarm.must_tell(at))
    }

    /// Takes the timer out, if it has not fired.
    pub fn cancel(&self, key: Key) {
        let waker = self.state.lock().wheel.remove(key);
        drop(waker);
    }

    /// Wakes what is due at `now`, at most `limit` entries. If more is to be done, the shard's next deadline says so
    /// too: it has passed.
    pub fn advance(&self, now: u64, limit: usize) -> Advanced {
        let mut advanced = Advanced { fired: 0, progress: Progress::Done };
        let mut left = limit;
        // The word first: a shard with nothing due is not locked.
        while left > 0 && self.next.peek() <= now {
            let mut batch = WakerBatch::new();
            let size = left.min(BATCH);
            left -= size;
            advanced.progress = {
                let mut state = self.state.lock();
                let tick = now >> state.tick_bits;
                let progress = state.wheel.advance(tick, size, |due| batch.push(due.payload));
                let next = state.wheel.next_expiry().map(|tick| tick << state.tick_bits);
                self.next.set(next.unwrap_or(NONE));
                progress
            };
            advanced.fired += batch.wake();
            if advanced.progress == Progress::Done {
                break;
            }
        }
        advanced
    }

    /// Wakes everything, whatever its deadline, and lets nothing in any more.
    pub fn close(&self) {
        self.state.lock().closed = true;
        loop {
            let mut batch = WakerBatch::new();
            let progress = {
                let mut state = self.state.lock();
                let progress = state.wheel.advance(NONE, BATCH, |due| batch.push(due.payload));
                self.next.set(NONE);
                progress
            };
            batch.wake();
            if progress == Progress::Done {
                return;
            }
        }
    }
}

/// Wakers on their way from under the lock to their tasks; no allocation.
struct WakerBatch {
    wakers: [Option<Waker>; BATCH],
    len: usize,
}

impl WakerBatch {
    const fn new() -> Self {
        Self { wakers: [const { None }; BATCH], len: 0 }
    }

    fn push(&mut self, waker: Waker) {
        self.wakers[self.len] = Some(waker);
        self.len += 1;
    }

    /// Wakes all of them. One that panics does not keep the others asleep, nor does it reach the
    /// thread that happens to turn the wheel: the panic hook has reported it.
    fn wake(&mut self) -> usize {
        for waker in self.wakers[..self.len].iter_mut().filter_map(Option::take) {
            catch_quietly(|| waker.wake());
        }
        mem::take(&mut self.len)
    }
}

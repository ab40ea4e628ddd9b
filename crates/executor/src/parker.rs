//! # Parker: one thread sleeps until it is unparked; an unpark that comes first is remembered
//!
//! ## Layout
//! One `AtomicU32`: `EMPTY` = 0, `PARKED` = 1, `NOTIFIED` = 2; and the handle of the thread.
//!
//! ## Roles
//! * sleeper: the thread that made the parker: `park`, `park_with`, `park_timeout`.
//! * waker: any thread: `unpark`.
//!
//! ## States
//! | state | meaning |
//! |---|---|
//! | EMPTY | awake, no token |
//! | PARKED | asleep or about to be |
//! | NOTIFIED | there is a token; the next `park` takes it and returns at once |
//!
//! ## Transitions
//! 1. `park`: NOTIFIED -> EMPTY and return; else EMPTY -> PARKED, sleep until 2 has happened,
//!    NOTIFIED -> EMPTY.
//! 2. `unpark`: any -> NOTIFIED; if it was PARKED, the thread is woken.
//! 3. `park_timeout`, time over: PARKED -> EMPTY, or NOTIFIED -> EMPTY if a token came just then.
//!
//! ## Invariants
//! * I1: a token is never lost: `park` returns after every `unpark`; model `unpark_before_park`.
//! * I2: what was written before `unpark` is seen after the `park` that it ends; model
//!   `park_sees_what_unpark_published`.
//! * I3: `unpark` says that the thread was parked exactly as often as `park_with` says that it parks, so
//!   that both together can count who is awake; model `whoever_is_awake_is_counted`.
//!
//! ## Ordering
//! | operation | ordering | pairs with | what breaks without it |
//! |---|---|---|---|
//! | swap in `unpark` | Release | every exchange to EMPTY | the sleeper wakes and does not see why (I2) |
//! | exchanges to EMPTY | Acquire | the swap | the same (I2) |
//!
//! ## Liveness
//! `unpark` swaps before it looks: if the sleeper's exchange to PARKED comes first, the swap returns
//! PARKED and the thread is woken; if it comes second, it fails on NOTIFIED and the thread does not
//! sleep. The operating system's own token covers the moment between PARKED and the sleep.
//!
//! ## Rejected
//! A mutex and a condition variable: two locks per wake-up and the thundering of both.
//!
//! ## Checked by
//! `loom-tests/tests/parker.rs`: `unpark_before_park`, `park_sees_what_unpark_published`,
//! `two_unparks_one_park`, `timeout_meets_unpark`, `whoever_is_awake_is_counted`.

use filch_primitives::atomic::{AtomicU32, Ordering};
use filch_primitives::thread::{self, Thread};
use std::fmt;
use std::time::{Duration, Instant};

const EMPTY: u32 = 0;
const PARKED: u32 = 1;
const NOTIFIED: u32 = 2;

/// One thread's token; see the head of this file.
pub struct Parker {
    state: AtomicU32,
    thread: Thread,
}

impl Parker {
    /// A parker for the current thread, without a token.
    pub fn new() -> Self {
        Self { state: AtomicU32::new(EMPTY), thread: thread::current() }
    }

    /// Sleeps until there is a token and takes it. To be called by the thread that made the parker.
    pub fn park(&self) {
        self.park_with(|| ());
    }

    /// As [`park`](Self::park). `on_parked` is called if there is no token yet: whoever leaves one
    /// [learns](Self::unpark) that the thread was parked, perhaps before `on_parked` is called.
    pub fn park_with(&self, on_parked: impl FnOnce()) {
        if self.take_token() || !self.announce() {
            return;
        }
        on_parked();
        loop {
            thread::park();
            if self.take_token() {
                return;
            }
        }
    }

    /// As [`park`](Self::park), for at most `timeout`; whether it took a token.
    pub fn park_timeout(&self, timeout: Duration) -> bool {
        if self.take_token() || !self.announce() {
            return true;
        }
        let Some(deadline) = Instant::now().checked_add(timeout) else {
            // Further off than time itself reaches.
            while !self.take_token() {
                thread::park();
            }
            return true;
        };
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                // Ordering: Acquire; if a token came just now, it is taken as in `take_token` (I2). loom
                // cannot see it weakened: its unpark synchronises in the same step.
                return self.state.swap(EMPTY, Ordering::Acquire) == NOTIFIED;
            }
            thread::park_timeout(left);
            if self.take_token() {
                return true;
            }
        }
    }

    /// Leaves a token and wakes the thread if it sleeps; whether it was parked.
    pub fn unpark(&self) -> bool {
        // Ordering: Release; pairs with the Acquire that takes the token (I2). Weakened: model
        // `park_sees_what_unpark_published`.
        match self.state.swap(NOTIFIED, Ordering::Release) {
            PARKED => {
                self.thread.unpark();
                true
            }
            EMPTY | NOTIFIED => false,
            actual => panic!("inconsistent parker state: {actual}"),
        }
    }

    fn take_token(&self) -> bool {
        // Ordering: Acquire; pairs with the Release in `unpark` (I2). Weakened: model
        // `park_sees_what_unpark_published`.
        self.state.compare_exchange(NOTIFIED, EMPTY, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Says that the thread is about to sleep; `false` if a token came first, which is then taken.
    fn announce(&self) -> bool {
        // Ordering: Relaxed; nothing is published by going to sleep.
        match self.state.compare_exchange(EMPTY, PARKED, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => true,
            Err(NOTIFIED) => {
                // Ordering: Acquire; as in `take_token` (I2).
                let token = self.state.swap(EMPTY, Ordering::Acquire);
                debug_assert_eq!(token, NOTIFIED, "inconsistent parker state");
                false
            }
            Err(actual) => panic!("inconsistent parker state: {actual}"),
        }
    }
}

impl Default for Parker {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Parker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Ordering: Relaxed; a hint for people.
        let state = match self.state.load(Ordering::Relaxed) {
            EMPTY => "empty",
            PARKED => "parked",
            _ => "notified",
        };
        f.debug_struct("Parker").field("state", &state).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_token_left_before_makes_park_return_at_once() {
        let parker = Parker::new();
        parker.unpark();
        parker.park();
    }

    #[test]
    fn two_unparks_leave_one_token() {
        let parker = Parker::new();
        parker.unpark();
        parker.unpark();
        assert!(parker.park_timeout(Duration::from_secs(60)));
        assert!(!parker.park_timeout(Duration::from_millis(1)));
    }

    #[test]
    fn a_timeout_is_never_short() {
        let parker = Parker::new();
        let start = Instant::now();
        assert!(!parker.park_timeout(Duration::from_millis(20)));
        assert!(start.elapsed() >= Duration::from_millis(20));
    }
}

//! # Tally: how many members of a group have not ended, and a bell for when none is left
//!
//! ## Layout
//! `word`: bit 0 CLOSED, the rest counts members. `waiter`: the waker of whoever waits for the last to
//! leave, in a mutex that nobody takes but the waiter and the last member.
//!
//! ## Roles
//! * member: any thread; `enter` and, once for each that was let in, `leave`.
//! * waiter: one task; `poll_empty` or `register`, `try_close`.
//!
//! ## States
//! | CLOSED | count | meaning |
//! |---|---|---|
//! | no | any | members may enter |
//! | yes | > 0 | those inside may leave, nobody enters |
//! | yes | 0 | the end: the word does not change any more |
//!
//! ## Transitions
//! 1. `enter`: count + 1, unless CLOSED.
//! 2. `leave`: count - 1; whoever makes it 0 wakes the waiter.
//! 3. `close`: sets CLOSED. `try_close`: the same, only if the count is 0.
//!
//! ## Invariants
//! * I1: after `try_close` returned true, no `enter` returns true; model `enter_meets_try_close`.
//! * I2: `poll_empty` says that members are left only if the last of them will wake what it
//!   registered; model `last_member_meets_waiter`.
//! * I3: what a member did before it left is seen by the waiter that finds the tally empty; model
//!   `waiter_sees_what_members_wrote`, `poll_sees_what_a_member_wrote`.
//!
//! ## Ordering
//! | operation | ordering | pairs with | without it |
//! |---|---|---|---|
//! | count - 1 in `leave` | Release | Acquire in `poll_empty`, `try_close` | the waiter misses what a member wrote |
//! | the rest | Relaxed | | |
//!
//! The waker needs no ordering of its own: the last member takes the lock after its decrement, the waiter
//! looks at the word after it held the lock.
//!
//! ## Liveness
//! Either the waiter's critical section comes first: then the last member finds the waker there. Or the
//! last member's does: then its decrement comes before the waiter's look at the word.
//!
//! ## Rejected
//! Counting under a lock: workers that end members of one group at the same time would queue for it.
//!
//! ## Checked by
//! `loom-tests/tests/tally.rs`: the models named above.

use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::sync::Mutex;
use std::task::Waker;

const CLOSED: usize = 1;
const MEMBER: usize = 2;

/// Counts the members of a group, and wakes whoever waits until none is left.
///
/// ```
/// use filch_executor::Tally;
/// use std::task::Waker;
///
/// let tally = Tally::new();
/// assert!(tally.enter());
/// assert!(!tally.poll_empty(Waker::noop()));
/// tally.leave();
/// assert!(tally.poll_empty(Waker::noop()));
/// assert!(tally.try_close());
/// assert!(!tally.enter());
/// ```
#[derive(Debug)]
pub struct Tally {
    word: AtomicUsize,
    waiter: Mutex<Option<Waker>>,
}

impl Tally {
    /// No members yet.
    pub fn new() -> Self {
        Self { word: AtomicUsize::new(0), waiter: Mutex::new(None) }
    }

    /// One member more; `false` if the tally is closed.
    #[must_use]
    #[inline]
    pub fn enter(&self) -> bool {
        // Ordering: Relaxed; a first guess, which the exchange checks.
        let mut word = self.word.load(Ordering::Relaxed);
        while word & CLOSED == 0 {
            // Ordering: Relaxed; entering publishes nothing.
            let entered = self.word.compare_exchange_weak(
                word,
                word + MEMBER,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match entered {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// One member less. To be called once for every [`enter`](Self::enter) that returned true.
    #[inline]
    pub fn leave(&self) {
        // Ordering: Release; pairs with the Acquire in `poll_empty` and `try_close` (I3). Weakened, the
        // waiter misses what the member wrote: models `waiter_sees_what_members_wrote`, `poll_sees_what_a_member_wrote`.
        let before = self.word.fetch_sub(MEMBER, Ordering::Release);
        debug_assert!(before >= MEMBER, "inconsistent tally: more have left than entered");
        if before & !CLOSED == MEMBER {
            self.wake();
        }
    }

    /// Nobody may enter from here on.
    pub fn close(&self) {
        // Ordering: Relaxed; closing publishes nothing.
        self.word.fetch_or(CLOSED, Ordering::Relaxed);
    }

    /// Closes the tally if it has no members; whether it is closed and empty.
    #[must_use]
    pub fn try_close(&self) -> bool {
        // Ordering: Acquire; pairs with the Release in `leave` (I3).
        let closed = self.word.compare_exchange(0, CLOSED, Ordering::Acquire, Ordering::Acquire);
        closed.is_ok() || closed == Err(CLOSED)
    }

    /// Whether no member is left; if some are, `waker` is woken when the last has left.
    #[must_use]
    pub fn poll_empty(&self, waker: &Waker) -> bool {
        self.register(waker);
        self.is_empty()
    }

    /// From here on the last member, and [`wake`](Self::wake), wake `waker`. `false` if it was in place, and so not woken
    /// since the call before.
    pub fn register(&self, waker: &Waker) -> bool {
        let before = {
            let mut waiter = self.waiter.lock();
            match &*waiter {
                Some(registered) if registered.will_wake(waker) => return false,
                _ => waiter.replace(waker.clone()),
            }
        };
        drop(before);
        true
    }

    /// Whether no member is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many members have not left.
    #[must_use]
    pub fn len(&self) -> usize {
        // Ordering: Acquire; pairs with the Release in `leave` (I3).
        self.word.load(Ordering::Acquire) / MEMBER
    }

    /// Wakes the waiter, if there is one.
    #[cold]
    pub fn wake(&self) {
        let waiter = self.waiter.lock().take();
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self::new()
    }
}

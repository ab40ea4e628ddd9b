//! # Bank: permits left by one busy giver, fetched by those who run out
//!
//! The receiver of a channel frees a place with every message. If it added each to the word that all
//! senders take from, that cache line would travel between the cores twice for each message. So it
//! adds to a word of its own, and the senders fetch from there what has gathered when they run out.
//!
//! ## Layout
//! One word: bit 0 CALL, the rest the permits in the bank.
//!
//! ## Transitions
//! 1. `deposit`: + n. If CALL was set, somebody waits, and the depositor serves the queue.
//! 2. `take`: the permits out, and CALL set or cleared; with the lock of the queue held.
//!
//! ## Invariants
//! * I1: CALL is set while the queue is not empty, and cleared with its last waiter.
//!
//! ## Ordering
//! Both are read-modify-writes on one word: a deposit before a `take` is in its sum; one after it sees
//! CALL. So no deposit is left lying while somebody waits, whatever the orderings. Release in `deposit`
//! and Acquire in `take` carry the depositor's past to who gets the permit: model
//! `banked_permit_carries_the_depositors_writes`.

use crate::const_fn::const_fn;
use filch_primitives::CachePadded;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use std::fmt;

const CALL: usize = 1;
const SHIFT: u32 = 1;

/// Where permits may lie beside the word.
pub trait Bank {
    /// Whether there may ever be any.
    const MAY_HOLD: bool;

    /// Takes all out, and says whether the next deposit shall call.
    fn take(&self, call: bool) -> usize;

    /// How many lie there.
    fn peek(&self) -> usize;
}

/// No bank: every permit is in the word.
#[derive(Clone, Copy, Debug)]
pub struct NoBank;

impl Bank for NoBank {
    const MAY_HOLD: bool = false;

    #[inline]
    fn take(&self, _call: bool) -> usize {
        0
    }

    #[inline]
    fn peek(&self) -> usize {
        0
    }
}

/// A bank with one word, on a cache line of its own.
pub struct Deposits(CachePadded<AtomicUsize>);

impl Deposits {
    const_fn! {
        /// An empty bank.
        pub fn new() -> Self {
            Self(CachePadded::new(AtomicUsize::new(0)))
        }
    }

    /// Leaves `n` permits; whether somebody waits for them.
    #[inline]
    #[must_use = "somebody may wait for the permits"]
    pub fn deposit(&self, n: usize) -> bool {
        // Ordering: Release carries our past with the permits; pairs with the Acquire in `take`. What
        // the call is about is read with the lock held.
        self.0.fetch_add(n << SHIFT, Ordering::Release) & CALL != 0
    }
}

impl Default for Deposits {
    fn default() -> Self {
        Self::new()
    }
}

impl Bank for Deposits {
    const MAY_HOLD: bool = true;

    fn take(&self, call: bool) -> usize {
        let next = if call { CALL } else { 0 };
        // Ordering: Acquire; pairs with the Release in `deposit`.
        self.0.swap(next, Ordering::Acquire) >> SHIFT
    }

    fn peek(&self) -> usize {
        // Ordering: Acquire; who counts the permits sees what their depositor did.
        self.0.load(Ordering::Acquire) >> SHIFT
    }
}

impl fmt::Debug for Deposits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deposits").field("permits", &self.peek()).finish()
    }
}

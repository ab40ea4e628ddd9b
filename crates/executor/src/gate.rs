//! # Gate: who hands in from outside is counted, so that a shutdown knows when the last one is through
//!
//! ## Layout
//! A flag `closed`, and counts of who is inside: several, each on its own cache line, so that threads that
//! submit at the same time do not meet. Which one a thread uses makes no difference.
//!
//! ## Roles
//! * submitter: any thread: `enter`, `enter_if_open`, and the drop of the [`Pass`].
//! * closer: any thread, `close`; any thread that was told of it, `is_quiet`.
//!
//! ## Transitions
//! 1. `enter`: counts the caller in, whether the gate is open or not.
//! 2. `enter_if_open`: counts the caller in, then looks at `closed`; if it is set, out again.
//! 3. drop of the pass: counts the caller out.
//! 4. `close`: sets `closed`, once.
//!
//! ## Invariants
//! * I1: after `is_quiet` has returned `true`, nobody passes `enter_if_open`; model
//!   `a_submission_meets_the_close`.
//! * I2: what a submitter did with its pass in hand comes before the `is_quiet` that finds it gone; model
//!   `what_was_handed_in_is_seen`.
//!
//! ## Ordering
//! | operation | ordering | pairs with | what breaks without it |
//! |---|---|---|---|
//! | fence in `enter_if_open` | SeqCst | fence in `is_quiet` | both look before the other has written (I1) |
//! | fence in `is_quiet` | SeqCst | fence in `enter_if_open` | the same |
//! | `fetch_sub` of the pass | Release | load in `is_quiet` | what was handed in is not seen (I2) |
//! | load in `is_quiet` | Acquire | `fetch_sub` of the pass | the same |
//!
//! Why I1 holds: the closer reads `closed` as set before its fence, by itself or by having been told. If a
//! submitter reads it as not set after its own fence, that fence comes first, and the count before it is
//! seen.
//!
//! ## Liveness
//! Nobody waits here. The closer asks again until it is quiet; a submitter's stay is short.
//!
//! ## Rejected
//! A lock around the registry of tasks, taken by every spawn: two more read-modify-writes for each task,
//! on lines that all spawners share. One count: with eight spawning threads it is what they wait for.
//!
//! ## Checked by
//! `loom-tests/tests/gate.rs`: `a_submission_meets_the_close`, `what_was_handed_in_is_seen`.

use filch_primitives::CachePadded;
use filch_primitives::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::fmt;

/// See the head of this file.
pub struct Gate {
    closed: CachePadded<AtomicBool>,
    inside: Box<[CachePadded<AtomicUsize>]>,
}

impl Gate {
    /// An open gate with `lanes` counts.
    pub fn new(lanes: usize) -> Self {
        let lane = || CachePadded::new(AtomicUsize::new(0));
        Self {
            closed: CachePadded::new(AtomicBool::new(false)),
            inside: (0..lanes.max(1)).map(|_| lane()).collect(),
        }
    }

    /// Whether it was closed a moment ago.
    #[inline]
    pub fn is_closed(&self) -> bool {
        // Ordering: Relaxed; a hint, see `enter_if_open` and `is_quiet` for who must not miss it.
        self.closed.load(Ordering::Relaxed)
    }

    /// Counts the caller in, whether the gate is open or not.
    #[inline]
    pub fn enter(&self, lane: usize) -> Pass<'_> {
        let inside = &self.inside[lane % self.inside.len()];
        // Ordering: Relaxed; who only wakes publishes the count by what it hands in, who needs more has
        // the fence of `enter_if_open`.
        inside.fetch_add(1, Ordering::Relaxed);
        Pass { inside }
    }

    /// Counts the caller in unless the gate is closed.
    #[inline]
    pub fn enter_if_open(&self, lane: usize) -> Option<Pass<'_>> {
        let pass = self.enter(lane);
        // Ordering: SeqCst fence; pairs with the fence in `is_quiet` (I1). Without it: model
        // `a_submission_meets_the_close`.
        fence(Ordering::SeqCst);
        // Ordering: Relaxed; the fence decides.
        if self.closed.load(Ordering::Relaxed) { None } else { Some(pass) }
    }

    /// Lets nobody in any more who asks.
    pub fn close(&self) {
        // Ordering: Relaxed; `is_quiet` has the fence.
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Whether nobody is inside, and nobody who asks will be. For those who know that it is closed.
    pub fn is_quiet(&self) -> bool {
        // Ordering: Relaxed; read here so that the fence comes after it.
        let closed = self.closed.load(Ordering::Relaxed);
        debug_assert!(closed, "only a closed gate becomes quiet");
        // Ordering: SeqCst fence; pairs with the fence in `enter_if_open` (I1). Without it: model
        // `a_submission_meets_the_close`.
        fence(Ordering::SeqCst);
        // Ordering: Acquire; pairs with the Release of the pass's drop (I2). Weakened: model
        // `what_was_handed_in_is_seen`.
        self.inside.iter().all(|inside| inside.load(Ordering::Acquire) == 0)
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("is_closed", &self.is_closed()).finish_non_exhaustive()
    }
}

/// Counts its holder out of the gate when it is dropped.
#[derive(Debug)]
#[must_use = "dropped, it counts its holder out"]
pub struct Pass<'a> {
    inside: &'a AtomicUsize,
}

impl Drop for Pass<'_> {
    #[inline]
    fn drop(&mut self) {
        // Ordering: Release; pairs with the Acquire in `is_quiet` (I2). Weakened: model
        // `what_was_handed_in_is_seen`.
        self.inside.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_closed_gate_lets_nobody_in_who_asks() {
        let gate = Gate::new(2);
        let pass = gate.enter_if_open(0).expect("it is open");
        gate.close();
        assert!(gate.enter_if_open(1).is_none());
        assert!(!gate.is_quiet());
        drop(pass);
        assert!(gate.is_quiet());
    }

    #[test]
    fn who_only_wakes_is_let_in_and_counted() {
        let gate = Gate::new(1);
        gate.close();
        let pass = gate.enter(7);
        assert!(!gate.is_quiet());
        drop(pass);
        assert!(gate.is_quiet());
    }
}

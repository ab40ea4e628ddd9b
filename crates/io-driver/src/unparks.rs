//! # Unparks: one that finds nobody asleep waits for the next who wants to sleep, without a system call
//!
//! ## Layout
//! * `sleepers`: how many threads sleep, or are about to.
//! * `kept`: whether an unpark is kept for the next of them.
//!
//! ## Roles
//! * sleeper: any thread: `sleep`.
//! * waker: any thread: `unpark`.
//!
//! ## Transitions
//! 1. `unpark`: keeps one; fence; if there are sleepers, takes it back and rings.
//! 2. `sleep`: counts itself; fence; takes a kept one, or sleeps until the ring; counts itself off.
//!
//! ## Invariants
//! * I1: an unpark that came before a `sleep`, or during it, ends it or another `sleep`; the models. Two of
//!   them may end one; then the sleeper is to unpark the next, model `two_unparks_and_two_sleepers`.
//!
//! ## Ordering
//! | operation | ordering | pairs with | what breaks without it |
//! |---|---|---|---|
//! | fence in `unpark` | SeqCst | fence in `sleep` | the waker sees nobody asleep, the sleeper sees nothing kept: I1 |
//! | fence in `sleep` | SeqCst | fence in `unpark` | the same |
//! | swap of `kept` in `sleep` | Acquire | first swap of it in `unpark`, Release | the sleeper does not see what it was woken for |
//! | second swap in `unpark` | Acquire | first swap of another waker | the same, for the waker that did not ring |
//!
//! ## Liveness
//! Of the two fences one is first. The waker's: the sleeper finds what was kept. The sleeper's: the waker finds the
//! sleeper, and rings, unless another has taken up what was kept, and is awake for it.
//!
//! ## Rejected
//! To ring always: where all are awake nobody takes up what was rung for, so that whoever looks for events finds it
//! among them, and has to ring again for those who will sleep; one system call for each look. A store instead of the first
//! swap in `unpark`: loom takes an exchange of one thread and a store of another for unordered where C++ orders them.
//!
//! ## Checked by
//! `loom-tests/tests/io_unparks.rs`: `unpark_meets_sleep`, `two_unparks_and_two_sleepers`,
//! `two_wakers_meet_sleep`.

use filch_primitives::CachePadded;
use filch_primitives::atomic::{AtomicBool, AtomicUsize, Ordering, fence};

/// See the head of this file.
#[derive(Debug)]
pub struct Unparks(CachePadded<Words>);

#[derive(Debug)]
struct Words {
    sleepers: AtomicUsize,
    kept: AtomicBool,
}

impl Default for Unparks {
    fn default() -> Self {
        Self::new()
    }
}

impl Unparks {
    /// Nobody sleeps, nothing is kept.
    pub fn new() -> Self {
        let words = Words { sleepers: AtomicUsize::new(0), kept: AtomicBool::new(false) };
        Self(CachePadded::new(words))
    }

    /// Ends one `sleep`, now or in the future; `ring` makes one of the threads return that are in their `sleep`'s closure,
    /// or the next one that gets there.
    pub fn unpark(&self, ring: impl FnOnce()) {
        let Words { sleepers, kept } = &*self.0;
        // Ordering: Release; pairs with the Acquire in `sleep`. Weakened: model `unpark_meets_sleep`.
        kept.swap(true, Ordering::Release);
        // Ordering: SeqCst fence; pairs with the fence in `sleep` (I1). Without it: model
        // `two_unparks_and_two_sleepers`.
        fence(Ordering::SeqCst);
        // Ordering: Relaxed; the fence orders it. Acquire to take it back: it may be another waker's, for whom this one
        // rings. Weakened: model `two_wakers_meet_sleep`.
        if sleepers.load(Ordering::Relaxed) > 0 && kept.swap(false, Ordering::Acquire) {
            ring();
        }
    }

    /// Calls `sleep`, which returns after a ring, or is to return at once if it is told `true`.
    pub fn sleep<R>(&self, sleep: impl FnOnce(bool) -> R) -> R {
        let Words { sleepers, kept } = &*self.0;
        // Ordering: Relaxed; the fence orders it.
        sleepers.fetch_add(1, Ordering::Relaxed);
        // Counted off also should `sleep` panic.
        let _asleep = Asleep(sleepers);
        // Ordering: SeqCst fence; pairs with the fence in `unpark` (I1). Without it: model
        // `two_unparks_and_two_sleepers`.
        fence(Ordering::SeqCst);
        // Ordering: Acquire; pairs with the Release in `unpark`. Weakened: model `unpark_meets_sleep`.
        let is_unparked = kept.swap(false, Ordering::Acquire);
        sleep(is_unparked)
    }
}

struct Asleep<'a>(&'a AtomicUsize);

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        // Ordering: Relaxed; one who is counted for too long is rung for in vain.
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_slept_for_ends_the_next_sleep_and_only_that() {
        let unparks = Unparks::new();
        unparks.unpark(|| unreachable!("nobody sleeps"));
        unparks.unpark(|| unreachable!("nobody sleeps"));
        assert!(unparks.sleep(|is_unparked| is_unparked));
        assert!(!unparks.sleep(|is_unparked| is_unparked));
    }

    #[test]
    fn whoever_sleeps_is_rung_for() {
        let unparks = Unparks::new();
        let mut rings = 0;
        unparks.sleep(|is_unparked| {
            assert!(!is_unparked);
            unparks.unpark(|| rings += 1);
        });
        assert_eq!(rings, 1);
        assert!(!unparks.sleep(|is_unparked| is_unparked), "it was rung for");
    }
}

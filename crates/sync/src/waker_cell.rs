//! # WakerCell: the waker of one task, which any thread may wake
//!
//! ## Layout
//! `state`: bit 0 REGISTERING, bit 1 WAKING. `waker`: guarded by the two bits.
//!
//! ## Roles
//! One owner registers (`&mut` of whatever the cell is part of); any thread wakes.
//!
//! ## States
//! | state | who may touch `waker` |
//! |---|---|
//! | 0 | nobody |
//! | REGISTERING | the owner |
//! | WAKING | the waking thread that set the bit |
//! | both | the owner; it finds WAKING when it is done, and wakes itself |
//!
//! ## Transitions
//! 1. `register`: 0 -> REGISTERING.
//! 2. end of it: REGISTERING -> 0, or both -> 0 and the new waker is woken.
//! 3. `wake`: sets WAKING; if the state was 0, takes the waker and clears WAKING; otherwise
//!    somebody else answers for the wake-up.
//! 4. `register` that finds WAKING wakes its waker at once: the waking thread may have taken the
//!    one before.
//!
//! ## Ordering
//! | operation | ordering | pairs with | without it |
//! |---|---|---|---|
//! | setting a bit | AcqRel | clearing it; each other | the waker is touched by two; an event before `wake` is missed by a look after `register` |
//! | clearing it | AcqRel | setting it | as above |
//!
//! Liveness: an event, then `wake`; `register`, then a look for the event. Both are read-modify-writes on
//! `state`: if `wake` comes first, `register` acquires the event; if it comes later, it finds the waker.
//!
//! ## Checked by
//! `loom-tests/tests/sync_waker_cell.rs`: `event_meets_register`, `two_wakers_meet_register`.

use crate::const_fn::const_fn;
use crate::wakes::wake;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::cell::UnsafeCell;
use filch_primitives::hint;
use std::fmt;
use std::task::Waker;

const REGISTERING: usize = 1;
const WAKING: usize = 2;

/// The waker of one task.
pub struct WakerCell {
    state: AtomicUsize,
    waker: UnsafeCell<Option<Waker>>,
}

// SAFETY: `waker` is guarded by `state`.
unsafe impl Sync for WakerCell {}

impl WakerCell {
    const_fn! {
        /// Nobody to wake.
        pub fn new() -> Self {
            Self { state: AtomicUsize::new(0), waker: UnsafeCell::new(None) }
        }
    }

    /// From here on `wake` wakes `waker`. Look for the event again after this.
    ///
    /// # Safety
    /// One thread at a time.
    pub unsafe fn register(&self, waker: &Waker) {
        // Ordering: AcqRel on success: Acquire of the last clearing, and of every `wake` before us; Release
        // keeps the chain of them. Weakened: model `event_meets_register`. Relaxed on failure: the task
        // is woken again, and comes back here.
        let begun =
            self.state.compare_exchange(0, REGISTERING, Ordering::AcqRel, Ordering::Relaxed);
        if begun.is_err() {
            // A wake-up is under way, with the waker before this one.
            waker.wake_by_ref();
            // The task comes back at once; the waking thread needs a moment to be through.
            hint::spin_loop();
            return;
        }
        // SAFETY: REGISTERING is set: the waker is ours.
        let current = self.waker.with(|place| unsafe { &*place });
        let mut old = None;
        if !current.as_ref().is_some_and(|current| current.will_wake(waker)) {
            // A clone that panics would leave REGISTERING set for ever, and the waker unreachable.
            let unset = Unregister(self);
            let new = waker.clone();
            std::mem::forget(unset);
            // SAFETY: as above.
            old = self.waker.with_mut(|place| unsafe { (*place).replace(new) });
        }
        self.finish_registration();
        drop(old);
    }

    fn finish_registration(&self) {
        // Ordering: AcqRel: Release publishes the waker to `wake`. Weakened: model `event_meets_register`.
        // Relaxed on failure: the swap below acquires.
        let ended =
            self.state.compare_exchange(REGISTERING, 0, Ordering::AcqRel, Ordering::Relaxed);
        if ended.is_err() {
            // SAFETY: both bits are set: the waker is ours, and so is the wake-up.
            let waker = self.waker.with_mut(|place| unsafe { (*place).take() });
            // Ordering: AcqRel: Acquire of the event whose wake-up is ours now.
            self.state.swap(0, Ordering::AcqRel);
            if let Some(waker) = waker {
                wake(waker);
            }
        }
    }

    /// Wakes the task that registered last, if it was not woken since.
    pub fn wake(&self) {
        // Ordering: AcqRel: Acquire of the waker; Release of the event. Weakened: model
        // `event_meets_register`.
        if self.state.fetch_or(WAKING, Ordering::AcqRel) == 0 {
            // SAFETY: WAKING is ours, and REGISTERING was not set.
            let waker = self.waker.with_mut(|place| unsafe { (*place).take() });
            // Ordering: Release; the next to touch the waker sees that it is gone.
            self.state.fetch_and(!WAKING, Ordering::Release);
            if let Some(waker) = waker {
                wake(waker);
            }
        }
    }
}

/// Ends a registration whose waker could not be cloned.
struct Unregister<'a>(&'a WakerCell);

impl Drop for Unregister<'_> {
    fn drop(&mut self) {
        self.0.finish_registration();
    }
}

impl Default for WakerCell {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for WakerCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WakerCell").finish_non_exhaustive()
    }
}

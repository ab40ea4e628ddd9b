//! # Join slot: the waker of whoever awaits the task, woken once when the task ends
//!
//! ## Layout
//! A cell for one `Waker`, guarded by the flags JOIN_WAKER and COMPLETE of the task word (`state.rs`).
//!
//! ## Roles
//! * joiner: the one holder of the `JoinHandle`: `register`, `clear`.
//! * runner: the thread that completed the task: `wake`.
//!
//! ## States
//! | COMPLETE | JOIN_WAKER | the slot |
//! |---|---|---|
//! | no | no | the joiner's: it may write |
//! | no | yes | nobody writes; the joiner may read |
//! | yes | no | the joiner's |
//! | yes | yes | nobody writes; the runner and the joiner may read; freed with the task |
//!
//! ## Transitions
//! 1. `register`, JOIN_WAKER off: writes the waker, then sets JOIN_WAKER; if COMPLETE came first the
//!    flag stays off.
//! 2. `register`, JOIN_WAKER on and another waker: clears JOIN_WAKER, then 1.
//! 3. `State::complete`, then `wake` if it found JOIN_WAKER.
//!
//! ## Invariants
//! * I1: `register` returns "not complete" only if `wake` will wake what it registered; model
//!   `register_meets_complete`.
//! * I2: no write to the slot while another reads; model `replace_meets_complete` (loom's cell).
//!
//! ## Ordering
//! The flags' exchanges are AcqRel (`state.rs`): the write to the slot comes before JOIN_WAKER, and the
//! runner reads the slot after it saw the flag.
//!
//! ## Liveness
//! `register` either sets the flag before COMPLETE, and the runner wakes, or sees COMPLETE.
//!
//! ## Rejected
//! The runner takes the waker out to save a reference count: the joiner could then not compare it with
//! the one it has, and a handle that is polled often without news would pay two exchanges every time.
//!
//! ## Checked by
//! `loom-tests/tests/task_join.rs`: `register_meets_complete`, `replace_meets_complete`,
//! `drop_handle_meets_complete`.

use super::state::State;
use filch_primitives::cell::UnsafeCell;
use std::task::Waker;

/// The slot; see the head of this file.
#[derive(Debug, Default)]
pub struct JoinSlot(UnsafeCell<Option<Waker>>);

// SAFETY: who may touch the cell is decided by the task word (see States).
unsafe impl Send for JoinSlot {}
// SAFETY: as above.
unsafe impl Sync for JoinSlot {}

impl JoinSlot {
    /// An empty slot.
    pub fn new() -> Self {
        Self(UnsafeCell::new(None))
    }

    /// Whether the task has ended; if not, `waker` will be woken when it does.
    ///
    /// # Safety
    /// Only the joiner calls this, and `state` is the task word of this slot.
    pub unsafe fn register(&self, state: &State, waker: &Waker) -> bool {
        let snapshot = state.load();
        if snapshot.is_complete() {
            return true;
        }
        if snapshot.has_join_waker() {
            // SAFETY: JOIN_WAKER is on and we are the joiner: nobody writes.
            let same = self.0.with(|slot| {
                // SAFETY: as above; the pointer is the cell's own.
                unsafe { &*slot }.as_ref().is_some_and(|registered| registered.will_wake(waker))
            });
            if same {
                return false;
            }
            if !state.unset_join_waker() {
                return true;
            }
        }
        let waker = waker.clone();
        let before = self.0.with_mut(|slot| {
            // SAFETY: JOIN_WAKER is off and we are the joiner: the slot is ours.
            unsafe { &mut *slot }.replace(waker)
        });
        let registered = state.set_join_waker();
        drop(before);
        !registered
    }

    /// Empties the slot.
    ///
    /// # Safety
    /// The slot is the joiner's (see States) and the caller is the joiner, or the task is being freed.
    pub unsafe fn clear(&self) {
        let before = self.0.with_mut(|slot| {
            // SAFETY: by the caller's promise nobody else touches the slot.
            unsafe { &mut *slot }.take()
        });
        drop(before);
    }

    /// Wakes what is registered.
    ///
    /// # Safety
    /// The caller is the runner, it has completed the task and found JOIN_WAKER.
    pub unsafe fn wake(&self) {
        self.0.with(|slot| {
            // SAFETY: COMPLETE and JOIN_WAKER are on: nobody writes.
            if let Some(waker) = unsafe { &*slot } {
                waker.wake_by_ref();
            }
        });
    }
}

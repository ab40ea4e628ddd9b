//! # LIFO slot: the task that was woken last runs next, and a thief may free it from a stuck worker
//!
//! ## Layout
//! One `AtomicPtr`, null when empty.
//!
//! ## Roles
//! * owner: the worker: `put`, `take`.
//! * thief: any thread: `take`, and by policy (see `worker.rs`) only late, when the owner has been in
//!   one and the same poll for a while.
//!
//! ## Transitions
//! 1. `put`: swaps the item in; the item that was there comes back and goes to the local queue.
//! 2. `take`: swaps null in.
//!
//! ## Invariants
//! * I1: an item leaves by exactly one swap; model `owner_meets_thief`.
//!
//! ## Ordering
//! | operation | ordering | pairs with | what breaks without it |
//! |---|---|---|---|
//! | the swap of `put` | Release | the swap of `take` | the thief runs a task whose writes it does not see |
//! | the swap of `take` | Acquire | the swap of `put` | the same |
//!
//! ## Liveness
//! Every operation is one swap; nobody waits.
//!
//! ## Rejected
//! A plain cell, private to the owner: 12 ns cheaper for each message passed, but what is in it waits
//! for as long as the owner's poll lasts.
//!
//! ## Checked by
//! `loom-tests/tests/lifo_slot.rs`: `owner_meets_thief`, `the_thief_sees_what_the_owner_wrote`.

use crate::queue::Pointer;
use filch_primitives::atomic::{AtomicPtr, Ordering};
use std::fmt;
use std::marker::PhantomData;
use std::ptr::{NonNull, null_mut};

/// Holds at most one item; see the head of this file.
pub struct LifoSlot<T: Pointer> {
    item: AtomicPtr<()>,
    owns: PhantomData<T>,
}

// SAFETY: items go from thread to thread through it (`Pointer: Send`) and are never lent out.
unsafe impl<T: Pointer> Send for LifoSlot<T> {}
// SAFETY: as above.
unsafe impl<T: Pointer> Sync for LifoSlot<T> {}

impl<T: Pointer> LifoSlot<T> {
    /// An empty slot.
    pub fn new() -> Self {
        Self { item: AtomicPtr::new(null_mut()), owns: PhantomData }
    }

    /// Whether it was empty a moment ago.
    pub fn is_empty(&self) -> bool {
        // Ordering: Relaxed; a hint.
        self.item.load(Ordering::Relaxed).is_null()
    }

    /// Puts `item` in and returns the one that was there. For the owner only.
    #[inline]
    pub fn put(&self, item: T) -> Option<T> {
        // Ordering: Release; publishes the item to the thief that takes it. Weakened: model
        // `the_thief_sees_what_the_owner_wrote`. No Acquire: what comes back is the owner's own.
        let before = self.item.swap(item.into_raw().as_ptr(), Ordering::Release);
        // SAFETY: a pointer in the slot stands for an item, and our swap took it out (I1).
        NonNull::new(before).map(|raw| unsafe { T::from_raw(raw) })
    }

    /// Takes the item out.
    #[inline]
    pub fn take(&self) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        // Ordering: Acquire; pairs with the Release of `put`: what the owner wrote before is ours to
        // see (model `the_thief_sees_what_the_owner_wrote`).
        let before = self.item.swap(null_mut(), Ordering::Acquire);
        // SAFETY: a pointer in the slot stands for an item, and our swap took it out (I1).
        NonNull::new(before).map(|raw| unsafe { T::from_raw(raw) })
    }
}

impl<T: Pointer> Default for LifoSlot<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Pointer> Drop for LifoSlot<T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

impl<T: Pointer> fmt::Debug for LifoSlot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LifoSlot").field("is_empty", &self.is_empty()).finish()
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_newest_item_displaces_the_one_before() {
        let slot = LifoSlot::new();
        assert_eq!(slot.put(Box::new(1)), None);
        assert_eq!(slot.put(Box::new(2)), Some(Box::new(1)));
        assert_eq!(slot.take(), Some(Box::new(2)));
        assert_eq!(slot.take(), None);
    }
}

//! # Place: a value that is written once and then read by anybody
//!
//! ## Layout
//! `filled`: whether `value` holds the value.
//!
//! ## Roles
//! One writer at a time, which whoever owns the place sees to; any number of readers.
//!
//! ## Invariants
//! * I1: once `filled`, the value is not written again until there is a `&mut` of the place.
//!
//! ## Ordering
//! `filled` is set with Release, after the value, and read with Acquire: model `get_meets_set`.
//!
//! ## Checked by
//! `loom-tests/tests/sync_once.rs`.

use crate::const_fn::const_fn;
use filch_primitives::atomic::{AtomicBool, Ordering};
use filch_primitives::cell::UnsafeCell;

pub(super) struct Place<T> {
    filled: AtomicBool,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: readers on several threads share the value, and it may be put there by one and dropped by another.
unsafe impl<T: Send + Sync> Sync for Place<T> {}

impl<T> Place<T> {
    const_fn! {
        pub(super) fn empty() -> Self {
            Self { filled: AtomicBool::new(false), value: UnsafeCell::new(None) }
        }
    }

    const_fn! {
        pub(super) fn filled(value: T) -> Self {
            Self { filled: AtomicBool::new(true), value: UnsafeCell::new(Some(value)) }
        }
    }

    #[inline]
    pub(super) fn is_filled(&self) -> bool {
        // Ordering: Acquire; pairs with the Release in `fill`. Weakened: model `get_meets_set`.
        self.filled.load(Ordering::Acquire)
    }

    #[inline]
    pub(super) fn get(&self) -> Option<&T> {
        if !self.is_filled() {
            return None;
        }
        // SAFETY: filled, so nobody writes (I1).
        self.value.with(|value| unsafe { (*value).as_ref() })
    }

    /// # Safety
    /// Not filled, and the caller is the only writer.
    pub(super) unsafe fn fill(&self, value: T) -> &T {
        // SAFETY: nobody reads before it is filled, and nobody else writes: this function's contract.
        let value = self.value.with_mut(|place| unsafe { &*(*place).insert(value) });
        // Ordering: Release; pairs with the Acquire in `is_filled`. Weakened: model `get_meets_set`.
        self.filled.store(true, Ordering::Release);
        value
    }

    pub(super) fn get_mut(&mut self) -> Option<&mut T> {
        // SAFETY: `&mut self`.
        self.value.with_mut(|value| unsafe { (*value).as_mut() })
    }

    pub(super) fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }
}

//! # Numbers that are unique in the process

// Not one of the modelled atomics, on purpose: a counter that nothing is published by, and statics of
// loom's types cannot be.
use std::sync::atomic::{AtomicU64, Ordering};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Reserves `count` numbers for the caller and returns the first of them; never 0.
///
/// ```
/// let mine = filch_primitives::reserve_numbers(10);
/// let others = filch_primitives::reserve_numbers(1);
/// assert!(!(mine..mine + 10).contains(&others));
/// ```
pub fn reserve_numbers(count: u64) -> u64 {
    // Ordering: Relaxed; the number alone matters.
    NEXT.fetch_add(count, Ordering::Relaxed)
}

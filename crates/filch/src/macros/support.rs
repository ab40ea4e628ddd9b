//! What the expansions of the macros need. Not for use by hand: no promise covers it.

pub use core::future::{Future, IntoFuture, poll_fn};
pub use core::pin::pin;
pub use core::task::{Context, Poll};

use filch_primitives::Budget;
use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

/// Fails to compile where `select!` has more branches than its set of open ones has bits.
pub const fn assert_branches(count: u32) {
    assert!(count <= u64::BITS, "select! can have 64 branches");
}

/// Where `join!` begins after it began at `first`: `by` futures further on, around `count` of them.
#[inline]
pub const fn next_first(first: u32, by: u32, count: u32) -> u32 {
    (first + by) % count
}

/// Whether a `select!` that begins gives way, because the task's budget is used up: in a loop it would go on
/// for ever where one of its branches is always ready without taking of the budget.
#[inline]
pub fn gives_way_first(has_begun: &mut bool, cx: &Context<'_>) -> bool {
    !std::mem::replace(has_begun, true) && Budget::poll_left(cx).is_pending()
}

thread_local! {
    /// The state of this thread's generator, xorshift64*; never 0.
    static RANDOM: Cell<u64> = Cell::new(RandomState::new().hash_one(0) | 1);
}

/// A random number below `n`, which is not 0; uniform enough to be fair.
///
/// Where `select!` begins is decided here and nowhere else.
#[inline]
pub fn random(n: u32) -> u32 {
    let bits = RANDOM.try_with(|state| {
        let mut x = state.get();
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        state.set(x);
        x.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32
    });
    // A thread that is exiting has no generator any more; any branch will do.
    ((bits.unwrap_or(0) * u64::from(n)) >> 32) as u32
}

/// Makes what [`random`] yields on this thread from now on repeatable.
pub fn seed_random(seed: u64) {
    RANDOM.with(|state| state.set(seed | 1));
}

#[cfg(test)]
mod tests {
    use super::{random, seed_random};

    #[test]
    fn every_number_below_n_comes_up_and_none_above() {
        seed_random(1);
        for n in [1, 2, 3, 7, 64] {
            let mut seen = vec![0; n as usize];
            for _ in 0..n * 100 {
                seen[random(n) as usize] += 1;
            }
            assert!(seen.iter().all(|&times| times > 30), "{seen:?}");
        }
    }

    #[test]
    fn a_seed_makes_it_repeatable() {
        let draw = |seed| {
            seed_random(seed);
            (0..32).map(|_| random(1000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(42), draw(42));
        assert_ne!(draw(42), draw(44));
    }
}

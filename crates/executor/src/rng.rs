//! # Where chance enters: which victim a thief asks first

use std::cell::Cell;
use std::num::Wrapping;

/// A small generator of uniform numbers, always seeded: the same seed gives the same numbers.
///
/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
#[derive(Debug)]
pub(crate) struct Rng(Cell<Wrapping<u64>>);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Cell::new(Wrapping(seed)))
    }

    fn next(&self) -> u64 {
        let state = self.0.get() + Wrapping(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)) * Wrapping(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)) * Wrapping(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).0
    }

    /// A number below `bound`; 0 when `bound` is 0.
    pub(crate) fn below(&self, bound: usize) -> usize {
        // Lemire's multiplication: the bias is below 2^-32 for any number of workers.
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn the_same_seed_gives_the_same_numbers_below_the_bound() {
        let (a, b) = (Rng::new(7), Rng::new(7));
        for bound in 1..200 {
            let number = a.below(bound);
            assert!(number < bound);
            assert_eq!(number, b.below(bound));
        }
    }
}

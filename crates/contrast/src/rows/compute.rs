//! The computing of the *mixed service* row: so much of SHA-256 as takes a core a millisecond.

use std::hint::black_box;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

static BLOCK: [u8; 64 * 1024] = [0; 64 * 1024];
/// What is computed to learn how long it takes, in KiB.
const TRIAL: usize = 2 * 1024;
const TRIALS: u32 = 10;

/// Hashes `kib` KiB. A fixed amount of work and not a fixed time: who is not given a core does not get away with less.
pub fn compute(kib: usize) {
    let mut hash = Sha256::new();
    for _ in 0..kib / 64 {
        hash.update(BLOCK);
    }
    hash.update(&BLOCK[..kib % 64 * 1024]);
    black_box(hash.finalize());
}

/// How many KiB a core hashes in a millisecond: the most of several trials, because what disturbs one only makes it slower.
pub fn kib_per_ms() -> usize {
    let shortest = (0..TRIALS)
        .map(|_| {
            let started = Instant::now();
            compute(TRIAL);
            started.elapsed()
        })
        .min()
        .unwrap_or(Duration::from_millis(1));
    ((TRIAL as f64 / 1e3 / shortest.as_secs_f64()) as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_takes_longer() {
        let took = |kib| {
            let started = Instant::now();
            compute(kib);
            started.elapsed()
        };
        assert!(kib_per_ms() >= 1);
        assert!((0..5).map(|_| took(4096)).max() > (0..5).map(|_| took(64)).min());
    }
}

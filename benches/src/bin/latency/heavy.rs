//! What a heavy request computes: a fixed amount of work.
//!
//! Not "for 2 ms by the clock": a server that is not given the processor would then do less.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Computes for so many rounds.
pub fn compute(rounds: u64) {
    let mut state = black_box(0x9e37_79b9_7f4a_7c15_u64);
    for _ in 0..rounds {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    black_box(state);
}

/// How many rounds take `duration` on this machine, when nothing else runs. Every server gets the same
/// number.
pub fn rounds_in(duration: Duration) -> u64 {
    const TRIAL: u64 = 1_000_000;
    let trial = |_| {
        let start = Instant::now();
        compute(TRIAL);
        start.elapsed()
    };
    // The fastest one was disturbed least.
    let fastest = (0..10).map(trial).min().expect("there were trials");
    (TRIAL as f64 * duration.as_secs_f64() / fastest.as_secs_f64()) as u64
}

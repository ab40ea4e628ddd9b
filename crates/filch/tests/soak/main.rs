//! A long run of everything that a service does, over and over on one runtime: tasks of every fate, channels and
//! locks, timers, blocking calls, sockets, files, child processes, other threads, other runtimes, more and fewer
//! workers. Each piece checks its own results; after each lap nothing may be left over, and in the end the process
//! holds no more memory, threads and descriptors than near the beginning.
//!
//! `FILCH_SOAK_SECONDS=3600` makes it an hour; without it, it takes a few seconds. Alone in this binary, because it
//! counts for the whole process.
#![cfg(target_os = "linux")]

mod census;
#[path = "../support/descriptors.rs"]
mod descriptors;
mod messages;
mod outside;
mod tasks;

use census::{Census, eventually};
use filch::runtime::{Builder, PoolConfig, Runtime};
use std::time::{Duration, Instant};

/// Nothing in a lap takes as long, on whatever machine, under whatever sanitizer.
const WATCHDOG: Duration = Duration::from_secs(120);
/// Tasks that do one thing after the other, in each lap.
const ACTORS: u64 = 6;
/// Workers at most.
const MOST_WORKERS: u64 = 4;
/// The blocking pool of a name of its own.
const POOL: &str = "archive";

/// Numbers that look random, the same for the same seed.
struct Chance(u64);

impl Chance {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, end: u64) -> u64 {
        // Xorshift, of 64 bits.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % end
    }

    /// Another one, for somebody else.
    fn fork(&mut self) -> Self {
        Self::new(self.below(u64::MAX))
    }

    fn micros(&mut self, end: u64) -> Duration {
        Duration::from_micros(self.below(end))
    }
}

/// One thing after the other, in an order of chance.
async fn act(mut chance: Chance) {
    for _ in 0..6 {
        match chance.below(17) {
            0 => tasks::joined_and_aborted(&mut chance).await,
            1 => tasks::forked(&mut chance).await,
            2 => tasks::in_a_scope(&mut chance).await,
            3 => tasks::that_panic(&mut chance).await,
            4 => tasks::that_block_their_worker(&mut chance).await,
            5 => tasks::with_timers(&mut chance).await,
            6 => tasks::of_one_thread(&mut chance).await,
            7 => messages::through_a_bounded_channel(&mut chance).await,
            8 => messages::to_many(&mut chance).await,
            9 => messages::answered(&mut chance).await,
            10 => messages::under_locks(&mut chance).await,
            11 => outside::blocking_calls(&mut chance).await,
            12 => outside::threads(&mut chance).await,
            13 => outside::sockets(&mut chance).await,
            14 => outside::files(&mut chance).await,
            15 => outside::runtimes(&mut chance).await,
            _ => outside::workers(&mut chance),
        }
    }
}

/// Everything once more.
fn lap(runtime: &Runtime, chance: &mut Chance) {
    let actors: Vec<_> =
        (0..ACTORS).map(|_| chance.fork()).map(|c| runtime.spawn(act(c))).collect();
    runtime.block_on(async {
        for actor in actors {
            let done = filch::time::timeout(WATCHDOG, actor).await.expect("a lap hangs");
            done.expect("an actor failed");
        }
    });
    // Rare, because each leaves a port behind for a minute, or costs a process.
    if chance.below(16) == 0 {
        runtime.block_on(outside::a_connection());
        runtime.block_on(outside::a_process());
    }
    eventually("every task has ended", || runtime.metrics().num_alive_tasks() == 0);
}

#[test]
fn laps_of_everything_leave_nothing_behind() {
    let seconds = std::env::var("FILCH_SOAK_SECONDS")
        .map_or(3, |text| text.parse().expect("FILCH_SOAK_SECONDS must be a number of seconds"));
    let length = Duration::from_secs(seconds);
    // Something that the process makes once, on first use, belongs to nobody's lap.
    let seed = u64::from(std::process::id());
    println!("seed {seed}, {seconds} s");
    let mut chance = Chance::new(seed);
    let (threads, descriptors) = (census::threads(), descriptors::open_descriptors());

    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .max_workers(MOST_WORKERS as usize)
        .max_blocking_threads(32)
        .thread_keep_alive(Duration::from_millis(200))
        .blocking_pool(POOL, PoolConfig::new().max_threads(2).max_queue(4))
        .build()
        .unwrap();
    let start = Instant::now();
    let mut census = Census::new(length);
    let mut laps = 0;
    while start.elapsed() < length || laps < 10 {
        lap(&runtime, &mut chance);
        laps += 1;
        census.take(laps, start.elapsed());
    }
    let grown = census.growth();
    drop(runtime);
    assert!(grown.is_empty(), "seed {seed}, {laps} laps: {}", grown.join("; "));
    eventually("every thread has ended", || census::threads() <= threads);
    eventually("every descriptor is closed", || descriptors::open_descriptors() <= descriptors);
}

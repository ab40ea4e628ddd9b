//! How many bytes does a task take that waits?

use super::{About, Entry, Goal, Measure, Outcome, Workload, as_many};
use crate::contestant::Contestant;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

pub(super) const ENTRIES: &[Entry] =
    &[Entry::everyone::<PendingTasks>(), Entry::everyone::<Sleepers>()];

const MEMORY: About = About {
    name: "",
    group: "memory",
    question: "How many bytes does a task take that waits?",
    operation: "",
    measure: Measure::Memory,
    size: 1_000_000,
    bench_size: None,
    tiny: 20,
    operations: as_many,
    goals: &[],
};

/// How many tasks have been polled: outside of them, so that they need no field for it.
static STARTED: AtomicU64 = AtomicU64::new(0);

/// Waits until the counter stands at `started`.
async fn all_started<C: Contestant>(started: u64) {
    // Ordering: Relaxed; it is a count, and guards nothing.
    while STARTED.load(Ordering::Relaxed) < started {
        C::sleep(Duration::from_millis(1)).await;
    }
}

/// The resident memory of this process, where the system tells.
pub(super) fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

pub(super) fn growth_since(before: Option<u64>) -> Option<u64> {
    Some(resident()?.saturating_sub(before?))
}

/// Tasks with an empty future that wait for ever, in fact until the runtime ends.
struct PendingTasks;

impl Workload for PendingTasks {
    const ABOUT: About = About {
        name: "pending_tasks",
        operation: "task that waits, with a future of no bytes",
        goals: &[Goal::tokio(0.25), Goal::fixed(80.0)],
        ..MEMORY
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        contestant.block_on(async {
            let before = resident();
            let start = Instant::now();
            // Ordering: Relaxed; it is a count, and guards nothing.
            let started = STARTED.load(Ordering::Relaxed) + size;
            for _ in 0..size {
                C::detach(C::spawn(poll_fn(|_| {
                    // Ordering: Relaxed, as above.
                    STARTED.fetch_add(1, Ordering::Relaxed);
                    Poll::<()>::Pending
                })));
            }
            all_started::<C>(started).await;
            Outcome { elapsed: start.elapsed(), bytes: growth_since(before), samples: Vec::new() }
        })
    }
}

/// Tasks that sleep for ten seconds: `size` times 10 microseconds, so that all are there before the
/// first awakes.
struct Sleepers;

impl Workload for Sleepers {
    const ABOUT: About = About {
        name: "sleepers",
        operation: "task that sleeps",
        goals: &[Goal::tokio(0.29), Goal::fixed(130.0), Goal::second_fixed(200e6)],
        ..MEMORY
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let duration = Duration::from_millis(50) + Duration::from_micros(10) * size as u32;
        contestant.block_on(async {
            let before = resident();
            let start = Instant::now();
            // Ordering: Relaxed; it is a count, and guards nothing.
            let started = STARTED.load(Ordering::Relaxed) + size;
            let sleep = || async move {
                // Ordering: Relaxed, as above.
                STARTED.fetch_add(1, Ordering::Relaxed);
                C::sleep(duration).await;
            };
            let tasks: Vec<_> = (0..size).map(|_| C::spawn(sleep())).collect();
            all_started::<C>(started).await;
            let bytes = growth_since(before);
            for task in tasks {
                task.await;
            }
            let elapsed = start.elapsed().saturating_sub(duration);
            Outcome { elapsed, bytes, samples: Vec::new() }
        })
    }
}

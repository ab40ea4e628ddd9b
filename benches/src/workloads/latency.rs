//! How long does a task wait that could run?

use super::{About, Entry, Goal, Measure, Outcome, Workload, as_many, spin};
use crate::contestant::Contestant;
use crate::contestant::subjects::Oneshot;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

pub(super) const ENTRIES: &[Entry] = &[
    Entry::everyone::<WakeFromOutside>(),
    Entry::everyone::<Ticker>(),
    Entry::everyone::<ChildOfBlocker>(),
];

const LATENCY: About = About {
    name: "",
    group: "latency",
    question: "How long does a task wait that could run?",
    operation: "",
    measure: Measure::Latency,
    size: 1_000,
    bench_size: None,
    tiny: 3,
    operations: as_many,
    goals: &[],
};

/// A thread that is no worker wakes a task, after a millisecond in which nothing happened.
struct WakeFromOutside;

const IDLE: Duration = Duration::from_millis(1);

impl Workload for WakeFromOutside {
    const ABOUT: About = About {
        name: "wake_from_outside",
        operation: "wake-up of an idle runtime, until the task runs",
        goals: &[Goal::tokio(0.6), Goal::second_tokio(1.0)],
        ..LATENCY
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let (asks, asked) = mpsc::channel();
        let outside = thread::spawn(move || {
            for answer in asked {
                thread::sleep(IDLE);
                C::Oneshot::send(answer, Instant::now());
            }
        });
        let samples = contestant.block_on(async move {
            C::spawn(async move {
                let mut samples = Vec::with_capacity(size as usize);
                for _ in 0..size {
                    let (answer, answered) = C::Oneshot::channel::<Instant>();
                    asks.send(answer).expect("the thread listens");
                    samples.push(C::Oneshot::receive(answered).await.elapsed());
                }
                samples
            })
            .await
        });
        outside.join().expect("the thread ends well");
        Outcome::samples(samples)
    }
}

/// A task that sleeps for a millisecond again and again, beside 8 that compute for 50 microseconds
/// before they give way.
struct Ticker;

const TICK: Duration = Duration::from_millis(1);
const POLL: Duration = Duration::from_micros(50);
const COMPUTING: usize = 8;

impl Workload for Ticker {
    const ABOUT: About = About {
        name: "ticker_beside_busy_tasks",
        operation: "tick of 1 ms, how late",
        goals: &[Goal::tokio(0.1), Goal::fixed(100e3), Goal::second_fixed(300e3)],
        ..LATENCY
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let busy = Arc::new(AtomicBool::new(true));
        let samples = contestant.block_on(async {
            let compute = |busy: Arc<AtomicBool>| async move {
                // Ordering: Relaxed; the flag guards nothing.
                while busy.load(Ordering::Relaxed) {
                    spin(POLL);
                    C::yield_now().await;
                }
            };
            let computing: Vec<_> =
                (0..COMPUTING).map(|_| C::spawn(compute(Arc::clone(&busy)))).collect();
            let samples = C::spawn(async move {
                let mut samples = Vec::with_capacity(size as usize);
                for _ in 0..size {
                    let start = Instant::now();
                    C::sleep(TICK).await;
                    samples.push(start.elapsed().saturating_sub(TICK));
                }
                samples
            })
            .await;
            // Ordering: Relaxed, as above.
            busy.store(false, Ordering::Relaxed);
            for task in computing {
                task.await;
            }
            samples
        });
        Outcome::samples(samples)
    }
}

/// A task spawns another and then blocks its worker.
struct ChildOfBlocker;

const BLOCKED: Duration = Duration::from_millis(100);

impl Workload for ChildOfBlocker {
    const ABOUT: About = About {
        name: "child_of_a_blocking_task",
        operation: "child of a task that then blocks its worker for 100 ms, until it starts",
        size: 10,
        tiny: 1,
        goals: &[Goal::tokio(0.002), Goal::fixed(200e3)],
        ..LATENCY
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let samples = contestant.block_on(async {
            let mut samples = Vec::with_capacity(size as usize);
            for _ in 0..size {
                let parent = C::spawn(async {
                    let spawned = Instant::now();
                    let child = C::spawn(async move { spawned.elapsed() });
                    thread::sleep(BLOCKED);
                    child.await
                });
                samples.push(parent.await);
            }
            samples
        });
        Outcome::samples(samples)
    }
}

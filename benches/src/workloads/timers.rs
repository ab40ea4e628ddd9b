//! What does a timer cost, and how late is it?

use super::{About, Candidate, Entry, Goal, Measure, Outcome, Workload, as_many, at_once};
use crate::contestant::subjects::Resettable;
use crate::contestant::{Contestant, Filch, FilchLoop, Tokio, TokioCurrent};
use std::hint::black_box;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub(super) const ENTRIES: &[Entry] = &[
    Entry::everyone::<Timeout<1>>(),
    Entry::everyone::<Timeout<2>>(),
    Entry::everyone::<SleepCreate>(),
    Reset::<()>::ENTRY,
    Entry::everyone::<ArmAndFire>(),
    Entry::everyone::<TimersFired>(),
    Entry::everyone::<SleepAlone>(),
    Entry::everyone::<Burst>(),
];

const TIMER: About = About {
    name: "",
    group: "timers",
    question: "What does a timer cost, and how late is it?",
    operation: "",
    measure: Measure::Time,
    size: 100_000,
    bench_size: Some(10_000),
    tiny: 20,
    operations: as_many,
    goals: &[],
};

/// A limit that does not pass.
const LIMIT: Duration = Duration::from_secs(1);

fn timeouts<C: Contestant>(contestant: &C, tasks: u64, size: u64) -> Outcome {
    Outcome::time(|| {
        let limit = || async move {
            for _ in 0..size {
                C::timeout(LIMIT, C::yield_now()).await.expect("the limit is far off");
            }
        };
        contestant.block_on(at_once::<C, _>(tasks, limit));
    })
}

/// So many tasks put a time limit on something that gives way once: the timer is armed, and dropped.
struct Timeout<const TASKS: u64>;

impl<const TASKS: u64> Workload for Timeout<TASKS> {
    const ABOUT: About = About {
        name: if TASKS == 1 { "timeout_1_task" } else { "timeout_2_tasks" },
        operation: "time limit, armed and dropped, around one yield",
        operations: |size| size * TASKS,
        goals: match TASKS {
            1 => &[],
            // The second is half, and a fifth of it for what two workers cost each other.
            _ => &[Goal::tokio(0.11), Goal::beside("timeout_1_task", 0.6)],
        },
        ..TIMER
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        timeouts(contestant, TASKS, size)
    }
}

/// Sleeps that are made and dropped.
struct SleepCreate;

impl Workload for SleepCreate {
    const ABOUT: About =
        About { name: "sleep_create", operation: "sleep, made and dropped unused", ..TIMER };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        Outcome::time(|| {
            contestant.block_on(async move {
                C::spawn(async move {
                    for _ in 0..size {
                        drop(black_box(C::sleep(LIMIT)));
                    }
                })
                .await;
            });
        })
    }
}

/// An armed timer's deadline is moved ahead, as an idle timer of a connection is with every message.
struct Reset<T>(PhantomData<T>);

type FilchSleep = Pin<Box<filch::time::Sleep>>;
type TokioSleep = Pin<Box<tokio::time::Sleep>>;

impl Reset<()> {
    const ENTRY: Entry = Entry {
        about: Reset::<FilchSleep>::ABOUT,
        candidates: &[
            Candidate::of::<Reset<FilchSleep>, Filch>(),
            Candidate::of::<Reset<FilchSleep>, FilchLoop>(),
            Candidate::of::<Reset<TokioSleep>, Tokio>(),
            Candidate::of::<Reset<TokioSleep>, TokioCurrent>(),
        ],
    };
}

impl<T: Resettable> Workload for Reset<T> {
    const ABOUT: About =
        About { name: "sleep_reset", operation: "armed timer, set to a later time", ..TIMER };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        Outcome::time(|| {
            contestant.block_on(async move {
                C::spawn(async move {
                    let mut sleep = T::armed(LIMIT).await;
                    for _ in 0..size {
                        sleep.reset(LIMIT);
                    }
                })
                .await;
            });
        })
    }
}

/// Many tasks sleep for a moment, all at once: what it takes beyond that is what the timers cost.
struct ArmAndFire;

const MOMENT: Duration = Duration::from_millis(50);

impl Workload for ArmAndFire {
    const ABOUT: About = About {
        name: "sleep_fired",
        operation: "task that sleeps for 50 ms, that time not counted",
        bench_size: None,
        ..TIMER
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let outcome = Outcome::time(|| {
            let sleep = || async { C::sleep(MOMENT).await };
            contestant.block_on(async move { C::spawn(at_once::<C, _>(size, sleep)).await });
        });
        Outcome { elapsed: outcome.elapsed.saturating_sub(MOMENT), ..outcome }
    }
}

/// A task for each timer; they fire one after the other, 100 in each millisecond.
struct TimersFired;

const APART: Duration = Duration::from_micros(10);

/// When the first one fires: once all are armed.
fn first(timers: u64) -> Duration {
    Duration::from_millis(100) + Duration::from_micros(2) * timers as u32
}

impl Workload for TimersFired {
    const ABOUT: About = About {
        name: "timers_fired",
        operation: "timer, how late; 100 fire in each millisecond",
        measure: Measure::Latency,
        bench_size: None,
        goals: &[
            Goal::tokio(0.09),
            Goal::fixed(100e3),
            Goal::second_fixed(300e3),
            Goal::cpu(800.0),
        ],
        ..TIMER
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let start = Instant::now() + first(size);
        let samples = contestant.block_on(async move {
            C::spawn(async move {
                let wait = |due: Instant| async move {
                    C::sleep(due.saturating_duration_since(Instant::now())).await;
                    due.elapsed()
                };
                let timers: Vec<_> =
                    (0..size as u32).map(|timer| C::spawn(wait(start + APART * timer))).collect();
                let mut samples = Vec::with_capacity(timers.len());
                for timer in timers {
                    samples.push(timer.await);
                }
                samples
            })
            .await
        });
        Outcome::samples(samples)
    }
}

/// A task sleeps, and nothing else happens: how long after its deadline does it run?
struct SleepAlone;

const SLEEP: Duration = Duration::from_millis(5);

impl Workload for SleepAlone {
    const ABOUT: About = About {
        name: "sleep_alone",
        operation: "sleep of 5 ms on an idle runtime, how late",
        measure: Measure::Latency,
        size: 100,
        bench_size: None,
        tiny: 2,
        goals: &[Goal::fixed(100e3)],
        ..TIMER
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let samples = contestant.block_on(async move {
            C::spawn(async move {
                let mut samples = Vec::with_capacity(size as usize);
                for _ in 0..size {
                    let due = Instant::now() + SLEEP;
                    C::sleep(SLEEP).await;
                    samples.push(due.elapsed());
                }
                samples
            })
            .await
        });
        Outcome::samples(samples)
    }
}

/// Many timers have one deadline, and a task gives way all the time: how long does it wait at the most?
struct Burst;

impl Workload for Burst {
    const ABOUT: About = About {
        name: "burst_of_timers",
        operation: "all timers fire at once: the longest wait of a task that gives way all the time",
        measure: Measure::Latency,
        size: 1_000_000,
        bench_size: None,
        tiny: 100,
        operations: |_| 1,
        goals: &[Goal::fixed(2e6)],
        ..TIMER
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let longest = contestant.block_on(async move {
            C::spawn(async move {
                // Once all are armed.
                let due = Instant::now()
                    + Duration::from_millis(100)
                    + Duration::from_micros(2) * size as u32;
                let wait =
                    || async move { C::sleep(due.saturating_duration_since(Instant::now())).await };
                let timers: Vec<_> = (0..size).map(|_| C::spawn(wait())).collect();
                // The burst, and not what it took to arm it.
                C::sleep(due.saturating_duration_since(Instant::now() + Duration::from_millis(20)))
                    .await;
                let all = C::spawn(async move {
                    for timer in timers {
                        timer.await;
                    }
                });
                let is_over = Arc::new(AtomicBool::new(false));
                let watched = C::spawn(longest_wait::<C>(Arc::clone(&is_over)));
                all.await;
                // Ordering: Relaxed; the flag guards nothing.
                is_over.store(true, Ordering::Relaxed);
                watched.await
            })
            .await
        });
        Outcome::samples(vec![longest])
    }
}

/// Gives way until it is over; the longest time that this took.
async fn longest_wait<C: Contestant>(is_over: Arc<AtomicBool>) -> Duration {
    let mut longest = Duration::ZERO;
    let mut before = Instant::now();
    // Ordering: Relaxed; the flag guards nothing.
    while !is_over.load(Ordering::Relaxed) {
        C::yield_now().await;
        let now = Instant::now();
        longest = longest.max(now - before);
        before = now;
    }
    longest
}

//! The tasks that come from other threads: does it cost more when the workers are idle, when they are
//! busy, when many threads spawn?

use super::spawn::TASK;
use super::{About, Entry, Goal, Outcome, Workload, spin};
use crate::contestant::Contestant;
use crate::contestant::subjects::Oneshot;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

pub(super) const ENTRIES: &[Entry] = &[
    Entry::threaded::<ManyRemoteIdle>(),
    Entry::threaded::<ManyRemoteBusy1>(),
    Entry::threaded::<ManyRemoteBusy2>(),
    Entry::everyone::<RemoteSpawn<1>>(),
    Entry::everyone::<RemoteSpawn<2>>(),
    Entry::everyone::<RemoteSpawn<4>>(),
    Entry::everyone::<RemoteSpawn<8>>(),
];

/// How long a poll of those takes that keep the workers busy.
const STALL: Duration = Duration::from_micros(10);

fn spawn_many_remote<C: Contestant>(contestant: &C, tasks: u64) -> Outcome {
    let spawner = contestant.spawner();
    Outcome::time(|| {
        let tasks: Vec<_> = (0..tasks).map(|_| C::spawn_from(&spawner, async {})).collect();
        contestant.block_on(async {
            for task in tasks {
                task.await;
            }
        });
    })
}

/// While the workers have nothing else to do.
struct ManyRemoteIdle;

impl Workload for ManyRemoteIdle {
    const ABOUT: About =
        About { name: "spawn_many_remote_idle", goals: &[Goal::tokio(0.25)], ..TASK };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        spawn_many_remote(contestant, size)
    }
}

/// While twice as many tasks as workers give way after each stall.
struct ManyRemoteBusy1;

impl Workload for ManyRemoteBusy1 {
    const ABOUT: About =
        About { name: "spawn_many_remote_busy1", goals: &[Goal::tokio(0.25)], ..TASK };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let busy = Arc::new(AtomicBool::new(true));
        let stall = |busy: Arc<AtomicBool>| async move {
            // Ordering: Relaxed; the flag guards nothing.
            while busy.load(Ordering::Relaxed) {
                C::yield_now().await;
                spin(STALL);
            }
        };
        let spawner = contestant.spawner();
        let stalling: Vec<_> = (0..2 * contestant.workers())
            .map(|_| C::spawn_from(&spawner, stall(Arc::clone(&busy))))
            .collect();
        let outcome = spawn_many_remote(contestant, size);
        // Ordering: Relaxed, as above.
        busy.store(false, Ordering::Relaxed);
        contestant.block_on(async {
            for task in stalling {
                task.await;
            }
        });
        outcome
    }
}

/// While as many chains of tasks as workers stall and spawn their next link.
struct ManyRemoteBusy2;

fn stall_and_respawn<C: Contestant>(
    busy: Arc<AtomicBool>,
    done: <C::Oneshot as Oneshot>::Sender<()>,
) {
    C::detach(C::spawn(async move {
        // Ordering: Relaxed; the flag guards nothing.
        if busy.load(Ordering::Relaxed) {
            spin(STALL);
            stall_and_respawn::<C>(busy, done);
        } else {
            C::Oneshot::send(done, ());
        }
    }));
}

impl Workload for ManyRemoteBusy2 {
    const ABOUT: About = About {
        name: "spawn_many_remote_busy2",
        size: 1_000,
        bench_size: Some(1_000),
        goals: &[Goal::tokio(0.25)],
        ..TASK
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let busy = Arc::new(AtomicBool::new(true));
        let spawner = contestant.spawner();
        let chains: Vec<_> = (0..contestant.workers())
            .map(|_| {
                let (done, ended) = C::Oneshot::channel();
                let busy = Arc::clone(&busy);
                C::detach(C::spawn_from(&spawner, async move {
                    stall_and_respawn::<C>(busy, done);
                }));
                ended
            })
            .collect();
        let outcome = spawn_many_remote(contestant, size);
        // Ordering: Relaxed, as above.
        busy.store(false, Ordering::Relaxed);
        contestant.block_on(async {
            for ended in chains {
                C::Oneshot::receive(ended).await;
            }
        });
        outcome
    }
}

fn spawn_from_threads<C: Contestant>(contestant: &C, threads: u64, size: u64) -> Outcome {
    let barrier = Arc::new(Barrier::new(threads as usize));
    let spawning: Vec<_> = (0..threads)
        .map(|_| {
            let (barrier, spawner) = (Arc::clone(&barrier), contestant.spawner());
            thread::spawn(move || {
                barrier.wait();
                let start = Instant::now();
                let spawn = |_| C::spawn_from(&spawner, async {});
                (start, (0..size / threads).map(spawn).collect::<Vec<_>>())
            })
        })
        .collect();
    let spawned = spawning.into_iter().map(|thread| thread.join().expect("it spawns"));
    let (starts, tasks): (Vec<_>, Vec<_>) = spawned.unzip();
    let start = starts.into_iter().min().expect("there are threads");
    contestant.block_on(async {
        for task in tasks.into_iter().flatten() {
            task.await;
        }
    });
    Outcome { elapsed: start.elapsed(), ..Outcome::default() }
}

/// So many threads spawn at once, together `size` tasks.
struct RemoteSpawn<const THREADS: u64>;

impl<const THREADS: u64> Workload for RemoteSpawn<THREADS> {
    const ABOUT: About = About {
        name: match THREADS {
            1 => "remote_spawn_1_thread",
            2 => "remote_spawn_2_threads",
            4 => "remote_spawn_4_threads",
            _ => "remote_spawn_8_threads",
        },
        size: 12_800,
        bench_size: Some(12_800),
        tiny: 16,
        ..TASK
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        spawn_from_threads(contestant, THREADS, size)
    }
}

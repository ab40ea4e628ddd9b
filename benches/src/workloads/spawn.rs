//! What does a task cost, from its spawning to its end?

use super::{About, Entry, Goal, Measure, Outcome, Workload, as_many, at_once};
use crate::contestant::Contestant;
use crate::contestant::subjects::Oneshot;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) const ENTRIES: &[Entry] = &[
    Entry::everyone::<JoinFromTask>(),
    Entry::threaded::<JoinFromOutside>(),
    Entry::recorded::<ManyLocal>(),
    Entry::everyone::<Chained>(),
];

pub(super) const TASK: About = About {
    name: "",
    group: "spawn",
    question: "What does a task cost, from its spawning to its end?",
    operation: "task",
    measure: Measure::Time,
    size: 10_000,
    bench_size: Some(10_000),
    tiny: 20,
    operations: as_many,
    goals: &[],
};

/// A task spawns empty tasks and awaits them.
struct JoinFromTask;

impl Workload for JoinFromTask {
    const ABOUT: About =
        About { name: "spawn_join_from_task", size: 100_000, goals: &[Goal::tokio(0.17)], ..TASK };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        Outcome::time(|| {
            contestant.block_on(async { C::spawn(at_once::<C, _>(size, || async {})).await });
        })
    }
}

/// The thread that called `block_on`, which is no worker, does it.
struct JoinFromOutside;

impl Workload for JoinFromOutside {
    const ABOUT: About = About {
        name: "spawn_join_from_outside",
        size: 100_000,
        goals: &[Goal::tokio(0.23)],
        ..TASK
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        Outcome::time(|| contestant.block_on(at_once::<C, _>(size, || async {})))
    }
}

/// Spawns tasks that nobody awaits; the last one tells when all have run.
async fn spawn_many<C: Contestant>(tasks: u64) {
    let (sender, receiver) = C::Oneshot::channel();
    let last = Arc::new((AtomicU64::new(tasks), std::sync::Mutex::new(Some(sender))));
    for _ in 0..tasks {
        let last = Arc::clone(&last);
        C::detach(C::spawn(async move {
            // Ordering: AcqRel; the last one comes after all others.
            if last.0.fetch_sub(1, Ordering::AcqRel) == 1 {
                let sender = last.1.lock().ok().and_then(|mut sender| sender.take());
                C::Oneshot::send(sender.expect("there is one last task"), ());
            }
        }));
    }
    C::Oneshot::receive(receiver).await;
}

/// A task does it.
struct ManyLocal;

impl Workload for ManyLocal {
    const ABOUT: About = About { name: "spawn_many_local", goals: &[Goal::tokio(0.22)], ..TASK };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        Outcome::time(|| contestant.block_on(async { C::spawn(spawn_many::<C>(size)).await }))
    }
}

fn spawn_next<C: Contestant>(left: u64, done: <C::Oneshot as Oneshot>::Sender<()>) {
    if left == 0 {
        C::Oneshot::send(done, ());
    } else {
        C::detach(C::spawn(async move { spawn_next::<C>(left - 1, done) }));
    }
}

/// Each task spawns the next and ends.
struct Chained;

impl Workload for Chained {
    const ABOUT: About = About {
        name: "chained_spawn",
        size: 1_000,
        bench_size: Some(1_000),
        goals: &[Goal::tokio(0.11)],
        ..TASK
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        Outcome::time(|| {
            contestant.block_on(async {
                let (done, receiver) = C::Oneshot::channel();
                C::detach(C::spawn(async move { spawn_next::<C>(size, done) }));
                C::Oneshot::receive(receiver).await;
            });
        })
    }
}

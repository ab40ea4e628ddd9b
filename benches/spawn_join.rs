//! What does it cost to spawn an empty task and to await it: from inside a task, and from the thread
//! that called `block_on`, which is no worker?

use criterion::{criterion_group, criterion_main};
use filch_benches::contestant::Contestant;
use filch_benches::{Workload, compare};

const TASKS: u64 = 10_000;

async fn spawn_and_join<C: Contestant>() {
    let tasks: Vec<_> = (0..TASKS).map(|_| C::spawn(async {})).collect();
    for task in tasks {
        task.await;
    }
}

struct FromTask;

impl Workload for FromTask {
    const NAME: &'static str = "spawn_join_from_task";
    const OPERATIONS: u64 = TASKS;

    fn run<C: Contestant>(contestant: &C) {
        contestant.block_on(async { C::spawn(spawn_and_join::<C>()).await });
    }
}

struct FromOutside;

impl Workload for FromOutside {
    const NAME: &'static str = "spawn_join_from_outside";
    const OPERATIONS: u64 = TASKS;

    fn run<C: Contestant>(contestant: &C) {
        contestant.block_on(spawn_and_join::<C>());
    }
}

criterion_group!(benches, compare::<FromTask>, compare::<FromOutside>);
criterion_main!(benches);

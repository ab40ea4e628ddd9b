//! What does it cost to give way: among 200 tasks that all do (`yield_many`), and for a task alone?

use criterion::{criterion_group, criterion_main};
use filch_benches::contestant::Contestant;
use filch_benches::{Workload, compare};

const TASKS: u64 = 200;
const YIELDS: u64 = 1_000;

async fn give_way<C: Contestant>(times: u64) {
    for _ in 0..times {
        C::yield_now().await;
    }
}

struct Many;

impl Workload for Many {
    const NAME: &'static str = "yield_many";
    const OPERATIONS: u64 = TASKS * YIELDS;

    fn run<C: Contestant>(contestant: &C) {
        contestant.block_on(async {
            let tasks: Vec<_> = (0..TASKS).map(|_| C::spawn(give_way::<C>(YIELDS))).collect();
            for task in tasks {
                task.await;
            }
        });
    }
}

struct Alone;

impl Workload for Alone {
    const NAME: &'static str = "yield_alone";
    const OPERATIONS: u64 = 10 * YIELDS;

    fn run<C: Contestant>(contestant: &C) {
        contestant.block_on(async { C::spawn(give_way::<C>(Self::OPERATIONS)).await });
    }
}

criterion_group!(benches, compare::<Many>, compare::<Alone>);
criterion_main!(benches);

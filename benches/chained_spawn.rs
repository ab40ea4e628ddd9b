//! What does a chain cost, in which each task spawns the next and ends (`chained_spawn`)?

use criterion::{criterion_group, criterion_main};
use filch_benches::contestant::Contestant;
use filch_benches::{Workload, compare};

const LINKS: u64 = 1_000;

fn spawn_next<C: Contestant>(left: u64, done: C::OneshotSender<()>) {
    if left == 0 {
        C::send(done, ());
    } else {
        C::detach(C::spawn(async move { spawn_next::<C>(left - 1, done) }));
    }
}

struct ChainedSpawn;

impl Workload for ChainedSpawn {
    const NAME: &'static str = "chained_spawn";
    const OPERATIONS: u64 = LINKS;

    fn run<C: Contestant>(contestant: &C) {
        contestant.block_on(async {
            let (done, receiver) = C::oneshot();
            C::detach(C::spawn(async move { spawn_next::<C>(LINKS, done) }));
            C::receive(receiver).await;
        });
    }
}

criterion_group!(benches, compare::<ChainedSpawn>);
criterion_main!(benches);

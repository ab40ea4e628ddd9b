//! What does a question and its answer cost: two tasks, two channels for one message (`ping_pong`)?

use criterion::{criterion_group, criterion_main};
use filch_benches::contestant::Contestant;
use filch_benches::{Workload, compare};

const PAIRS: u64 = 1_000;

async fn ping<C: Contestant>() {
    let (question, asked) = C::oneshot();
    let (answer, answered) = C::oneshot();
    C::detach(C::spawn(async move {
        C::receive(asked).await;
        C::send(answer, ());
    }));
    C::send(question, ());
    C::receive(answered).await;
}

struct PingPong;

impl Workload for PingPong {
    const NAME: &'static str = "ping_pong";
    const OPERATIONS: u64 = PAIRS;

    fn run<C: Contestant>(contestant: &C) {
        contestant.block_on(async {
            C::spawn(async {
                let pairs: Vec<_> = (0..PAIRS).map(|_| C::spawn(ping::<C>())).collect();
                for pair in pairs {
                    pair.await;
                }
            })
            .await;
        });
    }
}

criterion_group!(benches, compare::<PingPong>);
criterion_main!(benches);

//! What does it cost to go from one task to another?

use super::{About, Entry, Goal, Measure, Outcome, Workload, as_many, at_once};
use crate::contestant::Contestant;
use crate::contestant::subjects::Oneshot;

pub(super) const ENTRIES: &[Entry] = &[
    Entry::recorded::<YieldMany>(),
    Entry::everyone::<YieldAlone>(),
    Entry::everyone::<PingPong>(),
];

const SWITCH: About = About {
    name: "",
    group: "switch",
    question: "What does it cost to go from one task to another?",
    operation: "yield",
    measure: Measure::Time,
    size: 1_000,
    bench_size: Some(1_000),
    tiny: 20,
    operations: as_many,
    goals: &[],
};

async fn give_way<C: Contestant>(times: u64) {
    for _ in 0..times {
        C::yield_now().await;
    }
}

/// 200 tasks that all give way.
struct YieldMany;

const YIELDERS: u64 = 200;

impl Workload for YieldMany {
    const ABOUT: About = About {
        name: "yield_many",
        bench_size: Some(100),
        operations: |size| size * YIELDERS,
        goals: &[Goal::tokio(0.27)],
        ..SWITCH
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        Outcome::time(|| {
            contestant.block_on(at_once::<C, _>(YIELDERS, || give_way::<C>(size)));
        })
    }
}

/// A task gives way to nobody.
struct YieldAlone;

impl Workload for YieldAlone {
    const ABOUT: About =
        About { name: "yield_alone", size: 100_000, bench_size: Some(10_000), ..SWITCH };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        Outcome::time(|| contestant.block_on(async { C::spawn(give_way::<C>(size)).await }))
    }
}

async fn ping<C: Contestant>() {
    let (question, asked) = C::Oneshot::channel();
    let (answer, answered) = C::Oneshot::channel();
    C::detach(C::spawn(async move {
        C::Oneshot::receive(asked).await;
        C::Oneshot::send(answer, ());
    }));
    C::Oneshot::send(question, ());
    C::Oneshot::receive(answered).await;
}

/// Pairs of tasks, a question and its answer between the two.
struct PingPong;

impl Workload for PingPong {
    const ABOUT: About = About {
        name: "ping_pong",
        operation: "question and answer: 2 spawns, 2 oneshots",
        goals: &[Goal::tokio(0.23)],
        ..SWITCH
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        Outcome::time(|| {
            contestant.block_on(async move {
                C::spawn(async move {
                    at_once::<C, _>(size, ping::<C>).await;
                })
                .await;
            });
        })
    }
}

//! What does a blocking call cost, there and back?

use super::{About, Entry, Goal, Measure, Outcome, Workload, at_once};
use crate::contestant::Contestant;

pub(super) const ENTRIES: &[Entry] = &[Entry::everyone::<SpawnBlocking>()];

const CALLERS: u64 = 8;

/// 8 tasks at once, each with one call on its way.
struct SpawnBlocking;

impl Workload for SpawnBlocking {
    const ABOUT: About = About {
        name: "spawn_blocking",
        group: "blocking",
        question: "What does a blocking call cost, there and back?",
        operation: "round trip of a call that does nothing, 8 tasks at it",
        measure: Measure::Time,
        size: 10_000,
        bench_size: Some(200),
        tiny: 5,
        operations: |size| size * CALLERS,
        goals: &[Goal::tokio(0.22)],
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        Outcome::time(|| {
            let call = || async move {
                for _ in 0..size {
                    C::spawn_blocking(|| ()).await;
                }
            };
            contestant.block_on(at_once::<C, _>(CALLERS, call));
        })
    }
}

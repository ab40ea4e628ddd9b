//! What does it cost that no child outlives its parent?

use super::{About, Candidate, Entry, Goal, Measure, Outcome, Workload, as_many, at_once};
use crate::contestant::{Contestant, Filch, FilchLoop, Tokio, TokioCurrent};
use std::marker::PhantomData;

pub(super) const ENTRIES: &[Entry] = &[Entry {
    about: Children::<Scope>::ABOUT,
    candidates: &[
        Candidate::of::<Children<Scope>, Filch>(),
        Candidate::of::<Children<Scope>, FilchLoop>(),
        Candidate::named::<Children<Bare>, Filch>("filch_bare"),
        Candidate::named::<Children<FilchSet>, Filch>("filch_join_set"),
        Candidate::of::<Children<TokioSet>, Tokio>(),
        Candidate::of::<Children<TokioSet>, TokioCurrent>(),
    ],
}];

/// How a parent has its children.
trait Family: 'static {
    /// Spawns so many children and waits for them, inside of a task.
    fn raise<C: Contestant>(children: u64) -> impl Future<Output = ()> + Send;
}

/// In a scope.
struct Scope;

impl Family for Scope {
    async fn raise<C: Contestant>(children: u64) {
        let scope = filch::task::scope(move |s| async move {
            for _ in 0..children {
                drop(s.spawn(async {}));
            }
        });
        scope.await.expect("no child fails");
    }
}

/// With a handle for each, which is no more than the others do at least.
struct Bare;

impl Family for Bare {
    async fn raise<C: Contestant>(children: u64) {
        at_once::<C, _>(children, || async {}).await;
    }
}

macro_rules! set {
    ($family:ident, $library:ident) => {
        /// In a set of handles, which aborts them when it is dropped.
        struct $family;

        impl Family for $family {
            async fn raise<C: Contestant>(children: u64) {
                let mut set = $library::task::JoinSet::new();
                for _ in 0..children {
                    set.spawn(async {});
                }
                while let Some(ended) = set.join_next().await {
                    ended.expect("no child fails");
                }
            }
        }
    };
}

set!(FilchSet, filch);
set!(TokioSet, tokio);

/// A task has ten thousand children and ends after them.
struct Children<F>(PhantomData<F>);

impl<F: Family> Workload for Children<F> {
    const ABOUT: About = About {
        name: "scope",
        group: "scope",
        question: "What does it cost that no child outlives its parent?",
        operation: "child of a scope (filch) or of a set of handles (tokio)",
        measure: Measure::Time,
        size: 10_000,
        bench_size: Some(10_000),
        tiny: 20,
        operations: as_many,
        goals: &[Goal::beside("filch_bare", 1.2)],
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        Outcome::time(|| contestant.block_on(async { C::spawn(F::raise::<C>(size)).await }))
    }
}

//! What does it cost to divide work into tasks, down to almost nothing?

use super::{About, Candidate, Entry, Goal, Measure, On, Outcome, Workload};
use crate::contestant::{Contestant, Filch, FilchLoop, Rayon, Smol, Tokio, TokioCurrent};
use std::pin::Pin;

pub(super) const ENTRIES: &[Entry] = &[
    Entry::everyone::<Skynet>(),
    Entry::everyone::<Fib>(),
    Entry {
        about: ForkJoin::ABOUT,
        candidates: &[
            Candidate::of::<ForkJoin, Filch>(),
            Candidate::of::<ForkJoin, FilchLoop>(),
            Candidate::of::<ForkJoin, Tokio>(),
            Candidate::of::<ForkJoin, TokioCurrent>(),
            Candidate::of::<ForkJoin, Smol>(),
            Candidate {
                name: Rayon::NAME,
                start: |workers| {
                    Box::new(On { contestant: Rayon::new(workers), run: fork_join_on_rayon })
                },
            },
        ],
    },
];

const DIVIDE: About = About {
    name: "",
    group: "divide",
    question: "What does it cost to divide work into tasks, down to almost nothing?",
    operation: "",
    measure: Measure::Time,
    size: 0,
    bench_size: None,
    tiny: 0,
    operations: super::as_many,
    goals: &[],
};

/// A tree of tasks, ten below each, `size` (a power of ten) leaves; they add up their numbers.
struct Skynet;

fn skynet<C: Contestant>(first: u64, leaves: u64) -> C::Join<u64> {
    C::spawn(async move {
        if leaves == 1 {
            return first;
        }
        let below = leaves / 10;
        let children: Vec<_> =
            (0..10).map(|child| skynet::<C>(first + child * below, below)).collect();
        let mut sum = 0;
        for child in children {
            sum += child.await;
        }
        sum
    })
}

impl Workload for Skynet {
    const ABOUT: About = About {
        name: "skynet",
        operation: "leaf, which is 1.11 tasks",
        size: 1_000_000,
        bench_size: Some(10_000),
        tiny: 100,
        goals: &[Goal::tokio(0.10)],
        ..DIVIDE
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        Outcome::time(|| {
            let sum = contestant.block_on(async { skynet::<C>(0, size).await });
            assert_eq!(sum, size * (size - 1) / 2);
        })
    }
}

/// Fibonacci's number of `size`, a task for each call.
struct Fib;

fn fib<C: Contestant>(n: u64) -> C::Join<u64> {
    C::spawn(async move {
        if n < 2 {
            return n;
        }
        let (one, other) = (fib::<C>(n - 1), fib::<C>(n - 2));
        one.await + other.await
    })
}

const fn fibonacci(n: u64) -> u64 {
    let (mut this, mut next, mut index) = (0, 1, 0);
    while index < n {
        (this, next) = (next, this + next);
        index += 1;
    }
    this
}

impl Workload for Fib {
    const ABOUT: About = About {
        name: "fib_by_spawn",
        operation: "call, each of which is a task",
        size: 25,
        bench_size: Some(18),
        tiny: 6,
        operations: |size| 2 * fibonacci(size + 1) - 1,
        goals: &[Goal::tokio(0.15)],
        ..DIVIDE
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        Outcome::time(|| {
            let number = contestant.block_on(async { fib::<C>(size).await });
            assert_eq!(number, fibonacci(size));
        })
    }
}

/// A tree of `size` levels, two branches at each fork: one is given away, the other done in place.
struct ForkJoin;

fn fork_join<C: Contestant>(levels: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        if levels == 0 {
            return 1;
        }
        let given_away = C::spawn(fork_join::<C>(levels - 1));
        fork_join::<C>(levels - 1).await + given_away.await
    })
}

fn fork_join_on_rayon(pool: &Rayon, size: u64) -> Outcome {
    fn fork_join(levels: u64) -> u64 {
        if levels == 0 {
            return 1;
        }
        let (one, other) = rayon::join(|| fork_join(levels - 1), || fork_join(levels - 1));
        one + other
    }
    Outcome::time(|| assert_eq!(pool.install(|| fork_join(size)), 1 << size))
}

impl Workload for ForkJoin {
    const ABOUT: About = About {
        name: "fork_join",
        operation: "fork and join",
        size: 16,
        bench_size: Some(12),
        tiny: 4,
        operations: |size| (1 << size) - 1,
        ..DIVIDE
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        Outcome::time(|| {
            let leaves = contestant.block_on(async { C::spawn(fork_join::<C>(size)).await });
            assert_eq!(leaves, 1 << size);
        })
    }
}

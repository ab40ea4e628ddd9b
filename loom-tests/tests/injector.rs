//! The injector: `crates/executor/src/injector.rs`, on a locked queue, because loom cannot look inside
//! crossbeam's. What is explored is what Filch makes of the queue.
#![cfg(filch_loom)]

use filch_executor::model::idle::Idle;
use filch_executor::model::injector::Injector;
use filch_executor::{CondvarPark, Park};
use filch_primitives::sync::Arc;
use filch_primitives::thread;
use loom_tests::explore;

type Queue = Injector<Box<usize>>;

/// Takes a batch, as one of `workers`; all of it, in the order of taking.
fn batch(injector: &Queue, workers: usize) -> Vec<usize> {
    let mut rest = Vec::new();
    let first = injector.pop_batch(workers, |item| rest.push(item));
    first.into_iter().chain(rest).map(|item| *item).collect()
}

fn drain(injector: &Queue) -> Vec<usize> {
    std::iter::from_fn(|| injector.pop()).map(|item| *item).collect()
}

#[test]
fn conserves_items() {
    explore(["the worker found some", "the worker found none"], |seen| {
        let injector = Arc::new(Queue::new());
        let submitters = [1, 2].map(|n| {
            let injector = injector.clone();
            thread::spawn(move || injector.push(Box::new(n)))
        });
        let mut taken = batch(&injector, 1);
        seen.note(if taken.is_empty() { "the worker found none" } else { "the worker found some" });
        for submitter in submitters {
            submitter.join().unwrap();
        }
        taken.extend(drain(&injector));
        assert!(injector.is_empty());
        taken.sort_unstable();
        assert_eq!(taken, [1, 2], "lost or doubled");
    });
}

#[test]
fn batch_is_fair() {
    explore(["one was first", "the other was first"], |seen| {
        let injector = Arc::new(Queue::new());
        for n in 1..=3 {
            injector.push(Box::new(n));
        }
        let theirs = injector.clone();
        let other = thread::spawn(move || batch(&theirs, 2));
        let mine = batch(&injector, 2);
        let others = other.join().unwrap();
        let left = drain(&injector);
        assert!(!mine.is_empty() && !others.is_empty(), "one took it all");
        assert!(mine.is_sorted() && others.is_sorted(), "out of order");
        let mut all = [&mine[..], &others, &left].concat();
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3], "lost or doubled");
        seen.note(if mine[0] == 1 { "one was first" } else { "the other was first" });
    });
}

#[test]
fn hand_over_wakes_a_sleeper() {
    explore(["the worker was woken", "the worker saw it"], |seen| {
        let shared = Arc::new((Queue::new(), Idle::new(1), CondvarPark::new()));
        let theirs = shared.clone();
        let submitter = thread::spawn(move || {
            let (injector, idle, park) = &*theirs;
            injector.push(Box::new(1));
            if idle.notify() {
                park.unpark_one();
            }
        });
        let (injector, idle, park) = &*shared;
        // As in `worker.rs`.
        idle.park(false);
        if injector.is_empty() {
            park.park(None);
            idle.unpark();
            seen.note("the worker was woken");
        } else {
            idle.cancel_park();
            seen.note("the worker saw it");
        }
        assert_eq!(injector.pop(), Some(Box::new(1)));
        submitter.join().unwrap();
    });
}

//! One tiny runtime, whole: the executor that ships, from `build` to the end of its shutdown, with its scheduler, workers,
//! queues, tasks, handles and wakers. What stands in: the locked queue for crossbeam's injector, two `SeqCst` fences for
//! `membarrier`, a clock that goes on with every look at it, and the executor's own park, on a lock, for the drivers.
#![cfg(filch_loom)]

use filch_executor::{Builder, Executor};
use filch_primitives::sync::{Arc, Mutex};
use filch_primitives::thread;
use loom_tests::Outcomes;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// Opened from outside; one task waits for it.
#[derive(Default)]
struct Gate(Mutex<(bool, Option<Waker>)>);

impl Gate {
    /// Whether somebody waited.
    fn open(&self) -> bool {
        let waker = {
            let mut state = self.0.lock();
            state.0 = true;
            state.1.take()
        };
        let waited = waker.is_some();
        waker.into_iter().for_each(Waker::wake);
        waited
    }

    fn is_waited_for(&self) -> bool {
        self.0.lock().1.is_some()
    }
}

struct Wait(Arc<Gate>);

impl Future for Wait {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        let mut state = self.0.0.lock();
        if state.0 {
            return Poll::Ready(20);
        }
        state.1 = Some(cx.waker().clone());
        Poll::Pending
    }
}

fn executor(workers: usize) -> Executor {
    Builder::new_multi_thread()
        .worker_threads(workers)
        .max_workers(workers)
        .spare_workers(0)
        .long_poll_threshold(None)
        .build()
        .expect("threads of a model can be had")
}

/// Explores `model` with at most `preemptions`, which a whole runtime has room for in few minutes.
fn explore<const N: usize>(
    preemptions: usize,
    outcomes: [&'static str; N],
    model: impl Fn(&Outcomes) + Send + Sync + 'static,
) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 100_000;
    loom_tests::explore_with(&builder, outcomes, model);
}

#[test]
fn one_worker_runs_a_task_and_ends() {
    explore(1, ["done"], |seen| {
        let executor = executor(1);
        let task = executor.spawn(async { 7 });
        assert_eq!(executor.block_on(task).expect("it is not cancelled"), 7);
        drop(executor);
        seen.note("done");
    });
}

#[test]
fn two_workers_two_tasks_and_a_wake_up_from_outside() {
    explore(1, ["it waited", "it did not wait"], |seen| {
        let executor = executor(2);
        let gate = Arc::new(Gate::default());
        let waits = executor.spawn(Wait(gate.clone()));
        let joins = executor.spawn(async { waits.await.expect("it is not cancelled") + 1 });
        seen.note(if gate.open() { "it waited" } else { "it did not wait" });
        assert_eq!(executor.block_on(joins).expect("it is not cancelled"), 21);
        drop(executor);
    });
}

#[test]
fn a_task_that_waits_for_ever_ends_with_the_runtime() {
    explore(1, ["it has waited", "it was never polled"], |seen| {
        let executor = executor(2);
        let gate = Arc::new(Gate::default());
        let waits = executor.spawn(Wait(gate.clone()));
        drop(executor);
        assert!(waits.is_finished(), "the shutdown has not waited for it");
        seen.note(if gate.open() { "it has waited" } else { "it was never polled" });
    });
}

/// Who wakes from outside does not keep the scheduler alive: the shutdown waits until it has let go.
#[test]
fn a_wake_up_from_outside_meets_the_shutdown() {
    explore(1, ["it was woken", "it was ended"], |seen| {
        let executor = executor(1);
        let gate = Arc::new(Gate::default());
        let waits = executor.spawn(Wait(gate.clone()));
        while !gate.is_waited_for() {
            thread::yield_now();
        }
        let opener = thread::spawn(move || gate.open());
        drop(executor);
        assert!(waits.is_finished(), "the shutdown has not waited for it");
        opener.join().expect("it does not panic");
        let is_cancelled = loom::future::block_on(waits).is_err();
        seen.note(if is_cancelled { "it was ended" } else { "it was woken" });
    });
}

#[test]
fn the_number_of_workers_changes_under_a_task() {
    explore(1, ["done"], |seen| {
        let executor = executor(2);
        let gate = Arc::new(Gate::default());
        let waits = executor.spawn(Wait(gate.clone()));
        executor.handle().set_workers(1).expect("it is a number of workers");
        gate.open();
        assert_eq!(executor.block_on(waits).expect("it is not cancelled"), 20);
        drop(executor);
        seen.note("done");
    });
}

//! What waits for tasks is dropped at each of its awaits, ten thousand times, with the workers at work: what it leaves
//! behind is what its documentation says.

#[path = "../../sync/tests/support/dropping.rs"]
mod dropping;
mod support;

use dropping::{Dropper, while_others_work};
use filch::runtime::{Builder, Runtime};
use filch::sync::{Mutex, RwLock, Semaphore, mpsc, oneshot};
use filch::task::{JoinMap, JoinSet, TaskGroup, scope, yield_now};
use filch::time::{Duration, timeout};
use filch_primitives::thread;
use std::future::pending;
use std::sync::Arc;
use support::bounded;

const LONG: Duration = Duration::from_secs(3600);

/// Drops what `each` makes, on a thread that is no worker, while two workers run.
fn while_workers_work(runtime: &Runtime, each: impl FnMut(&mut Dropper)) {
    let _entered = runtime.enter();
    while_others_work(&[], each);
}

fn two_workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

/// A task that takes some turns, and ends with its number.
async fn number_after_turns(number: usize) -> usize {
    for _ in 0..number % 4 {
        yield_now().await;
    }
    number
}

#[test]
fn join_handle_keeps_the_output_and_detaches_the_task() {
    bounded(|| {
        let alive = Arc::new(());
        let mut number = 0;
        let runtime = two_workers();
        while_workers_work(&runtime, |dropper| {
            number += 1;
            let held = alive.clone();
            let mut handle = filch::spawn(async move {
                let _held = held;
                number_after_turns(number).await
            });
            loop {
                // What is dropped is the wait; every third time the handle goes with it.
                match dropper.attempt(&mut handle) {
                    Some(output) => break assert_eq!(output.unwrap(), number),
                    None if number % 3 == 0 => break,
                    None => {}
                }
            }
        });
        // All come to their end, also those that nobody waits for.
        wait_until_alone(&alive);
    });
}

fn wait_until_alone(alive: &Arc<()>) {
    while Arc::strong_count(alive) > 1 {
        thread::yield_now();
    }
}

/// What was spawned and what came back: how many, and the sum of their numbers.
#[derive(Debug, Default, PartialEq)]
struct Sum(usize, usize);

impl Sum {
    fn add(&mut self, number: usize) {
        self.0 += 1;
        self.1 += number;
    }
}

#[test]
fn join_set_join_next_loses_no_output() {
    bounded(|| {
        let mut set = JoinSet::new();
        let (mut spawned, mut joined) = (Sum::default(), Sum::default());
        let runtime = two_workers();
        while_workers_work(&runtime, |dropper| {
            while set.len() < 4 {
                set.spawn(number_after_turns(spawned.0));
                spawned.add(spawned.0);
            }
            if let Some(next) = dropper.attempt(set.join_next()) {
                joined.add(next.unwrap().unwrap());
            }
        });
        runtime.block_on(set.join_all()).into_iter().for_each(|number| joined.add(number));
        assert_eq!(joined, spawned);
    });
}

#[test]
fn join_map_join_next_loses_no_output() {
    bounded(|| {
        let mut map = JoinMap::new();
        let (mut spawned, mut joined) = (Sum::default(), Sum::default());
        let mut check = |next: Option<(usize, Result<usize, _>)>| {
            let (key, number) = next.unwrap();
            assert_eq!(number.unwrap(), key);
            joined.add(key);
        };
        let runtime = two_workers();
        while_workers_work(&runtime, |dropper| {
            while map.len() < 4 {
                map.spawn(spawned.0, number_after_turns(spawned.0));
                spawned.add(spawned.0);
            }
            if let Some(next) = dropper.attempt(map.join_next()) {
                check(next);
            }
        });
        while !map.is_empty() {
            check(runtime.block_on(map.join_next()));
        }
        assert_eq!(joined, spawned);
    });
}

#[test]
fn as_completed_next_loses_no_output() {
    bounded(|| {
        let runtime = two_workers();
        while_workers_work(&runtime, |dropper| {
            let spawn = |number| filch::spawn(number_after_turns(number));
            let mut ends = filch::as_completed((0..4).map(spawn));
            let mut seen = [false; 4];
            while !ends.is_empty() {
                if let Some(next) = dropper.attempt(ends.next_with_number()) {
                    let (number, output) = next.unwrap();
                    assert_eq!(output.unwrap(), number);
                    assert!(!std::mem::replace(&mut seen[number], true), "it came twice");
                }
            }
            assert_eq!(seen, [true; 4]);
        });
    });
}

#[test]
fn a_scope_or_group_that_is_dropped_aborts_its_children() {
    bounded(|| {
        let alive = Arc::new(());
        let child = || {
            let held = alive.clone();
            async move {
                let _held = held;
                pending::<()>().await;
            }
        };
        let runtime = two_workers();
        let mut rounds = 0;
        while_workers_work(&runtime, |dropper| {
            rounds += 1;
            if rounds % 2 == 0 {
                let group: TaskGroup = TaskGroup::new();
                group.spawn(child());
                assert!(dropper.attempt(group.join()).is_none(), "a child has not ended");
            } else {
                let scope = scope(async |s| {
                    s.spawn(child());
                    s.spawn(child()).await
                });
                assert!(dropper.attempt(scope).is_none(), "a child has not ended");
            }
        });
        wait_until_alone(&alive);
    });
}

#[test]
fn a_timeout_that_is_dropped_loses_what_its_future_loses() {
    bounded(|| {
        let (tx, mut rx) = mpsc::channel(2);
        let runtime = two_workers();
        runtime.spawn(async move {
            for number in 0_usize.. {
                if tx.send(number).await.is_err() {
                    break;
                }
            }
        });
        let mut received = 0;
        while_workers_work(&runtime, |dropper| {
            if let Some(message) = dropper.attempt(timeout(LONG, rx.recv())) {
                assert_eq!(message, Ok(Some(received)), "lost, doubled or out of order");
                received += 1;
            }
        });
    });
}

#[test]
fn what_an_aborted_task_holds_across_an_await_is_released() {
    bounded(|| {
        let mutex = Arc::new(Mutex::new(()));
        let lock = Arc::new(RwLock::new(()));
        let semaphore = Arc::new(Semaphore::new(1));
        let (tx, mut rx) = mpsc::channel(1);
        let runtime = two_workers();
        runtime.block_on(async {
            for _ in 0..100 {
                let (has_all, all) = oneshot::channel();
                let mine = (mutex.clone(), lock.clone(), semaphore.clone(), tx.clone());
                let holder = filch::spawn(async move {
                    let (mutex, lock, semaphore, tx) = mine;
                    let _borrowed = (mutex.lock().await, semaphore.acquire().await.unwrap());
                    let _owned = lock.clone().write_owned().await;
                    let _room = tx.reserve().await.unwrap();
                    has_all.send(()).unwrap();
                    pending::<()>().await;
                });
                all.await.unwrap();
                assert!(mutex.try_lock().is_err() && lock.try_read().is_err());
                assert!(semaphore.try_acquire().is_err() && tx.try_send(()).is_err());
                holder.abort();
                // Nobody waits for its end: what it held is free when its future is gone.
                drop((mutex.lock().await, lock.read().await, semaphore.acquire().await.unwrap()));
                tx.send(()).await.unwrap();
                assert_eq!(rx.recv().await, Some(()));
            }
        });
    });
}

//! Who runs when: nobody is kept out, and on the event loop the order is exact.

mod support;

use filch_executor::{EventLoop, spawn, yield_now};
use filch_primitives::atomic::{AtomicBool, Ordering};
use filch_primitives::sync::Arc;
use std::future::poll_fn;
use std::task::Poll;
use support::{Counter, Gate, Trace, asleep, both_flavours, bounded, eventually, multi, thread};

/// A flag that ends the storms of a test.
fn flag() -> Arc<AtomicBool> {
    Arc::new(AtomicBool::new(false))
}

fn raise(flag: &AtomicBool) {
    // Ordering: Relaxed; a signal and nothing else.
    flag.store(true, Ordering::Relaxed);
}

fn is_raised(flag: &AtomicBool) -> bool {
    // Ordering: Relaxed; as above.
    flag.load(Ordering::Relaxed)
}

#[test]
fn tasks_that_yield_for_ever_do_not_starve_a_task_from_outside() {
    both_flavours(|executor| {
        let stop = flag();
        let storm: Vec<_> = (0..600)
            .map(|_| {
                let stop = stop.clone();
                executor.spawn(async move {
                    while !is_raised(&stop) {
                        yield_now().await;
                    }
                })
            })
            .collect();
        let (handle, stops) = (executor.handle().clone(), stop.clone());
        let outside = thread(move || handle.spawn(async move { raise(&stops) }));
        for task in storm {
            executor.block_on(task).unwrap();
        }
        executor.block_on(outside.join().unwrap()).unwrap();
    });
}

#[test]
fn tasks_that_wake_themselves_for_ever_do_not_starve_a_task_from_outside() {
    both_flavours(|executor| {
        let stop = flag();
        let storm: Vec<_> = (0..20)
            .map(|_| {
                let stop = stop.clone();
                executor.spawn(poll_fn(move |cx| {
                    cx.waker().wake_by_ref();
                    if is_raised(&stop) { Poll::Ready(()) } else { Poll::Pending }
                }))
            })
            .collect();
        let (handle, stops) = (executor.handle().clone(), stop.clone());
        let outside = thread(move || handle.spawn(async move { raise(&stops) }));
        for task in storm {
            executor.block_on(task).unwrap();
        }
        executor.block_on(outside.join().unwrap()).unwrap();
    });
}

#[test]
fn two_tasks_that_wake_each_other_do_not_starve_the_queue_behind_them() {
    both_flavours(|executor| {
        let stop = flag();
        let slots = [Gateway::new(), Gateway::new()];
        let pair: Vec<_> = (0..2)
            .map(|n| {
                let (own, other, stop) = (slots[n].clone(), slots[1 - n].clone(), stop.clone());
                executor.spawn(poll_fn(move |cx| {
                    own.register(cx.waker());
                    other.wake();
                    if is_raised(&stop) { Poll::Ready(()) } else { Poll::Pending }
                }))
            })
            .collect();
        let stops = stop.clone();
        // From inside, so that it is queued behind the pair on the very worker it plays on.
        let behind = executor.spawn(async move {
            spawn(async move {
                for _ in 0..10 {
                    yield_now().await;
                }
                raise(&stops);
            })
            .await
            .unwrap();
        });
        executor.block_on(behind).unwrap();
        for (task, slot) in pair.into_iter().zip(&slots) {
            slot.wake();
            executor.block_on(task).unwrap();
        }
    });
}

/// Where a task leaves its waker for its partner.
#[derive(Default)]
struct Gateway(filch_primitives::sync::Mutex<Option<std::task::Waker>>);

impl Gateway {
    fn new() -> Arc<Self> {
        Arc::default()
    }

    fn register(&self, waker: &std::task::Waker) {
        *self.0.lock() = Some(waker.clone());
    }

    fn wake(&self) {
        if let Some(waker) = &*self.0.lock() {
            waker.wake_by_ref();
        }
    }
}

#[test]
fn every_one_of_many_yielding_tasks_makes_progress() {
    both_flavours(|executor| {
        let stop = flag();
        let turns: Vec<_> = (0..50).map(|_| Counter::new()).collect();
        let tasks: Vec<_> = turns
            .iter()
            .map(|turns| {
                let (turns, stop) = (turns.clone(), stop.clone());
                executor.spawn(async move {
                    while !is_raised(&stop) {
                        turns.add_one();
                        yield_now().await;
                    }
                })
            })
            .collect();
        executor.block_on(async {
            while turns.iter().any(|turns| turns.get() < 20) {
                yield_now().await;
            }
        });
        raise(&stop);
        for task in tasks {
            executor.block_on(task).unwrap();
        }
    });
}

#[test]
fn an_idle_worker_takes_work_from_a_busy_one() {
    bounded(|| {
        let executor = multi(4);
        // Four tasks of one task, which can only end together: on four threads.
        let root = executor.spawn(async {
            let barrier = Arc::new(std::sync::Barrier::new(4));
            let tasks: Vec<_> = (0..4)
                .map(|_| {
                    let barrier = barrier.clone();
                    spawn(async move {
                        barrier.wait();
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
        executor.block_on(root).unwrap();
    });
}

#[test]
fn the_event_loop_runs_tasks_first_in_first_out() {
    bounded(|| {
        let event_loop = EventLoop::new().unwrap();
        let trace = Trace::new();
        let events = trace.clone();
        event_loop.block_on(async move {
            let (first, second) = (events.clone(), events.clone());
            events.push("spawn 1");
            let one = spawn(async move {
                first.push("poll 1");
                yield_now().await;
                first.push("poll 1 again");
            });
            events.push("spawn 2");
            let two = spawn(async move {
                second.push("poll 2");
                yield_now().await;
                second.push("poll 2 again");
            });
            events.push("await");
            one.await.unwrap();
            events.push("joined 1");
            two.await.unwrap();
            events.push("joined 2");
        });
        assert_eq!(
            trace.take(),
            [
                "spawn 1",
                "spawn 2",
                "await",
                "poll 1",
                "poll 2",
                "poll 1 again",
                "poll 2 again",
                "joined 1",
                "joined 2"
            ]
        );
    });
}

#[test]
fn the_event_loop_runs_woken_tasks_in_the_order_of_their_wake_ups() {
    bounded(|| {
        let event_loop = EventLoop::new().unwrap();
        let trace = Trace::new();
        let gates: Vec<_> = (0..3).map(|_| Gate::new()).collect();
        let names = ["poll a", "poll b", "poll c"];
        for (gate, name) in gates.iter().zip(names) {
            let (wait, trace) = (gate.wait(), trace.clone());
            drop(event_loop.spawn_local(async move {
                trace.push("spawn");
                wait.await;
                trace.push(name);
            }));
        }
        event_loop.block_on(async {
            yield_now().await;
            for (gate, event) in [(2, "wake c"), (0, "wake a"), (1, "wake b")] {
                trace.push(event);
                gates[gate].open();
            }
            yield_now().await;
            trace.push("main");
        });
        assert_eq!(
            trace.take(),
            [
                "spawn", "spawn", "spawn", "wake c", "wake a", "wake b", "poll c", "poll a",
                "poll b", "main"
            ]
        );
    });
}

#[test]
fn a_future_of_block_on_comes_behind_what_was_spawned_before_it() {
    bounded(|| {
        let event_loop = EventLoop::new().unwrap();
        let trace = Trace::new();
        let (local, remote) = (trace.clone(), trace.clone());
        drop(event_loop.spawn_local(async move { local.push("local") }));
        let handle = event_loop.handle().clone();
        drop(thread(move || handle.spawn(async move { remote.push("remote") })).join());
        event_loop.block_on(async { trace.push("main") });
        // From outside `block_on` both are pushes from outside.
        assert_eq!(trace.take(), ["local", "remote", "main"]);
    });
}

#[test]
fn when_block_on_ends_what_is_runnable_has_one_more_turn_and_no_second() {
    bounded(|| {
        let event_loop = EventLoop::new().unwrap();
        let trace = Trace::new();
        let events = trace.clone();
        event_loop.block_on(async move {
            let (a, b) = (events.clone(), events.clone());
            drop(spawn(async move {
                a.push("first turn");
                let of_spawned = a.clone();
                drop(spawn(async move { of_spawned.push("spawned too late") }));
                yield_now().await;
                a.push("second turn");
            }));
            drop(spawn(async move { b.push("another") }));
            events.push("main ends");
        });
        assert_eq!(trace.take(), ["main ends", "first turn", "another"]);
        event_loop.block_on(async {});
        assert_eq!(trace.take(), ["spawned too late", "second turn"]);
    });
}

#[test]
fn when_block_on_ends_what_waits_stays_and_goes_on_in_the_next() {
    bounded(|| {
        let event_loop = EventLoop::new().unwrap();
        let (gate, trace) = (Gate::new(), Trace::new());
        let (wait, events) = (gate.wait(), trace.clone());
        let task = event_loop.spawn_local(async move {
            wait.await;
            events.push("went on");
        });
        event_loop.block_on(async {});
        gate.open();
        assert_eq!(trace.take(), [""; 0]);
        event_loop.block_on(task).unwrap();
        assert_eq!(trace.take(), ["went on"]);
    });
}

#[test]
fn a_driven_event_loop_lets_tasks_from_outside_in_while_its_own_are_always_runnable() {
    bounded(|| {
        let event_loop = EventLoop::new().unwrap();
        let (handle, stop) = (event_loop.handle().clone(), flag());
        let stops = stop.clone();
        let outside = thread(move || drop(handle.spawn(async move { raise(&stops) })));
        event_loop.block_on(async {
            while !is_raised(&stop) {
                yield_now().await;
            }
        });
        outside.join().unwrap();
    });
}

#[test]
fn a_worker_with_work_does_not_starve_a_wake_up_from_outside() {
    bounded(|| {
        let executor = multi(1);
        let (stop, gate) = (flag(), Gate::new());
        let (stopped, stops, wait) = (stop.clone(), stop.clone(), gate.wait());
        let storm = executor.spawn(async move {
            while !is_raised(&stopped) {
                yield_now().await;
            }
        });
        let woken = executor.spawn(async move {
            wait.await;
            raise(&stops);
        });
        eventually("it waits", || gate.waiting() == 1);
        gate.open();
        executor.block_on(storm).unwrap();
        executor.block_on(woken).unwrap();
        let (_task, polled) = asleep(executor.handle());
        let _waker = polled.recv().unwrap();
    });
}

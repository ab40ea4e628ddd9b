//! Tasks that need not be `Send`: on a `LocalSet` and on an event loop.

mod support;

use filch_executor::{
    EventLoop, Handle, LocalSet, block_in_place, spawn, spawn_blocking, spawn_local, yield_now,
};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::thread::{ThreadId, current};
use support::{
    Counter, Gate, WakeCounter, both_flavours, bounded, multi, on_drop, poll_once, poll_with,
    single, thread,
};

/// Notes on which thread it is dropped; must not leave it.
struct NotSend {
    home: ThreadId,
    dropped: Counter,
    _not_send: Rc<()>,
}

impl NotSend {
    fn new(dropped: &Counter) -> Self {
        Self { home: current().id(), dropped: dropped.clone(), _not_send: Rc::new(()) }
    }
}

impl Drop for NotSend {
    fn drop(&mut self) {
        assert_eq!(self.home, current().id(), "dropped away from home");
        self.dropped.add_one();
    }
}

#[test]
fn a_set_runs_tasks_that_are_not_send() {
    both_flavours(|executor| {
        let set = LocalSet::new();
        let shared = Rc::new(Cell::new(0));
        let sum = set.block_on(&executor, async {
            let tasks: Vec<_> = (0..200)
                .map(|n| {
                    let shared = shared.clone();
                    spawn_local(async move {
                        yield_now().await;
                        shared.set(shared.get() + n);
                        Rc::new(n)
                    })
                })
                .collect();
            let mut sum = 0;
            for task in tasks {
                sum += *task.await.unwrap();
            }
            sum
        });
        assert_eq!((sum, shared.get()), (19_900, 19_900));
    });
}

#[test]
fn a_set_runs_its_tasks_first_in_first_out() {
    both_flavours(|executor| {
        let set = LocalSet::new();
        let order = Rc::new(RefCell::new(Vec::new()));
        for n in 0..100 {
            let order = order.clone();
            drop(set.spawn_local(async move {
                order.borrow_mut().push(n);
                yield_now().await;
                order.borrow_mut().push(100 + n);
            }));
        }
        executor.block_on(set);
        assert_eq!(*order.borrow(), (0..200).collect::<Vec<_>>());
    });
}

#[test]
fn a_set_is_a_future_that_ends_with_its_last_task() {
    both_flavours(|executor| {
        let set = LocalSet::new();
        let ended = Rc::new(Cell::new(false));
        let (gate, ends) = (Gate::new(), ended.clone());
        let wait = gate.wait();
        drop(set.spawn_local(async move {
            spawn_local(async move {
                wait.await;
                ends.set(true);
            })
            .await
            .unwrap();
        }));
        let opener = thread(move || gate.open());
        executor.block_on(set);
        assert!(ended.get());
        opener.join().unwrap();
        executor.block_on(LocalSet::new());
    });
}

#[test]
fn tasks_of_a_set_are_woken_by_other_threads() {
    both_flavours(|executor| {
        let set = LocalSet::new();
        set.block_on(&executor, async {
            for _ in 0..500 {
                let gate = Gate::new();
                let (wait, local) = (gate.wait(), Rc::new(3));
                let task = spawn_local(async move {
                    wait.await;
                    *local
                });
                let opener = spawn_blocking_open(&gate);
                assert_eq!(task.await.unwrap(), 3);
                opener.await.unwrap();
            }
        });
    });
}

fn spawn_blocking_open(gate: &Gate) -> filch_executor::JoinHandle<()> {
    let gate = gate.clone();
    spawn_blocking(move || gate.open())
}

#[test]
fn tasks_of_a_set_are_aborted_by_other_threads_and_dropped_at_home() {
    both_flavours(|executor| {
        let (set, dropped) = (LocalSet::new(), Counter::new());
        set.block_on(&executor, async {
            for _ in 0..100 {
                let local = NotSend::new(&dropped);
                let task = spawn_local(async move {
                    let _local = local;
                    std::future::pending::<()>().await;
                });
                let abort = task.abort_handle();
                let aborter = thread(move || abort.abort());
                assert!(task.await.unwrap_err().is_cancelled());
                aborter.join().unwrap();
            }
        });
        assert_eq!(dropped.get(), 100);
    });
}

#[test]
fn a_dropped_set_drops_its_tasks_at_home_once() {
    both_flavours(|executor| {
        let (set, dropped, gate) = (LocalSet::new(), Counter::new(), Gate::new());
        let mut tasks = Vec::new();
        for n in 0..100 {
            let (local, wait) = (NotSend::new(&dropped), gate.wait());
            tasks.push(set.spawn_local(async move {
                let _local = local;
                match n % 3 {
                    0 => wait.await,
                    1 => loop {
                        yield_now().await;
                    },
                    _ => std::future::pending().await,
                }
            }));
        }
        executor.block_on(set.run_until(yield_now()));
        for n in 0..10 {
            let local = NotSend::new(&dropped);
            let task = set.spawn_local(async move { drop((local, n)) });
            drop(task);
        }
        drop(set);
        assert_eq!(dropped.get(), 110);
        // Wakers of theirs are still there.
        thread(move || gate.open()).join().unwrap();
        assert!(tasks.iter().all(|task| task.is_finished()));
        for task in tasks {
            assert!(executor.block_on(task).unwrap_err().is_cancelled());
        }
    });
}

#[test]
fn a_set_that_was_never_driven_drops_its_tasks() {
    bounded(|| {
        let (set, dropped) = (LocalSet::new(), Counter::new());
        let local = NotSend::new(&dropped);
        let mut task = set.spawn_local(async move { drop(local) });
        drop(set);
        assert_eq!(dropped.get(), 1);
        assert!(matches!(poll_once(&mut task), Poll::Ready(Err(e)) if e.is_cancelled()));
    });
}

#[test]
fn destructors_of_a_dropped_set_may_spawn_on_it_and_what_they_spawn_is_cancelled() {
    bounded(|| {
        let (set, dropped) = (LocalSet::new(), Counter::new());
        for _ in 0..10 {
            let (local, of_spawned) = (NotSend::new(&dropped), NotSend::new(&dropped));
            drop(set.spawn_local(async move {
                let _local = local;
                let _spawns = on_drop(move || drop(spawn_local(async move { drop(of_spawned) })));
                std::future::pending::<()>().await;
            }));
        }
        drop(set);
        assert_eq!(dropped.get(), 20);
    });
}

#[test]
fn wakes_from_other_threads_race_with_the_drop_of_a_set() {
    bounded(|| {
        let executor = single();
        for _ in 0..300 {
            let (set, dropped, gate) = (LocalSet::new(), Counter::new(), Gate::new());
            for _ in 0..5 {
                let (local, wait) = (NotSend::new(&dropped), gate.wait());
                drop(set.spawn_local(async move {
                    let _local = local;
                    wait.await;
                }));
            }
            executor.block_on(set.run_until(yield_now()));
            let opener = thread(move || gate.open());
            drop(set);
            assert_eq!(dropped.get(), 5);
            opener.join().unwrap();
        }
    });
}

#[test]
fn a_task_of_a_set_may_use_the_executor_around_it() {
    both_flavours(|executor| {
        let set = LocalSet::new();
        let output = set.block_on(&executor, async {
            let local = Rc::new(1);
            let task = spawn_local(async move {
                let of_executor = spawn(async { 10 }).await.unwrap();
                let blocking = spawn_blocking(|| 100).await.unwrap();
                *local + of_executor + blocking
            });
            task.await.unwrap()
        });
        assert_eq!(output, 111);
    });
}

#[test]
fn a_set_can_be_driven_inside_a_task_by_way_of_a_blocking_call() {
    both_flavours(|executor| {
        let task = executor.spawn(async {
            spawn_blocking(|| {
                let set = LocalSet::new();
                single().block_on(set.run_until(async {
                    let local = Rc::new(5);
                    *spawn_local(async move { local }).await.unwrap()
                }))
            })
            .await
            .unwrap()
        });
        assert_eq!(executor.block_on(task).unwrap(), 5);
    });
}

#[test]
fn a_set_can_be_driven_inside_block_in_place() {
    bounded(|| {
        let executor = multi(1);
        let task = executor.spawn(async {
            block_in_place(|| {
                let set = LocalSet::new();
                Handle::current().block_on(set.run_until(async {
                    let local = Rc::new(6);
                    *spawn_local(async move { local }).await.unwrap()
                }))
            })
        });
        assert_eq!(executor.block_on(task).unwrap(), 6);
    });
}

#[test]
fn sets_nest_and_spawn_local_means_the_inner_one() {
    both_flavours(|executor| {
        let (outer, inner) = (LocalSet::new(), LocalSet::new());
        let trace = Rc::new(RefCell::new(Vec::new()));
        let events = trace.clone();
        outer.block_on(&executor, async move {
            let of_outer = events.clone();
            drop(spawn_local(async move { of_outer.borrow_mut().push("outer") }));
            let of_inner = events.clone();
            inner
                .run_until(async move {
                    spawn_local(async move { of_inner.borrow_mut().push("inner") }).await.unwrap();
                })
                .await;
            yield_now().await;
        });
        let mut seen = trace.borrow().clone();
        seen.sort_unstable();
        assert_eq!(seen, ["inner", "outer"]);
    });
}

#[test]
fn a_busy_set_lets_the_threads_other_tasks_have_a_turn() {
    bounded(|| {
        let executor = single();
        let (set, stop) = (LocalSet::new(), Rc::new(Cell::new(false)));
        let stopped = stop.clone();
        drop(set.spawn_local(async move {
            while !stopped.get() {
                yield_now().await;
            }
        }));
        let turns = Counter::new();
        let counts = turns.clone();
        let other = executor.spawn(async move {
            for _ in 0..10 {
                counts.add_one();
                yield_now().await;
            }
        });
        set.block_on(&executor, async {
            other.await.unwrap();
            stop.set(true);
        });
        assert_eq!(turns.get(), 10);
    });
}

#[test]
fn a_future_that_shares_the_set_is_still_driven_when_the_other_has_ended() {
    support::bounded_by(std::time::Duration::from_secs(10), || {
        let event_loop = EventLoop::new().unwrap();
        let (set, gate) = (Rc::new(LocalSet::new()), Gate::new());
        let wait = gate.wait();
        let task = set.spawn_local(wait);
        let (first, second) = (set.clone(), set.clone());
        // Polled first, and needs the set's task.
        let long = event_loop.spawn_local(async move { first.run_until(task).await });
        // Polled later, so the set wakes this one; then it ends.
        let mut polls = 0;
        let short = event_loop.spawn_local(async move {
            second
                .run_until(poll_fn(move |cx| {
                    polls += 1;
                    cx.waker().wake_by_ref();
                    if polls == 3 { Poll::Ready(()) } else { Poll::Pending }
                }))
                .await;
        });
        event_loop.block_on(short).unwrap();
        gate.open();
        event_loop.block_on(long).unwrap().unwrap();
        drop(set);
    });
}

#[test]
fn a_set_keeps_no_waker_of_those_who_drive_it_no_more() {
    let set = LocalSet::new();
    let told = WakeCounter::new();
    let waker = Waker::from(told.clone());
    for is_awaited in [true, false] {
        let mut polls = 0;
        let mut driver = Box::pin(set.run_until(poll_fn(|_| {
            polls += 1;
            if polls == 2 { Poll::Ready(()) } else { Poll::Pending }
        })));
        assert!(poll_with(&mut driver, &waker).is_pending());
        assert_eq!(Arc::strong_count(&told), 3, "it is to be woken");
        if is_awaited {
            assert!(poll_with(&mut driver, &waker).is_ready());
        } else {
            drop(driver);
        }
        assert_eq!(Arc::strong_count(&told), 2, "nobody is to be woken; awaited: {is_awaited}");
    }
}

#[test]
fn of_two_drivers_with_one_waker_the_other_is_woken_when_one_has_ended() {
    let (set, gate) = (LocalSet::new(), Gate::new());
    let task = set.spawn_local(gate.wait());
    let told = WakeCounter::new();
    let waker = Waker::from(told.clone());
    let end = Cell::new(false);
    let mut short = Box::pin(set.run_until(poll_fn(|_| match end.get() {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })));
    let mut long = Box::pin(set.run_until(task));
    assert!(poll_with(&mut short, &waker).is_pending());
    assert!(poll_with(&mut long, &waker).is_pending());
    end.set(true);
    assert!(poll_with(&mut short, &waker).is_ready());
    let before = told.wakes();
    gate.open();
    assert_eq!(told.wakes(), before + 1);
    while poll_with(&mut long, &waker).is_pending() {}
}

#[test]
fn an_event_loop_takes_tasks_that_are_not_send_from_inside_and_outside() {
    bounded(|| {
        let event_loop = EventLoop::new().unwrap();
        let local = Rc::new(1);
        let theirs = local.clone();
        let from_outside = event_loop.spawn_local(async move { *theirs });
        let sum = event_loop.block_on(async {
            let theirs = local.clone();
            let from_inside = spawn_local(async move {
                // And from inside a task.
                spawn_local(async move { *theirs + 9 }).await.unwrap()
            });
            from_inside.await.unwrap() + from_outside.await.unwrap()
        });
        assert_eq!(sum, 11);
    });
}

#[test]
fn an_event_loop_that_is_entered_takes_tasks_that_are_not_send() {
    bounded(|| {
        let event_loop = EventLoop::new().unwrap();
        let entered = event_loop.enter();
        let local = Rc::new(4);
        let task = spawn_local(async move { *local });
        drop(entered);
        assert_eq!(event_loop.block_on(task).unwrap(), 4);
    });
}

#[test]
fn tasks_of_an_event_loop_are_woken_and_aborted_from_other_threads_and_dropped_at_home() {
    bounded(|| {
        let (event_loop, dropped) = (EventLoop::new().unwrap(), Counter::new());
        let mut tasks = Vec::new();
        let gate = Gate::new();
        for _ in 0..50 {
            let (local, wait) = (NotSend::new(&dropped), gate.wait());
            tasks.push(event_loop.spawn_local(async move {
                let _local = local;
                wait.await;
            }));
        }
        event_loop.block_on(yield_now());
        let aborts: Vec<_> = tasks.iter().map(|task| task.abort_handle()).collect();
        let others = thread(move || {
            for abort in aborts.iter().step_by(2) {
                abort.abort();
            }
            gate.open();
        });
        for task in tasks {
            let _either = event_loop.block_on(task);
        }
        others.join().unwrap();
        let local = NotSend::new(&dropped);
        drop(event_loop.spawn_local(async move {
            let _local = local;
            std::future::pending::<()>().await;
        }));
        drop(event_loop);
        assert_eq!(dropped.get(), 51);
    });
}

#[test]
fn spawn_local_refuses_the_workers_and_a_loop_that_may_leave_its_thread() {
    both_flavours(|executor| {
        let task = executor.spawn(async { drop(spawn_local(async {})) });
        let error = executor.block_on(task).unwrap_err();
        assert!(
            error.to_string().contains("no `LocalSet` and no event loop is current"),
            "{error}"
        );
    });
}

#[test]
#[should_panic(expected = "no `LocalSet` and no event loop is current on this thread")]
fn spawn_local_outside_panics() {
    drop(spawn_local(async {}));
}

//! Calls that block: on threads of their own, or in place.

mod support;

use filch_executor::{
    Builder, EventLoop, Executor, Flavor, Handle, block_in_place, spawn, spawn_blocking, try_id,
    yield_now,
};
use filch_primitives::sync::{Arc, Mutex};
use std::collections::HashSet;
use std::sync::mpsc;
use std::time::Duration;
use support::{
    Counter, Gate, HUNG, assert_lives, both_flavours, bounded, bounded_by, each_multi, eventually,
    multi, single,
};

/// For what waits for ever when it fails.
const SHORT: Duration = Duration::from_secs(10);

fn pool_of(threads: usize) -> Executor {
    Builder::new_multi_thread().worker_threads(1).max_blocking_threads(threads).build().unwrap()
}

#[test]
fn a_blocking_call_gives_its_result() {
    both_flavours(|executor| {
        let from_outside = executor.handle().spawn_blocking(|| vec![1]);
        assert_eq!(executor.block_on(from_outside).unwrap(), [1]);
        let from_inside = executor.block_on(async { spawn_blocking(|| 2).await.unwrap() });
        assert_eq!(from_inside, 2);
        let from_task = executor.spawn(async { spawn_blocking(|| 3).await.unwrap() });
        assert_eq!(executor.block_on(from_task).unwrap(), 3);
    });
}

#[test]
fn a_blocking_call_does_not_run_on_the_thread_of_a_task() {
    both_flavours(|executor| {
        let threads = executor.spawn(async {
            let here = std::thread::current().id();
            (here, spawn_blocking(|| std::thread::current().id()).await.unwrap())
        });
        let (here, there) = executor.block_on(threads).unwrap();
        assert_ne!(here, there);
    });
}

#[test]
fn a_blocking_call_has_an_id() {
    both_flavours(|executor| {
        let call = executor.handle().spawn_blocking(try_id);
        let id = call.id();
        assert_eq!(executor.block_on(call).unwrap(), Some(id));
    });
}

#[test]
fn the_executor_is_current_in_a_blocking_call() {
    both_flavours(|executor| {
        let call = executor.handle().spawn_blocking(|| {
            let flavor = Handle::try_current().map(|handle| handle.flavor());
            flavor.map_err(|error| error.to_string())
        });
        let flavor = executor.handle().flavor();
        assert_eq!(executor.block_on(call).unwrap(), Ok(flavor));
    });
}

#[test]
fn a_panic_in_a_blocking_call_reaches_its_joiner_and_the_thread_lives_on() {
    bounded(|| {
        let executor = pool_of(1);
        for _ in 0..50 {
            let call = executor.handle().spawn_blocking(|| panic!("blocking"));
            let error: filch_executor::JoinError = executor.block_on(call).unwrap_err();
            assert!(error.is_panic() && error.to_string().contains("blocking"));
        }
        let call = executor.handle().spawn_blocking(|| 1);
        assert_eq!(executor.block_on(call).unwrap(), 1);
        assert_eq!(executor.handle().blocking_threads(), 1);
    });
}

#[test]
fn more_calls_than_threads_queue_and_all_run() {
    bounded(|| {
        let executor = pool_of(2);
        let ran = Counter::new();
        let gate = Arc::new(std::sync::Barrier::new(3));
        let mut calls: Vec<_> = (0..2)
            .map(|_| {
                let gate = gate.clone();
                executor.handle().spawn_blocking(move || {
                    gate.wait();
                })
            })
            .collect();
        for _ in 0..100 {
            let ran = ran.clone();
            calls.push(executor.handle().spawn_blocking(move || {
                ran.add_one();
            }));
        }
        assert_eq!(executor.handle().blocking_queue_depth(), 100);
        assert_eq!(executor.handle().blocking_threads(), 2);
        assert_eq!(ran.get(), 0);
        gate.wait();
        for call in calls {
            executor.block_on(call).unwrap();
        }
        assert_eq!(ran.get(), 100);
    });
}

#[test]
fn a_queued_call_can_be_aborted_and_a_begun_one_cannot() {
    bounded(|| {
        let executor = pool_of(1);
        let (started, has_started) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let begun = executor.handle().spawn_blocking(move || {
            started.send(()).unwrap();
            released.recv().unwrap();
            "ran to its end"
        });
        has_started.recv().unwrap();
        let dropped = Counter::new();
        let guard = dropped.on_drop();
        let queued = executor.handle().spawn_blocking(move || {
            let _guard = guard;
            unreachable!("aborted")
        });
        begun.abort();
        queued.abort();
        release.send(()).unwrap();
        assert_eq!(executor.block_on(begun).unwrap(), "ran to its end");
        let error: filch_executor::JoinError = executor.block_on(queued).unwrap_err();
        assert!(error.is_cancelled());
        assert_eq!(dropped.get(), 1);
    });
}

#[test]
fn one_call_after_the_other_needs_one_thread() {
    bounded(|| {
        let executor = multi(1);
        let mut threads = HashSet::new();
        for _ in 0..100 {
            let call = executor.handle().spawn_blocking(|| std::thread::current().id());
            threads.insert(executor.block_on(call).unwrap());
            // The joiner may be back before the thread is: then it would be a second one.
            eventually("the thread waits again", || executor.handle().blocking_threads() >= 1);
            std::thread::sleep(Duration::from_micros(200));
        }
        assert!(threads.len() < 50, "{} threads for 100 calls", threads.len());
    });
}

#[test]
fn idle_threads_end_and_new_ones_start() {
    both_flavours(|executor| {
        let flavor = executor.handle().flavor();
        drop(executor);
        let executor = match flavor {
            Flavor::CurrentThread => Builder::new_current_thread(),
            _ => Builder::new_multi_thread(),
        }
        .worker_threads(1)
        .thread_keep_alive(Duration::from_millis(5))
        .build()
        .unwrap();
        for round in 0..20 {
            let calls: Vec<_> =
                (0..4).map(|n| executor.handle().spawn_blocking(move || round * n)).collect();
            for (n, call) in (0..).zip(calls) {
                assert_eq!(executor.block_on(call).unwrap(), round * n);
            }
            eventually("idle threads end", || executor.handle().blocking_threads() == 0);
        }
    });
}

#[test]
fn calls_that_arrive_while_threads_time_out_are_not_lost() {
    bounded(|| {
        let executor = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_keep_alive(Duration::from_micros(50))
            .build()
            .unwrap();
        for n in 0..2000 {
            let call = executor.handle().spawn_blocking(move || n);
            assert_eq!(executor.block_on(call).unwrap(), n);
        }
    });
}

#[test]
fn a_blocking_call_may_block_on_tasks_of_its_own_and_another_executor() {
    both_flavours(|executor| {
        let other = multi(1);
        let (own, of_other) = (executor.handle().clone(), other.handle().clone());
        let call = executor.handle().spawn_blocking(move || {
            let task = own.spawn(async {
                yield_now().await;
                1
            });
            let task_of_other = of_other.spawn(async { 10 });
            own.block_on(task).unwrap()
                + of_other.block_on(task_of_other).unwrap()
                + single().block_on(async { 100 })
        });
        assert_eq!(executor.block_on(call).unwrap(), 111);
    });
}

#[test]
fn block_in_place_lets_everything_else_go_on_with_one_worker_too() {
    each_multi(|executor| {
        let (sender, receiver) = mpsc::channel();
        let behind = sender.clone();
        let task = executor.spawn(async move {
            // In this worker's own queue.
            for _ in 0..3 {
                let behind = behind.clone();
                drop(spawn(async move {
                    yield_now().await;
                    behind.send("behind").unwrap();
                }));
            }
            block_in_place(move || {
                (0..4).map(|_| receiver.recv_timeout(HUNG / 2).unwrap()).collect::<Vec<_>>()
            })
        });
        drop(executor.spawn(async move { sender.send("outside").unwrap() }));
        let mut heard = executor.block_on(task).unwrap();
        heard.sort_unstable();
        assert_eq!(heard, ["behind", "behind", "behind", "outside"]);
        assert_lives(&executor);
    });
}

#[test]
fn a_task_goes_on_after_block_in_place_and_may_call_it_again() {
    each_multi(|executor| {
        let task = executor.spawn(async {
            let mut sum = 0;
            for n in 0..50 {
                sum += block_in_place(|| n);
                yield_now().await;
                sum += spawn(async move { n }).await.unwrap();
                sum += block_in_place(|| n);
            }
            sum
        });
        assert_eq!(executor.block_on(task).unwrap(), 3 * 1225);
        assert_lives(&executor);
    });
}

#[test]
fn block_in_place_nests() {
    each_multi(|executor| {
        let handle = executor.handle().clone();
        let task = executor.spawn(async move {
            block_in_place(|| {
                let inner = block_in_place(|| 1);
                let of_task = handle.block_on(async {
                    yield_now().await;
                    block_in_place(|| 10) + spawn(async { 100 }).await.unwrap()
                });
                inner + of_task
            })
        });
        assert_eq!(executor.block_on(task).unwrap(), 111);
        assert_lives(&executor);
    });
}

#[test]
fn a_panic_in_block_in_place_is_the_tasks() {
    each_multi(|executor| {
        let task = executor.spawn(async { block_in_place(|| panic!("in place")) });
        let error: filch_executor::JoinError = executor.block_on(task).unwrap_err();
        assert!(error.is_panic());
        assert_lives(&executor);
    });
}

#[test]
fn many_tasks_block_in_place_at_once() {
    each_multi(|executor| {
        let barrier = Arc::new(std::sync::Barrier::new(8));
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let barrier = barrier.clone();
                executor.spawn(async move {
                    block_in_place(|| barrier.wait());
                })
            })
            .collect();
        for task in tasks {
            executor.block_on(task).unwrap();
        }
        assert_lives(&executor);
    });
}

#[test]
fn block_in_place_runs_its_closure_outside_an_executor_and_in_block_on_of_workers() {
    bounded(|| {
        assert_eq!(block_in_place(|| 1), 1);
        assert_eq!(multi(1).block_on(async { block_in_place(|| 2) }), 2);
        let executor = single();
        let call = executor.handle().spawn_blocking(|| block_in_place(|| 3));
        assert_eq!(executor.block_on(call).unwrap(), 3);
    });
}

#[test]
fn a_worker_that_moved_to_the_only_blocking_thread_does_not_shut_blocking_calls_out() {
    bounded_by(SHORT, || {
        let executor = pool_of(1);
        let task = executor.spawn(async { block_in_place(|| ()) });
        executor.block_on(task).unwrap();
        let call = executor.handle().spawn_blocking(|| 5);
        assert_eq!(executor.block_on(call).unwrap(), 5);
    });
}

#[test]
fn block_in_place_without_a_free_thread_still_runs_its_closure() {
    bounded(|| {
        let executor = pool_of(1);
        let (started, has_started) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let call = executor.handle().spawn_blocking(move || {
            started.send(()).unwrap();
            released.recv().unwrap();
        });
        has_started.recv().unwrap();
        let task = executor.spawn(async { block_in_place(|| 6) });
        assert_eq!(executor.block_on(task).unwrap(), 6);
        release.send(()).unwrap();
        executor.block_on(call).unwrap();
        assert_lives(&executor);
    });
}

#[test]
#[should_panic(expected = "`block_in_place` on a single-threaded executor")]
fn block_in_place_in_a_task_of_an_event_loop_panics() {
    bounded(|| {
        let event_loop = EventLoop::new().unwrap();
        let task = event_loop.spawn_local(async { block_in_place(|| ()) });
        let error = event_loop.block_on(task).unwrap_err();
        std::panic::resume_unwind(error.into_panic());
    });
}

#[test]
#[should_panic(expected = "`block_in_place` on a single-threaded executor")]
fn block_in_place_in_block_on_of_a_single_threaded_executor_panics() {
    bounded(|| single().block_on(async { block_in_place(|| ()) }));
}

#[test]
#[should_panic(expected = "`block_in_place` on a single-threaded executor")]
fn block_in_place_panics_on_an_event_loop_that_a_worker_drives_too() {
    bounded(|| {
        let executor = multi(1);
        let task = executor.spawn(async {
            block_in_place(|| single().block_on(async { block_in_place(|| ()) }));
        });
        if let Err(error) = executor.block_on(task) {
            std::panic::resume_unwind(error.into_panic());
        }
    });
}

#[test]
fn the_message_of_block_in_place_has_no_gap_in_it() {
    bounded(|| {
        let message = Arc::new(Mutex::new(String::new()));
        let executor = single();
        let task = executor.spawn(async { block_in_place(|| ()) });
        let error = executor.block_on(task).unwrap_err();
        *message.lock() = error.to_string();
        assert!(!message.lock().contains("  "), "{}", message.lock());
        let gate = Gate::new();
        gate.open();
        executor.block_on(gate.wait());
    });
}

//! Tasks are spawned from anywhere, run, and give their results to whoever awaits them.

mod support;

use filch_executor::{Builder, EventLoop, Flavor, Handle, id, spawn, try_id, yield_now};
use std::collections::HashSet;
use support::{
    Counter, Gate, both_flavours, bounded, each_multi, eventually, multi, single, thread,
};

#[test]
fn a_task_spawned_from_outside_gives_its_output() {
    both_flavours(|executor| {
        let task = executor.spawn(async { vec![1, 2, 3] });
        assert_eq!(executor.block_on(task).unwrap(), [1, 2, 3]);
    });
}

#[test]
fn a_task_spawned_inside_block_on_gives_its_output() {
    both_flavours(|executor| {
        let output = executor.block_on(async { spawn(async { "inside" }).await.unwrap() });
        assert_eq!(output, "inside");
    });
}

#[test]
fn a_task_can_await_the_task_that_it_spawned_a_thousand_deep() {
    fn nest(depth: usize) -> std::pin::Pin<Box<dyn Future<Output = usize> + Send>> {
        Box::pin(async move {
            match depth {
                0 => 0,
                _ => spawn(nest(depth - 1)).await.unwrap() + 1,
            }
        })
    }
    both_flavours(|executor| assert_eq!(executor.block_on(nest(1000)), 1000));
}

#[test]
fn many_tasks_spawned_from_outside_all_give_their_own_output() {
    both_flavours(|executor| {
        let tasks: Vec<_> = (0..10_000_u64).map(|n| executor.spawn(async move { n * n })).collect();
        for (n, task) in (0_u64..).zip(tasks) {
            assert_eq!(executor.block_on(task).unwrap(), n * n);
        }
        assert_eq!(executor.handle().live_tasks(), 0);
    });
}

#[test]
fn many_tasks_spawned_by_a_task_overflow_its_queue_and_are_all_run() {
    both_flavours(|executor| {
        let sum = executor.spawn(async {
            let tasks: Vec<_> = (0..10_000_u64)
                .map(|n| {
                    spawn(async move {
                        yield_now().await;
                        n
                    })
                })
                .collect();
            let mut sum = 0;
            for task in tasks {
                sum += task.await.unwrap();
            }
            sum
        });
        assert_eq!(executor.block_on(sum).unwrap(), 49_995_000);
    });
}

#[test]
fn a_task_of_workers_runs_whether_it_is_awaited_or_not() {
    each_multi(|executor| {
        let ran = Counter::new();
        let theirs = ran.clone();
        let task = executor.spawn(async move { theirs.add_one() });
        eventually("the task runs", || ran.get() == 1);
        drop(task);
    });
}

#[test]
fn a_future_of_block_on_may_borrow() {
    both_flavours(|executor| {
        let text = String::from("borrowed");
        let mut length = 0;
        executor.block_on(async {
            yield_now().await;
            length = text.len();
        });
        assert_eq!(length, 8);
    });
}

#[test]
fn a_future_and_its_output_may_be_of_any_size() {
    struct Nothing;
    both_flavours(|executor| {
        let nothing: Nothing =
            executor.block_on(executor.spawn(std::future::ready(Nothing))).unwrap();
        let _: Nothing = nothing;
        assert_eq!(size_of::<Nothing>(), 0);
        let large = executor.spawn(async {
            let bytes = [7_u8; 4096];
            yield_now().await;
            bytes
        });
        assert_eq!(executor.block_on(large).unwrap(), [7; 4096]);
    });
}

#[test]
fn ids_are_unique_across_threads_and_executors() {
    bounded(|| {
        let executors = [single(), multi(1), multi(2)];
        let handles: Vec<_> = executors.iter().map(|e| e.handle().clone()).collect();
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let handles = handles.clone();
                thread(move || {
                    let spawn_all = |_| handles.iter().map(|handle| handle.spawn(async {}).id());
                    (0..1000).flat_map(spawn_all).collect::<Vec<_>>()
                })
            })
            .collect();
        let mut ids = HashSet::new();
        for thread in threads {
            for id in thread.join().unwrap() {
                assert!(ids.insert(id), "{id:?} twice");
            }
        }
        assert_eq!(ids.len(), 12_000);
    });
}

#[test]
fn a_task_its_handle_and_its_abort_handle_agree_on_the_id() {
    both_flavours(|executor| {
        let task = executor.spawn(async {
            let before = id();
            yield_now().await;
            (before, id())
        });
        let expected = task.id();
        assert_eq!(task.abort_handle().id(), expected);
        assert_eq!(executor.block_on(task).unwrap(), (expected, expected));
    });
}

#[test]
fn the_future_of_block_on_is_no_task() {
    both_flavours(|executor| {
        assert_eq!(executor.block_on(async { try_id() }), None);
        // Nor after it has awaited one.
        let after = executor.block_on(async {
            spawn(yield_now()).await.unwrap();
            try_id()
        });
        assert_eq!(after, None);
    });
}

#[test]
fn the_destructor_of_a_tasks_future_knows_the_tasks_id() {
    both_flavours(|executor| {
        let (sender, seen) = std::sync::mpsc::channel();
        let gate = Gate::new();
        let wait = gate.wait();
        let task = executor.spawn(async move {
            let _guard = support::on_drop(move || sender.send(try_id()).unwrap());
            wait.await;
        });
        let expected = task.id();
        executor.block_on(async {
            while gate.waiting() == 0 {
                yield_now().await;
            }
        });
        task.abort();
        assert!(executor.block_on(task).unwrap_err().is_cancelled());
        assert_eq!(seen.recv().unwrap(), Some(expected));
    });
}

#[test]
fn several_executors_live_side_by_side_and_await_each_others_tasks() {
    bounded(|| {
        let (a, b, c) = (multi(2), single(), multi(1));
        let (on_b, on_c) = (b.handle().clone(), c.handle().clone());
        let driver = thread(move || {
            b.block_on(async {
                for _ in 0..1000 {
                    yield_now().await;
                }
            });
            b
        });
        let task = a.spawn(async move {
            let mut sum = 0;
            for n in 0..200 {
                sum += on_c.spawn(async move { n }).await.unwrap();
            }
            (sum, on_b.spawn(async { 1 }))
        });
        let (sum, task_of_b) = a.block_on(task).unwrap();
        assert_eq!(sum, 19_900);
        let b = driver.join().unwrap();
        assert_eq!(b.block_on(task_of_b).unwrap(), 1);
    });
}

#[test]
fn what_is_current_inside_a_task_is_its_own_executor() {
    bounded(|| {
        let (outer, inner) = (multi(1), multi(3));
        let inner_handle = inner.handle().clone();
        let workers = outer.block_on(async move {
            let of_inner = inner_handle.spawn(async { Handle::current().workers() });
            let of_outer = spawn(async { Handle::current().workers() });
            (of_outer.await.unwrap(), of_inner.await.unwrap())
        });
        assert_eq!(workers, (1, 3));
    });
}

#[test]
fn enter_makes_an_executor_current_and_leaving_restores_the_one_before() {
    bounded(|| {
        assert!(Handle::try_current().is_err());
        let (a, b) = (multi(1), single());
        {
            let _a = a.enter();
            assert_eq!(Handle::current().flavor(), Flavor::MultiThread);
            {
                let _b = b.enter();
                assert_eq!(Handle::current().flavor(), Flavor::CurrentThread);
            }
            let task = spawn(async { 3 });
            assert_eq!(a.block_on(task).unwrap(), 3);
        }
        assert!(Handle::try_current().is_err());
    });
}

#[test]
fn a_handle_spawns_from_any_thread() {
    both_flavours(|executor| {
        let handle = executor.handle().clone();
        let threads: Vec<_> = (0..4)
            .map(|n| {
                let handle = handle.clone();
                thread(move || {
                    (0..100).map(|m| handle.spawn(async move { n * m })).collect::<Vec<_>>()
                })
            })
            .collect();
        let mut sum = 0;
        for thread in threads {
            for task in thread.join().unwrap() {
                sum += executor.block_on(task).unwrap();
            }
        }
        assert_eq!(sum, 6 * 4950);
    });
}

#[test]
fn several_threads_may_be_in_block_on_at_once() {
    both_flavours(|executor| {
        std::thread::scope(|scope| {
            for n in 0..4 {
                let executor = &executor;
                scope.spawn(move || {
                    for m in 0..200 {
                        let output = executor.block_on(async move {
                            yield_now().await;
                            spawn(async move { n + m }).await.unwrap()
                        });
                        assert_eq!(output, n + m);
                    }
                });
            }
        });
    });
}

#[test]
fn the_driver_of_a_single_threaded_executor_passes_the_seat_on() {
    bounded(|| {
        let executor = single();
        let (first, second) = (Gate::new(), Gate::new());
        std::thread::scope(|scope| {
            let driver = scope.spawn(|| executor.block_on(first.wait()));
            eventually("the first thread drives", || first.waiting() > 0);
            let other = scope.spawn(|| {
                executor.block_on(async {
                    second.wait().await;
                    // Needs somebody to drive: by now that is this thread.
                    spawn(async { 5 }).await.unwrap()
                })
            });
            eventually("the second thread waits", || second.waiting() > 0);
            first.open();
            driver.join().unwrap();
            second.open();
            assert_eq!(other.join().unwrap(), 5);
        });
    });
}

#[test]
fn handle_block_on_waits_for_a_task_that_others_run() {
    bounded(|| {
        let executor = multi(1);
        let handle = executor.handle().clone();
        let task = executor.spawn(async { 9 });
        assert_eq!(thread(move || handle.block_on(task).unwrap()).join().unwrap(), 9);
    });
}

#[test]
fn an_event_loop_takes_tasks_from_other_threads_while_it_is_driven() {
    bounded(|| {
        let event_loop = EventLoop::new().unwrap();
        let handle = event_loop.handle().clone();
        let gate = Gate::new();
        let opener = gate.clone();
        let spawner = thread(move || {
            handle.spawn(async move {
                opener.open();
                11
            })
        });
        event_loop.block_on(gate.wait());
        assert_eq!(event_loop.block_on(spawner.join().unwrap()).unwrap(), 11);
    });
}

#[test]
fn numbers_and_names_are_as_chosen() {
    bounded(|| {
        let started = Counter::new();
        let stopped = Counter::new();
        let (on_start, on_stop) = (started.clone(), stopped.clone());
        let executor = Builder::new_multi_thread()
            .worker_threads(3)
            .thread_name("chosen")
            .on_thread_start(move || {
                on_start.add_one();
            })
            .on_thread_stop(move || {
                on_stop.add_one();
            })
            .build()
            .unwrap();
        assert_eq!(executor.handle().workers(), 3);
        assert_eq!(executor.handle().flavor(), Flavor::MultiThread);
        let name = executor.spawn(async { std::thread::current().name().map(str::to_owned) });
        assert_eq!(executor.block_on(name).unwrap().as_deref(), Some("chosen"));
        drop(executor);
        assert_eq!((started.get(), stopped.get()), (3, 3));
    });
}

//! The end of an executor: legal anywhere, once for each task, and nothing that outlives it does harm.

mod support;

use filch_executor::{
    Builder, CondvarPark, EventLoop, Executor, Handle, Park, block_in_place, spawn, spawn_blocking,
    yield_now,
};
use filch_primitives::sync::{Arc, Mutex};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use support::{
    Counter, Gate, HUNG, both_flavours, bounded, bounded_by, each_multi, eventually, multi, occupy,
    on_drop, poll_once, single, thread,
};

/// For what waits for itself when it fails.
const SHORT: Duration = Duration::from_secs(10);

/// Spawns `count` tasks that never end, which count their drop.
fn sleepers(handle: &Handle, count: usize, dropped: &Counter) {
    for _ in 0..count {
        let guard = dropped.on_drop();
        drop(handle.spawn(async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        }));
    }
}

#[test]
fn a_drop_on_a_plain_thread_returns_when_every_destructor_has_run() {
    both_flavours(|executor| {
        let dropped = Counter::new();
        sleepers(executor.handle(), 100, &dropped);
        executor.block_on(yield_now());
        drop(executor);
        assert_eq!(dropped.get(), 100);
    });
}

#[test]
fn an_executor_that_never_ran_anything_can_be_dropped() {
    both_flavours(drop);
    bounded(|| {
        for _ in 0..200 {
            drop(multi(2));
        }
    });
}

#[test]
fn an_executor_may_be_dropped_by_its_own_task() {
    each_multi(|executor| {
        let dropped = Counter::new();
        sleepers(executor.handle(), 100, &dropped);
        let handle = executor.handle().clone();
        let guard = dropped.on_drop();
        let task = handle.spawn(async move {
            let _guard = guard;
            drop(executor);
            // At its next await point it ends like the others.
            std::future::pending::<()>().await;
        });
        eventually("every task ends", || dropped.get() == 101);
        eventually("this one too", || task.is_finished());
    });
}

#[test]
fn the_task_that_dropped_its_executor_may_end_with_an_output() {
    each_multi(|executor| {
        let handle = executor.handle().clone();
        let mut task = handle.spawn(async move {
            drop(executor);
            "output"
        });
        eventually("it ends", || task.is_finished());
        let std::task::Poll::Ready(output) = poll_once(&mut task) else { panic!("it has ended") };
        assert_eq!(output.unwrap(), "output");
    });
}

#[test]
fn an_executor_may_be_dropped_by_the_destructor_of_its_own_task() {
    each_multi(|executor| {
        let dropped = Counter::new();
        sleepers(executor.handle(), 10, &dropped);
        let handle = executor.handle().clone();
        let task = handle.spawn(async move {
            let _ends = on_drop(move || drop(executor));
            std::future::pending::<()>().await;
        });
        task.abort();
        eventually("every task ends", || dropped.get() == 10);
    });
}

#[test]
fn an_executor_may_be_dropped_by_a_task_of_another() {
    for inner in [single as fn() -> Executor, || multi(2)] {
        both_flavours(move |outer| {
            let inner = inner();
            let dropped = Counter::new();
            sleepers(inner.handle(), 50, &dropped);
            outer.block_on(outer.spawn(async move { drop(inner) })).unwrap();
            eventually("every task ends", || dropped.get() == 50);
        });
    }
}

#[test]
fn an_executor_may_be_dropped_in_the_block_on_of_another() {
    both_flavours(|outer| {
        let dropped = Counter::new();
        let inner = multi(2);
        sleepers(inner.handle(), 50, &dropped);
        outer.block_on(async move { drop(inner) });
        eventually("every task ends", || dropped.get() == 50);
    });
}

#[test]
fn an_executor_may_be_dropped_by_its_own_blocking_call() {
    for build in [single as fn() -> Executor, || multi(2)] {
        bounded_by(SHORT, move || {
            let executor = build();
            let dropped = Counter::new();
            sleepers(executor.handle(), 10, &dropped);
            let (sender, done) = mpsc::channel();
            let handle = executor.handle().clone();
            drop(handle.spawn_blocking(move || {
                drop(executor);
                sender.send(()).unwrap();
            }));
            done.recv().unwrap();
            assert_eq!(dropped.get(), 10);
        });
    }
}

#[test]
fn an_executor_may_be_dropped_by_its_own_task_in_block_in_place() {
    for workers in [1, 4] {
        bounded_by(SHORT, move || {
            let executor = multi(workers);
            let dropped = Counter::new();
            sleepers(executor.handle(), 10, &dropped);
            let handle = executor.handle().clone();
            drop(handle.spawn(async move { block_in_place(|| drop(executor)) }));
            eventually("every task ends", || dropped.get() == 10);
        });
    }
}

#[test]
fn tasks_end_when_one_of_them_calls_block_in_place_after_the_shutdown_has_begun() {
    for workers in [1, 4] {
        bounded_by(SHORT, move || {
            let executor = multi(workers);
            let dropped = Counter::new();
            sleepers(executor.handle(), 10, &dropped);
            let (started, has_started) = mpsc::channel();
            let (release, released) = mpsc::channel::<()>();
            let task = executor.spawn(async move {
                started.send(()).unwrap();
                released.recv().unwrap();
                block_in_place(|| 4)
            });
            has_started.recv().unwrap();
            executor.shutdown_background();
            release.send(()).unwrap();
            let start = Instant::now();
            while dropped.get() < 10 || !task.is_finished() {
                assert!(
                    start.elapsed() < SHORT / 2,
                    "only {} of 10 tasks have been ended",
                    dropped.get()
                );
                std::thread::sleep(Duration::from_millis(1));
            }
        });
    }
}

#[test]
fn block_in_place_works_in_a_destructor_at_the_end() {
    each_multi(|executor| {
        let gate = Gate::new();
        let wait = gate.wait();
        let mut task = executor.spawn(async move {
            let _blocks = on_drop(|| {
                block_in_place(|| ());
            });
            wait.await;
        });
        eventually("it waits", || gate.waiting() == 1);
        drop(executor);
        let std::task::Poll::Ready(Err(error)) = poll_once(&mut task) else {
            panic!("it was cancelled")
        };
        assert!(error.is_cancelled(), "{error}");
    });
}

#[test]
fn shutdown_background_returns_while_a_task_is_stuck() {
    each_multi(|executor| {
        let dropped = Counter::new();
        sleepers(executor.handle(), 10, &dropped);
        let stuck = occupy(executor.handle());
        executor.shutdown_background();
        let task = stuck.release();
        eventually("the stuck task ends", || task.is_finished());
        eventually("the others too", || dropped.get() == 10);
    });
}

#[test]
fn shutdown_timeout_waits_as_long_as_it_says_for_a_stuck_task_and_no_longer() {
    each_multi(|executor| {
        let stuck = occupy(executor.handle());
        let start = Instant::now();
        executor.shutdown_timeout(Duration::from_millis(50));
        assert!(start.elapsed() >= Duration::from_millis(50));
        let task = stuck.release();
        eventually("the stuck task ends", || task.is_finished());
    });
}

#[test]
fn shutdown_timeout_ends_the_other_tasks_while_one_is_stuck() {
    bounded_by(SHORT, || {
        let executor = multi(4);
        let (dropped, gate) = (Counter::new(), Gate::new());
        for _ in 0..10 {
            let (guard, wait) = (dropped.on_drop(), gate.wait());
            drop(executor.spawn(async move {
                let _guard = guard;
                wait.await;
            }));
        }
        eventually("they wait", || gate.waiting() == 10);
        let stuck = occupy(executor.handle());
        executor.shutdown_timeout(Duration::from_secs(1));
        let ended = dropped.get();
        drop(stuck);
        assert_eq!(ended, 10, "one stuck task keeps the others from being ended");
    });
}

#[test]
fn shutdown_timeout_returns_early_when_all_is_over() {
    both_flavours(|executor| {
        let dropped = Counter::new();
        sleepers(executor.handle(), 10, &dropped);
        executor.shutdown_timeout(Duration::from_secs(3600));
        assert_eq!(dropped.get(), 10);
    });
}

#[test]
fn shutdown_timeout_waits_for_a_blocking_call_no_longer_than_it_says() {
    both_flavours(|executor| {
        let (release, released) = mpsc::channel::<()>();
        let (started, has_started) = mpsc::channel();
        let call = executor.handle().spawn_blocking(move || {
            started.send(()).unwrap();
            let _released = released.recv();
            3
        });
        has_started.recv().unwrap();
        let start = Instant::now();
        executor.shutdown_timeout(Duration::from_millis(50));
        assert!(start.elapsed() >= Duration::from_millis(50));
        assert!(!call.is_finished());
        drop(release);
        eventually("the call ends", || call.is_finished());
    });
}

#[test]
fn a_drop_waits_for_blocking_calls_that_have_begun_and_cancels_those_that_have_not() {
    for flavour in [Builder::new_current_thread, Builder::new_multi_thread] {
        bounded(move || {
            let executor = flavour().worker_threads(2).max_blocking_threads(1).build().unwrap();
            let (started, has_started) = mpsc::channel();
            let (release, released) = mpsc::channel::<()>();
            let ended = Counter::new();
            let ends = ended.clone();
            let begun = executor.handle().spawn_blocking(move || {
                started.send(()).unwrap();
                released.recv().unwrap();
                // Long enough for the drop to get to where it waits; it is right without, too.
                std::thread::sleep(Duration::from_millis(20));
                ends.add_one();
            });
            has_started.recv().unwrap();
            let never = executor.handle().spawn_blocking(|| unreachable!("cancelled"));
            let releaser = thread(move || {
                std::thread::sleep(Duration::from_millis(20));
                release.send(()).unwrap();
            });
            // Closed before the first call ends, so the second one does not begin.
            executor.shutdown_timeout(Duration::from_millis(1));
            eventually("the queued call is cancelled", || never.is_finished());
            eventually("the other ends", || begun.is_finished());
            assert_eq!(ended.get(), 1);
            releaser.join().unwrap();
            let outside = single();
            assert!(outside.block_on(never).unwrap_err().is_cancelled());
            outside.block_on(begun).unwrap();
        });
    }
}

#[test]
fn a_blocking_call_that_awaits_a_task_is_released_by_the_end() {
    both_flavours(|executor| {
        let (started, has_started) = mpsc::channel();
        let call = executor.handle().spawn_blocking(move || {
            started.send(()).unwrap();
            let task = spawn(std::future::pending::<()>());
            Handle::current().block_on(task).unwrap_err().is_cancelled()
        });
        has_started.recv().unwrap();
        drop(executor);
        assert!(single().block_on(call).unwrap());
    });
}

#[test]
fn what_is_spawned_after_the_end_is_cancelled_and_dropped() {
    both_flavours(|executor| {
        let handle = executor.handle().clone();
        drop(executor);
        let outside = single();
        let dropped = Counter::new();
        let guard = dropped.on_drop();
        let task = handle.spawn(async move { drop(guard) });
        assert!(outside.block_on(task).unwrap_err().is_cancelled());
        let guard = dropped.on_drop();
        let call = handle.spawn_blocking(move || drop(guard));
        assert!(outside.block_on(call).unwrap_err().is_cancelled());
        assert_eq!(dropped.get(), 2);
        assert_eq!(handle.live_tasks(), 0);
        assert_eq!(handle.block_on(async { 1 }), 1);
    });
}

#[test]
fn what_destructors_spawn_during_the_end_is_cancelled() {
    both_flavours(|executor| {
        let (results, gate) = (Arc::new(Mutex::new(Vec::new())), Gate::new());
        for _ in 0..20 {
            let (wait, results) = (gate.wait(), results.clone());
            drop(executor.spawn(async move {
                let _spawns = on_drop(move || {
                    results.lock().push(spawn(async { unreachable!("it is refused") }));
                    results.lock().push(spawn_blocking(|| ()));
                });
                wait.await;
            }));
        }
        executor.block_on(async {
            while gate.waiting() < 20 {
                yield_now().await;
            }
        });
        drop(executor);
        let outside = single();
        let results = std::mem::take(&mut *results.lock());
        assert_eq!(results.len(), 40);
        let mut refused = 0;
        for task in results {
            refused += usize::from(outside.block_on(task).is_err_and(|e| e.is_cancelled()));
        }
        assert!(refused >= 20, "no task is accepted: {refused}");
    });
}

#[test]
fn a_refused_future_may_enter_an_executor_in_its_destructor() {
    both_flavours(|executor| {
        let handle = executor.handle().clone();
        drop(executor);
        let _entered = handle.enter();
        let other = single();
        let of_other = other.handle().clone();
        let enters = on_drop(move || {
            let _entered = of_other.enter();
            assert!(Handle::try_current().is_ok());
        });
        let task = spawn(async move { drop(enters) });
        let error = other.block_on(task).unwrap_err();
        assert!(error.is_cancelled(), "{error}");
    });
}

#[test]
fn a_spawn_storm_during_the_end_loses_no_task() {
    both_flavours(|executor| {
        let (created, dropped) = (Counter::new(), Counter::new());
        let done = Counter::new();
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (handle, created, dropped) =
                    (executor.handle().clone(), created.clone(), dropped.clone());
                let done = done.clone();
                thread(move || {
                    let mut after = 0;
                    while after < 100 {
                        created.add_one();
                        let guard = dropped.on_drop();
                        let task = handle.spawn(async move {
                            let _guard = guard;
                            yield_now().await;
                            std::future::pending::<()>().await;
                        });
                        if done.get() > 0 {
                            assert!(task.is_finished(), "spawned after the end");
                            after += 1;
                        }
                    }
                })
            })
            .collect();
        eventually("the storm has begun", || created.get() > 100);
        executor.block_on(async {
            for _ in 0..50 {
                yield_now().await;
            }
        });
        drop(executor);
        done.add_one();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(dropped.get(), created.get());
    });
}

#[test]
fn a_spawn_storm_of_tasks_does_not_keep_the_executor_alive() {
    both_flavours(|executor| {
        fn storm(alive: Counter) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(async move {
                let guard = alive.on_drop();
                drop(spawn(storm(alive.clone())));
                drop(spawn(async move {
                    let _guard = guard;
                    yield_now().await;
                }));
            })
        }
        let ended = Counter::new();
        drop(executor.spawn(storm(ended.clone())));
        let ends = ended.clone();
        executor.block_on(async move {
            while ends.get() < 100 {
                yield_now().await;
            }
        });
        drop(executor);
    });
}

#[test]
fn the_executor_is_current_in_destructors_at_its_end() {
    both_flavours(|executor| {
        let (sender, seen) = mpsc::channel();
        let gate = Gate::new();
        for polled in [true, false] {
            let (sender, wait) = (sender.clone(), gate.wait());
            let guard = on_drop(move || sender.send(Handle::try_current().is_ok()).unwrap());
            drop(executor.spawn(async move {
                let _guard = guard;
                wait.await;
            }));
            if polled {
                executor.block_on(async {
                    while gate.waiting() == 0 {
                        yield_now().await;
                    }
                });
            }
        }
        drop(sender);
        drop(executor);
        assert_eq!(seen.iter().collect::<Vec<_>>(), [true, true]);
    });
}

#[test]
fn handles_of_all_kinds_outlive_the_executor() {
    both_flavours(|executor| {
        let handle = executor.handle().clone();
        let gate = Gate::new();
        let task = executor.spawn(gate.wait());
        let abort = task.abort_handle();
        executor.block_on(async {
            while gate.waiting() == 0 {
                yield_now().await;
            }
        });
        drop(executor);
        let elsewhere = thread(move || {
            gate.open();
            abort.abort();
            assert!(abort.is_finished());
            let _entered = handle.enter();
            assert_eq!(handle.live_tasks(), 0);
            assert!(spawn(async {}).is_finished());
            format!("{handle:?} {abort:?}")
        });
        elsewhere.join().unwrap();
        assert!(single().block_on(task).unwrap_err().is_cancelled());
    });
}

#[test]
fn a_joiner_on_another_executor_hears_of_the_end() {
    both_flavours(|executor| {
        let outside = multi(1);
        let task = executor.spawn(std::future::pending::<()>());
        let joiner = outside.spawn(async move { task.await.unwrap_err().is_cancelled() });
        drop(executor);
        assert!(outside.block_on(joiner).unwrap());
    });
}

#[test]
fn two_executors_may_hold_each_others_tasks_handles_at_their_end() {
    bounded(|| {
        let (a, b) = (multi(2), multi(2));
        let on_a = a.spawn(std::future::pending::<()>());
        let on_b = b.spawn(async move { on_a.await.is_err() });
        let of_b = a.spawn(async move { on_b.await.is_err() });
        let both = thread(move || drop(a));
        drop(b);
        both.join().unwrap();
        assert!(of_b.is_finished());
    });
}

#[test]
fn an_event_loop_ends_its_tasks_in_the_order_of_their_spawns() {
    bounded(|| {
        let event_loop = EventLoop::new().unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        for n in 0..10 {
            let order = order.clone();
            drop(event_loop.spawn_local(async move {
                let _guard = on_drop(move || order.lock().push(n));
                if n % 2 == 0 {
                    // Runnable at the end; the others wait.
                    loop {
                        yield_now().await;
                    }
                }
                std::future::pending::<()>().await;
            }));
        }
        event_loop.block_on(yield_now());
        drop(event_loop);
        assert_eq!(*order.lock(), (0..10).collect::<Vec<_>>());
    });
}

#[test]
fn an_executor_ends_while_its_workers_are_busy() {
    for workers in [1, 4] {
        bounded(move || {
            for _ in 0..100 {
                let executor = multi(workers);
                let dropped = Counter::new();
                for _ in 0..20 {
                    let guard = dropped.on_drop();
                    drop(executor.spawn(async move {
                        let _guard = guard;
                        loop {
                            drop(spawn(yield_now()));
                            yield_now().await;
                        }
                    }));
                }
                drop(executor);
                assert_eq!(dropped.get(), 20);
            }
        });
    }
}

#[test]
fn an_executor_dropped_while_the_thread_unwinds_ends_its_tasks() {
    both_flavours(|executor| {
        let dropped = Counter::new();
        sleepers(executor.handle(), 10, &dropped);
        let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _executor = executor;
            panic!("on the way out");
        }));
        assert!(unwound.is_err());
        assert_eq!(dropped.get(), 10);
    });
    assert!(HUNG > SHORT);
}

#[test]
fn a_shutdown_with_a_deadline_does_not_wait_past_it_for_a_hook() {
    // The hook never ends by itself, so whatever deadline leaves the worker the time to end its loop shows it.
    let report_after = |deadline: Duration| {
        let (release, released) = mpsc::channel::<()>();
        let released = Mutex::new(released);
        let executor = Builder::new_multi_thread()
            .worker_threads(1)
            .on_thread_stop(move || {
                let _released = released.lock().recv();
            })
            .build()
            .unwrap();
        let report = executor.shutdown(deadline);
        drop(release);
        report
    };
    bounded(move || {
        let mut reports = [50, 500, 5_000].map(Duration::from_millis).into_iter().map(report_after);
        assert!(reports.any(|report| report.is_clean()), "every task has ended");
    });
}

/// Its sentinel ends in a panic.
struct Broken(CondvarPark);

impl Park for Broken {
    fn park(&self, timeout: Option<Duration>) {
        self.0.park(timeout);
    }

    fn unpark_one(&self) {
        self.0.unpark_one();
    }

    fn turn(&self) {}

    fn sentinel_sleeps(&self) -> bool {
        panic!("a fault of the park");
    }
}

#[test]
fn nobody_waits_for_a_sentinel_that_has_panicked() {
    bounded_by(SHORT, || {
        let park = Arc::new(Broken(CondvarPark::new()));
        let executor = Builder::new_multi_thread().worker_threads(1).park(park).build().unwrap();
        assert_eq!(executor.block_on(executor.spawn(async { 7 })).unwrap(), 7);
        drop(executor);
    });
}

//! A task that is aborted, or whose executor goes, is dropped where it stands, once.

mod support;

use filch_executor::{spawn, yield_now};
use std::sync::mpsc;
use support::{
    Counter, Gate, both_flavours, bounded, each_multi, eventually, multi, occupy, on_drop, single,
    thread,
};

/// Lets the executor's tasks run until `condition` holds.
fn drive_until(executor: &filch_executor::Executor, mut condition: impl FnMut() -> bool) {
    executor.block_on(async move {
        while !condition() {
            yield_now().await;
        }
    });
}

#[test]
fn a_task_aborted_before_its_first_poll_is_never_polled_and_dropped_once() {
    both_flavours(|executor| {
        let multi = executor.handle().flavor() == filch_executor::Flavor::MultiThread;
        let occupied: Vec<_> = (0..if multi { executor.handle().workers() } else { 0 })
            .map(|_| occupy(executor.handle()))
            .collect();
        let (polled, dropped) = (Counter::new(), Counter::new());
        let (polls, guard) = (polled.clone(), dropped.on_drop());
        let task = executor.spawn(async move {
            let _guard = guard;
            polls.add_one();
        });
        task.abort();
        drop(occupied);
        let error = executor.block_on(task).unwrap_err();
        assert!(error.is_cancelled() && !error.is_panic());
        assert_eq!((polled.get(), dropped.get()), (0, 1));
    });
}

#[test]
fn a_task_aborted_while_it_is_queued_again_is_not_polled_again() {
    both_flavours(|executor| {
        let (polled, dropped) = (Counter::new(), Counter::new());
        let (polls, guard) = (polled.clone(), dropped.on_drop());
        let (aborter, abort) = mpsc::channel::<filch_executor::AbortHandle>();
        let task = executor.spawn(async move {
            let _guard = guard;
            polls.add_one();
            // Told to end while it runs; it gives way, so it is queued, and must not come back.
            abort.recv().unwrap().abort();
            yield_now().await;
            polls.add_one();
        });
        aborter.send(task.abort_handle()).unwrap();
        assert!(executor.block_on(task).unwrap_err().is_cancelled());
        assert_eq!((polled.get(), dropped.get()), (1, 1));
    });
}

#[test]
fn a_task_aborted_after_its_wake_up_and_before_its_poll_is_not_polled() {
    each_multi(|executor| {
        let gate = Gate::new();
        let went_on = Counter::new();
        let (wait, goes_on) = (gate.wait(), went_on.clone());
        let task = executor.spawn(async move {
            wait.await;
            goes_on.add_one();
        });
        eventually("it waits", || gate.waiting() == 1);
        let occupied: Vec<_> =
            (0..executor.handle().workers()).map(|_| occupy(executor.handle())).collect();
        gate.open();
        task.abort();
        drop(occupied);
        assert!(executor.block_on(task).unwrap_err().is_cancelled());
        assert_eq!(went_on.get(), 0);
    });
}

#[test]
fn a_waiting_task_is_dropped_at_its_await_point() {
    both_flavours(|executor| {
        let (gate, dropped) = (Gate::new(), Counter::new());
        let (wait, guard) = (gate.wait(), dropped.on_drop());
        let task = executor.spawn(async move {
            let _guard = guard;
            wait.await;
            unreachable!("it was aborted");
        });
        drive_until(&executor, || gate.waiting() == 1);
        assert!(!task.is_finished());
        task.abort();
        assert!(executor.block_on(task).unwrap_err().is_cancelled());
        assert_eq!(dropped.get(), 1);
        // Its waker is still registered there.
        gate.open();
        support::assert_lives(&executor);
    });
}

#[test]
fn a_running_task_ends_at_its_next_await_point() {
    each_multi(|executor| {
        let (started, has_started) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let (before, after) = (Counter::new(), Counter::new());
        let (counts_before, counts_after) = (before.clone(), after.clone());
        let task = executor.spawn(async move {
            started.send(()).unwrap();
            released.recv().unwrap();
            counts_before.add_one();
            std::future::pending::<()>().await;
            counts_after.add_one();
        });
        has_started.recv().unwrap();
        task.abort();
        assert!(!task.is_finished(), "it is in the middle of a poll");
        release.send(()).unwrap();
        assert!(executor.block_on(task).unwrap_err().is_cancelled());
        assert_eq!((before.get(), after.get()), (1, 0));
    });
}

#[test]
fn a_task_that_ends_in_the_poll_in_which_it_is_aborted_keeps_its_output() {
    both_flavours(|executor| {
        let (sender, abort) = mpsc::channel::<filch_executor::AbortHandle>();
        let task = executor.spawn(async move {
            abort.recv().unwrap().abort();
            "done"
        });
        sender.send(task.abort_handle()).unwrap();
        assert_eq!(executor.block_on(task).unwrap(), "done");
    });
}

#[test]
fn a_second_abort_changes_nothing() {
    both_flavours(|executor| {
        let dropped = Counter::new();
        let guard = dropped.on_drop();
        let task = executor.spawn(async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        });
        task.abort();
        task.abort();
        let abort = task.abort_handle();
        abort.abort();
        assert!(executor.block_on(task).unwrap_err().is_cancelled());
        abort.abort();
        assert_eq!(dropped.get(), 1);
    });
}

#[test]
fn an_abort_after_the_end_leaves_the_output() {
    both_flavours(|executor| {
        let task = executor.spawn(async { 4 });
        drive_until(&executor, || task.is_finished());
        task.abort();
        assert_eq!(executor.block_on(task).unwrap(), 4);
    });
}

#[test]
fn aborts_from_another_thread_race_with_the_end_and_one_of_them_wins() {
    both_flavours(|executor| {
        let dropped = Counter::new();
        let (sender, receiver) = mpsc::channel::<filch_executor::AbortHandle>();
        let aborter = thread(move || {
            for abort in receiver {
                abort.abort();
            }
        });
        let rounds = 2000;
        let mut ended = 0;
        for _ in 0..rounds {
            let guard = dropped.on_drop();
            let task = executor.spawn(async move {
                let _guard = guard;
                for _ in 0..3 {
                    yield_now().await;
                }
            });
            sender.send(task.abort_handle()).unwrap();
            match executor.block_on(task) {
                Ok(()) => ended += 1,
                Err(error) => assert!(error.is_cancelled()),
            }
        }
        drop(sender);
        aborter.join().unwrap();
        assert!(ended <= rounds);
        assert_eq!(dropped.get(), rounds);
    });
}

#[test]
fn many_aborts_of_one_waiting_task_end_it_once() {
    both_flavours(|executor| {
        for _ in 0..100 {
            let (gate, dropped) = (Gate::new(), Counter::new());
            let (wait, guard) = (gate.wait(), dropped.on_drop());
            let task = executor.spawn(async move {
                let _guard = guard;
                wait.await;
            });
            drive_until(&executor, || gate.waiting() == 1);
            let threads: Vec<_> = (0..3)
                .map(|n| {
                    let (abort, gate) = (task.abort_handle(), gate.clone());
                    thread(move || if n == 0 { gate.open() } else { abort.abort() })
                })
                .collect();
            let _either = executor.block_on(task);
            for thread in threads {
                thread.join().unwrap();
            }
            assert_eq!(dropped.get(), 1);
        }
    });
}

#[test]
fn an_abort_handle_may_outlive_handle_task_and_executor() {
    both_flavours(|executor| {
        let task = executor.spawn(std::future::pending::<()>());
        let abort = task.abort_handle();
        let copy = abort.clone();
        drop(task);
        assert!(!abort.is_finished());
        drop(executor);
        assert!(abort.is_finished() && copy.is_finished());
        abort.abort();
        drop(abort);
        copy.abort();
    });
}

#[test]
fn a_detached_task_can_be_aborted() {
    both_flavours(|executor| {
        let dropped = Counter::new();
        let guard = dropped.on_drop();
        let task = executor.spawn(async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        });
        let abort = task.abort_handle();
        drop(task);
        abort.abort();
        drive_until(&executor, || abort.is_finished());
        assert_eq!(dropped.get(), 1);
    });
}

#[test]
fn dropping_the_executor_ends_each_task_once_in_whatever_state_it_is() {
    both_flavours(|executor| {
        let (gate, created, dropped) = (Gate::new(), Counter::new(), Counter::new());
        let mut tasks = Vec::new();
        for n in 0..600 {
            created.add_one();
            let (wait, guard) = (gate.wait(), dropped.on_drop());
            tasks.push(executor.spawn(async move {
                let _guard = guard;
                match n % 4 {
                    0 => wait.await,
                    1 => std::future::pending().await,
                    2 => loop {
                        yield_now().await;
                    },
                    _ => {}
                }
            }));
        }
        executor.block_on(async {
            for _ in 0..3 {
                yield_now().await;
            }
        });
        for _ in 0..100 {
            created.add_one();
            let guard = dropped.on_drop();
            drop(executor.spawn(async move {
                let _guard = guard;
                std::future::pending::<()>().await;
            }));
        }
        drop(executor);
        assert_eq!(dropped.get(), created.get());
        for task in tasks {
            assert!(task.is_finished());
        }
        gate.open();
    });
}

#[test]
fn a_destructor_may_spawn_and_wake_when_its_task_is_aborted() {
    both_flavours(|executor| {
        let (gate, spawned, polled) = (Gate::new(), Counter::new(), Counter::new());
        let (opens, counts, polls) = (gate.clone(), spawned.clone(), polled.clone());
        let waiter = executor.spawn(gate.wait());
        let task = executor.spawn(async move {
            let _guard = on_drop(move || {
                opens.open();
                drop(spawn(async move { counts.add_one() }));
            });
            polls.add_one();
            std::future::pending::<()>().await;
        });
        drive_until(&executor, || gate.waiting() == 1 && polled.get() == 1);
        task.abort();
        assert!(executor.block_on(task).unwrap_err().is_cancelled());
        executor.block_on(waiter).unwrap();
        drive_until(&executor, || spawned.get() == 1);
    });
}

#[test]
fn destructors_at_the_executors_end_may_spawn_wake_and_abort_each_other() {
    both_flavours(|executor| {
        let dropped = Counter::new();
        let gate = Gate::new();
        let mut aborts = Vec::new();
        for _ in 0..200 {
            let (opens, wait) = (gate.clone(), gate.wait());
            let (guard, of_spawned) = (dropped.on_drop(), dropped.on_drop());
            let others: Vec<filch_executor::AbortHandle> = aborts.clone();
            let task = executor.spawn(async move {
                let _guard = guard;
                let _spawns = on_drop(move || {
                    opens.open();
                    for other in others {
                        other.abort();
                    }
                    let task = spawn(async move {
                        let _guard = of_spawned;
                        std::future::pending::<()>().await;
                    });
                    drop(task);
                });
                wait.await;
                std::future::pending::<()>().await;
            });
            aborts.push(task.abort_handle());
        }
        drop(executor);
        assert_eq!(dropped.get(), 400);
        assert!(aborts.iter().all(filch_executor::AbortHandle::is_finished));
    });
}

#[test]
fn a_task_may_abort_itself_and_its_neighbour() {
    both_flavours(|executor| {
        let neighbour = executor.spawn(std::future::pending::<()>());
        let of_neighbour = neighbour.abort_handle();
        let (sender, own) = mpsc::channel::<filch_executor::AbortHandle>();
        let task = executor.spawn(async move {
            of_neighbour.abort();
            own.recv().unwrap().abort();
            std::future::pending::<()>().await;
        });
        sender.send(task.abort_handle()).unwrap();
        assert!(executor.block_on(task).unwrap_err().is_cancelled());
        assert!(executor.block_on(neighbour).unwrap_err().is_cancelled());
    });
}

#[test]
fn an_abort_reaches_the_executor_of_the_task_from_anothers_task() {
    bounded(|| {
        let (a, b) = (multi(2), single());
        let of_a = a.spawn(std::future::pending::<()>());
        let abort_a = of_a.abort_handle();
        let on_b = b.spawn(async move { abort_a.abort() });
        b.block_on(on_b).unwrap();
        assert!(b.block_on(of_a).unwrap_err().is_cancelled());
        let of_b = b.spawn(std::future::pending::<()>());
        let abort_b = of_b.abort_handle();
        a.block_on(a.spawn(async move { abort_b.abort() })).unwrap();
        assert!(b.block_on(of_b).unwrap_err().is_cancelled());
    });
}

//! One worker is blocked by a call that does not return: everything else goes on.

mod support;

use filch_executor::{Builder, Executor, spawn, yield_now};
use std::sync::mpsc;
use std::time::Duration;
use support::{Gate, HUNG, bounded, bounded_by, eventually, multi, occupy};

/// For what waits for the blocked worker when it fails.
const SHORT: Duration = Duration::from_secs(5);

#[test]
fn tasks_spawned_from_outside_go_on() {
    bounded(|| {
        let executor = multi(2);
        let _occupied = occupy(executor.handle());
        for n in 0..1000 {
            assert_eq!(executor.block_on(executor.spawn(async move { n })).unwrap(), n);
        }
    });
}

#[test]
fn all_but_one_blocked_is_enough() {
    bounded(|| {
        let executor = multi(4);
        let _occupied: Vec<_> = (0..3).map(|_| occupy(executor.handle())).collect();
        let task = executor.spawn(async {
            let tasks: Vec<_> = (0..500).map(|n| spawn(async move { n })).collect();
            let mut sum = 0;
            for task in tasks {
                sum += task.await.unwrap();
            }
            sum
        });
        assert_eq!(executor.block_on(task).unwrap(), 124_750);
    });
}

#[test]
fn tasks_woken_from_outside_go_on() {
    bounded(|| {
        let executor = multi(2);
        let gate = Gate::new();
        let tasks: Vec<_> = (0..100).map(|_| executor.spawn(gate.wait())).collect();
        eventually("they wait", || gate.waiting() == 100);
        let _occupied = occupy(executor.handle());
        gate.open();
        for task in tasks {
            executor.block_on(task).unwrap();
        }
    });
}

#[test]
fn a_sleeping_worker_is_no_different() {
    bounded(|| {
        let executor = multi(2);
        let slept = executor.spawn(async { std::thread::sleep(Duration::from_millis(300)) });
        let task = executor.spawn(async {
            for _ in 0..100 {
                yield_now().await;
            }
        });
        executor.block_on(task).unwrap();
        executor.block_on(slept).unwrap();
    });
}

#[test]
fn tasks_queued_behind_the_blocked_one_are_stolen() {
    bounded_by(SHORT * 2, || {
        let executor = multi(2);
        let (sender, receiver) = mpsc::channel();
        let blocker = executor.spawn(async move {
            // All of them are in its private queue.
            for n in 0..11 {
                let sender = sender.clone();
                drop(spawn(async move { sender.send(n).unwrap() }));
            }
            drop(sender);
            let mut ran = Vec::new();
            while ran.len() < 10 {
                // This worker is blocked, and waits for what is queued behind.
                ran.push(receiver.recv_timeout(SHORT).expect("it is not stolen"));
            }
            ran.sort_unstable();
            ran
        });
        let ran = executor.block_on(blocker).unwrap();
        assert_eq!(ran.len(), 10);
    });
}

#[test]
fn more_tasks_than_the_local_queue_holds_are_all_taken_over() {
    bounded_by(SHORT * 2, || {
        let executor = multi(2);
        let (sender, receiver) = mpsc::channel();
        let blocker = executor.spawn(async move {
            for n in 0..1001 {
                let sender = sender.clone();
                drop(spawn(async move { sender.send(n).unwrap() }));
            }
            for _ in 0..1000 {
                receiver.recv_timeout(SHORT).expect("it is not stolen");
            }
        });
        executor.block_on(blocker).unwrap();
    });
}

#[test]
fn a_task_that_gave_way_is_not_held_up_by_the_blocked_one_that_runs_next() {
    bounded_by(SHORT * 2, || {
        for _ in 0..5 {
            let executor = multi(2);
            let (ended, has_ended) = mpsc::channel();
            let task = executor.spawn(async move {
                // Long enough for the other worker to fall asleep, which is the hard case.
                std::thread::sleep(Duration::from_millis(10));
                drop(spawn(async move {
                    // Blocked until the other has ended.
                    has_ended.recv_timeout(SHORT).is_ok()
                }));
                yield_now().await;
                let _nobody_waits = ended.send(());
            });
            let start = std::time::Instant::now();
            executor.block_on(task).unwrap();
            assert!(start.elapsed() < SHORT, "it ran only when the worker was free again");
        }
    });
}

#[test]
fn tasks_woken_by_the_blocked_one_are_taken_over() {
    bounded_by(SHORT * 2, || {
        let executor = multi(2);
        let (first, second) = (Gate::new(), Gate::new());
        let (sender, receiver) = mpsc::channel();
        for gate in [&first, &second] {
            let (wait, sender) = (gate.wait(), sender.clone());
            drop(executor.spawn(async move {
                wait.await;
                sender.send(()).unwrap();
            }));
        }
        eventually("they wait", || first.waiting() == 1 && second.waiting() == 1);
        let blocker = executor.spawn(async move {
            first.open();
            second.open();
            receiver.recv_timeout(SHORT).is_ok()
        });
        assert!(executor.block_on(blocker).unwrap(), "neither is taken over");
    });
}

#[test]
fn what_a_blocked_one_has_just_woken_is_taken_by_a_thief_that_is_awake() {
    bounded(|| {
        let executor = multi(2);
        let (ran, has_run) = mpsc::channel();
        let blocker = executor.spawn(async move {
            drop(spawn(async move { ran.send(()).unwrap() }));
            has_run.recv_timeout(HUNG / 2).is_ok()
        });
        // Keeps the other worker awake: each time it has run one of these, it looks around.
        while !blocker.is_finished() {
            executor.block_on(executor.spawn(async {})).unwrap();
        }
        assert!(executor.block_on(blocker).unwrap(), "it is not taken");
    });
}

#[test]
fn what_the_blocked_worker_was_about_to_run_runs_once() {
    bounded(|| {
        let executor = multi(4);
        for _ in 0..200 {
            let (sender, receiver) = mpsc::channel();
            let task = executor.spawn(async move {
                for n in 0..20 {
                    let sender = sender.clone();
                    drop(spawn(async move { sender.send(n).unwrap() }));
                }
                std::thread::sleep(Duration::from_micros(100));
            });
            executor.block_on(task).unwrap();
            let mut ran: Vec<i32> = receiver.iter().collect();
            ran.sort_unstable();
            assert_eq!(ran, (0..20).collect::<Vec<_>>());
        }
        assert!(executor.handle().stolen_tasks() > 0);
    });
}

/// Spawns one task after the other in one poll, and waits for each; how many ran.
fn waits_for_lone_tasks(executor: &Executor, tasks: usize) -> usize {
    // All others sleep by then, most likely.
    std::thread::sleep(Duration::from_millis(50));
    let stuck = executor.spawn(async move {
        let waits_for_one = |_: &usize| {
            let (tell, told) = mpsc::channel();
            drop(spawn(async move { tell.send(()).unwrap() }));
            told.recv_timeout(SHORT).is_ok()
        };
        (0..tasks).take_while(waits_for_one).count()
    });
    executor.block_on(stuck).unwrap()
}

#[test]
fn a_lone_task_is_taken_from_a_poll_that_waits_for_it() {
    bounded(|| {
        // The only one is relieved by a spare.
        for workers in [1, 2, 4] {
            let executor = Builder::new_multi_thread().worker_threads(workers).build().unwrap();
            assert_eq!(waits_for_lone_tasks(&executor, 5), 5, "{workers} workers");
        }
    });
}

#[test]
fn without_a_sentinel_a_lone_task_is_taken_too() {
    bounded(|| {
        let mut builder = Builder::new_multi_thread();
        let executor = builder.worker_threads(2).spare_workers(0).long_poll_threshold(None).build();
        assert_eq!(waits_for_lone_tasks(&executor.unwrap(), 20), 20);
    });
}

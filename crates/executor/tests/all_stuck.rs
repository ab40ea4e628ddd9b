//! Every worker is stuck in a poll: spares take over what waits behind them, and go again.

mod support;

use filch_executor::{Builder, CondvarPark, Executor, Park, spawn, yield_now};
use filch_primitives::atomic::{AtomicBool, AtomicUsize, Ordering};
use filch_primitives::sync::{Arc, Condvar, Mutex};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use support::{HUNG, bounded, eventually, occupy, thread};

/// With spares, as many as workers.
fn with_spares(workers: usize) -> Executor {
    Builder::new_multi_thread().worker_threads(workers).build().unwrap()
}

#[test]
fn tasks_from_outside_go_on_while_the_only_worker_is_stuck() {
    bounded(|| {
        let executor = with_spares(1);
        let _occupied = occupy(executor.handle());
        for n in 0..1000 {
            assert_eq!(executor.block_on(executor.spawn(async move { n })).unwrap(), n);
        }
    });
}

#[test]
fn a_poll_that_waits_for_what_is_queued_behind_it_ends() {
    bounded(|| {
        let executor = with_spares(1);
        let task = executor.spawn(async {
            let (sender, receiver) = mpsc::channel();
            for n in 0..100 {
                let sender = sender.clone();
                drop(spawn(async move {
                    yield_now().await;
                    sender.send(n).unwrap();
                }));
            }
            drop(sender);
            let mut ran: Vec<i32> = receiver.iter().collect();
            ran.sort_unstable();
            ran
        });
        assert_eq!(executor.block_on(task).unwrap(), (0..100).collect::<Vec<_>>());
    });
}

#[test]
fn a_spare_that_is_stuck_too_gets_another_and_their_number_is_bounded() {
    bounded(|| {
        let executor = with_spares(2);
        // Four are stuck at once, which needs both workers and both spares.
        let occupied: Vec<_> = (0..4).map(|_| occupy(executor.handle())).collect();
        let waits = executor.spawn(async {});
        std::thread::sleep(Duration::from_millis(100));
        assert!(!waits.is_finished(), "there is a fifth");
        drop(occupied);
        executor.block_on(waits).unwrap();
    });
}

#[test]
fn without_spares_nobody_takes_over() {
    bounded(|| {
        let executor =
            Builder::new_multi_thread().worker_threads(1).spare_workers(0).build().unwrap();
        let occupied = occupy(executor.handle());
        let waits = executor.spawn(async {});
        std::thread::sleep(Duration::from_millis(100));
        assert!(!waits.is_finished());
        drop(occupied);
        executor.block_on(waits).unwrap();
    });
}

#[test]
fn a_spare_goes_when_the_worker_is_back_and_comes_again_on_a_thread_that_exists() {
    bounded(|| {
        let executor = with_spares(1);
        for _ in 0..5 {
            let occupied = occupy(executor.handle());
            executor.block_on(executor.spawn(async {})).unwrap();
            executor.block_on(occupied.release()).unwrap();
            eventually("the spare has gone", || executor.handle().spare_workers() == 0);
        }
        assert_eq!(executor.handle().blocking_threads(), 1);
        assert_eq!(executor.handle().workers(), 1);
    });
}

#[test]
fn work_that_a_spare_has_when_it_goes_is_done() {
    bounded(|| {
        for _ in 0..20 {
            let executor = with_spares(1);
            let occupied = occupy(executor.handle());
            let tasks: Vec<_> = (0..500)
                .map(|n| {
                    executor.spawn(async move {
                        for _ in 0..20 {
                            yield_now().await;
                        }
                        n
                    })
                })
                .collect();
            let release = thread(move || {
                std::thread::sleep(Duration::from_millis(15));
                occupied.release()
            });
            for (n, task) in tasks.into_iter().enumerate() {
                assert_eq!(executor.block_on(task).unwrap(), n);
            }
            executor.block_on(release.join().unwrap()).unwrap();
        }
    });
}

#[test]
fn a_shutdown_while_all_are_stuck_waits_for_them_and_no_longer() {
    bounded(|| {
        let executor = with_spares(2);
        let occupied: Vec<_> = (0..3).map(|_| occupy(executor.handle())).collect();
        let waits = executor.spawn(std::future::pending::<()>());
        let ends = thread(move || drop(executor));
        std::thread::sleep(Duration::from_millis(50));
        assert!(!ends.is_finished(), "it has not waited");
        drop(occupied);
        ends.join().unwrap();
        assert!(waits.is_finished());
    });
}

#[test]
fn block_in_place_in_a_spare_hands_it_on() {
    bounded(|| {
        let executor = with_spares(1);
        let _occupied = occupy(executor.handle());
        let (end, ended) = mpsc::channel();
        let blocks = executor.spawn(async move {
            filch_executor::block_in_place(|| ended.recv_timeout(HUNG / 2).is_ok())
        });
        executor.block_on(executor.spawn(async move { end.send(()).unwrap() })).unwrap();
        assert!(executor.block_on(blocks).unwrap());
    });
}

#[test]
fn a_shrink_while_all_are_stuck_leaves_the_spares_at_work() {
    bounded(|| {
        let executor = with_spares(2);
        let _occupied: Vec<_> = (0..2).map(|_| occupy(executor.handle())).collect();
        executor.handle().set_workers(1).unwrap();
        let tasks: Vec<_> = (0..2000).map(|n| executor.spawn(async move { n })).collect();
        for (n, task) in tasks.into_iter().enumerate() {
            assert_eq!(executor.block_on(task).unwrap(), n);
        }
    });
}

/// Wakes whoever fell asleep last.
#[derive(Default)]
struct Lifo {
    sleepers: Mutex<(usize, Vec<Arc<Sleeper>>)>,
    sentinel: CondvarPark,
}

#[derive(Default)]
struct Sleeper {
    is_called: Mutex<bool>,
    called: Condvar,
}

impl Park for Lifo {
    fn park(&self, timeout: Option<Duration>) {
        let sleeper = Arc::new(Sleeper::default());
        {
            let (calls, sleepers) = &mut *self.sleepers.lock();
            if *calls > 0 {
                *calls -= 1;
                return;
            }
            sleepers.push(sleeper.clone());
        }
        let start = Instant::now();
        let timeout = timeout.unwrap_or(2 * HUNG);
        let mut is_called = sleeper.is_called.lock();
        while !*is_called && start.elapsed() < timeout {
            is_called = sleeper.called.wait_timeout(is_called, timeout).0;
        }
        drop(is_called);
        self.sleepers.lock().1.retain(|other| !Arc::ptr_eq(other, &sleeper));
    }

    fn unpark_one(&self) {
        let (calls, sleepers) = &mut *self.sleepers.lock();
        match sleepers.pop() {
            None => *calls += 1,
            Some(sleeper) => {
                *sleeper.is_called.lock() = true;
                sleeper.called.notify_one();
            }
        }
    }

    fn turn(&self) {}

    fn sentinel_sleeps(&self) -> bool {
        self.sentinel.sentinel_sleeps()
    }

    fn call_sentinel(&self, at: Instant) {
        self.sentinel.call_sentinel(at);
    }
}

#[test]
fn a_worker_that_sleeps_is_told_to_leave_beside_a_spare_that_sleeps() {
    bounded(|| {
        for _ in 0..5 {
            let number = AtomicUsize::new(0);
            let executor = Builder::new_multi_thread()
                .worker_threads(2)
                // Ordering: Relaxed; a count.
                .thread_name_fn(move || number.fetch_add(1, Ordering::Relaxed).to_string())
                .park(Arc::new(Lifo::default()))
                .build()
                .unwrap();
            let occupied: Vec<_> = (0..2)
                .map(|_| {
                    let (release, released) = mpsc::channel::<()>();
                    let (tell, told) = mpsc::channel();
                    drop(executor.spawn(async move {
                        tell.send(std::thread::current().name().unwrap().to_owned()).unwrap();
                        let _released = released.recv();
                    }));
                    (told.recv_timeout(HUNG).unwrap(), release)
                })
                .collect();
            executor.block_on(executor.spawn(async {})).unwrap();
            // It relieves the first.
            let (_stuck, others): (Vec<_>, Vec<_>) =
                occupied.into_iter().partition(|(name, _)| name == "0");
            drop(others);
            std::thread::sleep(Duration::from_millis(50));
            eventually("one spare is left", || executor.handle().spare_workers() == 1);
            executor.handle().set_workers(1).unwrap();
            eventually("the other has left", || executor.handle().workers() == 1);
        }
    });
}

#[test]
fn block_in_place_that_gets_no_thread_counts_as_a_stuck_poll() {
    bounded(|| {
        let is_refused = Arc::new(AtomicBool::new(false));
        let refuses = is_refused.clone();
        let executor = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name_fn(move || {
                // Ordering: Relaxed; one thread at a time.
                let name = if refuses.load(Ordering::Relaxed) { "a zero byte: \0" } else { "w" };
                name.to_owned()
            })
            .build()
            .unwrap();
        let (end, ended) = mpsc::channel();
        let (start, started) = mpsc::channel();
        let blocks = executor.spawn(async move {
            // Ordering: Relaxed; as above.
            is_refused.store(true, Ordering::Relaxed);
            filch_executor::block_in_place(|| {
                // Ordering: Relaxed; as above.
                is_refused.store(false, Ordering::Relaxed);
                start.send(()).unwrap();
                ended.recv_timeout(HUNG / 2).is_ok()
            })
        });
        started.recv_timeout(HUNG).unwrap();
        executor.block_on(executor.spawn(async move { end.send(()).unwrap() })).unwrap();
        assert!(executor.block_on(blocks).unwrap(), "the other task waited for it");
    });
}

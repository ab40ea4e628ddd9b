//! The number of workers changes while they run.

mod support;

use filch_executor::{Builder, CondvarPark, EventLoop, Executor, Handle, Park, yield_now};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::sync::{Arc, Mutex};
use std::collections::HashSet;
use std::io::ErrorKind;
use std::sync::mpsc;
use std::thread::ThreadId;
use std::time::Duration;
use support::{Counter, HUNG, assert_at_once, assert_lives, bounded, eventually, occupy, thread};

fn elastic(workers: usize, max_workers: usize) -> Executor {
    Builder::new_multi_thread()
        .worker_threads(workers)
        .max_workers(max_workers)
        .spare_workers(0)
        .build()
        .unwrap()
}

/// Waits until no more than `count` threads run tasks.
fn await_threads(executor: &Executor, count: usize) {
    eventually("the others have left", || executor.handle().workers() == count);
    let threads = Arc::new(Mutex::new(HashSet::<ThreadId>::new()));
    for _ in 0..20 {
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let threads = threads.clone();
                executor.spawn(async move {
                    threads.lock().insert(std::thread::current().id());
                    std::thread::sleep(Duration::from_micros(50));
                })
            })
            .collect();
        for task in tasks {
            executor.block_on(task).unwrap();
        }
    }
    let ran_on = threads.lock().len();
    assert!(ran_on <= count, "tasks ran on {ran_on} threads");
}

#[test]
fn more_workers_run_more_at_once() {
    bounded(|| {
        let executor = elastic(1, 4);
        executor.handle().set_workers(4).unwrap();
        assert_eq!(executor.handle().workers(), 4);
        assert_at_once(&executor, 4);
    });
}

#[test]
fn fewer_workers_go_on_with_everything() {
    bounded(|| {
        let executor = elastic(4, 4);
        assert_at_once(&executor, 4);
        executor.handle().set_workers(1).unwrap();
        await_threads(&executor, 1);
        executor.handle().set_workers(3).unwrap();
        assert_at_once(&executor, 3);
    });
}

#[test]
fn sleeping_workers_leave_without_being_given_work() {
    bounded(|| {
        let stops = Counter::new();
        let stopped = stops.clone();
        let executor = Builder::new_multi_thread()
            .worker_threads(4)
            .on_thread_stop(move || {
                stopped.add_one();
            })
            .build()
            .unwrap();
        std::thread::sleep(Duration::from_millis(20));
        executor.handle().set_workers(1).unwrap();
        eventually("three have left", || stops.get() == 3);
        assert_eq!(executor.handle().workers(), 1);
        assert_eq!(executor.block_on(executor.spawn(async { 7 })).unwrap(), 7);
    });
}

#[test]
fn a_worker_that_is_stuck_stays_and_others_leave() {
    bounded(|| {
        let executor = elastic(3, 3);
        let occupied = occupy(executor.handle());
        executor.handle().set_workers(2).unwrap();
        eventually("one has left", || executor.handle().workers() == 2);
        assert_eq!(executor.block_on(executor.spawn(async { 7 })).unwrap(), 7);
        executor.block_on(occupied.release()).unwrap();
        assert_at_once(&executor, 2);
    });
}

#[test]
fn the_last_one_that_can_leave_is_the_one_that_was_stuck() {
    bounded(|| {
        let executor = elastic(2, 2);
        let occupied: Vec<_> = (0..2).map(|_| occupy(executor.handle())).collect();
        executor.handle().set_workers(1).unwrap();
        assert_eq!(executor.handle().workers(), 2, "both are stuck");
        let waits = executor.spawn(async { 7 });
        drop(occupied);
        assert_eq!(executor.block_on(waits).unwrap(), 7);
        await_threads(&executor, 1);
    });
}

#[test]
fn no_task_is_lost_or_run_twice_while_the_number_changes() {
    bounded(|| {
        let executor = elastic(2, 4);
        let (handle, done) = (executor.handle().clone(), Arc::new(AtomicUsize::new(0)));
        let has_done = done.clone();
        let resizes = thread(move || {
            let mut resizes = 0;
            // Ordering: Relaxed; only a stop sign.
            while has_done.load(Ordering::Relaxed) == 0 {
                handle.set_workers(1 + resizes % 4).unwrap();
                resizes += 1;
                std::thread::yield_now();
            }
            resizes
        });
        let sum = Arc::new(AtomicUsize::new(0));
        for round in 0..30 {
            let tasks: Vec<_> = (0..200)
                .map(|n| {
                    let sum = sum.clone();
                    executor.spawn(async move {
                        for _ in 0..n % 5 {
                            filch_executor::spawn(yield_now()).await.unwrap();
                        }
                        // Ordering: Relaxed; a sum.
                        sum.fetch_add(1, Ordering::Relaxed);
                    })
                })
                .collect();
            for task in tasks {
                executor.block_on(task).unwrap();
            }
            // Ordering: Relaxed; the tasks have been joined.
            assert_eq!(sum.load(Ordering::Relaxed), 200 * (round + 1));
        }
        // Ordering: Relaxed; only a stop sign.
        done.store(1, Ordering::Relaxed);
        assert!(resizes.join().unwrap() > 0);
        executor.handle().set_workers(4).unwrap();
        assert_at_once(&executor, 4);
    });
}

#[test]
fn a_shutdown_meets_resizes() {
    bounded(|| {
        for _ in 0..50 {
            let executor = elastic(2, 6);
            let handle = executor.handle().clone();
            let resizes = thread(move || {
                for workers in [6, 1, 4, 2, 6] {
                    if let Err(error) = handle.set_workers(workers) {
                        assert!(error.to_string().contains("shutting down"), "{error}");
                    }
                }
            });
            let task = executor.spawn(std::future::pending::<()>());
            drop(executor);
            assert!(task.is_finished());
            resizes.join().unwrap();
        }
    });
}

#[test]
fn a_leaving_worker_leaves_its_queue_to_the_others() {
    bounded(|| {
        let executor = elastic(2, 2);
        let (sender, receiver) = mpsc::channel();
        let busy = occupy(executor.handle());
        let task = executor.spawn(async move {
            for n in 0..300 {
                let sender = sender.clone();
                drop(filch_executor::spawn(async move { sender.send(n).unwrap() }));
            }
            Handle::current().set_workers(1).unwrap();
        });
        executor.block_on(task).unwrap();
        executor.block_on(busy.release()).unwrap();
        let mut ran: Vec<i32> =
            (0..300).map(|_| receiver.recv_timeout(HUNG / 3).expect("it is lost")).collect();
        ran.sort_unstable();
        assert_eq!(ran, (0..300).collect::<Vec<_>>());
    });
}

#[test]
fn numbers_that_cannot_be_are_errors_and_change_nothing() {
    let executor = elastic(2, 3);
    let none = executor.handle().set_workers(0).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::InvalidInput);
    assert!(none.to_string().contains("at least one worker"), "{none}");
    let many = executor.handle().set_workers(4).unwrap_err();
    assert_eq!(many.kind(), ErrorKind::InvalidInput);
    assert!(many.to_string().contains("at most 3 workers, not 4"), "{many}");
    assert_eq!(executor.handle().workers(), 2);
}

#[test]
fn one_thread_stays_one_thread() {
    let event_loop = EventLoop::new().unwrap();
    let error = event_loop.handle().set_workers(1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn after_the_end_it_is_an_error() {
    let executor = elastic(1, 2);
    let handle = executor.handle().clone();
    drop(executor);
    for workers in 1..=2 {
        let error = handle.set_workers(workers).unwrap_err();
        assert!(error.to_string().contains("shutting down"), "{error}");
    }
}

#[test]
fn a_thread_that_is_refused_is_an_error_and_the_others_go_on() {
    let starts = Arc::new(AtomicUsize::new(0));
    let names = starts.clone();
    let executor = Builder::new_multi_thread()
        .worker_threads(1)
        .max_workers(4)
        .thread_name_fn(move || {
            // Ordering: Relaxed; a count. The third thread gets a name that no thread can have.
            match names.fetch_add(1, Ordering::Relaxed) {
                2 => "a zero byte: \0".to_owned(),
                n => format!("worker-{n}"),
            }
        })
        .build()
        .unwrap();
    let error = executor.handle().set_workers(4).unwrap_err();
    assert!(error.to_string().contains("2 of 4 workers run"), "{error}");
    assert_eq!(executor.handle().workers(), 2);
    assert_at_once(&executor, 2);
    executor.handle().set_workers(4).unwrap();
    assert_at_once(&executor, 4);
}

/// Long enough for a worker that may leave to do so.
const LEAVES: Duration = Duration::from_millis(50);

/// A task that keeps one worker busy, and never ends.
fn busy(executor: &Executor) -> filch_executor::JoinHandle<()> {
    executor.spawn(async {
        loop {
            yield_now().await;
        }
    })
}

/// Holds up who starts a worker, once, between the decision and the start.
struct HoldsUp {
    park: CondvarPark,
    hold: Mutex<Option<Hold>>,
}

struct Hold {
    reached: mpsc::Sender<()>,
    go_on: mpsc::Receiver<()>,
}

impl Park for HoldsUp {
    fn park(&self, timeout: Option<Duration>) {
        self.park.park(timeout);
    }

    fn unpark_one(&self) {
        self.park.unpark_one();
    }

    fn turn(&self) {}

    fn worker_comes(&self) {
        let hold = self.hold.lock().take();
        if let Some(hold) = hold {
            hold.reached.send(()).unwrap();
            let _released = hold.go_on.recv_timeout(HUNG);
        }
    }
}

#[test]
fn a_shrink_in_the_middle_of_a_growth_ends_nothing() {
    bounded(|| {
        let park = Arc::new(HoldsUp { park: CondvarPark::new(), hold: Mutex::new(None) });
        let executor = Builder::new_multi_thread()
            .worker_threads(1)
            .max_workers(4)
            .park(park.clone())
            .build()
            .unwrap();
        let task = busy(&executor);
        let (reached, is_reached) = mpsc::channel();
        let (release, go_on) = mpsc::channel();
        *park.hold.lock() = Some(Hold { reached, go_on });
        let handle = executor.handle().clone();
        let grows = thread(move || handle.set_workers(2));
        is_reached.recv_timeout(HUNG).unwrap();
        executor.handle().set_workers(1).unwrap();
        std::thread::sleep(LEAVES);
        drop(release);
        grows.join().unwrap().unwrap();
        eventually("one has left", || executor.handle().workers() == 1);
        assert!(!task.is_finished());
        assert_lives(&executor);
    });
}

#[test]
fn a_shrink_in_the_middle_of_a_growth_that_fails_ends_nothing() {
    bounded(|| {
        let slot: Arc<Mutex<Option<Handle>>> = Arc::default();
        let theirs = slot.clone();
        let executor = Builder::new_multi_thread()
            .worker_threads(1)
            .max_workers(4)
            .thread_name_fn(move || {
                let Some(handle) = theirs.lock().clone() else { return "first".to_owned() };
                handle.set_workers(1).unwrap();
                std::thread::sleep(LEAVES);
                "a zero byte: \0".to_owned()
            })
            .build()
            .unwrap();
        let task = busy(&executor);
        *slot.lock() = Some(executor.handle().clone());
        let error = executor.handle().set_workers(3).unwrap_err();
        assert!(error.to_string().contains("1 of 3 workers run"), "{error}");
        std::thread::sleep(LEAVES);
        assert_eq!(executor.handle().workers(), 1);
        assert!(!task.is_finished());
        assert_lives(&executor);
        // The handle keeps the hook, and the hook the handle.
        slot.lock().take();
    });
}

#[test]
fn growths_and_shrinks_at_the_same_time_end_nothing() {
    bounded(|| {
        let executor = elastic(1, 4);
        let task = busy(&executor);
        let resizes = [2, 1].map(|count| {
            let handle = executor.handle().clone();
            thread(move || (0..300).for_each(|_| handle.set_workers(count).unwrap()))
        });
        for resizes in resizes {
            resizes.join().unwrap();
        }
        assert!(!task.is_finished());
        executor.handle().set_workers(3).unwrap();
        assert_lives(&executor);
    });
}

/// What the operating system grants, here by an affinity mask; the quotas of control groups, which take privileges to set,
/// come by the same way.
#[cfg(target_os = "linux")]
#[test]
fn the_default_is_what_the_operating_system_grants() {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    if std::env::var_os("FILCH_WORKER_THREADS").is_some() {
        return;
    }
    let workers = thread(|| {
        let granted = sched_getaffinity(None).unwrap();
        let first = (0..CpuSet::MAX_CPU).find(|&cpu| granted.is_set(cpu)).unwrap();
        let mut one = CpuSet::new();
        one.set(first);
        // Of this thread only.
        sched_setaffinity(None, &one).unwrap();
        Builder::new_multi_thread().workers()
    });
    assert_eq!(workers.join().unwrap(), 1);
}

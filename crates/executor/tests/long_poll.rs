//! A poll that takes long is reported, once, by name.

mod support;

use filch_executor::{Builder, Executor, LongPoll, TaskBuilder, yield_now};
use filch_primitives::sync::{Arc, Mutex};
use std::sync::mpsc;
use std::time::Duration;
use support::{HUNG, bounded, eventually, occupy};

type Reports = Arc<Mutex<Vec<LongPoll>>>;

fn reporting(mut builder: Builder) -> (Builder, Reports) {
    let reports = Reports::default();
    let theirs = reports.clone();
    builder.on_long_poll(move |poll| theirs.lock().push(poll.clone()));
    (builder, reports)
}

fn reporting_multi(workers: usize) -> (Executor, Reports) {
    let (mut builder, reports) = reporting(Builder::new_multi_thread());
    (builder.worker_threads(workers).build().unwrap(), reports)
}

#[test]
fn a_long_poll_is_reported_once_while_it_goes_on() {
    bounded(|| {
        for workers in [1, 3] {
            let (executor, reports) = reporting_multi(workers);
            let occupied = occupy(executor.handle());
            eventually("it is reported", || !reports.lock().is_empty());
            std::thread::sleep(Duration::from_millis(60));
            let report = reports.lock()[0].clone();
            let task = occupied.release();
            assert_eq!(report.id(), task.id());
            assert!(report.duration() >= Duration::from_millis(10));
            assert!(report.worker() < workers);
            assert!(report.spawned_at().file().ends_with("support/mod.rs"));
            assert_eq!(report.name(), None);
            executor.block_on(task).unwrap();
            drop(executor);
            let of_it = reports.lock().iter().filter(|other| other.id() == report.id()).count();
            assert_eq!(of_it, 1, "reported again in the same poll");
        }
    });
}

#[test]
fn the_name_is_reported_in_the_first_poll_and_in_later_ones() {
    bounded(|| {
        let (executor, reports) = reporting_multi(2);
        let task = TaskBuilder::new().name("stubborn").spawn_on(
            {
                let reports = reports.clone();
                async move {
                    for polls in 1..=2 {
                        let start = std::time::Instant::now();
                        while reports.lock().len() < polls && start.elapsed() < HUNG / 3 {
                            std::thread::sleep(Duration::from_millis(1));
                        }
                        yield_now().await;
                    }
                }
            },
            executor.handle(),
        );
        let id = task.id();
        executor.block_on(task).unwrap();
        let reports = reports.lock();
        assert_eq!(reports.len(), 2);
        for report in &*reports {
            assert_eq!((report.name(), report.id()), (Some("stubborn"), id));
            assert!(report.to_string().contains("\"stubborn\", spawned at "));
        }
        assert_eq!(executor.handle().long_polls(), 2);
    });
}

#[test]
fn many_short_polls_and_sleeping_workers_are_no_long_ones() {
    bounded(|| {
        let (executor, reports) = reporting_multi(2);
        let task = executor.spawn(async {
            let start = std::time::Instant::now();
            while start.elapsed() < Duration::from_millis(100) {
                yield_now().await;
            }
        });
        let id = task.id();
        executor.block_on(task).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        // The machine may have stopped a worker in the middle of a short poll, but not in one of nobody.
        assert!(reports.lock().iter().all(|report| report.id() == id));
        assert_eq!(reports.lock().len() as u64, executor.handle().long_polls());
    });
}

#[test]
fn with_another_threshold_it_is_another_length() {
    bounded(|| {
        let (mut builder, reports) = reporting(Builder::new_multi_thread());
        let threshold = Duration::from_millis(70);
        let executor = builder.worker_threads(1).long_poll_threshold(threshold).build().unwrap();
        let _occupied = occupy(executor.handle());
        eventually("it is reported", || !reports.lock().is_empty());
        assert!(reports.lock()[0].duration() >= threshold);
    });
}

#[test]
fn without_a_threshold_nothing_is_reported_and_spares_come_all_the_same() {
    bounded(|| {
        let (mut builder, reports) = reporting(Builder::new_multi_thread());
        let executor = builder.worker_threads(1).long_poll_threshold(None).build().unwrap();
        let _occupied = occupy(executor.handle());
        executor.block_on(executor.spawn(async {})).unwrap();
        std::thread::sleep(Duration::from_millis(30));
        assert!(reports.lock().is_empty());
        assert_eq!(executor.handle().long_polls(), 0);
    });
}

#[test]
fn without_a_hook_it_is_counted() {
    bounded(|| {
        let executor = Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let _occupied = occupy(executor.handle());
        eventually("it is counted", || executor.handle().long_polls() == 1);
    });
}

#[test]
fn a_hook_that_panics_is_caught_and_called_again() {
    bounded(|| {
        let (tell, told) = mpsc::channel();
        let executor = Builder::new_multi_thread()
            .worker_threads(2)
            .on_long_poll(move |poll| {
                let _nobody_listens = tell.send(poll.id());
                panic!("no report");
            })
            .build()
            .unwrap();
        for _ in 0..2 {
            let occupied = occupy(executor.handle());
            let id = told.recv_timeout(HUNG / 3).unwrap();
            let task = occupied.release();
            assert_eq!(task.id(), id);
            executor.block_on(task).unwrap();
        }
    });
}

#[test]
fn the_executor_may_be_dropped_by_the_hook() {
    bounded(|| {
        let place = Arc::new(Mutex::new(None::<Executor>));
        let (theirs, (tell, told)) = (place.clone(), mpsc::channel());
        let executor = Builder::new_multi_thread()
            .worker_threads(1)
            .on_long_poll(move |_| {
                let executor = theirs.lock().take();
                drop(executor);
                let _nobody_listens = tell.send(());
            })
            .build()
            .unwrap();
        let handle = executor.handle().clone();
        *place.lock() = Some(executor);
        let occupied = occupy(&handle);
        told.recv_timeout(HUNG / 3).expect("it has not waited for itself");
        drop(occupied);
    });
}

#[test]
fn on_one_thread_it_is_reported_afterwards() {
    bounded(|| {
        for stays_on_thread in [false, true] {
            let (mut builder, reports) = reporting(Builder::new_current_thread());
            let long = async || std::thread::sleep(Duration::from_millis(20));
            let (id, counted) = if stays_on_thread {
                let event_loop = builder.build_event_loop().unwrap();
                let task = TaskBuilder::new().name("long").spawn_on(long(), event_loop.handle());
                let id = task.id();
                event_loop.block_on(task).unwrap();
                (id, event_loop.handle().long_polls())
            } else {
                let executor = builder.build().unwrap();
                let task = TaskBuilder::new().name("long").spawn_on(long(), executor.handle());
                let id = task.id();
                executor.block_on(task).unwrap();
                (id, executor.handle().long_polls())
            };
            let reports = reports.lock();
            let report = reports.iter().find(|report| report.id() == id).expect("it is reported");
            assert_eq!((report.name(), report.worker()), (Some("long"), 0));
            assert!(report.duration() >= Duration::from_millis(20));
            assert_eq!(reports.len() as u64, counted);
        }
    });
}

//! Who is parked and who is searching: `crates/executor/src/idle.rs`.
#![cfg(filch_loom)]

use filch_executor::model::idle::Idle;
use filch_executor::{CondvarPark, Park};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::sync::Arc;
use filch_primitives::thread;
use loom_tests::explore;

/// What workers share, reduced to a count of tasks. An atomic and not a locked queue: a lock would
/// order submitter and sleeper, which the fences have to do.
struct Shared {
    work: AtomicUsize,
    idle: Idle,
    park: CondvarPark,
}

impl Shared {
    fn new(workers: usize) -> Arc<Self> {
        Arc::new(Self {
            work: AtomicUsize::new(0),
            idle: Idle::new(workers),
            park: CondvarPark::new(),
        })
    }

    /// Whether a worker was woken for it.
    fn submit(&self) -> bool {
        // Ordering: Release; as the queues publish a task.
        self.work.fetch_add(1, Ordering::Release);
        self.wake_one()
    }

    fn wake_one(&self) -> bool {
        let wake = self.idle.notify();
        if wake {
            self.park.unpark_one();
        }
        wake
    }

    fn has_work(&self) -> bool {
        // Ordering: Relaxed; as `Stealer::len`: whoever asks has fenced.
        self.work.load(Ordering::Relaxed) > 0
    }

    fn take(&self) -> bool {
        // Ordering: Relaxed; the exchange decides.
        let mut work = self.work.load(Ordering::Relaxed);
        while work > 0 {
            // Ordering: Acquire; as the queues hand out a task.
            match self.work.compare_exchange_weak(
                work,
                work - 1,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => work = now,
            }
        }
        false
    }

    /// `Worker::park`; whether the worker slept.
    fn park(&self, was_searching: bool) -> bool {
        self.idle.park(was_searching);
        let slept = !self.has_work();
        if slept {
            self.park.park(None);
            self.idle.unpark();
        } else {
            self.idle.cancel_park();
        }
        slept
    }

    /// `Worker::found_work`.
    fn found_work(&self) {
        if self.idle.stop_searching() && self.has_work() {
            self.wake_one();
        }
    }

    fn assert_all_active(&self) {
        assert_eq!((self.idle.parked(), self.idle.searching()), (0, 0));
    }
}

#[test]
fn work_arrives_while_the_only_worker_parks() {
    explore(["the worker slept", "the worker saw it"], |seen| {
        let shared = Shared::new(1);
        let theirs = shared.clone();
        let submitter = thread::spawn(move || theirs.submit());
        let mut slept = false;
        // Spurious wake-ups: a wake-up that was meant for a sleep that did not take place.
        while !shared.take() {
            slept |= shared.park(false);
            shared.found_work();
        }
        submitter.join().unwrap();
        shared.assert_all_active();
        seen.note(if slept { "the worker slept" } else { "the worker saw it" });
    });
}

#[test]
fn last_searcher_leaves_while_work_arrives() {
    explore(["the submitter woke", "the searcher answered for it"], |seen| {
        let shared = Shared::new(2);
        assert!(shared.idle.start_searching());
        let sleeper = {
            let shared = shared.clone();
            thread::spawn(move || {
                while !shared.take() {
                    shared.park(false);
                    shared.found_work();
                }
            })
        };
        let submitter = {
            let shared = shared.clone();
            thread::spawn(move || shared.submit())
        };
        // The searcher has found a task and will be in its poll for ever: whatever was submitted while
        // it searched is the sleeper's to run.
        shared.found_work();
        sleeper.join().unwrap();
        seen.note(if submitter.join().unwrap() {
            "the submitter woke"
        } else {
            "the searcher answered for it"
        });
        shared.assert_all_active();
    });
}

#[test]
fn the_last_searcher_parks_while_work_arrives() {
    explore(["slept", "saw it"], |seen| {
        let shared = Shared::new(1);
        assert!(shared.idle.start_searching());
        let submitter = {
            let shared = shared.clone();
            thread::spawn(move || shared.submit())
        };
        // It has looked everywhere and found nothing; the submitter has seen it searching.
        let mut slept = shared.park(true);
        while !shared.take() {
            slept |= shared.park(true);
        }
        shared.found_work();
        submitter.join().unwrap();
        shared.assert_all_active();
        seen.note(if slept { "slept" } else { "saw it" });
    });
}

#[test]
fn two_submitters_one_sleeper() {
    explore(["one wake-up", "two wake-ups", "no wake-up"], |seen| {
        let shared = Shared::new(1);
        let submitters = [0, 1].map(|_| {
            let shared = shared.clone();
            thread::spawn(move || shared.submit())
        });
        let mut taken = 0;
        while taken < 2 {
            if shared.take() {
                taken += 1;
            } else {
                shared.park(false);
                shared.found_work();
            }
        }
        let wake_ups = submitters
            .into_iter()
            .filter_map(|submitter| submitter.join().ok())
            .filter(|&woke| woke)
            .count();
        assert!(!shared.take(), "taken twice");
        shared.assert_all_active();
        seen.note(["no wake-up", "one wake-up", "two wake-ups"][wake_ups]);
    });
}

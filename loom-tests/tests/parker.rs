//! A thread's token: `crates/executor/src/parker.rs`.
#![cfg(filch_loom)]

use filch_executor::model::parker::Parker;
use filch_primitives::atomic::{AtomicBool, AtomicUsize, Ordering};
use filch_primitives::cell::UnsafeCell;
use filch_primitives::sync::Arc;
use filch_primitives::thread;
use loom_tests::explore;
use std::time::Duration;

/// A parker, and what its waker publishes.
struct Published {
    parker: Parker,
    value: UnsafeCell<usize>,
}

// SAFETY: the waker writes before it unparks, the sleeper reads after it was; loom checks it.
unsafe impl Sync for Published {}
// SAFETY: as above.
unsafe impl Send for Published {}

impl Published {
    fn new() -> Arc<Self> {
        Arc::new(Self { parker: Parker::new(), value: UnsafeCell::new(0) })
    }

    fn write_and_unpark(&self) {
        self.value.with_mut(|value| {
            // SAFETY: the sleeper reads only after the unpark.
            unsafe { *value = 7 };
        });
        self.parker.unpark();
    }

    fn read(&self) -> usize {
        // SAFETY: the token was taken, so the writer is done.
        self.value.with(|value| unsafe { *value })
    }
}

#[test]
fn unpark_before_park() {
    explore(["unparked first", "parked first"], |seen| {
        let parker = Arc::new(Parker::new());
        let theirs = parker.clone();
        let unparked = Arc::new(AtomicBool::new(false));
        let says = unparked.clone();
        let waker = thread::spawn(move || {
            theirs.unpark();
            // Ordering: Relaxed; only to tell the executions apart.
            says.store(true, Ordering::Relaxed);
        });
        // Ordering: Relaxed; as above.
        seen.note(if unparked.load(Ordering::Relaxed) { "unparked first" } else { "parked first" });
        parker.park();
        waker.join().unwrap();
        assert!(!parker.park_timeout(Duration::ZERO), "the token was taken");
    });
}

#[test]
fn park_sees_what_unpark_published() {
    explore([], |_| {
        let published = Published::new();
        let theirs = published.clone();
        let waker = thread::spawn(move || theirs.write_and_unpark());
        published.parker.park();
        assert_eq!(published.read(), 7);
        waker.join().unwrap();
    });
}

#[test]
fn two_unparks_one_park() {
    explore(["two tokens", "one token"], |seen| {
        let parker = Arc::new(Parker::new());
        let wakers = [0, 1].map(|_| {
            let parker = parker.clone();
            let wrote = Arc::new(AtomicBool::new(false));
            let theirs = wrote.clone();
            let waker = thread::spawn(move || {
                // Ordering: Relaxed; the unpark has to publish it.
                theirs.store(true, Ordering::Relaxed);
                parker.unpark();
            });
            (waker, wrote)
        });
        parker.park();
        // Ordering: Relaxed; the park has to see it.
        let seen_by_park = [0, 1].map(|i: usize| wakers[i].1.load(Ordering::Relaxed));
        for (waker, _) in wakers {
            waker.join().unwrap();
        }
        assert!(seen_by_park.contains(&true), "woken by nobody");
        if parker.park_timeout(Duration::ZERO) {
            seen.note("two tokens");
        } else {
            seen.note("one token");
            assert_eq!(seen_by_park, [true, true], "a token stands for both");
        }
    });
}

#[test]
fn timeout_meets_unpark() {
    explore(["the token came in time", "time was over"], |seen| {
        let published = Published::new();
        let theirs = published.clone();
        let waker = thread::spawn(move || theirs.write_and_unpark());
        // No time passes under loom: a deadline that is over already.
        let in_time = published.parker.park_timeout(Duration::ZERO);
        if !in_time {
            // The token was not lost, and what the operating system kept of it wakes nobody early.
            published.parker.park();
        }
        assert_eq!(published.read(), 7);
        waker.join().unwrap();
        assert!(!published.parker.park_timeout(Duration::ZERO));
        seen.note(if in_time { "the token came in time" } else { "time was over" });
    });
}

/// Counts as the threads of `block_on` are counted: each while it is awake, and from its waking on.
#[test]
fn whoever_is_awake_is_counted() {
    explore(["slept", "did not sleep"], |seen| {
        let parker = Arc::new(Parker::new());
        let awake = Arc::new(AtomicUsize::new(1));
        let waker = {
            let (parker, awake) = (parker.clone(), awake.clone());
            thread::spawn(move || {
                let was_parked = parker.unpark();
                if was_parked {
                    // Ordering: Relaxed; read after joining.
                    awake.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        let mut slept = false;
        parker.park_with(|| {
            slept = true;
            // Ordering: Relaxed; read after joining.
            awake.fetch_sub(1, Ordering::Relaxed);
        });
        seen.note(if slept { "slept" } else { "did not sleep" });
        waker.join().unwrap();
        // Ordering: Relaxed; the threads are joined.
        assert_eq!(awake.load(Ordering::Relaxed), 1);
    });
}

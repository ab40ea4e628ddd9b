//! When the sentinel is on duty: `crates/executor/src/watch.rs`.
#![cfg(filch_loom)]

use filch_executor::model::watch::Watch;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::sync::Arc;
use filch_primitives::thread;
use loom_tests::explore;

#[test]
fn a_worker_wakes_while_the_sentinel_stands_down() {
    explore(["the worker sets the alarm", "the sentinel sets the alarm"], |seen| {
        // Who is awake, as `idle.rs` counts it: a read-modify-write that orders nothing.
        let shared = Arc::new((Watch::new(), AtomicUsize::new(0)));
        assert!(shared.0.call_out());
        let theirs = shared.clone();
        let worker = thread::spawn(move || {
            let (watch, awake) = &*theirs;
            // Ordering: Relaxed; as in `Idle::unpark`.
            awake.fetch_add(1, Ordering::Relaxed);
            watch.call_out()
        });
        let (watch, awake) = &*shared;
        // Ordering: Relaxed; as in `Idle::parked`.
        let stands_down = watch.stand_down(|| awake.load(Ordering::Relaxed) > 0);
        let calls_out = worker.join().unwrap();
        assert!(watch.is_on_duty(), "a worker is awake and nobody watches");
        assert_eq!(calls_out, stands_down, "one of the two sets the alarm");
        seen.note(if calls_out {
            "the worker sets the alarm"
        } else {
            "the sentinel sets the alarm"
        });
    });
}

#[test]
fn two_workers_wake() {
    explore(["the first", "the second"], |seen| {
        let watch = Arc::new(Watch::new());
        let theirs = watch.clone();
        let worker = thread::spawn(move || theirs.call_out());
        let first = watch.call_out();
        let second = worker.join().unwrap();
        assert_ne!(first, second, "one of the two sets the alarm");
        assert!(watch.is_on_duty());
        seen.note(if first { "the first" } else { "the second" });
    });
}

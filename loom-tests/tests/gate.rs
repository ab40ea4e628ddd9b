//! The gate: `crates/executor/src/gate.rs`.
#![cfg(filch_loom)]

use filch_executor::model::gate::Gate;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::cell::UnsafeCell;
use filch_primitives::sync::{Arc, Mutex};
use filch_primitives::thread;
use loom_tests::explore;

#[test]
fn a_submission_meets_the_close() {
    explore(["handed in", "refused"], |seen| {
        let shared = Arc::new((Gate::new(1), Mutex::new(Vec::new())));
        let theirs = shared.clone();
        let submitter = thread::spawn(move || {
            let pass = theirs.0.enter_if_open(0);
            if pass.is_some() {
                theirs.1.lock().push("a task");
            }
            pass.is_some()
        });
        shared.0.close();
        while !shared.0.is_quiet() {
            thread::yield_now();
        }
        let collected = !shared.1.lock().is_empty();
        let handed_in = submitter.join().unwrap();
        seen.note(if handed_in { "handed in" } else { "refused" });
        assert_eq!(handed_in, collected, "handed in after the gate was quiet");
    });
}

/// The closer was told, by a flag that publishes nothing else: it must not be quiet too early either.
#[test]
fn a_submission_meets_one_who_was_told_of_the_close() {
    explore(["handed in", "refused"], |seen| {
        let shared = Arc::new((Gate::new(1), Mutex::new(Vec::new())));
        let submitter = {
            let shared = shared.clone();
            thread::spawn(move || {
                let pass = shared.0.enter_if_open(0);
                if pass.is_some() {
                    shared.1.lock().push("a task");
                }
                pass.is_some()
            })
        };
        let closer = {
            let shared = shared.clone();
            thread::spawn(move || shared.0.close())
        };
        while !shared.0.is_closed() || !shared.0.is_quiet() {
            thread::yield_now();
        }
        let collected = !shared.1.lock().is_empty();
        closer.join().unwrap();
        let handed_in = submitter.join().unwrap();
        seen.note(if handed_in { "handed in" } else { "refused" });
        assert_eq!(handed_in, collected, "handed in after the gate was quiet");
    });
}

#[test]
fn what_was_handed_in_is_seen() {
    struct Shared {
        gate: Gate,
        began: AtomicUsize,
        handed_in: UnsafeCell<usize>,
    }
    // SAFETY: what the model is about: loom reports an access that nothing orders.
    unsafe impl Sync for Shared {}
    // SAFETY: as above.
    unsafe impl Send for Shared {}
    explore(["it had been handed in", "it had not begun"], |seen| {
        let shared = Arc::new(Shared {
            gate: Gate::new(1),
            began: AtomicUsize::new(0),
            handed_in: UnsafeCell::new(0),
        });
        let theirs = shared.clone();
        let submitter = thread::spawn(move || {
            let Some(_pass) = theirs.gate.enter_if_open(0) else {
                return;
            };
            // Ordering: Relaxed; that there is something, not what.
            theirs.began.store(1, Ordering::Relaxed);
            theirs.handed_in.with_mut(|slot| {
                // SAFETY: what the model is about.
                unsafe { *slot = 7 };
            });
        });
        shared.gate.close();
        while !shared.gate.is_quiet() {
            thread::yield_now();
        }
        // Ordering: Relaxed; the gate orders it.
        if shared.began.load(Ordering::Relaxed) == 1 {
            seen.note("it had been handed in");
            shared.handed_in.with(|slot| {
                // SAFETY: what the model is about.
                assert_eq!(unsafe { *slot }, 7);
            });
        } else {
            seen.note("it had not begun");
        }
        submitter.join().unwrap();
    });
}

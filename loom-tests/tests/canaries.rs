//! Loom must notice a race, a deadlock and a leak in what is built on `filch_primitives`; if one of
//! these stops panicking, the green of every other model means nothing.
#![cfg(filch_loom)]

use filch_primitives::atomic::{AtomicBool, Ordering};
use filch_primitives::cell::UnsafeCell;
use filch_primitives::sync::Arc;
use filch_primitives::thread;

struct Published {
    value: UnsafeCell<u32>,
    ready: AtomicBool,
}

// SAFETY: not at all sound, and that is the point of the race below.
unsafe impl Sync for Published {}

#[test]
#[should_panic(expected = "Causality violation")]
fn a_race_is_noticed() {
    loom::model(|| {
        let published =
            Arc::new(Published { value: UnsafeCell::new(0), ready: AtomicBool::new(false) });
        let theirs = published.clone();
        let writer = thread::spawn(move || {
            theirs.value.with_mut(|value| {
                // SAFETY: loom ends the execution before two threads are in here.
                unsafe { *value = 1 };
            });
            // Ordering: Relaxed; the fault that loom has to find.
            theirs.ready.store(true, Ordering::Relaxed);
        });
        // Ordering: Acquire; pairs with nothing.
        if published.ready.load(Ordering::Acquire) {
            published.value.with(|value| {
                // SAFETY: as above.
                assert_eq!(unsafe { *value }, 1);
            });
        }
        writer.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_lost_wake_up_is_noticed() {
    // Of std, because what a thread owns is dropped when loom ends the execution, and loom's own would
    // then panic once more.
    loom::model(|| {
        let notified = std::sync::Arc::new(AtomicBool::new(false));
        let theirs = notified.clone();
        let sleeper = thread::current();
        let waker = thread::spawn(move || {
            // Ordering: Relaxed; the fault is another one.
            if theirs.load(Ordering::Relaxed) {
                sleeper.unpark();
            }
        });
        // Ordering: Relaxed; as above. Whoever looked before is not told to look again.
        notified.store(true, Ordering::Relaxed);
        thread::park();
        waker.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "leaked")]
fn a_leak_is_noticed() {
    loom::model(|| std::mem::forget(Arc::new(())));
}

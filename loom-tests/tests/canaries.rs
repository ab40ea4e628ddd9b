//! Loom must notice a race, a deadlock and a leak in what is built on `filch_primitives`; if one of
//! these stops panicking, the green of every other model means nothing.
#![cfg(filch_loom)]

use filch_primitives::atomic::{AtomicBool, Ordering};
use filch_primitives::cell::UnsafeCell;
use filch_primitives::sync::{Arc, Condvar, Mutex};
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
        let published = Arc::new(Published {
            value: UnsafeCell::new(0),
            ready: AtomicBool::new(false),
        });
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
    loom::model(|| {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = pair.clone();
        let setter = thread::spawn(move || {
            *theirs.0.lock() = true;
            theirs.1.notify_one();
        });
        // Looks, lets go of the lock, and only then waits: the notification may fall in between.
        let ready = *pair.0.lock();
        if !ready {
            let guard = pair.1.wait(pair.0.lock());
            drop(guard);
        }
        setter.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "leaked")]
fn a_leak_is_noticed() {
    loom::model(|| std::mem::forget(Arc::new(())));
}

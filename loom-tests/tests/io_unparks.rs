//! Unparks that are kept for who sleeps next: `crates/io-driver/src/unparks.rs`. A bell on a lock stands in for the eventfd.
#![cfg(filch_loom)]

use filch_io_driver::model::unparks::Unparks;
use filch_primitives::atomic::{AtomicBool, Ordering};
use filch_primitives::cell::UnsafeCell;
use filch_primitives::sync::{Arc, Condvar, Mutex};
use filch_primitives::thread;
use loom_tests::explore;

#[derive(Default)]
struct Bell {
    rings: Mutex<usize>,
    rung: Condvar,
}

impl Bell {
    fn ring(&self) {
        *self.rings.lock() += 1;
        self.rung.notify_one();
    }

    /// As the kernel reports an eventfd: what was rung for together is one.
    fn wait(&self) {
        let mut rings = self.rings.lock();
        while *rings == 0 {
            rings = self.rung.wait(rings);
        }
        *rings = 0;
    }
}

#[derive(Default)]
struct Driver {
    unparks: Unparks,
    bell: Bell,
}

impl Driver {
    fn unpark(&self) {
        self.unparks.unpark(|| self.bell.ring());
    }

    /// Whether it was kept, and nobody had to ring.
    fn sleep(&self) -> bool {
        self.unparks.sleep(|is_unparked| {
            if !is_unparked {
                self.bell.wait();
            }
            is_unparked
        })
    }
}

/// What a sleeper is woken for.
struct Work(UnsafeCell<bool>);

// SAFETY: loom checks the accesses.
unsafe impl Sync for Work {}

#[test]
fn unpark_meets_sleep() {
    explore(["it was kept", "it was rung for"], |seen| {
        let driver = Arc::new(Driver::default());
        let work = Arc::new(Work(UnsafeCell::new(false)));
        let waker = thread::spawn({
            let (driver, work) = (driver.clone(), work.clone());
            move || {
                // SAFETY: loom checks it.
                work.0.with_mut(|work| unsafe { *work = true });
                driver.unpark();
            }
        });
        let was_kept = driver.sleep();
        // SAFETY: loom checks it.
        assert!(work.0.with(|work| unsafe { *work }), "woken for nothing");
        seen.note(if was_kept { "it was kept" } else { "it was rung for" });
        waker.join().unwrap();
    });
}

#[test]
fn two_wakers_meet_sleep() {
    explore(["once", "twice"], |seen| {
        let driver = Arc::new(Driver::default());
        let flags = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
        let wakers = [0, 1].map(|n| {
            let (driver, flags) = (driver.clone(), flags.clone());
            thread::spawn(move || {
                // Ordering: Relaxed; the unpark carries it.
                flags[n].store(true, Ordering::Relaxed);
                driver.unpark();
            })
        });
        let mut sleeps = 0;
        // Ordering: Relaxed; as above. Who does not see what it was woken for sleeps for ever.
        while !flags.iter().all(|flag| flag.load(Ordering::Relaxed)) {
            driver.sleep();
            sleeps += 1;
        }
        match sleeps {
            0 | 1 => seen.note("once"),
            _ => seen.note("twice"),
        }
        for waker in wakers {
            waker.join().unwrap();
        }
    });
}

#[test]
fn two_unparks_and_two_sleepers() {
    explore(["both woke up"], |seen| {
        let driver = Arc::new(Driver::default());
        let sleepers = [0, 1].map(|_| {
            let driver = driver.clone();
            thread::spawn(move || {
                driver.sleep();
                // Two unparks may have ended one sleep.
                driver.unpark();
            })
        });
        driver.unpark();
        for sleeper in sleepers {
            sleeper.join().unwrap();
        }
        seen.note("both woke up");
    });
}

//! The biased lock: `crates/executor/src/biased.rs`, with the fences as loom has them.
#![cfg(filch_loom)]

use filch_executor::model::biased::{Biased, Len};
use filch_primitives::sync::Arc;
use filch_primitives::thread;
use loom_tests::explore;

/// Items that are counted, and lost or doubled if two threads are in at a time.
struct Items(usize);

impl Len for Items {
    fn len(&self) -> usize {
        self.0
    }
}

fn take(items: &mut Items) -> bool {
    let any = items.0 > 0;
    items.0 -= usize::from(any);
    any
}

#[test]
fn owner_meets_raider() {
    explore(["the raider was in", "the raider gave up"], |seen| {
        let lock = Arc::new(Biased::new(Items(1)));
        let theirs = lock.clone();
        let raider = thread::spawn(move || theirs.raid(take));
        // SAFETY: this thread is the owner.
        let first = unsafe { lock.with(take, || ()) };
        // SAFETY: as above.
        let second = unsafe { lock.with(take, || ()) };
        let raided = raider.join().unwrap();
        seen.note(if raided.is_some() { "the raider was in" } else { "the raider gave up" });
        let taken = [first, second, raided == Some(true)];
        assert_eq!(taken.into_iter().filter(|&taken| taken).count(), 1, "lost or doubled");
    });
}

#[test]
fn two_raiders() {
    explore(["both were in", "one was in", "none was in"], |seen| {
        let lock = Arc::new(Biased::new(Items(2)));
        let raiders = [(); 2].map(|()| {
            let lock = lock.clone();
            thread::spawn(move || lock.raid(take) == Some(true))
        });
        // SAFETY: this thread is the owner.
        let own = unsafe { lock.with(take, || ()) };
        let raided = raiders.map(|raider| raider.join().unwrap());
        let raided = raided.into_iter().filter(|&raided| raided).count();
        seen.note(["none was in", "one was in", "both were in"][raided]);
        // SAFETY: as above.
        let left = unsafe { lock.with(|items| items.0, || ()) };
        assert_eq!(usize::from(own) + raided + left, 2, "lost or doubled");
    });
}

#[test]
fn owner_meets_watcher() {
    explore(["the bell rang", "no bell hung"], |seen| {
        let lock = Arc::new(Biased::new(Items(0)));
        let theirs = lock.clone();
        let watcher = thread::spawn(move || {
            let hangs = theirs.watch(|| true);
            // It leaves the bell where it is.
            theirs.raid(|_| ());
            hangs
        });
        let mut rang = false;
        // SAFETY: this thread is the owner.
        unsafe { lock.with(|items| items.0 = 1, || rang = true) };
        // Who hung a bell found nothing, so what is inside now came later.
        assert_eq!(watcher.join().unwrap(), rang, "a bell that hangs while something is inside");
        seen.note(if rang { "the bell rang" } else { "no bell hung" });
    });
}

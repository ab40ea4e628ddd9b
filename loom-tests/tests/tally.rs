//! The count of a group's members: `crates/executor/src/tally.rs`.
#![cfg(filch_loom)]

use filch_executor::model::tally::Tally;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::cell::UnsafeCell;
use filch_primitives::sync::Arc;
use filch_primitives::thread;
use loom_tests::explore;
use std::task::{Wake, Waker};

/// Counts how often it was woken.
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: std::sync::Arc<Self>) {
        // Ordering: Relaxed; read after joining.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn count() -> (std::sync::Arc<Count>, Waker) {
    let count = std::sync::Arc::new(Count(AtomicUsize::new(0)));
    (count.clone(), Waker::from(count))
}

fn woken(count: &Count) -> usize {
    // Ordering: Relaxed; the threads are joined.
    count.0.load(Ordering::Relaxed)
}

#[test]
fn last_member_meets_waiter() {
    explore(["empty at once", "woken"], |seen| {
        let tally = Arc::new(Tally::new());
        assert!(tally.enter());
        let theirs = tally.clone();
        let member = thread::spawn(move || theirs.leave());
        let (count, waker) = count();
        let empty = tally.poll_empty(&waker);
        member.join().unwrap();
        if empty {
            seen.note("empty at once");
        } else {
            assert_eq!(woken(&count), 1, "nobody wakes the waiter");
            seen.note("woken");
        }
        assert!(tally.poll_empty(&waker));
    });
}

#[test]
fn two_members_leave_while_one_waits() {
    explore(["empty at once", "woken"], |seen| {
        let tally = Arc::new(Tally::new());
        let members: Vec<_> = (0..2)
            .map(|_| {
                assert!(tally.enter());
                let theirs = tally.clone();
                thread::spawn(move || theirs.leave())
            })
            .collect();
        let (count, waker) = count();
        let empty = tally.poll_empty(&waker);
        for member in members {
            member.join().unwrap();
        }
        assert!(empty || woken(&count) == 1, "nobody wakes the waiter");
        seen.note(if empty { "empty at once" } else { "woken" });
    });
}

#[test]
fn waiter_sees_what_members_wrote() {
    explore(["closed", "members left"], |seen| {
        let tally = Arc::new(Tally::new());
        let written = Arc::new([UnsafeCell::new(0), UnsafeCell::new(0)]);
        let members: Vec<_> = (0..2)
            .map(|i| {
                assert!(tally.enter());
                let (tally, written) = (tally.clone(), written.clone());
                thread::spawn(move || {
                    // SAFETY: the member's own cell, until it leaves.
                    written[i].with_mut(|cell| unsafe { *cell = 1 });
                    tally.leave();
                })
            })
            .collect();
        if tally.try_close() {
            for cell in written.iter() {
                // SAFETY: both members have left.
                assert_eq!(cell.with(|cell| unsafe { *cell }), 1);
            }
            seen.note("closed");
        } else {
            seen.note("members left");
        }
        for member in members {
            member.join().unwrap();
        }
    });
}

#[test]
fn poll_sees_what_a_member_wrote() {
    explore(["empty", "a member left"], |seen| {
        let tally = Arc::new(Tally::new());
        let written = Arc::new(UnsafeCell::new(0));
        assert!(tally.enter());
        let (theirs, cell) = (tally.clone(), written.clone());
        let member = thread::spawn(move || {
            // SAFETY: the member's own, until it leaves.
            cell.with_mut(|cell| unsafe { *cell = 1 });
            theirs.leave();
        });
        if tally.is_empty() {
            // SAFETY: the member has left.
            assert_eq!(written.with(|cell| unsafe { *cell }), 1);
            seen.note("empty");
        } else {
            seen.note("a member left");
        }
        member.join().unwrap();
    });
}

#[test]
fn enter_meets_try_close() {
    explore(["entered", "refused"], |seen| {
        let tally = Arc::new(Tally::new());
        let theirs = tally.clone();
        let member = thread::spawn(move || theirs.enter());
        let closed = tally.try_close();
        let entered = member.join().unwrap();
        assert_ne!(closed, entered, "closed with a member inside, or open without one");
        if entered {
            tally.leave();
            assert!(tally.try_close());
        }
        assert!(!tally.enter());
        seen.note(if entered { "entered" } else { "refused" });
    });
}

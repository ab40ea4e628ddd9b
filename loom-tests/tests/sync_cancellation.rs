//! `filch-sync/src/cancellation/tree.rs`: who is below a cancelled token is cancelled and woken, whoever comes and
//! goes meanwhile.
#![cfg(filch_loom)]

use filch_sync::CancellationToken;
use loom::cell::UnsafeCell;
use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

#[test]
fn cancel_meets_first_poll() {
    loom::model(|| {
        let token = CancellationToken::new();
        let child = token.child_token();
        let canceller = thread::spawn(move || token.cancel());
        block_on(child.cancelled());
        canceller.join().unwrap();
    });
}

#[test]
fn cancel_meets_child() {
    loom::model(|| {
        let token = CancellationToken::new();
        let canceller = {
            let token = token.clone();
            thread::spawn(move || token.cancel())
        };
        let grandchild = token.child_token().child_token();
        block_on(grandchild.cancelled());
        canceller.join().unwrap();
    });
}

/// Whoever has called `cancel` finds all cancelled, also if another was faster and is half-way down.
#[test]
fn cancel_meets_cancel() {
    loom::model(|| {
        let token = CancellationToken::new();
        let child = token.child_token();
        let canceller = {
            let token = token.clone();
            thread::spawn(move || token.cancel())
        };
        // loom switches threads here; at a plain load it would not.
        thread::yield_now();
        token.cancel();
        assert!(child.is_cancelled());
        canceller.join().unwrap();
    });
}

/// A sibling goes while the links are walked, and the last handle of a middle node with it.
#[test]
fn cancel_meets_drop() {
    loom::model(|| {
        let token = CancellationToken::new();
        let (first, second) = (token.child_token(), token.child_token());
        let below = first.child_token();
        let goes = thread::spawn(move || drop((first, second)));
        token.cancel();
        assert!(below.is_cancelled());
        goes.join().unwrap();
    });
}

#[test]
fn parent_goes_while_the_grandparent_is_cancelled() {
    loom::model(|| {
        let root = CancellationToken::new();
        let parent = root.child_token();
        let child = parent.child_token();
        let goes = thread::spawn(move || drop(parent));
        let canceller = thread::spawn(move || root.cancel());
        block_on(child.cancelled());
        goes.join().unwrap();
        canceller.join().unwrap();
    });
}

#[test]
fn cancel_carries_the_cancellers_writes() {
    let seen = std::sync::Arc::new(AtomicBool::new(false));
    let outcome = seen.clone();
    loom::model(move || {
        let token = CancellationToken::new();
        let child = token.child_token();
        let value = Arc::new(Cell(UnsafeCell::new(0)));
        let canceller = {
            let value = value.clone();
            thread::spawn(move || {
                // SAFETY: nobody reads before the cancellation; loom checks it.
                value.0.with_mut(|value| unsafe { *value = 1 });
                token.cancel();
            })
        };
        // loom switches threads here; at the plain load below it would not.
        thread::yield_now();
        if child.is_cancelled() {
            // SAFETY: nobody writes after the cancellation; loom checks it.
            assert_eq!(value.0.with(|value| unsafe { *value }), 1);
            outcome.store(true, Relaxed);
        }
        canceller.join().unwrap();
    });
    assert!(seen.load(Relaxed), "the token was never cancelled in time");
}

/// Written before the cancellation, read after it.
struct Cell(UnsafeCell<u32>);

// SAFETY: the point of the model: loom says if it is not.
unsafe impl Sync for Cell {}

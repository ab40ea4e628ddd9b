//! `filch-sync/src/waker_cell.rs`: an event before `wake` is seen after `register`, or wakes.
#![cfg(filch_loom)]

use filch_sync::model::WakerCell;
use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::thread;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

/// Waits for `events` events; the orderings of their count carry nothing.
fn wait_for(shared: &(WakerCell, AtomicUsize), events: usize) {
    block_on(poll_fn(|cx| {
        // SAFETY: one thread registers.
        unsafe { shared.0.register(cx.waker()) };
        if shared.1.load(Relaxed) == events { Poll::Ready(()) } else { Poll::Pending }
    }));
}

fn happen(shared: &(WakerCell, AtomicUsize)) {
    shared.1.fetch_add(1, Relaxed);
    shared.0.wake();
}

#[test]
fn event_meets_register() {
    loom::model(|| {
        let shared = Arc::new((WakerCell::new(), AtomicUsize::new(0)));
        let other = {
            let shared = shared.clone();
            thread::spawn(move || happen(&shared))
        };
        wait_for(&shared, 1);
        other.join().unwrap();
    });
}

#[test]
fn two_wakers_meet_register() {
    loom::model(|| {
        let shared = Arc::new((WakerCell::new(), AtomicUsize::new(0)));
        let others = [(); 2].map(|()| {
            let shared = shared.clone();
            thread::spawn(move || happen(&shared))
        });
        wait_for(&shared, 2);
        for other in others {
            other.join().unwrap();
        }
    });
}

#[test]
fn register_replaces_the_waker() {
    loom::model(|| {
        let shared = Arc::new((WakerCell::new(), AtomicUsize::new(0)));
        // SAFETY: one thread registers.
        unsafe { shared.0.register(Context::from_waker(Waker::noop()).waker()) };
        let other = {
            let shared = shared.clone();
            thread::spawn(move || happen(&shared))
        };
        wait_for(&shared, 1);
        other.join().unwrap();
    });
}

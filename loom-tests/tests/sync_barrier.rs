//! `filch-sync/src/barrier.rs`: all come, one leads, and who gave up has not come.
#![cfg(filch_loom)]

use filch_sync::Barrier;
use loom::cell::UnsafeCell;
use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};

/// What each writes before it comes; all read it afterwards.
struct Written(Barrier, [UnsafeCell<u32>; 2]);

// SAFETY: the point of the model: loom says if it is not.
unsafe impl Sync for Written {}

#[test]
fn all_come_and_one_leads() {
    loom::model(|| {
        let shared = Arc::new(Written(Barrier::new(2), [(); 2].map(|()| UnsafeCell::new(0))));
        let come = |mine: usize, shared: &Written| {
            // SAFETY: nobody reads before both have come; loom checks it.
            shared.1[mine].with_mut(|place| unsafe { *place = 1 });
            let leads = block_on(shared.0.wait()).is_leader();
            // SAFETY: nobody writes afterwards; loom checks it.
            assert_eq!(shared.1[1 - mine].with(|place| unsafe { *place }), 1);
            leads
        };
        let other = {
            let shared = shared.clone();
            thread::spawn(move || come(0, &shared))
        };
        let mine = come(1, &shared);
        assert!(other.join().unwrap() != mine, "one leads");
    });
}

/// Polls once; if it is through, whether it leads.
fn come_and_go(barrier: &Barrier) -> Option<bool> {
    match pin!(barrier.wait()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result.is_leader()),
        Poll::Pending => None,
    }
}

#[test]
fn giving_up_meets_the_last_to_come() {
    let met = std::sync::Arc::new(AtomicBool::new(false));
    let seen = met.clone();
    loom::model(move || {
        let barrier = Arc::new(Barrier::new(2));
        let other = {
            let barrier = barrier.clone();
            thread::spawn(move || come_and_go(&barrier))
        };
        let both = [come_and_go(&barrier), other.join().unwrap()];
        let leaders = both.iter().filter(|leads| **leads == Some(true)).count();
        let others = both.iter().filter(|leads| **leads == Some(false)).count();
        assert!(leaders == 1 || leaders + others == 0, "{both:?}");
        if leaders == 1 {
            seen.store(true, Relaxed);
        }
        // Whatever happened, two are needed for the next round.
        let mut cx = Context::from_waker(Waker::noop());
        let mut first = pin!(barrier.wait());
        assert!(first.as_mut().poll(&mut cx).is_pending());
        assert_eq!(come_and_go(&barrier), Some(true));
        assert!(first.as_mut().poll(&mut cx).is_ready());
    });
    assert!(met.load(Relaxed), "they never met");
}

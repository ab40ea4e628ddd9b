//! `Barrier`: nobody goes on before all have come, and who gives up has not come.

mod support;

use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_sync::Barrier;
use std::pin::pin;
use std::sync::Arc;
use support::{block_on, on_threads, poll_once, within_watchdog};

#[test]
fn who_comes_last_leads() {
    let barrier = Barrier::new(3);
    for _ in 0..3 {
        let mut first = pin!(barrier.wait());
        let mut second = pin!(barrier.wait());
        assert!(poll_once(first.as_mut()).is_pending());
        assert!(poll_once(second.as_mut()).is_pending());
        assert!(block_on(barrier.wait()).is_leader());
        assert!(!block_on(first).is_leader() && !block_on(second).is_leader());
    }
}

#[test]
fn who_gives_up_has_not_come() {
    let barrier = Barrier::new(2);
    drop(poll_once(pin!(barrier.wait())));
    let mut first = pin!(barrier.wait());
    assert!(poll_once(first.as_mut()).is_pending());
    assert!(poll_once(pin!(barrier.wait())).is_ready());
    // Given up after the round was complete: it has come, and does not count in the next.
    {
        let mut late = pin!(barrier.wait());
        assert!(poll_once(late.as_mut()).is_pending());
        assert!(block_on(barrier.wait()).is_leader());
    }
    assert!(poll_once(first).is_ready());
    let mut next = pin!(barrier.wait());
    assert!(poll_once(next.as_mut()).is_pending());
    assert!(block_on(barrier.wait()).is_leader());
    assert!(poll_once(next).is_ready());
}

#[test]
fn rounds_under_contention_have_one_leader_each() {
    within_watchdog(|| {
        const PARTIES: usize = 3;
        const ROUNDS: usize = 10_000 / PARTIES;
        let barrier = Arc::new(Barrier::new(PARTIES));
        let leaders = Arc::new(AtomicUsize::new(0));
        let arrived = Arc::new(AtomicUsize::new(0));
        let (count, all) = (leaders.clone(), arrived.clone());
        on_threads(PARTIES, move |_| {
            for round in 1..=ROUNDS {
                // Ordering: Relaxed; the barrier orders it.
                all.fetch_add(1, Ordering::Relaxed);
                let leads = block_on(barrier.wait()).is_leader();
                // Ordering: Relaxed; the barrier orders it.
                assert!(all.load(Ordering::Relaxed) >= round * PARTIES, "went on too early");
                // Ordering: Relaxed; only the sum counts.
                count.fetch_add(usize::from(leads), Ordering::Relaxed);
            }
        });
        // Ordering: Relaxed; the threads were joined.
        assert_eq!(leaders.load(Ordering::Relaxed), ROUNDS);
    });
}

#[test]
fn waits_given_up_under_contention_are_not_counted() {
    within_watchdog(|| {
        const ROUNDS: usize = 10_000;
        let barrier = Arc::new(Barrier::new(2));
        let through = Arc::new(AtomicUsize::new(0));
        let (shared, count) = (barrier.clone(), through.clone());
        on_threads(3, move |_| {
            for _ in 0..ROUNDS {
                // Through only as the second of two; the first of them may find out later, or never.
                if poll_once(pin!(shared.wait())).is_ready() {
                    // Ordering: Relaxed; only the sum counts.
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        // Nobody is left over: two are needed as before.
        assert!(poll_once(pin!(barrier.wait())).is_pending());
        let mut first = pin!(barrier.wait());
        assert!(poll_once(first.as_mut()).is_pending());
        assert!(block_on(barrier.wait()).is_leader());
        assert!(poll_once(first).is_ready());
    });
}

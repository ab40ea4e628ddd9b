//! `CancellationToken`: what is cancelled with what, who is woken, and what is left behind.

mod support;

use filch_primitives::thread;
use filch_sync::CancellationToken;
use std::future::{pending, ready};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use support::{CountingWaker, PanickingWaker, block_on, on_threads, poll_once, within_watchdog};

#[test]
fn children_are_cancelled_with_the_parent_and_not_the_other_way_round() {
    let root = CancellationToken::new();
    let (left, right) = (root.child_token(), root.child_token());
    let below = left.child_token();
    left.cancel();
    assert!(left.is_cancelled() && below.is_cancelled());
    assert!(!root.is_cancelled() && !right.is_cancelled());
    root.cancel();
    assert!(right.is_cancelled());
}

#[test]
fn a_parent_that_goes_leaves_its_children_to_the_grandparent() {
    let root = CancellationToken::new();
    let before = root.child_token();
    let parent = root.child_token();
    let children = [(); 3].map(|()| parent.child_token());
    let after = root.child_token();
    drop(parent);
    let [first, middle, last] = children;
    drop(middle);
    root.cancel();
    for token in [before, first, last, after] {
        assert!(token.is_cancelled());
    }
}

#[test]
fn a_parent_without_a_grandparent_leaves_its_children_alone() {
    let root = CancellationToken::new();
    let (first, second) = (root.child_token(), root.child_token());
    let below = first.child_token();
    drop(root);
    first.cancel();
    assert!(below.is_cancelled());
    assert!(!second.is_cancelled());
}

#[test]
fn every_shape_of_tree_is_cancelled_whole() {
    // Chains, stars and what is between: node n is a child of node n - 1 - (n % width).
    for width in 1..6 {
        let mut all = vec![CancellationToken::new()];
        for node in 1..40 {
            let parent: &CancellationToken = &all[node - 1 - (node - 1) % width];
            all.push(parent.child_token());
        }
        // Every third goes, the root stays.
        let kept: Vec<_> =
            all.into_iter().enumerate().filter(|(n, _)| n % 3 != 1).map(|(_, t)| t).collect();
        kept[0].cancel();
        assert!(kept.iter().all(CancellationToken::is_cancelled), "width {width}");
    }
}

#[test]
fn a_long_chain_is_cancelled_and_dropped_without_recursion() {
    let root = CancellationToken::new();
    let mut chain = vec![root.clone()];
    for _ in 0..100_000 {
        chain.push(chain[chain.len() - 1].child_token());
    }
    root.cancel();
    assert!(chain[chain.len() - 1].is_cancelled());
}

#[test]
fn all_who_wait_are_woken_even_if_a_waker_panics() {
    let token = CancellationToken::new();
    let child = token.child_token();
    let mut first = pin!(token.cancelled());
    let panicking = Waker::from(Arc::new(PanickingWaker));
    assert!(first.as_mut().poll(&mut Context::from_waker(&panicking)).is_pending());
    let mut second = pin!(child.cancelled());
    let counter = CountingWaker::new();
    let waker = Waker::from(counter.clone());
    assert!(second.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let cancelled = std::panic::catch_unwind(|| token.cancel());
    assert!(cancelled.is_err(), "the panic is the canceller's");
    assert_eq!(counter.wakes(), 1);
    assert!(poll_once(first).is_ready() && poll_once(second).is_ready());
}

#[test]
fn a_future_made_before_or_after_the_cancellation_is_ready() {
    let token = CancellationToken::new();
    let before = token.cancelled();
    let owned = token.clone().cancelled_owned();
    token.cancel();
    block_on(before);
    block_on(owned);
    block_on(token.cancelled());
    block_on(token.child_token().cancelled());
}

#[test]
fn a_future_that_is_ready_wins_over_a_cancellation_during_it() {
    let token = CancellationToken::new();
    let mut run = pin!(token.run_until_cancelled(async {
        token.cancel();
        1
    }));
    assert_eq!(poll_once(run.as_mut()), Poll::Ready(Some(1)));
    assert_eq!(block_on(token.run_until_cancelled(ready(2))), None, "it must not begin");
}

#[test]
fn an_interrupted_future_is_dropped() {
    let alive = Arc::new(());
    let theirs = alive.clone();
    let token = CancellationToken::new();
    let mut run = pin!(token.run_until_cancelled(async move {
        let _theirs = theirs;
        pending::<()>().await;
    }));
    assert!(poll_once(run.as_mut()).is_pending());
    token.cancel();
    assert_eq!(poll_once(run.as_mut()), Poll::Ready(None));
    assert_eq!(Arc::strong_count(&alive), 1, "it goes at once");
}

#[test]
fn waits_given_up_under_contention_leave_nothing() {
    within_watchdog(|| {
        const ROUNDS: usize = 10_000;
        let root = CancellationToken::new();
        let shared = root.clone();
        on_threads(3, move |thread| {
            for round in 0..ROUNDS {
                let child = shared.child_token();
                let mut waits = pin!(child.cancelled());
                // Given up before the first poll, after it, or after the cancellation.
                if (thread + round) % 3 > 0 {
                    assert!(poll_once(waits.as_mut()).is_pending());
                }
                if (thread + round) % 3 > 1 {
                    let grandchild = child.child_token();
                    child.cancel();
                    assert!(poll_once(waits).is_ready() && grandchild.is_cancelled());
                }
                assert!(!shared.is_cancelled());
            }
        });
        let mut last = pin!(root.cancelled());
        assert!(poll_once(last.as_mut()).is_pending());
        root.cancel();
        assert!(poll_once(last).is_ready());
    });
}

#[test]
fn tokens_come_and_go_while_the_root_is_cancelled() {
    within_watchdog(|| {
        for _ in 0..100 {
            let root = CancellationToken::new();
            let canceller = root.clone();
            let thread = thread::spawn(move || canceller.cancel());
            let mut token = root.child_token();
            // The successor is made from the one before, which goes.
            while !token.is_cancelled() {
                token = token.child_token();
                thread::yield_now();
            }
            block_on(token.cancelled());
            thread.join().unwrap();
        }
    });
}

#[test]
fn guard_dropped_by_a_panic_survives_a_waker_that_panics() {
    let token = CancellationToken::new();
    let panics = Waker::from(Arc::new(PanickingWaker));
    let counter = CountingWaker::new();
    let counts = Waker::from(counter.clone());
    let mut first = pin!(token.cancelled());
    let mut second = pin!(token.cancelled());
    assert!(first.as_mut().poll(&mut Context::from_waker(&panics)).is_pending());
    assert!(second.as_mut().poll(&mut Context::from_waker(&counts)).is_pending());
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _guard = token.drop_guard_ref();
        std::panic::resume_unwind(Box::new("on its way"));
    }));
    assert_eq!(unwound.unwrap_err().downcast_ref(), Some(&"on its way"));
    assert!(token.is_cancelled());
    assert_eq!(counter.wakes(), 1);
}

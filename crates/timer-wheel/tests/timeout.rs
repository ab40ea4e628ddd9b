//! `timeout`, `timeout_at`, `Timeout`.

mod support;

use filch_timer_wheel::{Instant, sleep, timeout, timeout_at};
use std::cell::Cell;
use std::future::{self, Future, pending, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use support::{HOUR, MS, bounded, by_hand};

#[test]
fn a_ready_future_wins_even_over_zero() {
    by_hand(1).block_on(async {
        assert_eq!(timeout(Duration::ZERO, future::ready(1)).await, Ok(1));
        assert_eq!(timeout_at(Instant::now() - MS, future::ready(2)).await, Ok(2));
    });
}

#[test]
fn zero_and_the_past_elapse_at_the_first_poll() {
    let timers = by_hand(1);
    let _entered = timers.handle(0).enter();
    let mut context = Context::from_waker(Waker::noop());
    assert!(pin!(timeout(Duration::ZERO, pending::<()>())).poll(&mut context).is_ready());
    let past = Instant::now() - MS;
    assert!(pin!(timeout_at(past, pending::<()>())).poll(&mut context).is_ready());
}

#[test]
fn the_future_is_polled_before_the_timer_each_time() {
    bounded(|| {
        by_hand(1).block_on(async {
            // Ready only at its second poll, when the time is over as well.
            let polls = Cell::new(0);
            let second = poll_fn(|_| {
                polls.set(polls.get() + 1);
                if polls.get() == 2 { Poll::Ready("in time") } else { Poll::Pending }
            });
            assert_eq!(timeout(MS, second).await, Ok("in time"));
        });
    });
}

#[test]
fn a_late_future_elapses_and_not_before_its_time() {
    bounded(|| {
        by_hand(1).block_on(async {
            let start = Instant::now();
            let late = timeout(MS * 10, sleep(HOUR)).await;
            assert!(late.is_err());
            assert!(start.elapsed() >= MS * 10);
        });
    });
}

#[test]
fn the_longest_limit_is_none() {
    bounded(|| {
        by_hand(1).block_on(async {
            assert_eq!(timeout(Duration::MAX, sleep(MS)).await, Ok(()));
        });
    });
}

#[test]
fn a_timeout_that_is_never_pending_arms_nothing_and_a_dropped_one_leaves_nothing() {
    let timers = by_hand(1);
    let _entered = timers.handle(0).enter();
    let mut context = Context::from_waker(Waker::noop());
    {
        let mut ready = pin!(timeout(HOUR, future::ready(())));
        assert!(ready.as_mut().poll(&mut context).is_ready());
        assert_eq!(timers.next_deadline(), None);
        let mut waiting = pin!(timeout(HOUR, pending::<()>()));
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        assert_eq!(timers.len(), 1);
    }
    assert!(timers.is_empty());
}

#[test]
fn the_future_can_be_reached_and_taken_back() {
    by_hand(1).block_on(async {
        let mut limited = timeout(HOUR, future::ready(1));
        assert_eq!(limited.get_ref().clone().into_inner(), 1);
        *limited.get_mut() = future::ready(2);
        assert_eq!(limited.into_inner().await, 2);
    });
}

//! `Semaphore`: permits are conserved, and those who wait are served in order.

mod support;

use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::thread;
use filch_sync::{Semaphore, TryAcquireError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use support::{
    CallingWaker, CountingWaker, PanickingWaker, block_on, on_threads, poll_once, within_watchdog,
};

#[test]
fn waiters_are_served_in_order() {
    let semaphore = Semaphore::new(0);
    let mut first = pin!(semaphore.acquire());
    let mut second = pin!(semaphore.acquire());
    assert!(poll_once(first.as_mut()).is_pending());
    assert!(poll_once(second.as_mut()).is_pending());
    semaphore.add_permits(1);
    assert!(poll_once(second.as_mut()).is_pending());
    let permit = poll_once(first.as_mut());
    assert!(permit.is_ready());
    drop(permit);
    assert!(poll_once(second.as_mut()).is_ready());
}

#[test]
fn small_request_does_not_overtake_a_large_one() {
    let semaphore = Semaphore::new(2);
    let mut large = pin!(semaphore.acquire_many(3));
    assert!(poll_once(large.as_mut()).is_pending());
    assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::NoPermits);
    let mut small = pin!(semaphore.acquire());
    assert!(poll_once(small.as_mut()).is_pending());
    semaphore.add_permits(1);
    assert!(poll_once(small.as_mut()).is_pending());
    drop(poll_once(large.as_mut()));
    assert!(poll_once(small.as_mut()).is_ready());
}

#[test]
fn dropped_waiter_passes_on_what_it_was_assigned() {
    let semaphore = Semaphore::new(2);
    let mut small = pin!(semaphore.acquire_many(2));
    {
        let mut large = pin!(semaphore.acquire_many(3));
        assert!(poll_once(large.as_mut()).is_pending());
        assert!(poll_once(small.as_mut()).is_pending());
    }
    assert!(poll_once(small.as_mut()).is_ready());
}

#[test]
fn waiter_dropped_after_it_was_served_gives_back() {
    let semaphore = Semaphore::new(0);
    {
        let mut waiter = pin!(semaphore.acquire_many(2));
        assert!(poll_once(waiter.as_mut()).is_pending());
        semaphore.add_permits(3);
    }
    assert_eq!(semaphore.available_permits(), 3);
}

#[test]
fn close_refuses_waiters_and_leaves_permits() {
    let semaphore = Semaphore::new(1);
    let mut waiter = pin!(semaphore.acquire_many(2));
    assert!(poll_once(waiter.as_mut()).is_pending());
    semaphore.close();
    assert!(matches!(poll_once(waiter.as_mut()), Poll::Ready(Err(_))));
    assert_eq!(semaphore.available_permits(), 1);
    assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::Closed);
    semaphore.add_permits(1);
    assert_eq!(semaphore.available_permits(), 2);
}

#[test]
fn nothing_can_be_had_from_an_empty_one_but_nothing() {
    let semaphore = Semaphore::new(0);
    assert_eq!(semaphore.try_acquire_many(0).unwrap().num_permits(), 0);
    let mut waiter = pin!(semaphore.acquire());
    assert!(poll_once(waiter.as_mut()).is_pending());
    assert!(semaphore.try_acquire_many(0).is_ok());
    assert_eq!(semaphore.forget_permits(5), 0);
}

#[test]
#[should_panic(expected = "MAX_PERMITS")]
fn too_many_permits_are_refused() {
    Semaphore::new(Semaphore::MAX_PERMITS).add_permits(1);
}

#[test]
#[should_panic(expected = "MAX_PERMITS")]
fn too_many_permits_are_refused_at_the_start() {
    let _ = Semaphore::new(Semaphore::MAX_PERMITS + 1);
}

#[test]
#[should_panic(expected = "one semaphore")]
fn permits_of_two_semaphores_do_not_merge() {
    let (one, other) = (Semaphore::new(1), Semaphore::new(1));
    let mut permit = one.try_acquire().unwrap();
    permit.merge(other.try_acquire().unwrap());
}

#[test]
fn panicking_waker_costs_nobody_else_a_wake_up() {
    let semaphore = Semaphore::new(0);
    let mut first = pin!(semaphore.acquire());
    let mut second = pin!(semaphore.acquire());
    let bad = Waker::from(Arc::new(PanickingWaker));
    let counter = CountingWaker::new();
    let good = Waker::from(counter.clone());
    assert!(first.as_mut().poll(&mut Context::from_waker(&bad)).is_pending());
    assert!(second.as_mut().poll(&mut Context::from_waker(&good)).is_pending());
    let added = catch_unwind(AssertUnwindSafe(|| semaphore.add_permits(2)));
    assert!(added.is_err(), "the first panic reaches the caller");
    assert_eq!(counter.wakes(), 1);
    assert!(poll_once(first.as_mut()).is_ready());
    assert!(poll_once(second.as_mut()).is_ready());
    assert_eq!(semaphore.available_permits(), 2);
}

#[test]
fn waker_may_come_back_into_the_semaphore() {
    within_watchdog(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let again = semaphore.clone();
        let waker = Waker::from(Arc::new(CallingWaker(move || {
            assert!(again.try_acquire().is_err());
            again.add_permits(1);
        })));
        let mut waiter = pin!(semaphore.acquire());
        assert!(waiter.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        semaphore.add_permits(1);
        assert_eq!(semaphore.available_permits(), 1);
        assert!(poll_once(waiter.as_mut()).is_ready());
    });
}

#[test]
fn no_more_than_the_permits_are_inside() {
    within_watchdog(|| {
        let semaphore = Arc::new(Semaphore::new(2));
        let inside = Arc::new(AtomicUsize::new(0));
        let (shared, all) = (semaphore.clone(), inside.clone());
        on_threads(4, move |_| {
            for _ in 0..2000 {
                let permit = block_on(shared.acquire()).unwrap();
                // Ordering: AcqRel; the sum at this moment.
                assert!(all.fetch_add(1, Ordering::AcqRel) < 2);
                all.fetch_sub(1, Ordering::AcqRel);
                drop(permit);
            }
        });
        assert_eq!(semaphore.available_permits(), 2);
    });
}

#[test]
fn dropped_at_every_await_under_contention_permits_are_conserved() {
    within_watchdog(|| {
        let semaphore = Arc::new(Semaphore::new(3));
        let shared = semaphore.clone();
        on_threads(4, move |number| {
            for round in 0..10_000 {
                let wanted = 1 + ((round + number) % 3) as u32;
                let mut waiter = pin!(shared.acquire_many(wanted));
                // Dropped at the first poll, at the second, or not at all.
                let mut polled = poll_once(waiter.as_mut());
                if polled.is_pending() && round % 3 > 0 {
                    thread::yield_now();
                    polled = poll_once(waiter.as_mut());
                }
                if polled.is_pending() && round % 3 > 1 {
                    drop(block_on(waiter).unwrap());
                }
            }
        });
        assert_eq!(semaphore.available_permits(), 3);
    });
}

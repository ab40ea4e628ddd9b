//! `Notify`: one wake-up is kept, none is lost.

mod support;

use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::thread;
use filch_sync::Notify;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use support::{CountingWaker, PanickingWaker, block_on, poll_once, within_watchdog};

#[test]
fn one_wake_up_is_kept() {
    let notify = Notify::new();
    notify.notify_one();
    notify.notify_one();
    assert!(poll_once(pin!(notify.notified())).is_ready());
    assert!(poll_once(pin!(notify.notified())).is_pending());
}

#[test]
fn notify_one_wakes_the_first_and_notify_last_the_last() {
    let notify = Notify::new();
    let mut waiters = [(); 3].map(|()| Box::pin(notify.notified()));
    for waiter in &mut waiters {
        assert!(!waiter.as_mut().enable());
    }
    notify.notify_one();
    notify.notify_last();
    let [first, second, third] = waiters.each_mut().map(|waiter| waiter.as_mut().enable());
    assert_eq!([first, second, third], [true, false, true]);
}

#[test]
fn notify_waiters_reaches_those_made_before_it_and_keeps_nothing() {
    let notify = Notify::new();
    let polled = pin!(notify.notified());
    let mut polled = polled;
    assert!(poll_once(polled.as_mut()).is_pending());
    let made = pin!(notify.notified());
    notify.notify_waiters();
    assert!(poll_once(polled).is_ready());
    assert!(poll_once(made).is_ready());
    assert!(poll_once(pin!(notify.notified())).is_pending());
}

#[test]
fn notify_waiters_leaves_a_kept_wake_up() {
    let notify = Notify::new();
    notify.notify_one();
    notify.notify_waiters();
    assert!(poll_once(pin!(notify.notified())).is_ready());
}

#[test]
fn dropped_waiter_hands_its_wake_up_on() {
    let notify = Notify::new();
    let mut second = pin!(notify.notified());
    {
        let mut first = pin!(notify.notified());
        assert!(poll_once(first.as_mut()).is_pending());
        assert!(poll_once(second.as_mut()).is_pending());
        notify.notify_one();
    }
    assert!(poll_once(second).is_ready());
}

#[test]
fn dropped_last_waiter_leaves_its_wake_up_to_the_next_that_comes() {
    let notify = Notify::new();
    {
        let mut waiter = pin!(notify.notified());
        assert!(!waiter.as_mut().enable());
        notify.notify_one();
    }
    assert!(poll_once(pin!(notify.notified())).is_ready());
}

#[test]
fn waiter_told_by_notify_waiters_hands_nothing_on() {
    let notify = Notify::new();
    {
        let mut waiter = pin!(notify.notified());
        assert!(!waiter.as_mut().enable());
        notify.notify_waiters();
    }
    assert!(poll_once(pin!(notify.notified())).is_pending());
}

#[test]
fn ready_waiter_stays_ready() {
    let notify = Notify::new();
    let mut waiter = pin!(notify.notified());
    notify.notify_one();
    assert!(poll_once(waiter.as_mut()).is_ready());
    assert!(poll_once(waiter.as_mut()).is_ready());
}

#[test]
fn owned_waiter_outlives_every_other_handle() {
    let notify = Arc::new(Notify::new());
    let mut waiter = pin!(notify.clone().notified_owned());
    assert!(!waiter.as_mut().enable());
    notify.notify_one();
    drop(notify);
    assert!(poll_once(waiter).is_ready());
}

#[test]
fn panicking_waker_costs_nobody_else_a_wake_up() {
    let notify = Notify::new();
    let mut waiters: Vec<_> = (0..40).map(|_| Box::pin(notify.notified())).collect();
    let counter = CountingWaker::new();
    let good = Waker::from(counter.clone());
    let bad = Waker::from(Arc::new(PanickingWaker));
    for (number, waiter) in waiters.iter_mut().enumerate() {
        let waker = if number % 20 == 3 { &bad } else { &good };
        assert!(waiter.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
    }
    let notified = catch_unwind(AssertUnwindSafe(|| notify.notify_waiters()));
    assert!(notified.is_err(), "the first panic reaches the caller");
    assert_eq!(counter.wakes(), 38);
    assert!(waiters.iter_mut().all(|waiter| poll_once(waiter.as_mut()).is_ready()));
}

#[test]
fn dropped_at_every_await_under_contention_no_wake_up_is_lost() {
    within_watchdog(|| {
        let notify = Arc::new(Notify::new());
        let ready = Arc::new(AtomicUsize::new(0));
        // Four tasks wait and give up at every point; the fifth takes what they leave. A wake-up is sent
        // only when the one before was taken: each must arrive somewhere.
        let fickle: Vec<_> = (0..4)
            .map(|number| {
                let (notify, ready) = (notify.clone(), ready.clone());
                thread::spawn(move || {
                    for round in 0..2_500 {
                        let mut waiter = pin!(notify.notified());
                        let mut polled = poll_once(waiter.as_mut());
                        if polled.is_pending() && (round + number) % 2 == 0 {
                            thread::yield_now();
                            polled = poll_once(waiter.as_mut());
                        }
                        if polled.is_ready() {
                            // Ordering: AcqRel; counts what was taken.
                            ready.fetch_add(1, Ordering::AcqRel);
                        }
                    }
                })
            })
            .collect();
        let sent = 1000;
        let steady = {
            let (notify, ready) = (notify.clone(), ready.clone());
            thread::spawn(move || {
                loop {
                    block_on(notify.notified());
                    // Ordering: AcqRel; as above.
                    if ready.fetch_add(1, Ordering::AcqRel) >= sent {
                        return;
                    }
                }
            })
        };
        for number in 0..sent {
            notify.notify_one();
            // Ordering: Acquire; pairs with the count above.
            while ready.load(Ordering::Acquire) <= number {
                thread::yield_now();
            }
            assert_eq!(ready.load(Ordering::Acquire), number + 1, "a wake-up was doubled");
        }
        for one in fickle {
            one.join().unwrap();
        }
        notify.notify_one();
        steady.join().unwrap();
    });
}

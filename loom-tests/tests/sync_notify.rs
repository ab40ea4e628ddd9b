//! `filch-sync/src/notify/`: no wake-up is lost, one is kept, a dropped waiter hands its own on.
#![cfg(filch_loom)]

use filch_sync::Notify;
use loom::cell::UnsafeCell;
use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Waker};

/// A notification, and what was written before it.
struct Announced {
    notify: Notify,
    value: UnsafeCell<u32>,
}

// SAFETY: the point of the models: loom says if it is not.
unsafe impl Sync for Announced {}

impl Announced {
    fn new() -> Arc<Self> {
        Arc::new(Self { notify: Notify::new(), value: UnsafeCell::new(0) })
    }

    fn write(&self) {
        // SAFETY: before the notification the writer is alone; loom checks it.
        self.value.with_mut(|value| unsafe { *value += 1 });
    }

    fn read(&self) -> u32 {
        // SAFETY: after the notification nobody writes; loom checks it.
        self.value.with(|value| unsafe { *value })
    }
}

fn noop() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

#[test]
fn notify_one_meets_first_poll() {
    loom::model(|| {
        let shared = Announced::new();
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.write();
                shared.notify.notify_one();
            })
        };
        block_on(shared.notify.notified());
        assert_eq!(shared.read(), 1);
        other.join().unwrap();
    });
}

#[test]
fn notify_one_meets_drop() {
    loom::model(|| {
        let shared = Announced::new();
        let other = {
            let shared = shared.clone();
            thread::spawn(move || shared.notify.notify_one())
        };
        let taken = {
            let mut waiter = pin!(shared.notify.notified());
            waiter.as_mut().poll(&mut noop()).is_ready()
        };
        if !taken {
            block_on(shared.notify.notified());
        }
        other.join().unwrap();
    });
}

#[test]
fn notify_waiters_meets_first_poll() {
    loom::model(|| {
        let shared = Announced::new();
        let waiter = shared.notify.notified();
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.write();
                shared.notify.notify_waiters();
            })
        };
        block_on(waiter);
        assert_eq!(shared.read(), 1);
        other.join().unwrap();
    });
}

#[test]
fn two_notifications_two_waiters() {
    loom::model(|| {
        let shared = Announced::new();
        let mut first = pin!(shared.notify.notified());
        let mut second = pin!(shared.notify.notified());
        assert!(!first.as_mut().enable());
        assert!(!second.as_mut().enable());
        let others = [(); 2].map(|()| {
            let shared = shared.clone();
            thread::spawn(move || shared.notify.notify_one())
        });
        block_on(first);
        block_on(second);
        for other in others {
            other.join().unwrap();
        }
    });
}

#[test]
fn told_waiter_sees_the_notifiers_writes() {
    let told = std::sync::Arc::new(AtomicBool::new(false));
    let seen = told.clone();
    loom::model(move || {
        let shared = Announced::new();
        let mut waiter = pin!(shared.notify.notified());
        assert!(!waiter.as_mut().enable());
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.write();
                shared.notify.notify_one();
            })
        };
        // loom switches threads here; at the plain load below it would not.
        thread::yield_now();
        // Looked at without having been woken: nothing but the news itself carries the write.
        if waiter.as_mut().enable() {
            assert_eq!(shared.read(), 1);
            seen.store(true, Relaxed);
        }
        other.join().unwrap();
    });
    assert!(told.load(Relaxed), "the waiter was never told in time");
}

#[test]
fn told_waiter_finds_the_call_counted() {
    let told = std::sync::Arc::new(AtomicBool::new(false));
    let seen = told.clone();
    loom::model(move || {
        let notify = Arc::new(Notify::new());
        let mut waiter = pin!(notify.notified());
        assert!(!waiter.as_mut().enable());
        let other = {
            let notify = notify.clone();
            thread::spawn(move || notify.notify_waiters())
        };
        // loom switches threads here; at the plain load below it would not.
        thread::yield_now();
        let was_told = waiter.as_mut().enable();
        let mut next = pin!(notify.notified());
        other.join().unwrap();
        if was_told {
            assert!(
                !next.as_mut().enable(),
                "one call made a waiter ready, and the one after it too"
            );
            seen.store(true, Relaxed);
        }
    });
    assert!(told.load(Relaxed), "the waiter was never told in time");
}

/// Polls once, when the other thread has notified or is about to, and looks at what it wrote.
fn look_after(notify: impl Fn(&Notify) + Send + Sync + Copy + 'static) {
    let told = std::sync::Arc::new(AtomicBool::new(false));
    let seen = told.clone();
    loom::model(move || {
        let shared = Announced::new();
        let mut waiter = pin!(shared.notify.notified());
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.write();
                notify(&shared.notify);
            })
        };
        // loom switches threads here; at the plain load below it would not.
        thread::yield_now();
        if waiter.as_mut().poll(&mut noop()).is_ready() {
            assert_eq!(shared.read(), 1);
            seen.store(true, Relaxed);
        }
        other.join().unwrap();
    });
    assert!(told.load(Relaxed), "the waiter was never told in time");
}

#[test]
fn kept_wake_up_carries_the_notifiers_writes() {
    look_after(Notify::notify_one);
}

#[test]
fn counted_call_carries_the_notifiers_writes() {
    look_after(Notify::notify_waiters);
}

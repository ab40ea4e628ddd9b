//! `filch-sync/src/permits/`: permits are conserved, whoever waits is served, and a permit
//! carries what its last holder wrote.
#![cfg(filch_loom)]

use filch_sync::model::{Deposits, NoBank, Permits, Refusal};
use loom::cell::UnsafeCell;
use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};

/// What the permit guards.
struct Guarded<B> {
    permits: Permits<B>,
    value: UnsafeCell<u32>,
}

// SAFETY: the point of the models: loom says if it is not.
unsafe impl<B: Sync> Sync for Guarded<B> {}
// SAFETY: nothing in it is bound to a thread.
unsafe impl<B: Send> Send for Guarded<B> {}

impl<B> Guarded<B> {
    fn new(permits: usize, bank: B) -> Arc<Self> {
        Arc::new(Self { permits: Permits::new(permits, bank), value: UnsafeCell::new(0) })
    }

    fn write(&self) {
        // SAFETY: whoever has the permit is alone; loom checks it.
        self.value.with_mut(|value| unsafe { *value += 1 });
    }

    fn read(&self) -> u32 {
        // SAFETY: as above.
        self.value.with(|value| unsafe { *value })
    }
}

fn noop() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

#[test]
fn released_permit_carries_the_holders_writes() {
    loom::model(|| {
        let shared = Guarded::new(1, NoBank);
        let use_it = |shared: &Guarded<NoBank>| {
            if shared.permits.try_acquire(1).is_ok() {
                shared.write();
                shared.permits.release(1);
            }
        };
        let other = {
            let shared = shared.clone();
            thread::spawn(move || use_it(&shared))
        };
        use_it(&shared);
        other.join().unwrap();
        assert_eq!(shared.permits.available(), 1);
    });
}

#[test]
fn contended_lock_is_exclusive() {
    loom::model(|| {
        let shared = Guarded::new(1, NoBank);
        let use_it = |shared: &Guarded<NoBank>| {
            block_on(shared.permits.acquire(1)).unwrap();
            shared.write();
            shared.permits.release_all(1);
        };
        let other = {
            let shared = shared.clone();
            thread::spawn(move || use_it(&shared))
        };
        use_it(&shared);
        other.join().unwrap();
        assert_eq!(shared.read(), 2);
        assert_eq!(shared.permits.available(), 1);
    });
}

#[test]
fn handed_permit_carries_the_holders_writes() {
    let handed = std::sync::Arc::new(AtomicBool::new(false));
    let seen = handed.clone();
    loom::model(move || {
        let shared = Guarded::new(0, NoBank);
        let mut waiter = pin!(shared.permits.acquire(1));
        assert!(waiter.as_mut().poll(&mut noop()).is_pending());
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.write();
                shared.permits.release(1);
            })
        };
        // loom switches threads here; at the plain load below it would not.
        thread::yield_now();
        // Polled without having been woken: nothing but the permit itself carries the write.
        if waiter.as_mut().poll(&mut noop()).is_ready() {
            assert_eq!(shared.read(), 1);
            seen.store(true, Relaxed);
        }
        other.join().unwrap();
    });
    assert!(handed.load(Relaxed), "the permit was never handed over");
}

#[test]
fn surplus_permit_carries_the_holders_writes() {
    let taken = std::sync::Arc::new(AtomicBool::new(false));
    let seen = taken.clone();
    loom::model(move || {
        let shared = Guarded::new(0, NoBank);
        let mut waiter = pin!(shared.permits.acquire(1));
        assert!(waiter.as_mut().poll(&mut noop()).is_pending());
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.write();
                // One for the waiter, one to spare.
                shared.permits.release(2);
            })
        };
        // loom switches threads here; at the plain load below it would not.
        thread::yield_now();
        if shared.permits.try_acquire(1).is_ok() {
            assert_eq!(shared.read(), 1);
            seen.store(true, Relaxed);
        }
        other.join().unwrap();
    });
    assert!(taken.load(Relaxed), "the permit was never there in time");
}

#[test]
fn release_meets_waiter() {
    loom::model(|| {
        let shared = Guarded::new(1, NoBank);
        shared.permits.try_acquire(1).unwrap();
        let other = {
            let shared = shared.clone();
            thread::spawn(move || shared.permits.release(1))
        };
        block_on(shared.permits.acquire(1)).unwrap();
        other.join().unwrap();
        assert_eq!(shared.permits.available(), 0);
    });
}

#[test]
fn cancel_meets_assignment() {
    loom::model(|| {
        let shared = Guarded::new(0, NoBank);
        let other = {
            let shared = shared.clone();
            thread::spawn(move || shared.permits.release(2))
        };
        {
            let mut waiter = pin!(shared.permits.acquire(2));
            let _ = waiter.as_mut().poll(&mut noop()).map(|taken| {
                taken.unwrap();
                shared.permits.release(2);
            });
        }
        block_on(shared.permits.acquire(2)).unwrap();
        other.join().unwrap();
        assert_eq!(shared.permits.available(), 0);
    });
}

#[test]
fn close_meets_waiter() {
    loom::model(|| {
        let shared = Guarded::new(1, NoBank);
        let other = {
            let shared = shared.clone();
            thread::spawn(move || shared.permits.close())
        };
        assert_eq!(block_on(shared.permits.acquire(2)), Err(Refusal::Closed));
        other.join().unwrap();
        assert_eq!(shared.permits.available(), 1, "what was assigned comes back");
    });
}

#[test]
fn deposit_meets_waiter() {
    loom::model(|| {
        let shared = Guarded::new(0, Deposits::new());
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.permits.deposit(1);
                shared.permits.deposit(1);
            })
        };
        block_on(shared.permits.acquire(2)).unwrap();
        other.join().unwrap();
        assert_eq!(shared.permits.available(), 0);
    });
}

#[test]
fn banked_permit_carries_the_depositors_writes() {
    let taken = std::sync::Arc::new(AtomicBool::new(false));
    let seen = taken.clone();
    loom::model(move || {
        let shared = Guarded::new(0, Deposits::new());
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.write();
                shared.permits.deposit(1);
            })
        };
        // loom switches threads here; at the plain load below it would not.
        thread::yield_now();
        if shared.permits.try_acquire(1).is_ok() {
            assert_eq!(shared.read(), 1);
            seen.store(true, Relaxed);
        }
        other.join().unwrap();
    });
    assert!(taken.load(Relaxed), "the permit was never there in time");
}

/// A waiter that was refused at its first look must not be refused for ever: the second deposit may come
/// between the look into the bank and the call for the next deposit.
#[test]
fn two_waiters_share_deposits() {
    loom::model(|| {
        let shared = Guarded::new(0, Deposits::new());
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                assert_eq!(block_on(shared.permits.acquire(1)), Ok(()));
                shared.permits.release(1);
            })
        };
        shared.permits.deposit(1);
        let mut waiter = pin!(shared.permits.acquire(1));
        if let Poll::Ready(taken) = waiter.as_mut().poll(&mut noop()) {
            taken.unwrap();
            shared.permits.deposit(1);
        } else {
            assert_eq!(block_on(waiter), Ok(()));
            shared.permits.deposit(1);
        }
        other.join().unwrap();
        assert_eq!(shared.permits.available(), 1);
    });
}

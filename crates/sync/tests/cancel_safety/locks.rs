//! Locks and semaphores: nothing is lost, and those who stay are served in their order.

use crate::Tally;
use crate::dropping::while_others_work;
use crate::support::{block_on, poll_once};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_sync::{AcquireError, Mutex, Notify, RwLock, Semaphore, mpsc};
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// Counts under the lock, here and on two other threads; how often.
fn count_under<F>(lock: impl Fn() -> F + Sync) -> usize
where
    F: Future<Output: DerefMut<Target = usize>>,
{
    let turns = Tally::default();
    let take_a_turn = |mut guard: F::Output| {
        *guard += 1;
        turns.add();
    };
    let other = || take_a_turn(block_on(lock()));
    while_others_work(&[&other, &other], |dropper| {
        if let Some(guard) = dropper.attempt(lock()) {
            take_a_turn(guard);
        }
    });
    turns.get()
}

#[test]
fn mutex_lock() {
    let mutex = Mutex::new(0);
    let turns = count_under(|| mutex.lock());
    assert_eq!(mutex.into_inner(), turns);
}

#[test]
fn mutex_lock_owned() {
    let mutex = Arc::new(Mutex::new(0));
    let turns = count_under(|| mutex.clone().lock_owned());
    assert_eq!(*mutex.try_lock().unwrap(), turns);
}

#[test]
fn rwlock_write() {
    let lock = RwLock::new(0);
    let turns = count_under(|| lock.write());
    assert_eq!(lock.into_inner(), turns);
}

#[test]
fn rwlock_write_owned() {
    let lock = Arc::new(RwLock::new(0));
    let turns = count_under(|| lock.clone().write_owned());
    assert_eq!(*lock.try_write().unwrap(), turns);
}

/// Reads two numbers that a writer changes together.
fn read_between_writes<F>(lock: &RwLock<(usize, usize)>, read: impl Fn() -> F + Sync)
where
    F: Future<Output: Deref<Target = (usize, usize)>>,
{
    let write = || {
        let mut guard = block_on(lock.write());
        guard.0 += 1;
        guard.1 += 1;
    };
    let check = |guard: F::Output| assert_eq!(guard.0, guard.1, "read while it was written");
    let other = || check(block_on(read()));
    while_others_work(&[&write, &other], |dropper| {
        if let Some(guard) = dropper.attempt(read()) {
            check(guard);
        }
    });
    assert!(lock.try_write().is_ok(), "a reader that was dropped holds the lock");
}

#[test]
fn rwlock_read() {
    let lock = RwLock::default();
    read_between_writes(&lock, || lock.read());
}

#[test]
fn rwlock_read_owned() {
    let lock = Arc::new(RwLock::default());
    read_between_writes(&lock, || lock.clone().read_owned());
}

/// How many permits there are.
const PERMITS: usize = 3;

/// Takes `n` permits at a time, here and on another thread, while a third takes all of them.
fn share_permits<F, P>(semaphore: &Semaphore, n: usize, acquire: impl Fn() -> F + Sync)
where
    F: Future<Output = Result<P, AcquireError>>,
{
    let out = AtomicUsize::new(0);
    let hold = |n: usize| {
        // Ordering: Relaxed; the sum of an atomic is exact.
        assert!(out.fetch_add(n, Ordering::Relaxed) + n <= PERMITS, "more than there are");
        out.fetch_sub(n, Ordering::Relaxed);
    };
    let all = || {
        let _permits = block_on(semaphore.acquire_many(PERMITS as u32)).unwrap();
        hold(PERMITS);
    };
    let some = || {
        let _permits = block_on(acquire()).unwrap();
        hold(n);
    };
    while_others_work(&[&all, &some], |dropper| {
        if let Some(permits) = dropper.attempt(acquire()) {
            let _permits = permits.unwrap();
            hold(n);
        }
    });
    assert_eq!(semaphore.available_permits(), PERMITS);
}

#[test]
fn semaphore_acquire() {
    let semaphore = Semaphore::new(PERMITS);
    share_permits(&semaphore, 1, || semaphore.acquire());
}

#[test]
fn semaphore_acquire_many() {
    let semaphore = Semaphore::new(PERMITS);
    share_permits(&semaphore, 2, || semaphore.acquire_many(2));
}

#[test]
fn semaphore_acquire_owned() {
    let semaphore = Arc::new(Semaphore::new(PERMITS));
    share_permits(&semaphore, 1, || semaphore.clone().acquire_owned());
}

#[test]
fn semaphore_acquire_many_owned() {
    let semaphore = Arc::new(Semaphore::new(PERMITS));
    share_permits(&semaphore, 2, || semaphore.clone().acquire_many_owned(2));
}

/// Of thirty who wait, every third leaves; the others get what they wait for in the order in which they came. `serve` makes
/// it free for one, and so does one who has it and goes.
fn serves_in_order<F: Future>(wait: impl Fn() -> F, mut serve: impl FnMut()) {
    let mut queue: Vec<_> = (0..30).map(|_| Box::pin(wait())).collect();
    for waiter in &mut queue {
        assert!(poll_once(waiter.as_mut()).is_pending(), "nothing is free yet");
    }
    let mut number = 0;
    queue.retain(|_| {
        number += 1;
        number % 3 != 0
    });
    while !queue.is_empty() {
        serve();
        // The last first: nobody has gone past those before.
        let ready: Vec<_> =
            (0..queue.len()).rev().filter(|&i| poll_once(queue[i].as_mut()).is_ready()).collect();
        assert_eq!(ready, [0]);
        drop(queue.remove(0));
    }
}

#[test]
fn those_who_stay_are_served_in_order() {
    let mutex = Mutex::new(());
    let mut held = Some(mutex.try_lock().unwrap());
    serves_in_order(|| mutex.lock(), || drop(held.take()));

    let lock = RwLock::new(());
    let mut held = Some(lock.try_write().unwrap());
    serves_in_order(|| lock.write(), || drop(held.take()));

    let semaphore = Semaphore::new(2);
    let mut held = Some(semaphore.try_acquire_many(2).unwrap());
    serves_in_order(|| semaphore.acquire_many(2), || drop(held.take()));

    let (tx, _rx) = mpsc::channel::<()>(1);
    let mut held = Some(tx.try_reserve().unwrap());
    serves_in_order(|| tx.reserve(), || drop(held.take()));

    let notify = Notify::new();
    serves_in_order(|| notify.notified(), || notify.notify_one());
}

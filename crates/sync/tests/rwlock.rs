//! `RwLock`: many readers or one writer, in order, and released however its holder goes.

mod support;

use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_sync::{
    OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use support::{block_on, on_threads, poll_once, within_watchdog};

#[test]
#[should_panic(expected = "pass 1 reader or more")]
fn a_lock_without_readers_says_why_not() {
    RwLock::with_max_readers(1, 0);
}

#[test]
fn readers_share_and_a_writer_is_alone() {
    let lock = RwLock::new(1);
    let (first, second) = (lock.try_read().unwrap(), lock.try_read().unwrap());
    assert!(lock.try_write().is_err());
    drop((first, second));
    let writer = lock.try_write().unwrap();
    assert!(lock.try_read().is_err() && lock.try_write().is_err());
    drop(writer);
    assert!(lock.try_write().is_ok());
}

#[test]
fn a_reader_does_not_overtake_a_waiting_writer() {
    let lock = RwLock::new(0);
    let reader = lock.try_read().unwrap();
    let mut writer = pin!(lock.write());
    assert!(poll_once(writer.as_mut()).is_pending());
    assert!(lock.try_read().is_err());
    let mut late = pin!(lock.read());
    let mut later = pin!(lock.read());
    assert!(poll_once(late.as_mut()).is_pending());
    assert!(poll_once(later.as_mut()).is_pending());
    drop(reader);
    assert!(poll_once(late.as_mut()).is_pending());
    *block_on(writer) += 1;
    assert_eq!((*block_on(late), *block_on(later)), (1, 1));
}

#[test]
fn a_writer_that_gives_up_lets_the_readers_behind_it_in() {
    let lock = RwLock::new(0);
    let reader = lock.try_read().unwrap();
    let mut late = pin!(lock.read());
    {
        let mut writer = pin!(lock.write());
        assert!(poll_once(writer.as_mut()).is_pending());
        assert!(poll_once(late.as_mut()).is_pending());
    }
    assert!(poll_once(late).is_ready());
    drop(reader);
    assert!(lock.try_write().is_ok());
}

#[test]
fn a_writer_becomes_a_reader_with_no_writer_in_between() {
    let lock = RwLock::new(0);
    let mut guard = lock.try_write().unwrap();
    *guard = 1;
    let mut writer = pin!(lock.write());
    assert!(poll_once(writer.as_mut()).is_pending());
    let guard = guard.downgrade();
    assert!(poll_once(writer.as_mut()).is_pending());
    assert_eq!(*guard, 1);
    drop(guard);
    assert!(poll_once(writer).is_ready());
}

#[test]
fn holders_that_panic_or_are_dropped_unlock() {
    let lock = RwLock::new(0);
    for held in [true, false] {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _read = held.then(|| lock.try_read().unwrap());
            let _write = (!held).then(|| lock.try_write().unwrap());
            panic!("with a guard in hand");
        }));
        assert!(panicked.is_err());
        assert!(lock.try_write().is_ok());
    }
    {
        let mut task = pin!(async {
            let _guard = lock.write().await;
            std::future::pending::<()>().await;
        });
        assert!(poll_once(task.as_mut()).is_pending());
        assert!(lock.try_read().is_err());
    }
    assert!(lock.try_write().is_ok());
}

#[test]
fn guards_of_parts_unlock_once() {
    let lock = Arc::new(RwLock::with_max_readers((1, vec![2, 3]), 2));
    let read = |lock: &RwLock<(i32, Vec<i32>)>| {
        let number = RwLockReadGuard::map(lock.try_read().unwrap(), |pair| &pair.0);
        let list = RwLockReadGuard::try_map(lock.try_read().unwrap(), |pair| pair.1.first());
        assert!(lock.try_read().is_err(), "both readers are there");
        assert_eq!(*number + *list.unwrap(), 3);
    };
    read(&lock);
    *RwLockWriteGuard::map(lock.try_write().unwrap(), |pair| &mut pair.0) = 1;
    read(&lock);
    drop(RwLockWriteGuard::downgrade_map(lock.try_write().unwrap(), |pair| &pair.1));
    read(&lock);
    let guard = lock.clone().try_write_owned().unwrap();
    let Err(guard) = OwnedRwLockWriteGuard::try_downgrade_map(guard, |pair| pair.1.get(9)) else {
        panic!("there is no such element");
    };
    assert!(lock.try_read().is_err(), "still a writer");
    let guard = OwnedRwLockWriteGuard::downgrade_map(guard, |pair| &pair.1);
    drop(OwnedRwLockReadGuard::map(guard, |list| &list[0]));
    read(&lock);
    let guard =
        OwnedRwLockWriteGuard::map(lock.clone().try_write_owned().unwrap(), |pair| &mut pair.1);
    assert!(lock.try_read().is_err());
    drop(guard);
    read(&lock);
    assert_eq!(Arc::strong_count(&lock), 1);
}

#[test]
fn waits_given_up_under_contention_neither_lose_nor_double_the_lock() {
    within_watchdog(|| {
        const THREADS: usize = 3;
        const ROUNDS: usize = 10_000;
        let lock = Arc::new(RwLock::with_max_readers(0, 2));
        let writes = Arc::new(AtomicUsize::new(0));
        let (shared, counted) = (lock.clone(), writes.clone());
        on_threads(THREADS, move |thread| {
            for round in 0..ROUNDS {
                match (round + thread) % 4 {
                    0 => drop(poll_once(pin!(shared.read()))),
                    1 => drop(poll_once(pin!(shared.write()))),
                    2 => drop(block_on(shared.read())),
                    _ => {
                        *block_on(shared.write()) += 1;
                        // Ordering: Relaxed; only the sum counts.
                        counted.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        });
        // Ordering: Relaxed; the threads were joined.
        assert_eq!(*lock.try_write().unwrap(), writes.load(Ordering::Relaxed));
        let both = (lock.try_read().unwrap(), lock.try_read().unwrap());
        assert!(lock.try_read().is_err());
        drop(both);
    });
}

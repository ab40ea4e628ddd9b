//! `Mutex`: one at a time, in order, and released however its holder goes.

mod support;

use filch_primitives::thread;
use filch_sync::{Mutex, MutexGuard, OwnedMutexGuard};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use support::{block_on, on_threads, poll_once, within_watchdog};

#[test]
fn lock_is_handed_on_in_order() {
    let mutex = Mutex::new(0);
    let guard = mutex.try_lock().unwrap();
    let mut first = pin!(mutex.lock());
    let mut second = pin!(mutex.lock());
    assert!(poll_once(first.as_mut()).is_pending());
    assert!(poll_once(second.as_mut()).is_pending());
    drop(guard);
    assert!(mutex.try_lock().is_err(), "handed on, not free");
    assert!(poll_once(second.as_mut()).is_pending());
    drop(poll_once(first.as_mut()));
    assert!(poll_once(second.as_mut()).is_ready());
}

#[test]
fn panicking_holder_unlocks() {
    let mutex = Mutex::new(1);
    let held = catch_unwind(AssertUnwindSafe(|| {
        let _guard = mutex.try_lock().unwrap();
        panic!("with the guard in hand");
    }));
    assert!(held.is_err());
    assert_eq!(*mutex.try_lock().unwrap(), 1);
}

#[test]
fn task_dropped_with_the_guard_in_hand_unlocks() {
    let mutex = Mutex::new(1);
    {
        let mut task = pin!(async {
            let _guard = mutex.lock().await;
            std::future::pending::<()>().await;
        });
        assert!(poll_once(task.as_mut()).is_pending());
        assert!(mutex.try_lock().is_err());
    }
    assert!(mutex.try_lock().is_ok());
}

#[test]
fn mapped_guards_unlock_once() {
    let mutex = Arc::new(Mutex::new((1, vec![2, 3])));
    let list = MutexGuard::map(mutex.try_lock().unwrap(), |pair| &mut pair.1);
    assert!(mutex.try_lock().is_err());
    drop(list);
    let owned = OwnedMutexGuard::map(mutex.clone().try_lock_owned().unwrap(), |pair| &mut pair.0);
    assert!(mutex.try_lock().is_err());
    drop(owned);
    let back =
        OwnedMutexGuard::try_map(mutex.clone().try_lock_owned().unwrap(), |pair| pair.1.get_mut(7));
    assert!(mutex.try_lock().is_err(), "the guard that came back still locks");
    drop(back);
    assert!(mutex.try_lock().is_ok());
}

#[test]
fn unsized_values_can_be_locked() {
    let mutex: Arc<Mutex<[u32]>> = Arc::new(Mutex::new([1, 2, 3]));
    mutex.try_lock().unwrap()[0] = 7;
    assert_eq!(block_on(mutex.lock_owned())[0], 7);
}

#[test]
fn locked_mutex_shows_itself_as_locked() {
    let mutex = Mutex::new(5);
    assert_eq!(format!("{mutex:?}"), "Mutex { data: 5 }");
    let guard = mutex.try_lock().unwrap();
    assert_eq!(format!("{mutex:?} {guard:?} {guard}"), "Mutex { data: <locked> } 5 5");
}

#[test]
fn counter_under_contention_is_exact() {
    within_watchdog(|| {
        let mutex = Arc::new(Mutex::new(0));
        let shared = mutex.clone();
        on_threads(4, move |number| {
            for _ in 0..2000 {
                match number % 2 {
                    0 => *block_on(shared.lock()) += 1,
                    _ => *shared.blocking_lock() += 1,
                }
            }
        });
        assert_eq!(*mutex.try_lock().unwrap(), 8000);
    });
}

#[test]
fn dropped_at_every_await_under_contention_the_lock_is_not_lost() {
    within_watchdog(|| {
        let mutex = Arc::new(Mutex::new(0usize));
        let shared = mutex.clone();
        on_threads(4, move |number| {
            for round in 0..10_000 {
                let mut waiter = pin!(shared.clone().lock_owned());
                let mut polled = poll_once(waiter.as_mut());
                if polled.is_pending() && (round + number) % 3 > 0 {
                    thread::yield_now();
                    polled = poll_once(waiter.as_mut());
                }
                if polled.is_pending() && (round + number) % 3 > 1 {
                    *block_on(waiter) += 1;
                }
            }
        });
        assert!(mutex.try_lock().is_ok());
    });
}

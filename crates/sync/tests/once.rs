//! `OnceCell` and `SetOnce`: written once, by one; whoever fails leaves it to the next.

mod support;

use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::thread;
use filch_sync::{OnceCell, SetError, SetOnce};
use std::future::{pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use support::{Counted, block_on, on_threads, poll_once, within_watchdog};

#[test]
fn the_next_makes_the_value_if_the_first_gives_up_fails_or_panics() {
    let cell = OnceCell::new();
    let mut waiting = pin!(cell.get_or_init(|| ready(4)));
    {
        let mut gives_up = pin!(cell.get_or_init(pending::<u32>));
        assert!(poll_once(gives_up.as_mut()).is_pending());
        assert_eq!(cell.set(0), Err(SetError::InitializingError(0)));
        assert!(poll_once(waiting.as_mut()).is_pending());
    }
    let mut behind = pin!(cell.get_or_init(|| ready(5)));
    assert!(poll_once(behind.as_mut()).is_pending(), "the turn was handed on");
    assert_eq!(poll_once(waiting), Poll::Ready(&4));
    assert_eq!(poll_once(behind), Poll::Ready(&4));
    assert_eq!(cell.set(6), Err(SetError::AlreadyInitializedError(6)));

    let cell = OnceCell::new();
    assert_eq!(block_on(cell.get_or_try_init(|| ready(Err::<u32, _>("no")))), Err("no"));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        block_on(cell.get_or_init(|| async { panic!("while it is made") }));
    }));
    assert!(panicked.is_err());
    assert_eq!(block_on(cell.get_or_init(|| ready(1))), &1);
}

#[test]
fn one_of_many_makes_the_value() {
    within_watchdog(|| {
        for _ in 0..200 {
            let cell = Arc::new(OnceCell::new());
            let made = Arc::new(AtomicUsize::new(0));
            let counted = made.clone();
            on_threads(3, move |thread| {
                // Given up before it began, or while another was at it.
                let _ = poll_once(pin!(cell.get_or_init(pending::<usize>)));
                let value = *block_on(cell.get_or_init(|| async {
                    // Ordering: Relaxed; only the sum counts.
                    counted.fetch_add(1, Ordering::Relaxed);
                    thread
                }));
                assert_eq!(cell.get(), Some(&value));
            });
            // Ordering: Relaxed; the threads were joined.
            assert_eq!(made.load(Ordering::Relaxed), 1);
        }
    });
}

#[test]
fn a_value_taken_out_may_be_made_anew() {
    let mut cell = OnceCell::new_with(Some(1));
    assert_eq!(cell.clone(), cell);
    assert_eq!(cell.take(), Some(1));
    assert_eq!(block_on(cell.get_or_init(|| ready(2))), &2);
    let mut once = SetOnce::from(1);
    assert_eq!(once.take(), Some(1));
    assert!(once.set(2).is_ok());
    assert_eq!(once.into_inner(), Some(2));
}

#[test]
fn all_who_wait_get_the_one_value() {
    within_watchdog(|| {
        let alive = Arc::new(AtomicUsize::new(0));
        for _ in 0..200 {
            let once = Arc::new(SetOnce::<Counted>::new());
            let waiters = [(); 2].map(|()| {
                let once = once.clone();
                thread::spawn(move || {
                    let _ = poll_once(pin!(once.wait()));
                    block_on(once.wait()).number
                })
            });
            let setters = [1, 2].map(|number| {
                let (once, value) = (once.clone(), Counted::new(number, &alive));
                thread::spawn(move || {
                    let refused = once.set(value).is_err();
                    assert!(once.get().is_some(), "whoever was refused finds the value");
                    refused
                })
            });
            let refused = setters.map(|setter| setter.join().unwrap());
            assert!(refused[0] != refused[1], "one and only one sets");
            let set = once.get().unwrap().number;
            assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap() == set));
            drop(once);
            // Ordering: Relaxed; the threads were joined.
            assert_eq!(alive.load(Ordering::Relaxed), 0);
        }
    });
}

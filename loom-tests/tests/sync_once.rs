//! `filch-sync/src/once/`: one writes, whoever finds the value reads all of it, and nobody waits for ever.
#![cfg(filch_loom)]

use filch_sync::{OnceCell, SetOnce};
use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;
use std::future::{pending, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Waker};

#[test]
fn get_meets_set() {
    let found = std::sync::Arc::new(AtomicBool::new(false));
    let seen = found.clone();
    loom::model(move || {
        let once = Arc::new(SetOnce::new());
        let setter = {
            let once = once.clone();
            thread::spawn(move || once.set(1).unwrap())
        };
        // loom switches threads here; at the plain load below it would not.
        thread::yield_now();
        if let Some(value) = once.get() {
            assert_eq!(*value, 1);
            seen.store(true, Relaxed);
        }
        setter.join().unwrap();
    });
    assert!(found.load(Relaxed), "the value never came in time");
}

#[test]
fn wait_meets_set() {
    loom::model(|| {
        let once = Arc::new(SetOnce::new());
        let setter = {
            let once = once.clone();
            thread::spawn(move || once.set(1).is_ok())
        };
        let second = once.set(2).is_ok();
        let value = *block_on(once.wait());
        assert_eq!(value == 2, second);
        assert!(setter.join().unwrap() != second, "one sets");
    });
}

#[test]
fn two_make_the_value() {
    loom::model(|| {
        let cell = Arc::new(OnceCell::new());
        let other = {
            let cell = cell.clone();
            thread::spawn(move || *block_on(cell.get_or_init(|| ready(1))))
        };
        let mine = *block_on(cell.get_or_init(|| ready(2)));
        assert_eq!(other.join().unwrap(), mine);
    });
}

#[test]
fn a_maker_that_gives_up_meets_the_next() {
    loom::model(|| {
        let cell = Arc::new(OnceCell::new());
        let next = {
            let cell = cell.clone();
            thread::spawn(move || *block_on(cell.get_or_init(|| ready(1))))
        };
        {
            let mut given_up = pin!(cell.get_or_init(pending));
            let _ = given_up.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
        assert_eq!(next.join().unwrap(), 1);
    });
}

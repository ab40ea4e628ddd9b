//! `filch-sync/src/watch/shared.rs`: no news is missed, and the number belongs to the value.
#![cfg(filch_loom)]

use filch_sync::watch;
use loom::cell::UnsafeCell;
use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

#[test]
fn send_meets_changed() {
    loom::model(|| {
        let (tx, mut rx) = watch::channel(0);
        let sender = thread::spawn(move || {
            tx.send_replace(1);
            tx
        });
        block_on(rx.changed()).unwrap();
        assert_eq!(*rx.borrow(), 1);
        drop(sender.join().unwrap());
    });
}

#[test]
fn two_senders_meet_changed() {
    loom::model(|| {
        let (tx, mut rx) = watch::channel(0);
        let senders =
            [tx.clone(), tx].map(|tx| thread::spawn(move || tx.send_modify(|number| *number += 1)));
        // However the two fall together: who goes on until the end sees both.
        while *rx.borrow_and_update() < 2 {
            block_on(rx.changed()).unwrap();
        }
        for sender in senders {
            sender.join().unwrap();
        }
        assert!(block_on(rx.changed()).is_err());
    });
}

#[test]
fn last_sender_meets_changed() {
    loom::model(|| {
        let (tx, mut rx) = watch::channel(0);
        let sender = thread::spawn(move || {
            tx.send_replace(1);
        });
        block_on(rx.changed()).unwrap();
        assert!(block_on(rx.changed()).is_err());
        assert_eq!(*rx.borrow(), 1);
        sender.join().unwrap();
    });
}

#[test]
fn last_receiver_meets_closed() {
    loom::model(|| {
        let (tx, rx) = watch::channel(0);
        let another = rx.clone();
        let receivers = [rx, another].map(|rx| thread::spawn(move || drop(rx)));
        block_on(tx.closed());
        assert_eq!(tx.receiver_count(), 0);
        for receiver in receivers {
            receiver.join().unwrap();
        }
    });
}

#[test]
fn number_and_value_belong_together() {
    let skipped = std::sync::Arc::new(AtomicBool::new(false));
    let seen = skipped.clone();
    loom::model(move || {
        let (tx, mut rx) = watch::channel(0);
        let sender = thread::spawn(move || {
            tx.send_replace(1);
            tx.send_replace(2);
        });
        let first = *rx.borrow_and_update();
        sender.join().unwrap();
        // What was not looked at is new.
        assert_eq!(rx.borrow().has_changed(), first != 2, "looked at {first}");
        if first == 1 {
            seen.store(true, Relaxed);
        }
    });
    assert!(skipped.load(Relaxed), "the value in between was never looked at");
}

#[test]
fn version_carries_the_senders_writes() {
    let told = std::sync::Arc::new(AtomicBool::new(false));
    let seen = told.clone();
    loom::model(move || {
        let (tx, rx) = watch::channel(());
        let value = Arc::new(Cell(UnsafeCell::new(0)));
        let sender = {
            let value = value.clone();
            thread::spawn(move || {
                // SAFETY: nobody reads before the value was sent; loom checks it.
                value.0.with_mut(|value| unsafe { *value = 1 });
                tx.send_replace(());
                tx
            })
        };
        // loom switches threads here; at the plain load below it would not.
        thread::yield_now();
        if rx.has_changed().unwrap() {
            // SAFETY: nobody writes afterwards; loom checks it.
            assert_eq!(value.0.with(|value| unsafe { *value }), 1);
            seen.store(true, Relaxed);
        }
        drop(sender.join().unwrap());
    });
    assert!(told.load(Relaxed), "the value never came in time");
}

/// Written before the value is sent, read after its number was seen.
struct Cell(UnsafeCell<u32>);

// SAFETY: the point of the model: loom says if it is not.
unsafe impl Sync for Cell {}

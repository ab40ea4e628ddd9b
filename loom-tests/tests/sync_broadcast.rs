//! `filch-sync/src/broadcast/shared.rs`: every message is seen by all, or announced as missed, and freed with its last
//! receiver.
#![cfg(filch_loom)]

use filch_sync::broadcast;
use filch_sync::broadcast::error::{RecvError, TryRecvError};
use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

#[test]
fn send_meets_recv() {
    loom::model(|| {
        let (tx, mut rx) = broadcast::channel(1);
        let sender = thread::spawn(move || {
            tx.send(1).unwrap();
            tx
        });
        assert_eq!(block_on(rx.recv()), Ok(1));
        drop(sender.join().unwrap());
    });
}

#[test]
fn last_sender_meets_recv() {
    loom::model(|| {
        let (tx, mut rx) = broadcast::channel(1);
        let sender = thread::spawn(move || {
            tx.send(1).unwrap();
        });
        assert_eq!(block_on(rx.recv()), Ok(1), "the end came before the message");
        assert_eq!(block_on(rx.recv()), Err(RecvError::Closed));
        sender.join().unwrap();
    });
}

#[test]
fn two_receivers_get_the_message() {
    loom::model(|| {
        let token = Arc::new(());
        let (tx, mut rx) = broadcast::channel(1);
        let mut another = tx.subscribe();
        assert!(tx.send(token.clone()).is_ok());
        let other = thread::spawn(move || {
            assert!(another.try_recv().is_ok());
        });
        assert!(rx.try_recv().is_ok());
        other.join().unwrap();
        assert_eq!(Arc::strong_count(&token), 1, "seen by all, and still there");
        drop(tx);
    });
}

#[test]
fn overwriting_meets_recv() {
    let outcomes = std::sync::Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
    let seen = outcomes.clone();
    loom::model(move || {
        let token = Arc::new(());
        let (tx, mut rx) = broadcast::channel(1);
        assert!(tx.send((1, token.clone())).is_ok());
        let sender = {
            let token = token.clone();
            thread::spawn(move || assert!(tx.send((2, token)).is_ok()))
        };
        let first = rx.try_recv().map(|message| message.0);
        match first {
            Ok(1) => seen.0.store(true, Relaxed),
            Err(TryRecvError::Lagged(1)) => seen.1.store(true, Relaxed),
            other => panic!("neither received nor missed: {other:?}"),
        }
        sender.join().unwrap();
        assert_eq!(rx.try_recv().map(|message| message.0), Ok(2));
        assert_eq!(Arc::strong_count(&token), 1);
    });
    assert!(outcomes.0.load(Relaxed) && outcomes.1.load(Relaxed), "one of the outcomes never came");
}

#[test]
fn receiver_drop_meets_send() {
    loom::model(|| {
        let token = Arc::new(());
        let (tx, rx) = broadcast::channel(1);
        assert!(tx.send(token.clone()).is_ok());
        let receiver = thread::spawn(move || drop(rx));
        // Sent to the receiver, or to nobody.
        let _ = tx.send(token.clone());
        receiver.join().unwrap();
        assert_eq!(Arc::strong_count(&token), 1, "kept for a receiver that is gone");
    });
}

#[test]
fn last_receiver_meets_closed() {
    loom::model(|| {
        let (tx, rx) = broadcast::channel::<u32>(1);
        let receiver = thread::spawn(move || drop(rx));
        block_on(tx.closed());
        receiver.join().unwrap();
    });
}

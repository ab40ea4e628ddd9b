//! `filch-sync/src/mpsc/`: the channel as it is used. Its list alone is in `sync_list.rs`, its permits in `sync_permits.rs`.
#![cfg(filch_loom)]

use filch_sync::mpsc::error::TryRecvError;
use filch_sync::mpsc::{self, Sender};
use loom::future::block_on;
use loom::thread;
use loom_tests::explore;
use std::pin::pin;
use std::task::{Context, Waker};

/// The end comes behind every message, and wakes the receiver.
#[test]
fn last_sender_meets_recv() {
    loom::model(|| {
        let (tx, mut rx) = mpsc::channel(1);
        let sender = thread::spawn(move || tx.try_send(1).unwrap());
        assert_eq!(block_on(rx.recv()), Some(1), "the end came before the message");
        assert_eq!(block_on(rx.recv()), None);
        sender.join().unwrap();
    });
}

#[test]
fn last_sender_meets_recv_without_bound() {
    loom::model(|| {
        let (tx, mut rx) = mpsc::unbounded_channel();
        let sender = thread::spawn(move || tx.send(1).unwrap());
        assert_eq!(block_on(rx.recv()), Some(1), "the end came before the message");
        assert_eq!(block_on(rx.recv()), None);
        sender.join().unwrap();
    });
}

/// A weak sender that becomes a sender keeps the channel open; one that comes too late finds it closed.
#[test]
fn upgrade_meets_the_last_drop() {
    explore(["in time", "too late"], |seen| {
        let (tx, mut rx) = mpsc::channel(1);
        let weak = tx.downgrade();
        let last = thread::spawn(move || drop(tx));
        let upgraded = weak.upgrade();
        seen.note(if upgraded.is_some() { "in time" } else { "too late" });
        if let Some(tx) = upgraded {
            tx.try_send(7).expect("a sender keeps it open");
            drop(tx);
            assert_eq!(block_on(rx.recv()), Some(7));
        }
        assert_eq!(block_on(rx.recv()), None);
        last.join().unwrap();
    });
}

/// A permit that was given out before the close is waited for: used, its message comes; given back, the end does.
#[test]
fn close_meets_a_permit_that_is_given_back() {
    loom::model(|| {
        let (tx, mut rx) = mpsc::channel::<u32>(1);
        let permit = tx.clone().try_reserve_owned().expect("there is room");
        let sender = thread::spawn(move || drop(permit.release()));
        rx.close();
        assert_eq!(block_on(rx.recv()), None);
        sender.join().unwrap();
        drop(tx);
    });
}

#[test]
fn close_meets_a_permit_that_is_used() {
    explore(["sent", "refused"], |seen| {
        let (tx, mut rx) = mpsc::channel(1);
        let sender = thread::spawn(move || {
            let Ok(permit) = tx.try_reserve() else { return false };
            permit.send(7);
            true
        });
        rx.close();
        let received = block_on(rx.recv());
        let is_sent = sender.join().unwrap();
        assert_eq!(received.is_some(), is_sent, "what was sent with a permit is received");
        seen.note(if is_sent { "sent" } else { "refused" });
    });
}

/// A wait for room that is given up when a place has been assigned to it: the receiver of a closed channel does not wait for
/// that place.
#[test]
fn a_wait_that_is_given_up_meets_the_receiver_of_a_closed_channel() {
    loom::model(|| {
        let (tx, mut rx) = mpsc::channel(1);
        tx.try_send(1).unwrap();
        let receiver = thread::spawn(move || {
            assert_eq!(block_on(rx.recv()), Some(1));
            rx.close();
            assert_eq!(block_on(rx.recv()), None);
        });
        {
            let mut wait = pin!(tx.reserve());
            // Dropped at once, whatever has come to it meanwhile.
            let _ = wait.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
        receiver.join().unwrap();
        drop(tx);
    });
}

/// Who waits for the end of the receiver is told of it.
#[test]
fn receiver_drop_meets_closed() {
    loom::model(|| {
        let (tx, rx) = mpsc::channel::<u32>(1);
        let receiver = thread::spawn(move || drop(rx));
        block_on(tx.closed());
        assert!(tx.is_closed());
        receiver.join().unwrap();
    });
}

/// A message that nobody can receive any more is given back, or dropped with the channel.
#[test]
fn receiver_drop_meets_send() {
    explore(["it took the message along", "the sender got it back"], |seen| {
        let (tx, rx) = mpsc::channel(1);
        let receiver = thread::spawn(move || drop(rx));
        let message = std::sync::Arc::new(());
        let refused = tx.try_send(message.clone()).is_err();
        receiver.join().unwrap();
        drop(tx);
        assert_eq!(std::sync::Arc::strong_count(&message), 1, "the message is freed");
        seen.note(if refused { "the sender got it back" } else { "it took the message along" });
    });
}

/// Two senders, of which the last to go wakes the receiver.
#[test]
fn two_senders_go() {
    loom::model(|| {
        let (tx, mut rx) = mpsc::channel::<u32>(1);
        let other = {
            let tx: Sender<u32> = tx.clone();
            thread::spawn(move || drop(tx))
        };
        let this = thread::spawn(move || drop(tx));
        assert_eq!(block_on(rx.recv()), None);
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
        other.join().unwrap();
        this.join().unwrap();
    });
}

//! `filch-sync/src/oneshot/cell.rs`: the value has one owner, nobody waits for ever, the cell is freed once.
//!
//! The value is a loom `Arc`: lost, it is a leak that loom reports; doubled, it is a broken count. The
//! value and the wakers stand in loom's cells: two at once is a race that loom reports.
#![cfg(filch_loom)]

use filch_sync::model::{Found, Rx, Tx, halves};
use loom::cell::UnsafeCell;
use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};

fn receive<T>(rx: &mut Rx<T>) -> Option<T> {
    block_on(poll_fn(|cx| rx.poll(cx)))
}

/// Leaves a waker that nobody listens to.
fn poll_once<T>(rx: &mut Rx<T>) -> Poll<Option<T>> {
    rx.poll(&mut Context::from_waker(Waker::noop()))
}

fn value() -> (Arc<()>, Arc<()>) {
    let kept = Arc::new(());
    (kept.clone(), kept)
}

#[test]
fn send_meets_poll() {
    loom::model(|| {
        let (tx, mut rx) = halves();
        let (sent, kept) = value();
        let sender = thread::spawn(move || assert!(tx.send(sent).is_ok()));
        let received = receive(&mut rx).expect("sent");
        assert!(Arc::ptr_eq(&received, &kept));
        assert!(rx.is_terminated());
        sender.join().unwrap();
    });
}

#[test]
fn send_meets_close() {
    let (won, lost) = (AtomicBool::new(false), AtomicBool::new(false));
    let outcomes = std::sync::Arc::new((won, lost));
    let seen = outcomes.clone();
    loom::model(move || {
        let (tx, mut rx) = halves();
        let (sent, _kept) = value();
        let sender = thread::spawn(move || tx.send(sent).is_ok());
        rx.close();
        let received = match rx.try_take() {
            Found::Value(_) => true,
            Found::Nothing => false,
            Found::NotYet => panic!("a value may come after the close"),
        };
        assert_eq!(sender.join().unwrap(), received);
        if received { seen.0.store(true, Relaxed) } else { seen.1.store(true, Relaxed) }
    });
    assert!(outcomes.0.load(Relaxed) && outcomes.1.load(Relaxed), "one of the outcomes never came");
}

#[test]
fn send_meets_drop() {
    loom::model(|| {
        let (tx, rx) = halves();
        let (sent, kept) = value();
        let sender = thread::spawn(move || drop(tx.send(sent)));
        drop(rx);
        sender.join().unwrap();
        assert_eq!(Arc::strong_count(&kept), 1, "the value was dropped once");
    });
}

#[test]
fn send_meets_drop_of_a_waiting_receiver() {
    loom::model(|| {
        let (tx, mut rx) = halves();
        let (sent, kept) = value();
        assert!(poll_once(&mut rx).is_pending());
        let sender = thread::spawn(move || drop(tx.send(sent)));
        drop(rx);
        sender.join().unwrap();
        assert_eq!(Arc::strong_count(&kept), 1, "the value was dropped once");
    });
}

#[test]
fn sender_drop_meets_poll() {
    loom::model(|| {
        let (tx, mut rx): (Tx<Arc<()>>, _) = halves();
        let sender = thread::spawn(move || drop(tx));
        assert!(receive(&mut rx).is_none());
        sender.join().unwrap();
    });
}

/// The sender has waited for the end, and its waker is still there when the receiver frees the cell.
#[test]
fn send_after_poll_closed_meets_poll() {
    loom::model(|| {
        let (mut tx, mut rx) = halves();
        let (sent, kept) = value();
        let sender = thread::spawn(move || {
            let mut cx = Context::from_waker(Waker::noop());
            assert!(tx.poll_closed(&mut cx).is_pending());
            assert!(tx.send(sent).is_ok());
        });
        let received = receive(&mut rx).expect("sent");
        assert!(Arc::ptr_eq(&received, &kept));
        sender.join().unwrap();
    });
}

#[test]
fn waker_changes() {
    loom::model(|| {
        let (tx, mut rx) = halves();
        let (sent, _kept) = value();
        let sender = thread::spawn(move || assert!(tx.send(sent).is_ok()));
        if let Poll::Ready(early) = poll_once(&mut rx) {
            assert!(early.is_some());
        } else {
            assert!(receive(&mut rx).is_some(), "the second waker was not woken");
        }
        sender.join().unwrap();
    });
}

#[test]
fn close_meets_poll_closed() {
    loom::model(|| {
        let (mut tx, mut rx) = halves();
        let (sent, _kept) = value();
        let sender = thread::spawn(move || {
            block_on(poll_fn(|cx| tx.poll_closed(cx)));
            assert!(tx.is_closed());
            assert!(tx.send(sent).is_err());
        });
        rx.close();
        assert!(matches!(rx.try_take(), Found::Nothing));
        sender.join().unwrap();
    });
}

#[test]
fn drop_meets_poll_closed() {
    loom::model(|| {
        let (mut tx, rx): (_, Rx<Arc<()>>) = halves();
        let sender = thread::spawn(move || block_on(poll_fn(|cx| tx.poll_closed(cx))));
        drop(rx);
        sender.join().unwrap();
    });
}

#[test]
fn closed_carries_the_receivers_writes() {
    look_after_close(false);
}

#[test]
fn poll_closed_carries_the_receivers_writes() {
    look_after_close(true);
}

/// What the receiver did before it closed.
struct Written(UnsafeCell<u32>);

// SAFETY: the point of the models: loom says if it is not.
unsafe impl Sync for Written {}

fn look_after_close(by_poll: bool) {
    let seen = std::sync::Arc::new(AtomicBool::new(false));
    let outcome = seen.clone();
    loom::model(move || {
        let (mut tx, mut rx): (Tx<Arc<()>>, _) = halves();
        let written = Arc::new(Written(UnsafeCell::new(0)));
        let receiver = {
            let written = written.clone();
            thread::spawn(move || {
                // SAFETY: nobody reads before the close; loom checks it.
                written.0.with_mut(|value| unsafe { *value = 1 });
                rx.close();
            })
        };
        // loom switches threads here; at the plain load below it would not.
        thread::yield_now();
        let closed = if by_poll {
            tx.poll_closed(&mut Context::from_waker(Waker::noop())).is_ready()
        } else {
            tx.is_closed()
        };
        if closed {
            // SAFETY: nobody writes after the close; loom checks it.
            assert_eq!(written.0.with(|value| unsafe { *value }), 1);
            outcome.store(true, Relaxed);
        }
        receiver.join().unwrap();
    });
    assert!(seen.load(Relaxed), "never closed in time");
}

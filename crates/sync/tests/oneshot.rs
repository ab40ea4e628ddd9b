//! `oneshot`: one value, given once, or the news that there is none.

mod support;

use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::thread;
use filch_sync::oneshot::{self, error::TryRecvError};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use support::{Counted, CountingWaker, PanickingWaker, block_on, poll_once, within_watchdog};

#[test]
fn value_sent_before_is_there_at_the_first_poll() {
    let (tx, mut rx) = oneshot::channel();
    tx.send(1).unwrap();
    assert_eq!(poll_once(Pin::new(&mut rx)), Poll::Ready(Ok(1)));
    assert!(rx.is_terminated());
}

#[test]
fn waiting_receiver_is_woken_once() {
    let (tx, mut rx) = oneshot::channel();
    let counter = CountingWaker::new();
    let waker = Waker::from(counter.clone());
    assert!(Pin::new(&mut rx).poll(&mut Context::from_waker(&waker)).is_pending());
    assert!(Pin::new(&mut rx).poll(&mut Context::from_waker(&waker)).is_pending());
    tx.send(1).unwrap();
    assert_eq!(counter.wakes(), 1);
    assert_eq!(rx.try_recv(), Ok(1));
}

#[test]
fn only_the_last_waker_is_woken() {
    let (tx, mut rx) = oneshot::channel();
    let (first, second) = (CountingWaker::new(), CountingWaker::new());
    for counter in [&first, &second] {
        let waker = Waker::from(counter.clone());
        assert!(Pin::new(&mut rx).poll(&mut Context::from_waker(&waker)).is_pending());
    }
    tx.send(1).unwrap();
    assert_eq!((first.wakes(), second.wakes()), (0, 1));
}

#[test]
fn dropped_sender_is_an_error() {
    let (tx, rx) = oneshot::channel::<u32>();
    drop(tx);
    assert!(block_on(rx).is_err());
}

#[test]
fn closed_receiver_still_takes_what_was_sent_before() {
    let (tx, mut rx) = oneshot::channel();
    tx.send(1).unwrap();
    rx.close();
    assert_eq!(block_on(&mut rx), Ok(1));
}

#[test]
fn closed_receiver_refuses_what_is_sent_after() {
    let (tx, mut rx) = oneshot::channel();
    rx.close();
    rx.close();
    assert!(tx.is_closed());
    assert_eq!(tx.send(1), Err(1));
    assert!(block_on(&mut rx).is_err());
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
}

#[test]
#[should_panic(expected = "is through")]
fn receiver_that_is_through_must_not_be_polled() {
    let (tx, mut rx) = oneshot::channel();
    tx.send(1).unwrap();
    let _ = block_on(&mut rx);
    let _ = block_on(&mut rx);
}

#[test]
fn sender_learns_that_the_receiver_is_gone() {
    let (mut tx, rx) = oneshot::channel::<u32>();
    let counter = CountingWaker::new();
    let waker = Waker::from(counter.clone());
    let mut cx = Context::from_waker(&waker);
    assert!(tx.poll_closed(&mut cx).is_pending());
    drop(rx);
    assert_eq!(counter.wakes(), 1);
    assert!(tx.poll_closed(&mut cx).is_ready());
}

#[test]
fn dropped_half_way_nothing_is_lost() {
    for _ in 0..1000 {
        let (tx, mut rx) = oneshot::channel();
        let sender = thread::spawn(move || tx.send(1));
        // A future that is dropped at its only await.
        let early = poll_once(std::pin::pin!(async { (&mut rx).await }));
        match early {
            Poll::Ready(value) => assert_eq!(value, Ok(1)),
            Poll::Pending => assert_eq!(block_on(rx), Ok(1)),
        }
        sender.join().unwrap().unwrap();
    }
}

#[test]
fn values_are_dropped_exactly_once_whoever_goes_first() {
    within_watchdog(|| {
        let alive = Arc::new(AtomicUsize::new(0));
        for round in 0..10_000 {
            let (tx, mut rx) = oneshot::channel();
            let value = Counted::new(round, &alive);
            let sender = thread::spawn(move || drop(tx.send(value)));
            match round % 4 {
                0 => drop(rx),
                1 => {
                    let _ = poll_once(Pin::new(&mut rx));
                    drop(rx);
                }
                2 => rx.close(),
                _ => assert_eq!(block_on(rx).unwrap().number, round),
            }
            sender.join().unwrap();
        }
        // Ordering: Relaxed; every thread was joined.
        assert_eq!(alive.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn panicking_waker_leaves_the_value() {
    let (tx, mut rx) = oneshot::channel();
    let waker = Waker::from(Arc::new(PanickingWaker));
    assert!(Pin::new(&mut rx).poll(&mut Context::from_waker(&waker)).is_pending());
    let sent = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| tx.send(1)));
    assert!(sent.is_err(), "the panic reaches the sender");
    assert_eq!(rx.try_recv(), Ok(1));
}

#[test]
fn receiver_dropped_beside_a_panicking_waker_leaves_nothing_behind() {
    let (mut tx, mut rx) = oneshot::channel::<u8>();
    let counter = CountingWaker::new();
    let waker = Waker::from(counter.clone());
    assert!(Pin::new(&mut rx).poll(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    let panics = Waker::from(Arc::new(PanickingWaker));
    assert!(tx.poll_closed(&mut Context::from_waker(&panics)).is_pending());
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(rx)));
    assert!(dropped.is_err(), "the panic reaches the receiver");
    assert_eq!(tx.send(1), Err(1));
    assert_eq!(Arc::strong_count(&counter), 1, "the receiver's waker went with the channel");
}

#[test]
fn blocking_receiver_waits() {
    within_watchdog(|| {
        let (tx, rx) = oneshot::channel();
        let receiver = thread::spawn(move || rx.blocking_recv());
        thread::yield_now();
        tx.send(1).unwrap();
        assert_eq!(receiver.join().unwrap(), Ok(1));
    });
}

#[test]
fn waits_for_the_close_given_up_under_contention_miss_nothing() {
    within_watchdog(|| {
        const ROUNDS: usize = 10_000;
        let (halves, received) = std::sync::mpsc::sync_channel(16);
        let receivers = thread::spawn(move || {
            // Closed, dropped, or kept until the value comes.
            for (round, rx) in received.into_iter().enumerate() {
                let mut rx: filch_sync::oneshot::Receiver<usize> = rx;
                match round % 3 {
                    0 => drop(rx),
                    1 => rx.close(),
                    _ => assert_eq!(block_on(rx), Ok(round)),
                }
            }
        });
        for round in 0..ROUNDS {
            let (mut tx, rx) = oneshot::channel();
            halves.send(rx).unwrap();
            // Given up after one look.
            let closed = poll_once(pin!(tx.closed())).is_ready();
            assert!(!closed || round % 3 < 2, "nobody closed it");
            if round % 3 < 2 {
                block_on(tx.closed());
                assert_eq!(tx.send(round), Err(round));
            } else {
                tx.send(round).unwrap();
            }
        }
        drop(halves);
        receivers.join().unwrap();
    });
}

//! `broadcast`: every message to everyone, in order; who is too slow is told so; nothing is kept for nobody.

mod support;

use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::thread;
use filch_sync::broadcast::{
    self,
    error::{RecvError, TryRecvError},
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use support::{Counted, PanickingWaker, block_on, poll_once, within_watchdog};

#[test]
#[should_panic(expected = "pass a capacity of 1 or more")]
fn a_channel_without_room_says_why_not() {
    broadcast::channel::<u32>(0);
}

#[test]
fn everyone_gets_every_message_in_order() {
    let (tx, mut first) = broadcast::channel(4);
    let mut second = tx.subscribe();
    for number in 0..4 {
        assert_eq!(tx.send(number).unwrap(), 2);
    }
    for rx in [&mut first, &mut second] {
        for number in 0..4 {
            assert_eq!(rx.try_recv(), Ok(number));
        }
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    }
    drop(tx);
    assert_eq!(block_on(first.recv()), Err(RecvError::Closed));
}

#[test]
fn a_slow_receiver_is_told_what_it_missed_and_goes_on_with_the_oldest() {
    let (tx, mut rx) = broadcast::channel(2);
    for number in 0..5 {
        tx.send(number).unwrap();
    }
    assert_eq!(rx.len(), 5);
    assert_eq!(block_on(rx.recv()), Err(RecvError::Lagged(3)));
    assert_eq!(block_on(rx.recv()), Ok(3));
    drop(tx);
    assert_eq!(block_on(rx.recv()), Ok(4));
    assert_eq!(block_on(rx.recv()), Err(RecvError::Closed));
}

#[test]
fn messages_go_with_their_last_receiver() {
    let alive = Arc::new(AtomicUsize::new(0));
    let count = || {
        // Ordering: Relaxed; one thread.
        alive.load(Ordering::Relaxed)
    };
    let message = |number| Arc::new(Counted::new(number, &alive));
    let (tx, mut first) = broadcast::channel(4);
    let second = tx.subscribe();
    tx.send(message(0)).unwrap();
    tx.send(message(1)).unwrap();
    drop(first.try_recv().unwrap());
    assert_eq!(count(), 2, "the second has yet to see it");
    assert_eq!(tx.len(), 2);
    drop(second);
    assert_eq!(count(), 1, "nobody waits for the first any more");
    assert_eq!(tx.len(), 1);
    for number in 2..8 {
        tx.send(message(number)).unwrap();
    }
    assert_eq!(count(), 4, "the others were overwritten");
    drop(first);
    assert_eq!(count(), 0);
    assert!(tx.send(message(8)).is_err(), "nobody to receive it");
    assert_eq!(count(), 0);
    let late = tx.subscribe();
    tx.send(message(9)).unwrap();
    drop(tx);
    assert_eq!(count(), 1);
    drop(late);
    assert_eq!(count(), 0);
}

#[test]
fn messages_that_panic_when_dropped_do_not_strand_the_others() {
    struct Panics(#[expect(dead_code, reason = "dropped")] Counted, bool);
    impl Drop for Panics {
        fn drop(&mut self) {
            assert!(!self.1, "this message panics");
        }
    }
    let alive = Arc::new(AtomicUsize::new(0));
    let (tx, rx) = broadcast::channel(4);
    for number in 0..4 {
        assert!(tx.send(Panics(Counted::new(number, &alive), number < 2)).is_ok());
    }
    assert!(catch_unwind(AssertUnwindSafe(|| drop(rx))).is_err(), "the panic is told");
    // Ordering: Relaxed; one thread.
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

#[test]
fn a_clone_that_panics_counts_as_seen() {
    #[derive(Debug)]
    struct NeverCloned(#[expect(dead_code, reason = "dropped")] Counted);
    impl Clone for NeverCloned {
        fn clone(&self) -> Self {
            panic!("not to be cloned")
        }
    }
    let alive = Arc::new(AtomicUsize::new(0));
    let (tx, mut rx) = broadcast::channel(4);
    let mut another = tx.subscribe();
    tx.send(NeverCloned(Counted::new(0, &alive))).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| drop(rx.try_recv()))).is_err());
    assert!(matches!(rx.try_recv(), Err(TryRecvError::Empty)));
    assert!(another.try_recv().is_ok(), "the last takes the message itself");
    // Ordering: Relaxed; one thread.
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

#[test]
fn closed_waits_for_the_last_receiver() {
    let (tx, rx) = broadcast::channel::<u32>(1);
    let another = rx.resubscribe();
    let mut closed = pin!(tx.closed());
    assert!(poll_once(closed.as_mut()).is_pending());
    drop(rx);
    assert!(poll_once(closed.as_mut()).is_pending());
    drop(another);
    assert!(poll_once(closed).is_ready());
}

#[test]
fn a_receiver_made_after_the_end_finds_the_end() {
    let (tx, rx) = broadcast::channel::<u32>(1);
    drop(tx);
    assert_eq!(block_on(rx.resubscribe().recv()), Err(RecvError::Closed));
}

#[test]
fn waits_given_up_under_contention_lose_nothing_unannounced() {
    within_watchdog(|| {
        const SENDERS: usize = 2;
        const EACH: usize = 10_000;
        let (tx, rx) = broadcast::channel(64);
        let receivers: Vec<_> = (0..3)
            .map(|receiver| {
                let mut rx = rx.resubscribe();
                thread::spawn(move || {
                    let (mut got, mut missed, mut last) = (0, 0, [None; SENDERS]);
                    for round in receiver.. {
                        // Every other wait is given up after one look.
                        let received = if round % 2 == 0 {
                            match poll_once(pin!(rx.recv())) {
                                Poll::Ready(received) => received,
                                Poll::Pending => continue,
                            }
                        } else {
                            block_on(rx.recv())
                        };
                        match received {
                            Ok((sender, number)) => {
                                let last: &mut Option<usize> = &mut last[sender];
                                assert!(
                                    last.is_none_or(|last| last < number),
                                    "doubled or out of order"
                                );
                                *last = Some(number);
                                got += 1;
                            }
                            Err(RecvError::Lagged(n)) => missed += n as usize,
                            Err(RecvError::Closed) => break,
                        }
                    }
                    assert_eq!(got + missed, SENDERS * EACH, "lost, and not said so");
                })
            })
            .collect();
        drop(rx);
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let tx = tx.clone();
                thread::spawn(move || {
                    for number in 0..EACH {
                        assert_eq!(tx.send((sender, number)).unwrap(), 3);
                    }
                })
            })
            .collect();
        drop(tx);
        for thread in senders.into_iter().chain(receivers) {
            thread.join().unwrap();
        }
    });
}

#[test]
fn messages_of_the_last_receiver_go_although_a_waker_panics() {
    let (tx, rx) = broadcast::channel(4);
    tx.send(1).unwrap();
    let panics = Waker::from(Arc::new(PanickingWaker));
    let mut closed = pin!(tx.closed());
    assert!(closed.as_mut().poll(&mut Context::from_waker(&panics)).is_pending());
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(rx)));
    assert!(dropped.is_err(), "the panic reaches who dropped the receiver");
    assert_eq!(tx.len(), 0);
}

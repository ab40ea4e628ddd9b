//! `mpsc` under contention: nothing lost, nothing doubled, every sender's messages in order.

mod support;

use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::thread;
use filch_sync::mpsc;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use support::{Counted, block_on, poll_once, within_watchdog};

const SENDERS: usize = 4;
const EACH: usize = 2_500;

/// Checks that each sender's messages, `sender * EACH + number`, come once and in order.
struct Expected([usize; SENDERS]);

impl Expected {
    fn check(&mut self, message: usize) {
        let next = &mut self.0[message / EACH];
        assert_eq!(message % EACH, *next, "lost, doubled or out of order");
        *next += 1;
    }

    fn is_complete(&self) -> bool {
        self.0 == [EACH; SENDERS]
    }
}

fn bounded(capacity: usize) {
    within_watchdog(move || {
        let (tx, mut rx) = mpsc::channel(capacity);
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let tx = tx.clone();
                thread::spawn(move || {
                    for number in 0..EACH {
                        block_on(tx.send(sender * EACH + number)).unwrap();
                    }
                })
            })
            .collect();
        drop(tx);
        let mut expected = Expected([0; SENDERS]);
        while let Some(message) = block_on(rx.recv()) {
            expected.check(message);
        }
        assert!(expected.is_complete());
        assert_eq!(rx.capacity(), capacity);
        for sender in senders {
            sender.join().unwrap();
        }
    });
}

#[test]
fn one_place_is_enough() {
    bounded(1);
}

#[test]
fn few_places_are_enough() {
    bounded(3);
}

#[test]
fn many_places() {
    bounded(100);
}

#[test]
fn unbounded_in_batches() {
    within_watchdog(|| {
        let (tx, mut rx) = mpsc::unbounded_channel();
        for sender in 0..SENDERS {
            let tx = tx.clone();
            thread::spawn(move || {
                for number in 0..EACH {
                    tx.send(sender * EACH + number).unwrap();
                }
            });
        }
        drop(tx);
        let mut expected = Expected([0; SENDERS]);
        let mut buffer = Vec::new();
        while block_on(rx.recv_many(&mut buffer, 50)) > 0 {
            buffer.drain(..).for_each(|message| expected.check(message));
        }
        assert!(expected.is_complete());
    });
}

#[test]
fn receiver_polled_by_try_recv_alone_sees_the_end() {
    within_watchdog(|| {
        let (tx, mut rx) = mpsc::unbounded_channel();
        for sender in 0..SENDERS {
            let tx = tx.clone();
            thread::spawn(move || {
                for number in 0..EACH {
                    tx.send(sender * EACH + number).unwrap();
                }
            });
        }
        drop(tx);
        let mut expected = Expected([0; SENDERS]);
        loop {
            match rx.try_recv() {
                Ok(message) => expected.check(message),
                Err(mpsc::error::TryRecvError::Empty) => thread::yield_now(),
                Err(mpsc::error::TryRecvError::Disconnected) => break,
            }
        }
        assert!(expected.is_complete());
    });
}

#[test]
fn receivers_dropped_at_every_await_lose_nothing() {
    within_watchdog(|| {
        let (tx, mut rx) = mpsc::channel(2);
        for sender in 0..SENDERS {
            let tx = tx.clone();
            thread::spawn(move || {
                for number in 0..EACH {
                    block_on(tx.send(sender * EACH + number)).unwrap();
                }
            });
        }
        drop(tx);
        let mut expected = Expected([0; SENDERS]);
        let mut round = 0;
        loop {
            round += 1;
            let polled = {
                let mut recv = pin!(rx.recv());
                // Dropped after one poll, after two, or awaited.
                match (poll_once(recv.as_mut()), round % 3) {
                    (Poll::Pending, 0) => Poll::Ready(block_on(recv)),
                    (Poll::Pending, 1) => {
                        thread::yield_now();
                        poll_once(recv)
                    }
                    (polled, _) => polled,
                }
            };
            match polled {
                Poll::Ready(Some(message)) => expected.check(message),
                Poll::Ready(None) => break,
                Poll::Pending => {}
            }
        }
        assert!(expected.is_complete());
    });
}

#[test]
fn senders_dropped_at_every_await_send_once_or_not_at_all() {
    within_watchdog(|| {
        let alive = Arc::new(AtomicUsize::new(0));
        let (tx, mut rx) = mpsc::channel(2);
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let (tx, alive) = (tx.clone(), alive.clone());
                thread::spawn(move || {
                    let mut sent = 0;
                    for number in 0..EACH {
                        let message = Counted::new(sender * EACH + number, &alive);
                        let mut send = pin!(tx.send(message));
                        let mut polled = poll_once(send.as_mut());
                        if polled.is_pending() && number % 3 > 0 {
                            thread::yield_now();
                            polled = poll_once(send.as_mut());
                        }
                        if polled.is_pending() && number % 3 > 1 {
                            polled = Poll::Ready(block_on(send));
                        }
                        sent += usize::from(polled.is_ready());
                    }
                    sent
                })
            })
            .collect();
        drop(tx);
        let mut received = 0;
        let mut last = [None; SENDERS];
        while let Some(message) = block_on(rx.recv()) {
            received += 1;
            let last = &mut last[message.number / EACH];
            assert!(last.replace(message.number) < Some(message.number), "doubled or out of order");
        }
        let sent: usize = senders.into_iter().map(|sender| sender.join().unwrap()).sum();
        assert_eq!(received, sent);
        assert_eq!(rx.capacity(), 2, "a cancelled send kept its room");
        // Ordering: Relaxed; every thread was joined.
        assert_eq!(alive.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn reservations_dropped_at_every_await_keep_no_room() {
    within_watchdog(|| {
        let (tx, mut rx) = mpsc::channel(3);
        for sender in 0..SENDERS {
            let tx = tx.clone();
            thread::spawn(move || {
                for number in 0..EACH {
                    let mut reserve = pin!(tx.reserve_many(1 + number % 3));
                    let mut polled = poll_once(reserve.as_mut());
                    if polled.is_pending() && number % 2 == 0 {
                        polled = Poll::Ready(block_on(reserve));
                    }
                    if let Poll::Ready(permits) = polled {
                        // One of them is used, the others go back.
                        permits.unwrap().next().unwrap().send(sender * EACH + number);
                    }
                }
            });
        }
        drop(tx);
        let mut last = [None; SENDERS];
        while let Some(message) = block_on(rx.recv()) {
            assert!(last[message / EACH].replace(message) < Some(message));
        }
        assert_eq!(rx.capacity(), 3);
    });
}

#[test]
fn receiver_dropped_at_any_moment_leaves_nothing() {
    within_watchdog(|| {
        let alive = Arc::new(AtomicUsize::new(0));
        for round in 0..200 {
            let (tx, mut rx) = mpsc::channel(3);
            let senders: Vec<_> = (0..2)
                .map(|_| {
                    let (tx, alive) = (tx.clone(), alive.clone());
                    thread::spawn(move || {
                        let mut number = 0;
                        while block_on(tx.send(Counted::new(number, &alive))).is_ok() {
                            number += 1;
                        }
                    })
                })
                .collect();
            drop(tx);
            for _ in 0..round % 50 {
                assert!(block_on(rx.recv()).is_some());
            }
            drop(rx);
            for sender in senders {
                sender.join().unwrap();
            }
            // Ordering: Relaxed; every thread was joined.
            assert_eq!(alive.load(Ordering::Relaxed), 0);
        }
    });
}

#[test]
fn waiting_for_the_close_ends() {
    within_watchdog(|| {
        for _ in 0..500 {
            let (tx, rx) = mpsc::channel::<u32>(1);
            let waiter = thread::spawn(move || block_on(tx.closed()));
            drop(rx);
            waiter.join().unwrap();
        }
    });
}

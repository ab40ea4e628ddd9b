//! `mpsc` under contention: nothing lost, nothing doubled, every sender's messages in order.

mod support;

use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::thread;
use filch_sync::mpsc;
use std::sync::Arc;
use support::{Counted, block_on, within_watchdog};

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

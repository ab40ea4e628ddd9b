//! Channels: a receiver that is dropped has taken nothing, a sender that is dropped has sent nothing.

use crate::Tally;
use crate::dropping::{Dropper, while_others_work};
use crate::support::{Counted, block_on};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::sync::Mutex;
use filch_primitives::thread;
use filch_sync::{broadcast, mpsc, oneshot, watch};
use std::sync::Arc;

/// Messages of two senders: each says whose it is and its number.
type Message = (usize, usize);

/// Checks that each sender's messages come once and in order.
#[derive(Default)]
struct Received([usize; 2]);

impl Received {
    fn check(&mut self, (sender, number): Message) {
        assert_eq!(number, self.0[sender], "lost, doubled or out of order");
        self.0[sender] += 1;
    }
}

/// Receives with `receive` what two threads send through a channel with two places.
fn receive_from_two(
    mut receive: impl FnMut(&mut Dropper, &mut mpsc::Receiver<Message>, &mut Received),
) {
    let (tx, mut rx) = mpsc::channel(2);
    let sent = [Tally::default(), Tally::default()];
    let send = |sender: usize| block_on(tx.send((sender, sent[sender].add()))).unwrap();
    let mut received = Received::default();
    while_others_work(&[&|| send(0), &|| send(1)], |dropper| {
        receive(dropper, &mut rx, &mut received);
    });
    while let Ok(message) = rx.try_recv() {
        received.check(message);
    }
    assert_eq!(received.0, sent.map(|sent| sent.get()));
    assert_eq!(rx.capacity(), 2);
}

#[test]
fn mpsc_recv() {
    receive_from_two(|dropper, rx, received| {
        if let Some(message) = dropper.attempt(rx.recv()) {
            received.check(message.unwrap());
        }
    });
}

#[test]
fn mpsc_recv_many() {
    let mut buffer = Vec::new();
    receive_from_two(|dropper, rx, received| {
        let count = dropper.attempt(rx.recv_many(&mut buffer, 2)).unwrap_or(0);
        assert_eq!(buffer.len(), count);
        buffer.drain(..).for_each(|message| received.check(message));
    });
}

/// Sends 0, 1, 2 ... on another thread, never more than one ahead of `receive`, which returns the number that it got.
fn receive_in_step(
    send: impl Fn(usize) + Sync,
    mut receive: impl FnMut(&mut Dropper) -> Option<usize>,
) {
    let (sent, received) = (Tally::default(), Tally::default());
    let send_next = || {
        if sent.get() <= received.get() {
            send(sent.add());
        } else {
            thread::yield_now();
        }
    };
    let mut take = |dropper: &mut Dropper| {
        if let Some(number) = receive(dropper) {
            assert_eq!(number, received.add(), "lost, doubled or out of order");
        }
    };
    while_others_work(&[&send_next], &mut take);
    while received.get() < sent.get() {
        take(&mut Dropper::default());
    }
}

#[test]
fn unbounded_recv() {
    let (tx, mut rx) = mpsc::unbounded_channel();
    receive_in_step(
        |number| tx.send(number).unwrap(),
        |dropper| dropper.attempt(rx.recv()).flatten(),
    );
}

#[test]
fn broadcast_recv() {
    let (tx, mut rx) = broadcast::channel(2);
    receive_in_step(
        |number| assert_eq!(tx.send(number), Ok(1)),
        |dropper| dropper.attempt(rx.recv()).map(|message| message.expect("none was overwritten")),
    );
}

#[test]
fn watch_changed() {
    let (tx, mut rx) = watch::channel(usize::MAX);
    receive_in_step(
        |number| tx.send(number).unwrap(),
        |dropper| {
            dropper.attempt(rx.changed())?.unwrap();
            Some(*rx.borrow())
        },
    );
}

#[test]
fn watch_wait_for() {
    let (tx, mut rx) = watch::channel(usize::MAX);
    let mut last = usize::MAX;
    receive_in_step(
        |number| tx.send(number).unwrap(),
        |dropper| {
            let found = dropper.attempt(rx.wait_for(|&number| number != last))?;
            last = *found.unwrap();
            Some(last)
        },
    );
}

/// Sends with `send`, which says whether it did, beside another sender: all that was sent is received, once and in order.
fn send_beside_another(
    mut send: impl FnMut(&mut Dropper, &mpsc::Sender<Counted>, Counted) -> bool,
) {
    let alive = Arc::new(AtomicUsize::new(0));
    let (tx, rx) = mpsc::channel(2);
    // The numbers of the one are even, those of the other odd.
    let (mut sent, others) = (0, Tally::default());
    let receiver = Mutex::new((rx, Received::default()));
    let check = |received: &mut Received, message: Counted| {
        received.check((message.number % 2, message.number / 2));
    };
    let receive = || {
        let (rx, received) = &mut *receiver.lock();
        check(received, block_on(rx.recv()).expect("there are senders"));
    };
    let other = || {
        let message = Counted::new(2 * others.add() + 1, &alive);
        block_on(tx.send(message)).unwrap();
    };
    while_others_work(&[&receive, &other], |dropper| {
        let message = Counted::new(2 * sent, &alive);
        sent += usize::from(send(dropper, &tx, message));
        if dropper.is_done() {
            // The other receiver may have ended, and the other sender not.
            if let Some(mut receiver) = receiver.try_lock() {
                let (rx, received) = &mut *receiver;
                rx.try_recv().into_iter().for_each(|message| check(received, message));
            }
        }
    });
    let (mut rx, mut received) = receiver.into_inner();
    while let Ok(message) = rx.try_recv() {
        check(&mut received, message);
    }
    assert_eq!(received.0, [sent, others.get()]);
    assert_eq!(rx.capacity(), 2, "a send that was dropped kept its room");
    // Ordering: Relaxed; every thread was joined.
    assert_eq!(alive.load(Ordering::Relaxed), 0, "a message was neither received nor dropped");
}

#[test]
fn mpsc_send() {
    send_beside_another(|dropper, tx, message| dropper.attempt(tx.send(message)).is_some());
}

#[test]
fn mpsc_reserve() {
    send_beside_another(|dropper, tx, message| {
        let permit = dropper.attempt(tx.reserve());
        permit.map(|permit| permit.unwrap().send(message)).is_some()
    });
}

#[test]
fn mpsc_reserve_many_of_which_one_is_used() {
    send_beside_another(|dropper, tx, message| {
        let permits = dropper.attempt(tx.reserve_many(2));
        permits.map(|permits| permits.unwrap().next().unwrap().send(message)).is_some()
    });
}

#[test]
fn mpsc_reserve_owned() {
    send_beside_another(|dropper, tx, message| {
        let permit = dropper.attempt(tx.clone().reserve_owned());
        assert!(permit.is_some() || tx.strong_count() == 1, "the sender goes with it");
        permit.map(|permit| permit.unwrap().send(message)).is_some()
    });
}

#[test]
fn oneshot_receiver() {
    let alive = Arc::new(AtomicUsize::new(0));
    let given: Mutex<Option<oneshot::Sender<Counted>>> = Mutex::default();
    let sent = Tally::default();
    let refused = Tally::default();
    let send = || {
        let Some(tx) = given.lock().take() else { return thread::yield_now() };
        if let Err(message) = tx.send(Counted::new(sent.add(), &alive)) {
            assert_eq!(message.number + 1, sent.get(), "another message came back");
            refused.add();
        }
    };
    let mut rounds = 0;
    let (mut received, mut given_up) = (0, 0);
    while_others_work(&[&send], |dropper| {
        let (tx, mut rx) = oneshot::channel();
        *given.lock() = Some(tx);
        rounds += 1;
        let message = loop {
            // What is dropped is the wait; every third time the receiver goes with it.
            match dropper.attempt(&mut rx) {
                None if rounds % 3 > 0 => {}
                message => break message,
            }
            if dropper.is_done() {
                // The other thread may have ended.
                send();
            }
        };
        if let Some(message) = message {
            received += 1;
            assert_eq!(message.unwrap().number + 1, sent.get(), "lost, doubled or out of order");
        } else {
            given_up += 1;
            drop(rx);
            // The next waits until this one is through.
            while given.lock().is_some() {
                send();
            }
        }
    });
    assert!(received + refused.get() <= sent.get() && sent.get() <= received + given_up);
    // Ordering: Relaxed; every thread was joined.
    assert_eq!(alive.load(Ordering::Relaxed), 0, "a message was neither received nor dropped");
}

//! One end of a channel is dropped at any moment: the other learns it, after what came before.

mod support;

use filch_sync::{broadcast, mpsc, oneshot, watch};
use support::{block_on, poll_once};

/// Calls `stay` and, on another thread, `go`; the moment at which the one meets the other differs from round to round.
fn race<S: Send, G>(
    ends: impl Fn() -> (G, S),
    go: impl Fn(G, usize) + Sync,
    stay: impl Fn(S, usize),
) where
    G: Send,
{
    for round in 0..500 {
        let (going, staying) = ends();
        std::thread::scope(|threads| {
            threads.spawn(|| {
                (0..round % 50 * 20).for_each(|_| std::hint::spin_loop());
                go(going, round % 3);
            });
            stay(staying, round % 3);
        });
    }
}

#[test]
fn receivers_learn_that_the_last_sender_is_gone_after_its_messages() {
    race(
        || mpsc::channel(4),
        |tx, messages| (0..messages).for_each(|number| tx.try_send(number).unwrap()),
        |mut rx, messages| {
            assert!((0..messages).all(|number| block_on(rx.recv()) == Some(number)));
            assert_eq!(block_on(rx.recv()), None);
        },
    );
    race(
        mpsc::unbounded_channel,
        |tx, messages| (0..messages).for_each(|number| tx.send(number).unwrap()),
        |mut rx, messages| {
            let mut buffer = Vec::new();
            while block_on(rx.recv_many(&mut buffer, 9)) > 0 {}
            assert_eq!(buffer, (0..messages).collect::<Vec<_>>());
        },
    );
    race(
        || broadcast::channel(4),
        |tx, messages| (0..messages).for_each(|number| assert_eq!(tx.send(number), Ok(1))),
        |mut rx, messages| {
            assert!((0..messages).all(|number| block_on(rx.recv()) == Ok(number)));
            assert_eq!(block_on(rx.recv()), Err(broadcast::error::RecvError::Closed));
        },
    );
    race(
        || watch::channel(0),
        |tx, messages| (0..messages).for_each(|number| tx.send(number + 1).unwrap()),
        |mut rx, messages| {
            while block_on(rx.changed()).is_ok() {}
            assert_eq!(*rx.borrow(), messages);
        },
    );
    race(
        oneshot::channel,
        |tx, messages| {
            if messages > 0 {
                tx.send(messages).unwrap();
            }
        },
        |rx, messages| assert_eq!(block_on(rx).ok(), Some(messages).filter(|&sent| sent > 0)),
    );
}

/// The receiver goes; the sender waits for that, and gets its message back.
macro_rules! receiver_goes {
    ($channel:expr) => {
        race(
            || {
                let (tx, rx) = $channel;
                (rx, tx)
            },
            |rx, _| drop(rx),
            |tx, _| {
                block_on(tx.closed());
                assert_eq!(tx.send(7).unwrap_err().0, 7);
            },
        )
    };
}

#[test]
fn senders_learn_that_the_receiver_is_gone_and_get_their_message_back() {
    receiver_goes!(mpsc::unbounded_channel());
    receiver_goes!(broadcast::channel(1));
    receiver_goes!(watch::channel(0));
    race(
        || {
            let (tx, rx) = oneshot::channel();
            (rx, tx)
        },
        |rx, _| drop(rx),
        |mut tx, _| {
            block_on(tx.closed());
            assert_eq!(tx.send(7), Err(7));
        },
    );
    race(
        || {
            let (tx, rx) = mpsc::channel(1);
            (rx, tx)
        },
        |rx, _| drop(rx),
        |tx, _| {
            let refused =
                (0..).find_map(|number| block_on(tx.send(number)).err().zip(Some(number)));
            let (error, number) = refused.unwrap();
            assert_eq!(error.0, number);
            block_on(tx.closed());
            assert!(block_on(tx.reserve()).is_err());
        },
    );
}

#[test]
fn a_receiver_that_closes_and_stays_gets_what_was_sent_and_the_end() {
    race(
        || mpsc::channel(2),
        |tx, _| while block_on(tx.send(())).is_ok() {},
        |mut rx, messages| {
            for _ in 0..messages {
                assert_eq!(block_on(rx.recv()), Some(()));
            }
            rx.close();
            while block_on(rx.recv()).is_some() {}
            assert!(poll_once(std::pin::pin!(rx.recv())).is_ready());
        },
    );
}

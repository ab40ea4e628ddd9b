//! `filch-sync/src/mpsc/list.rs`: messages in order, each once; the receiver is woken; blocks are freed
//! when nobody is in them. Blocks of two slots, so that three messages cross a block's end.
#![cfg(filch_loom)]

use filch_sync::model::{List, Popped, WakerCell};
use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::AtomicUsize;
use loom::thread;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::Poll;

/// A message: who sent it, its number, and an `Arc` that loom counts.
type Message = (u32, u32, Arc<()>);
type Small = List<Message, 2>;

fn pop(list: &Small) -> Popped<Message> {
    // SAFETY: the models pop in one thread.
    unsafe { list.pop() }
}

#[test]
fn senders_meet_at_a_block_end() {
    loom::model(|| {
        let list = Arc::new(Small::new());
        let token = Arc::new(());
        let other = {
            let (list, token) = (list.clone(), token.clone());
            thread::spawn(move || {
                let _ = list.push_admitted((1, 0, token.clone()));
                let _ = list.push_admitted((1, 1, token));
            })
        };
        let _ = list.push_admitted((2, 0, token.clone()));
        let mut received = Vec::new();
        // One look while the other thread is at work, the rest when all is there.
        if let Popped::Message(message) = pop(&list) {
            received.push(message);
        }
        other.join().unwrap();
        while let Popped::Message(message) = pop(&list) {
            received.push(message);
        }
        assert_eq!(received.len(), 3);
        let firsts: Vec<u32> = received.iter().filter(|m| m.0 == 1).map(|m| m.1).collect();
        assert_eq!(firsts, [0, 1], "one sender's messages changed places");
        drop(received);
        assert_eq!(Arc::strong_count(&token), 1);
    });
}

/// Receives as the channel does.
fn receive(list: &Small, cell: &WakerCell) -> Popped<Message> {
    block_on(poll_fn(|cx| {
        loop {
            match pop(list) {
                Popped::Nothing => {}
                found => return Poll::Ready(found),
            }
            // SAFETY: one thread receives.
            unsafe { cell.register(cx.waker()) };
            // SAFETY: as above.
            if unsafe { list.wait() } {
                return Poll::Pending;
            }
        }
    }))
}

#[test]
fn fill_meets_wait() {
    loom::model(|| {
        let shared = Arc::new((Small::new(), WakerCell::new()));
        let token = Arc::new(());
        let sender = {
            let (shared, token) = (shared.clone(), token.clone());
            thread::spawn(move || {
                for number in 0..2 {
                    if shared.0.push_admitted((0, number, token.clone())) {
                        shared.1.wake();
                    }
                }
            })
        };
        for number in 0..2 {
            assert!(
                matches!(receive(&shared.0, &shared.1), Popped::Message((0, n, _)) if n == number)
            );
        }
        sender.join().unwrap();
    });
}

#[test]
fn end_meets_wait() {
    loom::model(|| {
        let shared = Arc::new((Small::new(), WakerCell::new()));
        let sender = {
            let shared = shared.clone();
            thread::spawn(move || {
                if shared.0.end() {
                    shared.1.wake();
                }
            })
        };
        assert!(matches!(receive(&shared.0, &shared.1), Popped::End));
        assert!(matches!(pop(&shared.0), Popped::End), "the end stays the end");
        sender.join().unwrap();
    });
}

#[test]
fn close_meets_claim() {
    let outcomes = std::sync::Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
    let seen = outcomes.clone();
    loom::model(move || {
        let list = Arc::new(Small::new());
        let token = Arc::new(());
        let sender = {
            let (list, token) = (list.clone(), token.clone());
            thread::spawn(move || list.push((0, 0, token)).is_ok())
        };
        list.close();
        // SAFETY: the models pop in one thread.
        let received = matches!(unsafe { list.pop_claimed() }, Popped::Message(_));
        assert_eq!(sender.join().unwrap(), received, "sent after the close, or lost before it");
        if received { seen.0.store(true, Relaxed) } else { seen.1.store(true, Relaxed) }
    });
    assert!(outcomes.0.load(Relaxed) && outcomes.1.load(Relaxed), "one of the outcomes never came");
}

#[test]
fn unread_messages_are_dropped() {
    loom::model(|| {
        let list = Arc::new(Small::new());
        let token = Arc::new(());
        let sender = {
            let (list, token) = (list.clone(), token.clone());
            thread::spawn(move || {
                let _ = list.push_admitted((1, 0, token));
            })
        };
        for number in 0..2 {
            let _ = list.push_admitted((0, number, token.clone()));
        }
        drop(list);
        sender.join().unwrap();
        assert_eq!(Arc::strong_count(&token), 1);
    });
}

/// The list keeps its promise to the sender that is to wake by itself, whatever holds the waker.
#[test]
fn wait_publishes_the_receivers_writes() {
    let seen = std::sync::Arc::new(AtomicBool::new(false));
    let outcome = seen.clone();
    loom::model(move || {
        let shared = Arc::new((Small::new(), AtomicUsize::new(0)));
        let receiver = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.1.store(1, Relaxed);
                // SAFETY: one thread receives.
                unsafe { shared.0.wait() }
            })
        };
        if shared.0.push_admitted((0, 0, Arc::new(()))) {
            assert_eq!(shared.1.load(Relaxed), 1);
            outcome.store(true, Relaxed);
        }
        receiver.join().unwrap();
    });
    assert!(seen.load(Relaxed), "the receiver never waited in time");
}

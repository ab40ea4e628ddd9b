//! `watch`: the latest value, who has seen it, and how it ends.

mod support;

use filch_primitives::thread;
use filch_sync::watch;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use support::{Counted, block_on, on_threads, poll_once, within_watchdog};

#[test]
fn values_in_between_are_skipped() {
    let (tx, mut rx) = watch::channel(0);
    for number in 1..4 {
        tx.send(number).unwrap();
    }
    block_on(rx.changed()).unwrap();
    assert_eq!(*rx.borrow_and_update(), 3);
    assert!(poll_once(pin!(rx.changed())).is_pending());
}

#[test]
fn the_last_value_comes_before_the_end() {
    let (tx, mut rx) = watch::channel(0);
    tx.send(1).unwrap();
    drop(tx);
    assert!(block_on(rx.changed()).is_ok());
    assert!(block_on(rx.changed()).is_err());
    assert_eq!(*rx.borrow(), 1);
}

#[test]
fn every_receiver_has_seen_what_it_saw() {
    let (tx, mut first) = watch::channel(0);
    tx.send(1).unwrap();
    let mut clone = first.clone();
    let new = tx.subscribe();
    assert!(first.borrow_and_update().has_changed());
    assert!(clone.borrow().has_changed(), "what the clone saw is its own affair");
    assert_eq!(new.has_changed(), Ok(false));
    clone.mark_unchanged();
    assert_eq!(clone.has_changed(), Ok(false));
    clone.mark_changed();
    assert!(block_on(clone.changed()).is_ok());
}

#[test]
fn nobody_is_told_of_what_was_not_modified() {
    let (tx, rx) = watch::channel(0);
    let mut rx2 = rx.clone();
    let mut changed = pin!(rx2.changed());
    assert!(poll_once(changed.as_mut()).is_pending());
    assert!(!tx.send_if_modified(|_| false));
    let panicked = catch_unwind(AssertUnwindSafe(|| tx.send_modify(|_| panic!("half-way"))));
    assert!(panicked.is_err());
    assert!(poll_once(changed.as_mut()).is_pending());
    assert_eq!(rx.has_changed(), Ok(false));
    assert!(tx.send_if_modified(|_| true));
    assert!(poll_once(changed).is_ready());
}

#[test]
fn a_value_that_nobody_receives_comes_back() {
    let (tx, rx) = watch::channel(0);
    drop(rx);
    assert_eq!(tx.send(1).unwrap_err().0, 1);
    assert_eq!(*tx.borrow(), 0);
    assert_eq!(tx.send_replace(2), 0);
    assert_eq!(*tx.subscribe().borrow(), 2);
}

#[test]
fn closed_waits_for_the_last_receiver_whoever_came_meanwhile() {
    let (tx, rx) = watch::channel(0);
    let mut closed = pin!(tx.closed());
    assert!(poll_once(closed.as_mut()).is_pending());
    drop(rx);
    let again = tx.subscribe();
    assert!(poll_once(closed.as_mut()).is_pending(), "there is one again");
    drop(again);
    assert!(poll_once(closed).is_ready());
}

#[test]
fn wait_for_looks_at_what_is_there_and_at_the_last_value() {
    let (tx, mut rx) = watch::channel(0);
    assert_eq!(*block_on(rx.wait_for(|number| *number == 0)).unwrap(), 0);
    let mut late = rx.clone();
    {
        let mut two = pin!(rx.wait_for(|number| *number == 2));
        assert!(poll_once(two.as_mut()).is_pending());
        tx.send(1).unwrap();
        assert!(poll_once(two.as_mut()).is_pending());
        tx.send(2).unwrap();
        drop(tx);
        assert!(block_on(two).unwrap().has_changed());
    }
    assert_eq!(*block_on(late.wait_for(|number| *number == 2)).unwrap(), 2);
    assert!(block_on(late.wait_for(|number| *number == 3)).is_err());
}

#[test]
fn old_values_are_dropped_without_the_lock() {
    struct Looks(watch::Receiver<Option<Looks>>);
    impl Drop for Looks {
        fn drop(&mut self) {
            // Would deadlock if the sender still held the lock.
            assert!(self.0.borrow().is_none());
        }
    }
    within_watchdog(|| {
        let (tx, rx) = watch::channel(None);
        tx.send_replace(Some(Looks(rx.clone())));
        assert!(tx.send(None).is_ok());
    });
}

#[test]
fn every_value_is_dropped_once() {
    let alive = std::sync::Arc::default();
    let (tx, rx) = watch::channel(Counted::new(0, &alive));
    for number in 1..10 {
        assert!(tx.send(Counted::new(number, &alive)).is_ok());
    }
    drop((tx, rx));
    assert_eq!(std::sync::Arc::strong_count(&alive), 1);
}

#[test]
fn waits_given_up_under_contention_miss_nothing() {
    within_watchdog(|| {
        const VALUES: usize = 10_000;
        let (tx, rx) = watch::channel(0);
        let sender = thread::spawn(move || {
            for number in 1..=VALUES {
                tx.send_replace(number);
            }
        });
        on_threads(3, move |thread| {
            let mut rx = rx.clone();
            let mut last = 0;
            for round in 0.. {
                if (round + thread) % 2 == 0 {
                    // Given up after one look: it must not have counted anything as seen.
                    let looked = poll_once(pin!(rx.changed()));
                    if looked.is_pending() {
                        continue;
                    }
                } else if block_on(rx.changed()).is_err() {
                    break;
                }
                let number = *rx.borrow_and_update();
                assert!(number >= last, "went back");
                last = number;
                if number == VALUES {
                    break;
                }
            }
            assert_eq!(last, VALUES, "the last value was missed");
        });
        sender.join().unwrap();
    });
}

//! Models of `io-driver/src/readiness/mod.rs`.
#![cfg(filch_loom)]

use filch_io_driver::Ready;
use filch_io_driver::model::readiness::{Closed, Direction, Observed, Readiness, Woken};
use filch_primitives::atomic::{AtomicBool, AtomicUsize, Ordering};
use filch_primitives::sync::{Arc, Mutex};
use filch_primitives::thread;
use loom::future::block_on;
use std::future::poll_fn;
use std::task::{Context, Poll, Wake, Waker};

/// Counts its wakes; made of std's parts, which loom need not explore.
#[derive(Default)]
struct Count(std::sync::atomic::AtomicBool);

impl Wake for Count {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.store(true, std::sync::atomic::Ordering::SeqCst);
    }
}

fn wake(woken: Woken) -> bool {
    for waker in woken.wakers.into_iter().flatten().chain(woken.waiters) {
        waker.wake();
    }
    woken.is_vacant
}

fn read(readiness: &Readiness) -> Observed {
    block_on(poll_fn(|cx| readiness.poll_ready(Direction::Read, cx.waker())))
}

/// I1, I2: an event during the registration of a waker is either seen or wakes.
#[test]
fn event_meets_register() {
    loom::model(|| {
        let readiness = Arc::new(Readiness::new());
        let generation = readiness.open(Ready::EMPTY);
        let event = {
            let readiness = Arc::clone(&readiness);
            thread::spawn(move || wake(readiness.event(generation, Ready::READABLE)))
        };
        assert!(read(&readiness).ready.is_readable());
        assert!(!event.join().unwrap());
    });
}

/// I1, I2: two events, and a second wait that re-uses the cell of the first.
#[test]
fn second_wait_reuses_the_cell() {
    loom::model(|| {
        let readiness = Arc::new(Readiness::new());
        let generation = readiness.open(Ready::EMPTY);
        let events: Vec<_> = (0..2)
            .map(|_| {
                let readiness = Arc::clone(&readiness);
                thread::spawn(move || wake(readiness.event(generation, Ready::READABLE)))
            })
            .collect();
        let observed = read(&readiness);
        let is_cleared = readiness.clear(observed, Ready::READABLE);
        // A cell that an event has just left is used again at once.
        let waker = Waker::noop();
        let second = readiness.poll_ready(Direction::Read, waker);
        assert!(is_cleared || second.is_ready(), "what was not cleared is still there");
        for event in events {
            assert!(!event.join().unwrap());
        }
    });
}

/// I3: data that comes while a reader finds nothing is found by its next look.
#[test]
fn clear_meets_event() {
    loom::model(|| {
        let readiness = Arc::new(Readiness::new());
        let generation = readiness.open(Ready::READABLE);
        let data = Arc::new(AtomicBool::new(false));
        let event = {
            let (readiness, data) = (Arc::clone(&readiness), Arc::clone(&data));
            thread::spawn(move || {
                // Ordering: the kernel's; it is not what is checked here.
                data.store(true, Ordering::SeqCst);
                wake(readiness.event(generation, Ready::READABLE));
            })
        };
        loop {
            let observed = read(&readiness);
            // Ordering: as above; this is the read, and the other outcome is `WouldBlock`.
            if data.load(Ordering::SeqCst) {
                break;
            }
            readiness.clear(observed, Ready::READABLE);
        }
        event.join().unwrap();
    });
}

/// I1, I4: a source is dropped while events for both of its directions are under way; what is left in
/// its cells is dropped, once, and the slot is given back, once.
#[test]
fn close_meets_event() {
    loom::model(|| {
        let readiness = Arc::new(Readiness::new());
        let generation = readiness.open(Ready::EMPTY);
        let vacated = Arc::new(AtomicUsize::new(0));
        let count = std::sync::Arc::new(Count::default());
        let waker = Waker::from(count.clone());
        assert!(readiness.poll_ready(Direction::Read, &waker).is_pending());
        assert!(readiness.poll_ready(Direction::Write, &waker).is_pending());
        let events: Vec<_> = [Ready::READABLE, Ready::WRITABLE]
            .into_iter()
            .map(|ready| {
                let (readiness, vacated) = (Arc::clone(&readiness), Arc::clone(&vacated));
                thread::spawn(move || {
                    if wake(readiness.event(generation, ready)) {
                        // Ordering: AcqRel; as the lock of the free list.
                        vacated.fetch_add(1, Ordering::AcqRel);
                    }
                })
            })
            .collect();
        if readiness.close() == Closed::Vacant {
            // Ordering: AcqRel; as above.
            vacated.fetch_add(1, Ordering::AcqRel);
        }
        for event in events {
            event.join().unwrap();
        }
        // Ordering: Acquire; as above.
        assert_eq!(vacated.load(Ordering::Acquire), 1);
        drop(waker);
        assert_eq!(std::sync::Arc::strong_count(&count), 1, "a waker was left behind");
        assert_eq!(readiness.open(Ready::EMPTY), generation + 1);
    });
}

/// I4: an event of a source that is gone does nothing to the next one in its slot.
#[test]
fn late_event_meets_the_next_source() {
    loom::model(|| {
        let readiness = Arc::new(Readiness::new());
        let generation = readiness.open(Ready::EMPTY);
        assert!(readiness.poll_ready(Direction::Read, Waker::noop()).is_pending());
        let event = {
            let readiness = Arc::clone(&readiness);
            thread::spawn(move || wake(readiness.event(generation, Ready::READABLE)))
        };
        if readiness.close() == Closed::Vacant {
            let next = readiness.open(Ready::EMPTY);
            assert_ne!(next, generation);
            assert!(readiness.poll_ready(Direction::Read, Waker::noop()).is_pending());
            assert!(!event.join().unwrap());
            assert!(readiness.observe(Ready::ALL).ready.is_empty());
        } else {
            assert!(event.join().unwrap(), "the event gives the slot back");
        }
    });
}

/// I1: two tasks poll one direction at once; at least the last one is woken.
#[test]
fn two_pollers_of_one_direction() {
    loom::model(|| {
        let readiness = Arc::new(Readiness::new());
        let generation = readiness.open(Ready::EMPTY);
        let counts = [(); 2].map(|()| std::sync::Arc::new(Count::default()));
        let poll = |count: &std::sync::Arc<Count>| {
            let waker = Waker::from(count.clone());
            let readiness = Arc::clone(&readiness);
            move || readiness.poll_ready(Direction::Read, &waker).is_pending()
        };
        let other = thread::spawn(poll(&counts[0]));
        assert!(poll(&counts[1])());
        assert!(other.join().unwrap());
        wake(readiness.event(generation, Ready::READABLE));
        assert!(counts.iter().any(|count| count.0.load(std::sync::atomic::Ordering::SeqCst)));
    });
}

/// I1: a poller finds the cell as it saw it before, although two others have used it in between.
#[test]
fn three_pollers_of_one_direction() {
    loom::model(|| {
        let readiness = Arc::new(Readiness::new());
        let _generation = readiness.open(Ready::EMPTY);
        let poll = || {
            let waker = Waker::from(std::sync::Arc::new(Count::default()));
            let readiness = Arc::clone(&readiness);
            move || assert!(readiness.poll_ready(Direction::Read, &waker).is_pending())
        };
        let others = [thread::spawn(poll()), thread::spawn(poll())];
        poll()();
        for other in others {
            other.join().unwrap();
        }
    });
}

/// I1: a poller that became ready while it was busy leaves the cell to one that waits again.
#[test]
fn ready_poller_leaves_the_cell() {
    loom::model(|| {
        let readiness = Arc::new(Readiness::new());
        let generation = readiness.open(Ready::EMPTY);
        let other = {
            let readiness = Arc::clone(&readiness);
            thread::spawn(move || {
                wake(readiness.event(generation, Ready::READABLE));
                let observed = readiness.observe(Ready::ALL);
                assert!(readiness.clear(observed, Ready::READABLE));
                assert!(readiness.poll_ready(Direction::Read, Waker::noop()).is_pending());
            })
        };
        let _either = readiness.poll_ready(Direction::Read, Waker::noop());
        other.join().unwrap();
    });
}

/// I2: the list of further waiters, with one leaving it.
#[test]
fn event_meets_waiters() {
    loom::model(|| {
        let readiness = Arc::new(Readiness::new());
        let generation = readiness.open(Ready::EMPTY);
        let event = {
            let readiness = Arc::clone(&readiness);
            thread::spawn(move || wake(readiness.event(generation, Ready::WRITABLE)))
        };
        let mut leaver = None;
        let _either = readiness.poll_waiter(&mut leaver, Direction::Write.mask(), Waker::noop());
        if let Some(leaver) = leaver {
            readiness.remove_waiter(leaver);
        }
        let mut key = None;
        let observed = block_on(poll_fn(|cx: &mut Context<'_>| -> Poll<Observed> {
            readiness.poll_waiter(&mut key, Direction::Write.mask(), cx.waker())
        }));
        assert!(observed.ready.is_writable());
        if let Some(key) = key {
            readiness.remove_waiter(key);
        }
        event.join().unwrap();
        assert_eq!(readiness.close(), Closed::Vacant);
    });
}

/// A shutdown ends a wait that begins at the same moment.
#[test]
fn shutdown_meets_register() {
    loom::model(|| {
        let readiness = Arc::new(Readiness::new());
        let _generation = readiness.open(Ready::EMPTY);
        let shutdown = {
            let readiness = Arc::clone(&readiness);
            thread::spawn(move || wake(readiness.shutdown()))
        };
        assert!(read(&readiness).is_shutdown);
        shutdown.join().unwrap();
        assert!(read(&readiness).is_shutdown);
    });
}

/// Every kind of end that `event_meets_register` can have was met: the event first, in the middle, last.
#[test]
fn every_order_is_explored() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(std::collections::BTreeSet::new()));
    let outer = seen.clone();
    loom::model(move || {
        let readiness = Arc::new(Readiness::new());
        let generation = readiness.open(Ready::EMPTY);
        let event = {
            let readiness = Arc::clone(&readiness);
            let woken = Mutex::new(0);
            thread::spawn(move || {
                let taken = readiness.event(generation, Ready::READABLE);
                *woken.lock() += taken.wakers.iter().flatten().count();
                woken.into_inner()
            })
        };
        let is_pending = readiness.poll_ready(Direction::Read, Waker::noop()).is_pending();
        let woken = event.join().unwrap();
        assert_eq!(woken == 1, is_pending, "woken if and only if it waits");
        seen.lock().unwrap().insert(is_pending);
    });
    assert_eq!(outer.lock().unwrap().len(), 2);
}

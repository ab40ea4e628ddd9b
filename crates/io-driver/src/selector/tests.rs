//! What every selector promises, checked on each of them: epoll, and the portable one in both modes.

use super::{BorrowedSource, Selected};
use crate::interest::Interest;
use crate::ready::Ready;
use crate::registry::Key;
use crate::source::DUPLEX;
use filch_primitives::sync::Mutex;
use filch_primitives::thread;
use polling::{AsSource, PollMode, Poller};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(20);

trait Subject: Send + Sync + Sized + 'static {
    fn select(&self, timeout: Option<Duration>, on_event: impl FnMut(Key, Ready)) -> Selected;
    fn register(&self, source: BorrowedSource<'_>, key: Key, interest: Interest);
    fn change(&self, source: BorrowedSource<'_>, key: Key, interest: Interest);
    fn deregister(&self, source: BorrowedSource<'_>, key: Key);
    fn rearm(&self, key: Key, missing: Ready);
    fn unpark_one(&self);
    fn set_deadline(&self, at: Instant);

    /// As the driver's `turn`.
    fn turn(&self) {
        if self.select(Some(Duration::ZERO), |_, _| {}).is_unparked {
            self.unpark_one();
        }
    }
}

macro_rules! subject {
    ($selector:ty) => {
        impl Subject for $selector {
            fn select(
                &self,
                timeout: Option<Duration>,
                on_event: impl FnMut(Key, Ready),
            ) -> Selected {
                <$selector>::select(self, timeout, on_event).unwrap()
            }
            fn register(&self, source: BorrowedSource<'_>, key: Key, interest: Interest) {
                <$selector>::register(self, source, key, interest).unwrap();
            }
            fn change(&self, source: BorrowedSource<'_>, key: Key, interest: Interest) {
                <$selector>::change(self, source, key, interest).unwrap();
            }
            fn deregister(&self, source: BorrowedSource<'_>, key: Key) {
                <$selector>::deregister(self, source, key).unwrap();
            }
            fn rearm(&self, key: Key, missing: Ready) {
                <$selector>::rearm(self, key, missing).unwrap();
            }
            fn unpark_one(&self) {
                <$selector>::unpark_one(self);
            }
            fn set_deadline(&self, at: Instant) {
                <$selector>::set_deadline(self, at);
            }
        }
    };
}

#[cfg(target_os = "linux")]
subject!(super::linux::Selector);
subject!(super::portable::Selector);

fn oneshot() -> super::portable::Selector {
    super::portable::Selector::with_mode(Poller::new().unwrap(), PollMode::Oneshot)
}

/// Each test, on each selector.
macro_rules! on_each {
    ($($test:ident),* $(,)?) => {
        #[cfg(target_os = "linux")]
        mod epoll {
            $(#[test] fn $test() { super::$test(super::super::linux::Selector::new().unwrap()); })*
        }
        mod portable {
            $(#[test] fn $test() { super::$test(super::super::portable::Selector::new().unwrap()); })*
        }
        mod portable_oneshot {
            $(#[test] fn $test() { super::$test(super::oneshot()); })*
        }
    };
}

on_each!(
    an_unpark_before_the_wait_ends_it,
    a_turn_leaves_the_unpark_to_those_who_wait,
    a_wait_ends_with_its_time_out,
    an_unpark_ends_one_of_two_waits,
    a_deadline_ends_one_wait_and_never_early,
    an_earlier_deadline_replaces_a_later_one,
    a_deadline_counts_once,
    an_event_comes_once_until_it_is_cleared,
    both_directions_are_reported_apart,
    what_is_asked_for_later_is_reported_from_then_on,
    the_waiters_behind_take_over,
);

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept().unwrap();
    client.set_nonblocking(true).unwrap();
    server.set_nonblocking(true).unwrap();
    (client, server)
}

/// Threads that wait until they are told to stop; each return goes to the channel.
fn waiters<S: Subject>(selector: &Arc<S>, count: usize) -> Receiver<()> {
    let (returned, returns) = channel();
    for _ in 0..count {
        let (selector, returned) = (Arc::clone(selector), returned.clone());
        thread::spawn(move || {
            selector.select(None, |_, _| {});
            let _ = returned.send(());
        });
    }
    // Most of the time all of them sleep by then; the promises hold if they do not.
    thread::sleep(SOON);
    returns
}

/// Waits until `done` or the watchdog.
fn wait_until<S: Subject>(selector: &S, mut done: impl FnMut(Key, Ready) -> bool) {
    let watchdog = Instant::now() + LONG;
    let mut is_done = false;
    while !is_done {
        assert!(Instant::now() < watchdog, "the event did not come");
        selector.select(Some(SOON), |key, ready| is_done |= done(key, ready));
    }
}

fn an_unpark_before_the_wait_ends_it<S: Subject>(selector: S) {
    for _ in 0..3 {
        selector.unpark_one();
        selector.select(None, |_, _| {});
    }
    selector.unpark_one();
    selector.unpark_one();
    selector.select(None, |_, _| {});
}

fn a_turn_leaves_the_unpark_to_those_who_wait<S: Subject>(selector: S) {
    selector.unpark_one();
    selector.turn();
    selector.turn();
    selector.select(None, |_, _| {});
}

fn a_wait_ends_with_its_time_out<S: Subject>(selector: S) {
    let start = Instant::now();
    while start.elapsed() < SOON {
        selector.select(Some(SOON), |_, _| {});
    }
    selector.select(Some(Duration::from_nanos(1)), |_, _| {});
}

fn an_unpark_ends_one_of_two_waits<S: Subject>(selector: S) {
    let selector = Arc::new(selector);
    let returns = waiters(&selector, 2);
    selector.unpark_one();
    returns.recv_timeout(LONG).expect("one thread returns");
    selector.unpark_one();
    returns.recv_timeout(LONG).expect("the other returns");
}

fn a_deadline_ends_one_wait_and_never_early<S: Subject>(selector: S) {
    let selector = Arc::new(selector);
    let deadline = Instant::now() + SOON * 4;
    let (returned, returns) = channel();
    for _ in 0..2 {
        let (selector, returned) = (Arc::clone(&selector), returned.clone());
        thread::spawn(move || {
            // A portable wait may also return to compute its time-out anew.
            while Instant::now() < deadline {
                selector.select(None, |_, _| {});
            }
            let _ = returned.send(());
        });
    }
    thread::sleep(SOON);
    selector.set_deadline(deadline);
    returns.recv_timeout(LONG).expect("one thread returns");
    assert!(Instant::now() >= deadline);
    // The other one still sleeps, unless it was slow to begin.
    selector.unpark_one();
    returns.recv_timeout(LONG).expect("the other returns");
}

fn an_earlier_deadline_replaces_a_later_one<S: Subject>(selector: S) {
    let start = Instant::now();
    selector.set_deadline(start + LONG * 100);
    selector.set_deadline(start + SOON);
    selector.set_deadline(start + LONG * 50);
    while start.elapsed() < SOON {
        selector.select(None, |_, _| {});
    }
    assert!(start.elapsed() < LONG);
}

fn a_deadline_counts_once<S: Subject>(selector: S) {
    selector.set_deadline(Instant::now());
    selector.select(None, |_, _| {});
    // Now nothing is armed, and a later one is programmed although it is later.
    let second = Instant::now() + SOON;
    selector.set_deadline(second);
    while Instant::now() < second {
        selector.select(None, |_, _| {});
    }
}

fn an_event_comes_once_until_it_is_cleared<S: Subject>(selector: S) {
    let (mut near, mut far) = pair();
    let key = Key::from_raw(7);
    selector.register(near.source(), key, DUPLEX);
    for round in 0..3u8 {
        far.write_all(&[round]).unwrap();
        wait_until(&selector, |which, ready| which == key && ready.is_readable());
        let mut buf = [0; 8];
        assert_eq!(near.read(&mut buf).unwrap(), 1);
        assert!(near.read(&mut buf).is_err());
        let mut is_repeated = false;
        selector.select(Some(Duration::ZERO), |_, ready| is_repeated |= ready.is_readable());
        assert!(!is_repeated, "nothing new has come");
        selector.rearm(key, Ready::READABLE);
    }
    selector.deregister(near.source(), key);
    far.write_all(b"more").unwrap();
    let mut is_reported = false;
    selector.select(Some(SOON), |_, _| is_reported = true);
    assert!(!is_reported, "a source that is gone reports nothing");
}

fn both_directions_are_reported_apart<S: Subject>(selector: S) {
    let (near, mut far) = pair();
    let key = Key::from_raw(9);
    selector.register(near.source(), key, DUPLEX);
    let mut seen = Ready::EMPTY;
    wait_until(&selector, |_, ready| {
        seen |= ready;
        seen.is_writable()
    });
    assert!(!seen.is_readable());
    far.write_all(b"x").unwrap();
    wait_until(&selector, |_, ready| ready.is_readable());
}

fn what_is_asked_for_later_is_reported_from_then_on<S: Subject>(selector: S) {
    let (near, mut far) = pair();
    let key = Key::from_raw(10);
    selector.register(near.source(), key, Interest::READABLE);
    far.write_all(b"x").unwrap();
    wait_until(&selector, |_, ready| {
        assert!(!ready.is_writable(), "nobody has asked");
        ready.is_readable()
    });
    selector.change(near.source(), key, DUPLEX);
    wait_until(&selector, |which, ready| which == key && ready.is_writable());
}

fn the_waiters_behind_take_over<S: Subject>(selector: S) {
    const EVENTS: usize = 50;
    let selector = Arc::new(selector);
    let (near, mut far) = pair();
    let near = Arc::new(near);
    let key = Key::from_raw(11);
    selector.register(near.source(), key, DUPLEX);
    let read = Arc::new(Mutex::new(0));
    let (finished, all) = channel();
    for _ in 0..3 {
        let (selector, near, read) = (Arc::clone(&selector), Arc::clone(&near), Arc::clone(&read));
        let finished = finished.clone();
        thread::spawn(move || {
            loop {
                selector.select(None, |_, ready| {
                    if ready.is_readable() {
                        let mut read = read.lock();
                        while let Ok(n) = (&*near).read(&mut [0; 64]) {
                            *read += n;
                        }
                        drop(read);
                        selector.rearm(key, Ready::READABLE);
                    }
                });
                if *read.lock() == EVENTS {
                    selector.unpark_one();
                    let _ = finished.send(());
                    return;
                }
            }
        });
    }
    for _ in 0..EVENTS {
        far.write_all(b"x").unwrap();
        thread::yield_now();
    }
    for _ in 0..3 {
        all.recv_timeout(LONG).expect("every waiter ends");
    }
}

//! Timers turned by hand, and wakers that count.
#![allow(dead_code, reason = "every test file uses its own part of it")]

use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::thread;
use filch_timer_wheel::{Instant, Timers};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

pub const MS: Duration = Duration::from_millis(1);
pub const HOUR: Duration = Duration::from_secs(3600);

/// Nobody is told: the test turns the timers by hand.
pub fn by_hand(shards: usize) -> Timers {
    Timers::new(shards, |_| {})
}

/// Runs `body` on a thread of its own and gives it 30 seconds.
pub fn bounded(body: impl FnOnce() + Send + 'static) {
    let (done, wait) = mpsc::channel();
    let running = thread::spawn(move || {
        body();
        let _ = done.send(());
    });
    if let Err(mpsc::RecvTimeoutError::Timeout) = wait.recv_timeout(Duration::from_secs(30)) {
        panic!("it hangs");
    }
    if let Err(panic) = running.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Sleeps until the next deadline and advances, once; returns how many fired.
pub fn turn(timers: &Timers) -> usize {
    let deadline = timers.next_deadline().expect("a timer waits");
    assert!(deadline < Instant::now() + Duration::from_secs(20), "a test must not wait that long");
    thread::sleep(deadline - Instant::now());
    timers.advance(Instant::now(), usize::MAX)
}

/// Turns until something has fired.
pub fn turn_until_fired(timers: &Timers) -> usize {
    loop {
        let fired = turn(timers);
        if fired > 0 {
            return fired;
        }
    }
}

/// A waker that counts.
#[derive(Default)]
pub struct Count(AtomicUsize);

impl Count {
    pub fn new() -> (Arc<Self>, Waker) {
        let count = Arc::new(Self::default());
        (Arc::clone(&count), Waker::from(count))
    }

    pub fn get(&self) -> usize {
        // Ordering: SeqCst; a test, and simple.
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        // Ordering: SeqCst; a test, and simple.
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Polls something that does not mind being moved.
pub fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

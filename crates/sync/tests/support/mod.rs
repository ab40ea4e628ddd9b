//! What the tests share: running a future on this thread, polling by hand, dropping half-way, and counting.
#![allow(dead_code, reason = "each test file uses its part")]

use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::thread;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::mpsc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// How long anything may take before the test fails.
pub const WATCHDOG: Duration = Duration::from_secs(120);

/// Counts its wake-ups, and unparks the thread that made it.
pub struct CountingWaker {
    wakes: AtomicUsize,
    thread: thread::Thread,
}

impl Wake for CountingWaker {
    fn wake(self: Arc<Self>) {
        // Ordering: Release; pairs with the Acquire in `wakes`.
        self.wakes.fetch_add(1, Ordering::Release);
        self.thread.unpark();
    }
}

impl CountingWaker {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { wakes: AtomicUsize::new(0), thread: thread::current() })
    }

    pub fn wakes(&self) -> usize {
        // Ordering: Acquire; pairs with the Release in `wake`.
        self.wakes.load(Ordering::Acquire)
    }
}

/// Runs `future` on this thread.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let counter = CountingWaker::new();
    let waker = Waker::from(counter.clone());
    loop {
        let before = counter.wakes();
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        let started = Instant::now();
        while counter.wakes() == before {
            // A wake-up counts before it unparks, so its unpark may come a turn late and end this wait
            // for nothing: only the time says whether a wake-up was lost.
            let left = WATCHDOG.saturating_sub(started.elapsed());
            assert!(!left.is_zero(), "nothing woke the future: a lost wake-up");
            thread::park_timeout(left);
        }
    }
}

/// Polls once with a waker that nobody listens to.
pub fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Runs `f` on a thread of its own; fails if it takes longer than the watchdog allows.
pub fn within_watchdog(f: impl FnOnce() + Send + 'static) {
    let (done, finished) = mpsc::channel();
    let worker = thread::spawn(move || {
        f();
        let _ = done.send(());
    });
    match finished.recv_timeout(WATCHDOG) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("still running after {WATCHDOG:?}"),
        // Ended, or panicked: the join says which.
        Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => {}
    }
    if let Err(panic) = worker.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Runs `f` on `threads` threads at once, with the number of each.
pub fn on_threads(threads: usize, f: impl Fn(usize) + Send + Sync + 'static) {
    let f = Arc::new(f);
    let all: Vec<_> = (0..threads)
        .map(|number| {
            let f = f.clone();
            thread::spawn(move || f(number))
        })
        .collect();
    for one in all {
        if let Err(panic) = one.join() {
            std::panic::resume_unwind(panic);
        }
    }
}

/// A value that knows how many of its kind are alive.
#[derive(Debug)]
pub struct Counted {
    pub number: usize,
    alive: Arc<AtomicUsize>,
}

impl Counted {
    pub fn new(number: usize, alive: &Arc<AtomicUsize>) -> Self {
        // Ordering: Relaxed; only the sum counts.
        alive.fetch_add(1, Ordering::Relaxed);
        Self { number, alive: alive.clone() }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        // Ordering: Relaxed; as above. Below zero it wraps, and the test sees that.
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A waker that panics when it is woken.
pub struct PanickingWaker;

impl Wake for PanickingWaker {
    fn wake(self: Arc<Self>) {
        panic!("this waker panics");
    }
}

/// A waker that runs a function when it is woken.
pub struct CallingWaker<F>(pub F);

impl<F: Fn() + Send + Sync + 'static> Wake for CallingWaker<F> {
    fn wake(self: Arc<Self>) {
        (self.0)();
    }
}

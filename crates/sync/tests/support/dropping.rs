//! Dropping futures half-way, again and again, with others at work.

use filch_primitives::atomic::{AtomicBool, Ordering};
use filch_primitives::{hint, thread};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// How many futures each test drops.
pub const DROPS: usize = 10_000;

/// The last `Pending` at which a future is dropped; then it begins with the first again.
const DEPTH: usize = 4;

/// A waker like no other, which wakes nobody.
struct Nobody;

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}

/// Polls futures by hand, and drops each at one `Pending` later than the one before.
#[derive(Debug, Default)]
pub struct Dropper {
    rounds: usize,
    dropped: usize,
}

impl Dropper {
    pub fn is_done(&self) -> bool {
        self.dropped >= DROPS
    }

    /// The output of `future`, if it had one before its turn to be dropped came.
    pub fn attempt<F: Future>(&mut self, future: F) -> Option<F::Output> {
        self.rounds += 1;
        let mut future = pin!(future);
        for pending in 0..=self.rounds % DEPTH {
            // The same waker again, and another one, take different ways.
            let waker = match (self.rounds / DEPTH + pending) % 3 {
                0 => Waker::from(Arc::new(Nobody)),
                _ => Waker::noop().clone(),
            };
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Some(output);
            }
            // Also after the last `Pending`: it may be served, and dropped before it notices.
            give_way(self.rounds);
        }
        self.dropped += 1;
        None
    }
}

/// Nothing, a moment, or a turn for another thread.
fn give_way(round: usize) {
    match round % 32 {
        31 => thread::yield_now(),
        moment => (0..moment).for_each(|_| hint::spin_loop()),
    }
}

/// Calls `each` until it has dropped enough futures, and `others` have ended, each of which is called again and again on a
/// thread of its own. Who waits there for what a dropped future took fails by the watchdog of `block_on`.
pub fn while_others_work<'a>(others: &[&'a (dyn Fn() + Sync)], mut each: impl FnMut(&mut Dropper)) {
    struct Stop<'a>(&'a AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            // Ordering: Relaxed; it carries nothing.
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let stopped = AtomicBool::new(false);
    std::thread::scope(|threads| {
        // Also when `each` panics: the threads must end.
        let stop = Stop(&stopped);
        let stopped = &stopped;
        let run = |other: &'a (dyn Fn() + Sync)| {
            threads.spawn(move || {
                // Ordering: Relaxed; as above.
                while !stopped.load(Ordering::Relaxed) {
                    other();
                }
            })
        };
        let running: Vec<_> = others.iter().map(|other| run(*other)).collect();
        let mut dropper = Dropper::default();
        while !dropper.is_done() {
            each(&mut dropper);
        }
        drop(stop);
        // They may be waiting for what `each` gives.
        while running.iter().any(|one| !one.is_finished()) {
            each(&mut dropper);
        }
    });
}

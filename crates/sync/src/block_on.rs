//! Waits for a future by parking the thread: what the `blocking_*` methods stand on.

use filch_primitives::Duty;
use filch_primitives::atomic::{AtomicBool, Ordering};
use filch_primitives::thread::{self, Thread};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// Wakes one parked thread. The flag keeps a wake-up that arrives before the thread parks, and tells
/// it from somebody else's `unpark` of the same thread.
struct Unpark {
    thread: Thread,
    woken: AtomicBool,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Ordering: Release; pairs with the Acquire in `block_on`: the woken thread sees what its
        // waker saw. A waker that finds the flag set has nothing to add: the thread has yet to poll.
        if !self.woken.swap(true, Ordering::Release) {
            self.thread.unpark();
        }
    }
}

/// Runs `future` to its end on this thread, which sleeps while there is nothing to do; for a method named `what`.
///
/// # Panics
/// On a thread that runs tasks: it would stop them, and so perhaps what it waits for.
#[track_caller]
pub(crate) fn block_on<F: Future>(what: &str, future: F) -> F::Output {
    Duty::assert_none(what);
    let mut future = pin!(future);
    let unpark = Arc::new(Unpark { thread: thread::current(), woken: AtomicBool::new(false) });
    let waker = Waker::from(Arc::clone(&unpark));
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        // Ordering: Acquire; pairs with the Release in `wake_by_ref`.
        while !unpark.woken.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

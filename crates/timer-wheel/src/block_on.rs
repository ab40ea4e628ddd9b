//! The smallest driver there is: one thread, one future, and its timers.

use crate::timers::Timers;
use filch_primitives::sync::Mutex;
use filch_primitives::thread::{self, Thread};
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Instant as Machine;

use filch_primitives::atomic::{AtomicBool, Ordering};

/// How many timers fire between two polls.
const ADVANCE_LIMIT: usize = 1024;

impl Timers {
    /// Runs a future on this thread and its timers with it: this crate alone, without a runtime.
    ///
    /// Several threads may do so with the same `Timers`, and a driver may turn them as well.
    ///
    /// # Panics
    /// Where the future panics.
    ///
    /// ```
    /// use filch_timer_wheel::{Timers, interval};
    /// use std::time::Duration;
    ///
    /// let ticks = Timers::new(1, |_| {}).block_on(async {
    ///     let mut interval = interval(Duration::from_millis(2));
    ///     let first = interval.tick().await;
    ///     interval.tick().await - first
    /// });
    /// assert_eq!(ticks, Duration::from_millis(2));
    /// ```
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _entered = self.handle(0).enter();
        let _waiting = self.core().waiters.join();
        let signal = Arc::new(Signal { woken: AtomicBool::new(true), thread: thread::current() });
        let waker = Waker::from(Arc::clone(&signal));
        let mut context = Context::from_waker(&waker);
        let mut future = pin!(future);
        loop {
            if signal.take() {
                if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                    return output;
                }
            }
            self.advance(self.now(), ADVANCE_LIMIT);
            let deadline = self.next_deadline().and_then(|deadline| self.on_machine(deadline));
            if signal.is_set() || self.jump() {
                continue;
            }
            // Whoever wakes us or arms something earlier leaves a token, so that parking ends.
            match deadline {
                Some(deadline) => {
                    thread::park_timeout(deadline.saturating_duration_since(Machine::now()));
                }
                None => thread::park(),
            }
        }
    }
}

/// The waker of [`Timers::block_on`].
struct Signal {
    woken: AtomicBool,
    thread: Thread,
}

impl Signal {
    fn take(&self) -> bool {
        // Ordering: Acquire; pairs with the Release in `wake_by_ref`: the poll sees what was done
        // before the waking.
        self.woken.swap(false, Ordering::Acquire)
    }

    fn is_set(&self) -> bool {
        // Ordering: Relaxed; a hint. If it is missed, the token that follows it ends the parking.
        self.woken.load(Ordering::Relaxed)
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Ordering: Release; pairs with the Acquire in `take`.
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// The threads in [`Timers::block_on`]: each waits for the earliest deadline it knows of.
#[derive(Default)]
pub(crate) struct Waiters(Mutex<Vec<Thread>>);

impl Waiters {
    fn join(&self) -> Waiting<'_> {
        self.0.lock().push(thread::current());
        Waiting(self)
    }

    /// Makes all of them ask again when to advance.
    pub(crate) fn unpark(&self) {
        for thread in &*self.0.lock() {
            thread.unpark();
        }
    }
}

impl fmt::Debug for Waiters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Waiters").field(&self.0.lock().len()).finish()
    }
}

/// One thread's membership.
struct Waiting<'a>(&'a Waiters);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let this = thread::current().id();
        let mut threads = self.0.0.lock();
        if let Some(at) = threads.iter().position(|thread| thread.id() == this) {
            threads.swap_remove(at);
        }
        drop(threads);
        // This thread may have promised to be awake for a deadline: the others take over.
        self.0.unpark();
    }
}

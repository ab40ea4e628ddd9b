//! The waiter's side of [`Permits`]: the protocol is told in `mod.rs`.

use super::bank::Bank;
use super::{Permits, REFUSED, Refusal, Waiter};
use crate::waiters::Node;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Waits for permits. Dropped, it leaves the queue, and what it was assigned goes to the next.
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct Acquire<'a, B: Bank> {
    permits: &'a Permits<B>,
    node: Node<Waiter>,
    /// Whether the node may be linked. Only the owner looks at it.
    queued: Cell<bool>,
}

// SAFETY: `queued` is touched by `poll` and `drop` alone, which have `&mut`; the rest is `Sync`.
unsafe impl<B: Bank + Sync> Sync for Acquire<'_, B> {}

impl<B: Bank> Future for Acquire<'_, B> {
    type Output = Result<(), Refusal>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // A shared reference only: those who serve the queue look at the node too.
        let this = self.as_ref().get_ref();
        if !this.queued.get() {
            match this.permits.try_acquire_or_wait(this.node.payload.needed) {
                Err(Refusal::TooFew) => {}
                done => return Poll::Ready(done),
            }
            let waker = cx.waker().clone();
            // Already: `enqueue` wakes others, whose wakers may panic, and then `drop` is to take the node out.
            this.queued.set(true);
            // SAFETY: pinned with us, not queued, and cancelled in `drop`.
            let polled = unsafe { this.permits.enqueue(&this.node, waker) };
            this.queued.set(polled.is_pending());
            return polled;
        }
        if let Some(done) = this.outcome() {
            return Poll::Ready(done);
        }
        {
            let _queue = this.permits.queue.lock();
            // SAFETY: the lock is held.
            if unsafe { this.node.will_wake(cx.waker()) } {
                return Poll::Pending;
            }
        }
        // Another waker than last time: cloned, and the old one dropped, outside the lock.
        let waker = cx.waker().clone();
        let queue = this.permits.queue.lock();
        if let Some(done) = this.outcome() {
            return Poll::Ready(done);
        }
        // SAFETY: the lock is held.
        let old = unsafe { this.node.replace_waker(Some(waker)) };
        drop(queue);
        drop(old);
        Poll::Pending
    }
}

impl<'a, B: Bank> Acquire<'a, B> {
    pub(super) fn new(permits: &'a Permits<B>, needed: usize) -> Self {
        let waiter = Waiter { needed, remaining: AtomicUsize::new(needed) };
        Self { permits, node: Node::new(waiter), queued: Cell::new(false) }
    }

    fn outcome(&self) -> Option<Result<(), Refusal>> {
        // Ordering: Acquire; pairs with the Release in `finish`, which see.
        let outcome = match self.node.payload.remaining.load(Ordering::Acquire) {
            0 => Ok(()),
            REFUSED => Err(Refusal::Closed),
            _ => return None,
        };
        self.queued.set(false);
        Some(outcome)
    }
}

impl<B: Bank> Drop for Acquire<'_, B> {
    fn drop(&mut self) {
        if self.queued.get() {
            self.permits.cancel(&self.node);
        }
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;
    use crate::permits::bank::Deposits;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Wake, Waker};

    struct Panics;

    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            resume_unwind(Box::new("a waker's own"));
        }
    }

    #[test]
    fn who_queues_up_and_wakes_another_whose_waker_panics_does_not_stay_in_the_queue() {
        let permits = Permits::new(0, Deposits::new());
        let panics = Waker::from(Arc::new(Panics));
        let mut first = pin!(permits.acquire(1));
        assert!(first.as_mut().poll(&mut Context::from_waker(&panics)).is_pending());
        // Somebody deposits, and has yet to look after those who wait.
        assert!(permits.bank.deposit(1), "the bank is to call");
        {
            let mut second = pin!(permits.acquire(1));
            let mut cx = Context::from_waker(Waker::noop());
            let polled = catch_unwind(AssertUnwindSafe(|| second.as_mut().poll(&mut cx)));
            assert!(polled.is_err(), "the second has served the first");
            assert!(!permits.queue.lock().is_empty(), "and is in the queue itself");
        }
        assert!(permits.queue.lock().is_empty());
        assert_eq!(first.poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(())));
    }
}

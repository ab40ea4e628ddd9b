//! The waiter's side of [`Notify`]: the protocol is told in `mod.rs`.

use super::{EMPTY, LAST, NONE, NOTIFIED, Notify, ONE, STATE, WAITING};
use crate::waiters::Node;
use crate::wakes::Wakes;
use filch_primitives::Budget;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not polled yet; the count of calls when it was made.
    Made(usize),
    /// Queued, or told.
    Queued,
    Through,
}

/// A waiter; `N` is how it holds the [`Notify`].
pub(crate) struct Wait<N: Deref<Target = Notify>> {
    notify: N,
    /// Only the owner looks at it.
    phase: Cell<Phase>,
    node: Node<AtomicUsize>,
}

// SAFETY: `phase` is touched by `poll` and `drop` alone, which have `&mut`; the rest is `Sync`.
unsafe impl<N: Deref<Target = Notify> + Sync> Sync for Wait<N> {}

impl<N: Deref<Target = Notify>> Wait<N> {
    #[inline]
    pub(crate) fn new(notify: N) -> Self {
        let calls = notify.calls();
        Self {
            notify,
            phase: Cell::new(Phase::Made(calls)),
            node: Node::new(AtomicUsize::new(NONE)),
        }
    }

    /// Whether it was not polled yet.
    fn is_new(&self) -> bool {
        matches!(self.phase.get(), Phase::Made(_))
    }

    pub(crate) fn notify(&self) -> &N {
        &self.notify
    }

    /// Ready, or queued with the waker of `cx` if there is one.
    pub(crate) fn poll(self: Pin<&mut Self>, cx: Option<&mut Context<'_>>) -> Poll<()> {
        // A shared reference only: notifiers look at the node too.
        let this = self.as_ref().get_ref();
        match this.phase.get() {
            Phase::Through => Poll::Ready(()),
            Phase::Made(calls) => this.first_poll(calls, cx),
            Phase::Queued => this.poll_again(cx),
        }
    }

    fn first_poll(&self, calls: usize, cx: Option<&mut Context<'_>>) -> Poll<()> {
        // The call first: who is woken by it leaves the kept wake-up to somebody else.
        if self.notify.calls() != calls || self.notify.take_kept(calls) {
            self.phase.set(Phase::Through);
            return Poll::Ready(());
        }
        let waker = cx.map(|cx| cx.waker().clone());
        let mut queue = self.notify.queue.lock();
        // Ordering: Acquire; pairs with the Release of the count and of NOTIFIED.
        let mut state = self.notify.state.load(Ordering::Acquire);
        loop {
            if state & !STATE != calls {
                self.phase.set(Phase::Through);
                return Poll::Ready(());
            }
            let (next, through) = match state & STATE {
                NOTIFIED => (EMPTY, true),
                EMPTY => (WAITING, false),
                // Others wait already: nobody changes that while we have the lock.
                _ => break,
            };
            // Ordering: AcqRel, Acquire on failure; as for the load, and as in `take_kept`.
            match self.notify.state.compare_exchange_weak(
                state,
                (state & !STATE) | next,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) if through => {
                    self.phase.set(Phase::Through);
                    return Poll::Ready(());
                }
                Ok(_) => break,
                Err(actual) => state = actual,
            }
        }
        // SAFETY: the lock is held.
        let none = unsafe { self.node.replace_waker(waker) };
        debug_assert!(none.is_none(), "a waiter that was not linked had a waker");
        // SAFETY: pinned (`poll` has a pin), not linked yet, and taken out in `drop`.
        unsafe { queue.push_back(&self.node) };
        self.phase.set(Phase::Queued);
        Poll::Pending
    }

    fn poll_again(&self, cx: Option<&mut Context<'_>>) -> Poll<()> {
        if self.was_told() {
            return Poll::Ready(());
        }
        let Some(cx) = cx else { return Poll::Pending };
        {
            let _queue = self.notify.queue.lock();
            // SAFETY: the lock is held.
            if unsafe { self.node.will_wake(cx.waker()) } {
                return Poll::Pending;
            }
        }
        // Another waker than last time: cloned, and the old one dropped, outside the lock.
        let waker = cx.waker().clone();
        let queue = self.notify.queue.lock();
        if self.was_told() {
            return Poll::Ready(());
        }
        // SAFETY: the lock is held.
        let old = unsafe { self.node.replace_waker(Some(waker)) };
        drop(queue);
        drop(old);
        Poll::Pending
    }

    fn was_told(&self) -> bool {
        // Ordering: Acquire; pairs with the Release in `tell`, which see.
        let told = self.node.payload.load(Ordering::Acquire) != NONE;
        if told {
            self.phase.set(Phase::Through);
        }
        told
    }
}

impl<N: Deref<Target = Notify>> Drop for Wait<N> {
    fn drop(&mut self) {
        if self.phase.get() != Phase::Queued {
            return;
        }
        let mut wakes = Wakes::new();
        let mut queue = self.notify.queue.lock();
        // SAFETY: a waiter is linked in the queue of its own `Notify` only.
        if unsafe { queue.remove(&self.node) } && queue.is_empty() {
            self.notify.end_waiting();
        }
        // SAFETY: unlinked, and ours.
        let waker = unsafe { self.node.replace_waker(None) };
        // Ordering: Relaxed; stored with the lock held, which we hold.
        let news = self.node.payload.load(Ordering::Relaxed);
        if news == ONE || news == LAST {
            // I2: ours to hand on.
            self.notify.notify_locked(&mut queue, news, &mut wakes);
        }
        drop(queue);
        wakes.wake_all();
        drop(waker);
    }
}

/// Waits for a wake-up. Made by [`Notify::notified`], which see; also for its cancel safety.
///
/// ```
/// let notify = filch_sync::Notify::new();
/// let waiter: filch_sync::futures::Notified<'_> = notify.notified();
/// notify.notify_waiters();
/// futures_lite::future::block_on(waiter);
/// ```
#[must_use = "futures do nothing unless polled"]
pub struct Notified<'a> {
    /// Pinned with the whole.
    wait: Wait<&'a Notify>,
    has_given_way: bool,
}

/// Waits for a wake-up, and borrows nothing. Made by [`Notify::notified_owned`].
///
/// ```
/// let notify = std::sync::Arc::new(filch_sync::Notify::new());
/// let waiter: filch_sync::futures::OwnedNotified = notify.clone().notified_owned();
/// notify.notify_waiters();
/// futures_lite::future::block_on(waiter);
/// ```
#[must_use = "futures do nothing unless polled"]
pub struct OwnedNotified {
    /// Pinned with the whole.
    wait: Wait<Arc<Notify>>,
    has_given_way: bool,
}

macro_rules! waiter {
    ($name:ty, $make:literal) => {
        impl $name {
            /// Takes its place in the queue now, without waiting: a `notify_one` from here on counts for
            /// it. `true` if it is ready already, by a kept wake-up or a `notify_waiters`.
            ///
            /// For waiting on a condition that several notifiers may fulfil: enable, check, await.
            ///
            /// ```
            /// use std::pin::pin;
            ///
            /// let notify = std::sync::Arc::new(filch_sync::Notify::new());
            #[doc = $make]
            /// assert!(!waiter.as_mut().enable());
            /// notify.notify_one();
            /// assert!(waiter.as_mut().enable());
            /// futures_lite::future::block_on(waiter);
            /// ```
            pub fn enable(self: Pin<&mut Self>) -> bool {
                self.project().0.poll(None).is_ready()
            }
        }

        impl Future for $name {
            type Output = ();

            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
                let (wait, has_given_way) = self.project();
                if wait.is_new() {
                    ready!(Budget::take_or_give_way(has_given_way, cx));
                }
                wait.poll(Some(cx))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

waiter!(Notified<'_>, "let mut waiter = pin!(notify.notified());");
waiter!(OwnedNotified, "let mut waiter = pin!(notify.clone().notified_owned());");

impl<'a> Notified<'a> {
    #[inline]
    pub(super) fn new(notify: &'a Notify) -> Self {
        Self { wait: Wait::new(notify), has_given_way: false }
    }

    fn project(self: Pin<&mut Self>) -> (Pin<&mut Wait<&'a Notify>>, &mut bool) {
        // SAFETY: `wait` is not moved: the reference goes into a `Pin` at once.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: pinned whenever the whole is.
        (unsafe { Pin::new_unchecked(&mut this.wait) }, &mut this.has_given_way)
    }
}

impl OwnedNotified {
    #[inline]
    pub(super) fn new(notify: Arc<Notify>) -> Self {
        Self { wait: Wait::new(notify), has_given_way: false }
    }

    fn project(self: Pin<&mut Self>) -> (Pin<&mut Wait<Arc<Notify>>>, &mut bool) {
        // SAFETY: `wait` is not moved: the reference goes into a `Pin` at once.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: pinned whenever the whole is.
        (unsafe { Pin::new_unchecked(&mut this.wait) }, &mut this.has_given_way)
    }
}

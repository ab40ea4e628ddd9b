//! # Notify: wakes a task, and keeps one wake-up for a task that has yet to come
//!
//! ## Layout
//! `state`: bits 0-1 EMPTY, WAITING or NOTIFIED; the rest counts the calls of `notify_waiters`. The queue
//! of waiters stands in a mutex.
//!
//! ## Roles
//! Any thread may call anything. While the state is WAITING, it is changed with the lock held only.
//!
//! ## States
//! | state | meaning |
//! |---|---|
//! | EMPTY | nobody waits, no wake-up is kept |
//! | WAITING | the queue is not empty |
//! | NOTIFIED | nobody waits, one wake-up is kept |
//!
//! ## Transitions
//! 1. `notify_one`: EMPTY or NOTIFIED -> NOTIFIED; WAITING: one waiter out of the queue, with the
//!    lock.
//! 2. `notify_waiters`: the count + 1; WAITING -> EMPTY: all waiters out of the queue.
//! 3. a waiter: NOTIFIED -> EMPTY and it is through; EMPTY -> WAITING and it is in the queue, with
//!    the lock.
//! 4. the last waiter leaves: WAITING -> EMPTY.
//!
//! ## Invariants
//! * I1: WAITING if and only if the queue is not empty (with the lock held).
//! * I2: a waiter that `notify_one` took out either gets ready or hands the wake-up on when it is dropped.
//! * I3: a waiter made before a `notify_waiters` is made ready by it, polled or not (the count tells).
//!
//! ## Ordering
//! | operation | ordering | pairs with | without it |
//! |---|---|---|---|
//! | -> NOTIFIED | AcqRel | NOTIFIED -> EMPTY, AcqRel | the woken task misses what was written before the wake-up |
//! | `news` stored | Release | load in `poll`, Acquire | the same |
//! | the count | AcqRel | load when a waiter is made or queued, Acquire | the same |
//!
//! Liveness: the waiter's EMPTY -> WAITING and the notifier's EMPTY -> NOTIFIED are on one word.
//!
//! ## Checked by
//! `loom-tests/tests/sync_notify.rs`: `notify_one_meets_first_poll`, `notify_one_meets_drop`,
//! `notify_waiters_meets_first_poll`, `two_notifications_two_waiters`.

use crate::const_fn::const_fn;
use crate::waiters::{List, Node};
use crate::wakes::Wakes;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::sync::Mutex;
use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

const EMPTY: usize = 0;
const WAITING: usize = 1;
const NOTIFIED: usize = 2;
const STATE: usize = 3;
/// One call of `notify_waiters`.
const CALL: usize = 4;

/// What a waiter was told.
const NONE: usize = 0;
const ONE: usize = 1;
const LAST: usize = 2;
const ALL: usize = 3;

/// Lets tasks wait until another says that they may go on, without a value.
///
/// [`notify_one`](Self::notify_one) wakes one waiter, or the next that comes if there is none: one wake-up
/// is kept, not more. [`notify_waiters`](Self::notify_waiters) wakes all who wait, and keeps nothing.
///
/// To wait for a condition: make the [`Notified`], check the condition, and only then await.
/// For a value choose [`oneshot`](crate::oneshot) or [`mpsc`](crate::mpsc); for a number of places,
/// [`Semaphore`](crate::Semaphore).
///
/// ```
/// use filch_sync::Notify;
/// use futures_lite::future::block_on;
///
/// let notify = Notify::new();
/// notify.notify_one();
/// notify.notify_one(); // one wake-up is kept, not two
/// block_on(notify.notified());
/// assert!(block_on(futures_lite::future::poll_once(notify.notified())).is_none());
/// ```
pub struct Notify {
    state: AtomicUsize,
    queue: Mutex<List<AtomicUsize>>,
}

impl UnwindSafe for Notify {}
impl RefUnwindSafe for Notify {}

impl Notify {
    const_fn! {
        /// Nobody waits, and no wake-up is kept.
        ///
        /// ```
        /// let notify = filch_sync::Notify::new();
        /// notify.notify_one();
        /// ```
        pub fn new() -> Self {
            Self { state: AtomicUsize::new(EMPTY), queue: Mutex::new(List::new()) }
        }
    }

    const_fn! {
        /// [`new`](Self::new), by the name that it has where `new` is not `const`.
        ///
        /// ```
        /// static READY: filch_sync::Notify = filch_sync::Notify::const_new();
        /// READY.notify_one();
        /// ```
        pub fn const_new() -> Self {
            Self::new()
        }
    }

    /// Waits for a wake-up: the kept one, if there is one, or the next.
    ///
    /// Waiters are served in the order in which they were first polled (or
    /// [enabled](Notified::enable)). A `notify_waiters` counts from the moment this is called.
    ///
    /// # Cancel safety
    /// Safe: a waiter that was woken by `notify_one` and is dropped before it returns hands the wake-up
    /// to the next. It loses its place in the queue.
    ///
    /// ```
    /// let notify = std::sync::Arc::new(filch_sync::Notify::new());
    /// let other = notify.clone();
    /// let thread = std::thread::spawn(move || other.notify_one());
    /// futures_lite::future::block_on(notify.notified());
    /// thread.join().unwrap();
    /// ```
    pub fn notified(&self) -> Notified<'_> {
        Notified(Wait::new(self))
    }

    /// [`notified`](Self::notified), with a future that borrows nothing.
    ///
    /// # Cancel safety
    /// As for [`notified`](Self::notified).
    ///
    /// ```
    /// let notify = std::sync::Arc::new(filch_sync::Notify::new());
    /// let notified = notify.clone().notified_owned();
    /// notify.notify_waiters();
    /// futures_lite::future::block_on(notified);
    /// ```
    pub fn notified_owned(self: Arc<Self>) -> OwnedNotified {
        OwnedNotified(Wait::new(self))
    }

    /// Wakes the waiter that has waited longest; keeps the wake-up for the next if there is none.
    ///
    /// ```
    /// let notify = filch_sync::Notify::new();
    /// notify.notify_one();
    /// futures_lite::future::block_on(notify.notified());
    /// ```
    pub fn notify_one(&self) {
        self.notify(ONE);
    }

    /// Wakes the waiter that came last; keeps the wake-up for the next if there is none.
    ///
    /// ```
    /// let notify = filch_sync::Notify::new();
    /// notify.notify_last();
    /// futures_lite::future::block_on(notify.notified());
    /// ```
    pub fn notify_last(&self) {
        self.notify(LAST);
    }

    /// Wakes all who wait: every [`Notified`] made before this call. Keeps nothing for those made later.
    ///
    /// ```
    /// use futures_lite::future::{block_on, poll_once};
    ///
    /// let notify = filch_sync::Notify::new();
    /// let (first, second) = (notify.notified(), notify.notified());
    /// notify.notify_waiters();
    /// block_on(first);
    /// block_on(second);
    /// assert!(block_on(poll_once(notify.notified())).is_none());
    /// ```
    pub fn notify_waiters(&self) {
        let mut wakes = Wakes::new();
        let mut queue = self.queue.lock();
        while queue
            .pop_front(|node| tell(node, ALL, &mut wakes))
            .is_some()
        {}
        // Ordering: Relaxed; a first guess, which the CAS checks.
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            // A kept wake-up stays.
            let kept = if state & STATE == WAITING {
                EMPTY
            } else {
                state & STATE
            };
            let next = (state & !STATE).wrapping_add(CALL) | kept;
            // Ordering: AcqRel: Release to waiters that find the count changed. Weakened: model
            // `notify_waiters_meets_first_poll`.
            match self
                .state
                .compare_exchange_weak(state, next, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => break,
                Err(actual) => state = actual,
            }
        }
        drop(queue);
        wakes.wake_all();
    }

    fn notify(&self, news: usize) {
        // Ordering: Relaxed; a first guess, which the CAS checks.
        let mut state = self.state.load(Ordering::Relaxed);
        while state & STATE != WAITING {
            // Ordering: AcqRel: Release to the waiter that takes the wake-up, also if one was kept
            // already. Weakened: model `notify_one_meets_first_poll`.
            match self.state.compare_exchange_weak(
                state,
                (state & !STATE) | NOTIFIED,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(actual) => state = actual,
            }
        }
        let mut wakes = Wakes::new();
        self.notify_locked(&mut self.queue.lock(), news, &mut wakes);
        wakes.wake_all();
    }

    /// Wakes one waiter, or keeps the wake-up.
    fn notify_locked(&self, queue: &mut List<AtomicUsize>, news: usize, wakes: &mut Wakes) {
        let told = match news {
            LAST => queue.pop_back(|node| tell(node, news, wakes)),
            _ => queue.pop_front(|node| tell(node, news, wakes)),
        };
        if told.is_none() {
            self.update(|state| if state == WAITING { state } else { NOTIFIED });
        } else if queue.is_empty() {
            self.update(|_| EMPTY);
        }
    }

    /// Changes the state, and leaves the count.
    fn update(&self, f: impl Fn(usize) -> usize) {
        // Ordering: Relaxed; a first guess, which the CAS checks.
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            // Ordering: AcqRel; as in `notify`.
            match self.state.compare_exchange_weak(
                state,
                (state & !STATE) | f(state & STATE),
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(actual) => state = actual,
            }
        }
    }

    /// Takes the kept wake-up, if there is one.
    fn take_kept(&self) -> bool {
        // Ordering: Relaxed; a first guess, which the CAS checks.
        let mut state = self.state.load(Ordering::Relaxed);
        while state & STATE == NOTIFIED {
            // Ordering: AcqRel: Acquire of what came before the wake-up. Weakened: model
            // `notify_one_meets_first_poll`.
            match self.state.compare_exchange_weak(
                state,
                state & !STATE,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(actual) => state = actual,
            }
        }
        false
    }

    fn calls(&self) -> usize {
        // Ordering: Acquire; who finds the count changed sees what came before that `notify_waiters`.
        self.state.load(Ordering::Acquire) & !STATE
    }
}

/// Tells a waiter that was just taken out of the queue.
fn tell(node: &Node<AtomicUsize>, news: usize, wakes: &mut Wakes) {
    // SAFETY: called from `pop_front` and `pop_back`, with the lock held.
    if let Some(waker) = unsafe { node.replace_waker(None) } {
        wakes.push(waker);
    }
    // Ordering: Release; pairs with the Acquire in `Wait::poll`. Weakened: model
    // `two_notifications_two_waiters`. From here on the owner may free the node.
    node.payload.store(news, Ordering::Release);
}

impl Default for Notify {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Ordering: Relaxed; for the eye.
        let state = match self.state.load(Ordering::Relaxed) & STATE {
            EMPTY => "empty",
            WAITING => "waiting",
            _ => "notified",
        };
        f.debug_struct("Notify").field("state", &state).finish()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not polled yet; the count of calls when it was made.
    Made(usize),
    /// Queued, or told.
    Queued,
    Through,
}

/// A waiter; `N` is how it holds the [`Notify`].
struct Wait<N: Deref<Target = Notify>> {
    notify: N,
    /// Only the owner looks at it.
    phase: Cell<Phase>,
    node: Node<AtomicUsize>,
}

// SAFETY: `phase` is touched by `poll` and `drop` alone, which have `&mut`; the rest is `Sync`.
unsafe impl<N: Deref<Target = Notify> + Sync> Sync for Wait<N> {}

impl<N: Deref<Target = Notify>> Wait<N> {
    fn new(notify: N) -> Self {
        let calls = notify.calls();
        Self {
            notify,
            phase: Cell::new(Phase::Made(calls)),
            node: Node::new(AtomicUsize::new(NONE)),
        }
    }

    /// Ready, or queued with the waker of `cx` if there is one.
    fn poll(self: Pin<&mut Self>, cx: Option<&mut Context<'_>>) -> Poll<()> {
        // A shared reference only: notifiers look at the node too.
        let this = self.as_ref().get_ref();
        match this.phase.get() {
            Phase::Through => Poll::Ready(()),
            Phase::Made(calls) => this.first_poll(calls, cx),
            Phase::Queued => this.poll_again(cx),
        }
    }

    fn first_poll(&self, calls: usize, cx: Option<&mut Context<'_>>) -> Poll<()> {
        if self.notify.take_kept() || self.notify.calls() != calls {
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
                _ => (WAITING, false),
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
            self.notify.update(|_| EMPTY);
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
#[must_use = "futures do nothing unless polled"]
pub struct Notified<'a>(Wait<&'a Notify>);

/// Waits for a wake-up, and borrows nothing. Made by [`Notify::notified_owned`].
#[must_use = "futures do nothing unless polled"]
pub struct OwnedNotified(Wait<Arc<Notify>>);

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
                self.wait().poll(None).is_ready()
            }
        }

        impl Future for $name {
            type Output = ();

            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
                self.wait().poll(Some(cx))
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
waiter!(
    OwnedNotified,
    "let mut waiter = pin!(notify.clone().notified_owned());"
);

impl<'a> Notified<'a> {
    fn wait(self: Pin<&mut Self>) -> Pin<&mut Wait<&'a Notify>> {
        // SAFETY: the only field, and pinned with us.
        unsafe { self.map_unchecked_mut(|this| &mut this.0) }
    }
}

impl OwnedNotified {
    fn wait(self: Pin<&mut Self>) -> Pin<&mut Wait<Arc<Notify>>> {
        // SAFETY: the only field, and pinned with us.
        unsafe { self.map_unchecked_mut(|this| &mut this.0) }
    }
}

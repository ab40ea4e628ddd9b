//! # Notify: wakes a task, and keeps one wake-up for a task that has yet to come
//!
//! ## Layout
//! `state`: bits 0-1 EMPTY, WAITING or NOTIFIED; the rest counts the calls of `notify_waiters`. The queue
//! of waiters stands in a mutex. The waiter's side is in `wait.rs`.
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
//! 2. `notify_waiters`: the count + 1; WAITING -> EMPTY: all waiters out of the queue, with the lock.
//! 3. a waiter: NOTIFIED -> EMPTY and it is through; EMPTY -> WAITING and it is in the queue, with
//!    the lock.
//! 4. the last waiter leaves: WAITING -> EMPTY.
//!
//! ## Invariants
//! * I1: WAITING if and only if the queue is not empty (whenever the lock is taken).
//! * I2: a waiter that `notify_one` took out either gets ready or hands the wake-up on when it is dropped.
//! * I3: a waiter made before a `notify_waiters` is made ready by it, polled or not (the count tells).
//! * I4: and a waiter made after another was made ready by it is not; model `told_waiter_finds_the_call_counted`.
//!
//! ## Ordering
//! | operation | ordering | pairs with | without it |
//! |---|---|---|---|
//! | -> NOTIFIED | AcqRel | NOTIFIED -> EMPTY, AcqRel | the woken task misses what was written before the wake-up |
//! | `news` stored | Release | load in `poll`, Acquire | the same |
//! | the count | AcqRel | load when a waiter is made or queued, Acquire | the same |
//! | WAITING -> EMPTY | Release (a store) | the same load | the same: the count in it may be another's |
//!
//! Liveness: the waiter's EMPTY -> WAITING and the notifier's EMPTY -> NOTIFIED are on one word.
//!
//! ## Checked by
//! `loom-tests/tests/sync_notify.rs`: `notify_one_meets_first_poll`, `notify_one_meets_drop`,
//! `notify_waiters_meets_first_poll`, `two_notifications_two_waiters`,
//! `told_waiter_sees_the_notifiers_writes`, `kept_wake_up_carries_the_notifiers_writes`,
//! `counted_call_carries_the_notifiers_writes`, `told_waiter_finds_the_call_counted`.

mod wait;

pub(crate) use wait::Wait;
pub use wait::{Notified, OwnedNotified};

use crate::const_fn::const_fn;
use crate::waiters::{List, Node};
use crate::wakes::Wakes;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::sync::Mutex;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

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
    #[inline]
    pub fn notified(&self) -> Notified<'_> {
        Notified::new(self)
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
    #[inline]
    pub fn notified_owned(self: Arc<Self>) -> OwnedNotified {
        OwnedNotified::new(self)
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
        self.collect_waiters(&mut wakes);
        wakes.wake_all();
    }

    /// [`notify_waiters`](Self::notify_waiters), but for the waking.
    pub(crate) fn collect_waiters(&self, wakes: &mut Wakes) {
        // Ordering: Relaxed; a first guess, which the CAS checks.
        let mut state = self.state.load(Ordering::Relaxed);
        while state & STATE != WAITING {
            match self.count_call(state) {
                Ok(_) => return,
                Err(actual) => state = actual,
            }
        }
        let mut queue = self.queue.lock();
        // Ordering: Relaxed; as above.
        state = self.state.load(Ordering::Relaxed);
        // Counted before anybody is told: who hears of this call finds it counted (I4).
        while let Err(actual) = self.count_call(state) {
            state = actual;
        }
        while queue.pop_front(|node| tell(node, ALL, wakes)).is_some() {}
    }

    /// One call more, and nobody waits; a kept wake-up stays.
    fn count_call(&self, state: usize) -> Result<usize, usize> {
        let kept = if state & STATE == WAITING { EMPTY } else { state & STATE };
        let next = (state & !STATE).wrapping_add(CALL) | kept;
        // Ordering: AcqRel: Release to waiters that find the count changed. Weakened: model
        // `counted_call_carries_the_notifiers_writes`.
        self.state.compare_exchange_weak(state, next, Ordering::AcqRel, Ordering::Relaxed)
    }

    /// Whether `notify_waiters` was ever called.
    #[inline]
    pub(crate) fn was_called(&self) -> bool {
        self.calls() != 0
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
            self.keep();
        } else if queue.is_empty() {
            self.end_waiting();
        }
    }

    /// WAITING -> EMPTY, with the lock held.
    fn end_waiting(&self) {
        // Ordering: Relaxed; while it is WAITING, the word is changed with the lock held.
        let state = self.state.load(Ordering::Relaxed);
        debug_assert_eq!(state & STATE, WAITING, "a queue without a sign");
        // Ordering: Release; who finds the count here sees what came before its last call, as we do: by the lock, or by
        // the exchange that made it WAITING. A store will do: nobody else writes.
        self.state.store(state & !STATE, Ordering::Release);
    }

    /// EMPTY or NOTIFIED -> NOTIFIED.
    fn keep(&self) {
        // Ordering: Relaxed; a first guess, which the CAS checks.
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            // Ordering: AcqRel; as in `notify`.
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
    }

    /// Takes the kept wake-up, if there is one and `notify_waiters` was not called since `calls`.
    fn take_kept(&self, calls: usize) -> bool {
        // Ordering: Relaxed; a first guess, which the CAS checks.
        let mut state = self.state.load(Ordering::Relaxed);
        while state == calls | NOTIFIED {
            // Ordering: AcqRel: Acquire of what came before the wake-up. Weakened: model
            // `kept_wake_up_carries_the_notifiers_writes`.
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

    #[inline]
    fn calls(&self) -> usize {
        // Ordering: Acquire; who finds the count changed sees what came before that
        // `notify_waiters`. Weakened: model `counted_call_carries_the_notifiers_writes`.
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
    // `told_waiter_sees_the_notifiers_writes`. From here on the owner may free the node.
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

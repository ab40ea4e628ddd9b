//! # Readiness: no event of a source is forgotten, and whoever waits for it is woken once
//!
//! ## Layout
//! One 64-bit word per source, two cells for wakers, and a locked list that most sources never use.
//!
//! | bits | meaning |
//! |---|---|
//! | 0-5 | [`Ready`]: what the operating system said and nobody has disproved |
//! | 6 `WAITERS` | somebody waits in the list; changes only under the list's lock |
//! | 7 `SHUTDOWN` | the driver is gone: every wait ends in an error |
//! | 8 `CLOSED` | the source is gone; the slot may not be used before [`open`](Readiness::open) |
//! | 9, 11 `STORED` | a waker for this direction rests in its cell |
//! | 10, 12 `BUSY` | one thread is using this direction's cell; never together with `STORED` |
//! | 13-31 | tick: one more with every event, so that a clear can tell that it comes too late |
//! | 32-63 | generation: one more with every closed source, so that an event can tell that it is stale |
//!
//! ABA budget: a clear is fooled by a multiple of 2^19 events on one source between its look at the
//! word and its compare-exchange; a stale event by 2^32 re-uses of one slot inside one batch of events.
//!
//! ## Roles
//! * event: any number of threads at once; calls [`event`](Readiness::event) and
//!   [`shutdown`](Readiness::shutdown).
//! * poller: any number of threads at once that borrow the source; usually one for each direction.
//!   Calls [`poll_ready`](Readiness::poll_ready), [`poll_waiter`](Readiness::poll_waiter),
//!   [`clear`](Readiness::clear).
//! * owner: the thread that drops the source, after the last poller; calls [`close`](Readiness::close).
//! * allocator: has the slot for itself while it is vacant; calls [`open`](Readiness::open).
//!
//! ## States of one direction's cell
//! | state | bits | who may touch the cell |
//! |---|---|---|
//! | empty | neither | nobody |
//! | stored | `STORED` | nobody; it holds a waker |
//! | busy | `BUSY` | the thread that set the bit |
//! | retired | `CLOSED`, no `BUSY` | the one thread whose transition led there |
//!
//! ## Transitions
//! 1. empty or stored -> busy: `poll_ready`, if the direction is not ready.
//! 2. busy -> stored: `poll_ready`, if it still is not ready.
//! 3. busy -> empty: `poll_ready`, if it became ready; `event`, when it has taken the waker.
//! 4. stored -> busy: `event` and `shutdown`, in the same step that sets the bits.
//! 5. open -> closed: `close`.
//! 6. closed -> vacant, generation + 1: `close`, or the `event` that was the last to be busy.
//!
//! ## Invariants
//! I1. A cell is touched by at most one thread at a time (loom's cells; all models).
//! I2. A poller that got `Pending` is woken by the next event for it (`event_meets_register`).
//! I3. A clear removes only what it has seen (`clear_meets_event`).
//! I4. Exactly one thread is told that the slot is vacant, and no waker is left in it then
//!     (`close_meets_event`).
//! I5. No user code - a waker's clone, drop or wake - runs while a direction is busy or the list is locked.
//!
//! ## Ordering
//! | operation | ordering | pairs with | what breaks without it |
//! |---|---|---|---|
//! | poller: -> busy | Acquire | Release of busy, by an event or a poller | two threads in one cell |
//! | poller: busy -> empty | Release | the next poller's Acquire | the same |
//! | poller: busy -> stored | Release | event's Acquire | an event takes a half-written waker |
//! | event: set bits, stored -> busy | Acquire | poller's Release | the same |
//! | event: busy -> empty | AcqRel | poller's and owner's Acquire; another event's | two threads in one cell |
//! | owner: -> closed | Acquire | poller's and event's Release | the owner drops a waker that is being taken |
//! | clear | Relaxed | - | only the word's own modification order matters |
//!
//! ## Liveness
//! The race: a poller finds the direction not ready; the event arrives; the poller stores its waker.
//! Proof: both are read-modify-writes of one word, hence ordered. Event first: the poller's last step
//! sees the bit and returns ready. Poller first: the event sees `STORED` and wakes. In between (busy):
//! the event sets the bit only, and the poller's last step sees it. A poller that finds the cell busy
//! wakes itself: it meets either an event, which has set the bit it waits for, or another poller of
//! the same direction, which is about to leave. Nobody spins, nobody waits.
//!
//! ## Rejected
//! * A mutex for both wakers: two lock operations per event and per poll.
//! * Go's words, which hold the task itself: a `Waker` is two words and not ours alone.
//! * Leaving the waker in its cell after an event and waking by reference: saves a clone per cycle, but
//!   keeps the last reader's task alive as long as the source.
//! * Letting `close` spin until no event is busy: the event's thread may be preempted in those lines.
//! * One tick per direction: an edge-triggered event reports both directions anyway.
//!
//! ## Checked by
//! `loom-tests/tests/readiness.rs`: all of the above. loom cannot see the kernel: that an edge follows
//! every `WouldBlock` is epoll's promise, tested in `tests/`.

mod word;

pub use word::{Direction, Observed};

use crate::ready::Ready;
use crate::waiters::Waiters;
use filch_primitives::atomic::{AtomicU64, Ordering};
use filch_primitives::cell::UnsafeCell;
use filch_primitives::sync::Mutex;
use std::task::{Poll, Waker};
use word::{ANY_BUSY, CLOSED, GENERATION, SHUTDOWN, TICK, TICK_MASK, WAITERS};

/// What an event has to be followed by: the wakers are to be woken, outside every lock.
#[derive(Debug, Default)]
#[must_use]
pub struct Woken {
    /// The reader's and the writer's.
    pub wakers: [Option<Waker>; 2],
    /// The list's.
    pub waiters: Vec<Waker>,
    /// The source was closed meanwhile, and the slot is the caller's to give back.
    pub is_vacant: bool,
}

impl Woken {
    /// Whether there is anybody to be woken.
    pub fn wakes(&self) -> bool {
        self.wakers.iter().any(Option::is_some) || !self.waiters.is_empty()
    }
}

/// Who gives the slot back after [`Readiness::close`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Closed {
    /// The caller.
    Vacant,
    /// The event that is using it right now.
    ByEvent,
}

/// The readiness of one source, and who waits for it.
#[derive(Debug)]
pub struct Readiness {
    word: AtomicU64,
    cells: [UnsafeCell<Option<Waker>>; 2],
    waiters: Mutex<Option<Box<Waiters>>>,
}

// SAFETY: the cells are what is not Sync; I1 says who may touch them.
unsafe impl Sync for Readiness {}

impl Default for Readiness {
    fn default() -> Self {
        Self::new()
    }
}

impl Readiness {
    /// A vacant slot.
    pub fn new() -> Self {
        Self {
            word: AtomicU64::new(CLOSED),
            cells: [UnsafeCell::new(None), UnsafeCell::new(None)],
            waiters: Mutex::new(None),
        }
    }

    /// Makes a vacant slot a source's, which is assumed to be `ready`; returns its generation.
    pub fn open(&self, ready: Ready) -> u32 {
        // Ordering: Relaxed; the allocator has the slot for itself, through the lock that gave it.
        let word = self.word.load(Ordering::Relaxed);
        debug_assert_eq!(word & CLOSED, CLOSED, "a slot was opened twice");
        let generation = word & !(GENERATION - 1);
        // Ordering: Relaxed; the system call that registers the key orders it before the first event.
        self.word.store(generation | ready.bits(), Ordering::Relaxed);
        (generation >> 32) as u32
    }

    /// Which of the sources that have had this slot has it now.
    pub fn generation(&self) -> u32 {
        // Ordering: Relaxed; `event` looks again.
        (self.word.load(Ordering::Relaxed) >> 32) as u32
    }

    /// Notes that the source of this generation is `ready`.
    pub fn event(&self, generation: u32, ready: Ready) -> Woken {
        self.notify(Some(generation), ready, 0)
    }

    /// Ends every wait, now and later, in an error.
    pub fn shutdown(&self) -> Woken {
        self.notify(None, Ready::ALL, SHUTDOWN)
    }

    fn notify(&self, generation: Option<u32>, ready: Ready, flag: u64) -> Woken {
        // Ordering: Relaxed; a mere guess for the compare-exchange.
        let mut word = self.word.load(Ordering::Relaxed);
        let taken = loop {
            let is_stale = generation.is_some_and(|generation| generation != (word >> 32) as u32);
            if is_stale || word & CLOSED != 0 {
                return Woken::default();
            }
            let tick = word.wrapping_add(TICK) & TICK_MASK;
            let mut next = (word & !TICK_MASK) | tick | flag;
            // A shutdown is no readiness: what is reported to those who look stays true.
            if flag == 0 {
                next |= ready.bits();
            }
            let mut taken = 0;
            for direction in Direction::BOTH {
                if !(ready & direction.mask()).is_empty() && word & direction.stored() != 0 {
                    next ^= direction.stored() | direction.busy();
                    taken |= direction.busy();
                }
            }
            // Ordering: Acquire; pairs with the Release of the poller that stored the waker (I1).
            // Release keeps what this thread knows with the bit, for the poller that sees it.
            match self.word.compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => break taken,
                Err(actual) => word = actual,
            }
        };

        let mut woken = Woken::default();
        if word & WAITERS != 0 {
            self.take_waiters(ready, &mut woken.waiters);
        }
        if taken != 0 {
            for direction in Direction::BOTH {
                if taken & direction.busy() != 0 {
                    woken.wakers[direction as usize] = self.take(direction);
                }
            }
            // Ordering: Release; pairs with the Acquire of the next poller of this cell and of the
            // owner. Acquire: if this was the last busy event, it retires what others have left (I4).
            let before = self.word.fetch_and(!taken, Ordering::AcqRel);
            if before & CLOSED != 0 && before & ANY_BUSY & !taken == 0 {
                self.retire();
                woken.is_vacant = true;
            }
        }
        woken
    }

    /// Whether `direction` is ready; if not, `waker` replaces the one that waited for it before.
    pub fn poll_ready(&self, direction: Direction, waker: &Waker) -> Poll<Observed> {
        let mask = direction.mask();
        let (stored, busy) = (direction.stored(), direction.busy());
        let mut fresh = None;
        // Ordering: Acquire; a poller that sees the bit also sees what led to it.
        let mut word = self.word.load(Ordering::Acquire);
        loop {
            if let Some(observed) = Observed::ending_wait(word, mask) {
                return Poll::Ready(observed);
            }
            if word & busy != 0 {
                waker.wake_by_ref();
                return Poll::Pending;
            }
            // Cloned before the cell is busy: I5.
            if word & stored == 0 && fresh.is_none() {
                fresh = Some(waker.clone());
            }
            let next = (word & !stored) | busy;
            // Ordering: Acquire; pairs with the Release of whoever used the cell last (I1).
            match self.word.compare_exchange_weak(word, next, Ordering::Acquire, Ordering::Acquire)
            {
                Err(actual) => word = actual,
                Ok(_) if word & stored == 0 => {
                    if let Some(fresh) = fresh.take() {
                        self.put(direction, fresh);
                    }
                    break;
                }
                Ok(_) if self.holds(direction, waker) => break,
                Ok(_) => {
                    // Another task's waker: out with it, and again with ours.
                    let other = self.take(direction);
                    // Ordering: Release; pairs with the Acquire of the next user of the cell (I1).
                    // Acquire; as in the load above, because the loop looks at the word again.
                    word = self.word.fetch_and(!busy, Ordering::AcqRel) & !busy;
                    drop(other);
                }
            }
        }

        // Ordering: Relaxed; a mere guess for the compare-exchange.
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            if let Some(observed) = Observed::ending_wait(word, mask) {
                let unused = self.take(direction);
                // Ordering: Release; pairs with the Acquire of the next user of the cell (I1).
                self.word.fetch_and(!busy, Ordering::Release);
                drop(unused);
                return Poll::Ready(observed);
            }
            let next = word ^ (busy | stored);
            // Ordering: Release; pairs with the Acquire of the event that takes the waker (I1, I2).
            match self.word.compare_exchange_weak(word, next, Ordering::Release, Ordering::Acquire)
            {
                Ok(_) => return Poll::Pending,
                Err(actual) => word = actual,
            }
        }
    }

    /// As [`poll_ready`](Self::poll_ready), for any number of tasks and any `mask`. `key` is where the
    /// caller stands in the list; [`remove_waiter`](Self::remove_waiter) takes it out again.
    pub fn poll_waiter(
        &self,
        key: &mut Option<usize>,
        mask: Ready,
        waker: &Waker,
    ) -> Poll<Observed> {
        // Ordering: Acquire; as in `poll_ready`.
        if let Some(observed) = Observed::ending_wait(self.word.load(Ordering::Acquire), mask) {
            return Poll::Ready(observed);
        }
        // Cloned before the lock, and dropped after it: I5.
        let fresh = waker.clone();
        let mut list = self.waiters.lock();
        let waiters = list.get_or_insert_default();
        let unused = match *key {
            Some(key) => waiters.replace(key, fresh),
            None => {
                *key = Some(waiters.insert(mask, fresh));
                None
            }
        };
        // Ordering: Acquire; as in `poll_ready`. An event before this one left its bit for us to see,
        // one after it sees the flag and then waits for the lock (I2).
        let word = self.word.fetch_or(WAITERS, Ordering::Acquire);
        drop(list);
        drop(unused);
        match Observed::ending_wait(word, mask) {
            Some(observed) => Poll::Ready(observed),
            None => Poll::Pending,
        }
    }

    /// Takes the waiter `key` out of the list.
    pub fn remove_waiter(&self, key: usize) {
        let mut list = self.waiters.lock();
        let unused = list.as_mut().and_then(|waiters| waiters.remove(key));
        self.lower_flag(list.as_deref());
        drop(list);
        drop(unused);
    }

    /// What is ready now.
    pub fn observe(&self, mask: Ready) -> Observed {
        // Ordering: Acquire; as in `poll_ready`.
        Observed::of(self.word.load(Ordering::Acquire), mask)
    }

    /// Removes `gone` after an operation that began with `observed` has shown that it is not ready;
    /// `false` if an event came in between, and nothing was removed.
    pub fn clear(&self, observed: Observed, gone: Ready) -> bool {
        // Ordering: Relaxed, here and below; only the order of changes of this word matters (I3).
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            if word & TICK_MASK != observed.tick {
                return false;
            }
            let next = word & !gone.bits();
            // Ordering: Relaxed; see above.
            match self.word.compare_exchange_weak(word, next, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(actual) => word = actual,
            }
        }
    }

    /// The source is gone: no event reaches this slot any more.
    pub fn close(&self) -> Closed {
        // Futures that were leaked may still stand in the list.
        let forgotten = {
            let mut list = self.waiters.lock();
            let forgotten = list.take();
            self.lower_flag(None);
            forgotten
        };
        drop(forgotten);
        // Ordering: Acquire; pairs with the Release of the last user of each cell, whose waker is
        // dropped below (I1). An event that retires the slot instead of us has that from its own
        // Acquire: between the last Release and it there are read-modify-writes only.
        let before = self.word.fetch_or(CLOSED, Ordering::Acquire);
        debug_assert_eq!(before & CLOSED, 0, "a source was closed twice");
        if before & ANY_BUSY != 0 {
            return Closed::ByEvent;
        }
        self.retire();
        Closed::Vacant
    }

    /// Transition 6; the caller is the only one left.
    fn retire(&self) {
        let unused = Direction::BOTH.map(|direction| self.take(direction));
        // Ordering: Relaxed; nobody else changes a closed word's generation.
        let generation =
            (self.word.load(Ordering::Relaxed) & !(GENERATION - 1)).wrapping_add(GENERATION);
        // Ordering: Relaxed; a late event that sees the new generation touches nothing, and the next
        // owner comes through the lock of the free list.
        self.word.store(generation | CLOSED, Ordering::Relaxed);
        drop(unused);
    }

    fn take_waiters(&self, ready: Ready, woken: &mut Vec<Waker>) {
        let mut list = self.waiters.lock();
        if let Some(waiters) = list.as_mut() {
            waiters.take(ready, woken);
        }
        self.lower_flag(list.as_deref());
    }

    /// Under the list's lock: nobody waits, so the next event need not look.
    fn lower_flag(&self, waiters: Option<&Waiters>) {
        if waiters.is_none_or(Waiters::is_idle) {
            // Ordering: Relaxed; the lock orders the list, the flag is only a hint to take it.
            self.word.fetch_and(!WAITERS, Ordering::Relaxed);
        }
    }

    fn holds(&self, direction: Direction, waker: &Waker) -> bool {
        self.cells[direction as usize].with(|cell| {
            // SAFETY: the caller has made the cell busy, or retired it: I1.
            let stored = unsafe { &*cell };
            stored.as_ref().is_some_and(|stored| stored.will_wake(waker))
        })
    }

    fn put(&self, direction: Direction, waker: Waker) {
        self.cells[direction as usize].with_mut(|cell| {
            // SAFETY: the caller has made the cell busy: I1.
            let stored = unsafe { &mut *cell };
            debug_assert!(stored.is_none(), "a waker would be dropped while the cell is busy");
            *stored = Some(waker);
        });
    }

    fn take(&self, direction: Direction) -> Option<Waker> {
        self.cells[direction as usize].with_mut(|cell| {
            // SAFETY: the caller has made the cell busy, or retired it: I1.
            let stored = unsafe { &mut *cell };
            stored.take()
        })
    }
}

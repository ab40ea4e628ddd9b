//! # Permits: a number that many may take from, first come first served
//!
//! The counting semaphore under [`Semaphore`](crate::Semaphore), [`Mutex`](crate::Mutex) and the bounded
//! channel. Taking and returning permits is one read-modify-write on one word while nobody has to wait;
//! a lock is taken only to wait, to stop waiting, and to serve those who wait.
//!
//! ## Layout
//! `word`: bit 0 CLOSED, bit 1 WAITERS, the rest the free permits (at most `MAX_PERMITS`, so that the
//! sum of two numbers of permits cannot overflow the word). The queue of waiters stands in a mutex.
//! `bank`: where one busy giver leaves permits without touching `word`; see `bank.rs`. The waiter's side
//! is in `acquire.rs`.
//!
//! ## Roles
//! Any thread may call anything. `settle` and everything that changes WAITERS needs the lock.
//!
//! ## States of a waiter (`remaining`)
//! | remaining | meaning |
//! |---|---|
//! | n > 0 | linked; n more permits needed, `needed - n` already assigned |
//! | 0 | unlinked; all permits assigned; the owner has not noticed yet |
//! | `REFUSED` | unlinked by `close`; nothing assigned |
//!
//! ## Transitions
//! 1. `try_acquire`: word -n.
//! 2. `release`: word +n, if nobody waits.
//! 3. `enqueue`: word to zero free, WAITERS set, the waiter linked with what was free assigned.
//! 4. `settle`: permits to the waiters in order, the rest to the word; WAITERS cleared with the
//!    last.
//! 5. `cancel`: a waiter leaves; what it was assigned is settled.
//! 6. `close`: CLOSED set; every waiter refused; what they had goes to the word.
//!
//! ## Invariants
//! * I1: WAITERS is set if and only if the queue is not empty (seen with the lock held).
//! * I2: while WAITERS is set, the word has no free permits, so nobody takes one past the queue.
//! * I3: permits are conserved: free + banked + assigned + held changes only by `add` and `forget`.
//! * I4: once CLOSED, the queue stays empty.
//! * I5: while WAITERS is set, the word is changed with the lock held only: `try_acquire` finds nothing to take (I2),
//!   `release` goes to the queue.
//!
//! ## Ordering
//! | operation | ordering | pairs with | without it |
//! |---|---|---|---|
//! | `release` CAS | Release | `try_acquire` CAS, Acquire | the next holder of a `Mutex` misses the last one's writes |
//! | `remaining = 0` | Release | `poll` load, Acquire | the same, for a permit handed to a waiter |
//! | `deposit` | Release | `take`, Acquire | the same, for a permit that went through the bank |
//!
//! Liveness needs no ordering: who finds no permit sets WAITERS by a CAS on the same word that a
//! release changes by a CAS, so one of the two sees the other; with the bank, both are RMWs on its word.
//!
//! ## Rejected
//! * Permits published to the word while somebody waits: shorter locks, but newcomers overtake the queue.
//! * The queue's head in the word (a lock-free stack of waiters): no lock to wait, but leaving the queue,
//!   which is what cancelled futures do, becomes the hard part.
//!
//! ## Checked by
//! `loom-tests/tests/sync_permits.rs`: `released_permit_carries_the_holders_writes`,
//! `handed_permit_carries_the_holders_writes`, `surplus_permit_carries_the_holders_writes`,
//! `contended_lock_is_exclusive`, `release_meets_waiter`, `cancel_meets_assignment`,
//! `close_meets_waiter`, `deposit_meets_waiter`, `banked_permit_carries_the_depositors_writes`.

mod acquire;
pub(crate) mod bank;

pub use acquire::Acquire;

use crate::const_fn::const_fn;
use crate::waiters::{List, Node};
use crate::wakes::Wakes;
use bank::{Bank, Deposits, NoBank};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::sync::{Mutex, MutexGuard};
use std::fmt;
use std::task::{Poll, Waker};

const CLOSED: usize = 1;
const WAITERS: usize = 2;
const SHIFT: u32 = 2;

/// The most permits there may be at once.
pub const MAX_PERMITS: usize = usize::MAX >> 3;

/// `remaining` of a waiter that `close` turned away.
const REFUSED: usize = usize::MAX;

/// Why permits could not be had at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There are not enough of them now.
    TooFew,
    /// There will never be any.
    Closed,
}

/// What a waiter shares with those who serve the queue.
#[derive(Debug)]
pub struct Waiter {
    needed: usize,
    remaining: AtomicUsize,
}

/// A number of permits and the queue for them.
pub struct Permits<B = NoBank> {
    word: AtomicUsize,
    bank: B,
    queue: Mutex<List<Waiter>>,
}

impl<B> Permits<B> {
    const_fn! {
        /// `n` free permits, at most `MAX_PERMITS`.
        pub fn new(n: usize, bank: B) -> Self {
            Self { word: AtomicUsize::new(n << SHIFT), bank, queue: Mutex::new(List::new()) }
        }
    }
}

impl<B: Bank> Permits<B> {
    /// Takes `n` permits if they are free now.
    #[inline]
    pub fn try_acquire(&self, n: usize) -> Result<(), Refusal> {
        // Ordering: Relaxed; a first guess, which the CAS checks.
        self.try_acquire_expecting(self.word.load(Ordering::Relaxed), n, true)
    }

    /// [`try_acquire`](Self::try_acquire) for who waits otherwise, and will look again with the lock held: does without
    /// the lock if the bank has too few. It may overlook those that are on their way from there to the word.
    #[inline]
    pub fn try_acquire_or_wait(&self, n: usize) -> Result<(), Refusal> {
        // Ordering: Relaxed; as above.
        self.try_acquire_expecting(self.word.load(Ordering::Relaxed), n, false)
    }

    /// [`try_acquire`](Self::try_acquire) for who knows that exactly `n` are likely to be free: saves
    /// the load.
    #[inline]
    pub fn try_acquire_all(&self, n: usize) -> Result<(), Refusal> {
        self.try_acquire_expecting(n << SHIFT, n, true)
    }

    #[inline]
    fn try_acquire_expecting(
        &self,
        mut word: usize,
        n: usize,
        thorough: bool,
    ) -> Result<(), Refusal> {
        loop {
            // A wrong guess cannot end up here: a guess is taken as free until the CAS has seen it.
            if word & CLOSED != 0 {
                return Err(self.closed());
            }
            let free = word >> SHIFT;
            if free < n {
                let look = B::MAY_HOLD && (thorough || free + self.bank.peek() >= n);
                return if look { self.collect(n) } else { Err(Refusal::TooFew) };
            }
            // Ordering: Acquire; pairs with the Release in `release`: who takes a permit sees what its
            // last holder did. Weakened: model `released_permit_carries_the_holders_writes`.
            match self.word.compare_exchange_weak(
                word,
                word - (n << SHIFT),
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Ok(()),
                Err(actual) => word = actual,
            }
        }
    }

    /// CLOSED was seen.
    #[cold]
    fn closed(&self) -> Refusal {
        // Ordering: Acquire; a second look at what was found there: who is refused sees what came before `close`.
        // Weakened: model `sync_once::two_make_the_value`.
        self.word.load(Ordering::Acquire);
        Refusal::Closed
    }

    /// Fetches what is in the bank, unless somebody waits for it, and tries again.
    #[cold]
    fn collect(&self, n: usize) -> Result<(), Refusal> {
        let queue = self.queue.lock();
        if !queue.is_empty() {
            return if n == 0 { Ok(()) } else { Err(Refusal::TooFew) };
        }
        self.take_or_restore(n, self.bank.take(false)).map_err(|(refusal, _)| refusal)
    }

    /// Takes `n` from the word and `extra` together; on failure `extra` has gone to the word, which is
    /// returned as it is then. The lock is held and the queue is empty.
    fn take_or_restore(&self, n: usize, extra: usize) -> Result<(), (Refusal, usize)> {
        // Ordering: Relaxed; a first guess, which the CAS checks.
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            let free = (word >> SHIFT) + extra;
            let (left, outcome) = if word & CLOSED != 0 {
                (free, Err(Refusal::Closed))
            } else if free < n {
                (free, Err(Refusal::TooFew))
            } else {
                (free - n, Ok(()))
            };
            if let (0, Err(refusal)) = (extra, outcome) {
                // Nothing to take and nothing to put back. That it was closed, we know by the lock.
                return Err((refusal, word));
            }
            let next = (left << SHIFT) | (word & CLOSED);
            // Ordering: AcqRel; takes permits, as in `try_acquire`, and publishes those of the bank,
            // as in `release`.
            match self.word.compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return outcome.map_err(|refusal| (refusal, next)),
                Err(actual) => word = actual,
            }
        }
    }

    /// Gives `n` permits back, or new ones in; those who wait are served first.
    ///
    /// # Panics
    /// If there were more than `MAX_PERMITS` then.
    #[inline]
    pub fn release(&self, n: usize) {
        // Ordering: Relaxed; a first guess, which the CAS checks.
        self.release_expecting(self.word.load(Ordering::Relaxed), n);
    }

    /// [`release`](Self::release) for who knows that none is likely to be free: saves the load.
    #[inline]
    pub fn release_all(&self, n: usize) {
        self.release_expecting(0, n);
    }

    #[inline]
    fn release_expecting(&self, mut word: usize, n: usize) {
        if n == 0 {
            return;
        }
        loop {
            if word & WAITERS != 0 {
                return self.release_to_waiters(n);
            }
            check_sum(word >> SHIFT, n);
            // Ordering: Release; pairs with the Acquire in `try_acquire`, which see.
            match self.word.compare_exchange_weak(
                word,
                word + (n << SHIFT),
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(actual) => word = actual,
            }
        }
    }

    #[cold]
    fn release_to_waiters(&self, n: usize) {
        let mut wakes = Wakes::new();
        self.settle(&mut self.queue.lock(), n, &mut wakes);
        wakes.wake_all();
    }

    /// Gives `n` permits and what is in the bank to the waiters, in order, and the rest to the word.
    fn settle(&self, queue: &mut List<Waiter>, mut n: usize, wakes: &mut Wakes) {
        n += self.bank.take(!queue.is_empty());
        while let Some(front) = queue.front() {
            // Ordering: Relaxed; a waiter in the queue is changed with the lock held.
            let remaining = front.payload.remaining.load(Ordering::Relaxed);
            if n < remaining {
                // Ordering: Relaxed; as above, and the owner does not act on it.
                front.payload.remaining.store(remaining - n, Ordering::Relaxed);
                return;
            }
            n -= remaining;
            queue.pop_front(|node| finish(node, 0, wakes));
        }
        // The queue is empty: from here on the bank does not call us (I1 for the bank's own flag).
        n += self.bank.take(false);
        // Ordering: Relaxed; a first guess, which the CAS checks.
        let mut word = self.word.load(Ordering::Relaxed);
        if word & WAITERS != 0 {
            check_sum(0, n);
            // Ordering: Release; as in `release`. Weakened: model `surplus_permit_carries_the_holders_writes`. A store
            // will do: while WAITERS is set, the word is changed with the lock held (I5).
            return self.word.store((word & CLOSED) | (n << SHIFT), Ordering::Release);
        }
        // Nobody waited.
        if n == 0 {
            return;
        }
        loop {
            check_sum(word >> SHIFT, n);
            // Ordering: Release; as in `release`.
            match self.word.compare_exchange_weak(
                word,
                word + (n << SHIFT),
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(actual) => word = actual,
            }
        }
    }

    /// Takes at most `n` free permits away for good; how many it were.
    pub fn forget(&self, n: usize) -> usize {
        // Ordering: Relaxed; a first guess, which the CAS checks.
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            let taken = n.min(word >> SHIFT);
            // Ordering: Acquire; as in `try_acquire`.
            match self.word.compare_exchange_weak(
                word,
                word - (taken << SHIFT),
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return taken,
                Err(actual) => word = actual,
            }
        }
    }

    /// Free permits, those in the bank included.
    pub fn available(&self) -> usize {
        // Permits move from the bank to the word with the lock held: without it they could be counted
        // twice, or not at all.
        let _queue: Option<MutexGuard<'_, _>> = B::MAY_HOLD.then(|| self.queue.lock());
        // Ordering: Acquire; who counts the permits back sees what their holders did.
        (self.word.load(Ordering::Acquire) >> SHIFT) + self.bank.peek()
    }

    /// Whether [`close`](Self::close) was called.
    #[inline]
    pub fn is_closed(&self) -> bool {
        // Ordering: Acquire; who sees the end sees what came before it.
        self.word.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Refuses those who wait, and whoever comes later.
    pub fn close(&self) {
        let mut wakes = Wakes::new();
        let mut queue = self.queue.lock();
        // Ordering: AcqRel; as in `release` and `try_acquire`.
        self.word.fetch_or(CLOSED, Ordering::AcqRel);
        let mut assigned = 0;
        while let Some(given) = queue.pop_front(|node| {
            // Ordering: Relaxed; with the lock held.
            let remaining = node.payload.remaining.load(Ordering::Relaxed);
            finish(node, REFUSED, &mut wakes);
            node.payload.needed - remaining
        }) {
            assigned += given;
        }
        self.settle(&mut queue, assigned, &mut wakes);
        drop(queue);
        wakes.wake_all();
    }

    /// Waits for `n` permits, behind those who came before.
    pub fn acquire(&self, n: usize) -> Acquire<'_, B> {
        Acquire::new(self, n)
    }

    /// Links `node`, unless its permits are free or never will be.
    ///
    /// # Safety
    /// `node` is pinned and not linked, and is cancelled before it goes.
    unsafe fn enqueue(&self, node: &Node<Waiter>, waker: Waker) -> Poll<Result<(), Refusal>> {
        let needed = node.payload.needed;
        let mut wakes = Wakes::new();
        let mut queue = self.queue.lock();
        let mut banked = if queue.is_empty() { self.bank.take(false) } else { 0 };
        while queue.is_empty() {
            let word = match self.take_or_restore(needed, banked) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err((Refusal::Closed, _)) => return Poll::Ready(Err(Refusal::Closed)),
                Err((Refusal::TooFew, word)) => word,
            };
            // Ordering: Acquire; takes permits, as in `try_acquire`. This CAS and the one of `release`
            // are on one word: the release sees WAITERS, or we see its permits and try again.
            let parked = self.word.compare_exchange_weak(
                word,
                WAITERS,
                Ordering::Acquire,
                Ordering::Relaxed,
            );
            if parked.is_ok() {
                // Ordering: Relaxed; not linked yet.
                node.payload.remaining.store(needed - (word >> SHIFT), Ordering::Relaxed);
                break;
            }
            banked = 0;
        }
        // SAFETY: pinned, unlinked, cancelled in time: this function's contract.
        unsafe { queue.push_back(node) };
        // `settle` makes the bank call, and fetches what came to it before it knew.
        self.settle(&mut queue, 0, &mut wakes);
        // Ordering: Relaxed; with the lock held.
        if node.payload.remaining.load(Ordering::Relaxed) == 0 {
            drop(queue);
            wakes.wake_all();
            return Poll::Ready(Ok(()));
        }
        // SAFETY: the lock is held.
        let none = unsafe { node.replace_waker(Some(waker)) };
        debug_assert!(none.is_none(), "a waiter that was not linked had a waker");
        drop(queue);
        wakes.wake_all();
        Poll::Pending
    }

    /// A waiter goes before its time; what it was assigned goes to the next.
    fn cancel(&self, node: &Node<Waiter>) {
        let mut wakes = Wakes::new();
        let mut queue = self.queue.lock();
        // SAFETY: nodes of these permits are linked in this queue only.
        unsafe { queue.remove(node) };
        // Ordering: Relaxed; written with the lock held, which we hold.
        let remaining = node.payload.remaining.load(Ordering::Relaxed);
        // SAFETY: unlinked, and ours.
        let waker = unsafe { node.replace_waker(None) };
        if remaining != REFUSED {
            self.settle(&mut queue, node.payload.needed - remaining, &mut wakes);
        }
        drop(queue);
        wakes.wake_all();
        drop(waker);
    }
}

impl Permits<Deposits> {
    /// As [`release`](Permits::release), for the one who does it all the time: leaves the permits in
    /// the bank unless somebody waits.
    #[inline]
    pub fn deposit(&self, n: usize) {
        if self.bank.deposit(n) {
            self.release_to_waiters(0);
        }
    }
}

/// Ends the wait of a node that was just unlinked.
fn finish(node: &Node<Waiter>, remaining: usize, wakes: &mut Wakes) {
    // SAFETY: called from `pop_front`, with the lock held.
    if let Some(waker) = unsafe { node.replace_waker(None) } {
        wakes.push(waker);
    }
    // Ordering: Release; pairs with the Acquire in `Acquire::poll`. Weakened: model
    // `handed_permit_carries_the_holders_writes`. From here on the owner may free the node.
    node.payload.remaining.store(remaining, Ordering::Release);
}

#[inline]
fn check_sum(free: usize, n: usize) {
    assert!(
        n <= MAX_PERMITS - free,
        "{free} free permits and {n} more would exceed MAX_PERMITS ({MAX_PERMITS})"
    );
}

impl<B: Bank> fmt::Debug for Permits<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permits")
            .field("available", &self.available())
            .field("closed", &self.is_closed())
            .finish()
    }
}

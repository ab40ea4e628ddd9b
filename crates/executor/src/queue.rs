//! # Local queue: one worker pushes and pops, any thread steals half; nothing is lost or doubled
//!
//! ## Layout
//! `head` and `tail` are free-running `usize` counters, each on its own cache line; slot `i` of the
//! ring is `i & mask`. On a 64-bit machine a counter does not come round within the life of a
//! process, so a `head` that compares equal is the same `head` (no ABA). Slots are `AtomicPtr`: a
//! thief may look at one that the owner is about to write again, and must then see either pointer,
//! never half of one.
//!
//! ## Roles
//! * owner: the one thread that holds [`Local`]: `push`, `pop`.
//! * thief: any thread that holds a [`Stealer`]: `steal_into`, with its own [`Local`] as target.
//!
//! ## States
//! | range | meaning | who may touch the slots |
//! |---|---|---|
//! | `head..tail` | queued | anyone reads; whoever moves `head` past a slot owns what it read there |
//! | `tail..head + capacity` | free | the owner writes |
//!
//! ## Transitions
//! 1. `push`: owner writes slot `tail`, then `tail += 1`.
//! 2. `pop`: owner reads slot `head`, then `head += 1` by compare-exchange.
//! 3. `steal_into`: thief reads up to half of the slots into free slots of its own ring, then moves
//!    `head` past them by one compare-exchange; only if that succeeds does it publish its own `tail`.
//!
//! ## Invariants
//! * I1: `head <= tail <= head + capacity`, asserted in `push`; model `conserves_items`.
//! * I2: a slot in `head..tail` was written before `tail` passed it; model `thief_meets_push`.
//! * I3: an item leaves by exactly one successful compare-exchange on `head`; model `pop_meets_steal`.
//! * I4: a slot is not written again before everyone who claimed it has read it; argued below, because loom
//!   never lets a load read a store of the future.
//!
//! ## Ordering
//! | operation | ordering | pairs with | what breaks without it |
//! |---|---|---|---|
//! | `tail.store` in `push` | Release | `tail.load` of a thief | a thief takes what the slot held a lap ago (I2) |
//! | `tail.load` in `steal_into` | Acquire | the store above | the same (I2) |
//! | `head` compare-exchange of a thief | Release | `head.load` in `push` | the owner's next lap overwrites a slot that the thief has still to read (I4) |
//! | `head.load` in `push` | Acquire | the exchange above | the same (I4) |
//!
//! Why I4 holds: a thief's reads come before its exchange (Release), the owner's `push` reads a `head` that is
//! that exchange or one after it (Acquire; read-modify-writes continue the release sequence), and writes the
//! slot after that. A read that happens before a write does not see it.
//!
//! ## Liveness
//! `push` and `pop` of the owner retry only when a thief succeeded. A thief gives up with
//! [`Steal::Retry`] after a few lost races, so it never spins behind a busy owner.
//!
//! ## Rejected
//! Two heads packed in one word (claim, copy, release): it lets only one thief in at a time and costs
//! two exchanges a steal. Copying first and claiming after needs one and admits any number of thieves;
//! the price, slots that must be atomic, is nothing on the machines that matter.
//! `crossbeam_deque::Worker`: loom cannot look inside, and its head and tail share a cache line.
//!
//! ## Checked by
//! `loom-tests/tests/queue.rs`: `conserves_items`, `thief_meets_push`, `pop_meets_steal`,
//! `stolen_items_are_stolen_again`, `wrap_meets_steal`, `two_thieves`,
//! `a_length_is_never_negative`. loom does not see I4, nor the cost of false sharing.

use filch_primitives::CachePadded;
use filch_primitives::atomic::{AtomicPtr, AtomicUsize, Ordering};
use filch_primitives::sync::Arc;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// Something that fits in a slot: an owned value that can be turned into a thin pointer and back.
///
/// # Safety
/// `from_raw(into_raw(x))` must give back `x`, on whichever thread it happens.
pub unsafe trait Pointer: Send {
    /// Gives the value up for a pointer that stands for it.
    fn into_raw(self) -> NonNull<()>;

    /// Takes the value back.
    ///
    /// # Safety
    /// `raw` came from `into_raw` and is taken back only once.
    unsafe fn from_raw(raw: NonNull<()>) -> Self;
}

// SAFETY: Box's own round trip.
unsafe impl<T: Send> Pointer for Box<T> {
    fn into_raw(self) -> NonNull<()> {
        NonNull::from(Box::leak(self)).cast()
    }

    unsafe fn from_raw(raw: NonNull<()>) -> Self {
        // SAFETY: by the caller's promise this is the pointer of a leaked Box, taken back once.
        unsafe { Box::from_raw(raw.cast().as_ptr()) }
    }
}

/// What an attempt to steal came to.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Steal<T> {
    /// There was nothing.
    Empty,
    /// The first of the stolen items; the others are in the thief's queue, which now holds `rest`.
    Success {
        /// The oldest item, to be run at once.
        first: T,
        /// How many more were moved.
        rest: usize,
    },
    /// Others were faster several times over; there may still be something.
    Retry,
}

/// How often a thief tries again after losing a race.
const STEAL_ATTEMPTS: usize = 4;

struct Ring<T> {
    head: CachePadded<AtomicUsize>,
    tail: CachePadded<AtomicUsize>,
    slots: Box<[AtomicPtr<()>]>,
    mask: usize,
    items: PhantomData<T>,
}

// SAFETY: items go from thread to thread through it (`Pointer: Send`) and are never lent out.
unsafe impl<T: Pointer> Send for Ring<T> {}
// SAFETY: as above.
unsafe impl<T: Pointer> Sync for Ring<T> {}

impl<T> Ring<T> {
    fn slot(&self, index: usize) -> &AtomicPtr<()> {
        &self.slots[index & self.mask]
    }
}

/// The owner's end. Not `Clone`, and `push` and `pop` take `&mut self`: one owner by construction.
pub struct Local<T: Pointer> {
    ring: Arc<Ring<T>>,
}

/// A thief's end.
pub struct Stealer<T: Pointer> {
    ring: Arc<Ring<T>>,
}

/// A queue for up to `capacity` items, which must be a power of two.
///
/// # Panics
/// If `capacity` is not a power of two or less than 2.
pub fn new<T: Pointer>(capacity: usize) -> (Local<T>, Stealer<T>) {
    assert!(
        capacity.is_power_of_two() && capacity >= 2,
        "the capacity of a local queue must be a power of two of at least 2, not {capacity}"
    );
    let ring = Arc::new(Ring {
        head: CachePadded::new(AtomicUsize::new(0)),
        tail: CachePadded::new(AtomicUsize::new(0)),
        slots: (0..capacity).map(|_| AtomicPtr::new(std::ptr::null_mut())).collect(),
        mask: capacity - 1,
        items: PhantomData,
    });
    (Local { ring: ring.clone() }, Stealer { ring })
}

impl<T: Pointer> Local<T> {
    /// How many items are queued; exact for the owner unless a thief is at work.
    pub fn len(&self) -> usize {
        // Ordering: Relaxed; only the owner writes it, and we are the owner.
        let tail = self.ring.tail.load(Ordering::Relaxed);
        // Ordering: Relaxed; a hint, no slot is touched for it.
        let head = self.ring.head.load(Ordering::Relaxed);
        tail.wrapping_sub(head)
    }

    /// Appends `item`, or gives it back if the queue is full.
    #[inline]
    pub fn push(&mut self, item: T) -> Result<(), T> {
        // Ordering: Relaxed; only the owner writes it, and we are the owner.
        let tail = self.ring.tail.load(Ordering::Relaxed);
        // Ordering: Acquire; pairs with the Release exchange of a thief: its reads of the slots it
        // claimed come before we write them again (I4). loom cannot see it weakened.
        let head = self.ring.head.load(Ordering::Acquire);
        let len = tail.wrapping_sub(head);
        if len > self.ring.mask {
            debug_assert!(len == self.ring.mask + 1, "inconsistent queue: {len} items");
            return Err(item);
        }
        // Ordering: Relaxed; published by the store to `tail` below.
        self.ring.slot(tail).store(item.into_raw().as_ptr(), Ordering::Relaxed);
        // Ordering: Release; pairs with the Acquire load of `tail` by a thief (I2). Weakened: model
        // `thief_meets_push`.
        self.ring.tail.store(tail.wrapping_add(1), Ordering::Release);
        Ok(())
    }

    /// Takes the oldest item.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        // Ordering: Relaxed; only the owner writes it, and we are the owner.
        let tail = self.ring.tail.load(Ordering::Relaxed);
        // Ordering: Relaxed; the exchange below decides.
        let mut head = self.ring.head.load(Ordering::Relaxed);
        while head != tail {
            // Ordering: Relaxed; the slot was written by this thread, and no thief's write depends on
            // ours. A thief's Release before it stays visible to `push`: read-modify-writes continue
            // its release sequence.
            match self.ring.head.compare_exchange_weak(
                head,
                head.wrapping_add(1),
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Some(self.take(head)),
                Err(now) => head = now,
            }
        }
        None
    }

    /// Turns the slot `index`, which the owner has claimed and not written since, back into its item.
    fn take(&self, index: usize) -> T {
        // Ordering: Relaxed; written by this thread.
        let raw = self.ring.slot(index).load(Ordering::Relaxed);
        let raw = NonNull::new(raw).expect("inconsistent queue: an empty slot below tail");
        // SAFETY: (1) it is an item: `index` was in `head..tail` (I2). (2) taken once: our exchange
        // moved `head` past it (I3).
        unsafe { T::from_raw(raw) }
    }
}

impl<T: Pointer> Drop for Local<T> {
    fn drop(&mut self) {
        while let Some(item) = self.pop() {
            drop(item);
        }
    }
}

impl<T: Pointer> Stealer<T> {
    /// Whether there was nothing a moment ago.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many items there were a moment ago.
    pub fn len(&self) -> usize {
        // Ordering: Relaxed, both; a hint, no slot is touched for it. Who depends on it has fenced (see
        // `idle.rs`).
        let head = self.ring.head.load(Ordering::Relaxed);
        let tail = self.ring.tail.load(Ordering::Relaxed);
        // `tail` may be read from before `head` passed it: then there is nothing.
        let len = tail.wrapping_sub(head);
        if len > self.ring.slots.len() { 0 } else { len }
    }

    /// Moves the older half of the queue, rounded up, to `into`, and hands out its first item.
    ///
    /// Takes no more than `into` has room for besides the first.
    pub fn steal_into(&self, into: &mut Local<T>) -> Steal<T> {
        debug_assert!(!Arc::ptr_eq(&self.ring, &into.ring), "a queue cannot steal from itself");
        // Ordering: Relaxed; only its owner writes it, and the owner lent us `into`.
        let into_tail = into.ring.tail.load(Ordering::Relaxed);
        // Ordering: Acquire; as in `push`: we are about to write the free slots of `into`.
        let into_head = into.ring.head.load(Ordering::Acquire);
        let room = into.ring.slots.len() - into_tail.wrapping_sub(into_head);

        for _ in 0..STEAL_ATTEMPTS {
            // Ordering: Relaxed; the exchange below decides whether it is still so.
            let head = self.ring.head.load(Ordering::Relaxed);
            // Ordering: Acquire; pairs with the Release store in `push`: the slots below it are
            // written (I2). Weakened: model `thief_meets_push`.
            let tail = self.ring.tail.load(Ordering::Acquire);
            let len = tail.wrapping_sub(head);
            if len == 0 {
                return Steal::Empty;
            }
            if len > self.ring.slots.len() {
                // The two are not of one moment: look again.
                continue;
            }
            let count = (len - len / 2).min(room + 1);
            // Ordering: Relaxed; ordered by `tail` above and validated by the exchange below.
            let first = self.ring.slot(head).load(Ordering::Relaxed);
            for offset in 1..count {
                // Ordering: Relaxed; as above.
                let raw = self.ring.slot(head.wrapping_add(offset)).load(Ordering::Relaxed);
                // Ordering: Relaxed; a free slot of our own, published below if the claim succeeds.
                into.ring.slot(into_tail.wrapping_add(offset - 1)).store(raw, Ordering::Relaxed);
            }
            // Ordering: Release; our reads of the slots come before the owner's next lap, which
            // acquires this (I4). loom cannot see it weakened. Failure Relaxed: starts over.
            if self
                .ring
                .head
                .compare_exchange(
                    head,
                    head.wrapping_add(count),
                    Ordering::Release,
                    Ordering::Relaxed,
                )
                .is_err()
            {
                continue;
            }
            // Ordering: Release; publishes the copied slots to other thieves, as in `push` (I2).
            into.ring.tail.store(into_tail.wrapping_add(count - 1), Ordering::Release);
            let first = NonNull::new(first).expect("inconsistent queue: an empty slot below tail");
            // SAFETY: (1) it is an item: the slot was in `head..tail` (I2). (2) taken once: our
            // exchange moved `head` past it, so what we read was not overwritten (I3, I4).
            let first = unsafe { T::from_raw(first) };
            return Steal::Success { first, rest: count - 1 };
        }
        Steal::Retry
    }
}

impl<T: Pointer> Clone for Stealer<T> {
    fn clone(&self) -> Self {
        Self { ring: self.ring.clone() }
    }
}

impl<T: Pointer> fmt::Debug for Local<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl<T: Pointer> fmt::Debug for Stealer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stealer").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;

    #[test]
    fn is_first_in_first_out() {
        let (mut local, _stealer) = new::<Box<u32>>(4);
        assert!((0..4).all(|i| local.push(Box::new(i)).is_ok()));
        assert_eq!(*local.push(Box::new(4)).unwrap_err(), 4);
        let popped: Vec<u32> = std::iter::from_fn(|| local.pop()).map(|item| *item).collect();
        assert_eq!(popped, [0, 1, 2, 3]);
    }

    #[test]
    fn a_thief_takes_the_older_half_rounded_up() {
        let (mut victim, stealer) = new::<Box<u32>>(8);
        let (mut thief, _) = new::<Box<u32>>(8);
        for i in 0..5 {
            victim.push(Box::new(i)).unwrap();
        }
        assert_eq!(stealer.steal_into(&mut thief), Steal::Success { first: Box::new(0), rest: 2 });
        assert_eq!(thief.pop().as_deref(), Some(&1));
        assert_eq!(thief.pop().as_deref(), Some(&2));
        assert_eq!(victim.pop().as_deref(), Some(&3));
    }

    #[test]
    fn a_thief_takes_no_more_than_it_has_room_for() {
        let (mut victim, stealer) = new::<Box<u32>>(8);
        let (mut thief, _) = new::<Box<u32>>(2);
        for i in 0..8 {
            victim.push(Box::new(i)).unwrap();
        }
        assert_eq!(stealer.steal_into(&mut thief), Steal::Success { first: Box::new(0), rest: 2 });
        assert_eq!(stealer.steal_into(&mut thief), Steal::Success { first: Box::new(3), rest: 0 });
        assert_eq!(victim.len(), 4);
    }

    #[test]
    fn an_empty_queue_has_nothing_to_steal() {
        let (_victim, stealer) = new::<Box<u32>>(2);
        let (mut thief, _) = new::<Box<u32>>(2);
        assert_eq!(stealer.steal_into(&mut thief), Steal::Empty);
    }
}

//! # mpsc list: messages in blocks, from many senders to one receiver, in the order of their claims
//!
//! ## Layout
//! `tail.position`: bit 0 CLOSED, bit 1 LAST, the rest the index that the next sender claims. Of every
//! `LAP = SLOTS + 1` indices the last stands for no slot: while the tail is there, the next block is being
//! put in place. 64 bits, because a CAS that slept through a whole turn of the counter would claim a slot
//! of a freed block: 2^62 messages are 146 years at one a nanosecond.
//! A slot has a state and a value; a block has SLOTS slots and the way to the next block.
//!
//! ## Roles
//! Senders (any thread) claim and fill. The receiver (one thread at a time) pops, waits, and frees blocks.
//!
//! ## States of a slot
//! | state | meaning | who may touch the value |
//! |---|---|---|
//! | EMPTY | not filled yet | the sender that claimed it |
//! | WAITING | the same, and the receiver sleeps on it | the sender that claimed it |
//! | FULL | filled | the receiver |
//! | END | no message, and none behind it | nobody |
//!
//! ## Transitions
//! 1. `claim`: the index + 1, by CAS; the claimer of a block's last slot puts the next block in
//!    place.
//! 2. `fill`: EMPTY or WAITING -> FULL (or END, by `end`); who finds WAITING wakes the receiver.
//! 3. `wait`: EMPTY -> WAITING at the head.
//! 4. `pop`: reads FULL, moves the head; behind a block's last slot it frees the block.
//! 5. `close`: CLOSED, after which `claim` refuses, unless the sender was admitted before.
//!
//! ## Invariants
//! * I1: an index is claimed by one sender (CAS), and the block read between the load and the CAS of the
//!   position is the block of that index: the block changes only while the position stands at a gap.
//! * I2: filling its slot is a sender's last access to the block; so when all slots are popped, nobody is in
//!   it, and the receiver frees it.
//! * I3: the next block is in place before the last slot of a block is FULL.
//! * I4: a value is read once: by `pop`, which moves the head, or by `drop`.
//!
//! ## Ordering
//! | operation | ordering | pairs with | without it |
//! |---|---|---|---|
//! | position past a gap | Release | load of the position, Acquire | an index is used with the block before its own |
//! | `fill` swap | AcqRel | load in `pop`, Acquire; CAS in `wait`, Release | an unwritten value is read; the receiver's waker is not seen |
//!
//! Liveness: the receiver's WAITING and the sender's FULL are read-modify-writes on one slot: either the
//! sender finds WAITING and wakes, or the receiver's CAS fails and it takes the message. No other word
//! takes part, and a sender that finds EMPTY wakes nobody.
//!
//! ## Rejected
//! * A ring with the capacity's size (Vyukov): no blocks to allocate, but a channel for a million messages
//!   takes their memory at once, and the unbounded channel needs this list anyway.
//! * Claiming with a fetch-add: one attempt always suffices, but a sender that slept between its claim and
//!   the look for its block may find it freed, and what guards against that costs more than the CAS.
//! * Keeping emptied blocks: one allocation in SLOTS messages is not measurable.
//!
//! ## Checked by
//! `loom-tests/tests/sync_list.rs`: `senders_meet_at_a_block_end`, `fill_meets_wait`, `end_meets_wait`,
//! `close_meets_claim`, `unread_messages_are_dropped`, `wait_publishes_the_receivers_writes`.

use crate::drop_each::drop_each;
use filch_primitives::CachePadded;
use filch_primitives::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};
use filch_primitives::cell::UnsafeCell;
use filch_primitives::{hint, thread};
use std::fmt;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

const CLOSED: u64 = 1;
const LAST: u64 = 2;
const SHIFT: u32 = 2;
const ONE: u64 = 1 << SHIFT;

const EMPTY: u32 = 0;
const WAITING: u32 = 1;
const FULL: u32 = 2;
const END: u32 = 3;

/// How often to look again before the thread is offered to others.
const SPINS: u32 = 32;

struct Slot<T> {
    state: AtomicU32,
    value: UnsafeCell<MaybeUninit<T>>,
}

struct Block<T, const SLOTS: usize> {
    next: AtomicPtr<Block<T, SLOTS>>,
    slots: [Slot<T>; SLOTS],
}

impl<T, const SLOTS: usize> Block<T, SLOTS> {
    /// Made where it stays: a block of large messages does not fit on the stack.
    fn new() -> Box<Self> {
        let mut block = Box::<Self>::new_uninit();
        let this = block.as_mut_ptr();
        // SAFETY: `this` points to room for a block; no reference to what is not written is made.
        let next = unsafe { &raw mut (*this).next };
        // SAFETY: as above.
        unsafe { next.write(AtomicPtr::new(ptr::null_mut())) };
        for index in 0..SLOTS {
            // SAFETY: as above; `index` is in the array.
            let slot = unsafe { &raw mut (*this).slots[index] };
            let empty = Slot {
                state: AtomicU32::new(EMPTY),
                value: UnsafeCell::new(MaybeUninit::uninit()),
            };
            // SAFETY: as above.
            unsafe { slot.write(empty) };
        }
        // SAFETY: every field is written.
        unsafe { block.assume_init() }
    }
}

struct Tail<T, const SLOTS: usize> {
    position: AtomicU64,
    block: AtomicPtr<Block<T, SLOTS>>,
}

/// The receiver's side.
struct Head<T, const SLOTS: usize> {
    block: NonNull<Block<T, SLOTS>>,
    /// The next slot in `block`; less than SLOTS.
    slot: usize,
    popped: u64,
}

/// What the receiver finds at the head.
#[derive(Debug, PartialEq, Eq)]
pub enum Popped<T> {
    /// The next message.
    Message(T),
    /// Nothing yet.
    Nothing,
    /// Nothing, now and ever: all senders are gone.
    End,
}

impl<T> Popped<T> {
    /// The message, if it is one.
    pub fn message(self) -> Option<T> {
        match self {
            Self::Message(message) => Some(message),
            Self::Nothing | Self::End => None,
        }
    }
}

/// A queue without bounds.
pub struct List<T, const SLOTS: usize> {
    tail: CachePadded<Tail<T, SLOTS>>,
    head: CachePadded<UnsafeCell<Head<T, SLOTS>>>,
}

// SAFETY: messages travel through the list to another thread.
unsafe impl<T: Send, const SLOTS: usize> Send for List<T, SLOTS> {}
// SAFETY: as above; `head` is the receiver's, by the contracts of the functions that use it.
unsafe impl<T: Send, const SLOTS: usize> Sync for List<T, SLOTS> {}

impl<T, const SLOTS: usize> Default for List<T, SLOTS> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const SLOTS: usize> List<T, SLOTS> {
    const LAP: u64 = SLOTS as u64 + 1;

    /// An empty list with its first block.
    pub fn new() -> Self {
        let block = NonNull::from(Box::leak(Block::new()));
        Self {
            tail: CachePadded::new(Tail {
                position: AtomicU64::new(0),
                block: AtomicPtr::new(block.as_ptr()),
            }),
            head: CachePadded::new(UnsafeCell::new(Head { block, slot: 0, popped: 0 })),
        }
    }

    /// Appends `value`, closed or not; whether the receiver must be woken.
    #[must_use = "the receiver sleeps"]
    pub fn push_admitted(&self, value: T) -> bool {
        match self.claim(0, 0) {
            Some(slot) => fill(slot, value),
            None => unreachable!("an admitted message was refused"),
        }
    }

    /// Appends `value` unless the list is closed; whether the receiver must be woken.
    pub fn push(&self, value: T) -> Result<bool, T> {
        match self.claim(CLOSED, 0) {
            Some(slot) => Ok(fill(slot, value)),
            None => Err(value),
        }
    }

    /// Appends the end, after the last sender's last message; whether the receiver must be woken.
    #[must_use = "the receiver sleeps"]
    pub fn end(&self) -> bool {
        let Some(slot) = self.claim(LAST, LAST) else {
            return false;
        };
        // SAFETY: claimed and not filled: the block is alive (I2).
        let slot = unsafe { slot.as_ref() };
        // Ordering: AcqRel; as in `fill`.
        slot.state.swap(END, Ordering::AcqRel) == WAITING
    }

    /// Claims the next index, unless one of the bits of `refuse` is set; sets the bits of `mark`.
    fn claim(&self, refuse: u64, mark: u64) -> Option<NonNull<Slot<T>>> {
        let mut next: Option<Box<Block<T, SLOTS>>> = None;
        let mut spins = 0;
        loop {
            // Ordering: Acquire; pairs with the Release of the position past a gap (I1). Weakened: model
            // `unread_messages_are_dropped`.
            let position = self.tail.position.load(Ordering::Acquire);
            if position & refuse != 0 {
                return None;
            }
            let offset = (position >> SHIFT) % Self::LAP;
            // A gap: another sender puts the next block in place.
            if offset == SLOTS as u64 {
                pause(&mut spins);
                continue;
            }
            // Ordering: Relaxed; the Acquire above made this block visible, and a later one makes the CAS
            // below fail (I1).
            let block = self.tail.block.load(Ordering::Relaxed);
            let fills_block = offset + 1 == SLOTS as u64;
            if fills_block && next.is_none() {
                // Before the claim: whoever claims holds up the receiver, and allocating may panic.
                next = Some(Block::new());
            }
            // Ordering: Relaxed; a claim only orders claims. As a read-modify-write it keeps what was
            // released at the last gap; the message travels by its slot.
            let claimed = self.tail.position.compare_exchange_weak(
                position,
                (position + ONE) | mark,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            if claimed.is_err() {
                hint::spin_loop();
                continue;
            }
            // SAFETY: our slot is claimed and not filled, so the block is alive (I1, I2).
            let block = unsafe { &*block };
            if let Some(next) = next.filter(|_| fills_block) {
                let next = Box::into_raw(next);
                // Ordering: Relaxed; published by the position.
                self.tail.block.store(next, Ordering::Relaxed);
                // Ordering: Release; pairs with the Acquire load above. A read-modify-write: CLOSED may
                // have been set.
                self.tail.position.fetch_add(ONE, Ordering::Release);
                // Ordering: Relaxed; published with our slot, which we fill after this (I3).
                block.next.store(next, Ordering::Relaxed);
            }
            return Some(NonNull::from(&block.slots[offset as usize]));
        }
    }

    /// Refuses what is pushed from here on.
    pub fn close(&self) {
        // Ordering: AcqRel; claims and the end of claims are in one order.
        self.tail.position.fetch_or(CLOSED, Ordering::AcqRel);
    }

    /// Whether [`close`](Self::close) was called.
    pub fn is_closed(&self) -> bool {
        // Ordering: Acquire; who sees the end sees what came before it.
        self.tail.position.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Takes the message at the head.
    ///
    /// # Safety
    /// One thread at a time: the receiver's.
    #[inline]
    pub unsafe fn pop(&self) -> Popped<T> {
        // SAFETY: the head is the receiver's, by this function's contract.
        self.head.with_mut(|head| pop(unsafe { &mut *head }))
    }

    /// Makes the next sender wake the receiver. `false` if there is something to pop.
    ///
    /// # Safety
    /// As for [`pop`](Self::pop).
    #[must_use = "there may be something to pop"]
    pub unsafe fn wait(&self) -> bool {
        self.head.with(|head| {
            // SAFETY: the head is the receiver's, by this function's contract.
            let head = unsafe { &*head };
            // SAFETY: the head's block is freed by nobody else.
            let block = unsafe { head.block.as_ref() };
            // Ordering: Release: the sender that finds WAITING finds the receiver's waker too. Weakened:
            // model `wait_publishes_the_receivers_writes`. Relaxed on failure: `pop` reads again.
            let waiting = block.slots[head.slot].state.compare_exchange(
                EMPTY,
                WAITING,
                Ordering::Release,
                Ordering::Relaxed,
            );
            matches!(waiting, Ok(_) | Err(WAITING))
        })
    }

    /// How many messages were claimed and not popped; those being filled at this moment are counted.
    ///
    /// # Safety
    /// As for [`pop`](Self::pop).
    pub unsafe fn len(&self) -> usize {
        // Ordering: Acquire; what is counted happened.
        let position = self.tail.position.load(Ordering::Acquire);
        let index = position >> SHIFT;
        let claimed = index / Self::LAP * SLOTS as u64 + (index % Self::LAP).min(SLOTS as u64);
        let end = u64::from(position & LAST != 0);
        // SAFETY: the head is the receiver's, by this function's contract.
        let popped = self.head.with(|head| unsafe { (*head).popped });
        (claimed - end - popped) as usize
    }

    /// As [`pop`](Self::pop), but waits for a message that is being filled: no message whose sending
    /// ended before this call stays behind one whose sender was interrupted.
    ///
    /// # Safety
    /// As for [`pop`](Self::pop).
    pub unsafe fn pop_claimed(&self) -> Popped<T> {
        let mut spins = 0;
        loop {
            // SAFETY: the receiver's, by this function's contract.
            let popped = unsafe { self.pop() };
            // SAFETY: as above.
            if !matches!(popped, Popped::Nothing) || unsafe { self.len() } == 0 {
                return popped;
            }
            pause(&mut spins);
        }
    }
}

fn pause(spins: &mut u32) {
    *spins += 1;
    if *spins % SPINS == 0 {
        thread::yield_now();
    } else {
        hint::spin_loop();
    }
}

/// Puts `value` into a claimed slot; whether the receiver must be woken.
fn fill<T>(slot: NonNull<Slot<T>>, value: T) -> bool {
    // SAFETY: claimed and not filled: the block is alive (I2).
    let slot = unsafe { slot.as_ref() };
    slot.value.with_mut(|place| {
        // SAFETY: ours until it is FULL.
        unsafe { (*place).write(value) };
    });
    // Ordering: AcqRel: Release publishes the value; Acquire of the receiver's waker. Weakened: models
    // `fill_meets_wait`, `wait_publishes_the_receivers_writes`. Our last access to the block (I2).
    slot.state.swap(FULL, Ordering::AcqRel) == WAITING
}

fn pop<T, const SLOTS: usize>(head: &mut Head<T, SLOTS>) -> Popped<T> {
    // SAFETY: the head's block is freed below, and by nobody else.
    let block = unsafe { head.block.as_ref() };
    let slot = &block.slots[head.slot];
    // Ordering: Acquire; pairs with the Release in `fill`. Weakened: model `fill_meets_wait`.
    match slot.state.load(Ordering::Acquire) {
        FULL => {}
        END => return Popped::End,
        _ => return Popped::Nothing,
    }
    let value = slot.value.with(|place| {
        // SAFETY: a slot's value is alive as long as its block.
        let place = unsafe { &*place };
        // SAFETY: FULL, so written, and ours; the head moves past it, so it is read once (I4).
        unsafe { place.assume_init_read() }
    });
    head.popped += 1;
    head.slot += 1;
    if head.slot == SLOTS {
        // Ordering: Relaxed; the last slot was FULL, and with it this came (I3).
        let next = block.next.load(Ordering::Relaxed);
        let next = NonNull::new(next).expect("a full block without a next one");
        // SAFETY: all its slots are popped: nobody is in it any more (I2), and it was leaked from a box.
        drop(unsafe { Box::from_raw(head.block.as_ptr()) });
        head.block = next;
        head.slot = 0;
    }
    Popped::Message(value)
}

impl<T, const SLOTS: usize> Drop for List<T, SLOTS> {
    fn drop(&mut self) {
        let _freed = FreeBlocks(self);
        // SAFETY: `&mut self`: nobody else is here.
        drop_each(|| unsafe { self.pop() }.message());
    }
}

/// Frees what is left of a list that is dropped, also if a message panics: the last block, and the one behind it if the
/// end took the last slot.
struct FreeBlocks<'a, T, const SLOTS: usize>(&'a List<T, SLOTS>);

impl<T, const SLOTS: usize> Drop for FreeBlocks<'_, T, SLOTS> {
    fn drop(&mut self) {
        // SAFETY: made in the list's drop: nobody else is here.
        let mut next = Some(self.0.head.with(|head| unsafe { (*head).block }));
        while let Some(block) = next {
            // SAFETY: leaked from a box, and freed by nobody else: those before the head are not in here.
            let block = unsafe { Box::from_raw(block.as_ptr()) };
            // Ordering: Relaxed; nobody else is here.
            next = NonNull::new(block.next.load(Ordering::Relaxed));
        }
    }
}

impl<T, const SLOTS: usize> fmt::Debug for List<T, SLOTS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").field("is_closed", &self.is_closed()).finish_non_exhaustive()
    }
}

//! # Ring: the last so many words that one thread wrote, readable by others while it writes on
//!
//! A word is 8 bytes and stands for itself, so none is ever torn. To write one costs a plain store. The words are in
//! chunks; a chunk is emptied before it is used again, and what is not zero in it has been written.
//!
//! ## Layout
//! * `slots`: the words, chunk after chunk. The chunk of number `n` is at `n` modulo their count.
//! * `begun`: how many chunks were announced. 64 bits (or 32) of chunks do not come round while somebody reads.
//! * `open`: how many were begun and emptied; `begun`, or one less.
//! * [`Space`]: what is left of the current chunk, in the hands of the writer.
//!
//! ## Roles
//! * writer: one thread at a time: `begin_chunk`, `Space::push`; the role passes on by a synchronisation of the
//!   callers' own.
//! * reader: any thread: `begun`, `position`, `snapshot`. It never waits, and nobody waits for it.
//!
//! ## States
//! | a chunk is | when | a reader finds |
//! |---|---|---|
//! | announced | its number + 1 is `begun`, and more than `open` | nothing: it does not look |
//! | current | its number + 1 is `open` | what is written so far, then zeros |
//! | whole | the ring has not come round | its words; zeros at its end if it was left early |
//! | overwritten | `begun` is more than its number + the count of chunks | anything: what it read does not count |
//!
//! ## Transitions
//! 1. `begin_chunk`: announces the next chunk in `begun`; release fence; empties its slots; opens it in `open`.
//! 2. `Space::push`: stores the next word of the chunk; `Space::replace_last` makes another one of it.
//! 3. `snapshot`: reads `open`, copies the chunks before it that stand, acquire fence, reads `begun`: what was announced
//!    by then in their place is thrown away.
//!
//! ## Invariants
//! * I1: `snapshot` returns only words that were written to the chunk of that number, in their order, from its first
//!   one on; model `reader_meets_the_next_lap`.
//! * I2: what the reader was told of by other means is in the snapshot, or overwritten; model
//!   `what_was_told_is_there`.
//!
//! ## Ordering
//! | operation | ordering | pairs with | what breaks without it |
//! |---|---|---|---|
//! | fence in `begin_chunk` | Release | fence in `snapshot` | a reader finds the words of the next lap and the announcement of the last one (I1) |
//! | fence in `snapshot` | Acquire | fence in `begin_chunk` | the same |
//! | store of `open` in `begin_chunk` | Release | load of `open` | a reader finds the words of the lap before in a chunk that is being emptied (I1) |
//! | load of `open` | Acquire | store of `open` | the same |
//! | every other load and store | Relaxed | - | I2 is coherence: a load that comes after a store in happens-before sees it |
//!
//! Within a chunk a reader may see a word and not yet the one before it: it takes what comes before the first zero.
//!
//! ## Liveness
//! Nobody waits.
//!
//! ## Rejected
//! A count of words that the writer publishes with each: a second store, and a load of where it is. A lock that the
//! owner holds while it writes (`biased.rs`): two stores more for each word, and a reader has to wait for an owner
//! that was preempted inside. A bit in each word that says in which lap it was written, instead of emptying: a chunk that
//! is left early shows words of two laps ago.
//!
//! ## Checked by
//! `loom-tests/tests/record_ring.rs`: `reader_meets_the_next_lap`, `what_was_told_is_there`.

use filch_primitives::atomic::{AtomicU64, AtomicUsize, Ordering, fence};
use std::cell::Cell;
use std::fmt;
use std::num::NonZeroU64;
use std::ptr;

/// How often a reader begins again because a chunk was overwritten meanwhile; then it does without that chunk.
const ATTEMPTS: usize = 4;

/// See the head of this file.
pub struct Ring {
    slots: Box<[AtomicU64]>,
    /// Words in a chunk.
    chunk: usize,
    begun: AtomicUsize,
    open: AtomicUsize,
}

/// Chunks as a reader found them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The number of the first one.
    pub first: usize,
    /// Their words.
    pub chunks: Vec<Vec<u64>>,
}

impl Ring {
    /// Room for `chunks` chunks of `chunk` words each.
    pub fn new(chunks: usize, chunk: usize) -> Self {
        assert!(chunks > 1 && chunk > 0, "a ring has two chunks or more");
        let slots = (0..chunks * chunk).map(|_| AtomicU64::new(0)).collect();
        Self { slots, chunk, begun: AtomicUsize::new(0), open: AtomicUsize::new(0) }
    }

    /// How many chunks there is room for.
    pub fn chunks(&self) -> usize {
        self.slots.len() / self.chunk
    }

    fn slots_of(&self, number: usize) -> &[AtomicU64] {
        let start = number % self.chunks() * self.chunk;
        &self.slots[start..start + self.chunk]
    }

    /// How many chunks were announced.
    pub fn begun(&self) -> usize {
        // Ordering: Relaxed; see I2.
        self.begun.load(Ordering::Relaxed)
    }

    /// Empties the next chunk for the writer; `overwritten` is given what is in it.
    ///
    /// # Safety
    /// The caller is the writer. It gives up what is left of the chunk before.
    pub unsafe fn begin_chunk(&self, space: &Space, mut overwritten: impl FnMut(u64)) {
        // Ordering: Relaxed; only the writer stores it.
        let number = self.begun.load(Ordering::Relaxed);
        // Ordering: Relaxed; the fence publishes it before anything that is stored in the chunk (I1).
        self.begun.store(number.wrapping_add(1), Ordering::Relaxed);
        // Ordering: Release; pairs with the Acquire fence of `snapshot` (I1). Without it: model
        // `reader_meets_the_next_lap`.
        fence(Ordering::Release);
        let slots = self.slots_of(number);
        for slot in slots {
            // Ordering: Relaxed; the writer's own words.
            overwritten(slot.load(Ordering::Relaxed));
            // Ordering: Relaxed; behind the fence.
            slot.store(0, Ordering::Relaxed);
        }
        // Ordering: Release; pairs with the Acquire in `opened` (I1). Weakened: model `reader_meets_the_next_lap`.
        self.open.store(number.wrapping_add(1), Ordering::Release);
        let slots = slots.as_ptr_range();
        space.next.set(slots.start);
        space.end.set(slots.end);
    }

    /// How many chunks there are that somebody may read, or might have.
    fn opened(&self) -> usize {
        // Ordering: Acquire; pairs with the Release in `begin_chunk` (I1). Weakened: model
        // `reader_meets_the_next_lap`.
        self.open.load(Ordering::Acquire)
    }

    /// Where the writer is: every word before is written, no other one was a moment ago.
    pub fn position(&self) -> usize {
        let Some(current) = self.opened().checked_sub(1) else { return 0 };
        // Ordering: Relaxed; a hint.
        let is_written = |slot: &AtomicU64| slot.load(Ordering::Relaxed) != 0;
        current * self.chunk + self.slots_of(current).partition_point(is_written)
    }

    /// The words that stand, of the chunks from number `from` on.
    pub fn snapshot(&self, from: usize) -> Snapshot {
        let mut attempt = 0;
        loop {
            let open = self.opened();
            let first = from.max(open.saturating_sub(self.chunks()));
            let mut chunks: Vec<_> = (first..open).map(|number| self.words_of(number)).collect();
            // Ordering: Acquire; pairs with the Release fence of `begin_chunk` (I1). Without it: model
            // `reader_meets_the_next_lap`.
            fence(Ordering::Acquire);
            let stands_from = self.begun().saturating_sub(self.chunks());
            attempt += 1;
            if stands_from > first && attempt < ATTEMPTS {
                continue;
            }
            let gone = stands_from.saturating_sub(first).min(chunks.len());
            return Snapshot { first: first + gone, chunks: chunks.split_off(gone) };
        }
    }

    fn words_of(&self, number: usize) -> Vec<u64> {
        // Ordering: Relaxed; see I2.
        let words = self.slots_of(number).iter().map(|slot| slot.load(Ordering::Relaxed));
        words.take_while(|&word| word != 0).collect()
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").field("begun", &self.begun()).finish_non_exhaustive()
    }
}

/// What is left of the chunk that a writer has begun, or none.
#[derive(Debug)]
pub struct Space {
    next: Cell<*const AtomicU64>,
    end: Cell<*const AtomicU64>,
}

// SAFETY: two pointers to atomics; whoever follows them answers for the ring (`push`).
unsafe impl Send for Space {}

impl Space {
    /// None: nothing can be written.
    pub const fn none() -> Self {
        Self { next: Cell::new(ptr::null()), end: Cell::new(ptr::null()) }
    }

    /// Whether there is any.
    #[inline(always)]
    pub fn is_some(&self) -> bool {
        !self.next.get().is_null()
    }

    /// Gives up what is left.
    pub fn clear(&self) {
        self.swap(&Self::none());
    }

    /// Takes over what `other` has left.
    pub fn swap(&self, other: &Self) {
        self.next.swap(&other.next);
        self.end.swap(&other.end);
    }

    /// Makes `new` of the last word if that is `old`; whether it was. A reader finds the one or the other.
    ///
    /// # Safety
    /// As for [`push`](Self::push), and a word was written to the chunk.
    #[inline(always)]
    pub unsafe fn replace_last(&self, old: NonZeroU64, new: NonZeroU64) -> bool {
        // SAFETY: by the caller's promise it is a slot of the current chunk.
        let slot = unsafe { &*self.next.get().wrapping_sub(1) };
        // Ordering: Relaxed; the writer's own word.
        let is_old = slot.load(Ordering::Relaxed) == old.get();
        if is_old {
            // Ordering: Relaxed; behind the fence of `begin_chunk`.
            slot.store(new.get(), Ordering::Relaxed);
        }
        is_old
    }

    /// Writes `word`. `true` if the chunk is full: then another one is to be begun before the next word.
    ///
    /// # Safety
    /// There is space, it is from the `begin_chunk` before, and the ring stands.
    #[inline(always)]
    #[must_use = "a full chunk is to be followed by another"]
    pub unsafe fn push(&self, word: NonZeroU64) -> bool {
        let next = self.next.get();
        // SAFETY: by the caller's promise it is a slot of the current chunk.
        let slot = unsafe { &*next };
        // Ordering: Relaxed; behind the fence of `begin_chunk`.
        slot.store(word.get(), Ordering::Relaxed);
        let next = next.wrapping_add(1);
        self.next.set(next);
        next == self.end.get()
    }
}

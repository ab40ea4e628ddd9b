//! # Progress: which poll a worker is in, as others see it
//!
//! A look from outside gets the number of the poll and what is polled in it, or nothing, if the worker is just
//! going from one poll to the next; never the number of one poll and the task of another.
//!
//! ## Layout
//! `begun` and `published` count the polls; between the two stores stand what is polled: two words that the
//! caller chooses, here the task's id and its spawn site. Nothing in it points at the task, which may be
//! freed at any time.
//!
//! ## Roles
//! * worker: one thread at a time, `begin`, `rest`; the role passes on by a synchronisation of the callers' own.
//! * observer: any thread, `look`, `begun`.
//!
//! ## States
//! | `published` | what is polled |
//! |---|---|
//! | as `begun` | what both words say; [`NOTHING`] while the worker is in no poll |
//! | one behind | being written |
//!
//! ## Transitions
//! 1. `begin`: counts `begun` up, writes the words, counts `published` up.
//! 2. `rest`: the same, with [`NOTHING`].
//!
//! ## Invariants
//! * I1: what `look` returns belongs together; models `a_look_meets_the_next_poll`.
//! * I2: two looks with the same number saw one and the same poll, and nothing in between; by I1, as the count
//!   does not come round.
//!
//! ## Ordering
//! | operation | ordering | pairs with | what breaks without it |
//! |---|---|---|---|
//! | fence in `begin` | Release | fence in `look` | the words of the next poll with the number of this one (I1) |
//! | fence in `look` | Acquire | fence in `begin` | the same |
//! | store of `published` | Release | load of it in `look` | the words of the poll before (I1) |
//! | load of `published` | Acquire | store of it | the same |
//!
//! ## Liveness
//! Nobody waits. A look that meets the worker on its way is told so, and has seen that the worker makes
//! progress.
//!
//! ## Rejected
//! A pointer to the task: it would have to be kept alive for whoever looks, by a count or a claim for each
//! poll. One count, written before the words: a worker that loses its processor between the two would be
//! taken for stuck in the task before.
//!
//! ## Checked by
//! `loom-tests/tests/progress.rs`: `a_look_meets_the_next_poll`, `a_look_meets_a_rest`.

use filch_primitives::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering, fence};
use std::fmt;
use std::ptr;

/// The number of what is polled, while nothing is.
pub const NOTHING: u64 = 0;

/// See the head of this file.
pub struct Progress<S: 'static> {
    begun: AtomicUsize,
    published: AtomicUsize,
    what: AtomicU64,
    whence: AtomicPtr<S>,
}

/// A poll, as it was seen.
#[derive(Debug)]
pub struct Seen<S: 'static> {
    /// Which of the worker's polls.
    pub number: usize,
    /// What is polled, and where it comes from.
    pub what: u64,
    /// See `what`.
    pub whence: &'static S,
}

impl<S: Sync> Progress<S> {
    /// In no poll.
    pub fn new() -> Self {
        Self {
            begun: AtomicUsize::new(0),
            published: AtomicUsize::new(0),
            what: AtomicU64::new(NOTHING),
            whence: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// The worker begins to poll `what`, which is not [`NOTHING`].
    #[inline]
    pub fn begin(&self, what: u64, whence: &'static S) {
        self.publish(what, ptr::from_ref(whence).cast_mut());
    }

    /// The worker is in no poll from here on.
    pub fn rest(&self) {
        self.publish(NOTHING, ptr::null_mut());
    }

    #[inline]
    fn publish(&self, what: u64, whence: *mut S) {
        // Ordering: Relaxed; only the worker writes it.
        let number = self.begun.load(Ordering::Relaxed).wrapping_add(1);
        // Ordering: Relaxed; the fence orders it before the words.
        self.begun.store(number, Ordering::Relaxed);
        // Ordering: Release fence; pairs with the one in `look`: who sees a word of this poll sees that it has
        // begun (I1). Without it: model `a_look_meets_the_next_poll`.
        fence(Ordering::Release);
        // Ordering: Relaxed; between the fence and the Release.
        self.what.store(what, Ordering::Relaxed);
        // Ordering: Relaxed; as above.
        self.whence.store(whence, Ordering::Relaxed);
        // Ordering: Release; pairs with the Acquire in `look` (I1). Weakened: model `a_look_meets_the_next_poll`.
        self.published.store(number, Ordering::Release);
    }

    /// How many polls have begun, rests included: a sign of life.
    #[inline]
    pub fn begun(&self) -> usize {
        // Ordering: Relaxed; a hint.
        self.begun.load(Ordering::Relaxed)
    }

    /// The poll that the worker is in; `None` if it is in none, or on its way to one.
    pub fn look(&self) -> Option<Seen<S>> {
        // Ordering: Acquire; pairs with the Release in `publish` (I1). Weakened: model
        // `a_look_meets_the_next_poll`.
        let number = self.published.load(Ordering::Acquire);
        // Ordering: Relaxed; between the Acquire and the fence.
        let what = self.what.load(Ordering::Relaxed);
        // Ordering: Relaxed; as above.
        let whence = self.whence.load(Ordering::Relaxed);
        // Ordering: Acquire fence; pairs with the one in `publish` (I1). Without it: model
        // `a_look_meets_the_next_poll`.
        fence(Ordering::Acquire);
        // Ordering: Relaxed; behind the fence.
        if self.begun.load(Ordering::Relaxed) != number || what == NOTHING {
            return None;
        }
        // SAFETY: the words belong together (I1), and `begin` wrote this one from a `&'static`.
        let whence = unsafe { whence.as_ref() }?;
        Some(Seen { number, what, whence })
    }
}

impl<S: Sync> Default for Progress<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Sync> fmt::Debug for Progress<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress").field("begun", &self.begun()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_poll_is_seen_until_the_next_one_or_a_rest() {
        static SITE: u8 = 7;
        let progress = Progress::new();
        assert!(progress.look().is_none());
        progress.begin(3, &SITE);
        let first = progress.look().expect("it is in a poll");
        assert_eq!((first.what, *first.whence), (3, 7));
        progress.begin(3, &SITE);
        let second = progress.look().expect("it is in a poll");
        assert_ne!(first.number, second.number, "polls of one task are told apart");
        progress.rest();
        assert!(progress.look().is_none());
        assert_eq!(progress.begun(), 3);
    }
}

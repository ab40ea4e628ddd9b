//! # Injector: tasks from outside the workers, and what overflowed a local queue
//!
//! ## Layout
//! `filch_primitives::queue::Injector`: crossbeam's segmented queue when it ships, a locked one under
//! loom, which cannot look inside crossbeam.
//!
//! ## Roles
//! * submitter: any thread: `push`.
//! * worker: `pop`, `pop_batch`.
//!
//! ## Invariants
//! * I1: an item leaves once, the oldest first; models `conserves_items`, `batch_is_fair`.
//!
//! ## Ordering
//! The queue's own. That a submitter which finds all workers asleep wakes one is `idle.rs`.
//!
//! ## Liveness
//! Not lock-free to the letter: crossbeam's queue is a list of blocks. A `push` that comes just when a block is full waits for
//! the one that is adding the next; a `pop` waits for the `push` that has its place and has not written it yet. Each is a few
//! instructions, but a thread may lose its processor in them, and who waits spins, then yields. Otherwise a `pop`
//! retries only when another pop succeeded. The models cannot tell: a locked queue stands in for crossbeam's there.
//!
//! ## Rejected
//! A mutex around a linked list: with two submitters or more it is the bottleneck of the whole runtime.
//!
//! ## Checked by
//! `loom-tests/tests/injector.rs`: `conserves_items`, `batch_is_fair`, `hand_over_wakes_a_sleeper`.

use crate::queue::Pointer;
use filch_primitives::queue::Injector as Queue;

/// How many tasks one worker takes at a time, at most: a cache line's worth of pointers several times
/// over.
const BATCH: usize = 32;

/// The queue that all workers share; see the head of this file.
#[derive(Debug)]
pub struct Injector<T>(Queue<T>);

impl<T: Pointer> Injector<T> {
    /// An empty queue.
    pub fn new() -> Self {
        Self(Queue::new())
    }

    /// Appends `item`.
    pub fn push(&self, item: T) {
        self.0.push(item);
    }

    /// Takes the oldest item.
    pub fn pop(&self) -> Option<T> {
        if self.0.is_empty() { None } else { self.0.pop() }
    }

    /// Takes the oldest item, and gives the caller's share of the others to `take`: one part in `workers`,
    /// so that each finds something.
    pub fn pop_batch(&self, workers: usize, take: impl FnMut(T)) -> Option<T> {
        let first = self.pop()?;
        let share = (self.0.len() / workers.max(1)).min(BATCH);
        std::iter::from_fn(|| self.0.pop()).take(share).for_each(take);
        Some(first)
    }

    /// Whether there was nothing a moment ago.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Pointer> Default for Injector<T> {
    fn default() -> Self {
        Self::new()
    }
}

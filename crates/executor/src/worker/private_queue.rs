//! # Private queue: what a worker will run, for as long as nobody else wants it
//!
//! No other thread looks in here while the worker is at work, so that nothing in it is atomic. What others
//! are to have, the worker moves to its public queue (`queue.rs`); from a worker that is stuck in a poll
//! they take it by a raid (`biased.rs`).
//!
//! | what | where it goes | order |
//! |---|---|---|
//! | woken by the task that runs | `woken`, and what was there to the back of `waiting` | next, a few times in a row |
//! | spawned by the task that runs | `spawned`, and when that is full its older half to `waiting` | newest first, so that a tree of tasks is walked in depth and not in breadth |
//! | woken by the driver | `events` | oldest first, and before what waits, one by one in turn |
//! | gave way, or came from outside | `waiting` | oldest first |
//!
//! # Fairness
//! Newest first alone would leave the oldest for ever, so every [`OLDEST_FIRST`]th pick, and every second where
//! polls are very long, takes the front of `waiting`, and every second one of these the oldest of `spawned`. So a
//! task with `n` tasks before it in `waiting` is picked after `2 * OLDEST_FIRST * (n + 1)` picks at the latest,
//! and one in `spawned` after `2 * OLDEST_FIRST * SPAWNED`. While there are events, these take every second
//! pick of `waiting`'s, so that a timer or a message does not wait behind tasks that merely give way, and
//! twice as many picks it is. What the picks come to in time: "Fairness" in `docs/architecture.md`.

use crate::biased::Len;
use crate::queue::{Local, Pointer};
use std::collections::VecDeque;

/// How many tasks stay in the order newest first: the branches of a tree, as deep as most are.
pub(crate) const SPAWNED: usize = 32;

/// How often the oldest task goes first, in picks.
pub(crate) const OLDEST_FIRST: u32 = 16;

// A division is dearer than all the rest of a pick.
const _: () = assert!(OLDEST_FIRST.is_power_of_two());

/// How often in a row what was just woken goes first: enough for a request and its reply, too few for two
/// tasks to keep the others out.
const WOKEN_FIRST: u32 = 3;

/// A queue that has been longer than this gives memory back when it is empty.
const KEPT: usize = 4096;

/// See the head of this file.
#[derive(Debug)]
pub(crate) struct PrivateQueue<T> {
    woken: Option<T>,
    spawned: VecDeque<T>,
    events: VecDeque<T>,
    waiting: VecDeque<T>,
    picks: u32,
    /// When the oldest goes first the next time, it is the oldest of `spawned`.
    oldest_spawn_next: bool,
    /// The last one from `events` or `waiting` was an event.
    was_event: bool,
    woken_in_a_row: u32,
}

impl<T: Pointer> PrivateQueue<T> {
    pub(crate) fn new() -> Self {
        Self {
            woken: None,
            spawned: VecDeque::with_capacity(SPAWNED),
            events: VecDeque::new(),
            waiting: VecDeque::new(),
            picks: 0,
            oldest_spawn_next: false,
            was_event: false,
            woken_in_a_row: 0,
        }
    }

    #[inline]
    pub(crate) fn push_woken(&mut self, task: T) {
        if let Some(before) = self.woken.replace(task) {
            self.waiting.push_back(before);
        }
    }

    #[inline]
    pub(crate) fn push_spawned(&mut self, task: T) {
        if self.spawned.len() == SPAWNED {
            self.waiting.extend(self.spawned.drain(..SPAWNED / 2));
        }
        self.spawned.push_back(task);
    }

    #[inline]
    pub(crate) fn push_event(&mut self, task: T) {
        self.events.push_back(task);
    }

    #[inline]
    pub(crate) fn push_waiting(&mut self, task: T) {
        self.waiting.push_back(task);
    }

    /// The next task. Whether polls are very long decides how often it is the oldest; those in `older` are older than all
    /// of `waiting`.
    #[inline]
    pub(crate) fn pop(
        &mut self,
        is_very_long: bool,
        mut older: Option<&mut Local<T>>,
    ) -> Option<T> {
        self.picks = self.picks.wrapping_add(1);
        let oldest_first = if is_very_long { 2 } else { OLDEST_FIRST };
        if self.picks & (oldest_first - 1) == 0 {
            if let Some(task) = self.pop_fairly(older.as_deref_mut()) {
                return Some(task);
            }
        }
        if self.woken_in_a_row < WOKEN_FIRST {
            if let Some(task) = self.woken.take() {
                self.woken_in_a_row += 1;
                return Some(task);
            }
        }
        self.woken_in_a_row = 0;
        self.spawned
            .pop_back()
            .or_else(|| self.pop_event())
            .or_else(|| older?.pop())
            .or_else(|| self.waiting.pop_front())
            .or_else(|| self.events.pop_front())
            .or_else(|| self.woken.take())
    }

    /// The oldest event, unless it is the turn of what waits.
    #[inline]
    fn pop_event(&mut self) -> Option<T> {
        let is_turn = !self.was_event;
        self.was_event = is_turn && !self.events.is_empty();
        if self.was_event { self.events.pop_front() } else { None }
    }

    fn pop_fairly(&mut self, older: Option<&mut Local<T>>) -> Option<T> {
        if self.oldest_spawn_next {
            self.oldest_spawn_next = false;
            self.spawned.pop_front()
        } else {
            self.oldest_spawn_next = true;
            self.pop_event().or_else(|| older?.pop()).or_else(|| self.waiting.pop_front())
        }
    }

    /// Takes the oldest task, for somebody else.
    pub(crate) fn pop_oldest(&mut self) -> Option<T> {
        self.events
            .pop_front()
            .or_else(|| self.waiting.pop_front())
            .or_else(|| self.spawned.pop_front())
            .or_else(|| self.woken.take())
    }

    /// Gives back the memory of a burst that is over.
    pub(crate) fn shrink(&mut self) {
        for queue in [&mut self.events, &mut self.waiting] {
            if queue.is_empty() && queue.capacity() > KEPT {
                *queue = VecDeque::new();
            }
        }
    }
}

impl<T> Len for PrivateQueue<T> {
    #[inline]
    fn len(&self) -> usize {
        self.events.len()
            + self.waiting.len()
            + self.spawned.len()
            + usize::from(self.woken.is_some())
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;
    use std::ptr::{self, NonNull};

    // SAFETY: the round trip of a number, one more than it is lest it is null.
    unsafe impl Pointer for u32 {
        fn into_raw(self) -> NonNull<()> {
            NonNull::new(ptr::without_provenance_mut(self as usize + 1)).expect("is not 0")
        }

        unsafe fn from_raw(raw: NonNull<()>) -> Self {
            (raw.addr().get() - 1) as Self
        }
    }

    fn drain(queue: &mut PrivateQueue<u32>) -> Vec<u32> {
        std::iter::from_fn(|| queue.pop(false, None)).collect()
    }

    #[test]
    fn what_was_woken_goes_first_then_the_newest_spawn_then_what_waits() {
        let mut queue = PrivateQueue::new();
        queue.push_waiting(1);
        queue.push_spawned(2);
        queue.push_spawned(3);
        queue.push_woken(4);
        assert_eq!(drain(&mut queue), [4, 3, 2, 1]);
    }

    #[test]
    fn what_is_woken_again_and_again_lets_the_others_in() {
        let mut queue = PrivateQueue::new();
        queue.push_waiting(0);
        let mut order = Vec::new();
        for n in 1..=4 {
            queue.push_woken(n);
            order.extend(queue.pop(false, None));
        }
        assert_eq!(order, [1, 2, 3, 0]);
    }

    #[test]
    fn too_many_spawns_leave_the_older_ones_in_the_order_of_their_spawns() {
        let mut queue = PrivateQueue::new();
        let spawned = SPAWNED as u32 + 1;
        (0..spawned).for_each(|n| queue.push_spawned(n));
        let half = SPAWNED as u32 / 2;
        assert_eq!(queue.waiting, (0..half).collect::<Vec<_>>());
        assert_eq!(queue.len(), spawned as usize);
        assert_eq!(queue.pop(false, None), Some(spawned - 1));
    }

    #[test]
    fn a_task_that_waits_is_picked_in_spite_of_ever_new_spawns() {
        let mut queue = PrivateQueue::new();
        queue.push_waiting(0);
        let picks = (1..).take_while(|&n| {
            queue.push_spawned(n);
            queue.pop(false, None) != Some(0)
        });
        assert!(picks.count() < 2 * OLDEST_FIRST as usize);
    }

    #[test]
    fn the_oldest_spawn_is_picked_in_spite_of_ever_new_ones() {
        let mut queue = PrivateQueue::new();
        queue.push_spawned(0);
        let picks = (1..).take_while(|&n| {
            queue.push_spawned(n);
            queue.pop(false, None) != Some(0)
        });
        assert!(picks.count() <= 2 * OLDEST_FIRST as usize);
    }

    #[test]
    fn events_go_before_what_waits_in_turn_with_it() {
        let mut queue = PrivateQueue::new();
        (1..=3).for_each(|n| queue.push_waiting(n));
        (11..=13).for_each(|n| queue.push_event(n));
        assert_eq!(drain(&mut queue), [11, 1, 12, 2, 13, 3]);
    }

    #[test]
    fn others_get_the_oldest() {
        let mut queue = PrivateQueue::new();
        queue.push_woken(4);
        queue.push_spawned(2);
        queue.push_spawned(3);
        queue.push_waiting(1);
        let taken: Vec<u32> = std::iter::from_fn(|| queue.pop_oldest()).collect();
        assert_eq!(taken, [1, 2, 3, 4]);
    }
}

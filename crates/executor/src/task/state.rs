//! # Task word: one runnable at a time, no wake-up lost, the memory freed once
//!
//! ## Layout
//! One `usize`: six flags and above them the count of references.
//!
//! | bit | flag | set by | cleared by |
//! |---|---|---|---|
//! | 0 | OWNED: there is a `Runnable`, in a queue or being polled | spawn, the wake that finds it clear | the end of a poll that has nothing more to do |
//! | 1 | NOTIFIED: woken while OWNED, so to be polled once more | a wake that finds OWNED | the start of the next poll |
//! | 2 | COMPLETE: the output is stored or dropped, there will be no poll | the runner, once | nobody |
//! | 3 | CANCELLED: to be dropped instead of polled | abort, shutdown | nobody |
//! | 4 | JOIN_INTEREST: the `JoinHandle` exists | spawn | its drop, if not COMPLETE |
//! | 5 | JOIN_WAKER: the join slot holds a waker (see `join.rs`) | `JoinHandle` | `JoinHandle`, if not COMPLETE |
//! | 6.. | references | | |
//!
//! References: one for the task's life, until it is COMPLETE; one for the `JoinHandle`; one per `Waker`
//! and `AbortHandle`. The `Runnable` has none: while it exists the task is not COMPLETE, so the life
//! reference holds the memory.
//!
//! ## Roles
//! * runner: the thread that holds the `Runnable`: `start_poll`, `end_poll`, `complete`.
//! * waker: any thread with a reference: `wake_by_ref`, `wake_by_value`, `cancel`, `ref_inc`, `ref_dec`.
//! * joiner: the holder of the `JoinHandle`: the transitions in `join.rs`, `drop_join_handle`.
//!
//! ## States
//! | state | meaning | who may touch the future |
//! |---|---|---|
//! | OWNED | queued or polled | the runner |
//! | not OWNED, not COMPLETE | waiting | nobody, until a wake makes a runner |
//! | COMPLETE | ended | nobody: it is gone; the output belongs to the `JoinHandle` |
//!
//! ## Transitions
//! 1. `wake_*`: waiting -> OWNED, and the caller submits the `Runnable`; or OWNED -> OWNED|NOTIFIED.
//! 2. `start_poll`: clears NOTIFIED; a plain load when there is nothing to clear.
//! 3. `end_poll`: OWNED -> waiting; refused when NOTIFIED (poll again) or CANCELLED (drop).
//! 4. `complete`: OWNED -> COMPLETE, and the life reference goes.
//! 5. `cancel` (abort, shutdown): sets CANCELLED; waiting -> OWNED, to be dropped by whoever gets the runnable.
//!
//! ## Invariants
//! * I1: between a `true`/`Submit` of 1 or 5 and the next `end_poll` or `complete`, one thread holds the
//!   `Runnable`; model `two_wakers_make_one_runnable`.
//! * I2: a wake before or during a poll is followed by the start of another poll; model
//!   `wake_during_poll`.
//! * I3: what a waker wrote before the wake is seen by the poll that follows; model
//!   `poll_sees_what_the_waker_wrote`.
//! * I4: what one poll wrote to the future is seen by the next, on another thread; model
//!   `next_poll_sees_the_future`.
//! * I5: the last reference frees, after everyone's last access; model `last_reference_frees`.
//!
//! ## Ordering
//! | operation | ordering | pairs with | what breaks without it |
//! |---|---|---|---|
//! | exchange in `wake_*` | Release | load or clear in `start_poll` | the poll does not see why it was woken (I3) |
//! | exchange in `wake_*` | Acquire | exchange in `end_poll` | the next runner does not see the future (I4) |
//! | `start_poll` | Acquire | exchange in `wake_*` | I3 |
//! | exchange in `end_poll` | Release | exchange in `wake_*` | I4 |
//! | exchange in `complete` | Release | load of the joiner | the joiner reads an output that is not there |
//! | `ref_dec` | Release, then an Acquire load by the last | each other | freed while another still reads (I5) |
//!
//! ## Liveness
//! A wake finds one of three: COMPLETE, nothing to do; OWNED, then its NOTIFIED stands before the
//! runner's exchange in `end_poll`, which fails, or that exchange stands first and the wake finds
//! waiting; waiting, then it submits. Even a wake that changes no bit writes the word: the runner must
//! acquire from it (I3).
//!
//! ## Rejected
//! A counter of wakes in place of NOTIFIED: it saves the clear in `start_poll`, and needs a guard
//! against its overflow on every wake. Separate SCHEDULED and RUNNING bits: one more read-modify-write
//! per poll; who asks needs only to know that there is a runnable.
//!
//! ## Checked by
//! `loom-tests/tests/task_state.rs`; loom does not see that flags and count share one word cheaply.

use filch_primitives::atomic::{AtomicUsize, Ordering};
use std::fmt;

const OWNED: usize = 1;
const NOTIFIED: usize = 1 << 1;
const COMPLETE: usize = 1 << 2;
const CANCELLED: usize = 1 << 3;
const JOIN_INTEREST: usize = 1 << 4;
const JOIN_WAKER: usize = 1 << 5;
const REF: usize = 1 << 6;

/// What the caller of a wake or a cancel must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Wake {
    /// Nothing: the runnable exists and will see it, or the task has ended.
    Nothing,
    /// The caller now holds the runnable and must put it in a queue.
    Submit,
    /// Nothing but to free the memory: that was the last reference to a task that has ended.
    Free,
}

/// What the runner must do at the start of a poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Start {
    /// Poll the future.
    Poll,
    /// Drop the future and complete as cancelled.
    Cancel,
}

/// What the runner must do at the end of a poll that returned `Pending`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum End {
    /// Nothing; the runnable is gone.
    Idle,
    /// Woken meanwhile: the runner still holds the runnable and must put it in a queue.
    Requeue,
    /// Drop the future and complete as cancelled; the runner still holds the runnable.
    Cancel,
}

/// What the runner must do after the output was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Completed {
    /// Nothing; the life reference is gone and the memory is not the runner's any more.
    Done,
    /// As `Done`, and it was the last reference: free the memory.
    Free,
    /// Wake the joiner, then `ref_dec`.
    WakeJoiner,
}

/// What the joiner must do when the `JoinHandle` is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Detached {
    /// Nothing; the reference is gone.
    Done,
    /// Drop the waker in the join slot, which is the joiner's again, then `ref_dec`.
    DropWaker,
    /// The task has ended: drop the output if it was not taken, then `ref_dec`.
    DropOutput,
}

/// A look at the word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Snapshot(usize);

impl Snapshot {
    /// Whether the task has ended.
    pub fn is_complete(self) -> bool {
        self.0 & COMPLETE != 0
    }

    /// Whether the join slot holds a waker.
    pub fn has_join_waker(self) -> bool {
        self.0 & JOIN_WAKER != 0
    }

    /// How many references there are.
    pub fn references(self) -> usize {
        self.0 / REF
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (OWNED, "OWNED"),
            (NOTIFIED, "NOTIFIED"),
            (COMPLETE, "COMPLETE"),
            (CANCELLED, "CANCELLED"),
            (JOIN_INTEREST, "JOIN_INTEREST"),
            (JOIN_WAKER, "JOIN_WAKER"),
        ];
        for (_, name) in names.iter().filter(|(bit, _)| self.0 & bit != 0) {
            write!(f, "{name}|")?;
        }
        write!(f, "refs={}", self.references())
    }
}

/// The task word; see the head of this file.
pub struct State(AtomicUsize);

impl State {
    /// A task that was just spawned: its runnable is in the caller's hands, and so is its `JoinHandle`.
    pub fn new() -> Self {
        Self(AtomicUsize::new(OWNED | JOIN_INTEREST | (2 * REF)))
    }

    /// A look, that sees the output if it sees COMPLETE.
    pub fn load(&self) -> Snapshot {
        // Ordering: Acquire; pairs with the Release in `complete`.
        Snapshot(self.0.load(Ordering::Acquire))
    }

    /// Applies `change` to the word until it holds; `change` returns the new word and the answer.
    #[inline(always)]
    fn update<R>(&self, mut change: impl FnMut(usize) -> Result<(usize, R), R>) -> R {
        // Ordering: Acquire; an answer without a write is given on what the last writer published.
        let mut word = self.0.load(Ordering::Acquire);
        loop {
            let (new, answer) = match change(word) {
                Ok(changed) => changed,
                Err(answer) => return answer,
            };
            // Ordering: AcqRel; Release for I3, I4 and the output, Acquire for I4 (see the table).
            // Weakened: models `poll_sees_what_the_waker_wrote`, `next_poll_sees_the_future`,
            // `joiner_sees_the_output`. Failure Acquire: as the load above.
            match self.0.compare_exchange_weak(word, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return answer,
                Err(now) => word = now,
            }
        }
    }

    /// The task is to be polled; the caller keeps its reference.
    #[inline]
    pub fn wake_by_ref(&self) -> Wake {
        self.update(|word| {
            if word & COMPLETE != 0 {
                Err(Wake::Nothing)
            } else if word & OWNED != 0 {
                Ok((word | NOTIFIED, Wake::Nothing))
            } else {
                Ok((word | OWNED, Wake::Submit))
            }
        })
    }

    /// The task is to be polled; the caller's reference is used up.
    #[inline]
    pub fn wake_by_value(&self) -> Wake {
        let wake = self.update(|word| {
            if word & COMPLETE != 0 {
                Err(Wake::Free)
            } else if word & OWNED != 0 {
                // Not the last reference: the task is not complete, so its life reference stands.
                Ok(((word | NOTIFIED) - REF, Wake::Nothing))
            } else {
                Ok(((word | OWNED) - REF, Wake::Submit))
            }
        });
        match wake {
            Wake::Free if self.ref_dec() => Wake::Free,
            Wake::Free => Wake::Nothing,
            wake => wake,
        }
    }

    /// The runner is about to poll.
    #[inline]
    pub fn start_poll(&self) -> Start {
        // Ordering: Acquire; pairs with the Release of the wake that made this runnable (I3). Weakened
        // together with the Acquire in `update`, which can make up for it: model
        // `two_wakers_make_one_runnable`.
        let mut word = self.0.load(Ordering::Acquire);
        debug_assert!(
            word & OWNED != 0 && word & COMPLETE == 0,
            "inconsistent task word at the start of a poll: {:?}",
            Snapshot(word)
        );
        if word & NOTIFIED != 0 {
            // Ordering: Acquire; the same, for the wakes that came since. Nothing is published.
            // Weakened: model `two_wakes_before_the_poll`.
            word = self.0.fetch_and(!NOTIFIED, Ordering::Acquire);
        }
        if word & CANCELLED != 0 { Start::Cancel } else { Start::Poll }
    }

    /// The poll returned `Pending`.
    #[inline]
    pub fn end_poll(&self) -> End {
        self.update(|word| {
            if word & CANCELLED != 0 {
                Err(End::Cancel)
            } else if word & NOTIFIED != 0 {
                Err(End::Requeue)
            } else {
                Ok((word & !OWNED, End::Idle))
            }
        })
    }

    /// The output is stored, or dropped if there was no JOIN_INTEREST when the runner looked.
    ///
    /// `output_dropped` says which; if it was kept and nobody is left to take it, the answer is `None`
    /// and the word unchanged: drop it and call again.
    #[inline]
    pub fn complete(&self, output_dropped: bool) -> Option<Completed> {
        self.update(|word| {
            if word & JOIN_INTEREST == 0 && !output_dropped {
                return Err(None);
            }
            let complete = (word & !(OWNED | NOTIFIED)) | COMPLETE;
            if word & JOIN_WAKER != 0 {
                return Ok((complete, Some(Completed::WakeJoiner)));
            }
            let left = complete - REF;
            let then = if left / REF == 0 { Completed::Free } else { Completed::Done };
            Ok((left, Some(then)))
        })
    }

    /// The task is to be dropped at its next await point.
    pub fn cancel(&self) -> Wake {
        self.update(|word| {
            if word & (COMPLETE | CANCELLED) != 0 {
                Err(Wake::Nothing)
            } else if word & OWNED != 0 {
                Ok((word | CANCELLED, Wake::Nothing))
            } else {
                Ok((word | OWNED | CANCELLED, Wake::Submit))
            }
        })
    }

    /// JOIN_WAKER on, unless the task has ended: whether it was done.
    #[must_use]
    pub fn set_join_waker(&self) -> bool {
        self.update(
            |word| {
                if word & COMPLETE != 0 { Err(false) } else { Ok((word | JOIN_WAKER, true)) }
            },
        )
    }

    /// JOIN_WAKER off, unless the task has ended: whether it was done, and the slot is the joiner's.
    #[must_use]
    pub fn unset_join_waker(&self) -> bool {
        self.update(
            |word| {
                if word & COMPLETE != 0 { Err(false) } else { Ok((word & !JOIN_WAKER, true)) }
            },
        )
    }

    /// The `JoinHandle` goes.
    pub fn drop_join_handle(&self) -> Detached {
        self.update(|word| {
            if word & COMPLETE != 0 {
                Err(Detached::DropOutput)
            } else if word & JOIN_WAKER != 0 {
                Ok((word & !(JOIN_INTEREST | JOIN_WAKER), Detached::DropWaker))
            } else {
                // Not the last reference: the task is not complete, so its life reference stands.
                Ok(((word & !JOIN_INTEREST) - REF, Detached::Done))
            }
        })
    }

    /// One more reference.
    #[inline]
    pub fn ref_inc(&self) {
        // Ordering: Relaxed; a reference is made from a reference, nothing is read for it.
        let before = self.0.fetch_add(REF, Ordering::Relaxed);
        if before > isize::MAX as usize {
            // A count that comes round would free memory in use; nobody leaks that many by accident.
            std::process::abort();
        }
    }

    /// One reference less: whether it was the last, and the memory is the caller's to free.
    #[inline]
    #[must_use = "the last reference frees"]
    pub fn ref_dec(&self) -> bool {
        // Ordering: Acquire; "complete and only mine" cannot change any more, and everyone else's last
        // access was released by their `ref_dec` (I5).
        let word = self.0.load(Ordering::Acquire);
        if word & COMPLETE != 0 && word / REF == 1 {
            return true;
        }
        // Ordering: Release, so that our accesses come before the last one's free; Acquire, in case we
        // are the last (I5). Weakened: model `last_reference_frees`.
        let before = self.0.fetch_sub(REF, Ordering::AcqRel);
        debug_assert!(before / REF >= 1, "inconsistent task word: {:?}", Snapshot(before));
        before / REF == 1
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.load().fmt(f)
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_wake_while_waiting_makes_the_runnable_and_a_second_one_does_not() {
        let state = State::new();
        assert_eq!(state.start_poll(), Start::Poll);
        assert_eq!(state.end_poll(), End::Idle);
        assert_eq!(state.wake_by_ref(), Wake::Submit);
        assert_eq!(state.wake_by_ref(), Wake::Nothing);
    }

    #[test]
    fn a_wake_during_the_poll_queues_the_task_again() {
        let state = State::new();
        assert_eq!(state.start_poll(), Start::Poll);
        assert_eq!(state.wake_by_ref(), Wake::Nothing);
        assert_eq!(state.end_poll(), End::Requeue);
        assert_eq!(state.start_poll(), Start::Poll);
        assert_eq!(state.end_poll(), End::Idle);
    }

    #[test]
    fn a_cancelled_task_is_dropped_and_not_polled() {
        let state = State::new();
        assert_eq!(state.cancel(), Wake::Nothing);
        assert_eq!(state.start_poll(), Start::Cancel);
        assert_eq!(state.complete(false), Some(Completed::Done));
        assert_eq!(state.cancel(), Wake::Nothing);
    }

    #[test]
    fn an_output_that_nobody_can_take_is_the_runners_to_drop() {
        let state = State::new();
        assert_eq!(state.drop_join_handle(), Detached::Done);
        assert_eq!(state.complete(false), None);
        assert_eq!(state.complete(true), Some(Completed::Free));
    }

    #[test]
    fn the_join_handle_frees_a_task_that_has_ended() {
        let state = State::new();
        assert_eq!(state.complete(false), Some(Completed::Done));
        assert_eq!(state.drop_join_handle(), Detached::DropOutput);
        assert!(state.ref_dec());
    }

    #[test]
    fn a_waker_that_outlives_the_task_frees_it() {
        let state = State::new();
        state.ref_inc();
        assert_eq!(state.drop_join_handle(), Detached::Done);
        assert_eq!(state.complete(true), Some(Completed::Done));
        assert_eq!(state.wake_by_value(), Wake::Free);
    }
}

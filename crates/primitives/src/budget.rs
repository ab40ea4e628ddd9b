//! # What a poll may still do before it has to give way
//!
//! A future that is always ready would keep its thread for ever, so each operation that a task can await takes a unit
//! of its poll's budget, and where none is left it is pending although it might be ready: the task is woken at
//! once, and goes behind the others. The budget is a number of this thread: whoever polls sets it
//! ([`BudgetScope`]), who is polled takes from it, and neither knows the other. Where nobody sets it, it is unlimited.
//!
//! One number says all: how many units are left, and below zero how often somebody was refused. To take one and
//! to learn whether there was one is a decrement.

use std::cell::Cell;
use std::task::{Context, Poll};

/// How many operations a poll may do.
const PER_POLL: i64 = 128;

/// More than anybody ever takes, so that it needs no case of its own.
const UNLIMITED: i64 = i64::MAX;

/// After so many refusals in one poll there is a new budget: what polls again and again although nothing is left
/// does not give way (a `block_on` of somebody else's inside a task, say), and would never end.
const HEEDLESS: i64 = 10_000;

thread_local! {
    static LEFT: Cell<i64> = const { Cell::new(UNLIMITED) };
}

/// The budget of the poll that this thread is in.
///
/// ```
/// use filch_primitives::{Budget, BudgetScope};
/// use std::task::{Context, Poll, Waker};
///
/// let mut cx = Context::from_waker(Waker::noop());
/// let _poll = BudgetScope::begin();
/// let messages = (0..).map_while(|n| match Budget::poll(&mut cx, |_| Poll::Ready(n)) {
///     Poll::Ready(message) => Some(message),
///     Poll::Pending => None,
/// });
/// assert_eq!(messages.count(), 128);
/// ```
#[derive(Debug)]
pub enum Budget {}

impl Budget {
    /// Takes a unit. Pending if there is none: the task is woken, and is to give way.
    #[inline]
    pub fn take(cx: &Context<'_>) -> Poll<()> {
        if Self::try_take() { Poll::Ready(()) } else { Self::refuse(cx) }
    }

    /// Takes a unit if there is one. Who gets none is to [`take`](Self::take) one before it goes on.
    #[inline]
    pub fn try_take() -> bool {
        let left = LEFT.get() - 1;
        LEFT.set(left);
        left >= 0
    }

    /// As [`take`](Self::take), for who remembers that it was refused before, and is not refused again: what goes before
    /// it in each poll may use up every budget.
    #[inline]
    pub fn take_or_give_way(has_given_way: &mut bool, cx: &Context<'_>) -> Poll<()> {
        if *has_given_way {
            Self::spend(1);
            return Poll::Ready(());
        }
        let taken = Self::take(cx);
        *has_given_way = taken.is_pending();
        taken
    }

    /// Polls an operation, for a unit if it is ready.
    #[inline]
    pub fn poll<T>(
        cx: &mut Context<'_>,
        operation: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        if !Self::try_take() && Self::refuse(cx).is_pending() {
            return Poll::Pending;
        }
        match operation(cx) {
            Poll::Ready(output) => Poll::Ready(output),
            Poll::Pending => {
                LEFT.set(LEFT.get() + 1);
                Poll::Pending
            }
        }
    }

    /// Pending, as [`take`](Self::take), if there is no unit; takes none.
    #[inline]
    pub fn poll_left(cx: &Context<'_>) -> Poll<()> {
        if Self::is_left() {
            return Poll::Ready(());
        }
        LEFT.set(LEFT.get() - 1);
        Self::refuse(cx)
    }

    /// Takes up to `units`, of somebody who is not to be refused.
    #[inline]
    pub fn spend(units: u32) {
        let left = LEFT.get();
        if left > 0 {
            LEFT.set((left - i64::from(units)).max(0));
        }
    }

    /// Whether there is a unit.
    #[inline]
    pub fn is_left() -> bool {
        LEFT.get() > 0
    }

    /// Gives a unit back. Where the budget is whole, or there is no end of it, none was taken from it.
    pub(crate) fn give_back() {
        let left = LEFT.get();
        if left < PER_POLL {
            LEFT.set(left + 1);
        }
    }

    #[cold]
    fn refuse(cx: &Context<'_>) -> Poll<()> {
        if LEFT.get() <= -HEEDLESS {
            LEFT.set(PER_POLL - 1);
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// While it lives, this thread has a budget of its own; then the one before.
#[derive(Debug)]
#[must_use = "the budget ends when this is dropped"]
pub struct BudgetScope {
    before: i64,
}

impl BudgetScope {
    /// A task is about to be polled.
    #[inline]
    pub fn begin() -> Self {
        Self { before: LEFT.replace(PER_POLL) }
    }

    /// What comes may block, or is not to be held up.
    ///
    /// ```
    /// use filch_primitives::{Budget, BudgetScope};
    ///
    /// let _poll = BudgetScope::begin();
    /// Budget::spend(128);
    /// assert!(!Budget::is_left());
    /// let unlimited = BudgetScope::unlimited();
    /// Budget::spend(1_000_000);
    /// assert!(Budget::is_left());
    /// drop(unlimited);
    /// assert!(!Budget::is_left());
    /// ```
    #[inline]
    pub fn unlimited() -> Self {
        Self { before: LEFT.replace(UNLIMITED) }
    }
}

impl Drop for BudgetScope {
    #[inline]
    fn drop(&mut self) {
        LEFT.set(self.before);
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;
    use std::task::Waker;

    fn cx() -> Context<'static> {
        Context::from_waker(Waker::noop())
    }

    #[test]
    fn without_a_poll_there_is_no_end_of_it() {
        assert!((0..100_000).all(|_| Budget::take(&cx()).is_ready()));
        assert!(Budget::is_left());
    }

    #[test]
    fn what_is_pending_costs_nothing() {
        let _poll = BudgetScope::begin();
        for _ in 0..1000 {
            assert!(Budget::poll(&mut cx(), |_| Poll::<()>::Pending).is_pending());
        }
        assert_eq!(LEFT.get(), PER_POLL);
    }

    #[test]
    fn a_poll_inside_a_poll_has_a_budget_of_its_own() {
        let _outer = BudgetScope::begin();
        Budget::spend(3);
        {
            let _inner = BudgetScope::begin();
            Budget::spend(1000);
            assert!(!Budget::is_left());
        }
        assert_eq!(LEFT.get(), PER_POLL - 3);
    }

    #[test]
    fn who_does_not_give_way_in_spite_of_many_refusals_goes_on() {
        let _poll = BudgetScope::begin();
        Budget::spend(128);
        let refusals = (0..).take_while(|_| Budget::take(&cx()).is_pending()).count();
        assert_eq!(refusals as i64, HEEDLESS - 1);
        assert!(Budget::is_left());
    }
}

//! Taking part in the cooperative budget of a task.
//!
//! A poll of a task may do 128 operations; then whatever it awaits is pending for once, and the task goes behind
//! the others that can run. All that Filch offers to be awaited takes part, so most programs need nothing of
//! this: a loop around a channel that never runs empty lets timers, sockets and other tasks in. This module is for futures
//! that are ready without any of that, and for those that are to be left out. Outside a runtime
//! the budget is unlimited.
//!
//! ```
//! # futures_lite::future::block_on(async {
//! use filch_primitives::coop::consume_budget;
//!
//! let mut sum = 0_u64;
//! for n in 0..1_000 {
//!     sum += n; // some work without any `await`
//!     consume_budget().await;
//! }
//! assert_eq!(sum, 499_500);
//! # });
//! ```

use crate::budget::{Budget, BudgetScope};
use std::cell::Cell;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Takes a unit of the task's budget, for a future that is about to try something.
///
/// Pending if none is left: the task has been woken and goes behind the others. Otherwise the unit
/// comes back when what is returned is dropped, unless it was told of [progress](RestoreOnPending::made_progress).
/// What else was taken in between comes back with it.
///
/// ```
/// use filch_primitives::coop::poll_proceed;
/// use std::collections::VecDeque;
/// use std::task::{Context, Poll, Waker, ready};
///
/// fn poll_pop(queue: &mut VecDeque<u32>, cx: &mut Context<'_>) -> Poll<u32> {
///     let unit = ready!(poll_proceed(cx));
///     match queue.pop_front() {
///         Some(number) => {
///             unit.made_progress();
///             Poll::Ready(number)
///         }
///         None => Poll::Pending, // after the waker was put where a push finds it
///     }
/// }
///
/// let mut cx = Context::from_waker(Waker::noop());
/// assert_eq!(poll_pop(&mut VecDeque::from([7]), &mut cx), Poll::Ready(7));
/// ```
#[inline]
pub fn poll_proceed(cx: &mut Context<'_>) -> Poll<RestoreOnPending> {
    ready!(Budget::take(cx));
    Poll::Ready(RestoreOnPending { in_vain: Cell::new(true), not_send: PhantomData })
}

/// Gives the unit back that [`poll_proceed`] took, unless there was progress.
#[derive(Debug)]
#[must_use = "dropped, it gives the unit back"]
pub struct RestoreOnPending {
    in_vain: Cell<bool>,
    /// A budget is its thread's.
    not_send: PhantomData<*const ()>,
}

impl RestoreOnPending {
    /// The unit is spent.
    ///
    /// ```
    /// use filch_primitives::{BudgetScope, coop::{has_budget_remaining, poll_proceed}};
    /// use std::task::{Context, Waker};
    ///
    /// let _poll = BudgetScope::begin();
    /// let mut cx = Context::from_waker(Waker::noop());
    /// for _ in 0..128 {
    ///     drop(poll_proceed(&mut cx)); // in vain, and for nothing
    ///     assert!(has_budget_remaining());
    ///     assert!(poll_proceed(&mut cx).map(|unit| unit.made_progress()).is_ready());
    /// }
    /// assert!(!has_budget_remaining());
    /// ```
    pub fn made_progress(&self) {
        self.in_vain.set(false);
    }
}

impl Drop for RestoreOnPending {
    fn drop(&mut self) {
        if self.in_vain.get() {
            Budget::give_back();
        }
    }
}

/// Whether the task may go on: whether anything of its budget is left. Always so outside a runtime.
///
/// ```
/// assert!(filch_primitives::coop::has_budget_remaining());
/// ```
#[inline]
pub fn has_budget_remaining() -> bool {
    Budget::is_left()
}

/// Takes a unit of the task's budget, and lets the others have their turn first if there is none: what a
/// loop awaits that has nothing else to await. Mostly it does not wait.
///
/// ```
/// # futures_lite::future::block_on(async {
/// for _line in "a long text".lines() {
///     filch_primitives::coop::consume_budget().await;
/// }
/// # });
/// ```
///
/// # Cancel safety
/// Nothing is lost by dropping it.
#[inline]
pub fn consume_budget() -> ConsumeBudget {
    ConsumeBudget { has_given_way: false }
}

/// The future of [`consume_budget`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled or awaited"]
pub struct ConsumeBudget {
    has_given_way: bool,
}

impl Future for ConsumeBudget {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Budget::take_or_give_way(&mut self.has_given_way, cx)
    }
}

/// Makes `future` take part in the budget: it is not polled while none is left, and takes a unit when it is ready.
///
/// For a future that knows nothing of the budget, and may be ready again and again.
///
/// ```
/// # futures_lite::future::block_on(async {
/// let ready = filch_primitives::coop::cooperative(std::future::ready(7));
/// assert_eq!(ready.await, 7);
/// # });
/// ```
///
/// # Cancel safety
/// That of `future`.
pub fn cooperative<F: Future>(future: F) -> Coop<F> {
    Coop { future }
}

/// The future of [`cooperative`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled or awaited"]
pub struct Coop<F> {
    /// Pinned with the whole.
    future: F,
}

impl<F: Future> Future for Coop<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let unit = ready!(poll_proceed(cx));
        // SAFETY: the only field, and pinned with us.
        let future = unsafe { self.map_unchecked_mut(|this| &mut this.future) };
        let polled = future.poll(cx);
        if polled.is_ready() {
            unit.made_progress();
        }
        polled
    }
}

/// Takes `future` out of the budget: while it is polled there is no limit.
///
/// Whatever else runs on this thread waits for as long as that lasts, so this is for a future that is known to come to an end,
/// and must not be interrupted on its way there.
///
/// ```
/// # futures_lite::future::block_on(async {
/// use filch_primitives::coop::{consume_budget, unconstrained};
///
/// unconstrained(async {
///     for _ in 0..1_000 {
///         consume_budget().await; // never waits
///     }
/// })
/// .await;
/// # });
/// ```
///
/// # Cancel safety
/// That of `future`.
pub fn unconstrained<F>(future: F) -> Unconstrained<F> {
    Unconstrained { future }
}

/// The future of [`unconstrained`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled or awaited"]
pub struct Unconstrained<F> {
    /// Pinned with the whole.
    future: F,
}

impl<F: Future> Future for Unconstrained<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _unlimited = BudgetScope::unlimited();
        // SAFETY: the only field, and pinned with us.
        unsafe { self.map_unchecked_mut(|this| &mut this.future) }.poll(cx)
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;
    use std::task::Waker;

    #[test]
    fn a_unit_that_is_dropped_outside_of_its_poll_gives_no_budget_to_others() {
        let mut cx = Context::from_waker(Waker::noop());
        let unit = {
            let _poll = BudgetScope::begin();
            poll_proceed(&mut cx)
        };
        drop(unit);
        for _ in 0..1_000 {
            assert!(poll_proceed(&mut cx).map(|unit| unit.made_progress()).is_ready());
        }
    }
}

//! # What would wait if this thread were blocked
//!
//! Set by whoever polls futures on the thread, asked by whoever is about to block it.

use std::cell::Cell;

crate::thread_local! {
    static DUTY: Cell<Duty> = const { Cell::new(Duty::None) };
}

/// What would wait if this thread were blocked.
///
/// ```
/// use filch_primitives::{Duty, DutyScope};
///
/// assert_eq!(Duty::current(), Duty::None);
/// let scope = DutyScope::enter(Duty::Tasks, "run");
/// assert_eq!(Duty::current(), Duty::Tasks);
/// drop(scope);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// Nothing of ours.
    None,
    /// The one future that `block_on` was called with.
    OneFuture,
    /// Tasks.
    Tasks,
}

impl Duty {
    /// That of this thread.
    pub fn current() -> Self {
        DUTY.try_with(Cell::get).unwrap_or(Self::None)
    }

    /// For a function named `what` that blocks its thread.
    ///
    /// # Panics
    /// If this thread has a duty: `what` would block it.
    ///
    /// ```
    /// filch_primitives::Duty::assert_none("wait");
    /// ```
    #[track_caller]
    pub fn assert_none(what: &str) {
        assert!(
            Self::current() == Self::None,
            "`{what}` would block a thread that runs async tasks: `.await` the future there, or call \
             it from `spawn_blocking` or `block_in_place`"
        );
    }
}

/// While it lives, this thread has the duty.
#[derive(Debug)]
#[must_use = "the duty ends when this is dropped"]
pub struct DutyScope {
    before: Duty,
}

impl DutyScope {
    /// From here on this thread has `duty`, because of `what`.
    ///
    /// # Panics
    /// If the thread has a duty already: `what` would block it.
    ///
    /// ```should_panic
    /// use filch_primitives::{Duty, DutyScope};
    ///
    /// let _outer = DutyScope::enter(Duty::Tasks, "run");
    /// let _inner = DutyScope::enter(Duty::OneFuture, "block_on");
    /// ```
    #[track_caller]
    pub fn enter(duty: Duty, what: &str) -> Self {
        Duty::assert_none(what);
        Self { before: DUTY.with(|now| now.replace(duty)) }
    }

    /// While it lives, this thread may block, whatever it was doing.
    ///
    /// ```
    /// use filch_primitives::{Duty, DutyScope};
    ///
    /// let _outer = DutyScope::enter(Duty::Tasks, "run");
    /// let _may_block = DutyScope::suspend();
    /// assert_eq!(Duty::current(), Duty::None);
    /// ```
    pub fn suspend() -> Self {
        Self { before: DUTY.with(|now| now.replace(Duty::None)) }
    }
}

impl Drop for DutyScope {
    fn drop(&mut self) {
        DUTY.with(|now| now.set(self.before));
    }
}

//! A look at the value.

use filch_primitives::sync::RwLockReadGuard;
use std::fmt;
use std::ops::Deref;

/// The value of a watch channel, borrowed. While it lives, every sender that wants to change the value blocks its
/// thread: copy out what you need, and do not hold it across an await (it is not `Send`, so a task that does so
/// cannot be spawned).
///
/// A second borrow on the same thread may deadlock with a sender that waits in between: look at the value once.
///
/// ```
/// let (_tx, rx) = filch_sync::watch::channel("idle");
/// let state = *rx.borrow();
/// assert_eq!(state, "idle");
/// ```
#[must_use = "senders block while this lives"]
pub struct Ref<'a, T> {
    value: RwLockReadGuard<'a, T>,
    has_changed: bool,
}

impl<'a, T> Ref<'a, T> {
    pub(super) fn new(value: RwLockReadGuard<'a, T>, has_changed: bool) -> Self {
        Self { value, has_changed }
    }

    /// Whether the receiver had not seen this value before it was borrowed. A sender's borrow never has.
    ///
    /// ```
    /// let (tx, mut rx) = filch_sync::watch::channel(1);
    /// tx.send(2).unwrap();
    /// assert!(rx.borrow_and_update().has_changed());
    /// assert!(!rx.borrow_and_update().has_changed());
    /// ```
    pub fn has_changed(&self) -> bool {
        self.has_changed
    }
}

impl<T> Deref for Ref<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Ref<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ref")
            .field("value", &**self)
            .field("has_changed", &self.has_changed)
            .finish()
    }
}

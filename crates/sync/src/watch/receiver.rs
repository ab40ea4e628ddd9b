//! The side that looks at the value.

use super::borrow::Ref;
use super::error::RecvError;
use super::shared::{STEP, Shared};
use filch_primitives::coop::consume_budget;
use filch_primitives::sync::Arc;
use std::fmt;

/// Looks at the value, and waits for it to change. Made by [`channel`](super::channel) and
/// [`Sender::subscribe`](super::Sender::subscribe); a clone has seen what this one has seen.
///
/// ```
/// let (tx, mut rx) = filch_sync::watch::channel(1);
/// tx.send(2).unwrap();
/// let another = rx.clone();
/// assert_eq!(*rx.borrow_and_update(), 2);
/// assert_eq!([rx.has_changed(), another.has_changed()], [Ok(false), Ok(true)]);
/// ```
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
    /// The number of the value that was seen last.
    seen: usize,
}

impl<T> Receiver<T> {
    pub(super) fn new(shared: Arc<Shared<T>>, seen: usize) -> Self {
        shared.add_receiver();
        Self { shared, seen }
    }

    /// The value. It does not count as seen: [`changed`](Self::changed) may be ready at once afterwards.
    ///
    /// Blocks the thread while a sender changes the value.
    ///
    /// ```
    /// let (_tx, rx) = filch_sync::watch::channel(1);
    /// assert_eq!(*rx.borrow(), 1);
    /// ```
    pub fn borrow(&self) -> Ref<'_, T> {
        let value = self.shared.value.read();
        let has_changed = self.shared.version().number() != self.seen;
        Ref::new(value, has_changed)
    }

    /// The value, which counts as seen.
    ///
    /// Blocks the thread while a sender changes the value.
    ///
    /// ```
    /// let (tx, mut rx) = filch_sync::watch::channel(1);
    /// tx.send(2).unwrap();
    /// assert_eq!(*rx.borrow_and_update(), 2);
    /// assert!(!rx.has_changed().unwrap());
    /// ```
    pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
        let value = self.shared.value.read();
        // With the lock held: this is the number of that value.
        let number = self.shared.version().number();
        let has_changed = number != self.seen;
        self.seen = number;
        Ref::new(value, has_changed)
    }

    /// Whether there is a value that was not seen yet. It does not count as seen by this.
    ///
    /// # Errors
    /// [`RecvError`] if there is no sender.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::watch::channel(1);
    /// assert_eq!(rx.has_changed(), Ok(false));
    /// tx.send(2).unwrap();
    /// assert_eq!(rx.has_changed(), Ok(true));
    /// ```
    pub fn has_changed(&self) -> Result<bool, RecvError> {
        let version = self.shared.version();
        if version.is_closed() {
            return Err(RecvError(()));
        }
        Ok(version.number() != self.seen)
    }

    /// Makes [`changed`](Self::changed) ready at once, once.
    ///
    /// ```
    /// let (_tx, mut rx) = filch_sync::watch::channel(1);
    /// rx.mark_changed();
    /// assert_eq!(rx.has_changed(), Ok(true));
    /// ```
    pub fn mark_changed(&mut self) {
        self.seen = self.shared.version().number().wrapping_sub(STEP);
    }

    /// Counts the value that is there as seen, without a look at it.
    ///
    /// ```
    /// let (tx, mut rx) = filch_sync::watch::channel(1);
    /// tx.send(2).unwrap();
    /// rx.mark_unchanged();
    /// assert_eq!(rx.has_changed(), Ok(false));
    /// ```
    pub fn mark_unchanged(&mut self) {
        self.seen = self.shared.version().number();
    }

    /// Waits for a value that was not seen yet, and counts it as seen. Values between two looks are skipped.
    ///
    /// # Errors
    /// [`RecvError`] if there is no sender, and the last value was seen.
    ///
    /// # Cancel safety
    /// Safe: dropped before it is ready, it has not counted anything as seen.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = filch_sync::watch::channel(1);
    /// tx.send(2).unwrap();
    /// tx.send(3).unwrap();
    /// rx.changed().await.unwrap();
    /// assert_eq!(*rx.borrow(), 3);
    /// drop(tx);
    /// assert!(rx.changed().await.is_err());
    /// # });
    /// ```
    pub async fn changed(&mut self) -> Result<(), RecvError> {
        consume_budget().await;
        self.shared.changed(&mut self.seen).await
    }

    /// Waits for a value that `is_it` approves, the one that is there included. What it looked at counts as seen.
    ///
    /// # Errors
    /// [`RecvError`] if there is no sender, and the last value was not approved.
    ///
    /// # Cancel safety
    /// Safe: dropped before it is ready, it has counted those values as seen that were not approved.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = filch_sync::watch::channel(1);
    /// std::thread::spawn(move || (2..5).try_for_each(|number| tx.send(number)));
    /// assert_eq!(*rx.wait_for(|number| *number > 3).await.unwrap(), 4);
    /// # });
    /// ```
    pub async fn wait_for(
        &mut self,
        mut is_it: impl FnMut(&T) -> bool,
    ) -> Result<Ref<'_, T>, RecvError> {
        consume_budget().await;
        loop {
            // Before the look: a value that came before the end is looked at.
            let ended = self.shared.version().is_closed();
            {
                let value = self.shared.value.read();
                let number = self.shared.version().number();
                let has_changed = number != self.seen;
                self.seen = number;
                if is_it(&value) {
                    return Ok(Ref::new(value, has_changed));
                }
            }
            if ended {
                return Err(RecvError(()));
            }
            // It has not been looked at yet. An end is news as well: one more look, and that is all.
            let mut seen = self.seen;
            let _end = self.shared.changed(&mut seen).await;
        }
    }

    /// Whether `other` looks at the same value.
    ///
    /// ```
    /// let (_tx, rx) = filch_sync::watch::channel(1);
    /// assert!(rx.same_channel(&rx.clone()));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.shared), self.seen)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.shared.remove_receiver();
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("has_changed", &self.has_changed()).finish_non_exhaustive()
    }
}

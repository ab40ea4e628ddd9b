//! The side that changes the value.

use super::borrow::Ref;
use super::error::SendError;
use super::receiver::Receiver;
use super::shared::Shared;
use filch_primitives::sync::Arc;
use std::fmt;
use std::mem;

/// Changes the value. Made by [`channel`](super::channel); clones change the same value.
///
/// ```
/// let (tx, rx) = filch_sync::watch::channel(1);
/// tx.clone().send(2).unwrap();
/// assert_eq!(*rx.borrow(), 2);
/// ```
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

impl<T> Sender<T> {
    /// A sender without receivers; [`subscribe`](Self::subscribe) makes them.
    ///
    /// ```
    /// let tx = filch_sync::watch::Sender::new(1);
    /// assert!(tx.is_closed());
    /// assert_eq!(*tx.subscribe().borrow(), 1);
    /// ```
    pub fn new(value: T) -> Self {
        Self { shared: Arc::new(Shared::new(value)) }
    }

    /// Puts `value` in place of the one that is there, and wakes the receivers.
    ///
    /// Blocks the thread while somebody [borrows](Receiver::borrow) the value.
    ///
    /// # Errors
    /// [`SendError`] with `value` if there is no receiver; then nothing has changed. See
    /// [`send_replace`](Self::send_replace).
    ///
    /// ```
    /// let (tx, rx) = filch_sync::watch::channel(1);
    /// tx.send(2).unwrap();
    /// assert_eq!(*rx.borrow(), 2);
    /// ```
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        if self.is_closed() {
            return Err(SendError(value));
        }
        self.send_replace(value);
        Ok(())
    }

    /// Changes the value in place, and wakes the receivers; also if there are none.
    ///
    /// Blocks the thread while somebody borrows the value. If `modify` panics, nobody is woken, and the value is as
    /// `modify` left it.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::watch::channel(vec![1]);
    /// tx.send_modify(|list| list.push(2));
    /// assert_eq!(*rx.borrow(), [1, 2]);
    /// ```
    pub fn send_modify(&self, modify: impl FnOnce(&mut T)) {
        self.send_if_modified(|value| {
            modify(value);
            true
        });
    }

    /// [`send_modify`](Self::send_modify), where `modify` says whether there is something to tell the receivers;
    /// that is returned.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::watch::channel(1);
    /// assert!(!tx.send_if_modified(|value| std::mem::replace(value, 1) != 1));
    /// assert!(!rx.has_changed().unwrap());
    /// ```
    pub fn send_if_modified(&self, modify: impl FnOnce(&mut T) -> bool) -> bool {
        self.shared.modify(modify)
    }

    /// Puts `value` in place of the one that is there, wakes the receivers, and returns the old one; also if there
    /// are no receivers.
    ///
    /// ```
    /// let tx = filch_sync::watch::Sender::new(1);
    /// assert_eq!(tx.send_replace(2), 1);
    /// assert_eq!(*tx.borrow(), 2);
    /// ```
    pub fn send_replace(&self, mut value: T) -> T {
        self.send_modify(|current| mem::swap(current, &mut value));
        value
    }

    /// The value.
    ///
    /// ```
    /// let tx = filch_sync::watch::Sender::new(1);
    /// assert_eq!(*tx.borrow(), 1);
    /// ```
    pub fn borrow(&self) -> Ref<'_, T> {
        Ref::new(self.shared.value.read(), false)
    }

    /// Whether there is no receiver. [`subscribe`](Self::subscribe) makes one again.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::watch::channel(1);
    /// assert!(!tx.is_closed());
    /// drop(rx);
    /// assert!(tx.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.receiver_count() == 0
    }

    /// Waits until there is no receiver: until the value interests nobody any more.
    ///
    /// # Cancel safety
    /// Safe: it changes nothing.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::watch::channel(1);
    /// drop(rx);
    /// futures_lite::future::block_on(tx.closed());
    /// ```
    pub async fn closed(&self) {
        self.shared.deserted().await;
    }

    /// A new receiver, which has seen the value that is there.
    ///
    /// ```
    /// let tx = filch_sync::watch::Sender::new(1);
    /// let rx = tx.subscribe();
    /// assert!(!rx.has_changed().unwrap());
    /// ```
    pub fn subscribe(&self) -> Receiver<T> {
        let seen = self.shared.version().number();
        Receiver::new(Arc::clone(&self.shared), seen)
    }

    /// How many receivers there are.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::watch::channel(1);
    /// let another = rx.clone();
    /// assert_eq!(tx.receiver_count(), 2);
    /// # drop(another);
    /// ```
    pub fn receiver_count(&self) -> usize {
        self.shared.receivers()
    }

    /// How many senders there are.
    ///
    /// ```
    /// let (tx, _rx) = filch_sync::watch::channel(1);
    /// let another = tx.clone();
    /// assert_eq!(tx.sender_count(), 2);
    /// # drop(another);
    /// ```
    pub fn sender_count(&self) -> usize {
        self.shared.senders()
    }

    /// Whether `other` changes the same value.
    ///
    /// ```
    /// let (tx, _rx) = filch_sync::watch::channel(1);
    /// assert!(tx.same_channel(&tx.clone()));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.add_sender();
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.shared.remove_sender();
    }
}

impl<T: Default> Default for Sender<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("receiver_count", &self.receiver_count())
            .finish_non_exhaustive()
    }
}

//! Room in a bounded channel, taken before there is a message.

use super::bounded::Sender;
use std::fmt;
use std::iter::FusedIterator;
use std::mem::ManuallyDrop;

/// Room for one message; given back when it is dropped. Made by [`Sender::reserve`].
///
/// ```
/// let (tx, mut rx) = filch_sync::mpsc::channel(1);
/// let permit = tx.try_reserve().unwrap();
/// permit.send(1);
/// assert_eq!(rx.try_recv(), Ok(1));
/// ```
#[must_use = "the room is given back when this is dropped"]
pub struct Permit<'a, T> {
    sender: &'a Sender<T>,
}

/// Room for several messages, a permit for each; what is left is given back when it is dropped. Made by
/// [`Sender::reserve_many`].
///
/// ```
/// let (tx, mut rx) = filch_sync::mpsc::channel(2);
/// for permit in tx.try_reserve_many(2).unwrap() {
///     permit.send(1);
/// }
/// assert_eq!(rx.len(), 2);
/// ```
#[must_use = "the room is given back when this is dropped"]
pub struct PermitIterator<'a, T> {
    sender: &'a Sender<T>,
    left: usize,
}

/// Room for one message, with the sender; given back when it is dropped. Made by
/// [`Sender::reserve_owned`].
///
/// ```
/// let (tx, mut rx) = filch_sync::mpsc::channel(1);
/// let permit = tx.try_reserve_owned().unwrap();
/// let tx = permit.send(1);
/// assert_eq!(rx.try_recv(), Ok(1));
/// # drop(tx);
/// ```
#[must_use = "the room is given back when this is dropped"]
pub struct OwnedPermit<T> {
    sender: Sender<T>,
}

impl<'a, T> Permit<'a, T> {
    pub(super) fn new(sender: &'a Sender<T>) -> Self {
        Self { sender }
    }

    /// Sends `message`. It cannot fail: if the receiver is gone, the message is dropped with the channel.
    ///
    /// ```
    /// let (tx, mut rx) = filch_sync::mpsc::channel(1);
    /// tx.try_reserve().unwrap().send(1);
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// ```
    pub fn send(self, message: T) {
        // The room goes with the message.
        let this = ManuallyDrop::new(self);
        this.sender.send_admitted(message);
    }
}

impl<T> Drop for Permit<'_, T> {
    fn drop(&mut self) {
        self.sender.give_back(1);
    }
}

impl<'a, T> PermitIterator<'a, T> {
    pub(super) fn new(sender: &'a Sender<T>, left: usize) -> Self {
        Self { sender, left }
    }
}

impl<'a, T> Iterator for PermitIterator<'a, T> {
    type Item = Permit<'a, T>;

    fn next(&mut self) -> Option<Permit<'a, T>> {
        self.left = self.left.checked_sub(1)?;
        Some(Permit { sender: self.sender })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> ExactSizeIterator for PermitIterator<'_, T> {}
impl<T> FusedIterator for PermitIterator<'_, T> {}

impl<T> Drop for PermitIterator<'_, T> {
    fn drop(&mut self) {
        self.sender.give_back(self.left);
    }
}

impl<T> OwnedPermit<T> {
    pub(super) fn new(sender: Sender<T>) -> Self {
        Self { sender }
    }

    /// The sender without the permit.
    fn into_sender(self) -> Sender<T> {
        let this = ManuallyDrop::new(self);
        // SAFETY: read once; `this` is not dropped.
        unsafe { std::ptr::read(&this.sender) }
    }

    /// Sends `message`, and returns the sender. It cannot fail: if the receiver is gone, the message is
    /// dropped with the channel.
    ///
    /// ```
    /// let (tx, mut rx) = filch_sync::mpsc::channel(1);
    /// let tx = tx.try_reserve_owned().unwrap().send(1);
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// # drop(tx);
    /// ```
    pub fn send(self, message: T) -> Sender<T> {
        // The room goes with the message.
        let sender = self.into_sender();
        sender.send_admitted(message);
        sender
    }

    /// Gives the room back, and returns the sender.
    ///
    /// ```
    /// let (tx, _rx) = filch_sync::mpsc::channel::<u32>(1);
    /// let tx = tx.try_reserve_owned().unwrap().release();
    /// assert_eq!(tx.capacity(), 1);
    /// ```
    pub fn release(self) -> Sender<T> {
        let sender = self.into_sender();
        sender.give_back(1);
        sender
    }

    /// Whether `other` is room in the same channel.
    ///
    /// ```
    /// let (tx, _rx) = filch_sync::mpsc::channel::<u32>(2);
    /// let one = tx.clone().try_reserve_owned().unwrap();
    /// let other = tx.try_reserve_owned().unwrap();
    /// assert!(one.same_channel(&other));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        self.sender.same_channel(&other.sender)
    }

    /// Whether `sender` sends to the same receiver.
    ///
    /// ```
    /// let (tx, _rx) = filch_sync::mpsc::channel::<u32>(1);
    /// let permit = tx.clone().try_reserve_owned().unwrap();
    /// assert!(permit.same_channel_as_sender(&tx));
    /// ```
    pub fn same_channel_as_sender(&self, sender: &Sender<T>) -> bool {
        self.sender.same_channel(sender)
    }
}

impl<T> Drop for OwnedPermit<T> {
    fn drop(&mut self) {
        self.sender.give_back(1);
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for PermitIterator<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermitIterator").field("left", &self.left).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for OwnedPermit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedPermit").finish_non_exhaustive()
    }
}

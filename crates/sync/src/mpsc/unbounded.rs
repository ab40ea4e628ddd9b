//! The channel that never makes a sender wait.

use super::channel::{Channel, Single, Strong, Unbounded, Weak};
use super::error::{SendError, TryRecvError};
use super::receiver::receiver;
use super::sender::sender;
use crate::block_on::block_on;
use filch_primitives::Budget;
use std::future::poll_fn;
use std::task::{Context, Poll};

/// Makes a channel without a bound.
///
/// A receiver that is slower than its senders lets it grow until memory is gone: choose
/// [`channel`](super::channel) unless something else bounds it.
///
/// ```
/// let (tx, mut rx) = filch_sync::mpsc::unbounded_channel();
/// tx.send(1).unwrap();
/// assert_eq!(rx.try_recv(), Ok(1));
/// ```
pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (sender, receiver) = Channel::pair(Unbounded);
    (UnboundedSender { channel: sender }, UnboundedReceiver { channel: receiver })
}

/// Sends messages. Made by [`unbounded_channel`]; clone it for every task that sends.
///
/// ```
/// let (tx, mut rx) = filch_sync::mpsc::unbounded_channel();
/// tx.clone().send(1).unwrap();
/// tx.send(2).unwrap();
/// assert_eq!([rx.try_recv(), rx.try_recv()], [Ok(1), Ok(2)]);
/// ```
pub struct UnboundedSender<T> {
    channel: Strong<T, Unbounded>,
}

/// An [`UnboundedSender`] that does not keep the channel open.
///
/// ```
/// let (tx, mut rx) = filch_sync::mpsc::unbounded_channel::<u32>();
/// let weak: filch_sync::mpsc::WeakUnboundedSender<u32> = tx.downgrade();
/// drop(tx);
/// assert!(weak.upgrade().is_none());
/// assert_eq!(rx.blocking_recv(), None);
/// ```
pub struct WeakUnboundedSender<T> {
    channel: Weak<T, Unbounded>,
}

/// Receives messages. Made by [`unbounded_channel`].
///
/// ```
/// let (tx, mut rx) = filch_sync::mpsc::unbounded_channel();
/// tx.send(1).unwrap();
/// assert_eq!(rx.try_recv(), Ok(1));
/// drop(rx);
/// assert!(tx.is_closed());
/// ```
pub struct UnboundedReceiver<T> {
    channel: Single<T, Unbounded>,
}

impl<T> UnboundedSender<T> {
    /// Sends `message`, without waiting.
    ///
    /// # Errors
    /// [`SendError`] with the message, if the receiver was closed or dropped.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::mpsc::unbounded_channel();
    /// tx.send(1).unwrap();
    /// drop(rx);
    /// assert_eq!(tx.send(2).unwrap_err().0, 2);
    /// ```
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        let sleeps = self.channel.list.push(message).map_err(SendError)?;
        self.channel.wake_if(sleeps);
        Ok(())
    }
}

sender!(
    UnboundedSender,
    WeakUnboundedSender,
    "filch_sync::mpsc::unbounded_channel::<u32>()",
    "send"
);
receiver!(UnboundedReceiver, "filch_sync::mpsc::unbounded_channel::<u32>()", "send");

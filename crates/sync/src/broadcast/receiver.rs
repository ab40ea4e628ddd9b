//! The side that gets every message.

use super::error::{RecvError, TryRecvError};
use super::shared::Shared;
use crate::block_on::block_on;
use crate::drop_each::drop_each;
use filch_primitives::atomic::Ordering;
use filch_primitives::coop::consume_budget;
use filch_primitives::sync::Arc;
use std::fmt;

/// Receives every message that is sent from its making on. Made by [`channel`](super::channel) and
/// [`Sender::subscribe`](super::Sender::subscribe).
///
/// ```
/// let (tx, mut rx) = filch_sync::broadcast::channel(4);
/// tx.send(1).unwrap();
/// let mut late = tx.subscribe();
/// tx.send(2).unwrap();
/// assert_eq!(late.try_recv(), Ok(2));
/// assert_eq!([rx.try_recv(), rx.try_recv()], [Ok(1), Ok(2)]);
/// ```
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
    /// The number of the message that it gets next.
    next: u64,
}

impl<T> Receiver<T> {
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        let next = shared.subscribe();
        Self { shared, next }
    }

    /// A new receiver, which gets what is sent from now on, and not what this one has yet to receive.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::broadcast::channel(4);
    /// tx.send(1).unwrap();
    /// let mut late = rx.resubscribe();
    /// tx.send(2).unwrap();
    /// assert_eq!(late.try_recv(), Ok(2));
    /// ```
    #[must_use = "a receiver that nobody asks keeps messages for nothing"]
    pub fn resubscribe(&self) -> Self {
        Self::new(Arc::clone(&self.shared))
    }

    /// How many messages it has yet to receive; if they are more than the capacity, the difference is lost.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::broadcast::channel(4);
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        (self.shared.next() - self.next) as usize
    }

    /// Whether there is no message for it now.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::broadcast::channel(4);
    /// assert!(rx.is_empty());
    /// tx.send(1).unwrap();
    /// assert!(!rx.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether `other` receives from the same senders.
    ///
    /// ```
    /// let (_tx, rx) = filch_sync::broadcast::channel::<u32>(4);
    /// assert!(rx.same_channel(&rx.resubscribe()));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Whether every sender is gone.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::broadcast::channel::<u32>(4);
    /// assert!(!rx.is_closed());
    /// drop(tx);
    /// assert!(rx.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.shared.has_ended()
    }

    /// How many senders there are.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::broadcast::channel::<u32>(4);
    /// assert_eq!(rx.sender_strong_count(), 1);
    /// # drop(tx);
    /// ```
    pub fn sender_strong_count(&self) -> usize {
        // Ordering: Acquire; who counts sees what came before.
        self.shared.senders.load(Ordering::Acquire)
    }

    /// How many weak senders there are.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::broadcast::channel::<u32>(4);
    /// let weak = tx.downgrade();
    /// assert_eq!(rx.sender_weak_count(), 1);
    /// # drop(weak);
    /// ```
    pub fn sender_weak_count(&self) -> usize {
        // Ordering: Acquire; as above.
        self.shared.weak_senders.load(Ordering::Acquire)
    }
}

impl<T: Clone> Receiver<T> {
    /// Waits for the next message.
    ///
    /// # Errors
    /// [`RecvError::Lagged`] if messages were overwritten; the next call returns the oldest that is left.
    /// [`RecvError::Closed`] once every sender is gone and all messages were received.
    ///
    /// # Cancel safety
    /// Safe: dropped before it is ready, it has taken no message.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = filch_sync::broadcast::channel(4);
    /// let mut another = tx.subscribe();
    /// tx.send("hello").unwrap();
    /// assert_eq!(rx.recv().await, Ok("hello"));
    /// assert_eq!(another.recv().await, Ok("hello"));
    /// # });
    /// ```
    pub async fn recv(&mut self) -> Result<T, RecvError> {
        consume_budget().await;
        loop {
            // Made before the look: a message in between completes it.
            let sent = self.shared.sent.notified();
            match self.shared.receive(&mut self.next) {
                Ok(message) => return Ok(message),
                Err(TryRecvError::Closed) => return Err(RecvError::Closed),
                Err(TryRecvError::Lagged(missed)) => return Err(RecvError::Lagged(missed)),
                Err(TryRecvError::Empty) => {}
            }
            sent.await;
        }
    }

    /// Takes the next message if there is one.
    ///
    /// # Errors
    /// [`TryRecvError`].
    ///
    /// ```
    /// let (tx, mut rx) = filch_sync::broadcast::channel(4);
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// assert!(rx.try_recv().is_err());
    /// ```
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.shared.receive(&mut self.next)
    }

    /// [`recv`](Self::recv) with the thread asleep. For threads that run no tasks: on a worker thread it stops the
    /// worker.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    ///
    /// # Panics
    /// On a thread that runs tasks, or is in a `block_on`.
    ///
    /// ```
    /// let (tx, mut rx) = filch_sync::broadcast::channel(4);
    /// std::thread::spawn(move || tx.send(1));
    /// assert_eq!(rx.blocking_recv(), Ok(1));
    /// ```
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Result<T, RecvError> {
        block_on("Receiver::blocking_recv", self.recv())
    }
}

impl<T> Drop for Receiver<T> {
    /// Messages that nobody else waits for are dropped now.
    fn drop(&mut self) {
        // Last of all it tells: that wakes wakers that are not ours, which may panic.
        let (end, _deserted) = self.shared.unsubscribe();
        drop_each(|| {
            while self.next < end {
                // What was overwritten meanwhile is gone anyway.
                if let Ok(Some(message)) = self.shared.skip(&mut self.next) {
                    return Some(message);
                }
            }
            None
        });
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("len", &self.len()).finish_non_exhaustive()
    }
}

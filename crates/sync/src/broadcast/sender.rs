//! The side that sends to all.

use super::error::SendError;
use super::receiver::Receiver;
use super::shared::Shared;
use filch_primitives::atomic::Ordering;
use filch_primitives::sync::Arc;
use std::fmt;

/// More slots than this would not fit into the address space.
const MAX_CAPACITY: usize = usize::MAX >> 1;

/// Sends messages to every receiver. Made by [`channel`](super::channel); clone it for every task that sends.
///
/// ```
/// let (tx, mut first) = filch_sync::broadcast::channel(4);
/// let mut second = tx.subscribe();
/// tx.clone().send(1).unwrap();
/// assert_eq!([first.try_recv(), second.try_recv()], [Ok(1), Ok(1)]);
/// ```
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

/// A [`Sender`] that does not keep the channel open.
///
/// ```
/// let (tx, mut rx) = filch_sync::broadcast::channel::<u32>(4);
/// let weak: filch_sync::broadcast::WeakSender<u32> = tx.downgrade();
/// drop(tx);
/// assert!(weak.upgrade().is_none());
/// assert!(rx.blocking_recv().is_err());
/// ```
pub struct WeakSender<T> {
    shared: Arc<Shared<T>>,
}

impl<T> Sender<T> {
    /// A sender without receivers; [`subscribe`](Self::subscribe) makes them. See [`channel`](super::channel) for
    /// `capacity`.
    ///
    /// # Panics
    /// If `capacity` is 0 or more than half of `usize::MAX`.
    ///
    /// ```
    /// let tx = filch_sync::broadcast::Sender::new(4);
    /// let mut rx = tx.subscribe();
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// ```
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        assert!(
            capacity > 0,
            "a broadcast channel needs room for at least one message: pass a capacity of 1 or more"
        );
        assert!(
            capacity <= MAX_CAPACITY,
            "a broadcast channel has room for at most usize::MAX / 2 messages"
        );
        Self { shared: Arc::new(Shared::new(capacity.next_power_of_two())) }
    }

    /// Sends `message` to every receiver that there is now; how many they are. It never waits: the oldest message is
    /// overwritten if there is no room.
    ///
    /// # Errors
    /// [`SendError`] with the message if there is no receiver. There may be one later.
    ///
    /// ```
    /// let (tx, mut rx) = filch_sync::broadcast::channel(4);
    /// assert_eq!(tx.send(1).unwrap(), 1);
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// ```
    pub fn send(&self, message: T) -> Result<usize, SendError<T>> {
        self.shared.send(message).map_err(SendError)
    }

    /// A new receiver, which gets what is sent from now on.
    ///
    /// ```
    /// let tx = filch_sync::broadcast::Sender::new(4);
    /// let rx = tx.subscribe();
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.len(), 1);
    /// ```
    pub fn subscribe(&self) -> Receiver<T> {
        Receiver::new(Arc::clone(&self.shared))
    }

    /// A sender that does not keep the channel open.
    ///
    /// ```
    /// let (tx, _rx) = filch_sync::broadcast::channel::<u32>(4);
    /// let weak = tx.downgrade();
    /// assert!(weak.upgrade().is_some());
    /// drop(tx);
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[must_use = "a weak sender that nobody upgrades sends nothing"]
    pub fn downgrade(&self) -> WeakSender<T> {
        // Ordering: Relaxed; a count of what we keep alive anyway.
        self.shared.weak_senders.fetch_add(1, Ordering::Relaxed);
        WeakSender { shared: Arc::clone(&self.shared) }
    }

    /// How many messages have not been received by everybody yet; those that were overwritten do not count.
    ///
    /// ```
    /// let (tx, mut rx) = filch_sync::broadcast::channel(4);
    /// tx.send(1).unwrap();
    /// assert_eq!(tx.len(), 1);
    /// rx.try_recv().unwrap();
    /// assert_eq!(tx.len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.shared.len()
    }

    /// Whether every message has been received by everybody.
    ///
    /// ```
    /// let (tx, _rx) = filch_sync::broadcast::channel(4);
    /// assert!(tx.is_empty());
    /// tx.send(1).unwrap();
    /// assert!(!tx.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many receivers there are.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::broadcast::channel::<u32>(4);
    /// assert_eq!(tx.receiver_count(), 1);
    /// drop(rx);
    /// assert_eq!(tx.receiver_count(), 0);
    /// ```
    pub fn receiver_count(&self) -> usize {
        self.shared.receivers()
    }

    /// Whether `other` sends to the same receivers.
    ///
    /// ```
    /// let (tx, _rx) = filch_sync::broadcast::channel::<u32>(4);
    /// assert!(tx.same_channel(&tx.clone()));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Waits until there is no receiver: until what is sent interests nobody any more.
    ///
    /// # Cancel safety
    /// Safe: it changes nothing.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::broadcast::channel::<u32>(4);
    /// drop(rx);
    /// futures_lite::future::block_on(tx.closed());
    /// ```
    pub async fn closed(&self) {
        self.shared.deserted().await;
    }

    /// How many senders there are.
    ///
    /// ```
    /// let (tx, _rx) = filch_sync::broadcast::channel::<u32>(4);
    /// assert_eq!(tx.strong_count(), 1);
    /// ```
    pub fn strong_count(&self) -> usize {
        // Ordering: Acquire; who counts sees what came before.
        self.shared.senders.load(Ordering::Acquire)
    }

    /// How many weak senders there are.
    ///
    /// ```
    /// let (tx, _rx) = filch_sync::broadcast::channel::<u32>(4);
    /// let weak = tx.downgrade();
    /// assert_eq!(tx.weak_count(), 1);
    /// # drop(weak);
    /// ```
    pub fn weak_count(&self) -> usize {
        // Ordering: Acquire; as above.
        self.shared.weak_senders.load(Ordering::Acquire)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        // Ordering: Relaxed; ours keeps the count from zero.
        self.shared.senders.fetch_add(1, Ordering::Relaxed);
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        // Ordering: AcqRel; the end comes after the last message of every sender.
        if self.shared.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.shared.end();
        }
    }
}

impl<T> WeakSender<T> {
    /// A sender, if there is still one: a channel that has ended stays so.
    ///
    /// ```
    /// let (tx, _rx) = filch_sync::broadcast::channel(4);
    /// let weak = tx.downgrade();
    /// weak.upgrade().unwrap().send(1).unwrap();
    /// drop(tx);
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[must_use = "the sender keeps the channel open"]
    pub fn upgrade(&self) -> Option<Sender<T>> {
        // Ordering: Relaxed; a first guess, which the CAS checks.
        let mut senders = self.shared.senders.load(Ordering::Relaxed);
        while senders != 0 {
            // Ordering: Relaxed; as in `Sender::clone`.
            match self.shared.senders.compare_exchange_weak(
                senders,
                senders + 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Some(Sender { shared: Arc::clone(&self.shared) }),
                Err(actual) => senders = actual,
            }
        }
        None
    }

    /// How many senders there are.
    ///
    /// ```
    /// let (tx, _rx) = filch_sync::broadcast::channel::<u32>(4);
    /// assert_eq!(tx.downgrade().strong_count(), 1);
    /// ```
    pub fn strong_count(&self) -> usize {
        // Ordering: Acquire; who counts sees what came before.
        self.shared.senders.load(Ordering::Acquire)
    }

    /// How many weak senders there are.
    ///
    /// ```
    /// let (tx, _rx) = filch_sync::broadcast::channel::<u32>(4);
    /// assert_eq!(tx.downgrade().weak_count(), 1);
    /// ```
    pub fn weak_count(&self) -> usize {
        // Ordering: Acquire; as above.
        self.shared.weak_senders.load(Ordering::Acquire)
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        // Ordering: Relaxed; a count of what we keep alive anyway.
        self.shared.weak_senders.fetch_add(1, Ordering::Relaxed);
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Drop for WeakSender<T> {
    fn drop(&mut self) {
        // Ordering: Release; pairs with the Acquire in `weak_count`.
        self.shared.weak_senders.fetch_sub(1, Ordering::Release);
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("receiver_count", &self.receiver_count())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakSender").finish_non_exhaustive()
    }
}

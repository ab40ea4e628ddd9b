//! The channel that makes senders wait while it is full.

use super::channel::{Bounded, Channel, Single, Strong, Weak};
use super::error::{SendError, TryRecvError, TrySendError};
use super::permit::{OwnedPermit, Permit, PermitIterator};
use super::receiver::receiver;
use super::sender::sender;
use crate::block_on::block_on;
use crate::permits::bank::Deposits;
use crate::permits::{MAX_PERMITS, Permits, Refusal};
use filch_primitives::Budget;
use filch_primitives::coop::consume_budget;
use std::future::poll_fn;
use std::task::{Context, Poll};

/// Makes a channel for at most `buffer` messages, permits to send included.
///
/// # Panics
/// If `buffer` is 0 or more than [`Semaphore::MAX_PERMITS`](crate::Semaphore::MAX_PERMITS).
///
/// ```
/// let (tx, mut rx) = filch_sync::mpsc::channel(1);
/// tx.try_send(1).unwrap();
/// assert!(tx.try_send(2).is_err());
/// assert_eq!(rx.try_recv(), Ok(1));
/// ```
#[track_caller]
pub fn channel<T>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    assert!(
        buffer > 0,
        "an mpsc channel needs room for at least one message: pass a buffer of 1 or more"
    );
    assert!(
        buffer <= MAX_PERMITS,
        "an mpsc channel has room for at most Semaphore::MAX_PERMITS messages"
    );
    let permits = Permits::new(buffer, Deposits::new());
    let (sender, receiver) = Channel::pair(Bounded { permits, capacity: buffer });
    (Sender { channel: sender }, Receiver { channel: receiver })
}

/// Sends messages. Made by [`channel`]; clone it for every task that sends.
///
/// ```
/// let (tx, mut rx) = filch_sync::mpsc::channel(2);
/// let another = tx.clone();
/// tx.try_send(1).unwrap();
/// another.try_send(2).unwrap();
/// drop((tx, another)); // with the last sender the channel ends
/// assert_eq!(std::iter::from_fn(|| rx.blocking_recv()).collect::<Vec<_>>(), [1, 2]);
/// ```
pub struct Sender<T> {
    pub(super) channel: Strong<T, Bounded>,
}

/// A [`Sender`] that does not keep the channel open.
///
/// ```
/// let (tx, mut rx) = filch_sync::mpsc::channel::<u32>(1);
/// let weak: filch_sync::mpsc::WeakSender<u32> = tx.downgrade();
/// drop(tx);
/// assert!(weak.upgrade().is_none());
/// assert_eq!(rx.blocking_recv(), None);
/// ```
pub struct WeakSender<T> {
    channel: Weak<T, Bounded>,
}

/// Receives messages. Made by [`channel`].
///
/// ```
/// let (tx, mut rx) = filch_sync::mpsc::channel(1);
/// tx.try_send(1).unwrap();
/// assert_eq!(rx.try_recv(), Ok(1));
/// drop(rx);
/// assert!(tx.is_closed());
/// ```
pub struct Receiver<T> {
    channel: Single<T, Bounded>,
}

impl<T> Sender<T> {
    /// Sends `message`, as soon as there is room.
    ///
    /// `Ok` means that the message is in the channel, not that it was received.
    ///
    /// # Errors
    /// [`SendError`] with the message, if the receiver was closed or dropped.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, it has not sent, and the message is dropped with it: to keep the message,
    /// [`reserve`](Self::reserve) first. It loses its place in the queue.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = filch_sync::mpsc::channel(1);
    /// tx.send("hello").await.unwrap();
    /// assert_eq!(rx.recv().await, Some("hello"));
    /// # });
    /// ```
    pub async fn send(&self, message: T) -> Result<(), SendError<T>> {
        match self.admit(1).await {
            Ok(()) => {
                self.send_admitted(message);
                Ok(())
            }
            Err(SendError(())) => Err(SendError(message)),
        }
    }

    /// Sends `message` if there is room.
    ///
    /// # Errors
    /// [`TrySendError`] with the message.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::mpsc::channel(1);
    /// tx.try_send(1).unwrap();
    /// assert!(tx.try_send(2).is_err());
    /// # drop(rx);
    /// ```
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        match self.try_admit(1) {
            Ok(()) => {
                self.send_admitted(message);
                Ok(())
            }
            Err(TrySendError::Full(())) => Err(TrySendError::Full(message)),
            Err(TrySendError::Closed(())) => Err(TrySendError::Closed(message)),
        }
    }

    /// [`send`](Self::send) with the thread asleep. For threads that run no tasks: on a worker thread it
    /// stops the worker, and so perhaps the very receiver.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    ///
    /// # Panics
    /// On a thread that runs tasks, or is in a `block_on`.
    ///
    /// ```
    /// let (tx, mut rx) = filch_sync::mpsc::channel(1);
    /// std::thread::spawn(move || tx.blocking_send(1));
    /// assert_eq!(rx.blocking_recv(), Some(1));
    /// ```
    #[track_caller]
    pub fn blocking_send(&self, message: T) -> Result<(), SendError<T>> {
        block_on("Sender::blocking_send", self.send(message))
    }

    /// Waits for room for one message. The permit sends it later, without waiting.
    ///
    /// # Errors
    /// [`SendError`] if the receiver was closed or dropped.
    ///
    /// # Cancel safety
    /// Safe: dropped, it leaves the queue, and what it was assigned goes to the next. It loses its place.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = filch_sync::mpsc::channel(1);
    /// let permit = tx.reserve().await.unwrap();
    /// assert!(tx.try_send(1).is_err());
    /// permit.send(2);
    /// assert_eq!(rx.recv().await, Some(2));
    /// # });
    /// ```
    pub async fn reserve(&self) -> Result<Permit<'_, T>, SendError<()>> {
        self.admit(1).await?;
        Ok(Permit::new(self))
    }

    /// Waits for room for `n` messages.
    ///
    /// # Errors
    /// [`SendError`] if the receiver was closed or dropped, or if `n` is more than the capacity.
    ///
    /// # Cancel safety
    /// As [`reserve`](Self::reserve).
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = filch_sync::mpsc::channel(2);
    /// for (number, permit) in tx.reserve_many(2).await.unwrap().enumerate() {
    ///     permit.send(number);
    /// }
    /// assert_eq!(rx.recv().await, Some(0));
    /// # });
    /// ```
    pub async fn reserve_many(&self, n: usize) -> Result<PermitIterator<'_, T>, SendError<()>> {
        self.admit(n).await?;
        Ok(PermitIterator::new(self, n))
    }

    /// [`reserve`](Self::reserve), with a permit that takes the sender along and gives it back.
    ///
    /// # Errors
    /// [`SendError`] if the receiver was closed or dropped.
    ///
    /// # Cancel safety
    /// As [`reserve`](Self::reserve); the sender is dropped with it, so clone it before if need be.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, mut rx) = filch_sync::mpsc::channel(1);
    /// let tx = tx.reserve_owned().await.unwrap().send(1);
    /// assert_eq!(rx.recv().await, Some(1));
    /// # drop(tx);
    /// # });
    /// ```
    pub async fn reserve_owned(self) -> Result<OwnedPermit<T>, SendError<()>> {
        self.admit(1).await?;
        Ok(OwnedPermit::new(self))
    }

    /// Takes room for one message if there is any.
    ///
    /// # Errors
    /// [`TrySendError`].
    ///
    /// ```
    /// let (tx, mut rx) = filch_sync::mpsc::channel(1);
    /// tx.try_reserve().unwrap().send(1);
    /// assert!(tx.try_reserve().is_err());
    /// # assert_eq!(rx.try_recv(), Ok(1));
    /// ```
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        self.try_admit(1)?;
        Ok(Permit::new(self))
    }

    /// Takes room for `n` messages if there is so much.
    ///
    /// # Errors
    /// [`TrySendError`]; `Full` too if `n` is more than the capacity.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::mpsc::channel(2);
    /// let permits = tx.try_reserve_many(2).unwrap();
    /// assert_eq!(permits.len(), 2);
    /// # permits.for_each(|permit| permit.send(1));
    /// # drop(rx);
    /// ```
    pub fn try_reserve_many(&self, n: usize) -> Result<PermitIterator<'_, T>, TrySendError<()>> {
        if n > self.max_capacity() {
            return Err(TrySendError::Full(()));
        }
        self.try_admit(n)?;
        Ok(PermitIterator::new(self, n))
    }

    /// [`try_reserve`](Self::try_reserve), with a permit that takes the sender along and gives it back.
    ///
    /// # Errors
    /// [`TrySendError`] with the sender.
    ///
    /// ```
    /// let (tx, mut rx) = filch_sync::mpsc::channel(1);
    /// let tx = tx.try_reserve_owned().unwrap().send(1);
    /// let tx = tx.try_reserve_owned().unwrap_err().into_inner();
    /// # assert_eq!(rx.try_recv(), Ok(1));
    /// # drop(tx);
    /// ```
    pub fn try_reserve_owned(self) -> Result<OwnedPermit<T>, TrySendError<Self>> {
        match self.try_admit(1) {
            Ok(()) => Ok(OwnedPermit::new(self)),
            Err(TrySendError::Full(())) => Err(TrySendError::Full(self)),
            Err(TrySendError::Closed(())) => Err(TrySendError::Closed(self)),
        }
    }

    /// How many messages there is room for now.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::mpsc::channel(3);
    /// tx.try_send(1).unwrap();
    /// assert_eq!(tx.capacity(), 2);
    /// # drop(rx);
    /// ```
    pub fn capacity(&self) -> usize {
        self.channel.admission.permits.available()
    }

    /// How many messages the channel was made for.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::mpsc::channel(3);
    /// tx.try_send(1).unwrap();
    /// assert_eq!(tx.max_capacity(), 3);
    /// # drop(rx);
    /// ```
    pub fn max_capacity(&self) -> usize {
        self.channel.admission.capacity
    }

    async fn admit(&self, n: usize) -> Result<(), SendError<()>> {
        // More than there will ever be: waiting would hold up everyone behind it for ever.
        if n > self.max_capacity() {
            return Err(SendError(()));
        }
        if !Budget::try_take() {
            consume_budget().await;
        }
        let permits = &self.channel.admission.permits;
        match permits.try_acquire_or_wait(n) {
            Ok(()) => Ok(()),
            Err(Refusal::Closed) => Err(SendError(())),
            Err(Refusal::TooFew) => {
                // Dropped after the wait: what that had been assigned is back in its place then.
                let given_up = GivenUp(self);
                let admitted = permits.acquire(n).await;
                std::mem::forget(given_up);
                admitted.map_err(|_closed| SendError(()))
            }
        }
    }

    fn try_admit(&self, n: usize) -> Result<(), TrySendError<()>> {
        self.channel.admission.permits.try_acquire(n).map_err(|refusal| match refusal {
            Refusal::TooFew => TrySendError::Full(()),
            Refusal::Closed => TrySendError::Closed(()),
        })
    }

    /// Sends with a permit that was taken before.
    pub(super) fn send_admitted(&self, message: T) {
        let sleeps = self.channel.list.push_admitted(message);
        self.channel.wake_if(sleeps);
    }

    /// Gives `n` permits back unused.
    pub(super) fn give_back(&self, n: usize) {
        if n == 0 {
            return;
        }
        self.channel.admission.permits.release(n);
        self.permits_came_back();
    }

    /// A closed receiver waits for the last permit, used or not.
    fn permits_came_back(&self) {
        if self.is_closed() {
            self.channel.wake_receiver();
        }
    }
}

/// A wait for permits that was given up, when it is dropped: it may have had some already.
struct GivenUp<'a, T>(&'a Sender<T>);

impl<T> Drop for GivenUp<'_, T> {
    fn drop(&mut self) {
        self.0.permits_came_back();
    }
}

impl<T> Receiver<T> {
    /// How many messages there is room for now.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::mpsc::channel(3);
    /// tx.try_send(1).unwrap();
    /// assert_eq!(rx.capacity(), 2);
    /// ```
    pub fn capacity(&self) -> usize {
        self.channel.channel().admission.permits.available()
    }

    /// How many messages the channel was made for.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::mpsc::channel::<u32>(3);
    /// assert_eq!(rx.max_capacity(), 3);
    /// # drop(tx);
    /// ```
    pub fn max_capacity(&self) -> usize {
        self.channel.channel().admission.capacity
    }
}

sender!(Sender, WeakSender, "filch_sync::mpsc::channel::<u32>(8)", "try_send");
receiver!(Receiver, "filch_sync::mpsc::channel::<u32>(8)", "try_send");

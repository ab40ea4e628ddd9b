//! One value, from one task to another.
//!
//! For the answer to a request, and for a result that is computed once. For more than one value choose
//! [`mpsc`](crate::mpsc); to signal without a value, [`Notify`](crate::Notify).
//!
//! ```
//! use filch_sync::oneshot;
//!
//! let (tx, rx) = oneshot::channel();
//! std::thread::spawn(move || tx.send("pong"));
//! assert_eq!(rx.blocking_recv(), Ok("pong"));
//! ```

pub(crate) mod cell;
pub mod error;

use crate::block_on::block_on;
use cell::{Found, Rx, Tx};
use error::{RecvError, TryRecvError};
use filch_primitives::Budget;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Makes a channel for one value.
///
/// ```
/// let (tx, mut rx) = filch_sync::oneshot::channel();
/// tx.send(7).unwrap();
/// assert_eq!(rx.try_recv(), Ok(7));
/// ```
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (tx, rx) = cell::halves();
    (Sender(tx), Receiver(rx))
}

/// Sends the value. Made by [`channel`].
///
/// Dropped without sending, it makes the receiver return [`RecvError`].
///
/// ```
/// let (tx, rx) = filch_sync::oneshot::channel();
/// let answerer = std::thread::spawn(move || tx.send(6 * 7));
/// assert_eq!(rx.blocking_recv(), Ok(42));
/// answerer.join().unwrap().unwrap();
/// ```
pub struct Sender<T>(Tx<T>);

impl<T> Sender<T> {
    /// Hands `value` to the receiver, without waiting for it to look.
    ///
    /// `Ok` means that the value was put where the receiver can take it, not that it did.
    ///
    /// # Errors
    /// `value` itself, if the receiver was closed or dropped.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::oneshot::channel();
    /// drop(rx);
    /// assert_eq!(tx.send("anybody there?"), Err("anybody there?"));
    /// ```
    #[inline]
    pub fn send(self, value: T) -> Result<(), T> {
        self.0.send(value)
    }

    /// Waits until the receiver is closed or dropped: until the answer interests nobody any more.
    ///
    /// # Cancel safety
    /// Safe: it changes nothing.
    ///
    /// ```
    /// let (mut tx, rx) = filch_sync::oneshot::channel::<u32>();
    /// drop(rx);
    /// futures_lite::future::block_on(tx.closed());
    /// ```
    pub async fn closed(&mut self) {
        poll_fn(|cx| self.poll_closed(cx)).await;
    }

    /// Whether the receiver was closed or dropped.
    ///
    /// ```
    /// let (tx, mut rx) = filch_sync::oneshot::channel::<u32>();
    /// assert!(!tx.is_closed());
    /// rx.close();
    /// assert!(tx.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// [`closed`](Self::closed), as a poll function. Only the waker of the last call is woken.
    ///
    /// ```
    /// use std::task::{Context, Poll, Waker};
    ///
    /// let (mut tx, mut rx) = filch_sync::oneshot::channel::<u32>();
    /// let mut cx = Context::from_waker(Waker::noop());
    /// assert_eq!(tx.poll_closed(&mut cx), Poll::Pending);
    /// rx.close();
    /// assert_eq!(tx.poll_closed(&mut cx), Poll::Ready(()));
    /// ```
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Budget::poll(cx, |cx| self.0.poll_closed(cx))
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("is_closed", &self.is_closed()).finish()
    }
}

/// Receives the value: a future, to be awaited. Made by [`channel`].
///
/// # Errors
/// Awaited, [`RecvError`] if the sender was dropped without sending, or if the receiver was
/// [closed](Self::close) before the value came.
///
/// # Panics
/// Polled again after it was ready.
///
/// # Cancel safety
/// Await `&mut receiver` (in a `select!`, say) and drop that: nothing is lost. Dropping the receiver itself
/// drops a value that has arrived.
///
/// ```
/// let (tx, rx) = filch_sync::oneshot::channel();
/// tx.send(7).unwrap();
/// assert_eq!(futures_lite::future::block_on(rx), Ok(7));
/// ```
pub struct Receiver<T>(Rx<T>);

impl<T> Receiver<T> {
    /// Takes nothing any more but what was sent already; the sender learns it.
    ///
    /// ```
    /// use filch_sync::oneshot::{self, error::TryRecvError};
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// rx.close();
    /// assert_eq!(tx.send(1), Err(1));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// tx.send(2).unwrap();
    /// rx.close();
    /// assert_eq!(rx.try_recv(), Ok(2));
    /// ```
    pub fn close(&mut self) {
        self.0.close();
    }

    /// Takes the value if it has come.
    ///
    /// # Errors
    /// [`TryRecvError::Empty`] if it may still come; [`TryRecvError::Closed`] if it will not, or was taken
    /// before.
    ///
    /// ```
    /// use filch_sync::oneshot::{self, error::TryRecvError};
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    /// ```
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        match self.0.try_take() {
            Found::Value(value) => Ok(value),
            Found::Nothing => Err(TryRecvError::Closed),
            Found::NotYet => Err(TryRecvError::Empty),
        }
    }

    /// Waits for the value with the thread asleep. For threads that run no tasks: on a worker thread it
    /// stops the worker.
    ///
    /// # Errors
    /// [`RecvError`] if no value came.
    ///
    /// # Panics
    /// On a thread that runs tasks, or is in a `block_on`.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::oneshot::channel();
    /// std::thread::spawn(move || tx.send(1));
    /// assert_eq!(rx.blocking_recv(), Ok(1));
    /// ```
    #[track_caller]
    pub fn blocking_recv(self) -> Result<T, RecvError> {
        block_on("Receiver::blocking_recv", self)
    }

    /// Whether the receiver is through: the value, or the news that there is none, was taken. Then it must
    /// not be awaited.
    ///
    /// ```
    /// let (tx, mut rx) = filch_sync::oneshot::channel();
    /// tx.send(1).unwrap();
    /// assert!(!rx.is_terminated());
    /// rx.try_recv().unwrap();
    /// assert!(rx.is_terminated());
    /// ```
    pub fn is_terminated(&self) -> bool {
        self.0.is_terminated()
    }

    /// Whether there is no value to take now. One may come the moment after.
    ///
    /// ```
    /// let (tx, rx) = filch_sync::oneshot::channel();
    /// assert!(rx.is_empty());
    /// tx.send(1).unwrap();
    /// assert!(!rx.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    #[inline]
    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(
            !self.0.is_terminated(),
            "this oneshot receiver is through: its result was taken, do not await it again"
        );
        Budget::poll(cx, |cx| self.0.poll(cx)).map(|value| value.ok_or(RecvError(())))
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("is_empty", &self.is_empty())
            .field("is_terminated", &self.is_terminated())
            .finish()
    }
}

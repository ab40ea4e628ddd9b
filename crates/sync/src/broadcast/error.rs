//! What may go wrong with a broadcast channel.

use std::error::Error;
use std::fmt;

/// There is no receiver; the message comes back.
///
/// ```
/// let (tx, rx) = filch_sync::broadcast::channel(1);
/// drop(rx);
/// assert_eq!(tx.send("hello").unwrap_err().0, "hello");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(pub T);

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendError").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("channel closed")
    }
}

impl<T> Error for SendError<T> {}

/// Why [`recv`](super::Receiver::recv) has no message.
///
/// ```
/// use filch_sync::broadcast::{self, error::RecvError};
///
/// let (tx, mut rx) = broadcast::channel(2);
/// for number in 0..3 {
///     tx.send(number).unwrap();
/// }
/// assert_eq!(rx.blocking_recv(), Err(RecvError::Lagged(1)));
/// assert_eq!(rx.blocking_recv(), Ok(1));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecvError {
    /// Every sender is gone, and all messages were received.
    Closed,
    /// The receiver was too slow: so many messages were overwritten. The next call returns the oldest that is left.
    Lagged(u64),
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("channel closed"),
            Self::Lagged(missed) => write!(f, "channel lagged by {missed}"),
        }
    }
}

impl Error for RecvError {}

/// Why [`try_recv`](super::Receiver::try_recv) has no message.
///
/// ```
/// use filch_sync::broadcast::{self, error::TryRecvError};
///
/// let (tx, mut rx) = broadcast::channel::<u32>(1);
/// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
/// drop(tx);
/// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TryRecvError {
    /// No message now.
    Empty,
    /// Every sender is gone, and all messages were received.
    Closed,
    /// The receiver was too slow: so many messages were overwritten. The next call returns the oldest that is left.
    Lagged(u64),
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("channel empty"),
            Self::Closed => f.write_str("channel closed"),
            Self::Lagged(missed) => write!(f, "channel lagged by {missed}"),
        }
    }
}

impl Error for TryRecvError {}

//! What may go wrong with a watch channel.

use std::error::Error;
use std::fmt;

/// There is no receiver; the value comes back.
///
/// ```
/// let (tx, rx) = filch_sync::watch::channel(1);
/// drop(rx);
/// assert_eq!(tx.send(2).unwrap_err().0, 2);
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

/// There is no sender: the value will not change any more.
///
/// ```
/// let (tx, rx) = filch_sync::watch::channel(1);
/// drop(tx);
/// assert!(rx.has_changed().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecvError(pub(super) ());

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("channel closed")
    }
}

impl Error for RecvError {}

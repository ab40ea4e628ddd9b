//! What to do about [`Interrupted`](io::ErrorKind::Interrupted): the same again.

use std::io;
use std::task::Poll;

/// Whether the operation was interrupted before it did anything.
///
/// The traits' contract rules it out; a reader or writer around a blocking one may let it through.
pub(crate) fn is_interrupted(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Interrupted
}

/// Repeats `poll` until it is not interrupted.
pub(crate) fn retry<T>(mut poll: impl FnMut() -> Poll<io::Result<T>>) -> Poll<io::Result<T>> {
    loop {
        match poll() {
            Poll::Ready(Err(error)) if is_interrupted(&error) => {}
            outcome => return outcome,
        }
    }
}

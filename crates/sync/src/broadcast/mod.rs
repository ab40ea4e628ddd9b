//! Every message to every receiver.
//!
//! For events that several tasks follow. Nobody waits for a slow receiver: when the channel is full, the oldest message
//! is overwritten, and the receiver that had not seen it is told how many it [missed](error::RecvError::Lagged). If the
//! latest message is all that matters, choose [`watch`](crate::watch); if each message is for one receiver,
//! [`mpsc`](crate::mpsc); if nothing may be lost, one [`mpsc`](crate::mpsc) for each receiver.
//!
//! A message is kept once; every receiver clones it but the last, who takes it. It is dropped when none is left who has not
//! seen it. `clone` is called with the message locked: it must not use the channel.
//!
//! ```
//! use filch_sync::broadcast;
//!
//! # futures_lite::future::block_on(async {
//! let (tx, mut first) = broadcast::channel(16);
//! let mut second = tx.subscribe();
//! tx.send("user 7 logged in").unwrap();
//! assert_eq!(first.recv().await, Ok("user 7 logged in"));
//! assert_eq!(second.recv().await, Ok("user 7 logged in"));
//! # });
//! ```

pub mod error;
mod receiver;
mod sender;
mod shared;

pub use receiver::Receiver;
pub use sender::{Sender, WeakSender};

/// Makes a channel that keeps the last `capacity` messages for receivers that have not seen them; rounded up to a
/// power of two. Their room is taken at once.
///
/// # Panics
/// If `capacity` is 0 or more than half of `usize::MAX`.
///
/// ```
/// let (tx, mut rx) = filch_sync::broadcast::channel(4);
/// tx.send(1).unwrap();
/// assert_eq!(rx.try_recv(), Ok(1));
/// ```
#[track_caller]
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let sender = Sender::new(capacity);
    let receiver = sender.subscribe();
    (sender, receiver)
}

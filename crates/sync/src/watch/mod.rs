//! One value that changes, and tasks that want to know its latest state.
//!
//! For configuration, progress, "shutting down": whoever looks sees the value that is there, and values that come
//! faster than one looks are skipped. To deliver every value to everyone choose [`broadcast`](crate::broadcast); to one
//! task, [`mpsc`](crate::mpsc); for a value that comes once, [`SetOnce`](crate::SetOnce); for "stop",
//! [`CancellationToken`](crate::CancellationToken).
//!
//! Nothing is allocated when the value changes, and sending never waits for a receiver to keep up; it blocks the
//! thread only while somebody borrows the value.
//!
//! ```
//! use filch_sync::watch;
//!
//! # futures_lite::future::block_on(async {
//! let (tx, mut rx) = watch::channel("starting");
//! std::thread::spawn(move || tx.send("ready"));
//! while *rx.borrow_and_update() != "ready" {
//!     rx.changed().await.unwrap();
//! }
//! # });
//! ```

mod borrow;
pub mod error;
mod receiver;
mod sender;
mod shared;

pub use borrow::Ref;
pub use receiver::Receiver;
pub use sender::Sender;

/// Makes a channel that holds `value`. The receiver has seen it.
///
/// ```
/// let (tx, rx) = filch_sync::watch::channel(1);
/// assert_eq!(rx.has_changed(), Ok(false));
/// # drop(tx);
/// ```
pub fn channel<T>(value: T) -> (Sender<T>, Receiver<T>) {
    let sender = Sender::new(value);
    let receiver = sender.subscribe();
    (sender, receiver)
}

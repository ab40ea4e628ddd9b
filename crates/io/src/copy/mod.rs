//! From a reader to a writer.

mod bidirectional;
mod buffered;
mod transfer;

pub use bidirectional::{copy_bidirectional, copy_bidirectional_with_sizes};
pub use buffered::copy_buf;

use crate::buffered::DEFAULT_CAPACITY;
use crate::{AsyncRead, AsyncWrite};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use transfer::Transfer;

/// Copies everything from `reader` to `writer`; says how many bytes, and flushes.
///
/// The buffer has 8 KiB. The writer is flushed whenever the reader has nothing to offer, so that a
/// peer who waits for what was copied so far gets it. A copy between two sides that never make it
/// wait lets other tasks run in between.
///
/// # Errors
/// Those of both sides. What was read before the reader failed has been written.
///
/// # Cancel safety
/// Not cancel safe: what had been read but not written is lost. [`copy_buf`] loses nothing.
///
/// ```
/// # futures_lite::future::block_on(async {
/// let mut reader: &[u8] = b"all of it";
/// let mut writer = Vec::new();
/// assert_eq!(filch_io::copy(&mut reader, &mut writer).await?, 9);
/// assert_eq!(writer, b"all of it");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn copy<R, W>(reader: &mut R, writer: &mut W) -> io::Result<u64>
where
    R: AsyncRead + Unpin + ?Sized,
    W: AsyncWrite + Unpin + ?Sized,
{
    let mut transfer = Transfer::new(DEFAULT_CAPACITY);
    poll_fn(|cx| transfer.poll(Pin::new(&mut *reader), Pin::new(&mut *writer), cx)).await
}

/// How many times one poll of a copy goes around before other tasks get their turn.
const ROUNDS: usize = 64;

/// Gives way: the task is woken at once, and polled again when its turn has come.
fn give_way<T>(cx: &mut Context<'_>) -> Poll<T> {
    cx.waker().wake_by_ref();
    Poll::Pending
}

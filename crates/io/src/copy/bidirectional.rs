//! [`copy_bidirectional`].

use super::transfer::Transfer;
use crate::buffered::DEFAULT_CAPACITY;
use crate::{AsyncRead, AsyncWrite};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Copies both ways until both have ended: what a proxy does. Says how many bytes went from `a` to
/// `b`, and from `b` to `a`.
///
/// When one side ends, what it sent is written and the other side's writing half is shut down; the
/// opposite direction goes on. Each direction has a buffer of 8 KiB.
///
/// # Errors
/// The first of any side; the copy stops then, in both directions.
///
/// # Cancel safety
/// Not cancel safe: what had been read but not written is lost.
///
/// ```
/// use filch_io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional, duplex};
/// # futures_lite::future::block_on(async {
/// let (mut client, mut front) = duplex(64);
/// let (mut back, mut server) = duplex(64);
/// client.write_all(b"ping").await?;
/// client.shutdown().await?;
/// server.write_all(b"welcome").await?;
/// server.shutdown().await?;
/// assert_eq!(copy_bidirectional(&mut front, &mut back).await?, (4, 7));
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn copy_bidirectional<A, B>(a: &mut A, b: &mut B) -> io::Result<(u64, u64)>
where
    A: AsyncRead + AsyncWrite + Unpin + ?Sized,
    B: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    copy_bidirectional_with_sizes(a, b, DEFAULT_CAPACITY, DEFAULT_CAPACITY).await
}

/// [`copy_bidirectional`] with buffers of `a_to_b` and `b_to_a` bytes.
///
/// # Errors
/// As [`copy_bidirectional`].
///
/// # Panics
/// If a size is 0.
///
/// # Cancel safety
/// As [`copy_bidirectional`].
///
/// ```
/// use filch_io::{AsyncWriteExt, copy_bidirectional_with_sizes, duplex};
/// # futures_lite::future::block_on(async {
/// let (mut client, mut front) = duplex(64);
/// let (mut back, mut server) = duplex(64);
/// client.write_all(b"ping").await?;
/// client.shutdown().await?;
/// server.shutdown().await?;
/// let copied = copy_bidirectional_with_sizes(&mut front, &mut back, 4096, 512).await?;
/// assert_eq!(copied, (4, 0));
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn copy_bidirectional_with_sizes<A, B>(
    a: &mut A,
    b: &mut B,
    a_to_b: usize,
    b_to_a: usize,
) -> io::Result<(u64, u64)>
where
    A: AsyncRead + AsyncWrite + Unpin + ?Sized,
    B: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    assert!(a_to_b > 0 && b_to_a > 0, "a copy needs a buffer of at least one byte");
    let mut there = Direction::Copying(Transfer::new(a_to_b));
    let mut back = Direction::Copying(Transfer::new(b_to_a));
    let mut is_back_first = false;
    poll_fn(|cx| {
        let mut sent = Poll::Pending;
        // Each first in turn: it may use up the budget of the poll.
        is_back_first = !is_back_first;
        if !is_back_first {
            sent = there.poll(Pin::new(&mut *a), Pin::new(&mut *b), cx)?;
        }
        let received = back.poll(Pin::new(&mut *b), Pin::new(&mut *a), cx)?;
        if is_back_first {
            sent = there.poll(Pin::new(&mut *a), Pin::new(&mut *b), cx)?;
        }
        Poll::Ready(Ok((ready!(sent), ready!(received))))
    })
    .await
}

/// How far one direction has come; the numbers are bytes.
enum Direction {
    Copying(Transfer),
    ShuttingDown(u64),
    Done(u64),
}

impl Direction {
    fn poll<R, W>(
        &mut self,
        mut reader: Pin<&mut R>,
        mut writer: Pin<&mut W>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<u64>>
    where
        R: AsyncRead + ?Sized,
        W: AsyncWrite + ?Sized,
    {
        loop {
            *self = match self {
                Self::Copying(transfer) => {
                    let copied = ready!(transfer.poll(reader.as_mut(), writer.as_mut(), cx))?;
                    Self::ShuttingDown(copied)
                }
                Self::ShuttingDown(copied) => {
                    ready!(writer.as_mut().poll_shutdown(cx))?;
                    Self::Done(*copied)
                }
                Self::Done(copied) => return Poll::Ready(Ok(*copied)),
            };
        }
    }
}

//! [`WriteBuf`] and [`WriteAllBuf`].

use super::write_all::at_least_one;
use crate::AsyncWrite;
use crate::interrupted::retry;
use bytes::Buf;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Writes once from a [`Buf`]; made by
/// [`AsyncWriteExt::write_buf`](crate::AsyncWriteExt::write_buf).
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited or polled"]
pub struct WriteBuf<'a, W: ?Sized, B: ?Sized> {
    pub(super) writer: &'a mut W,
    pub(super) buf: &'a mut B,
}

impl<W, B> Future for WriteBuf<'_, W, B>
where
    W: AsyncWrite + Unpin + ?Sized,
    B: Buf + ?Sized,
{
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let me = &mut *self;
        if !me.buf.has_remaining() {
            return Poll::Ready(Ok(0));
        }
        poll_write_buf(Pin::new(&mut *me.writer), cx, me.buf)
    }
}

/// Writes a whole [`Buf`]; made by
/// [`AsyncWriteExt::write_all_buf`](crate::AsyncWriteExt::write_all_buf).
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited or polled"]
pub struct WriteAllBuf<'a, W: ?Sized, B: ?Sized> {
    pub(super) writer: &'a mut W,
    pub(super) buf: &'a mut B,
}

impl<W, B> Future for WriteAllBuf<'_, W, B>
where
    W: AsyncWrite + Unpin + ?Sized,
    B: Buf + ?Sized,
{
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let me = &mut *self;
        while me.buf.has_remaining() {
            let written = ready!(retry(|| poll_write_buf(Pin::new(&mut *me.writer), cx, me.buf)))?;
            at_least_one(written)?;
        }
        Poll::Ready(Ok(()))
    }
}

/// How many pieces of a [`Buf`] one vectored write takes at most.
const PIECES: usize = 64;

/// Writes once from `buf`, in one vectored write where that helps, and advances it.
fn poll_write_buf<W, B>(
    writer: Pin<&mut W>,
    cx: &mut Context<'_>,
    buf: &mut B,
) -> Poll<io::Result<usize>>
where
    W: AsyncWrite + ?Sized,
    B: Buf + ?Sized,
{
    let written = if writer.is_write_vectored() {
        let mut pieces = [IoSlice::new(&[]); PIECES];
        let count = buf.chunks_vectored(&mut pieces);
        ready!(writer.poll_write_vectored(cx, &pieces[..count]))?
    } else {
        ready!(writer.poll_write(cx, buf.chunk()))?
    };
    buf.advance(written);
    Poll::Ready(Ok(written))
}

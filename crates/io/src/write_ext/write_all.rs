//! [`WriteAll`].

use crate::AsyncWrite;
use crate::interrupted::retry;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Writes a whole slice; made by [`AsyncWriteExt::write_all`](crate::AsyncWriteExt::write_all).
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited or polled"]
pub struct WriteAll<'a, W: ?Sized> {
    pub(super) writer: &'a mut W,
    pub(super) rest: &'a [u8],
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for WriteAll<'_, W> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let me = &mut *self;
        while !me.rest.is_empty() {
            let written = ready!(poll_write_some(Pin::new(&mut *me.writer), cx, me.rest))?;
            me.rest = &me.rest[written..];
        }
        Poll::Ready(Ok(()))
    }
}

/// Writes once from `buf`, which is not empty; a writer that takes nothing is an error.
pub(crate) fn poll_write_some<W: AsyncWrite + ?Sized>(
    mut writer: Pin<&mut W>,
    cx: &mut Context<'_>,
    buf: &[u8],
) -> Poll<io::Result<usize>> {
    let written = ready!(retry(|| writer.as_mut().poll_write(cx, buf)))?;
    Poll::Ready(at_least_one(written))
}

/// An error in the place of 0.
pub(super) fn at_least_one(written: usize) -> io::Result<usize> {
    if written == 0 {
        return Err(io::Error::new(io::ErrorKind::WriteZero, "the writer takes no more bytes"));
    }
    Ok(written)
}

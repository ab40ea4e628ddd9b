//! [`ReadExact`].

use crate::interrupted::retry;
use crate::{AsyncRead, ReadBuf};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Fills a slice; made by [`AsyncReadExt::read_exact`](crate::AsyncReadExt::read_exact).
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited or polled"]
pub struct ReadExact<'a, R: ?Sized> {
    pub(super) reader: &'a mut R,
    pub(super) buf: ReadBuf<'a>,
}

impl<R: AsyncRead + Unpin + ?Sized> Future for ReadExact<'_, R> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let me = &mut *self;
        ready!(poll_fill(Pin::new(&mut *me.reader), cx, &mut me.buf))?;
        Poll::Ready(Ok(me.buf.capacity()))
    }
}

/// Reads until `buf` is full.
pub(super) fn poll_fill<R: AsyncRead + ?Sized>(
    mut reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    while buf.remaining() > 0 {
        let before = buf.remaining();
        ready!(retry(|| reader.as_mut().poll_read(cx, buf)))?;
        if buf.remaining() == before {
            let message = format!("end of file, {before} bytes early");
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, message)));
        }
    }
    Poll::Ready(Ok(()))
}

//! [`Flush`] and [`Shutdown`].

use crate::AsyncWrite;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Flushes; made by [`AsyncWriteExt::flush`](crate::AsyncWriteExt::flush).
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited or polled"]
pub struct Flush<'a, W: ?Sized> {
    pub(super) writer: &'a mut W,
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for Flush<'_, W> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.writer).poll_flush(cx)
    }
}

/// Ends the stream; made by [`AsyncWriteExt::shutdown`](crate::AsyncWriteExt::shutdown).
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited or polled"]
pub struct Shutdown<'a, W: ?Sized> {
    pub(super) writer: &'a mut W,
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for Shutdown<'_, W> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.writer).poll_shutdown(cx)
    }
}

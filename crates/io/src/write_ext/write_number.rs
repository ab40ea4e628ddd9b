//! [`WriteNumber`].

use super::write_all::poll_write_some;
use crate::AsyncWrite;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Writes an `N`-byte number; made by the `write_u16`, `write_f64_le` ... methods of
/// [`AsyncWriteExt`](crate::AsyncWriteExt).
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited or polled"]
pub struct WriteNumber<'a, W: ?Sized, const N: usize> {
    writer: &'a mut W,
    bytes: [u8; N],
    written: usize,
}

impl<'a, W: ?Sized, const N: usize> WriteNumber<'a, W, N> {
    pub(super) fn new(writer: &'a mut W, bytes: [u8; N]) -> Self {
        Self { writer, bytes, written: 0 }
    }
}

impl<W, const N: usize> Future for WriteNumber<'_, W, N>
where
    W: AsyncWrite + Unpin + ?Sized,
{
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let me = &mut *self;
        while me.written < N {
            let rest = &me.bytes[me.written..];
            me.written += ready!(poll_write_some(Pin::new(&mut *me.writer), cx, rest))?;
        }
        Poll::Ready(Ok(()))
    }
}

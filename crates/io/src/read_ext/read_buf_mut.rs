//! [`ReadBufMut`].

use crate::AsyncRead;
use crate::fill::poll_read_into;
use bytes::BufMut;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Reads once and appends; made by [`AsyncReadExt::read_buf`](crate::AsyncReadExt::read_buf).
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited or polled"]
pub struct ReadBufMut<'a, R: ?Sized, B: ?Sized> {
    pub(super) reader: &'a mut R,
    pub(super) buf: &'a mut B,
}

impl<R, B> Future for ReadBufMut<'_, R, B>
where
    R: AsyncRead + Unpin + ?Sized,
    B: BufMut + ?Sized,
{
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let me = &mut *self;
        if !me.buf.has_remaining_mut() {
            return Poll::Ready(Ok(0));
        }
        poll_read_into(Pin::new(&mut *me.reader), cx, me.buf, usize::MAX)
    }
}

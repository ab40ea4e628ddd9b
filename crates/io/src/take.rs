//! [`Take`].

use crate::fill::poll_read_part;
use crate::{AsyncBufRead, AsyncRead, ReadBuf};
use pin_project_lite::pin_project;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// The first bytes of a reader; made by [`AsyncReadExt::take`](crate::AsyncReadExt::take).
    #[derive(Debug)]
    #[must_use = "a reader does nothing unless read from"]
    pub struct Take<R> {
        #[pin]
        inner: R,
        limit: u64,
    }
}

impl<R> Take<R> {
    pub(crate) fn new(inner: R, limit: u64) -> Self {
        Self { inner, limit }
    }

    /// How many bytes may still be read. The reader may end earlier.
    ///
    /// ```
    /// use filch_io::AsyncReadExt;
    /// # futures_lite::future::block_on(async {
    /// let mut first = b"abcdef".take(4);
    /// first.read_u8().await?;
    /// assert_eq!(first.limit(), 3);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Changes how many bytes may still be read, whatever was read so far.
    pub fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }

    /// The reader behind.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    /// The reader behind. What is read from it directly does not count.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    /// The reader behind, pinned. What is read from it directly does not count.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut R> {
        self.project().inner
    }

    /// The reader behind.
    pub fn into_inner(self) -> R {
        self.inner
    }
}

/// `limit`, or as much of it as memory can hold.
fn in_memory(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

impl<R: AsyncRead> AsyncRead for Take<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let me = self.project();
        if *me.limit == 0 {
            return Poll::Ready(Ok(()));
        }
        let read = ready!(poll_read_part(me.inner, cx, buf, in_memory(*me.limit)))?;
        *me.limit -= read as u64;
        Poll::Ready(Ok(()))
    }
}

impl<R: AsyncBufRead> AsyncBufRead for Take<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let me = self.project();
        if *me.limit == 0 {
            return Poll::Ready(Ok(&[]));
        }
        let buf = ready!(me.inner.poll_fill_buf(cx))?;
        Poll::Ready(Ok(&buf[..buf.len().min(in_memory(*me.limit))]))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let me = self.project();
        let amount = amount.min(in_memory(*me.limit));
        *me.limit -= amount as u64;
        me.inner.consume(amount);
    }
}

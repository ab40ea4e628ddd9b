//! Between this crate's traits and those of the crate futures-io.
//!
//! Libraries that know no runtime often take the traits of futures-io. [`Compat`] stands between the two,
//! in both directions. The names follow those of tokio-util's `compat`, so that a program moves by
//! replacing `Tokio` by `Filch`.
//!
//! ```
//! use filch_io::AsyncWriteExt as _;
//! use filch_io::compat::{FilchAsyncReadCompatExt, FuturesAsyncReadCompatExt};
//! use futures_lite::AsyncReadExt as _;
//!
//! # futures_lite::future::block_on(async {
//! let (mut here, there) = filch_io::duplex(64);
//! here.write_all(b"hello").await?;
//!
//! // A stream of ours, for a library that takes futures-io's ...
//! let mut theirs = there.compat();
//! let mut greeting = [0; 5];
//! theirs.read_exact(&mut greeting).await?;
//! assert_eq!(&greeting, b"hello");
//!
//! // ... and a reader of theirs, for who takes ours.
//! let ours = futures_lite::io::Cursor::new(b"one\ntwo\n").compat();
//! let mut lines = filch_io::AsyncBufReadExt::lines(ours);
//! assert_eq!(lines.next_line().await?.as_deref(), Some("one"));
//! # std::io::Result::Ok(()) }).unwrap();
//! ```

use crate::fill::filled_since;
use crate::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};
use pin_project_lite::pin_project;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// A reader or writer under the other traits; see [the module](self).
    ///
    /// Around one of ours it implements futures-io's [`AsyncRead`](futures_io::AsyncRead),
    /// [`AsyncBufRead`](futures_io::AsyncBufRead) and [`AsyncWrite`](futures_io::AsyncWrite); around one
    /// of theirs, ours. It has no buffer. Closing is shutting down. Seeking is not carried over.
    ///
    /// ```
    /// use filch_io::compat::Compat;
    ///
    /// let wrapped = Compat::new(filch_io::empty());
    /// let _empty: filch_io::Empty = wrapped.into_inner();
    /// ```
    #[derive(Debug)]
    pub struct Compat<T> {
        #[pin]
        inner: T,
    }
}

impl<T> Compat<T> {
    /// Wraps `inner`.
    pub const fn new(inner: T) -> Self {
        Self { inner }
    }

    /// What is wrapped.
    pub const fn get_ref(&self) -> &T {
        &self.inner
    }

    /// What is wrapped.
    pub const fn get_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    /// What was wrapped.
    pub fn into_inner(self) -> T {
        self.inner
    }
}

/// Puts a reader of ours under futures-io's traits.
pub trait FilchAsyncReadCompatExt: AsyncRead + Sized {
    /// Wraps it; if it can write as well, so can the result.
    fn compat(self) -> Compat<Self> {
        Compat::new(self)
    }
}

impl<T: AsyncRead> FilchAsyncReadCompatExt for T {}

/// Puts a writer of ours under futures-io's traits.
pub trait FilchAsyncWriteCompatExt: AsyncWrite + Sized {
    /// Wraps it.
    fn compat_write(self) -> Compat<Self> {
        Compat::new(self)
    }
}

impl<T: AsyncWrite> FilchAsyncWriteCompatExt for T {}

/// Puts a reader of futures-io under our traits.
pub trait FuturesAsyncReadCompatExt: futures_io::AsyncRead + Sized {
    /// Wraps it; if it can write as well, so can the result.
    fn compat(self) -> Compat<Self> {
        Compat::new(self)
    }
}

impl<T: futures_io::AsyncRead> FuturesAsyncReadCompatExt for T {}

/// Puts a writer of futures-io under our traits.
pub trait FuturesAsyncWriteCompatExt: futures_io::AsyncWrite + Sized {
    /// Wraps it.
    fn compat_write(self) -> Compat<Self> {
        Compat::new(self)
    }
}

impl<T: futures_io::AsyncWrite> FuturesAsyncWriteCompatExt for T {}

impl<T: AsyncRead> futures_io::AsyncRead for Compat<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let len = buf.len();
        let mut part = ReadBuf::new(buf);
        let start = part.filled().as_ptr();
        ready!(self.project().inner.poll_read(cx, &mut part))?;
        Poll::Ready(Ok(filled_since(&part, start, len)))
    }
}

impl<T: futures_io::AsyncRead> AsyncRead for Compat<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Their readers see bytes, so there have to be some. `buf` remembers, and is zeroed only once.
        let space = buf.initialize_unfilled();
        let len = space.len();
        let read = ready!(self.project().inner.poll_read(cx, space))?;
        assert!(read <= len, "a reader claims {read} bytes where there was room for {len}");
        buf.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncBufRead> futures_io::AsyncBufRead for Compat<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.project().inner.poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        self.project().inner.consume(amount);
    }
}

impl<T: futures_io::AsyncBufRead> AsyncBufRead for Compat<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.project().inner.poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        self.project().inner.consume(amount);
    }
}

impl<T: AsyncWrite> futures_io::AsyncWrite for Compat<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write_vectored(cx, bufs)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_shutdown(cx)
    }
}

/// Writers of futures-io do not say whether several buffers at once are better: `is_write_vectored` is
/// false.
impl<T: futures_io::AsyncWrite> AsyncWrite for Compat<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write_vectored(cx, bufs)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_close(cx)
    }
}

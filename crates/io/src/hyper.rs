//! [`FilchIo`]: between this crate's traits and hyper's.

use crate::fill::filled_since;
use crate::{AsyncRead, AsyncWrite, ReadBuf};
use ::hyper::rt::{self, ReadBufCursor};
use pin_project_lite::pin_project;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// A stream for who expects the other traits: hyper brings its own, so that it needs no runtime by
    /// name.
    ///
    /// * Around an [`AsyncRead`] and [`AsyncWrite`] it is a [`rt::Read`] and [`rt::Write`]: a socket, for
    ///   hyper to speak HTTP on.
    /// * Around a [`rt::Read`] and [`rt::Write`] it is an [`AsyncRead`] and [`AsyncWrite`]: what hyper
    ///   hands back after an upgrade, to be read as any other stream.
    ///
    /// It has no buffer and adds no system call.
    ///
    /// ```
    /// use filch_io::{AsyncReadExt, AsyncWriteExt, FilchIo};
    ///
    /// # futures_lite::future::block_on(async {
    /// let (here, mut there) = filch_io::duplex(64);
    /// // What hyper would be given ...
    /// let for_hyper = FilchIo::new(here);
    /// // ... and what it would give back.
    /// let mut from_hyper = FilchIo::new(for_hyper);
    ///
    /// from_hyper.write_all(b"hello").await?;
    /// let mut greeting = [0; 5];
    /// there.read_exact(&mut greeting).await?;
    /// assert_eq!(&greeting, b"hello");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    #[derive(Debug)]
    pub struct FilchIo<T> {
        #[pin]
        inner: T,
    }
}

impl<T> FilchIo<T> {
    /// Wraps `inner`.
    pub const fn new(inner: T) -> Self {
        Self { inner }
    }

    /// What is wrapped.
    pub const fn inner(&self) -> &T {
        &self.inner
    }

    /// What is wrapped.
    pub const fn inner_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    /// What was wrapped.
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl<T: AsyncRead> rt::Read for FilchIo<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // SAFETY: `ReadBuf` never writes an uninitialised byte over an initialised one.
        let space = unsafe { cursor.as_mut() };
        let len = space.len();
        let mut part = ReadBuf::uninit(space);
        let start = part.filled().as_ptr();
        ready!(self.project().inner.poll_read(cx, &mut part))?;
        let read = filled_since(&part, start, len);
        // SAFETY: the first `read` bytes after the cursor are the filled ones of `part`: initialised.
        unsafe { cursor.advance(read) };
        Poll::Ready(Ok(()))
    }
}

impl<T: rt::Read> AsyncRead for FilchIo<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // SAFETY: hyper's buffer requires of its users what ours requires of us: no uninitialised byte
        // goes over an initialised one.
        let space = unsafe { buf.unfilled_mut() };
        let mut part = rt::ReadBuf::uninit(space);
        ready!(self.project().inner.poll_read(cx, part.unfilled()))?;
        // The reader got a cursor by value: it could not put another buffer in the place of `part`.
        let read = part.filled().len();
        // SAFETY: the first `read` unfilled bytes are the filled ones of `part`: initialised.
        unsafe { buf.assume_init(read) };
        buf.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite> rt::Write for FilchIo<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

impl<T: rt::Write> AsyncWrite for FilchIo<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

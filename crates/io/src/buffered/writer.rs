//! [`BufWriter`].

use super::{DEFAULT_CAPACITY, forward_buf_read, forward_read};
use crate::write_ext::poll_write_some;
use crate::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite};
use pin_project_lite::pin_project;
use std::fmt;
use std::io::{self, IoSlice, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// A buffer in front of a writer: many small writes become few large ones.
    ///
    /// Writes at least as large as the buffer pass it by when it is empty. Nothing is written on
    /// drop: [`flush`](crate::AsyncWriteExt::flush) or [`shutdown`](crate::AsyncWriteExt::shutdown)
    /// first. Reading, where the inner type can do that, is not buffered.
    ///
    /// ```
    /// use filch_io::{AsyncWriteExt, BufWriter};
    /// # futures_lite::future::block_on(async {
    /// let mut writer = BufWriter::new(Vec::new());
    /// for word in ["many ", "small ", "writes"] {
    ///     writer.write_all(word.as_bytes()).await?;
    /// }
    /// writer.flush().await?;
    /// assert_eq!(writer.into_inner(), b"many small writes");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub struct BufWriter<W> {
        #[pin]
        inner: W,
        buf: Vec<u8>,
        // How many bytes of `buf` the inner writer has taken.
        written: usize,
        seek: Seek,
    }
}

/// A seek waits until what is buffered has been written where it belongs.
#[derive(Debug, Clone, Copy)]
enum Seek {
    Idle,
    AfterFlush(SeekFrom),
}

impl<W> BufWriter<W> {
    /// A writer with a buffer of 8 KiB.
    pub fn new(inner: W) -> Self
    where
        W: AsyncWrite,
    {
        Self::with_capacity(DEFAULT_CAPACITY, inner)
    }

    /// A writer with a buffer of `capacity` bytes.
    pub fn with_capacity(capacity: usize, inner: W) -> Self
    where
        W: AsyncWrite,
    {
        Self { inner, buf: Vec::with_capacity(capacity), written: 0, seek: Seek::Idle }
    }

    /// The writer behind.
    pub fn get_ref(&self) -> &W {
        &self.inner
    }

    /// The writer behind. What is written to it directly comes before what is buffered.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// The writer behind, pinned. What is written to it directly comes before what is buffered.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut W> {
        self.project().inner
    }

    /// The writer behind. What is buffered is lost.
    pub fn into_inner(self) -> W {
        self.inner
    }

    /// What is buffered.
    pub fn buffer(&self) -> &[u8] {
        &self.buf[self.written..]
    }

    /// The same buffer in front of what `f` makes of the inner value.
    pub(super) fn map_inner<V>(self, f: impl FnOnce(W) -> V) -> BufWriter<V> {
        let Self { inner, buf, written, seek } = self;
        BufWriter { inner: f(inner), buf, written, seek }
    }

    /// Takes the writer out and puts another value in its place.
    pub(super) fn replace_inner<V>(self, inner: V) -> (W, BufWriter<V>) {
        let mut taken = None;
        let writer = self.map_inner(|old| {
            taken = Some(old);
            inner
        });
        (taken.expect("map_inner calls its closure"), writer)
    }
}

impl<W: AsyncWrite> BufWriter<W> {
    /// Writes what is buffered, and no more than that: the inner writer is not flushed.
    fn poll_drain(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut me = self.project();
        let result = loop {
            let rest = &me.buf[*me.written..];
            if rest.is_empty() {
                break Poll::Ready(Ok(()));
            }
            match poll_write_some(me.inner.as_mut(), cx, rest) {
                Poll::Ready(Ok(taken)) => *me.written += taken,
                Poll::Ready(Err(error)) => break Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        };
        me.buf.drain(..*me.written);
        *me.written = 0;
        result
    }

    /// Makes room for `len` bytes, or for as many as an empty buffer can hold.
    fn poll_room(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        len: usize,
    ) -> Poll<io::Result<()>> {
        if self.buf.len() + len > self.buf.capacity() {
            ready!(self.as_mut().poll_drain(cx))?;
        }
        Poll::Ready(Ok(()))
    }
}

impl<W: AsyncWrite> AsyncWrite for BufWriter<W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.as_mut().poll_room(cx, buf.len()))?;
        let me = self.project();
        if buf.len() >= me.buf.capacity() {
            return me.inner.poll_write(cx, buf);
        }
        me.buf.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_drain(cx))?;
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_drain(cx))?;
        self.project().inner.poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let total = bufs.iter().fold(0_usize, |total, buf| total.saturating_add(buf.len()));
        ready!(self.as_mut().poll_room(cx, total.min(isize::MAX as usize)))?;
        let me = self.project();
        let capacity = me.buf.capacity();
        if total >= capacity {
            if me.inner.is_write_vectored() {
                return me.inner.poll_write_vectored(cx, bufs);
            }
            let first = bufs.iter().find(|buf| !buf.is_empty());
            if let Some(first) = first.filter(|first| first.len() >= capacity) {
                return me.inner.poll_write(cx, first);
            }
        }
        let mut taken = 0;
        for buf in bufs {
            if me.buf.len() + buf.len() > capacity {
                break;
            }
            me.buf.extend_from_slice(buf);
            taken += buf.len();
        }
        Poll::Ready(Ok(taken))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

/// What is buffered is written before the position moves.
impl<W: AsyncWrite + AsyncSeek> AsyncSeek for BufWriter<W> {
    fn start_seek(self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        *self.project().seek = Seek::AfterFlush(position);
        Ok(())
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        ready!(self.as_mut().poll_drain(cx))?;
        let mut me = self.project();
        if let Seek::AfterFlush(position) = *me.seek {
            ready!(me.inner.as_mut().poll_complete(cx))?;
            *me.seek = Seek::Idle;
            me.inner.as_mut().start_seek(position)?;
        }
        me.inner.poll_complete(cx)
    }
}

impl<W: AsyncWrite + AsyncRead> AsyncRead for BufWriter<W> {
    forward_read!();
}

impl<W: AsyncWrite + AsyncBufRead> AsyncBufRead for BufWriter<W> {
    forward_buf_read!();
}

impl<W: fmt::Debug> fmt::Debug for BufWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufWriter")
            .field("inner", &self.inner)
            .field("buffered", &self.buffer().len())
            .field("capacity", &self.buf.capacity())
            .finish_non_exhaustive()
    }
}

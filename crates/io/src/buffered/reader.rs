//! [`BufReader`].

use super::{DEFAULT_CAPACITY, forward_write};
use crate::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};
use pin_project_lite::pin_project;
use std::fmt;
use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// A buffer in front of a reader: many small reads become few large ones.
    ///
    /// Reads at least as large as the buffer pass it by when it is empty. What is buffered is lost
    /// when the `BufReader` is dropped. Writing, where the inner type can do that, is not buffered.
    ///
    /// ```
    /// use filch_io::{AsyncBufReadExt, BufReader};
    /// # futures_lite::future::block_on(async {
    /// # let source: &[u8] = b"GET / HTTP/1.1\r\n\r\n";
    /// let mut lines = BufReader::new(source).lines();
    /// assert_eq!(lines.next_line().await?.unwrap(), "GET / HTTP/1.1");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub struct BufReader<R> {
        #[pin]
        inner: R,
        buf: Box<[u8]>,
        // What is buffered: `buf[start..end]`.
        start: usize,
        end: usize,
        // A seek has started; what is buffered stays until it has succeeded.
        seeking: bool,
    }
}

impl<R> BufReader<R> {
    /// A reader with a buffer of 8 KiB.
    pub fn new(inner: R) -> Self
    where
        R: AsyncRead,
    {
        Self::with_capacity(DEFAULT_CAPACITY, inner)
    }

    /// A reader with a buffer of `capacity` bytes.
    pub fn with_capacity(capacity: usize, inner: R) -> Self
    where
        R: AsyncRead,
    {
        Self::from_parts(inner, vec![0; capacity].into_boxed_slice())
    }

    /// The reader behind.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    /// The reader behind. What is read from it directly skips what is buffered.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    /// The reader behind, pinned. What is read from it directly skips what is buffered.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut R> {
        self.project().inner
    }

    /// The reader behind. What is buffered is lost.
    pub fn into_inner(self) -> R {
        self.inner
    }

    /// What is buffered; nothing is read.
    ///
    /// ```
    /// use filch_io::{AsyncReadExt, BufReader};
    /// # futures_lite::future::block_on(async {
    /// let mut reader = BufReader::new(&b"abc"[..]);
    /// assert_eq!(reader.buffer(), b"");
    /// reader.read_u8().await?;
    /// assert_eq!(reader.buffer(), b"bc");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn buffer(&self) -> &[u8] {
        &self.buf[self.start..self.end]
    }

    fn from_parts(inner: R, buf: Box<[u8]>) -> Self {
        Self { inner, buf, start: 0, end: 0, seeking: false }
    }

    /// The same buffer in front of what `f` makes of the inner value.
    pub(super) fn map_inner<S>(self, f: impl FnOnce(R) -> S) -> BufReader<S> {
        let Self { inner, buf, start, end, seeking } = self;
        BufReader { inner: f(inner), buf, start, end, seeking }
    }
}

impl<R: AsyncRead> AsyncRead for BufReader<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.start == self.end && buf.remaining() >= self.buf.len() {
            return self.project().inner.poll_read(cx, buf);
        }
        let buffered = ready!(self.as_mut().poll_fill_buf(cx))?;
        let amount = buffered.len().min(buf.remaining());
        buf.put_slice(&buffered[..amount]);
        self.consume(amount);
        Poll::Ready(Ok(()))
    }
}

impl<R: AsyncRead> AsyncBufRead for BufReader<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let me = self.project();
        if *me.start == *me.end {
            let mut buf = ReadBuf::new(me.buf);
            ready!(me.inner.poll_read(cx, &mut buf))?;
            *me.end = buf.filled().len();
            *me.start = 0;
        }
        Poll::Ready(Ok(&me.buf[*me.start..*me.end]))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let me = self.project();
        *me.start = me.start.saturating_add(amount).min(*me.end);
    }
}

/// A seek drops what is buffered, also one to the present position. The inner reader stands further
/// on than this one, by what is buffered: a relative seek takes that into account.
impl<R: AsyncRead + AsyncSeek> AsyncSeek for BufReader<R> {
    fn start_seek(self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        let me = self.project();
        let position = match position {
            SeekFrom::Current(offset) => {
                let ahead = i64::try_from(*me.end - *me.start);
                let offset = ahead.ok().and_then(|ahead| offset.checked_sub(ahead));
                let too_far = "a seek to before the start of the stream";
                let error = || io::Error::new(io::ErrorKind::InvalidInput, too_far);
                SeekFrom::Current(offset.ok_or_else(error)?)
            }
            SeekFrom::Start(_) | SeekFrom::End(_) => position,
        };
        me.inner.start_seek(position)?;
        *me.seeking = true;
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let me = self.project();
        let result = ready!(me.inner.poll_complete(cx));
        let sought = std::mem::take(me.seeking);
        let position = result?;
        if sought {
            *me.start = *me.end;
        }
        Poll::Ready(Ok(position.saturating_sub((*me.end - *me.start) as u64)))
    }
}

impl<R: AsyncRead + AsyncWrite> AsyncWrite for BufReader<R> {
    forward_write!();
}

impl<R: fmt::Debug> fmt::Debug for BufReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufReader")
            .field("inner", &self.inner)
            .field("buffered", &self.buffer().len())
            .field("capacity", &self.buf.len())
            .finish()
    }
}

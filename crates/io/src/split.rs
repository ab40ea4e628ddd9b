//! [`split`]: one stream as two halves.

use crate::{AsyncRead, AsyncWrite, ReadBuf};
use filch_primitives::sync::Mutex;
use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Two halves of any stream, for two tasks: one reads, the other writes.
///
/// The halves share the stream under a lock that is held for one poll at a time. The stream is
/// dropped with the last half. Sockets have an `into_split` of their own, without a lock.
///
/// ```
/// use filch_io::{AsyncReadExt, AsyncWriteExt};
/// # futures_lite::future::block_on(async {
/// let (near, mut far) = filch_io::duplex(64);
/// let (mut reader, mut writer) = filch_io::split(near);
/// writer.write_u8(1).await?;
/// far.write_u8(2).await?;
/// assert_eq!((reader.read_u8().await?, far.read_u8().await?), (2, 1));
/// let near = reader.unsplit(writer);
/// # drop(near);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub fn split<T: AsyncRead + AsyncWrite>(stream: T) -> (ReadHalf<T>, WriteHalf<T>) {
    let is_write_vectored = stream.is_write_vectored();
    let shared = Arc::new(Mutex::new(Box::pin(stream)));
    let reader = ReadHalf { shared: Arc::clone(&shared) };
    (reader, WriteHalf { shared, is_write_vectored })
}

/// The half that reads; made by [`split`].
pub struct ReadHalf<T> {
    shared: Arc<Mutex<Pin<Box<T>>>>,
}

/// The half that writes; made by [`split`].
pub struct WriteHalf<T> {
    shared: Arc<Mutex<Pin<Box<T>>>>,
    is_write_vectored: bool,
}

impl<T> ReadHalf<T> {
    /// Whether the two are halves of one stream.
    pub fn is_pair_of(&self, other: &WriteHalf<T>) -> bool {
        other.is_pair_of(self)
    }

    /// The stream again.
    ///
    /// # Panics
    /// If the two are not halves of one stream: ask [`is_pair_of`](Self::is_pair_of) first.
    #[track_caller]
    pub fn unsplit(self, writer: WriteHalf<T>) -> T
    where
        T: Unpin,
    {
        assert!(self.is_pair_of(&writer), "unsplit of two halves that are not of one stream");
        drop(writer);
        let shared = Arc::into_inner(self.shared).expect("a stream has two halves, both are here");
        *Pin::into_inner(shared.into_inner())
    }
}

impl<T> WriteHalf<T> {
    /// Whether the two are halves of one stream.
    pub fn is_pair_of(&self, other: &ReadHalf<T>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<T: AsyncRead> AsyncRead for ReadHalf<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.shared.lock().as_mut().poll_read(cx, buf)
    }
}

impl<T: AsyncWrite> AsyncWrite for WriteHalf<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.shared.lock().as_mut().poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared.lock().as_mut().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared.lock().as_mut().poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.shared.lock().as_mut().poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.is_write_vectored
    }
}

impl<T> fmt::Debug for ReadHalf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadHalf").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for WriteHalf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteHalf").finish_non_exhaustive()
    }
}

//! [`AsyncRead`], and who reads by delegating.

use crate::ReadBuf;
use std::io;
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Reads bytes, and says [`Poll::Pending`] instead of blocking.
///
/// Implement this one method; call the ones of [`AsyncReadExt`](crate::AsyncReadExt).
///
/// ```
/// use filch_io::{AsyncRead, AsyncReadExt, ReadBuf};
/// use std::{io, pin::Pin, task::{Context, Poll}};
///
/// /// Counts 0, 1, 2, ... forever.
/// struct Counter(u8);
///
/// impl AsyncRead for Counter {
///     fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
///         while buf.remaining() > 0 {
///             buf.put_slice(&[self.0]);
///             self.0 = self.0.wrapping_add(1);
///         }
///         Poll::Ready(Ok(()))
///     }
/// }
/// # futures_lite::future::block_on(async {
/// let mut first = [0; 3];
/// Counter(0).read_exact(&mut first).await?;
/// assert_eq!(first, [0, 1, 2]);
/// # io::Result::Ok(()) }).unwrap();
/// ```
pub trait AsyncRead {
    /// Appends what is there to `buf`, at most [`buf.remaining()`](ReadBuf::remaining) bytes.
    ///
    /// * `Ready(Ok(()))`: bytes were appended. None at all, although there was room, means end of
    ///   file: what is there has been read (a terminal or a growing file may have more later).
    /// * `Pending`: nothing was read, `buf` is unchanged, and the task of `cx` is woken when there
    ///   may be something. Only the waker of the latest call is owed that.
    ///
    /// # Errors
    /// Those of the source. Nothing was read then. Never
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) (that is `Pending`) nor
    /// [`Interrupted`](io::ErrorKind::Interrupted) (retry).
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>>;
}

impl<T: AsyncRead + Unpin + ?Sized> AsyncRead for Box<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut **self).poll_read(cx, buf)
    }
}

impl<T: AsyncRead + Unpin + ?Sized> AsyncRead for &mut T {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut **self).poll_read(cx, buf)
    }
}

impl<P> AsyncRead for Pin<P>
where
    P: DerefMut<Target: AsyncRead>,
{
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.as_deref_mut().poll_read(cx, buf)
    }
}

/// Reads from the front; the slice shrinks to what is left.
impl AsyncRead for &[u8] {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (now, later) = self.split_at(self.len().min(buf.remaining()));
        buf.put_slice(now);
        *self = later;
        Poll::Ready(Ok(()))
    }
}

/// Reads from the cursor's position, as [`std::io::Read`] does; beyond the end is end of file.
impl<T: AsRef<[u8]> + Unpin> AsyncRead for io::Cursor<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let bytes = (*self).get_ref().as_ref();
        let start = usize::try_from(self.position()).map_or(bytes.len(), |at| at.min(bytes.len()));
        let mut rest = &bytes[start..];
        ready!(Pin::new(&mut rest).poll_read(cx, buf))?;
        let read = buf.filled().len() - before;
        let position = self.position() + read as u64;
        self.set_position(position);
        Poll::Ready(Ok(()))
    }
}

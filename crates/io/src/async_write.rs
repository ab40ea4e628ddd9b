//! [`AsyncWrite`], and who writes by delegating.

use std::io::{self, IoSlice, Write};
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Writes bytes, and says [`Poll::Pending`] instead of blocking.
///
/// Implement these methods; call the ones of [`AsyncWriteExt`](crate::AsyncWriteExt).
///
/// ```
/// use filch_io::{AsyncWrite, AsyncWriteExt};
/// use std::{io, pin::Pin, task::{Context, Poll}};
///
/// /// Counts what is written to it.
/// struct Meter(usize);
///
/// impl AsyncWrite for Meter {
///     fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
///         self.0 += buf.len();
///         Poll::Ready(Ok(buf.len()))
///     }
///     fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
///         Poll::Ready(Ok(()))
///     }
///     fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
///         Poll::Ready(Ok(()))
///     }
/// }
/// # futures_lite::future::block_on(async {
/// let mut meter = Meter(0);
/// meter.write_all(b"four").await?;
/// assert_eq!(meter.0, 4);
/// # io::Result::Ok(()) }).unwrap();
/// ```
pub trait AsyncWrite {
    /// Takes some bytes from the front of `buf` and says how many.
    ///
    /// * `Ready(Ok(n))`: `n <= buf.len()` bytes were taken. 0, although `buf` is not empty, means
    ///   that this writer takes no more.
    /// * `Pending`: nothing was taken, and the task of `cx` is woken when there may be room. Only
    ///   the waker of the latest call is owed that.
    ///
    /// # Errors
    /// Those of the destination. Nothing was taken then. Never
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) (that is `Pending`) nor
    /// [`Interrupted`](io::ErrorKind::Interrupted) (retry).
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>>;

    /// Hands on whatever this writer still buffers; ready when nothing is buffered any more.
    ///
    /// # Errors
    /// Those of the destination.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Flushes, then tells the other side that nothing more will be written.
    ///
    /// After `Ready(Ok(()))` a further [`poll_write`](Self::poll_write) may fail. A socket sends
    /// its end-of-stream here; a writer that has no such thing flushes.
    ///
    /// # Errors
    /// Those of the destination.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// As [`poll_write`](Self::poll_write), from several buffers in order.
    ///
    /// Unless overridden it takes from the first buffer that is not empty.
    ///
    /// # Errors
    /// As [`poll_write`](Self::poll_write).
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = bufs.iter().find(|buf| !buf.is_empty());
        self.poll_write(cx, first.map_or(&[], |buf| buf))
    }

    /// Whether [`poll_write_vectored`](Self::poll_write_vectored) does better than one buffer at a
    /// time, so that a caller can save itself from joining its buffers first.
    fn is_write_vectored(&self) -> bool {
        false
    }
}

impl<T: AsyncWrite + Unpin + ?Sized> AsyncWrite for Box<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut **self).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut **self).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut **self).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut **self).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        (**self).is_write_vectored()
    }
}

impl<T: AsyncWrite + Unpin + ?Sized> AsyncWrite for &mut T {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut **self).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut **self).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut **self).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut **self).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        (**self).is_write_vectored()
    }
}

impl<P> AsyncWrite for Pin<P>
where
    P: DerefMut<Target: AsyncWrite>,
{
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.as_deref_mut().poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.as_deref_mut().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.as_deref_mut().poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.as_deref_mut().poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        (**self).is_write_vectored()
    }
}

/// Writing to memory is what [`std::io::Write`] says, at once; shutting down does nothing.
macro_rules! write_to_memory {
    ($(#[$doc:meta])* $target:ty $(; $($generics:tt)*)?) => {
        $(#[$doc])*
        impl $(<$($generics)*>)? AsyncWrite for $target {
            fn poll_write(
                mut self: Pin<&mut Self>,
                _cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                Poll::Ready(Write::write(&mut *self, buf))
            }

            fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                _cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Poll::Ready(Write::write_vectored(&mut *self, bufs))
            }

            fn is_write_vectored(&self) -> bool {
                true
            }
        }
    };
}

write_to_memory!(
    /// Appends.
    Vec<u8>
);
write_to_memory!(
    /// Overwrites from the position on; takes nothing once the slice is full.
    io::Cursor<&mut [u8]>
);
write_to_memory!(
    /// Overwrites from the position on, and grows.
    io::Cursor<&mut Vec<u8>>
);
write_to_memory!(
    /// Overwrites from the position on, and grows.
    io::Cursor<Vec<u8>>
);
write_to_memory!(
    /// Overwrites from the position on; takes nothing once the slice is full.
    io::Cursor<Box<[u8]>>
);
write_to_memory!(
    /// Overwrites from the position on; takes nothing once the array is full.
    io::Cursor<[u8; N]>; const N: usize
);

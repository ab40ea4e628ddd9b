//! [`empty`], [`repeat`] and [`sink`]: the ends of a pipeline that are not there.

use crate::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};
use filch_primitives::Budget;
use std::io::{self, IoSlice, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A reader that is at its end, and a writer that takes everything and keeps nothing.
///
/// ```
/// use filch_io::AsyncReadExt;
/// # futures_lite::future::block_on(async {
/// assert_eq!(filch_io::empty().read(&mut [0; 8]).await?, 0);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub fn empty() -> Empty {
    Empty(())
}

/// Reads nothing; made by [`empty`].
#[derive(Debug)]
#[must_use = "a reader does nothing unless read from"]
pub struct Empty(());

/// A reader that yields `byte` forever.
///
/// ```
/// use filch_io::AsyncReadExt;
/// # futures_lite::future::block_on(async {
/// let mut buf = [0; 3];
/// filch_io::repeat(b'z').read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"zzz");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub fn repeat(byte: u8) -> Repeat {
    Repeat { byte }
}

/// Reads one byte forever; made by [`repeat`].
#[derive(Debug)]
#[must_use = "a reader does nothing unless read from"]
pub struct Repeat {
    byte: u8,
}

/// A writer that takes everything and keeps nothing.
///
/// ```
/// use filch_io::AsyncWriteExt;
/// # futures_lite::future::block_on(async {
/// filch_io::sink().write_all(b"into the void").await?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub fn sink() -> Sink {
    Sink(())
}

/// Keeps nothing; made by [`sink`].
#[derive(Debug)]
#[must_use = "a writer does nothing unless written to"]
pub struct Sink(());

impl AsyncRead for Empty {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        _buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Budget::take(cx).map(Ok)
    }
}

impl AsyncBufRead for Empty {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Budget::take(cx).map(|()| Ok(&[][..]))
    }

    fn consume(self: Pin<&mut Self>, _amount: usize) {}
}

/// Every seek leads to position 0.
impl AsyncSeek for Empty {
    fn start_seek(self: Pin<&mut Self>, _position: SeekFrom) -> io::Result<()> {
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Ok(0))
    }
}

impl AsyncRead for Repeat {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Budget::take(cx));
        let room = buf.remaining();
        buf.initialize_unfilled().fill(self.byte);
        buf.advance(room);
        Poll::Ready(Ok(()))
    }
}

macro_rules! take_everything {
    ($writer:ty) => {
        impl AsyncWrite for $writer {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                Budget::take(cx).map(|()| Ok(buf.len()))
            }

            fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Budget::take(cx).map(|()| Ok(bufs.iter().map(|buf| buf.len()).sum()))
            }

            fn is_write_vectored(&self) -> bool {
                true
            }
        }
    };
}

take_everything!(Empty);
take_everything!(Sink);

//! Halves that borrow their connection.

use super::TcpStream;
use crate::interest::Interest;
use crate::ready::Ready;
use bytes::BufMut;
use filch_io::{AsyncRead, AsyncWrite, ReadBuf};
use std::io::{self, IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The half that reads; made by [`TcpStream::split`].
///
/// ```
/// use filch_io_driver::{Driver, net::{TcpListener, TcpStream}};
///
/// let driver = Driver::new()?;
/// driver.block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0").await?;
///     let mut stream = TcpStream::connect(listener.local_addr()?).await?;
///     let (mut peer, _) = listener.accept().await?;
///     let (_, to_peer) = stream.split();
///     let (from_stream, _) = peer.split();
///     to_peer.try_write(b"hi")?;
///     from_stream.readable().await?;
///     assert_eq!(from_stream.try_read(&mut [0; 8])?, 2);
///     std::io::Result::Ok(())
/// })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct ReadHalf<'a>(&'a TcpStream);

/// The half that writes; made by [`TcpStream::split`]. Dropping it does not end the output.
///
/// ```
#[doc = halves!("split")]
/// write.try_write(b"hi")?;
/// drop(write);
/// peer.readable().await?;
/// assert_eq!(peer.try_read(&mut [0; 8])?, 2);
/// // The output is open still: nothing more to read, and no end.
/// assert!(peer.try_read(&mut [0; 8]).is_err());
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct WriteHalf<'a>(&'a TcpStream);

pub(super) fn split(stream: &mut TcpStream) -> (ReadHalf<'_>, WriteHalf<'_>) {
    (ReadHalf(stream), WriteHalf(stream))
}

impl ReadHalf<'_> {
    fn stream(&self) -> &TcpStream {
        self.0
    }
}

impl WriteHalf<'_> {
    fn stream(&self) -> &TcpStream {
        self.0
    }
}

/// How the examples below begin, hidden: as [`connected`], with the halves `read` and `write` of `stream`.
macro_rules! halves {
    ($split:literal) => {
        concat!(connected!(), "\n# let (mut read, mut write) = stream.", $split, "();")
    };
}
pub(super) use halves;

/// What the borrowed and the owned halves have in common with the stream, which `$split` splits.
macro_rules! read_half {
    ($half:ty, $split:literal) => {
        impl $half {
            /// As [`TcpStream::peek`].
            ///
            /// # Errors
            /// As there.
            ///
            /// # Cancel safety
            /// As there.
            ///
            /// ```
            #[doc = halves!($split)]
            /// peer.try_write(b"hello")?;
            /// assert_eq!(read.peek(&mut [0; 8]).await?, 5);
            /// assert_eq!(read.try_read(&mut [0; 8])?, 5);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub async fn peek(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                self.stream().peek(buf).await
            }

            /// As [`TcpStream::poll_peek`].
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = halves!($split)]
            /// peer.try_write(b"hello")?;
            /// let mut buf = [0; 8];
            /// let mut buf = filch_io::ReadBuf::new(&mut buf);
            /// std::future::poll_fn(|cx| read.poll_peek(cx, &mut buf)).await?;
            /// assert_eq!(buf.filled(), b"hello");
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn poll_peek(
                &mut self,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<usize>> {
                self.stream().poll_peek(cx, buf)
            }

            /// As [`TcpStream::ready`].
            ///
            /// # Errors
            /// As there.
            ///
            /// # Cancel safety
            /// As there.
            ///
            /// ```
            #[doc = halves!($split)]
            /// peer.try_write(b"hello")?;
            /// assert!(read.ready(Interest::READABLE).await?.is_readable());
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
                self.stream().ready(interest).await
            }

            /// As [`TcpStream::readable`].
            ///
            /// # Errors
            /// As there.
            ///
            /// # Cancel safety
            /// As there.
            ///
            /// ```
            #[doc = halves!($split)]
            /// peer.try_write(b"hello")?;
            /// read.readable().await?;
            /// assert_eq!(read.try_read(&mut [0; 8])?, 5);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub async fn readable(&self) -> io::Result<()> {
                self.stream().readable().await
            }

            /// As [`TcpStream::try_read`].
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = halves!($split)]
            /// peer.try_write(b"hello")?;
            /// read.readable().await?;
            /// let mut buf = [0; 8];
            /// let n = read.try_read(&mut buf)?;
            /// assert_eq!(&buf[..n], b"hello");
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
                self.stream().try_read(buf)
            }

            /// As [`TcpStream::try_read_vectored`].
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = halves!($split)]
            /// peer.try_write(b"hello")?;
            /// read.readable().await?;
            /// let (mut head, mut tail) = ([0; 2], [0; 8]);
            /// let mut bufs = [&mut head[..], &mut tail[..]].map(std::io::IoSliceMut::new);
            /// assert_eq!(read.try_read_vectored(&mut bufs)?, 5);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
                self.stream().try_read_vectored(bufs)
            }

            /// As [`TcpStream::try_read_buf`].
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = halves!($split)]
            /// peer.try_write(b"hello")?;
            /// read.readable().await?;
            /// let mut buf = Vec::with_capacity(8);
            /// read.try_read_buf(&mut buf)?;
            /// assert_eq!(buf, b"hello");
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn try_read_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
                self.stream().try_read_buf(buf)
            }

            /// As [`TcpStream::peer_addr`].
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = halves!($split)]
            /// assert_eq!(read.peer_addr()?, peer.local_addr()?);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn peer_addr(&self) -> io::Result<SocketAddr> {
                self.stream().peer_addr()
            }

            /// As [`TcpStream::local_addr`].
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = halves!($split)]
            /// assert_eq!(read.local_addr()?, peer.peer_addr()?);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn local_addr(&self) -> io::Result<SocketAddr> {
                self.stream().local_addr()
            }
        }

        impl AsRef<TcpStream> for $half {
            fn as_ref(&self) -> &TcpStream {
                self.stream()
            }
        }

        impl AsyncRead for $half {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                self.stream().poll_read_shared(cx, buf)
            }
        }
    };
}
pub(super) use read_half;

/// As `read_half`; `$shutdown` ends the output.
macro_rules! write_half {
    ($half:ty, $split:literal, $shutdown:expr) => {
        impl $half {
            /// As [`TcpStream::ready`].
            ///
            /// # Errors
            /// As there.
            ///
            /// # Cancel safety
            /// As there.
            ///
            /// ```
            #[doc = halves!($split)]
            /// assert!(write.ready(Interest::WRITABLE).await?.is_writable());
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
                self.stream().ready(interest).await
            }

            /// As [`TcpStream::writable`].
            ///
            /// # Errors
            /// As there.
            ///
            /// # Cancel safety
            /// As there.
            ///
            /// ```
            #[doc = halves!($split)]
            /// write.writable().await?;
            /// assert_eq!(write.try_write(b"hello")?, 5);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub async fn writable(&self) -> io::Result<()> {
                self.stream().writable().await
            }

            /// As [`TcpStream::try_write`].
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = halves!($split)]
            /// assert_eq!(write.try_write(b"hello")?, 5);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
                self.stream().try_write(buf)
            }

            /// As [`TcpStream::try_write_vectored`].
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = halves!($split)]
            /// let bufs = [&b"hel"[..], &b"lo"[..]].map(std::io::IoSlice::new);
            /// assert_eq!(write.try_write_vectored(&bufs)?, 5);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
                self.stream().try_write_vectored(bufs)
            }

            /// As [`TcpStream::peer_addr`].
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = halves!($split)]
            /// assert_eq!(write.peer_addr()?, peer.local_addr()?);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn peer_addr(&self) -> io::Result<SocketAddr> {
                self.stream().peer_addr()
            }

            /// As [`TcpStream::local_addr`].
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = halves!($split)]
            /// assert_eq!(write.local_addr()?, peer.peer_addr()?);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn local_addr(&self) -> io::Result<SocketAddr> {
                self.stream().local_addr()
            }
        }

        impl AsRef<TcpStream> for $half {
            fn as_ref(&self) -> &TcpStream {
                self.stream()
            }
        }

        impl AsyncWrite for $half {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.stream().poll_write_shared(cx, buf)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.stream().poll_write_vectored_shared(cx, bufs)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            /// Nothing is buffered here.
            fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            /// Half-close: ends the output, while reading goes on.
            fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                let shutdown: fn(&mut Self) -> io::Result<()> = $shutdown;
                Poll::Ready(shutdown(self.get_mut()))
            }
        }
    };
}
pub(super) use write_half;

read_half!(ReadHalf<'_>, "split");
write_half!(WriteHalf<'_>, "split", |half| half.stream().shutdown_write());

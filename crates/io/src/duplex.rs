//! [`duplex`] and [`simplex`]: connections in memory.

use crate::pipe::Pipe;
use crate::{AsyncRead, AsyncWrite, ReadBuf, ReadHalf, WriteHalf, split};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Two connected streams, as of a socket, in memory: what one writes, the other reads.
///
/// Each direction holds at most `capacity` bytes; a write waits for room. `capacity` must not be 0,
/// or every write waits forever.
///
/// ```
/// use filch_io::{AsyncReadExt, AsyncWriteExt};
/// # futures_lite::future::block_on(async {
/// let (mut client, mut server) = filch_io::duplex(64);
/// client.write_all(b"ping").await?;
/// let mut request = [0; 4];
/// server.read_exact(&mut request).await?;
/// assert_eq!(&request, b"ping");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub fn duplex(capacity: usize) -> (DuplexStream, DuplexStream) {
    let one = Arc::new(Pipe::new(capacity));
    let two = Arc::new(Pipe::new(capacity));
    let there = DuplexStream { incoming: Arc::clone(&one), outgoing: Arc::clone(&two) };
    (there, DuplexStream { incoming: two, outgoing: one })
}

/// One end of a connection in memory; made by [`duplex`].
///
/// When it is dropped, the other end reads what was written before, then end of file; its writes
/// fail with [`BrokenPipe`](io::ErrorKind::BrokenPipe).
///
/// ```
/// use filch_io::{AsyncWriteExt, ErrorKind, duplex};
/// # futures_lite::future::block_on(async {
/// let (mut near, far) = duplex(8);
/// drop(far);
/// assert_eq!(near.write_u8(1).await.unwrap_err().kind(), ErrorKind::BrokenPipe);
/// # });
/// ```
#[derive(Debug)]
pub struct DuplexStream {
    incoming: Arc<Pipe>,
    outgoing: Arc<Pipe>,
}

impl AsyncRead for DuplexStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.incoming.poll_read(cx, buf)
    }
}

impl AsyncWrite for DuplexStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.outgoing.poll_write(cx, &[IoSlice::new(buf)])
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outgoing.close();
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.outgoing.poll_write(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

impl Drop for DuplexStream {
    fn drop(&mut self) {
        self.outgoing.close();
        self.incoming.close();
    }
}

/// A one-way pipe in memory that holds at most `capacity` bytes: an end to read, an end to write.
///
/// [`shutdown`](crate::AsyncWriteExt::shutdown) the writing end to let the reading end come to its
/// end of file: dropping it does not, because the two ends share one stream, as after [`split`].
///
/// ```
/// use filch_io::{AsyncReadExt, AsyncWriteExt};
/// # futures_lite::future::block_on(async {
/// let (mut reader, mut writer) = filch_io::simplex(64);
/// writer.write_all(b"one way").await?;
/// writer.shutdown().await?;
/// let mut text = String::new();
/// reader.read_to_string(&mut text).await?;
/// assert_eq!(text, "one way");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub fn simplex(capacity: usize) -> (ReadHalf<SimplexStream>, WriteHalf<SimplexStream>) {
    split(SimplexStream::new_unsplit(capacity))
}

/// A pipe in memory that reads what was written to it; [`simplex`] makes one in two halves.
#[derive(Debug)]
pub struct SimplexStream {
    pipe: Pipe,
}

impl SimplexStream {
    /// Both ends in one value; it holds at most `capacity` bytes.
    ///
    /// ```
    /// use filch_io::{AsyncReadExt, AsyncWriteExt, SimplexStream};
    /// # futures_lite::future::block_on(async {
    /// let mut stream = SimplexStream::new_unsplit(8);
    /// stream.write_u16(513).await?;
    /// assert_eq!(stream.read_u16_le().await?, 258);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub fn new_unsplit(capacity: usize) -> Self {
        Self { pipe: Pipe::new(capacity) }
    }
}

impl AsyncRead for SimplexStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.pipe.poll_read(cx, buf)
    }
}

impl AsyncWrite for SimplexStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.pipe.poll_write(cx, &[IoSlice::new(buf)])
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pipe.close();
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.pipe.poll_write(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

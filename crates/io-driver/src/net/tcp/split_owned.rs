//! Halves that own their connection together.

use super::TcpStream;
use super::split::{halves, read_half, write_half};
use crate::interest::Interest;
use crate::ready::Ready;
use bytes::BufMut;
use filch_io::{AsyncRead, AsyncWrite, ReadBuf};
use std::error::Error;
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The half that reads; made by [`TcpStream::into_split`].
///
/// ```
/// use filch_io_driver::{Driver, net::{TcpListener, TcpStream}};
///
/// let driver = Driver::new()?;
/// driver.block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0").await?;
///     let stream = TcpStream::connect(listener.local_addr()?).await?;
///     let (peer, _) = listener.accept().await?;
///     let (_input, output) = stream.into_split();
///     // Ends the output: the peer reads the end of its input.
///     drop(output);
///     peer.readable().await?;
///     assert_eq!(peer.try_read(&mut [0; 8])?, 0);
///     std::io::Result::Ok(())
/// })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct OwnedReadHalf {
    stream: Arc<TcpStream>,
}

/// The half that writes; made by [`TcpStream::into_split`]. Dropping it ends the output, unless
/// [`forget`](Self::forget) is called instead.
///
/// ```
#[doc = halves!("into_split")]
/// write.try_write(b"hi")?;
/// drop(write);
/// peer.readable().await?;
/// assert_eq!(peer.try_read(&mut [0; 8])?, 2);
/// peer.readable().await?;
/// assert_eq!(peer.try_read(&mut [0; 8])?, 0); // the end
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct OwnedWriteHalf {
    /// `None` only while it is being taken apart.
    stream: Option<Arc<TcpStream>>,
    /// The output has been ended already.
    is_shutdown: bool,
}

/// The halves were not of one connection; here they are again.
///
/// ```
#[doc = halves!("into_split")]
/// let (other_read, other_write) = peer.into_split();
/// let error = read.reunite(other_write).unwrap_err();
/// let stream = error.0.reunite(write).expect("the halves of one connection");
/// # let _ = (stream, other_read, error.1);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct ReuniteError(pub OwnedReadHalf, pub OwnedWriteHalf);

pub(super) fn split(stream: TcpStream) -> (OwnedReadHalf, OwnedWriteHalf) {
    let stream = Arc::new(stream);
    let write = OwnedWriteHalf { stream: Some(Arc::clone(&stream)), is_shutdown: false };
    (OwnedReadHalf { stream }, write)
}

/// Makes one connection of two halves again; both directions are as open as they were.
fn reunite(read: OwnedReadHalf, mut write: OwnedWriteHalf) -> Result<TcpStream, ReuniteError> {
    if !Arc::ptr_eq(&read.stream, write.shared()) {
        return Err(ReuniteError(read, write));
    }
    // Without it, the write half does not end the output when it is dropped.
    drop(write.stream.take());
    Ok(Arc::try_unwrap(read.stream).expect("a connection has exactly two halves"))
}

impl OwnedReadHalf {
    fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Puts the halves of one connection together again.
    ///
    /// # Errors
    /// [`ReuniteError`], with both halves in it, if they are not of one connection.
    ///
    /// ```
    /// use filch_io_driver::{Driver, net::{TcpListener, TcpStream}};
    ///
    /// let driver = Driver::new()?;
    /// driver.block_on(async {
    ///     let listener = TcpListener::bind("127.0.0.1:0").await?;
    ///     let stream = TcpStream::connect(listener.local_addr()?).await?;
    ///     let (read, write) = stream.into_split();
    ///     let stream = read.reunite(write).expect("the halves of one connection");
    ///     assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    ///     std::io::Result::Ok(())
    /// })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn reunite(self, other: OwnedWriteHalf) -> Result<TcpStream, ReuniteError> {
        reunite(self, other)
    }
}

impl OwnedWriteHalf {
    fn shared(&self) -> &Arc<TcpStream> {
        self.stream.as_ref().expect("a write half has its stream until it is taken apart")
    }

    fn stream(&self) -> &TcpStream {
        self.shared()
    }

    /// As [`OwnedReadHalf::reunite`].
    ///
    /// # Errors
    /// As there.
    ///
    /// ```
    #[doc = halves!("into_split")]
    /// let stream = write.reunite(read).expect("the halves of one connection");
    /// assert_eq!(stream.try_write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn reunite(self, other: OwnedReadHalf) -> Result<TcpStream, ReuniteError> {
        reunite(other, self)
    }

    /// Drops it without ending the output; the connection is closed with the other half.
    ///
    /// ```
    #[doc = halves!("into_split")]
    /// write.forget();
    /// peer.try_write(b"the other way")?;
    /// read.readable().await?;
    /// assert_eq!(read.try_read(&mut [0; 16])?, 13);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn forget(mut self) {
        drop(self.stream.take());
    }
}

impl Drop for OwnedWriteHalf {
    fn drop(&mut self) {
        if let (Some(stream), false) = (&self.stream, self.is_shutdown) {
            // There is nobody to tell; a connection that is broken has no output to end.
            let _ = stream.shutdown_write();
        }
    }
}

read_half!(OwnedReadHalf, "into_split");
write_half!(OwnedWriteHalf, "into_split", |half| {
    half.stream().shutdown_write()?;
    half.is_shutdown = true;
    Ok(())
});

impl fmt::Display for ReuniteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the two halves are not of the same connection")
    }
}

impl Error for ReuniteError {}

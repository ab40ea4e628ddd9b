//! A connection.

use super::borrowed::{self, ReadHalf, WriteHalf};
use super::owned::{self, OwnedReadHalf, OwnedWriteHalf};
use super::{SocketAddr, UnixSocket};
use crate::driver::DriverHandle;
use crate::net::methods::{async_read, async_write, raw_handles, readiness, reads, writes};
use crate::ready::Ready;
use crate::source::{DUPLEX, Source};
use std::future::poll_fn;
use std::io;
use std::net::Shutdown;
use std::os::unix::net;
use std::path::Path;

/// A connection between two sockets of one machine.
///
/// Reading and writing go through [`AsyncRead`](filch_io::AsyncRead), [`AsyncWrite`](filch_io::AsyncWrite)
/// and their extension traits; or, for several tasks at once, through [`readable`](Self::readable) and
/// [`try_read`](Self::try_read) and their like. Dropping it closes the connection in both directions.
///
/// ```
#[doc = paired!()]
/// stream.try_write(b"hi")?;
/// peer.readable().await?;
/// let mut buf = [0; 2];
/// assert_eq!(peer.try_read(&mut buf)?, 2);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct UnixStream {
    pub(super) source: Source<net::UnixStream>,
}

impl UnixStream {
    /// Connects to the listener at a path.
    ///
    /// # Errors
    /// There is no such socket, nobody listens, or it is not permitted.
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if the listener's backlog is full: the system tells nobody
    /// when there is room again, so pause and try again.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// # Cancel safety
    /// Dropping the future gives the attempt up; the peer may have seen a connection that closes at once.
    ///
    /// ```
    #[doc = scratch!()]
    /// let listener = UnixListener::bind(&path)?;
    /// let stream = UnixStream::connect(&path).await?;
    /// assert_eq!(stream.peer_addr()?.as_pathname(), Some(path.as_path()));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn connect<P: AsRef<Path>>(path: P) -> io::Result<Self> {
        UnixSocket::new_stream()?.connect(path).await
    }

    /// Waits until a connection attempt has succeeded or failed.
    pub(super) async fn connected(stream: net::UnixStream) -> io::Result<Self> {
        let stream = Self { source: Source::new(stream, DUPLEX, Ready::EMPTY)? };
        poll_fn(|cx| stream.poll_write_ready(cx)).await?;
        match stream.take_error()? {
            Some(error) => Err(error),
            None => Ok(stream),
        }
    }

    /// There is room for what is written; what the other end has sent by now, an event will tell.
    pub(super) fn just_connected(stream: net::UnixStream) -> io::Result<Self> {
        Ok(Self { source: Source::new(stream, DUPLEX, Ready::WRITABLE)? })
    }

    /// Two sockets that are connected to each other.
    ///
    /// # Errors
    /// If the process has no descriptors left, or the driver was shut down.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// ```
    #[doc = paired!()]
    /// let (near, far) = UnixStream::pair()?;
    /// near.try_write(b"hello")?;
    /// far.readable().await?;
    /// assert_eq!(far.try_read(&mut [0; 8])?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn pair() -> io::Result<(Self, Self)> {
        let (near, far) = net::UnixStream::pair()?;
        Ok((Self::from_std(near)?, Self::from_std(far)?))
    }

    /// Takes over a connection, and puts it in non-blocking mode.
    ///
    /// # Errors
    /// If the driver cannot take it: shut down, or no memory.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// ```
    #[doc = paired!()]
    /// let (near, _far) = std::os::unix::net::UnixStream::pair()?;
    /// let near = UnixStream::from_std(near)?;
    /// assert_eq!(near.try_write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn from_std(stream: net::UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Self::with_driver(stream, DriverHandle::current())
    }

    pub(super) fn with_driver(stream: net::UnixStream, driver: DriverHandle) -> io::Result<Self> {
        let ready = Ready::READABLE | Ready::WRITABLE;
        Ok(Self { source: Source::with_driver(stream, DUPLEX, ready, driver)? })
    }

    /// Gives the connection back, still in non-blocking mode.
    ///
    /// # Errors
    /// If the operating system refuses to take it out of the driver; the connection is closed then.
    ///
    /// ```
    #[doc = paired!()]
    /// let stream: std::os::unix::net::UnixStream = stream.into_std()?;
    /// # let _ = stream;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn into_std(self) -> io::Result<net::UnixStream> {
        self.source.into_io()
    }

    /// This end's address; usually it has none.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = paired!()]
    /// assert!(stream.local_addr()?.is_unnamed());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.local_addr()
    }

    /// The other end's address, if it has one.
    ///
    /// # Errors
    /// What the operating system says; not connected any more, for instance.
    ///
    /// ```
    #[doc = paired!()]
    /// assert!(stream.peer_addr()?.is_unnamed());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.peer_addr()
    }

    /// Who is at the other end.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = paired!()]
    /// assert_eq!(stream.peer_cred()?.pid(), Some(std::process::id() as i32));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn peer_cred(&self) -> io::Result<super::UCred> {
        super::UCred::of_peer(&*self.source)
    }

    /// Takes the error that is pending on the connection, if there is one.
    ///
    /// # Errors
    /// If it cannot be asked for.
    ///
    /// ```
    #[doc = paired!()]
    /// assert!(stream.take_error()?.is_none());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.source.take_error()
    }

    readiness!(paired, "stream", "Interest::WRITABLE", "stream.try_write(b\"hello\")");
    reads!(paired);
    writes!(paired);

    /// Splits it into halves that borrow it, for two parts of one task.
    ///
    /// ```
    #[doc = paired!()]
    /// let (_read, write) = stream.split();
    /// assert_eq!(write.try_write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        borrowed::split(self)
    }

    /// Splits it into halves that own it together, for two tasks. Dropping the write half ends the output;
    /// the connection is closed when both are gone.
    ///
    /// ```
    #[doc = paired!()]
    /// let (read, write) = stream.into_split();
    /// write.try_write(b"hello")?;
    /// let _stream = read.reunite(write).expect("the halves of one connection");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        owned::into_split(self)
    }

    /// Ends the output; what was written before can still be read.
    pub(super) fn shutdown_write(&self) -> io::Result<()> {
        match self.source.shutdown(Shutdown::Write) {
            // The peer was faster with ending everything.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        }
    }
}

impl TryFrom<net::UnixStream> for UnixStream {
    type Error = io::Error;

    /// As [`UnixStream::from_std`].
    fn try_from(stream: net::UnixStream) -> io::Result<Self> {
        Self::from_std(stream)
    }
}

async_read!(UnixStream);
async_write!(UnixStream; |stream| stream.shutdown_write());
raw_handles!(UnixStream);

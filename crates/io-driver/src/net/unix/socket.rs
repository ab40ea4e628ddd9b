//! A socket that is not connected yet.

use super::{UnixDatagram, UnixListener, UnixStream, to_address};
use socket2::{Domain, Socket, Type};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::path::Path;

/// A Unix socket before it listens or connects: one that is bound and then connected, for instance.
///
/// ```
#[doc = scratch!()]
/// let socket = UnixSocket::new_stream()?;
/// socket.bind(&path)?;
/// let listener = socket.listen(128)?;
/// let _client = UnixStream::connect(&path).await?;
/// listener.accept().await?;
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct UnixSocket {
    inner: Socket,
}

impl UnixSocket {
    /// For a stream or a listener.
    ///
    /// # Errors
    /// If the process has no descriptors left.
    ///
    /// ```
    #[doc = scratch!()]
    /// let _listener = UnixListener::bind(&path)?;
    /// let stream = UnixSocket::new_stream()?.connect(&path).await?;
    /// assert_eq!(stream.try_write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new_stream() -> io::Result<Self> {
        Self::new(Type::STREAM)
    }

    /// For datagrams.
    ///
    /// # Errors
    /// If the process has no descriptors left.
    ///
    /// ```
    #[doc = scratch!()]
    /// let socket = UnixSocket::new_datagram()?;
    /// socket.bind(&path)?;
    /// let socket = socket.datagram()?;
    /// assert_eq!(socket.local_addr()?.as_pathname(), Some(path.as_path()));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new_datagram() -> io::Result<Self> {
        Self::new(Type::DGRAM)
    }

    fn new(kind: Type) -> io::Result<Self> {
        // One system call where the socket can be made non-blocking from the beginning.
        #[cfg(target_os = "linux")]
        let inner = Socket::new(Domain::UNIX, kind.nonblocking(), None)?;
        #[cfg(not(target_os = "linux"))]
        let inner = {
            let inner = Socket::new(Domain::UNIX, kind, None)?;
            inner.set_nonblocking(true)?;
            inner
        };
        Ok(Self { inner })
    }

    /// Gives it a path, where nothing may be yet.
    ///
    /// # Errors
    /// The path is in use or too long, or it is not permitted.
    ///
    /// ```
    #[doc = scratch!()]
    /// UnixSocket::new_stream()?.bind(&path)?;
    /// assert!(path.exists());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn bind<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        self.inner.bind(&to_address(path.as_ref())?)
    }

    /// Listens, with room for `backlog` connections that nobody has accepted yet.
    ///
    /// # Errors
    /// If it is for datagrams or not bound, or the driver cannot take it.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// ```
    #[doc = scratch!()]
    /// let socket = UnixSocket::new_stream()?;
    /// socket.bind(&path)?;
    /// let listener = socket.listen(128)?;
    /// let _client = UnixStream::connect(&path).await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn listen(self, backlog: u32) -> io::Result<UnixListener> {
        self.inner.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        UnixListener::from_std(self.inner.into())
    }

    /// Connects it to the listener at a path.
    ///
    /// # Errors
    /// As [`UnixStream::connect`].
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// # Cancel safety
    /// As [`UnixStream::connect`]: the socket is closed.
    ///
    /// ```
    #[doc = scratch!()]
    /// let _listener = UnixListener::bind(&path)?;
    /// let stream = UnixSocket::new_stream()?.connect(&path).await?;
    /// assert_eq!(stream.try_write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn connect<P: AsRef<Path>>(self, path: P) -> io::Result<UnixStream> {
        // A Unix socket connects at once or not at all, but for systems that say otherwise.
        match self.inner.connect(&to_address(path.as_ref())?) {
            Ok(()) => UnixStream::just_connected(self.inner.into()),
            Err(error) if error.raw_os_error() == Some(IN_PROGRESS) => {
                UnixStream::connected(self.inner.into()).await
            }
            Err(error) => Err(error),
        }
    }

    /// Makes it a socket for datagrams.
    ///
    /// # Errors
    /// If it is for streams, or the driver cannot take it.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// ```
    #[doc = scratch!()]
    /// let socket = UnixSocket::new_datagram()?.datagram()?;
    /// assert!(socket.local_addr()?.is_unnamed());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn datagram(self) -> io::Result<UnixDatagram> {
        if self.inner.r#type()? != Type::DGRAM {
            let message = "a socket made by `new_stream` is none for datagrams";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        UnixDatagram::from_std(self.inner.into())
    }
}

const IN_PROGRESS: i32 = rustix::io::Errno::INPROGRESS.raw_os_error();

impl AsRawFd for UnixSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.inner.as_raw_fd()
    }
}

impl AsFd for UnixSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.as_fd()
    }
}

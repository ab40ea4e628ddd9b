//! Accepting connections.

#[cfg(target_os = "linux")]
use super::unnamed;
use super::{SocketAddr, UnixSocket, UnixStream};
use crate::interest::Interest;
use crate::net::methods::raw_handles;
use crate::readiness::Direction;
use crate::ready::Ready;
use crate::source::Source;
use std::io;
use std::os::unix::net;
use std::path::Path;
use std::task::{Context, Poll, ready};

/// Connections that nobody has accepted yet; the system may have a lower limit.
const BACKLOG: u32 = 1024;

/// A Unix socket that accepts connections. Its path stays in the file system when it is dropped.
///
/// ```
#[doc = scratch!()]
/// let listener = UnixListener::bind(&path)?;
/// let client = UnixStream::connect(&path).await?;
/// let (server, _address) = listener.accept().await?;
/// client.try_write(b"hello")?;
/// server.readable().await?;
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct UnixListener {
    source: Source<net::UnixListener>,
}

impl UnixListener {
    /// Listens at a path, where nothing may be yet.
    ///
    /// # Errors
    /// The path is in use or too long, or it is not permitted.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// ```
    #[doc = scratch!()]
    /// let listener = UnixListener::bind(&path)?;
    /// assert_eq!(listener.local_addr()?.as_pathname(), Some(path.as_path()));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<Self> {
        let socket = UnixSocket::new_stream()?;
        socket.bind(path)?;
        socket.listen(BACKLOG)
    }

    /// Takes over a listener, and puts it in non-blocking mode.
    ///
    /// # Errors
    /// If the driver cannot take it: shut down, or no memory.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// ```
    #[doc = scratch!()]
    /// let listener = std::os::unix::net::UnixListener::bind(&path)?;
    /// let listener = UnixListener::from_std(listener)?;
    /// let _client = UnixStream::connect(&path).await?;
    /// listener.accept().await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn from_std(listener: net::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        // What waits already is reported as the first event.
        Ok(Self { source: Source::new(listener, Interest::READABLE, Ready::EMPTY)? })
    }

    /// Gives the listener back, still in non-blocking mode.
    ///
    /// # Errors
    /// If the operating system refuses to take it out of the driver; the listener is closed then.
    ///
    /// ```
    #[doc = scratch!()]
    /// let listener = UnixListener::bind(&path)?;
    /// let listener: std::os::unix::net::UnixListener = listener.into_std()?;
    /// # let _ = listener;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn into_std(self) -> io::Result<net::UnixListener> {
        self.source.into_io()
    }

    /// Waits for the next connection; returns it and the peer's address, if it has one.
    ///
    /// # Errors
    /// What the operating system says. A process that has no descriptor left gets that error with every
    /// call, at once, for as long as a connection waits: pause between calls. The connection stays in the
    /// backlog and is accepted once there is a descriptor again.
    ///
    /// # Cancel safety
    /// Dropping the future loses no connection.
    ///
    /// ```
    #[doc = scratch!()]
    /// let listener = UnixListener::bind(&path)?;
    /// let _client = UnixStream::connect(&path).await?;
    /// let (_server, address) = listener.accept().await?;
    /// assert!(address.is_unnamed());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let accepted = self.source.io(Direction::Read, accept).await?;
        self.register(accepted)
    }

    /// As [`accept`](Self::accept), for a task that polls. Only the last task that polled is woken.
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    ///
    /// ```
    #[doc = scratch!()]
    /// let listener = UnixListener::bind(&path)?;
    /// let _client = UnixStream::connect(&path).await?;
    /// let (_server, _address) = std::future::poll_fn(|cx| listener.poll_accept(cx)).await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
        let accepted = ready!(self.source.poll_io(cx, Direction::Read, accept))?;
        Poll::Ready(self.register(accepted))
    }

    /// A connection belongs to its listener's driver, wherever it is accepted.
    fn register(
        &self,
        (stream, peer): (net::UnixStream, SocketAddr),
    ) -> io::Result<(UnixStream, SocketAddr)> {
        let driver = self.source.registration().driver().clone();
        Ok((UnixStream::with_driver(stream, driver)?, peer))
    }

    /// The address that is listened on.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = scratch!()]
    /// let listener = UnixListener::bind(&path)?;
    /// assert_eq!(listener.local_addr()?.as_pathname(), Some(path.as_path()));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.local_addr()
    }

    /// Takes the error that is pending on the listener, if there is one.
    ///
    /// # Errors
    /// If it cannot be asked for.
    ///
    /// ```
    #[doc = scratch!()]
    /// let listener = UnixListener::bind(&path)?;
    /// assert!(listener.take_error()?.is_none());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.source.take_error()
    }
}

impl TryFrom<net::UnixListener> for UnixListener {
    type Error = io::Error;

    /// As [`UnixListener::from_std`].
    fn try_from(listener: net::UnixListener) -> io::Result<Self> {
        Self::from_std(listener)
    }
}

/// One system call where there is one that also makes the connection non-blocking, and another for a peer
/// that has a name, which few have: std reads names of every length, rustix panics at the longest.
#[cfg(target_os = "linux")]
fn accept(listener: &net::UnixListener) -> io::Result<(net::UnixStream, SocketAddr)> {
    use rustix::net::{SocketFlags, acceptfrom_with};
    let (stream, peer) = acceptfrom_with(listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)?;
    let stream = net::UnixStream::from(stream);
    let is_named =
        peer.is_some_and(|peer| peer.addr_len() as usize > size_of::<libc::sa_family_t>());
    // A connection is worth more than the name of its peer.
    let peer = if is_named { stream.peer_addr().or_else(|_| unnamed()) } else { unnamed() };
    Ok((stream, peer?))
}

#[cfg(not(target_os = "linux"))]
fn accept(listener: &net::UnixListener) -> io::Result<(net::UnixStream, SocketAddr)> {
    let (stream, peer) = listener.accept()?;
    stream.set_nonblocking(true)?;
    Ok((stream, peer))
}

raw_handles!(UnixListener);

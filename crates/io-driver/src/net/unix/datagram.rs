//! Datagrams.

use super::{SocketAddr, UnixSocket, to_address};
use crate::interest::Interest;
use crate::net::methods::{datagrams, raw_handles, readiness};
use crate::readiness::Direction;
use crate::ready::Ready;
use crate::source::{DATAGRAMS, Source};
use socket2::{SockAddr, SockRef};
use std::io;
use std::net::Shutdown;
use std::os::unix::net;
use std::path::Path;
use std::task::{Context, Poll};

/// How the examples in here begin, hidden: `socket` and `peer` are connected to each other.
macro_rules! exchanging {
    () => {
        concat!(scratch!(), "\n# let (socket, peer) = UnixDatagram::pair()?;")
    };
}

/// A Unix socket for datagrams, which arrive whole and in order.
///
/// It needs no splitting: all methods take it by shared reference.
///
/// ```
#[doc = scratch!()]
/// let server = UnixDatagram::bind(&path)?;
/// let client = UnixDatagram::unbound()?;
/// client.send_to(b"hello", &path).await?;
/// let mut buf = [0; 8];
/// let (n, sender) = server.recv_from(&mut buf).await?;
/// assert_eq!(&buf[..n], b"hello");
/// assert!(sender.is_unnamed());
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct UnixDatagram {
    source: Source<net::UnixDatagram>,
}

impl UnixDatagram {
    /// A socket at a path, where nothing may be yet.
    ///
    /// # Errors
    /// The path is in use or too long, or it is not permitted.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// ```
    #[doc = scratch!()]
    /// let socket = UnixDatagram::bind(&path)?;
    /// assert_eq!(socket.local_addr()?.as_pathname(), Some(path.as_path()));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<Self> {
        let socket = UnixSocket::new_datagram()?;
        socket.bind(path)?;
        socket.datagram()
    }

    /// A socket without an address, to send from.
    ///
    /// # Errors
    /// If the process has no descriptors left, or the driver was shut down.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// ```
    #[doc = scratch!()]
    /// let server = UnixDatagram::bind(&path)?;
    /// UnixDatagram::unbound()?.send_to(b"hello", &path).await?;
    /// assert_eq!(server.recv(&mut [0; 8]).await?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn unbound() -> io::Result<Self> {
        UnixSocket::new_datagram()?.datagram()
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
    #[doc = scratch!()]
    /// let (near, far) = UnixDatagram::pair()?;
    /// near.send(b"hello").await?;
    /// assert_eq!(far.recv(&mut [0; 8]).await?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn pair() -> io::Result<(Self, Self)> {
        let (near, far) = net::UnixDatagram::pair()?;
        Ok((Self::from_std(near)?, Self::from_std(far)?))
    }

    /// Takes over a socket, and puts it in non-blocking mode.
    ///
    /// # Errors
    /// If the driver cannot take it: shut down, or no memory.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// ```
    #[doc = scratch!()]
    /// let (near, far) = std::os::unix::net::UnixDatagram::pair()?;
    /// let near = UnixDatagram::from_std(near)?;
    /// near.send(b"hello").await?;
    /// assert_eq!(far.recv(&mut [0; 8])?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn from_std(socket: net::UnixDatagram) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { source: Source::new(socket, DATAGRAMS, Ready::WRITABLE)? })
    }

    /// Gives the socket back, still in non-blocking mode.
    ///
    /// # Errors
    /// If the operating system refuses to take it out of the driver; the socket is closed then.
    ///
    /// ```
    #[doc = exchanging!()]
    /// let socket: std::os::unix::net::UnixDatagram = socket.into_std()?;
    /// socket.send(b"hello")?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn into_std(self) -> io::Result<net::UnixDatagram> {
        self.source.into_io()
    }

    /// Makes the socket at a path the only one to send to and to receive from.
    ///
    /// # Errors
    /// There is no such socket, or it is not permitted.
    ///
    /// ```
    #[doc = scratch!()]
    /// let server = UnixDatagram::bind(&path)?;
    /// let client = UnixDatagram::unbound()?;
    /// client.connect(&path)?;
    /// client.send(b"hello").await?;
    /// assert_eq!(server.recv(&mut [0; 8]).await?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn connect<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        SockRef::from(&*self.source).connect(&to_address(path.as_ref())?)
    }

    /// The address it is bound to, if it is.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = exchanging!()]
    /// assert!(socket.local_addr()?.is_unnamed());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.local_addr()
    }

    /// The address of the socket it is connected to, if that has one.
    ///
    /// # Errors
    /// If it is not connected.
    ///
    /// ```
    #[doc = exchanging!()]
    /// assert!(socket.peer_addr()?.is_unnamed());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.peer_addr()
    }

    /// Ends receiving, sending, or both.
    ///
    /// # Errors
    /// If it is not connected.
    ///
    /// ```
    #[doc = exchanging!()]
    /// socket.shutdown(std::net::Shutdown::Write)?;
    /// assert!(socket.send(b"hello").await.is_err());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.source.shutdown(how)
    }

    /// Sends a datagram to the socket at a path.
    ///
    /// If that socket's queue is full, this waits; but the system does not tell when there is room in the
    /// queue of a socket to which this one is not [connected](Self::connect). To send much to a slow
    /// receiver, connect first.
    ///
    /// # Errors
    /// Nobody there, too large, not permitted.
    ///
    /// # Cancel safety
    /// If the future is dropped before it has returned, nothing was sent.
    ///
    /// ```
    #[doc = scratch!()]
    /// let server = UnixDatagram::bind(&path)?;
    /// let client = UnixDatagram::unbound()?;
    /// assert_eq!(client.send_to(b"hello", &path).await?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn send_to<P: AsRef<Path>>(&self, buf: &[u8], target: P) -> io::Result<usize> {
        let target = to_address(target.as_ref())?;
        self.source.io(Direction::Write, |socket| send_to(socket, buf, &target)).await
    }

    /// As [`send_to`](Self::send_to), for a task that polls. Only the last task that polled for sending is
    /// woken.
    ///
    /// # Errors
    /// As [`send_to`](Self::send_to).
    ///
    /// ```
    #[doc = scratch!()]
    /// let server = UnixDatagram::bind(&path)?;
    /// let client = UnixDatagram::unbound()?;
    /// let n = std::future::poll_fn(|cx| client.poll_send_to(cx, b"hello", &path)).await?;
    /// assert_eq!(n, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_send_to<P: AsRef<Path>>(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
        target: P,
    ) -> Poll<io::Result<usize>> {
        let target = to_address(target.as_ref())?;
        self.source.poll_io(cx, Direction::Write, |socket| send_to(socket, buf, &target))
    }

    /// As [`send_to`](Self::send_to), without waiting.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is no room; or as [`send_to`](Self::send_to).
    ///
    /// ```
    #[doc = scratch!()]
    /// let server = UnixDatagram::bind(&path)?;
    /// let client = UnixDatagram::unbound()?;
    /// assert_eq!(client.try_send_to(b"hello", &path)?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_send_to<P: AsRef<Path>>(&self, buf: &[u8], target: P) -> io::Result<usize> {
        let target = to_address(target.as_ref())?;
        self.source.try_io(Interest::WRITABLE, |socket| send_to(socket, buf, &target))
    }

    readiness!(exchanging, "socket", "Interest::WRITABLE", "socket.try_send(b\"hello\")");
    datagrams!(exchanging, SocketAddr);
}

/// std's method takes no abstract names. Like that, this raises no `SIGPIPE`.
fn send_to(socket: &net::UnixDatagram, buf: &[u8], target: &SockAddr) -> io::Result<usize> {
    #[cfg(not(target_vendor = "apple"))]
    const FLAGS: i32 = libc::MSG_NOSIGNAL;
    // There it is a property of the socket.
    #[cfg(target_vendor = "apple")]
    const FLAGS: i32 = 0;
    SockRef::from(socket).send_to_with_flags(buf, target, FLAGS)
}

impl TryFrom<net::UnixDatagram> for UnixDatagram {
    type Error = io::Error;

    /// As [`UnixDatagram::from_std`].
    fn try_from(socket: net::UnixDatagram) -> io::Result<Self> {
        Self::from_std(socket)
    }
}

raw_handles!(UnixDatagram);

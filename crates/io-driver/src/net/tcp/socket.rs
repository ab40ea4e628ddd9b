//! A socket that is not connected yet.

use super::{TcpListener, TcpStream};
use crate::net::methods::options;
use crate::source::internet;
use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, Type};
use std::io;
use std::net::{self, SocketAddr};
use std::time::Duration;

/// How the examples in here begin, hidden: `socket` is one.
macro_rules! socket {
    () => {
        "# use filch_io_driver::{Driver, net::{TcpListener, TcpSocket, TcpStream}};
# Driver::new()?.block_on(async {
# let socket = TcpSocket::new_v4()?;"
    };
}

/// A TCP socket before it listens or connects, for options that have to be set before.
///
/// ```
/// use filch_io_driver::{Driver, net::{TcpSocket, TcpStream}};
///
/// # Driver::new()?.block_on(async {
/// let socket = TcpSocket::new_v4()?;
/// socket.set_reuseaddr(true)?;
/// socket.bind("127.0.0.1:0".parse().unwrap())?;
/// let listener = socket.listen(128)?;
/// let _client = TcpStream::connect(listener.local_addr()?).await?;
/// listener.accept().await?;
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct TcpSocket {
    inner: Socket,
}

impl TcpSocket {
    /// For IPv4.
    ///
    /// # Errors
    /// If the process has no descriptors left.
    ///
    /// ```
    #[doc = socket!()]
    /// let socket = TcpSocket::new_v4()?;
    /// # let _ = socket;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new_v4() -> io::Result<Self> {
        Self::new(Domain::IPV4)
    }

    /// For IPv6.
    ///
    /// # Errors
    /// If the process has no descriptors left, or the system knows no IPv6.
    ///
    /// ```no_run
    #[doc = socket!()]
    /// let socket = TcpSocket::new_v6()?;
    /// # let _ = socket;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new_v6() -> io::Result<Self> {
        Self::new(Domain::IPV6)
    }

    pub(super) fn for_address(address: &SocketAddr) -> io::Result<Self> {
        Self::new(Domain::for_address(*address))
    }

    fn new(domain: Domain) -> io::Result<Self> {
        // One system call where the socket can be made non-blocking from the beginning.
        #[cfg(target_os = "linux")]
        let inner = Socket::new(domain, Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
        #[cfg(not(target_os = "linux"))]
        let inner = {
            let inner = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
            inner.set_nonblocking(true)?;
            inner
        };
        Ok(Self { inner })
    }

    /// Takes over a socket that was made otherwise, neither connected nor listening; it has to be in
    /// non-blocking mode.
    ///
    /// ```
    #[doc = socket!()]
    /// # let unconnected = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    /// # let unconnected = std::net::TcpStream::from(unconnected);
    /// unconnected.set_nonblocking(true)?;
    /// let socket = TcpSocket::from_std_stream(unconnected);
    /// socket.set_nodelay(true)?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn from_std_stream(stream: net::TcpStream) -> Self {
        Self { inner: stream.into() }
    }

    fn socket(&self) -> SockRef<'_> {
        SockRef::from(&self.inner)
    }

    options! { socket, "socket";
        reuseaddr, set_reuseaddr: bool = true,
            "whether the address may still be in use by connections of an earlier listener (`SO_REUSEADDR`)",
            reuse_address, set_reuse_address;
        #[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos", target_os = "cygwin"))))]
        reuseport, set_reuseport: bool = true,
            "whether several sockets may be bound to the same port, to share what comes (`SO_REUSEPORT`)",
            reuse_port, set_reuse_port;
        keepalive, set_keepalive: bool = true,
            "whether a silent peer is asked from time to time if it is still there (`SO_KEEPALIVE`)",
            keepalive, set_keepalive;
        nodelay, set_nodelay: bool = true,
            "whether small writes are sent at once instead of being gathered (`TCP_NODELAY`)",
            tcp_nodelay, set_tcp_nodelay;
        tos_v4, set_tos_v4: u32 = 16,
            "the type of service in the header of IPv4 packets (`IP_TOS`)",
            tos_v4, set_tos_v4;
    }

    /// The room for what is written and not yet sent, in bytes (`SO_SNDBUF`); Linux doubles what was set.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = socket!()]
    /// socket.set_send_buffer_size(65536)?;
    /// assert!(socket.send_buffer_size()? >= 65536);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn send_buffer_size(&self) -> io::Result<u32> {
        Ok(u32::try_from(self.inner.send_buffer_size()?).unwrap_or(u32::MAX))
    }

    /// Sets the room for what is written and not yet sent, in bytes (`SO_SNDBUF`).
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = socket!()]
    /// socket.set_send_buffer_size(65536)?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_send_buffer_size(&self, size: u32) -> io::Result<()> {
        self.inner.set_send_buffer_size(size as usize)
    }

    /// The room for what has arrived and is not yet read, in bytes (`SO_RCVBUF`); Linux doubles what was
    /// set.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = socket!()]
    /// socket.set_recv_buffer_size(65536)?;
    /// assert!(socket.recv_buffer_size()? >= 65536);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn recv_buffer_size(&self) -> io::Result<u32> {
        Ok(u32::try_from(self.inner.recv_buffer_size()?).unwrap_or(u32::MAX))
    }

    /// Sets the room for what has arrived and is not yet read, in bytes (`SO_RCVBUF`).
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = socket!()]
    /// socket.set_recv_buffer_size(65536)?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_recv_buffer_size(&self, size: u32) -> io::Result<()> {
        self.inner.set_recv_buffer_size(size as usize)
    }

    /// As [`TcpStream::linger`].
    ///
    /// # Errors
    /// As there.
    ///
    /// ```
    #[doc = socket!()]
    /// assert_eq!(socket.linger()?, None);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        self.inner.linger()
    }

    /// As [`TcpStream::set_zero_linger`].
    ///
    /// # Errors
    /// As there.
    ///
    /// ```
    #[doc = socket!()]
    /// socket.set_zero_linger()?;
    /// assert_eq!(socket.linger()?, Some(std::time::Duration::ZERO));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_zero_linger(&self) -> io::Result<()> {
        self.inner.set_linger(Some(Duration::ZERO))
    }

    /// Binds it to a network device, `None` to any (`SO_BINDTODEVICE`).
    ///
    /// # Errors
    /// What the operating system says; it may need a privilege.
    ///
    /// ```
    #[doc = socket!()]
    /// socket.bind_device(None)?;
    /// assert_eq!(socket.device()?, None);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn bind_device(&self, interface: Option<&[u8]>) -> io::Result<()> {
        self.inner.bind_device(interface)
    }

    /// The network device it is bound to.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = socket!()]
    /// assert_eq!(socket.device()?, None);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn device(&self) -> io::Result<Option<Vec<u8>>> {
        self.inner.device()
    }

    /// The address it is bound to.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = socket!()]
    /// socket.bind("127.0.0.1:0".parse().unwrap())?;
    /// assert!(socket.local_addr()?.ip().is_loopback());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        internet(&self.inner.local_addr()?)
    }

    /// Takes the error that is pending on the socket, if there is one.
    ///
    /// # Errors
    /// If it cannot be asked for.
    ///
    /// ```
    #[doc = socket!()]
    /// assert!(socket.take_error()?.is_none());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.inner.take_error()
    }

    /// Gives it an address; port 0 lets the system choose.
    ///
    /// # Errors
    /// The address is in use, not this machine's, or not permitted.
    ///
    /// ```
    #[doc = socket!()]
    /// socket.bind("127.0.0.1:0".parse().unwrap())?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn bind(&self, addr: SocketAddr) -> io::Result<()> {
        self.inner.bind(&addr.into())
    }

    /// Connects it.
    ///
    /// # Errors
    /// As [`TcpStream::connect`].
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// # Cancel safety
    /// As [`TcpStream::connect`]: the socket is closed.
    ///
    /// ```
    #[doc = socket!()]
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = socket.connect(listener.local_addr()?).await?;
    /// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn connect(self, addr: SocketAddr) -> io::Result<TcpStream> {
        match self.inner.connect(&SockAddr::from(addr)) {
            Err(error) if !is_in_progress(&error) => return Err(error),
            _ => {}
        }
        TcpStream::connected(self.inner.into()).await
    }

    /// Listens, with room for `backlog` connections that nobody has accepted yet; the system may have a
    /// lower limit.
    ///
    /// # Errors
    /// What the operating system says, or if the driver cannot take it.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// ```
    #[doc = socket!()]
    /// socket.bind("127.0.0.1:0".parse().unwrap())?;
    /// let listener = socket.listen(128)?;
    /// let _client = TcpStream::connect(listener.local_addr()?).await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn listen(self, backlog: u32) -> io::Result<TcpListener> {
        self.inner.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        TcpListener::registered(self.inner.into())
    }
}

/// Whether a non-blocking connect has begun.
fn is_in_progress(error: &io::Error) -> bool {
    #[cfg(unix)]
    let in_progress = error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error());
    #[cfg(not(unix))]
    let in_progress = error.kind() == io::ErrorKind::WouldBlock;
    in_progress
}

#[cfg(unix)]
mod unix {
    use super::TcpSocket;
    use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, RawFd};

    impl AsRawFd for TcpSocket {
        fn as_raw_fd(&self) -> RawFd {
            self.inner.as_raw_fd()
        }
    }

    impl AsFd for TcpSocket {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.inner.as_fd()
        }
    }

    impl IntoRawFd for TcpSocket {
        fn into_raw_fd(self) -> RawFd {
            self.inner.into_raw_fd()
        }
    }

    impl FromRawFd for TcpSocket {
        /// It must be in non-blocking mode.
        unsafe fn from_raw_fd(fd: RawFd) -> Self {
            // SAFETY: the caller's promise is the same: an open socket that nobody else owns.
            Self { inner: unsafe { FromRawFd::from_raw_fd(fd) } }
        }
    }
}

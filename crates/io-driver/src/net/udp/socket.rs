//! Sending and receiving.

use crate::interest::Interest;
use crate::net::ToSocketAddrs;
use crate::net::addr::first_that_works;
use crate::net::methods::{datagrams, raw_handles, readiness};
use crate::readiness::Direction;
use crate::ready::Ready;
use crate::source::{DATAGRAMS, Source};
use std::io;
use std::net::{self, SocketAddr};
use std::task::{Context, Poll};

/// A UDP socket.
///
/// It needs no splitting: all methods take it by shared reference, so one task may send and another
/// receive, each with a clone of an `Arc`.
///
/// ```
/// use filch_io_driver::{Driver, net::UdpSocket};
///
/// # Driver::new()?.block_on(async {
/// let server = UdpSocket::bind("127.0.0.1:0").await?;
/// let client = UdpSocket::bind("127.0.0.1:0").await?;
/// client.send_to(b"hello", server.local_addr()?).await?;
/// let mut buf = [0; 1500];
/// let (n, sender) = server.recv_from(&mut buf).await?;
/// assert_eq!((&buf[..n], sender), (&b"hello"[..], client.local_addr()?));
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct UdpSocket {
    pub(super) source: Source<net::UdpSocket>,
}

impl UdpSocket {
    /// Binds the first of the addresses that can be bound; port 0 lets the system choose.
    ///
    /// # Errors
    /// The error of the last address: in use, not this machine's, not permitted; or of the look-up.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind.
    ///
    /// ```
    #[doc = connected!()]
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert_ne!(socket.local_addr()?.port(), 0);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<Self> {
        first_that_works(addr, async |address: SocketAddr| {
            Self::from_std(net::UdpSocket::bind(address)?)
        })
        .await
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
    #[doc = connected!()]
    /// let socket = UdpSocket::from_std(std::net::UdpSocket::bind("127.0.0.1:0")?)?;
    /// socket.send_to(b"hello", peer.local_addr()?).await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn from_std(socket: net::UdpSocket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { source: Source::new(socket, DATAGRAMS, Ready::WRITABLE)? })
    }

    /// Gives the socket back, still in non-blocking mode.
    ///
    /// # Errors
    /// If the operating system refuses to take it out of the driver; the socket is closed then.
    ///
    /// ```
    #[doc = connected!()]
    /// let socket: std::net::UdpSocket = socket.into_std()?;
    /// socket.send(b"hello")?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn into_std(self) -> io::Result<net::UdpSocket> {
        self.source.into_io()
    }

    /// The address it is bound to.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = connected!()]
    /// assert_eq!(socket.local_addr()?, peer.peer_addr()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.local_addr()
    }

    /// The address it is connected to.
    ///
    /// # Errors
    /// If it is not connected.
    ///
    /// ```
    #[doc = connected!()]
    /// assert_eq!(socket.peer_addr()?, peer.local_addr()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.peer_addr()
    }

    /// Makes the first of the addresses that works the only one to send to and to receive from.
    ///
    /// # Errors
    /// The error of the last address, or of the look-up.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the socket as it was.
    ///
    /// ```
    #[doc = connected!()]
    /// let third = UdpSocket::bind("127.0.0.1:0").await?;
    /// third.connect(peer.local_addr()?).await?;
    /// third.send(b"hello").await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn connect<A: ToSocketAddrs>(&self, addr: A) -> io::Result<()> {
        first_that_works(addr, async |address: SocketAddr| self.source.connect(address)).await
    }

    /// Sends a datagram to the first of the addresses.
    ///
    /// # Errors
    /// The look-up's, too large, not permitted; or what else the operating system says. On some systems
    /// also that an earlier datagram reached nobody.
    ///
    /// # Cancel safety
    /// If the future is dropped before it has returned, nothing was sent.
    ///
    /// ```
    #[doc = connected!()]
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert_eq!(socket.send_to(b"hello", peer.local_addr()?).await?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn send_to<A: ToSocketAddrs>(&self, buf: &[u8], target: A) -> io::Result<usize> {
        let Some(address) = crate::net::lookup_host(target).await?.next() else {
            return Err(crate::net::addr::no_address());
        };
        self.source.io(Direction::Write, |socket| socket.send_to(buf, address)).await
    }

    /// As [`send_to`](Self::send_to), for a task that polls. Only the last task that polled for sending is
    /// woken.
    ///
    /// # Errors
    /// As [`send_to`](Self::send_to).
    ///
    /// ```
    #[doc = connected!()]
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// let target = peer.local_addr()?;
    /// let n = std::future::poll_fn(|cx| socket.poll_send_to(cx, b"hello", target)).await?;
    /// assert_eq!(n, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_send_to(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
        target: SocketAddr,
    ) -> Poll<io::Result<usize>> {
        self.source.poll_io(cx, Direction::Write, |socket| socket.send_to(buf, target))
    }

    /// As [`send_to`](Self::send_to), without waiting.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is no room; or as [`send_to`](Self::send_to).
    ///
    /// ```
    #[doc = connected!()]
    /// let socket = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert_eq!(socket.try_send_to(b"hello", peer.local_addr()?)?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_send_to(&self, buf: &[u8], target: SocketAddr) -> io::Result<usize> {
        self.source.try_io(Interest::WRITABLE, |socket| socket.send_to(buf, target))
    }

    readiness!(connected, "socket", "Interest::WRITABLE", "socket.try_send(b\"hello\")");
    datagrams!(connected, SocketAddr);
}

impl TryFrom<net::UdpSocket> for UdpSocket {
    type Error = io::Error;

    /// As [`UdpSocket::from_std`].
    fn try_from(socket: net::UdpSocket) -> io::Result<Self> {
        Self::from_std(socket)
    }
}

raw_handles!(UdpSocket);

//! Accepting connections.

use super::{TcpSocket, TcpStream};
use crate::interest::Interest;
use crate::net::ToSocketAddrs;
use crate::net::addr::first_that_works;
use crate::net::methods::raw_handles;
use crate::readiness::Direction;
use crate::ready::Ready;
use crate::source::Source;
use std::io;
use std::net::{self, SocketAddr};
use std::task::{Context, Poll, ready};

/// Connections that are complete and that nobody has accepted yet; the system may have a lower limit.
const BACKLOG: u32 = 1024;

/// A TCP socket that accepts connections.
///
/// ```
/// use filch_io_driver::{Driver, net::TcpListener};
///
/// let driver = Driver::new()?;
/// driver.block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0").await?;
///     let _client = std::net::TcpStream::connect(listener.local_addr()?)?;
///     let (stream, peer) = listener.accept().await?;
///     assert_eq!(stream.peer_addr()?, peer);
///     std::io::Result::Ok(())
/// })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct TcpListener {
    source: Source<net::TcpListener>,
}

impl TcpListener {
    /// Listens on the first of the addresses that can be bound; port 0 lets the system choose.
    ///
    /// On Unix the address may still be in use by connections of an earlier listener (`SO_REUSEADDR`).
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
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_io_driver::net::{TcpListener, TcpStream};
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// assert_ne!(listener.local_addr()?.port(), 0);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<Self> {
        first_that_works(addr, async |address: SocketAddr| {
            let socket = TcpSocket::for_address(&address)?;
            // Windows means something else by this option: stealing a port that is in use.
            #[cfg(not(windows))]
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            socket.listen(BACKLOG)
        })
        .await
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
    /// use filch_io_driver::{Driver, net::TcpListener};
    ///
    /// let driver = Driver::new()?;
    /// let _entered = driver.enter();
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let address = listener.local_addr()?;
    /// let listener = TcpListener::from_std(listener)?;
    /// assert_eq!(listener.local_addr()?, address);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn from_std(listener: net::TcpListener) -> io::Result<Self> {
        // One in blocking mode would block the worker that accepts from it.
        listener.set_nonblocking(true)?;
        Self::registered(listener)
    }

    /// Of one that is in non-blocking mode.
    #[track_caller]
    pub(super) fn registered(listener: net::TcpListener) -> io::Result<Self> {
        // What waits already is reported as the first event.
        Ok(Self { source: Source::new(listener, Interest::READABLE, Ready::EMPTY)? })
    }

    /// Gives the listener back, still in non-blocking mode.
    ///
    /// # Errors
    /// If the operating system refuses to take it out of the driver; the listener is closed then.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_io_driver::net::{TcpListener, TcpStream};
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let address = listener.local_addr()?;
    /// let listener: std::net::TcpListener = listener.into_std()?;
    /// assert_eq!(listener.local_addr()?, address);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn into_std(self) -> io::Result<net::TcpListener> {
        self.source.into_io()
    }

    /// Waits for the next connection; returns it and the peer's address.
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
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_io_driver::net::{TcpListener, TcpStream};
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (_server, address) = listener.accept().await?;
    /// assert_eq!(address, client.local_addr()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let accepted = self.source.io(Direction::Read, accept).await?;
        self.register(accepted)
    }

    /// As [`accept`](Self::accept), for a task that polls. Only the last task that polled is woken.
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_io_driver::net::{TcpListener, TcpStream};
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (_server, address) = std::future::poll_fn(|cx| listener.poll_accept(cx)).await?;
    /// assert_eq!(address, client.local_addr()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let accepted = ready!(self.source.poll_io(cx, Direction::Read, accept))?;
        Poll::Ready(self.register(accepted))
    }

    /// A connection belongs to its listener's driver, wherever it is accepted.
    fn register(
        &self,
        (stream, peer): (net::TcpStream, SocketAddr),
    ) -> io::Result<(TcpStream, SocketAddr)> {
        let driver = self.source.registration().driver().clone();
        Ok((TcpStream::with_driver(stream, driver)?, peer))
    }

    /// The address that is listened on; tells the port if the system has chosen it.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_io_driver::net::{TcpListener, TcpStream};
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// assert!(listener.local_addr()?.ip().is_loopback());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.local_addr()
    }

    /// The time to live of packets, in hops.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_io_driver::net::{TcpListener, TcpStream};
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// assert!(listener.ttl()? > 0);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn ttl(&self) -> io::Result<u32> {
        self.source.ttl()
    }

    /// Sets the time to live of packets, in hops.
    ///
    /// # Errors
    /// What the operating system says; 0 is invalid.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_io_driver::net::{TcpListener, TcpStream};
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// listener.set_ttl(64)?;
    /// assert_eq!(listener.ttl()?, 64);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.source.set_ttl(ttl)
    }
}

impl TryFrom<net::TcpListener> for TcpListener {
    type Error = io::Error;

    /// As [`TcpListener::from_std`].
    fn try_from(listener: net::TcpListener) -> io::Result<Self> {
        Self::from_std(listener)
    }
}

/// One system call where there is one that also makes the connection non-blocking.
#[cfg(target_os = "linux")]
fn accept(listener: &net::TcpListener) -> io::Result<(net::TcpStream, SocketAddr)> {
    use rustix::net::{SocketFlags, acceptfrom_with};
    let (stream, peer) = acceptfrom_with(listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)?;
    let stream = net::TcpStream::from(stream);
    let peer = match peer.and_then(|peer| SocketAddr::try_from(peer).ok()) {
        Some(peer) => peer,
        None => stream.peer_addr()?,
    };
    Ok((stream, peer))
}

#[cfg(not(target_os = "linux"))]
fn accept(listener: &net::TcpListener) -> io::Result<(net::TcpStream, SocketAddr)> {
    let (stream, peer) = listener.accept()?;
    stream.set_nonblocking(true)?;
    Ok((stream, peer))
}

raw_handles!(TcpListener);

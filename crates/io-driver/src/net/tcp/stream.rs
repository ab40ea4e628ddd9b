//! A connection.

use super::TcpSocket;
use super::borrowed::{self, ReadHalf, WriteHalf};
use super::owned::{self, OwnedReadHalf, OwnedWriteHalf};
use crate::driver::DriverHandle;
use crate::net::ToSocketAddrs;
use crate::net::addr::first_that_works;
use crate::net::methods::{async_read, async_write, raw_handles, readiness, reads, writes};
use crate::readiness::Direction;
use crate::ready::Ready;
use crate::source::{DUPLEX, Source, fill};
use filch_io::ReadBuf;
use socket2::SockRef;
use std::future::poll_fn;
use std::io;
use std::net::{self, Shutdown, SocketAddr};
use std::task::{Context, Poll};

/// A TCP connection.
///
/// Reading and writing go through [`AsyncRead`](filch_io::AsyncRead), [`AsyncWrite`](filch_io::AsyncWrite) and their extension traits; or, for several
/// tasks at once, through [`readable`](Self::readable) and [`try_read`](Self::try_read) and their like.
/// Dropping it closes the connection in both directions.
///
/// ```
/// use filch_io_driver::{Driver, net::{TcpListener, TcpStream}};
///
/// let driver = Driver::new()?;
/// driver.block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0").await?;
///     let stream = TcpStream::connect(listener.local_addr()?).await?;
///     let (peer, address) = listener.accept().await?;
///     assert_eq!(stream.local_addr()?, address);
///     stream.try_write(b"hi")?;
///     peer.readable().await?;
///     let mut buf = [0; 2];
///     assert_eq!(peer.try_read(&mut buf)?, 2);
///     std::io::Result::Ok(())
/// })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct TcpStream {
    pub(super) source: Source<net::TcpStream>,
}

impl TcpStream {
    /// Connects to the first of the addresses that answers.
    ///
    /// # Errors
    /// The error of the last address: refused, unreachable, timed out; or of the look-up.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// # Cancel safety
    /// Dropping the future gives the attempt up and leaves nothing behind here; the peer may have seen a
    /// connection that closes at once.
    ///
    /// ```
    #[doc = connected!()]
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn connect<A: ToSocketAddrs>(addr: A) -> io::Result<Self> {
        first_that_works(addr, async |address: SocketAddr| {
            TcpSocket::for_address(&address)?.connect(address).await
        })
        .await
    }

    /// Waits until a connection attempt has succeeded or failed.
    pub(super) async fn connected(stream: net::TcpStream) -> io::Result<Self> {
        // On the same machine it has by now, although the system says that it is in progress.
        if stream.peer_addr().is_ok() {
            return Ok(Self { source: Source::new(stream, DUPLEX, Ready::WRITABLE)? });
        }
        let stream = Self { source: Source::new(stream, DUPLEX, Ready::EMPTY)? };
        // Nobody else can wait for it yet: no need for the list that `writable` uses.
        poll_fn(|cx| stream.poll_write_ready(cx)).await?;
        match stream.take_error()? {
            Some(error) => Err(error),
            None => Ok(stream),
        }
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
    /// use filch_io_driver::{Driver, net::TcpStream};
    ///
    /// let driver = Driver::new()?;
    /// let _entered = driver.enter();
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let stream = std::net::TcpStream::connect(listener.local_addr()?)?;
    /// let stream = TcpStream::from_std(stream)?;
    /// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn from_std(stream: net::TcpStream) -> io::Result<Self> {
        // One in blocking mode would block the worker that reads from it.
        stream.set_nonblocking(true)?;
        Self::with_driver(stream, DriverHandle::current())
    }

    /// It is worth trying to read and to write before any event: most peers have sent something by the
    /// time they are accepted, and every buffer has room.
    pub(super) fn with_driver(stream: net::TcpStream, driver: DriverHandle) -> io::Result<Self> {
        let ready = Ready::READABLE | Ready::WRITABLE;
        Ok(Self { source: Source::with_driver(stream, DUPLEX, ready, driver)? })
    }

    /// Gives the connection back, still in non-blocking mode.
    ///
    /// # Errors
    /// If the operating system refuses to take it out of the driver; the connection is closed then.
    ///
    /// ```
    #[doc = connected!()]
    /// let stream: std::net::TcpStream = stream.into_std()?;
    /// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn into_std(self) -> io::Result<net::TcpStream> {
        self.source.into_io()
    }

    /// This end's address.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = connected!()]
    /// assert_eq!(stream.local_addr()?, peer.peer_addr()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.local_addr()
    }

    /// The other end's address.
    ///
    /// # Errors
    /// What the operating system says; not connected any more, for instance.
    ///
    /// ```
    #[doc = connected!()]
    /// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.peer_addr()
    }

    /// Takes the error that is pending on the connection, if there is one.
    ///
    /// # Errors
    /// If it cannot be asked for.
    ///
    /// ```
    #[doc = connected!()]
    /// assert!(stream.take_error()?.is_none());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.source.take_error()
    }

    readiness!(connected, "stream", "Interest::WRITABLE", "stream.try_write(b\"hello\")");
    reads!(connected);
    writes!(connected);

    /// Waits for input and copies it without consuming it; 0 bytes are the end of the input.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing: what was copied can be read.
    ///
    /// ```
    #[doc = connected!()]
    /// peer.try_write(b"hello")?;
    /// assert_eq!(stream.peek(&mut [0; 8]).await?, 5);
    /// assert_eq!(stream.try_read(&mut [0; 8])?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.source.io(Direction::Read, |stream| stream.peek(buf)).await
    }

    /// As [`peek`](Self::peek), for a task that polls. Only the last task that polled for reading is woken.
    ///
    /// # Errors
    /// As [`peek`](Self::peek).
    ///
    /// ```
    #[doc = connected!()]
    /// peer.try_write(b"hello")?;
    /// let mut buf = [0; 8];
    /// let mut buf = filch_io::ReadBuf::new(&mut buf);
    /// std::future::poll_fn(|cx| stream.poll_peek(cx, &mut buf)).await?;
    /// assert_eq!(buf.filled(), b"hello");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_peek(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<usize>> {
        self.source.poll_io(cx, Direction::Read, |stream| {
            // SAFETY: socket2 promises to return what the system has written.
            let (got, ()) =
                unsafe { fill(buf, |room| Ok((SockRef::from(stream).peek(room)?, ()))) }?;
            Ok(got)
        })
    }

    /// Splits it into halves that borrow it, for two parts of one task.
    ///
    /// ```
    #[doc = connected!()]
    /// let (read, write) = stream.split();
    /// write.try_write(b"hello")?;
    /// assert_eq!(read.peer_addr()?, write.peer_addr()?);
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
    #[doc = connected!()]
    /// let (read, write) = stream.into_split();
    /// write.try_write(b"hello")?;
    /// let _stream = read.reunite(write).expect("the halves of one connection");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        owned::into_split(self)
    }

    /// Ends the output; what was written before is still sent.
    pub(super) fn shutdown_write(&self) -> io::Result<()> {
        match self.source.shutdown(Shutdown::Write) {
            // The peer was faster with ending everything.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        }
    }
}

impl TryFrom<net::TcpStream> for TcpStream {
    type Error = io::Error;

    /// As [`TcpStream::from_std`].
    fn try_from(stream: net::TcpStream) -> io::Result<Self> {
        Self::from_std(stream)
    }
}

async_read!(TcpStream);
async_write!(TcpStream; |stream| stream.shutdown_write());
raw_handles!(TcpStream);

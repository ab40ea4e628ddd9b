//! A connection.

use super::split::{self, ReadHalf, WriteHalf};
use super::split_owned::{self, OwnedReadHalf, OwnedWriteHalf};
use crate::driver::DriverHandle;
use crate::interest::Interest;
use crate::net::ToSocketAddrs;
use crate::net::addr::first_that_works;
use crate::readiness::Direction;
use crate::ready::Ready;
use crate::source::Source;
use bytes::BufMut;
use filch_io::{AsyncRead, AsyncWrite, ReadBuf};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::future::poll_fn;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{self, Shutdown, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// A TCP connection.
///
/// Reading and writing go through [`AsyncRead`], [`AsyncWrite`] and their extension traits; or, for several
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
    source: Source<net::TcpStream>,
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
            let kind = Type::STREAM;
            let socket = Socket::new(Domain::for_address(address), kind, Some(Protocol::TCP))?;
            socket.set_nonblocking(true)?;
            match socket.connect(&address.into()) {
                Err(error) if !is_in_progress(&error) => return Err(error),
                _ => {}
            }
            Self::connected(socket.into()).await
        })
        .await
    }

    /// Waits until a connection attempt has succeeded or failed.
    async fn connected(stream: net::TcpStream) -> io::Result<Self> {
        let stream = Self { source: Source::new(stream, Ready::EMPTY)? };
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
        Ok(Self { source: Source::with_driver(stream, ready, driver)? })
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

    /// Whether small writes are sent at once instead of being gathered (`TCP_NODELAY`).
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = connected!()]
    /// assert!(!stream.nodelay()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn nodelay(&self) -> io::Result<bool> {
        self.source.nodelay()
    }

    /// Sets whether small writes are sent at once instead of being gathered (`TCP_NODELAY`).
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = connected!()]
    /// stream.set_nodelay(true)?;
    /// assert!(stream.nodelay()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.source.set_nodelay(nodelay)
    }

    /// How long closing waits for unsent data (`SO_LINGER`), in whole seconds; `None`: it does not wait,
    /// and the system sends the rest by itself.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = connected!()]
    /// assert_eq!(stream.linger()?, None);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        SockRef::from(&*self.source).linger()
    }

    /// Sets how long closing waits for unsent data (`SO_LINGER`), in whole seconds.
    ///
    /// Zero makes dropping the stream reset the connection and lose what is unsent. Anything longer may
    /// block the thread that drops it for as long: prefer [`set_zero_linger`](Self::set_zero_linger) or
    /// `None`.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = connected!()]
    /// stream.set_linger(Some(std::time::Duration::from_secs(2)))?;
    /// assert_eq!(stream.linger()?, Some(std::time::Duration::from_secs(2)));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_linger(&self, duration: Option<Duration>) -> io::Result<()> {
        SockRef::from(&*self.source).set_linger(duration)
    }

    /// Makes dropping the stream reset the connection, which never blocks.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = connected!()]
    /// stream.set_zero_linger()?;
    /// assert_eq!(stream.linger()?, Some(std::time::Duration::ZERO));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_zero_linger(&self) -> io::Result<()> {
        self.set_linger(Some(Duration::ZERO))
    }

    /// The time to live of packets, in hops.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = connected!()]
    /// assert!(stream.ttl()? > 0);
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
    #[doc = connected!()]
    /// stream.set_ttl(64)?;
    /// assert_eq!(stream.ttl()?, 64);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.source.set_ttl(ttl)
    }

    /// Waits for any of `interest`; several tasks may wait at once.
    ///
    /// The operation may still return [`WouldBlock`](io::ErrorKind::WouldBlock): wait again then.
    ///
    /// # Errors
    /// If the runtime was shut down.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing: a readiness that nobody has disproved is found again.
    ///
    /// ```
    #[doc = connected!()]
    /// let ready = stream.ready(Interest::READABLE | Interest::WRITABLE).await?;
    /// assert!(ready.is_writable());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        Ok(self.source.registration().ready(interest).await?.ready)
    }

    /// Waits until there is something to read, or no more to come; several tasks may wait at once.
    ///
    /// # Errors
    /// If the runtime was shut down.
    ///
    /// # Cancel safety
    /// As [`ready`](Self::ready).
    ///
    /// ```
    #[doc = connected!()]
    /// peer.try_write(b"hello")?;
    /// stream.readable().await?;
    /// let mut buf = [0; 8];
    /// assert_eq!(stream.try_read(&mut buf)?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn readable(&self) -> io::Result<()> {
        self.ready(Interest::READABLE).await.map(drop)
    }

    /// Waits until there is room to write, or writing is over; several tasks may wait at once.
    ///
    /// # Errors
    /// If the runtime was shut down.
    ///
    /// # Cancel safety
    /// As [`ready`](Self::ready).
    ///
    /// ```
    #[doc = connected!()]
    /// stream.writable().await?;
    /// assert_eq!(stream.try_write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn writable(&self) -> io::Result<()> {
        self.ready(Interest::WRITABLE).await.map(drop)
    }

    /// As [`readable`](Self::readable), for a task that polls. Only the last task that polled for reading
    /// is woken, be it here, in [`poll_peek`](Self::poll_peek) or in `poll_read`.
    ///
    /// # Errors
    /// If the runtime was shut down.
    ///
    /// ```
    #[doc = connected!()]
    /// peer.try_write(b"hello")?;
    /// std::future::poll_fn(|cx| stream.poll_read_ready(cx)).await?;
    /// assert_eq!(stream.try_read(&mut [0; 8])?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.source.registration().poll_ready(cx, Direction::Read).map_ok(|_observed| ())
    }

    /// As [`writable`](Self::writable), for a task that polls. Only the last task that polled for writing
    /// is woken, be it here or in `poll_write`.
    ///
    /// # Errors
    /// If the runtime was shut down.
    ///
    /// ```
    #[doc = connected!()]
    /// std::future::poll_fn(|cx| stream.poll_write_ready(cx)).await?;
    /// assert_eq!(stream.try_write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.source.registration().poll_ready(cx, Direction::Write).map_ok(|_observed| ())
    }

    /// Reads what is there, without waiting; 0 bytes into a buffer with room are the end of the input.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is nothing: wait for
    /// [`readable`](Self::readable); or what the operating system says.
    ///
    /// ```
    #[doc = connected!()]
    /// use std::io::ErrorKind::WouldBlock;
    /// let mut buf = [0; 8];
    /// assert_eq!(stream.try_read(&mut buf).unwrap_err().kind(), WouldBlock);
    /// peer.try_write(b"hello")?;
    /// stream.readable().await?;
    /// assert_eq!(stream.try_read(&mut buf)?, 5);
    /// drop(peer);
    /// stream.readable().await?;
    /// assert_eq!(stream.try_read(&mut buf)?, 0);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.source.try_io(Interest::READABLE, |mut stream| stream.read(buf))
    }

    /// As [`try_read`](Self::try_read), filling one buffer after the other.
    ///
    /// # Errors
    /// As [`try_read`](Self::try_read).
    ///
    /// ```
    #[doc = connected!()]
    /// peer.try_write(b"hello")?;
    /// stream.readable().await?;
    /// let (mut head, mut tail) = ([0; 2], [0; 8]);
    /// let mut bufs = [&mut head[..], &mut tail[..]].map(std::io::IoSliceMut::new);
    /// assert_eq!(stream.try_read_vectored(&mut bufs)?, 5);
    /// assert_eq!((&head, &tail[..3]), (b"he", &b"llo"[..]));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.source.try_io(Interest::READABLE, |mut stream| stream.read_vectored(bufs))
    }

    /// As [`try_read`](Self::try_read), into the spare room of a growing buffer, which is advanced.
    ///
    /// # Errors
    /// As [`try_read`](Self::try_read).
    ///
    /// ```
    #[doc = connected!()]
    /// peer.try_write(b"hello")?;
    /// stream.readable().await?;
    /// let mut buf = Vec::with_capacity(8);
    /// stream.try_read_buf(&mut buf)?;
    /// assert_eq!(buf, b"hello");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_read_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        self.source.try_io(Interest::READABLE, |stream| {
            // SAFETY: nothing in it is made uninitialised: `recv` only writes into it.
            let spare = unsafe { buf.chunk_mut().as_uninit_slice_mut() };
            let got = SockRef::from(stream).recv(spare)?;
            // SAFETY: `recv` has written that many bytes.
            unsafe { buf.advance_mut(got) };
            Ok(got)
        })
    }

    /// Writes as much as there is room for, without waiting.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is no room: wait for
    /// [`writable`](Self::writable); or what the operating system says.
    ///
    /// ```
    #[doc = connected!()]
    /// assert_eq!(stream.try_write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.source.try_io(Interest::WRITABLE, |mut stream| stream.write(buf))
    }

    /// As [`try_write`](Self::try_write), from one buffer after the other.
    ///
    /// # Errors
    /// As [`try_write`](Self::try_write).
    ///
    /// ```
    #[doc = connected!()]
    /// let bufs = [&b"hel"[..], &b"lo"[..]].map(std::io::IoSlice::new);
    /// assert_eq!(stream.try_write_vectored(&bufs)?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.source.try_io(Interest::WRITABLE, |mut stream| stream.write_vectored(bufs))
    }

    /// Runs an operation of the caller's own on the socket, if `interest` seems ready; if the operation
    /// returns [`WouldBlock`](io::ErrorKind::WouldBlock), it no longer does.
    ///
    /// The operation must return that error only if the socket did.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), or what the operation returns.
    ///
    /// ```
    #[doc = connected!()]
    /// use std::io::ErrorKind::WouldBlock;
    /// let nothing = stream.try_io(Interest::READABLE, || stream.try_read(&mut [0; 8]));
    /// assert_eq!(nothing.unwrap_err().kind(), WouldBlock);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_io<R>(
        &self,
        interest: Interest,
        operation: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R> {
        self.source.try_io(interest, |_stream| operation())
    }

    /// Waits for `interest` and runs an operation of the caller's own on the socket, until it returns
    /// something else than [`WouldBlock`](io::ErrorKind::WouldBlock).
    ///
    /// # Errors
    /// What the operation returns.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing: the operation runs only where its result is returned.
    ///
    /// ```
    #[doc = connected!()]
    /// peer.try_write(b"hello")?;
    /// let interest = filch_io_driver::Interest::READABLE;
    /// let n = stream.async_io(interest, || stream.try_read(&mut [0; 8])).await?;
    /// assert_eq!(n, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn async_io<R>(
        &self,
        interest: Interest,
        mut operation: impl FnMut() -> io::Result<R>,
    ) -> io::Result<R> {
        loop {
            self.ready(interest).await?;
            match self.try_io(interest, &mut operation) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
        }
    }

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
            // SAFETY: nothing in it is made uninitialised: `peek` only writes into it.
            let unfilled = unsafe { buf.unfilled_mut() };
            let got = SockRef::from(stream).peek(unfilled)?;
            // SAFETY: `peek` has written that many bytes.
            unsafe { buf.assume_init(got) };
            buf.advance(got);
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
        split::split(self)
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
        split_owned::split(self)
    }

    pub(super) fn poll_read_shared(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.source.poll_recv(cx, buf)
    }

    pub(super) fn poll_write_shared(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.source.poll_write(cx, buf)
    }

    pub(super) fn poll_write_vectored_shared(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.source.poll_write_vectored(cx, bufs)
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

impl AsyncRead for TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_read_shared(cx, buf)
    }
}

impl AsyncWrite for TcpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_shared(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored_shared(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Nothing is buffered here.
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Half-close: ends the output, while reading goes on.
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown_write())
    }
}

impl TryFrom<net::TcpStream> for TcpStream {
    type Error = io::Error;

    /// As [`TcpStream::from_std`].
    fn try_from(stream: net::TcpStream) -> io::Result<Self> {
        Self::from_std(stream)
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

crate::net::raw_handles!(TcpStream);

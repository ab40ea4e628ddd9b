//! Looking at a datagram without taking it.

use super::UdpSocket;
use crate::interest::Interest;
use crate::readiness::Direction;
use crate::source::{fill, internet};
use filch_io::ReadBuf;
use socket2::SockRef;
use std::io;
use std::net::{self, SocketAddr};
use std::task::{Context, Poll};

impl UdpSocket {
    /// As [`recv`](Self::recv), and leaves the datagram where it is.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    ///
    /// ```
    #[doc = connected!()]
    /// peer.send(b"hello").await?;
    /// assert_eq!(socket.peek(&mut [0; 8]).await?, 5);
    /// assert_eq!(socket.recv(&mut [0; 8]).await?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.source.io(Direction::Read, |socket| socket.peek(buf)).await
    }

    /// As [`peek`](Self::peek), for a task that polls. Only the last task that polled for receiving is
    /// woken.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    ///
    /// ```
    #[doc = connected!()]
    /// peer.send(b"hello").await?;
    /// let mut buf = [0; 8];
    /// let mut buf = filch_io::ReadBuf::new(&mut buf);
    /// std::future::poll_fn(|cx| socket.poll_peek(cx, &mut buf)).await?;
    /// assert_eq!(buf.filled(), b"hello");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_peek(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.source.poll_io(cx, Direction::Read, |socket| {
            // SAFETY: socket2 promises to return what the system has written.
            unsafe { fill(buf, |room| Ok((SockRef::from(socket).peek(room)?, ()))) }.map(drop)
        })
    }

    /// As [`peek`](Self::peek), without waiting.
    ///
    /// # Errors
    /// As [`try_recv`](Self::try_recv).
    ///
    /// ```
    #[doc = connected!()]
    /// peer.send(b"hello").await?;
    /// socket.readable().await?;
    /// assert_eq!(socket.try_peek(&mut [0; 8])?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.source.try_io(Interest::READABLE, |socket| socket.peek(buf))
    }

    /// As [`recv_from`](Self::recv_from), and leaves the datagram where it is.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    ///
    /// ```
    #[doc = connected!()]
    /// peer.send(b"hello").await?;
    /// assert_eq!(socket.peek_from(&mut [0; 8]).await?, (5, peer.local_addr()?));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source.io(Direction::Read, |socket| socket.peek_from(buf)).await
    }

    /// As [`peek_from`](Self::peek_from), for a task that polls. Only the last task that polled for
    /// receiving is woken.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    ///
    /// ```
    #[doc = connected!()]
    /// peer.send(b"hello").await?;
    /// let mut buf = [0; 8];
    /// let mut buf = filch_io::ReadBuf::new(&mut buf);
    /// let sender = std::future::poll_fn(|cx| socket.poll_peek_from(cx, &mut buf)).await?;
    /// assert_eq!(sender, peer.local_addr()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_peek_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<SocketAddr>> {
        self.source.poll_io(cx, Direction::Read, |socket| {
            // SAFETY: socket2 promises to return what the system has written.
            let (_, sender) = unsafe { fill(buf, |room| SockRef::from(socket).peek_from(room)) }?;
            internet(&sender)
        })
    }

    /// As [`peek_from`](Self::peek_from), without waiting.
    ///
    /// # Errors
    /// As [`try_recv`](Self::try_recv).
    ///
    /// ```
    #[doc = connected!()]
    /// peer.send(b"hello").await?;
    /// socket.readable().await?;
    /// assert_eq!(socket.try_peek_from(&mut [0; 8])?, (5, peer.local_addr()?));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source.try_io(Interest::READABLE, |socket| socket.peek_from(buf))
    }

    /// Waits for a datagram, leaves it where it is, and says who has sent it.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    ///
    /// ```
    #[doc = connected!()]
    /// peer.send(b"hello").await?;
    /// assert_eq!(socket.peek_sender().await?, peer.local_addr()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn peek_sender(&self) -> io::Result<SocketAddr> {
        self.source.io(Direction::Read, peek_sender).await
    }

    /// As [`peek_sender`](Self::peek_sender), for a task that polls. Only the last task that polled for
    /// receiving is woken.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    ///
    /// ```
    #[doc = connected!()]
    /// peer.send(b"hello").await?;
    /// let sender = std::future::poll_fn(|cx| socket.poll_peek_sender(cx)).await?;
    /// assert_eq!(sender, peer.local_addr()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_peek_sender(&self, cx: &mut Context<'_>) -> Poll<io::Result<SocketAddr>> {
        self.source.poll_io(cx, Direction::Read, peek_sender)
    }

    /// As [`peek_sender`](Self::peek_sender), without waiting.
    ///
    /// # Errors
    /// As [`try_recv`](Self::try_recv).
    ///
    /// ```
    #[doc = connected!()]
    /// peer.send(b"hello").await?;
    /// socket.readable().await?;
    /// assert_eq!(socket.try_peek_sender()?, peer.local_addr()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_peek_sender(&self) -> io::Result<SocketAddr> {
        self.source.try_io(Interest::READABLE, peek_sender)
    }
}

fn peek_sender(socket: &net::UdpSocket) -> io::Result<SocketAddr> {
    internet(&SockRef::from(socket).peek_sender()?)
}

//! Sending and receiving datagrams. Short proves nothing of them.

use super::Source;
use super::uninit::{extend, fill};
use crate::interest::Interest;
use crate::readiness::Direction;
use bytes::BufMut;
use filch_io::ReadBuf;
use polling::AsSource;
use socket2::SockRef;
use std::io;
use std::mem::MaybeUninit;
use std::net;
use std::task::{Context, Poll};

/// What is worth knowing of a socket for datagrams: none of them is urgent.
pub(crate) const DATAGRAMS: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// Receives into memory that may be uninitialised.
///
/// # Safety
/// As many bytes as are returned are initialised, from the beginning, and nothing else is written.
pub(crate) unsafe trait RecvUninit {
    type Address;

    fn recv_uninit(&self, buf: &mut [MaybeUninit<u8>]) -> io::Result<usize>;
    fn recv_from_uninit(&self, buf: &mut [MaybeUninit<u8>]) -> io::Result<(usize, Self::Address)>;
}

// SAFETY: socket2 promises to return what the system has written.
unsafe impl RecvUninit for net::UdpSocket {
    type Address = net::SocketAddr;

    fn recv_uninit(&self, buf: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        SockRef::from(self).recv(buf)
    }

    fn recv_from_uninit(&self, buf: &mut [MaybeUninit<u8>]) -> io::Result<(usize, Self::Address)> {
        let (got, sender) = SockRef::from(self).recv_from(buf)?;
        Ok((got, internet(&sender)?))
    }
}

// SAFETY: as above.
#[cfg(unix)]
unsafe impl RecvUninit for std::os::unix::net::UnixDatagram {
    type Address = std::os::unix::net::SocketAddr;

    fn recv_uninit(&self, buf: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        SockRef::from(self).recv(buf)
    }

    fn recv_from_uninit(&self, buf: &mut [MaybeUninit<u8>]) -> io::Result<(usize, Self::Address)> {
        let (got, sender) = SockRef::from(self).recv_from(buf)?;
        Ok((got, crate::net::unix::address(&sender)?))
    }
}

/// The address of an Internet socket.
pub(crate) fn internet(address: &socket2::SockAddr) -> io::Result<net::SocketAddr> {
    address.as_socket().ok_or_else(|| io::Error::other("the socket has no address of the Internet"))
}

impl<S: AsSource + RecvUninit> Source<S> {
    pub(crate) fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_io(cx, Direction::Read, |io| {
            // SAFETY: `recv_uninit` keeps the promise of its trait.
            unsafe { fill(buf, |unfilled| Ok((io.recv_uninit(unfilled)?, ()))) }.map(drop)
        })
    }

    pub(crate) fn poll_recv_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<S::Address>> {
        self.poll_io(cx, Direction::Read, |io| {
            // SAFETY: `recv_from_uninit` keeps the promise of its trait.
            unsafe { fill(buf, |unfilled| io.recv_from_uninit(unfilled)) }.map(|(_, sender)| sender)
        })
    }

    pub(crate) fn try_recv_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        self.try_io(Interest::READABLE, |io| recv_buf(io, buf))
    }

    pub(crate) async fn recv_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        self.io(Direction::Read, |io| recv_buf(io, buf)).await
    }

    pub(crate) fn try_recv_buf_from<B: BufMut>(
        &self,
        buf: &mut B,
    ) -> io::Result<(usize, S::Address)> {
        self.try_io(Interest::READABLE, |io| recv_buf_from(io, buf))
    }

    pub(crate) async fn recv_buf_from<B: BufMut>(
        &self,
        buf: &mut B,
    ) -> io::Result<(usize, S::Address)> {
        self.io(Direction::Read, |io| recv_buf_from(io, buf)).await
    }
}

fn recv_buf<S: RecvUninit>(io: &S, buf: &mut impl BufMut) -> io::Result<usize> {
    // SAFETY: `recv_uninit` keeps the promise of its trait.
    unsafe { extend(buf, |spare| Ok((io.recv_uninit(spare)?, ()))) }.map(|(got, ())| got)
}

fn recv_buf_from<S: RecvUninit>(io: &S, buf: &mut impl BufMut) -> io::Result<(usize, S::Address)> {
    // SAFETY: `recv_from_uninit` keeps the promise of its trait.
    unsafe { extend(buf, |spare| io.recv_from_uninit(spare)) }
}

//! Reading and writing byte streams, with one system call where one is enough.
//!
//! On Linux a read that brought less than was asked for has emptied a TCP socket, and a short write has
//! filled any buffer: the readiness is cleared, and the call that would block is saved. Unless the socket
//! is closing or has data out of band, which also cut a read short.

use super::Source;
use super::uninit::{extend, fill};
use crate::interest::Interest;
use crate::readiness::{Direction, Observed};
use crate::ready::Ready;
use bytes::BufMut;
use filch_io::ReadBuf;
use polling::AsSource;
use socket2::SockRef;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net;
use std::task::{Context, Poll};

/// Bytes that the kernel moves in one call at least, if there are as many: above that, short proves nothing.
const LARGEST: usize = 1 << 30;

/// Reads into memory that may be uninitialised.
///
/// # Safety
/// As many bytes as are returned are initialised, from the beginning, and nothing else is written.
pub(crate) unsafe trait ReadUninit {
    /// Whether a short read proves that nothing is left. Not of a Unix socket, which does not put together
    /// what came with descriptors and what came without; nor of a pipe, which may be in packet mode.
    const SHORT_IS_ALL: bool;

    fn read_uninit(&self, buf: &mut [MaybeUninit<u8>]) -> io::Result<usize>;
}

// SAFETY: socket2 promises to return what the system has written.
unsafe impl ReadUninit for net::TcpStream {
    const SHORT_IS_ALL: bool = cfg!(target_os = "linux");

    fn read_uninit(&self, buf: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        SockRef::from(self).recv(buf)
    }
}

// SAFETY: as above.
#[cfg(unix)]
unsafe impl ReadUninit for std::os::unix::net::UnixStream {
    const SHORT_IS_ALL: bool = false;

    fn read_uninit(&self, buf: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        SockRef::from(self).recv(buf)
    }
}

/// A pipe.
// SAFETY: rustix returns what the system has written.
#[cfg(unix)]
unsafe impl ReadUninit for std::fs::File {
    const SHORT_IS_ALL: bool = false;

    fn read_uninit(&self, buf: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        let (read, _) = rustix::io::read(self, buf)?;
        Ok(read.len())
    }
}

impl<S: AsSource + ReadUninit> Source<S> {
    /// Reads into what is unfilled, initialised or not.
    pub(crate) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_observed(cx, Direction::Read, |io, observed| {
            let asked = buf.remaining();
            // SAFETY: `read_uninit` keeps the promise of its trait.
            let (got, ()) = unsafe { fill(buf, |unfilled| Ok((io.read_uninit(unfilled)?, ()))) }?;
            self.note_read(observed, asked, got);
            Ok(())
        })
    }

    pub(crate) fn try_read(&self, buf: &mut [u8]) -> io::Result<usize>
    where
        for<'a> &'a S: io::Read,
    {
        self.try_observed(Interest::READABLE, |mut io, observed| {
            let got = io::Read::read(&mut io, buf)?;
            self.note_read(observed, buf.len(), got);
            Ok(got)
        })
    }

    pub(crate) fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize>
    where
        for<'a> &'a S: io::Read,
    {
        self.try_io(Interest::READABLE, |mut io| io::Read::read_vectored(&mut io, bufs))
    }

    pub(crate) fn try_read_buf<B: BufMut + ?Sized>(&self, buf: &mut B) -> io::Result<usize> {
        self.try_observed(Interest::READABLE, |io, observed| {
            let asked = buf.chunk_mut().len();
            // SAFETY: `read_uninit` keeps the promise of its trait.
            let (got, ()) = unsafe { extend(buf, |spare| Ok((io.read_uninit(spare)?, ()))) }?;
            self.note_read(observed, asked, got);
            Ok(got)
        })
    }

    fn note_read(&self, observed: Observed, asked: usize, got: usize) {
        if S::SHORT_IS_ALL && got > 0 && got < asked.min(LARGEST) {
            self.clear_after_short(observed, Ready::READABLE);
        }
    }
}

impl<S: AsSource> Source<S>
where
    for<'a> &'a S: io::Write,
{
    pub(crate) fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_observed(cx, Direction::Write, |mut io, observed| {
            let put = io::Write::write(&mut io, buf)?;
            self.note_write(observed, buf.len(), put);
            Ok(put)
        })
    }

    /// Short proves nothing here: the number of buffers is limited too.
    pub(crate) fn poll_write_vectored(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_io(cx, Direction::Write, |mut io| io::Write::write_vectored(&mut io, bufs))
    }

    pub(crate) fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.try_observed(Interest::WRITABLE, |mut io, observed| {
            let put = io::Write::write(&mut io, buf)?;
            self.note_write(observed, buf.len(), put);
            Ok(put)
        })
    }

    pub(crate) fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.try_io(Interest::WRITABLE, |mut io| io::Write::write_vectored(&mut io, bufs))
    }

    fn note_write(&self, observed: Observed, asked: usize, put: usize) {
        if cfg!(target_os = "linux") && put > 0 && put < asked.min(LARGEST) {
            self.clear_after_short(observed, Ready::WRITABLE);
        }
    }
}

impl<S: AsSource> Source<S> {
    fn clear_after_short(&self, observed: Observed, gone: Ready) {
        let doubtful = Ready::READ_CLOSED | Ready::WRITE_CLOSED | Ready::ERROR | Ready::PRIORITY;
        if (observed.all & doubtful).is_empty() {
            // What was moved was moved: if this fails, the next operation meets it.
            let _ = self.clear(observed, gone);
        }
    }
}

//! A non-blocking object of the operating system together with its registration: what every socket type
//! is made of.

use crate::driver::DriverHandle;
use crate::interest::Interest;
use crate::readiness::{Direction, Observed};
use crate::ready::Ready;
use crate::registration::Registration;
use filch_io::ReadBuf;
use polling::AsSource;
use socket2::SockRef;
use std::io::{self, IoSlice};
use std::ops::Deref;
use std::task::{Context, Poll, ready};

/// Bytes that the kernel moves in one call at least, if there are as many: above that, short proves nothing.
const LARGEST: usize = 1 << 30;

/// `S` must be in non-blocking mode, and its descriptor must not change while it is in here.
#[derive(Debug)]
pub(crate) struct Source<S: AsSource> {
    /// `None` only after `into_io`.
    io: Option<S>,
    registration: Registration,
}

impl<S: AsSource> Source<S> {
    /// Registers `io` with the current driver. `ready` is what to assume of it before the first event:
    /// too much costs one operation that would block, too little is put right by the first event.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    #[track_caller]
    pub(crate) fn new(io: S, ready: Ready) -> io::Result<Self> {
        Self::with_driver(io, ready, DriverHandle::current())
    }

    pub(crate) fn with_driver(io: S, ready: Ready, driver: DriverHandle) -> io::Result<Self> {
        let key = driver.register(io.source(), ready)?;
        Ok(Self { io: Some(io), registration: Registration::new(driver, key) })
    }

    /// Deregisters it and gives it away, still non-blocking.
    pub(crate) fn into_io(mut self) -> io::Result<S> {
        let io = self.io.take().expect("a source has its io until it is taken apart");
        self.registration.driver().deregister(io.source(), self.registration.key())?;
        Ok(io)
    }

    pub(crate) fn registration(&self) -> &Registration {
        &self.registration
    }

    /// Runs `operation` as often as the direction seems ready, until it does something else than block.
    ///
    /// Any other error leaves the readiness as it is: an edge is not repeated, and whatever is still
    /// there - a connection that could not be accepted for want of descriptors - must be found later.
    pub(crate) fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        mut operation: impl FnMut(&S) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.poll_observed(cx, direction, |io, _| operation(io))
    }

    /// As [`poll_io`](Self::poll_io); `operation` also learns what it began with, so that it may clear it.
    fn poll_observed<R>(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        mut operation: impl FnMut(&S, Observed) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        loop {
            let observed = ready!(self.registration.poll_ready(cx, direction))?;
            match operation(self, observed) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.registration.clear(observed, direction.mask());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return Poll::Ready(result),
            }
        }
    }

    /// Runs `operation` once if `interest` seems ready; an operation that blocks takes that back.
    pub(crate) fn try_io<R>(
        &self,
        interest: Interest,
        operation: impl FnOnce(&S) -> io::Result<R>,
    ) -> io::Result<R> {
        let observed = self.registration.observe(interest.satisfied_by())?;
        if observed.ready.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let result = operation(self);
        if is_would_block(&result) {
            // Not the closed bits: the operation is the user's, and may block for another reason.
            let gone = observed.ready - (Ready::READ_CLOSED | Ready::WRITE_CLOSED);
            self.registration.clear(observed, gone);
        }
        result
    }

    /// As [`poll_io`](Self::poll_io), for any number of tasks at once.
    pub(crate) async fn io<R>(
        &self,
        direction: Direction,
        mut operation: impl FnMut(&S) -> io::Result<R>,
    ) -> io::Result<R> {
        let interest = match direction {
            Direction::Read => Interest::READABLE,
            Direction::Write => Interest::WRITABLE,
        };
        loop {
            let observed = self.registration.ready(interest).await?;
            match operation(self) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.registration.clear(observed, direction.mask());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// Reads from a stream socket into what is unfilled, initialised or not.
    pub(crate) fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>>
    where
        for<'a> SockRef<'a>: From<&'a S>,
    {
        self.poll_observed(cx, Direction::Read, |io, observed| {
            // SAFETY: nothing in it is made uninitialised: `recv` only writes into it.
            let unfilled = unsafe { buf.unfilled_mut() };
            let asked = unfilled.len();
            let got = SockRef::from(io).recv(unfilled)?;
            // SAFETY: `recv` has written that many bytes.
            unsafe { buf.assume_init(got) };
            buf.advance(got);
            self.note_read(observed, asked, got);
            Ok(())
        })
    }

    /// Writes to a stream socket.
    pub(crate) fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>
    where
        for<'a> &'a S: io::Write,
    {
        self.poll_observed(cx, Direction::Write, |mut io, observed| {
            let put = io::Write::write(&mut io, buf)?;
            self.note_write(observed, buf.len(), put);
            Ok(put)
        })
    }

    /// As [`poll_write`](Self::poll_write), from several buffers. Short proves nothing here: the number of
    /// buffers is limited too.
    pub(crate) fn poll_write_vectored(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>>
    where
        for<'a> &'a S: io::Write,
    {
        self.poll_io(cx, Direction::Write, |mut io| io::Write::write_vectored(&mut io, bufs))
    }

    /// A short read of a stream proves that nothing is left, and saves the read that would block; unless
    /// the end of the input, an error or a mark in the data may have cut it short.
    fn note_read(&self, observed: Observed, asked: usize, got: usize) {
        if cfg!(target_os = "linux") && got > 0 && got < asked.min(LARGEST) {
            self.clear_after_short(observed, Ready::READABLE);
        }
    }

    /// A short write of a stream proves that no room is left.
    fn note_write(&self, observed: Observed, asked: usize, put: usize) {
        if cfg!(target_os = "linux") && put > 0 && put < asked.min(LARGEST) {
            self.clear_after_short(observed, Ready::WRITABLE);
        }
    }

    fn clear_after_short(&self, observed: Observed, gone: Ready) {
        let doubtful = Ready::READ_CLOSED | Ready::WRITE_CLOSED | Ready::ERROR | Ready::PRIORITY;
        if (observed.all & doubtful).is_empty() {
            self.registration.clear(observed, gone);
        }
    }
}

fn is_would_block<R>(result: &io::Result<R>) -> bool {
    matches!(result, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

impl<S: AsSource> Deref for Source<S> {
    type Target = S;

    fn deref(&self) -> &S {
        self.io.as_ref().expect("a source has its io until it is taken apart")
    }
}

impl<S: AsSource> Drop for Source<S> {
    fn drop(&mut self) {
        if let Some(io) = &self.io {
            // Closing the descriptor comes next and deregisters it anyway, unless it is shared.
            let _ = self.registration.driver().deregister(io.source(), self.registration.key());
        }
    }
}

//! A non-blocking object of the operating system together with its registration: what every socket type
//! is made of.

mod datagram;
mod stream;
mod uninit;

pub(crate) use datagram::{DATAGRAMS, internet};
pub(crate) use uninit::fill;

use crate::driver::DriverHandle;
use crate::interest::Interest;
use crate::readiness::{Direction, Observed};
use crate::ready::Ready;
use crate::registration::Registration;
use polling::AsSource;
use std::io;
use std::ops::Deref;
use std::task::{Context, Poll, ready};

/// What is worth knowing of a stream that is read and written.
pub(crate) const DUPLEX: Interest =
    Interest::READABLE.add(Interest::WRITABLE).add(Interest::PRIORITY);

/// `S` must be in non-blocking mode, and its descriptor must not change while it is in here.
#[derive(Debug)]
pub(crate) struct Source<S: AsSource> {
    /// `None` only after `into_io`.
    io: Option<S>,
    registration: Registration,
}

impl<S: AsSource> Source<S> {
    /// Registers `io` with the current driver, for events of `interest`. `ready` is what to assume of it
    /// before the first event: too much costs one operation that would block, too little is put right by
    /// the first event.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    #[track_caller]
    pub(crate) fn new(io: S, interest: Interest, ready: Ready) -> io::Result<Self> {
        Self::with_driver(io, interest, ready, DriverHandle::current())
    }

    pub(crate) fn with_driver(
        io: S,
        interest: Interest,
        ready: Ready,
        driver: DriverHandle,
    ) -> io::Result<Self> {
        let key = driver.register(io.source(), interest, ready)?;
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
        self.try_observed(interest, |io, _| operation(io))
    }

    fn try_observed<R>(
        &self,
        interest: Interest,
        operation: impl FnOnce(&S, Observed) -> io::Result<R>,
    ) -> io::Result<R> {
        self.registration.try_io(interest, |observed| operation(self, observed))
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

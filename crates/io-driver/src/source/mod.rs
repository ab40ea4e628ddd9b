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
use filch_primitives::atomic::{AtomicBool, Ordering};
use polling::AsSource;
use std::io;
use std::ops::Deref;
use std::task::{Context, Poll, ready};

/// What is worth knowing of a stream that is read and written.
pub(crate) const DUPLEX: Interest =
    Interest::READABLE.add(Interest::WRITABLE).add(Interest::PRIORITY);

/// `S` must be in non-blocking mode, and its descriptor must not change while it is in here.
///
/// Most sources have room for what is written all their life. The system would say so again and again: to a socket
/// for datagrams, or a Unix one, whenever the other end has read something. So whoever is assumed to be writable is
/// not asked for it before it has blocked.
#[derive(Debug)]
pub(crate) struct Source<S: AsSource> {
    /// `None` only after `into_io`.
    io: Option<S>,
    registration: Registration,
    interest: Interest,
    /// Whether the system is to tell when there is room.
    is_room_asked: AtomicBool,
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
        let unasked = if ready.is_writable() { interest.remove(Interest::WRITABLE) } else { None };
        let key = driver.register(io.source(), unasked.unwrap_or(interest), ready)?;
        Ok(Self {
            io: Some(io),
            registration: Registration::new(driver, key),
            interest,
            is_room_asked: AtomicBool::new(unasked.is_none()),
        })
    }

    /// It has turned out that there is no room, and the readiness says so by now: if there is some again meanwhile, or
    /// later, an event will tell. Where the driver cannot be asked, because the descriptor was closed under us, whoever
    /// waits tries again, and meets that error.
    fn ask_for_room(&self) -> io::Result<()> {
        // Ordering: Relaxed; whoever comes first asks for all who wait, and to ask twice does no harm.
        if !self.is_room_asked.load(Ordering::Relaxed) {
            // Ordering: Relaxed; as above.
            self.is_room_asked.store(true, Ordering::Relaxed);
            let selector = self.registration.driver().selector();
            let asked = selector.change(self.source(), self.registration.key(), self.interest);
            if asked.is_err() {
                // Ordering: Relaxed; as above. Who waits on the strength of it is told below.
                self.is_room_asked.store(false, Ordering::Relaxed);
                self.registration.report(Ready::WRITABLE);
            }
            return asked;
        }
        Ok(())
    }

    /// An operation that began with `observed` has shown that `gone` is not ready.
    fn clear(&self, observed: Observed, gone: Ready) -> io::Result<()> {
        self.registration.clear(observed, gone)?;
        if gone.is_writable() { self.ask_for_room() } else { Ok(()) }
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
                    self.clear(observed, direction.mask())?;
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
        let result = self.registration.try_io(interest, |observed| operation(self, observed));
        let has_blocked =
            result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        if has_blocked && interest.is_writable() {
            self.ask_for_room()?;
        }
        result
    }

    /// Waits for `interest` and runs `operation`, until it does something else than block.
    pub(crate) async fn async_io<R>(
        &self,
        interest: Interest,
        mut operation: impl FnMut() -> io::Result<R>,
    ) -> io::Result<R> {
        self.registration.retry(interest, || self.try_io(interest, |_| operation())).await
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
                    self.clear(observed, direction.mask())?;
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

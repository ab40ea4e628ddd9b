//! One source's place in its driver, without the source itself.

use crate::driver::{DriverHandle, shut_down};
use crate::interest::Interest;
use crate::readiness::{Direction, Observed, Readiness};
use crate::ready::Ready;
use crate::registry::Key;
use filch_primitives::Budget;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

#[derive(Debug)]
pub(crate) struct Registration {
    driver: DriverHandle,
    key: Key,
}

impl Registration {
    /// `key` is what `driver` gave for the source; whoever owns the source also removes it.
    pub(crate) fn new(driver: DriverHandle, key: Key) -> Self {
        Self { driver, key }
    }

    pub(crate) fn driver(&self) -> &DriverHandle {
        &self.driver
    }

    pub(crate) fn key(&self) -> Key {
        self.key
    }

    fn readiness(&self) -> &Readiness {
        self.driver.registry().get(self.key)
    }

    pub(crate) fn observe(&self, mask: Ready) -> io::Result<Observed> {
        check(self.readiness().observe(mask))
    }

    /// Only the last task that polled a direction is woken for it.
    pub(crate) fn poll_ready(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
    ) -> Poll<io::Result<Observed>> {
        let poll = |cx: &mut Context<'_>| self.readiness().poll_ready(direction, cx.waker());
        let observed = ready!(Budget::poll(cx, poll));
        Poll::Ready(check(observed))
    }

    /// Any number of tasks may wait this way.
    pub(crate) fn ready(&self, interest: Interest) -> WaitReady<'_> {
        WaitReady { registration: self, mask: interest.satisfied_by(), waiter: None }
    }

    /// Runs `operation` once if `interest` seems ready; an operation that blocks takes that back.
    pub(crate) fn try_io<R>(
        &self,
        interest: Interest,
        operation: impl FnOnce(Observed) -> io::Result<R>,
    ) -> io::Result<R> {
        let observed = self.observe(interest.satisfied_by())?;
        if observed.ready.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let result = operation(observed);
        if result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock) {
            self.clear(observed, unless_closed(observed.ready))?;
        }
        result
    }

    /// Waits for `interest` and runs `operation`, until it does something else than block.
    pub(crate) async fn async_io<R>(
        &self,
        interest: Interest,
        mut operation: impl FnMut() -> io::Result<R>,
    ) -> io::Result<R> {
        self.retry(interest, || self.try_io(interest, |_| operation())).await
    }

    /// Waits for `interest` and makes the `attempt`, which is made of `try_io`, until it does something else than block.
    pub(crate) async fn retry<R>(
        &self,
        interest: Interest,
        mut attempt: impl FnMut() -> io::Result<R>,
    ) -> io::Result<R> {
        loop {
            let _observed = self.ready(interest).await?;
            match attempt() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
        }
    }

    /// An operation that began with `observed` has shown that `gone` is not ready. After an error it may be, so that
    /// whoever waits for it tries again.
    pub(crate) fn clear(&self, observed: Observed, gone: Ready) -> io::Result<()> {
        if self.readiness().clear(observed, gone) {
            self.driver.selector().rearm(self.key, gone).inspect_err(|_| self.report(gone))?;
        }
        Ok(())
    }

    /// As an event that says so.
    pub(crate) fn report(&self, ready: Ready) {
        self.driver.report(self.key, ready);
    }
}

fn check(observed: Observed) -> io::Result<Observed> {
    if observed.is_shutdown { Err(shut_down()) } else { Ok(observed) }
}

/// What an operation of the user's takes back by blocking: it may block for another reason than that the
/// direction is open.
pub(crate) fn unless_closed(ready: Ready) -> Ready {
    ready - (Ready::READ_CLOSED | Ready::WRITE_CLOSED)
}

/// Waits for any readiness in a mask; takes itself out of the list of waiters when it is dropped.
#[derive(Debug)]
pub(crate) struct WaitReady<'a> {
    registration: &'a Registration,
    mask: Ready,
    waiter: Option<usize>,
}

impl Future for WaitReady<'_> {
    type Output = io::Result<Observed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { registration, mask, ref mut waiter } = *self;
        let has_waited = waiter.is_some();
        let mut poll =
            |cx: &mut Context<'_>| registration.readiness().poll_waiter(waiter, mask, cx.waker());
        let observed = if has_waited {
            // A task that has waited does not give way as well.
            let observed = ready!(poll(cx));
            Budget::spend(1);
            observed
        } else {
            ready!(Budget::poll(cx, poll))
        };
        Poll::Ready(check(observed))
    }
}

impl Drop for WaitReady<'_> {
    fn drop(&mut self) {
        if let Some(waiter) = self.waiter {
            self.registration.readiness().remove_waiter(waiter);
        }
    }
}

//! Listening to a signal.
//!
//! Each listener has a bell of its own, which the handler rings: nothing is shared between listeners, or
//! between runtimes, but the handler itself.

use super::SignalKind;
use super::bell::{Bell, bell};
use filch_io_driver::Interest;
use filch_io_driver::unix::AsyncFd;
use filch_primitives::BudgetScope;
use signal_hook_registry::{FORBIDDEN, SigId};
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

/// Begins to listen to a signal.
///
/// From here on the signal does not do to the process what it does by default, for as long as the process
/// runs: not even after the listener is gone.
///
/// # Errors
/// [`InvalidInput`](io::ErrorKind::InvalidInput) for a signal that does not exist or must not be caught
/// (`SIGKILL`, `SIGSTOP`, `SIGILL`, `SIGFPE`, `SIGSEGV`); what the operating system says if it has no
/// descriptor left; or if the runtime was shut down.
///
/// # Panics
/// If no runtime is entered on this thread.
///
/// ```
/// use filch_signal::unix::{SignalKind, signal};
///
/// # filch_io_driver::Driver::new()?.block_on(async {
/// let mut hangups = signal(SignalKind::hangup())?;
/// # rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::HUP)?;
/// hangups.recv().await;
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn signal(kind: SignalKind) -> io::Result<Signal> {
    let number = kind.as_raw_value();
    if FORBIDDEN.contains(&number) {
        let message = format!("signal {number} must not be caught");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let (rings, hears) = bell()?;
    let hears = AsyncFd::with_interest(hears, Interest::READABLE)?;
    // SAFETY: all that the handler does is one `write` system call, which is allowed there.
    let registered = unsafe { signal_hook_registry::register(number, move || rings.ring()) }?;
    Ok(Signal { hears, registered })
}

/// Hears of one signal; made by [`signal`].
///
/// Any number of them may listen to the same signal, each hears of it. Signals that come before the last one
/// was received count as one.
///
/// ```
/// use filch_signal::unix::{Signal, SignalKind, signal};
///
/// # filch_io_driver::Driver::new()?.block_on(async {
/// let mut first: Signal = signal(SignalKind::user_defined1())?;
/// let mut second: Signal = signal(SignalKind::user_defined1())?;
/// # rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::USR1)?;
/// first.recv().await;
/// second.recv().await;
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[must_use = "the signal is heard of by `recv`"]
pub struct Signal {
    hears: AsyncFd<Bell>,
    registered: SigId,
}

impl Signal {
    /// Waits for the signal; `None` if the runtime was shut down, so that none will be heard of.
    ///
    /// # Cancel safety
    /// Cancel safe: a signal is received by a later call.
    ///
    /// ```
    /// use filch_signal::unix::{SignalKind, signal};
    ///
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// let mut hangups = signal(SignalKind::hangup())?;
    /// # rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::HUP)?;
    /// assert_eq!(hangups.recv().await, Some(()));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn recv(&mut self) -> Option<()> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// As [`recv`](Self::recv), for use in a `poll` function. The task of the latest call is woken.
    ///
    /// ```
    /// use filch_signal::unix::{SignalKind, signal};
    ///
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// let mut hangups = signal(SignalKind::hangup())?;
    /// # rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::HUP)?;
    /// assert_eq!(std::future::poll_fn(|cx| hangups.poll_recv(cx)).await, Some(()));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        // Signals are rare, and get through to a task that has used up its budget.
        let _unlimited = BudgetScope::unlimited();
        loop {
            let Ok(mut ready) = ready!(self.hears.poll_read_ready(cx)) else {
                return Poll::Ready(None);
            };
            if let Ok(Ok(())) = ready.try_io(|bell| bell.get_ref().hear()) {
                return Poll::Ready(Some(()));
            }
        }
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        signal_hook_registry::unregister(self.registered);
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal").finish_non_exhaustive()
    }
}

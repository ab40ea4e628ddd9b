//! One hop: an operation that may block is run by a thread for blocking calls, and its result comes back.

use filch_executor::Handle;
use filch_primitives::catch_quietly;
use std::io;
use std::task::{Context, Poll, Waker};

/// Runs `operation` on a thread for blocking calls. Once polled it is run, whether the future is kept
/// or not.
///
/// # Errors
/// Those of the operation; without a thread to run it, what the operating system said; after the
/// shutdown of the runtime has begun, that.
///
/// # Panics
/// If no runtime is entered on this thread.
pub(crate) async fn hop<F, R>(operation: F) -> io::Result<R>
where
    F: FnOnce() -> io::Result<R> + Send + 'static,
    R: Send + 'static,
{
    match Handle::current().try_spawn_blocking(operation)?.await {
        Ok(result) => result,
        Err(error) if error.is_cancelled() => Err(shut_down()),
        Err(error) => Err(error.into()),
    }
}

/// Starts `job`, whose result nobody awaits: it leaves it where it will be looked for. A job that is not
/// run is dropped.
///
/// # Errors
/// If there is no thread to run it and none can be started.
///
/// # Panics
/// If no runtime is entered on this thread.
pub(crate) fn start(job: impl FnOnce() + Send + 'static) -> io::Result<()> {
    Handle::current().try_spawn_blocking(job).map(drop)
}

/// Why an operation was not run.
pub(crate) fn shut_down() -> io::Error {
    io::Error::other("the runtime was shut down before the operation began")
}

/// Who waits for a job to end.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Vec<Waker>);

impl Waiting {
    /// [`Poll::Pending`] for the task of `cx`, which [`wake`](Self::wake) will wake.
    pub(crate) fn pend<R>(&mut self, cx: &Context<'_>) -> Poll<R> {
        if !self.0.iter().any(|waker| waker.will_wake(cx.waker())) {
            self.0.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Moves them out, so that they can be woken without the lock that guards them.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// One that panics keeps neither the others from being woken nor the job from going on.
    pub(crate) fn wake(self) {
        for waker in self.0 {
            catch_quietly(|| waker.wake());
        }
    }
}

/// Repeats `operation` until no signal interrupts it.
pub(crate) fn uninterrupted<R>(mut operation: impl FnMut() -> io::Result<R>) -> io::Result<R> {
    loop {
        match operation() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

//! A future that must be ready by a point in time.

use crate::error::Elapsed;
use crate::instant::Instant;
use crate::sleep::{Sleep, sleep, sleep_until};
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// Gives `future` at most `duration` to be ready.
///
/// The future is polled before the clock is looked at: one that is ready at its first poll succeeds
/// even with a duration of zero. [`Duration::MAX`] is no limit at all.
///
/// # Errors
/// [`Elapsed`] if the time is over first; the future is dropped with the [`Timeout`].
///
/// # Cancel safety
/// That of `future`.
///
/// # Panics
/// Outside a runtime.
///
/// ```
/// use filch_timer_wheel::{Timers, sleep, timeout};
/// use std::{future, time::Duration};
///
/// Timers::new(1, |_| {}).block_on(async {
///     let quick = timeout(Duration::from_secs(10), async { "done" }).await;
///     assert_eq!(quick, Ok("done"));
///     let late = timeout(Duration::from_millis(5), future::pending::<()>()).await;
///     assert!(late.is_err());
/// });
/// ```
#[track_caller]
pub fn timeout<F: IntoFuture>(duration: Duration, future: F) -> Timeout<F::IntoFuture> {
    Timeout { future: future.into_future(), delay: sleep(duration) }
}

/// Gives `future` until `deadline` to be ready; otherwise as [`timeout`].
///
/// # Errors
/// [`Elapsed`] if the deadline passes first.
///
/// # Cancel safety
/// That of `future`.
///
/// # Panics
/// Outside a runtime.
///
/// ```
/// use filch_timer_wheel::{Instant, Timers, timeout_at};
/// use std::future;
///
/// Timers::new(1, |_| {}).block_on(async {
///     let now = Instant::now();
///     assert_eq!(timeout_at(now, future::ready(1)).await, Ok(1));
///     assert!(timeout_at(now, future::pending::<()>()).await.is_err());
/// });
/// ```
#[track_caller]
pub fn timeout_at<F: IntoFuture>(deadline: Instant, future: F) -> Timeout<F::IntoFuture> {
    Timeout { future: future.into_future(), delay: sleep_until(deadline) }
}

/// The future of [`timeout`] and [`timeout_at`].
///
/// # Panics
/// When it has to wait after its runtime has shut down: the limit would never come.
///
/// ```
/// use filch_timer_wheel::{Timers, timeout};
/// use std::{future, time::Duration};
///
/// Timers::new(1, |_| {}).block_on(async {
///     let attempt = timeout(Duration::from_secs(1), future::ready(7));
///     assert_eq!(attempt.await, Ok(7));
/// });
/// ```
#[must_use = "futures do nothing unless they are awaited or polled"]
#[derive(Debug)]
pub struct Timeout<F> {
    /// Pinned with the whole.
    future: F,
    delay: Sleep,
}

impl<F> Timeout<F> {
    /// The future that is waited for.
    ///
    /// ```
    /// use filch_timer_wheel::{Timers, timeout};
    /// use std::{future, time::Duration};
    ///
    /// let timers = Timers::new(1, |_| {});
    /// let _entered = timers.handle(0).enter();
    /// let limited = timeout(Duration::from_secs(1), future::ready(7));
    /// assert!(format!("{:?}", limited.get_ref()).contains('7'));
    /// ```
    pub fn get_ref(&self) -> &F {
        &self.future
    }

    /// The future that is waited for, to change it.
    ///
    /// ```
    /// use filch_timer_wheel::{Timers, timeout};
    /// use std::{future, time::Duration};
    ///
    /// Timers::new(1, |_| {}).block_on(async {
    ///     let mut limited = timeout(Duration::from_secs(1), future::ready(7));
    ///     *limited.get_mut() = future::ready(8);
    ///     assert_eq!(limited.await, Ok(8));
    /// });
    /// ```
    pub fn get_mut(&mut self) -> &mut F {
        &mut self.future
    }

    /// The future without the limit.
    ///
    /// ```
    /// use filch_timer_wheel::{Timers, timeout};
    /// use std::{future, time::Duration};
    ///
    /// Timers::new(1, |_| {}).block_on(async {
    ///     let limited = timeout(Duration::ZERO, future::ready(7));
    ///     assert_eq!(limited.into_inner().await, 7);
    /// });
    /// ```
    pub fn into_inner(self) -> F {
        self.future
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: `future` is not moved: the reference goes into a `Pin` at once. `Timeout` has no
        // `Drop`, is `Unpin` only if `F` is, and `get_mut` and `into_inner` need it unpinned.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: as above: `future` is pinned whenever the whole is.
        let future = unsafe { Pin::new_unchecked(&mut this.future) };
        if let Poll::Ready(output) = future.poll(context) {
            return Poll::Ready(Ok(output));
        }
        Pin::new(&mut this.delay).poll(context).map(|()| Err(Elapsed::new()))
    }
}

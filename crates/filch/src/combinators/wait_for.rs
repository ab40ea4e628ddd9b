//! `wait_for` and `shield`: asyncio's names for a time-out, and for a task that cannot be cancelled.

use crate::task::JoinHandle;
use crate::time::{Duration, Timeout, timeout};

/// Gives `future` at most `limit`: [`timeout`](crate::time::timeout), in asyncio's order.
///
/// | asyncio | JavaScript | |
/// |---|---|---|
/// | `await wait_for(coroutine, seconds)` | `AbortSignal.timeout(ms)` | there, the task is cancelled and then waited for, and may refuse; here the future is dropped at its `.await` |
///
/// A task whose handle is awaited this way goes on after the time-out: await `&mut handle`, and
/// [`abort`](JoinHandle::abort) it.
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// use filch::time::Duration;
///
/// let never = std::future::pending::<()>();
/// assert!(filch::wait_for(never, Duration::from_millis(1)).await.is_err());
/// # });
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// [`Elapsed`](crate::time::error::Elapsed) if the time is over first.
///
/// # Panics
/// Outside a runtime.
///
/// # Cancel safety
/// That of `future`.
#[track_caller]
pub fn wait_for<F: IntoFuture>(future: F, limit: Duration) -> Timeout<F::IntoFuture> {
    timeout(limit, future)
}

/// Runs `future` as a task of its own, so that dropping what awaits it does not stop it:
/// [`spawn`](crate::spawn), by asyncio's name.
///
/// | asyncio | JavaScript | |
/// |---|---|---|
/// | `await shield(coroutine)` | - (no promise can be cancelled) | there, a shielded task that nobody refers to may be collected half-way; here it runs to its end |
///
/// A task that was spawned is shielded already: its handle can be dropped. Inside a
/// [`scope`](crate::task::scope), what is shielded outlives the scope: it is the way out of the structure.
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// use filch::time::{Duration, sleep, timeout};
///
/// let (done, is_done) = filch::sync::oneshot::channel();
/// let commit = filch::shield(async move {
///     sleep(Duration::from_millis(5)).await;
///     done.send(()).unwrap();
/// });
/// assert!(timeout(Duration::ZERO, commit).await.is_err());
/// assert_eq!(is_done.await, Ok(())); // all the same
/// # });
/// # std::io::Result::Ok(())
/// ```
///
/// # Panics
/// If no runtime is entered on this thread.
///
/// # Cancel safety
/// Dropping the handle changes nothing for the task.
#[track_caller]
pub fn shield<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    crate::task::spawn(future)
}

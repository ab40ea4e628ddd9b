//! `race` and `any`: one output of many.

use super::Numbered;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Waits for the first of the futures that ends, and drops the others.
///
/// | asyncio | JavaScript | |
/// |---|---|---|
/// | `await wait(tasks, return_when=FIRST_COMPLETED)` | `await Promise.race(promises)` | there, the losers run on until somebody cancels them; here they are gone. There, a race of nobody never ends; here it panics |
///
/// Of futures that are ready at the same time, the first wins. With different types there is
/// [`select!`](crate::select).
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// use filch::time::{Duration, sleep};
///
/// let after = |ms, what| async move {
///     sleep(Duration::from_millis(ms)).await;
///     what
/// };
/// assert_eq!(filch::race([after(3_600_000, "slow"), after(1, "fast")]).await, "fast");
/// # });
/// # std::io::Result::Ok(())
/// ```
///
/// # Panics
/// If there are no futures: nobody could win.
///
/// # Cancel safety
/// Dropping it drops the futures.
#[track_caller]
pub fn race<I, F>(futures: I) -> Race<F>
where
    I: IntoIterator<Item: IntoFuture<IntoFuture = F>>,
    F: Future,
{
    let futures = Numbered::new(futures);
    assert!(futures.len() > 0, "a race without futures would never end");
    Race { futures }
}

/// The future of [`race`].
///
/// # Panics
/// When polled again after it has ended.
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let race: filch::Race<_> = filch::race([std::future::ready(1), std::future::ready(2)]);
/// assert_eq!(race.await, 1);
/// # });
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Race<F> {
    futures: Numbered<F>,
}

impl<F> Unpin for Race<F> {}

impl<F: Future> Future for Race<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.futures.poll_next(cx).map(|ended| {
            let (_number, output) = ended.expect("a race is polled after it has ended");
            self.futures.clear();
            output
        })
    }
}

/// Waits for the first of the futures that succeeds, and drops the others.
///
/// | asyncio | JavaScript | |
/// |---|---|---|
/// | - | `await Promise.any(promises)` | there, the losers run on; here they are gone. `AggregateError` is a vector of all errors |
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let texts = ["one", "2", "three"];
/// let first = filch::any(texts.map(|text| async move { text.parse::<u32>() }));
/// assert_eq!(first.await, Ok(2));
///
/// let none = filch::any(["one", "two"].map(|text| async move { text.parse::<u32>() }));
/// assert_eq!(none.await.unwrap_err().len(), 2);
/// # });
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// If all fail: their errors, in the order of the futures. Without futures there are none.
///
/// # Cancel safety
/// Dropping it drops the futures, and errors that have come already.
pub fn any<I, F, T, E>(futures: I) -> Any<F, E>
where
    I: IntoIterator<Item: IntoFuture<IntoFuture = F>>,
    F: Future<Output = Result<T, E>>,
{
    Any { futures: Numbered::new(futures), errors: Vec::new() }
}

/// The future of [`any`].
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let any: filch::Any<_, &str> = filch::any([async { Err("no milk") }]);
/// assert_eq!(any.await, Err::<(), _>(vec!["no milk"]));
/// # });
/// # std::io::Result::Ok(())
/// ```
#[must_use = "futures do nothing unless awaited"]
pub struct Any<F, E> {
    futures: Numbered<F>,
    errors: Vec<(usize, E)>,
}

impl<F, E> Unpin for Any<F, E> {}

impl<F, T, E> Future for Any<F, E>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<T, Vec<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match self.futures.poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some((_number, Ok(value)))) => {
                    self.futures.clear();
                    self.errors.clear();
                    return Poll::Ready(Ok(value));
                }
                Poll::Ready(Some((number, Err(error)))) => self.errors.push((number, error)),
                Poll::Ready(None) => {
                    let mut errors = std::mem::take(&mut self.errors);
                    errors.sort_by_key(|&(number, _)| number);
                    let errors = errors.into_iter().map(|(_number, error)| error).collect();
                    return Poll::Ready(Err(errors));
                }
            }
        }
    }
}

impl<F, E> fmt::Debug for Any<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Any")
            .field("futures", &self.futures)
            .field("errors", &self.errors.len())
            .finish()
    }
}

//! `gather` and `all_settled`: all outputs, in the order of the futures.

use super::Numbered;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Waits for all of the futures, or for the first error: their values, in the order of the futures.
///
/// When one fails, the others are dropped at the `.await` where they stand. With no futures, there are no
/// values.
///
/// | asyncio | JavaScript | |
/// |---|---|---|
/// | `await gather(*coroutines)` | `await Promise.all(promises)` | there, the others run on unobserved after the first failure; here they are cancelled. There, the coroutines become tasks; here they take turns on this one, unless they are spawned |
///
/// For a fixed number of futures of different types there is [`try_join!`](crate::try_join); for futures
/// that cannot fail, [`all_settled`]; for children that must have ended, [`try_scope`](crate::task::try_scope).
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// async fn length(word: &str) -> Result<usize, &'static str> {
///     if word.is_empty() { Err("no word") } else { Ok(word.len()) }
/// }
///
/// let words = ["a".to_owned(), "bc".to_owned()]; // may be borrowed
/// assert_eq!(filch::gather(words.iter().map(|word| length(word))).await, Ok(vec![1, 2]));
/// assert_eq!(filch::gather([length("a"), length("")]).await, Err("no word"));
///
/// // In parallel, on a runtime with workers:
/// let tasks = (0..4).map(|n| filch::spawn(async move { n * n }));
/// assert_eq!(filch::gather(tasks).await?, [0, 1, 4, 9]);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// The first error, in time.
///
/// # Cancel safety
/// Dropping it drops the futures, and values that have come already.
pub fn gather<I, F, T, E>(futures: I) -> Gather<F, T>
where
    I: IntoIterator<Item: IntoFuture<IntoFuture = F>>,
    F: Future<Output = Result<T, E>>,
{
    let futures = Numbered::new(futures);
    let values = Values::new(futures.len());
    Gather { futures, values }
}

/// The future of [`gather`].
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let both: filch::Gather<_, u32> = filch::gather([1, 2].map(|n| async move { Ok::<_, ()>(n) }));
/// assert_eq!(both.await, Ok(vec![1, 2]));
/// # });
/// # std::io::Result::Ok(())
/// ```
#[must_use = "futures do nothing unless awaited"]
pub struct Gather<F, T> {
    futures: Numbered<F>,
    values: Values<T>,
}

/// Values that come in any order.
struct Values<T>(Vec<Option<T>>);

impl<T> Values<T> {
    fn new(len: usize) -> Self {
        Self(std::iter::repeat_with(|| None).take(len).collect())
    }

    fn take(&mut self) -> Vec<T> {
        let values = std::mem::take(&mut self.0);
        values.into_iter().map(|value| value.expect("every future has ended")).collect()
    }
}

impl<T> Unpin for Values<T> {}
impl<F, T> Unpin for Gather<F, T> {}

impl<F, T, E> Future for Gather<F, T>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<Vec<T>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match self.futures.poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(Ok(self.values.take())),
                Poll::Ready(Some((number, Ok(value)))) => self.values.0[number] = Some(value),
                Poll::Ready(Some((_number, Err(error)))) => {
                    self.futures.clear();
                    self.values.0.clear();
                    return Poll::Ready(Err(error));
                }
            }
        }
    }
}

impl<F, T> fmt::Debug for Gather<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gather").field("futures", &self.futures).finish_non_exhaustive()
    }
}

/// Waits for all of the futures: their outputs, in the order of the futures. A `Result` is an output like
/// any other.
///
/// | asyncio | JavaScript | |
/// |---|---|---|
/// | `await gather(*coroutines, return_exceptions=True)` | `await Promise.allSettled(promises)` | here, what failed is told from what succeeded by its type |
///
/// A panic of one goes on in this task; for the panic as a value, spawn it and settle its handle.
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let texts = ["1", "two"];
/// let settled = filch::all_settled(texts.map(|text| async move { text.parse::<u32>() })).await;
/// assert_eq!(settled[0], Ok(1));
/// assert!(settled[1].is_err());
///
/// let tasks = [filch::spawn(async { 1 }), filch::spawn(async { panic!("no milk") })];
/// let settled = filch::all_settled(tasks).await;
/// assert!(settled[0].is_ok() && settled[1].as_ref().unwrap_err().is_panic());
/// # });
/// # std::io::Result::Ok(())
/// ```
///
/// # Cancel safety
/// Dropping it drops the futures, and outputs that have come already.
pub fn all_settled<I, F>(futures: I) -> AllSettled<F>
where
    I: IntoIterator<Item: IntoFuture<IntoFuture = F>>,
    F: Future,
{
    let futures = Numbered::new(futures);
    let outputs = Values::new(futures.len());
    AllSettled { futures, outputs }
}

/// The future of [`all_settled`].
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let both: filch::AllSettled<_> = filch::all_settled([1, 2].map(std::future::ready));
/// assert_eq!(both.await, [1, 2]);
/// # });
/// # std::io::Result::Ok(())
/// ```
#[must_use = "futures do nothing unless awaited"]
pub struct AllSettled<F: Future> {
    futures: Numbered<F>,
    outputs: Values<F::Output>,
}

impl<F: Future> Unpin for AllSettled<F> {}

impl<F: Future> Future for AllSettled<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match self.futures.poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(self.outputs.take()),
                Poll::Ready(Some((number, output))) => self.outputs.0[number] = Some(output),
            }
        }
    }
}

impl<F: Future> fmt::Debug for AllSettled<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AllSettled").field("futures", &self.futures).finish_non_exhaustive()
    }
}

//! `as_completed`: outputs in the order in which they come.

use super::Numbered;
use std::future::poll_fn;
use std::task::{Context, Poll};

/// The outputs of the futures, one by one, in the order in which they come.
///
/// | asyncio | JavaScript | |
/// |---|---|---|
/// | `for next in as_completed(coroutines): await next` | - | there, dropping out of the loop leaves the others running; here they are dropped with it |
///
/// For tasks that come and go there is [`JoinSet`](crate::task::JoinSet).
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// use filch::time::{Duration, sleep};
///
/// let after = |ms| async move {
///     sleep(Duration::from_millis(ms)).await;
///     ms
/// };
/// let mut ends = filch::as_completed([after(30), after(1)]);
/// assert_eq!(ends.next().await, Some(1));
/// assert_eq!(ends.next_with_number().await, Some((0, 30)));
/// assert_eq!(ends.next().await, None);
/// # });
/// # std::io::Result::Ok(())
/// ```
pub fn as_completed<I, F>(futures: I) -> AsCompleted<F>
where
    I: IntoIterator<Item: IntoFuture<IntoFuture = F>>,
    F: Future,
{
    AsCompleted { futures: Numbered::new(futures) }
}

/// Yields outputs in the order in which they come; made by [`as_completed`].
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let mut ends: filch::AsCompleted<_> = filch::as_completed([1, 2].map(std::future::ready));
/// assert_eq!(ends.next().await, Some(1));
/// # });
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
#[must_use = "the futures do nothing unless `next` is awaited"]
pub struct AsCompleted<F> {
    futures: Numbered<F>,
}

impl<F: Future> AsCompleted<F> {
    /// The next output; `None` when all have come.
    ///
    /// # Cancel safety
    /// Safe: the futures stay, and no output is lost.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut ends = filch::as_completed([1, 2].map(std::future::ready));
    /// while let Some(n) = ends.next().await {
    ///     assert!(n == 1 || n == 2);
    /// }
    /// assert!(ends.is_empty());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn next(&mut self) -> Option<F::Output> {
        self.next_with_number().await.map(|(_number, output)| output)
    }

    /// The next output, and the number of its future, counted from 0; `None` when all have come.
    ///
    /// # Cancel safety
    /// As [`next`](Self::next).
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut ends = filch::as_completed([1, 2].map(std::future::ready));
    /// assert_eq!(ends.next_with_number().await, Some((0, 1)));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn next_with_number(&mut self) -> Option<(usize, F::Output)> {
        poll_fn(|cx| self.poll_next_with_number(cx)).await
    }

    /// Polls for the next output, and the number of its future; `Ready(None)` when all have come.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut ends = filch::as_completed([1, 2].map(std::future::ready));
    /// let first = std::future::poll_fn(|cx| ends.poll_next_with_number(cx));
    /// assert_eq!(first.await, Some((0, 1)));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_next_with_number(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<(usize, F::Output)>> {
        self.futures.poll_next(cx)
    }

    /// How many outputs are still to come.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut ends = filch::as_completed([1, 2].map(std::future::ready));
    /// assert_eq!(ends.len(), 2);
    /// ends.next().await;
    /// assert_eq!(ends.len(), 1);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn len(&self) -> usize {
        self.futures.len()
    }

    /// Whether all outputs have come.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut ends = filch::as_completed([1, 2].map(std::future::ready));
    /// assert!(!ends.is_empty());
    /// # ends.next().await;
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

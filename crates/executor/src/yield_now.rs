//! # Giving way to the other tasks

use crate::task;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Lets every other task that is runnable on this worker have its turn first.
///
/// The task goes to the back of its worker's queue. The asyncio twin is `await asyncio.sleep(0)`, the
/// JavaScript twin `await null`.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
/// executor.block_on(async {
///     let other = filch_executor::spawn(async { println!("first") });
///     filch_executor::yield_now().await;
///     assert!(other.is_finished());
/// });
/// ```
///
/// # Cancel safety
/// Nothing is lost by dropping it.
#[inline]
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

/// The future of [`yield_now`].
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
/// let give_way: filch_executor::YieldNow = filch_executor::yield_now();
/// executor.block_on(give_way);
/// ```
#[derive(Debug)]
#[must_use = "futures do nothing unless polled or awaited"]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        if !task::give_way(cx.waker()) {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

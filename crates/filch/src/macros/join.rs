//! `join!`.

/// Waits for all of several futures, on this task; their results are a tuple.
///
/// The futures take turns on the current task: they run concurrently, never in parallel. To use
/// several workers, [`spawn`](crate::spawn) each and join the handles. Polling begins with another
/// future each time the task is woken, so that none can starve the ones behind it; with `biased;`
/// in front it always begins with the first.
///
/// A finished future is dropped at once. If this task is cancelled, all of them are.
///
/// | asyncio | JavaScript | |
/// |---|---|---|
/// | `await gather(a(), b())` | `await Promise.all([a(), b()])` | there, an exception is the result of the whole: [`try_join!`](crate::try_join) |
/// | `await gather(a(), b(), return_exceptions=True)` | `await Promise.allSettled([a(), b()])` | `join!`: each result stands for itself, `Result` or not |
///
/// Unlike both, nothing runs before `join!` itself does, the number of futures is fixed at compile
/// time, and each may have a type of its own.
///
/// ```
/// # #[filch::main(flavor = "current_thread")]
/// # async fn main() {
/// use filch::time::{Duration, sleep};
///
/// async fn foo() -> u32 {
///     sleep(Duration::from_millis(2)).await;
///     1
/// }
/// async fn bar() -> &'static str {
///     "two"
/// }
///
/// let (one, two) = filch::join!(foo(), bar());
/// assert_eq!((one, two), (1, "two"));
/// # }
/// ```
#[macro_export]
macro_rules! join {
    // One step per future: it gets a number and two names that are its own by hygiene.
    (@number $rotate:tt ($count:expr) [$($done:tt)*] $future:expr, $($rest:tt)*) => {
        $crate::join!(@number $rotate ($count + 1) [$($done)* (future output $count, $future)] $($rest)*)
    };
    (@number ($rotate:expr) ($count:expr) [$(($future:ident $output:ident $index:expr, $from:expr))*]) => {{
        $(let mut $future = $crate::support::pin!(::core::option::Option::Some(
            $crate::support::IntoFuture::into_future($from)
        ));)*
        $(let mut $output = ::core::option::Option::None;)*
        let mut first = 0_u32;
        $crate::support::poll_fn(|cx| {
            let mut pending = false;
            // From the first one to the last, then the ones before it.
            for before_first in [false, true] {$(
                if ($index < first) == before_first {
                    if let ::core::option::Option::Some(running) = $future.as_mut().as_pin_mut() {
                        match $crate::support::Future::poll(running, cx) {
                            $crate::support::Poll::Pending => pending = true,
                            $crate::support::Poll::Ready(value) => {
                                $output = ::core::option::Option::Some(value);
                                $future.set(::core::option::Option::None);
                            }
                        }
                    }
                }
            )*}
            if pending {
                first = $crate::support::next_first(first, $rotate, $count);
                $crate::support::Poll::Pending
            } else {
                $crate::support::Poll::Ready(())
            }
        })
        .await;
        ($($output.expect("a joined future has an output once none is pending"),)*)
    }};
    (biased; $($future:expr),+ $(,)?) => { $crate::join!(@number (0) (0_u32) [] $($future,)+) };
    ($(biased;)?) => { async {}.await };
    ($($future:expr),+ $(,)?) => { $crate::join!(@number (1) (0_u32) [] $($future,)+) };
}

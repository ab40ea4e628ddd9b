//! `try_join!`.

/// Waits for all of several fallible futures, or for the first error, on this task.
///
/// `Ok` with a tuple of all values, or `Err` as soon as one future fails: the others are dropped
/// then, at the `.await` where they stand. All have the same error type. In everything else it is
/// [`join!`](crate::join), `biased;` included.
///
/// | asyncio | JavaScript | |
/// |---|---|---|
/// | `await gather(a(), b())` | `await Promise.all([a(), b()])` | there, the others go on running unobserved after the first failure; here they are cancelled |
/// | `async with TaskGroup()` | - | cancels the others too, but waits for them |
///
/// ```
/// # #[filch::main(flavor = "current_thread")]
/// # async fn main() {
/// async fn answer(after_ms: u64, answer: Result<i32, &str>) -> Result<i32, &str> {
///     filch::time::sleep(std::time::Duration::from_millis(after_ms)).await;
///     answer
/// }
///
/// assert_eq!(filch::try_join!(answer(2, Ok(1)), answer(1, Ok(2))), Ok((1, 2)));
/// // Does not wait for the hour.
/// assert_eq!(filch::try_join!(answer(3_600_000, Ok(1)), answer(1, Err("no"))), Err("no"));
/// # }
/// ```
#[macro_export]
macro_rules! try_join {
    // One step per future: it gets a number and two names that are its own by hygiene.
    (@number $rotate:tt ($count:expr) [$($done:tt)*] $future:expr, $($rest:tt)*) => {
        $crate::try_join!(@number $rotate ($count + 1) [$($done)* (future output $count, $future)] $($rest)*)
    };
    (@number ($rotate:expr) ($count:expr) [$(($future:ident $output:ident $index:expr, $from:expr))*]) => {{
        $(let mut $future = $crate::support::pin!(::core::option::Option::Some(
            $crate::support::IntoFuture::into_future($from)
        ));)*
        $(let mut $output = ::core::option::Option::None;)*
        let mut first = 0_u32;
        let result = $crate::support::poll_fn(|cx| {
            let mut pending = false;
            // From the first one to the last, then the ones before it.
            for before_first in [false, true] {$(
                if ($index < first) == before_first {
                    if let ::core::option::Option::Some(running) = $future.as_mut().as_pin_mut() {
                        match $crate::support::Future::poll(running, cx) {
                            $crate::support::Poll::Pending => pending = true,
                            $crate::support::Poll::Ready(::core::result::Result::Ok(value)) => {
                                $output = ::core::option::Option::Some(value);
                                $future.set(::core::option::Option::None);
                            }
                            $crate::support::Poll::Ready(::core::result::Result::Err(error)) => {
                                return $crate::support::Poll::Ready(
                                    ::core::result::Result::Err(error),
                                );
                            }
                        }
                    }
                }
            )*}
            if pending {
                first = $crate::support::next_first(first, $rotate, $count);
                $crate::support::Poll::Pending
            } else {
                $crate::support::Poll::Ready(::core::result::Result::Ok(()))
            }
        })
        .await;
        match result {
            ::core::result::Result::Ok(()) => ::core::result::Result::Ok((
                $($output.expect("a joined future has an output once none is pending"),)*
            )),
            ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
        }
    }};
    (biased; $($future:expr),+ $(,)?) => { $crate::try_join!(@number (0) (0_u32) [] $($future,)+) };
    ($(biased;)?) => { async { ::core::result::Result::Ok(()) }.await };
    ($($future:expr),+ $(,)?) => { $crate::try_join!(@number (1) (0_u32) [] $($future,)+) };
}

//! `select!`.

/// Waits for the first of several futures, runs its handler, drops the others.
///
/// ```text
/// select! {
///     biased;                                            // optional
///     <pattern> = <future> (, if <precondition>)? => <handler>,
///     ...
///     else => <handler>                                  // optional
/// }
/// ```
///
/// 1. The preconditions are evaluated, in order. A branch whose precondition is false is disabled.
/// 2. The future expressions are evaluated, in order, those of disabled branches too (they are not
///    polled).
/// 3. The futures of the enabled branches are polled on this task. Polling begins at a random
///    branch each time, so that a branch that is always ready cannot starve the others; with
///    `biased;` it always begins at the first.
/// 4. A future that is ready is matched with its pattern. If that fails the branch is disabled, and
///    waiting goes on for the others.
/// 5. All futures are dropped. What they borrowed is free again.
/// 6. The handler of the branch that won runs and its value is that of `select!`. It may use `?`,
///    `.await`, `return`, `break` and `continue`. Without a comma behind it a handler is a block.
/// 7. When every branch is disabled the `else` handler runs.
///
/// All handlers have the same type. There can be 64 branches.
///
/// # Panics
/// When every branch is disabled and there is no `else`.
///
/// # Cancel safety
/// The futures that did not win are dropped at the `.await` where they stand. What such a future
/// had done half-way may be lost; the documentation of an operation says so under this heading. To
/// keep a future for the next round of a loop, create it before the loop, [`pin!`](crate::pin) it,
/// and name it by reference: `value = &mut future => ...`.
///
/// | asyncio | JavaScript | |
/// |---|---|---|
/// | `await wait([a, b], return_when=FIRST_COMPLETED)` | `await Promise.race([a, b])` | there, the losers go on running until somebody cancels them; here they are gone |
/// | `async with timeout(1): await a()` | `Promise.race([a(), after(1000)])` | `select!` with a `sleep`, or [`timeout`](crate::time::timeout) |
/// | | `Promise.any` | a pattern such as `Ok(value)` skips what fails |
///
/// ```
/// # #[filch::main(flavor = "current_thread")]
/// # async fn main() {
/// use filch::time::{Duration, sleep};
///
/// async fn slow() -> &'static str {
///     sleep(Duration::from_secs(3600)).await;
///     "done"
/// }
///
/// let text = filch::select! {
///     text = slow() => text,
///     () = sleep(Duration::from_millis(1)) => "too late",
/// };
/// assert_eq!(text, "too late");
/// # }
/// ```
///
/// A loop that ends when every source has ended; patterns disable branches:
/// ```
/// # #[filch::main(flavor = "current_thread")]
/// # async fn main() {
/// use filch::sync::mpsc;
///
/// let (numbers, mut from_numbers) = mpsc::channel(4);
/// let (words, mut from_words) = mpsc::channel(4);
/// numbers.send(1).await.unwrap();
/// words.send("two").await.unwrap();
/// drop((numbers, words));
///
/// let mut seen = Vec::new();
/// loop {
///     filch::select! {
///         Some(n) = from_numbers.recv() => seen.push(n.to_string()),
///         Some(word) = from_words.recv() => seen.push(word.to_string()),
///         else => break,
///     }
/// }
/// seen.sort();
/// assert_eq!(seen, ["1", "two"]);
/// # }
/// ```
///
/// A future that outlives a round, and a precondition that keeps it from being polled once it has
/// finished:
/// ```
/// # #[filch::main(flavor = "current_thread")]
/// # async fn main() {
/// use filch::time::{Duration, interval, sleep};
///
/// let mut ticks = interval(Duration::from_millis(1));
/// let work = sleep(Duration::from_millis(5));
/// filch::pin!(work);
/// let (mut ticked, mut working) = (0, true);
/// while working || ticked < 3 {
///     filch::select! {
///         _ = ticks.tick() => ticked += 1,
///         () = &mut work, if working => working = false,
///     }
/// }
/// # }
/// ```
#[macro_export]
macro_rules! select {
    // Reading the branches, one step each: a branch gets a number and three names that are its own
    // by hygiene. `$order` is `random` or `first`: where polling begins.
    (@read $order:ident ($count:expr) [$($done:tt)*] else => $otherwise:expr $(,)?) => {
        $crate::select!(@run $order ($count) [$($done)*] $otherwise)
    };
    (@read $order:ident ($count:expr) [$($done:tt)*]) => {
        $crate::select!(@run $order ($count) [$($done)*]
            ::core::panic!("every branch of select! is disabled, and it has no `else`"))
    };
    (@read $order:ident ($count:expr) [$($done:tt)*]
        $pattern:pat = $from:expr, if $if:expr => $handler:block, $($rest:tt)*) => {
        $crate::select!(@read $order ($count + 1) [$($done)*
            (made future output $count, ($pattern) ($from) ($if) ($handler))] $($rest)*)
    };
    (@read $order:ident ($count:expr) [$($done:tt)*]
        $pattern:pat = $from:expr, if $if:expr => $handler:block $($rest:tt)*) => {
        $crate::select!(@read $order ($count + 1) [$($done)*
            (made future output $count, ($pattern) ($from) ($if) ($handler))] $($rest)*)
    };
    (@read $order:ident ($count:expr) [$($done:tt)*]
        $pattern:pat = $from:expr, if $if:expr => $handler:expr $(, $($rest:tt)*)?) => {
        $crate::select!(@read $order ($count + 1) [$($done)*
            (made future output $count, ($pattern) ($from) ($if) ($handler))] $($($rest)*)?)
    };
    (@read $order:ident ($count:expr) [$($done:tt)*]
        $pattern:pat = $from:expr => $handler:block, $($rest:tt)*) => {
        $crate::select!(@read $order ($count + 1) [$($done)*
            (made future output $count, ($pattern) ($from) (true) ($handler))] $($rest)*)
    };
    (@read $order:ident ($count:expr) [$($done:tt)*]
        $pattern:pat = $from:expr => $handler:block $($rest:tt)*) => {
        $crate::select!(@read $order ($count + 1) [$($done)*
            (made future output $count, ($pattern) ($from) (true) ($handler))] $($rest)*)
    };
    (@read $order:ident ($count:expr) [$($done:tt)*]
        $pattern:pat = $from:expr => $handler:expr $(, $($rest:tt)*)?) => {
        $crate::select!(@read $order ($count + 1) [$($done)*
            (made future output $count, ($pattern) ($from) (true) ($handler))] $($($rest)*)?)
    };

    (@run $order:ident ($count:expr) [$((
        $made:ident $future:ident $output:ident $index:expr,
        ($pattern:pat) ($from:expr) ($if:expr) ($handler:expr)
    ))*] $otherwise:expr) => {{
        const { $crate::support::assert_branches($count) }
        // The branches that may still win, a bit each.
        #[allow(unused_mut)]
        let mut open = 0_u64;
        $(if $if {
            open |= 1 << ($index);
        })*
        // At most one of the outputs is there. The futures end with this block, before any handler.
        let ($($output,)*) = {
            $(let $made = $from;)*
            $(let mut $future = $crate::support::pin!(
                $crate::support::IntoFuture::into_future($made)
            );)*
            let mut has_begun = false;
            let outputs = $crate::support::poll_fn(move |cx| {
                $(let mut $output = ::core::option::Option::None;)*
                if $crate::support::gives_way_first(&mut has_begun, cx) {
                    return $crate::support::Poll::Pending;
                }
                let first: u32 = $crate::select!(@first $order $count);
                'won: {
                    #[allow(unused_mut)]
                    let mut pending = false;
                    // From the first one to the last, then the ones before it.
                    for before_first in [false, true] {$(
                        if (($index) < first) == before_first && open & (1 << ($index)) != 0 {
                            match $crate::support::Future::poll($future.as_mut(), cx) {
                                $crate::support::Poll::Pending => pending = true,
                                $crate::support::Poll::Ready(value) => {
                                    open &= !(1 << ($index));
                                    #[allow(unused_mut)]
                                    let mut value = value;
                                    let mut matches = false;
                                    // A guard that fails leaves the value whole, whatever the
                                    // pattern would have moved out of it.
                                    #[allow(unused_variables, unused_mut, unreachable_patterns)]
                                    match value {
                                        $pattern if { matches = true; false } => {
                                            ::core::unreachable!()
                                        }
                                        _ => {}
                                    }
                                    if matches {
                                        $output = ::core::option::Option::Some(value);
                                        break 'won;
                                    }
                                }
                            }
                        }
                    )*}
                    if pending {
                        return $crate::support::Poll::Pending;
                    }
                }
                $crate::support::Poll::Ready(($($output,)*))
            })
            .await;
            outputs
        };
        $(if let ::core::option::Option::Some(mut value) = $output {
            match value {
                // An output may have no values.
                #[allow(unreachable_patterns)]
                $pattern => $handler,
                #[allow(unreachable_patterns)]
                _ => ::core::unreachable!("the pattern matched a moment ago"),
            }
        } else)* {
            $otherwise
        }
    }};

    (@first random $branches:expr) => { $crate::support::random($branches) };
    (@first first $branches:expr) => { 0 };

    (@$($anything:tt)*) => {
        ::core::compile_error!("a branch of select! is `pattern = future => handler`, or `pattern = future, if precondition => handler`")
    };
    () => { ::core::compile_error!("select! needs at least one branch") };
    (biased; $($branches:tt)*) => { $crate::select!(@read first (0_u32) [] $($branches)*) };
    (else => $otherwise:expr $(,)?) => { $otherwise };
    ($($branches:tt)*) => { $crate::select!(@read random (0_u32) [] $($branches)*) };
}

//! `pin!`.

/// Pins values where they stand, so that they can be polled or borrowed by [`select!`](crate::select).
///
/// A future must not move once it has been polled; `pin!` shadows the variable with a
/// [`Pin<&mut _>`](std::pin::Pin) to it. It works for what is awaited by reference, such as a
/// future that is polled by one `select!` after another.
///
/// `pin!(a, b)` pins variables. `pin! { let a = ...; let b = ...; }` also declares them.
///
/// Neither asyncio nor JavaScript has it: their coroutines and promises live on the heap, and never
/// move. In Rust `Box::pin` does that.
///
/// ```
/// # #[filch::main(flavor = "current_thread")]
/// # async fn main() {
/// async fn answer() -> u32 {
///     42
/// }
///
/// filch::pin! {
///     let future = answer();
/// }
/// let n = filch::select! {
///     n = &mut future => n,
/// };
/// assert_eq!(n, 42);
///
/// let again = answer();
/// filch::pin!(again);
/// assert_eq!(again.await, 42);
/// # }
/// ```
///
/// What was pinned cannot be moved out again:
/// ```compile_fail,E0308
/// let future = async { 1 };
/// filch::pin!(future);
/// let moved: Box<dyn Future<Output = i32> + Unpin> = future;
/// ```
#[macro_export]
macro_rules! pin {
    ($($name:ident),* $(,)?) => {$(
        #[allow(unused_mut)]
        let mut $name = $crate::support::pin!($name);
    )*};
    ($(let $name:ident = $value:expr;)*) => {$(
        let $name = $value;
        #[allow(unused_mut)]
        let mut $name = $crate::support::pin!($name);
    )*};
}

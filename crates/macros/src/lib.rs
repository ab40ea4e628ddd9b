//! # filch-macros: `#[filch::main]` and `#[filch::test]`
//!
//! Both turn an `async fn` into an ordinary one that builds a runtime and blocks on the body. Use
//! them through the crate `filch`, which re-exports them.

mod args;
mod entry;

use entry::Entry;
use proc_macro::TokenStream;

/// Runs an `async fn` on a runtime of its own: `asyncio.run(main())`, or what Node does by itself.
///
/// The function becomes an ordinary one that builds a runtime, blocks the thread on the body, and
/// shuts the runtime down; tasks that are still pending are cancelled where they wait. It need not
/// be called `main`, and every call builds a runtime. The return type stays:
/// `Result<(), E>`, `ExitCode`, `impl Termination`.
///
/// | argument | |
/// |---|---|
/// | `flavor = "multi_thread"` | workers that steal from each other: the default |
/// | `flavor = "current_thread"` | one thread, one queue: an [event loop](../filch/runtime/struct.EventLoop.html) |
/// | `worker_threads = 4` | how many workers; default: one per core |
/// | `start_paused = true` | the clock is [paused](../filch/time/fn.pause.html): for tests of timers |
/// | `crate = "path"` | where the crate `filch` is, if not at `::filch` |
///
/// ```
/// #[filch::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let answer = filch::spawn(async { "42".parse::<u32>() }).await??;
///     assert_eq!(answer, 42);
///     Ok(())
/// }
/// ```
///
/// It is short for:
/// ```
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     filch::runtime::Builder::new_multi_thread()
///         .enable_all()
///         .build()
///         .expect("no Filch runtime could be started")
///         .block_on(async {
///             let answer = filch::spawn(async { "42".parse::<u32>() }).await??;
///             assert_eq!(answer, 42);
///             Ok(())
///         })
/// }
/// ```
///
/// With one thread, on an event loop, where tasks need not be `Send` to be run by `spawn_local`:
/// ```
/// use std::rc::Rc;
///
/// #[filch::main(flavor = "current_thread")]
/// async fn main() {
///     let shared = Rc::new(42);
///     let theirs = shared.clone();
///     assert_eq!(filch::task::spawn_local(async move { *theirs }).await.unwrap(), 42);
/// }
/// ```
///
/// # Panics
/// The function panics if no runtime can be started, and where called within a runtime.
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::expand(Entry::Main, args.into(), item.into()).into()
}

/// Runs an `async fn` as a test, on a runtime of its own.
///
/// The arguments are those of [`macro@main`], but the default flavor is `"current_thread"`: tests
/// run beside each other, and one thread each is enough. Put `#[should_panic]`, `#[ignore]` and
/// other attributes beside it; `#[test]` is added.
///
/// ```
/// # #[allow(clippy::test_attr_in_doctest)]
/// #[filch::test]
/// async fn adds() {
///     let sum = filch::spawn(async { 1 + 1 }).await.unwrap();
///     assert_eq!(sum, 2);
/// }
///
/// #[filch::test(flavor = "multi_thread", worker_threads = 2)]
/// #[should_panic = "on purpose"]
/// async fn fails() {
///     panic!("on purpose");
/// }
/// # fn main() {}
/// ```
///
/// With a clock that jumps whenever there is nothing else to do, timers take no time:
/// ```
/// # #[allow(clippy::test_attr_in_doctest)]
/// #[filch::test(start_paused = true)]
/// async fn a_day_goes_by() {
///     let start = filch::time::Instant::now();
///     let day = filch::time::Duration::from_secs(24 * 60 * 60);
///     filch::time::sleep(day).await;
///     assert_eq!(start.elapsed(), day);
/// }
/// # fn main() {}
/// ```
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::expand(Entry::Test, args.into(), item.into()).into()
}

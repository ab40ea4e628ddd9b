//! The runtimes: N workers that steal from each other, or one event loop.
//!
//! | | [`Runtime`] | [`EventLoop`] |
//! |---|---|---|
//! | threads that run tasks | one per core | the one that calls `block_on` |
//! | order | any | first in, first out |
//! | tasks | `Send` | need not be `Send` |
//! | like | Go | asyncio, Node |
//!
//! ```
//! use filch::runtime::Runtime;
//!
//! let runtime = Runtime::new()?;
//! let answer = runtime.block_on(async {
//!     let parts = [filch::spawn(async { 40 }), filch::spawn(async { 2 })];
//!     let mut sum = 0;
//!     for part in parts {
//!         sum += part.await.unwrap();
//!     }
//!     sum
//! });
//! assert_eq!(answer, 42);
//! # std::io::Result::Ok(())
//! ```

mod builder;
mod drivers;
mod event_loop;
mod handle;
mod metrics;
#[expect(clippy::module_inception, reason = "the type is what the module is about")]
mod runtime;
mod seating;
mod seats;

pub use builder::Builder;
pub use event_loop::EventLoop;
pub use filch_executor::{
    BlockingCall, BlockingPool, Flavor as RuntimeFlavor, LongPoll, PoolConfig, PoolExists,
    ShutdownReport, Submit, TaskPanic, TryCurrentError,
};
pub use handle::{EnterGuard, Handle};
pub use metrics::RuntimeMetrics;
pub use runtime::Runtime;

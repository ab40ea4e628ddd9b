//! Tasks: spawning, joining, aborting, giving way.
//!
//! ```
//! # filch::runtime::EventLoop::new()?.block_on(async {
//! let handle = filch::task::spawn(async { 6 * 7 });
//! assert_eq!(handle.await?, 42);
//! # std::io::Result::Ok(()) })?;
//! # std::io::Result::Ok(())
//! ```
//!
//! A task starts when a worker comes to it, whether its handle is awaited or not; dropping the handle
//! detaches it. It ends with its output, by a panic, or cancelled: then its destructors run and its
//! next line does not.

pub use filch_executor::{
    AbortHandle, Id, JoinError, JoinHandle, LocalEnterGuard, LocalSet, YieldNow, block_in_place,
    id, spawn, spawn_blocking, spawn_local, try_id, yield_now,
};

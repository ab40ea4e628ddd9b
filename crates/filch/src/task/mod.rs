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

mod builder;
pub mod coop;
mod group;
mod inherit;
mod join_map;
mod join_set;
mod local_key;

pub use builder::Builder;
pub use coop::{Unconstrained, consume_budget, unconstrained};
pub use filch_executor::{
    AbortHandle, Id, JoinError, JoinHandle, LocalEnterGuard, LocalSet, TaskInfo, YieldNow,
    block_in_place, id, spawn, spawn_blocking, spawn_local, try_id, yield_now,
};
pub use group::{
    Child, ChildError, Named, Scope, ScopeError, StopReport, TaskGroup, scope, try_scope,
};
pub use inherit::{Inherit, Inherited, cancellation, deadline};
pub use join_map::JoinMap;
pub use join_set::{JoinSet, JoinSetBuilder};
pub use local_key::{AccessError, LocalKey, TaskLocalFuture};

//! Taking part in the cooperative budget of a task, and staying out of it.
//!
//! A poll of a task may do 128 operations; then whatever it awaits next is pending for once, and the task goes
//! behind the others that can run. All that Filch offers to be awaited takes part, so most programs need nothing of
//! this: a loop around a channel that never runs empty lets timers, sockets and other tasks in.
//!
//! ```
//! # filch::runtime::EventLoop::new()?.block_on(async {
//! use filch::time::{Duration, sleep, timeout};
//!
//! let endless = async {
//!     loop {
//!         sleep(Duration::ZERO).await;
//!     }
//! };
//! assert!(timeout(Duration::from_millis(5), endless).await.is_err());
//! # });
//! # std::io::Result::Ok(())
//! ```
//!
//! The future of a `block_on` has a budget as a task has it. Where no runtime polls, on another executor say, it is
//! unlimited. How long a task can wait behind others: "Fairness" in `docs/architecture.md`.

pub use filch_primitives::coop::{
    ConsumeBudget, Coop, RestoreOnPending, Unconstrained, consume_budget, cooperative,
    has_budget_remaining, poll_proceed, unconstrained,
};

//! # filch-primitives: std or loom
//!
//! The only crate of the workspace that knows std's concurrency from loom's. Every protocol file
//! imports its atomics, cells, locks and threads from here, so that the file that ships is the file
//! that loom explores. Under `--cfg filch_loom` everything below is loom's; otherwise it is
//! `core`'s, std's and parking_lot's.
//!
//! ```
//! use filch_primitives::atomic::{AtomicUsize, Ordering};
//! use filch_primitives::sync::{Arc, Mutex};
//!
//! let hits = Arc::new(AtomicUsize::new(0));
//! // Ordering: Relaxed; one thread only.
//! hits.fetch_add(1, Ordering::Relaxed);
//! assert_eq!(hits.load(Ordering::Relaxed), 1);
//! assert_eq!(*Mutex::new(7).lock(), 7);
//! ```
//!
//! | module | std half | loom half |
//! |---|---|---|
//! | [`atomic`] | `core::sync::atomic` | `loom::sync::atomic` |
//! | [`asymmetric`] | a compiler fence and `membarrier` | two `SeqCst` fences |
//! | [`cell`] | a transparent wrapper with `with` and `with_mut` | `loom::cell::UnsafeCell` |
//! | [`sync`] | std's `Arc`, parking_lot's `Mutex` and `Condvar` | loom's, without poisoning |
//! | [`thread`], [`thread_local!`] | std's | loom's |
//! | [`time`] | std's `Instant` | a clock that goes on with every look |
//! | [`hint`] | `core::hint` | loom's |
//! | [`queue`] | `crossbeam_deque::Injector` | a locked queue, because loom cannot see inside crossbeam |
//!
//! What the parts of a runtime have to know of each other on one thread is here too, alike in both halves: [`Current`], [`Duty`],
//! [`Budget`], [`memory`] and, for users, [`coop`].

#[cfg(not(filch_loom))]
#[path = "std_half.rs"]
mod half;
#[cfg(filch_loom)]
#[path = "loom_half.rs"]
mod half;

mod budget;
pub mod coop;
mod current;
mod duty;
pub mod memory;
mod quietly;
mod unique;

pub use budget::{Budget, BudgetScope};
pub use crossbeam_utils::CachePadded;
pub use current::{Current, CurrentGuard};
pub use duty::{Duty, DutyScope};
#[cfg(filch_loom)]
#[doc(hidden)]
pub use half::loom_thread_local;
pub use half::{asymmetric, atomic, cell, hint, queue, sync, thread, time};
pub use quietly::catch_quietly;
pub use unique::reserve_numbers;

//! # filch-executor: work stealing, and the single-threaded event loop
//!
//! No I/O and no time: those enter through [`Park`]. The `filch` crate composes the three.
//!
//! | to learn about | read |
//! |---|---|
//! | the life of a task | `task/mod.rs`, then `task/state.rs` |
//! | where a woken task goes, how a shutdown goes | `scheduler.rs`, `gate.rs` |
//! | the loop of a worker | `worker/mod.rs`, then `core.rs`, `steal.rs`, `pace.rs`, `start.rs` there |
//! | the queues | `worker/private_queue.rs`, `queue.rs`, `injector.rs`, `run_queue.rs` |
//! | how a worker's own queue is got at when it is stuck | `biased.rs` |
//! | who sleeps and who is woken | `idle.rs`, `parker.rs`, `park.rs` |
//! | the single-threaded flavour | `loop_scheduler.rs`, `event_loop.rs`, `local_set.rs` |
//! | blocking calls | `blocking/` |
//! | recordings of what each thread did | `record/mod.rs`, then `track.rs`, `ring.rs`, `decode.rs` there |
//! | what a shutdown reports | `shutdown.rs`, `ledger.rs` |
//! | who reports and relieves stuck workers, how many workers there are | `sentinel.rs`, `watch.rs`, `progress.rs`, `roster.rs` |
//! | what is current on a thread | `context.rs` |
//!
//! ```
//! let executor = filch_executor::Builder::new_multi_thread().worker_threads(2).build()?;
//! let squares: Vec<_> = (0..8).map(|n| executor.spawn(async move { n * n })).collect();
//! let mut sum = 0;
//! for square in squares {
//!     sum += executor.block_on(square).unwrap();
//! }
//! assert_eq!(sum, 140);
//! # std::io::Result::Ok(())
//! ```

mod biased;
mod block_on;
mod blocking;
mod builder;
#[cfg(filch_loom)]
mod canary;
mod config;
mod context;
mod event_loop;
mod executor;
mod gate;
mod handle;
mod idle;
mod injector;
mod ledger;
mod local_set;
mod long_poll;
mod loop_scheduler;
mod park;
mod parker;
mod progress;
mod queue;
pub mod record;
mod rng;
mod roster;
mod run_queue;
mod scheduler;
mod sentinel;
mod shutdown;
mod tally;
mod task;
mod task_builder;
mod watch;
mod worker;
mod yield_now;

pub use blocking::{BlockingPool, PoolConfig, PoolExists, Submit};
pub use builder::Builder;
pub use config::ThreadKind;
pub use context::EnterGuard;
pub use event_loop::EventLoop;
pub use executor::{BlockOn, Executor};
pub use handle::{Flavor, Handle, TryCurrentError, spawn, spawn_blocking};
pub use local_set::{LocalEnterGuard, LocalSet, spawn_local};
pub use long_poll::LongPoll;
pub use park::{CondvarPark, Park, WokenBy};
pub use shutdown::{BlockingCall, ShutdownReport};
pub use tally::Tally;
pub use task::{AbortHandle, Id, JoinError, JoinHandle, TaskInfo, TaskPanic, id, try_id};
pub use task_builder::TaskBuilder;
pub use worker::block_in_place;
pub use yield_now::{YieldNow, yield_now};

/// The protocol files as they ship, for the models in `loom-tests`.
#[cfg(filch_loom)]
#[doc(hidden)]
pub mod model {
    pub mod biased {
        pub use crate::biased::*;
    }
    pub mod blocking {
        pub use crate::blocking::desk::*;
        pub use crate::blocking::roster::*;
    }
    pub mod gate {
        pub use crate::gate::*;
    }
    pub mod idle {
        pub use crate::idle::*;
    }
    pub mod injector {
        pub use crate::injector::*;
    }
    pub mod parker {
        pub use crate::parker::*;
    }
    pub mod progress {
        pub use crate::progress::*;
    }
    pub mod queue {
        pub use crate::queue::*;
    }
    pub mod record_ring {
        pub use crate::record::ring::*;
    }

    pub mod roster {
        pub use crate::roster::*;
    }
    pub mod tally {
        pub use crate::tally::*;
    }
    pub mod watch {
        pub use crate::watch::*;
    }
    pub mod join {
        pub use crate::task::join::*;
    }
    pub mod state {
        pub use crate::task::state::*;
    }
}

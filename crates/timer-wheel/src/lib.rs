//! A hierarchical timer wheel, and the sleeps, timeouts and intervals that stand on it.
//!
//! # The map
//!
//! | file | concept |
//! |---|---|
//! | `wheel.rs` | [`Wheel`]: deadlines in ticks, pure: no clock, no lock, no waker; a picture of it is there |
//! | `earliest.rs` | the protocol between whoever arms an earlier timer and whoever waits for the earliest |
//! | `shard.rs` | a wheel of wakers behind a lock: arm, poll, reset, cancel, advance |
//! | `timers.rs` | [`Timers`]: a shard per worker, and what a driver calls |
//! | `handle.rs` | [`TimersHandle`]: the shard that is entered on this thread |
//! | `clock.rs` | the one place where time enters; the clock of a runtime can be paused |
//! | `instant.rs` | [`Instant`]: what the clock shows |
//! | `test_time.rs` | [`pause`], [`advance`], [`resume`]: a clock that tests move |
//! | `sleep.rs`, `timeout.rs`, `interval.rs` | what users await |
//! | `block_on.rs` | [`Timers::block_on`]: this crate alone, without a runtime |
//!
//! # How a timer lives
//!
//! ```text
//!   sleep(d)          first Pending poll           the deadline's tick          next poll
//!  ────────────▶ idle ────────────────▶ armed ─────────────────────▶ fired ─────────────────▶ elapsed
//!   reads the clock,   locks its shard,   │   any thread: advance()     wakes the task,
//!   counts a handle    puts a waker into  │   takes it out of the wheel outside the lock
//!                      the wheel          │
//!                                         └─ dropped: locks its shard, unlinks
//! ```
//!
//! A timer never fires early: its deadline is rounded up to the wheel's tick of 2^15 ns (33 us).
//! It belongs to the runtime entered where it was made, and any thread may poll, reset or drop it.
//! The wheel as a picture:
//!
//! ```text
//!  deadline = | beyond ...... | digit 3 | digit 2 | digit 1 | digit 0 |    1024 slots per level
//!
//!  level 0   [ . . . p o . o . . . o . ]     a slot is a tick,  33 us      p: now
//!  level 1   [ . p . . o . . . . o . . ]     a slot is a turn of level 0,  34 ms
//!  level 2   [ p . o . . . . . . . . . ]     a slot is a turn of level 1,  34 s
//!  level 3   [ p o . . . . . . . . . . ]     a slot is a turn of level 2,  9.8 hours
//!  top       ( o ↔ o ↔ o )                   beyond level 3: 417 days
//! ```
//!
//! # Alone
//!
//! ```
//! use filch_timer_wheel::{Timers, sleep, timeout};
//! use std::time::Duration;
//!
//! Timers::new(1, |_| {}).block_on(async {
//!     sleep(Duration::from_millis(5)).await;
//!     let late = timeout(Duration::from_millis(5), sleep(Duration::MAX)).await;
//!     assert!(late.is_err());
//! });
//! ```

mod block_on;
mod clock;
mod earliest;
pub mod error;
mod handle;
mod instant;
mod interval;
mod shard;
mod sleep;
mod test_time;
mod timeout;
mod timers;
mod wheel;

pub use handle::TimersHandle;
pub use instant::Instant;
pub use interval::{Interval, MissedTickBehavior, interval, interval_at};
pub use sleep::{Sleep, sleep, sleep_until};
pub use test_time::{advance, pause, resume, set_auto_advance};
pub use timeout::{Timeout, timeout, timeout_at};
pub use timers::Timers;
pub use wheel::{Expired, Key, Progress, Wheel};

/// The protocols as they ship, for the models in `loom-tests`.
#[cfg(filch_loom)]
#[doc(hidden)]
pub mod model {
    pub use crate::earliest::{Alarm, NONE, NextDeadline};
    pub use crate::shard::{Arm, Armed, Shard};
}

//! Sleeps, time-outs, intervals and callbacks. A timer never fires early.
//!
//! ```
//! use filch::time::{self, Duration};
//!
//! # filch::runtime::EventLoop::new()?.block_on(async {
//! let slow = time::sleep(Duration::from_secs(3600));
//! assert!(time::timeout(Duration::from_millis(5), slow).await.is_err());
//! # });
//! # std::io::Result::Ok(())
//! ```
//!
//! In tests time can stand still and jump: see [`pause`].

mod callback;

pub use callback::{CallbackHandle, set_interval, set_timeout};
pub(crate) use callback::{Calls, after, call_at};
pub use filch_timer_wheel::{
    Instant, Interval, MissedTickBehavior, Sleep, Timeout, advance, error, interval, interval_at,
    pause, resume, set_auto_advance, sleep, sleep_until, timeout, timeout_at,
};
pub use std::time::Duration;

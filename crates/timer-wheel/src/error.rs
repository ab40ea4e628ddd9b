//! What can go wrong with timers.
//!
//! ```
//! use filch_timer_wheel::{Timers, error::Elapsed, timeout};
//! use std::{future, time::Duration};
//!
//! let late: Result<(), Elapsed> = Timers::new(1, |_| {}).block_on(async {
//!     timeout(Duration::from_millis(1), future::pending()).await
//! });
//! assert!(late.is_err());
//! ```

use std::fmt;
use std::io;

/// The deadline of a [`timeout`](crate::timeout) passed before its future was ready.
///
/// ```
/// use filch_timer_wheel::{Timers, timeout};
/// use std::{future, io, time::Duration};
///
/// let timers = Timers::new(1, |_| {});
/// let late = timers.block_on(async {
///     timeout(Duration::from_millis(1), future::pending::<()>()).await.unwrap_err()
/// });
/// assert_eq!(late.to_string(), "the deadline has elapsed");
/// assert_eq!(io::Error::from(late).kind(), io::ErrorKind::TimedOut);
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Elapsed(());

impl Elapsed {
    pub(crate) const fn new() -> Self {
        Self(())
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the deadline has elapsed")
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for io::Error {
    fn from(elapsed: Elapsed) -> Self {
        Self::new(io::ErrorKind::TimedOut, elapsed)
    }
}

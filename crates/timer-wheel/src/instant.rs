//! Points in time.

use crate::clock;
use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::Duration;

/// A point in time of the clock that timers follow: monotonic, of nanosecond resolution.
///
/// It wraps [`std::time::Instant`] and converts from and to it. The clock never goes backwards. What it
/// does when the world around it jumps:
///
/// | | the clock | timers |
/// |---|---|---|
/// | the machine's date is set | does not notice | fire when they would have |
/// | the machine is suspended | on Linux and macOS stands still; on Windows goes on | are later by the suspension where it stands still, due on waking where it goes on |
/// | the process is stopped (SIGSTOP, a debugger) and continued | goes on | what fell due meanwhile fires at once, in order; an interval does as its [`MissedTickBehavior`](crate::MissedTickBehavior) says |
/// | [`pause`](crate::pause) | stands, and jumps to the next timer | fire at once |
///
/// ```
/// use filch_timer_wheel::Instant;
/// use std::time::Duration;
///
/// let start = Instant::now();
/// let deadline = start + Duration::from_millis(20);
/// assert_eq!(deadline - start, Duration::from_millis(20));
/// assert_eq!(start.saturating_duration_since(deadline), Duration::ZERO);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(std::time::Instant);

/// "Never": as far away as no process lives, and near enough that adding it overflows nowhere.
const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

impl Instant {
    /// The present, by the clock of the runtime that is entered on this thread, or else the machine's.
    ///
    /// ```
    /// use filch_timer_wheel::Instant;
    ///
    /// let first = Instant::now();
    /// assert!(Instant::now() >= first);
    /// ```
    #[inline]
    pub fn now() -> Self {
        clock::now()
    }

    /// Takes over a point in time of the standard library.
    ///
    /// ```
    /// use filch_timer_wheel::Instant;
    ///
    /// let std = std::time::Instant::now();
    /// assert_eq!(Instant::from_std(std).into_std(), std);
    /// ```
    pub const fn from_std(std: std::time::Instant) -> Self {
        Self(std)
    }

    /// The same point in time for the standard library.
    ///
    /// ```
    /// let std: std::time::Instant = filch_timer_wheel::Instant::now().into_std();
    /// # let _ = std;
    /// ```
    pub const fn into_std(self) -> std::time::Instant {
        self.0
    }

    /// The time from `earlier` to `self`; zero if `earlier` is the later one.
    ///
    /// ```
    /// use filch_timer_wheel::Instant;
    /// use std::time::Duration;
    ///
    /// let now = Instant::now();
    /// assert_eq!((now + Duration::from_secs(1)).duration_since(now), Duration::from_secs(1));
    /// ```
    pub fn duration_since(&self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    /// The time from `earlier` to `self`; `None` if `earlier` is the later one.
    ///
    /// ```
    /// use filch_timer_wheel::Instant;
    /// use std::time::Duration;
    ///
    /// let now = Instant::now();
    /// assert_eq!(now.checked_duration_since(now + Duration::from_secs(1)), None);
    /// ```
    pub fn checked_duration_since(&self, earlier: Self) -> Option<Duration> {
        self.0.checked_duration_since(earlier.0)
    }

    /// The time from `earlier` to `self`; zero if `earlier` is the later one.
    ///
    /// ```
    /// use filch_timer_wheel::Instant;
    /// use std::time::Duration;
    ///
    /// let now = Instant::now();
    /// assert_eq!(now.saturating_duration_since(now + Duration::from_secs(1)), Duration::ZERO);
    /// ```
    #[inline]
    pub fn saturating_duration_since(&self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    /// The time since `self`; zero if it lies in the future.
    ///
    /// ```
    /// use filch_timer_wheel::Instant;
    /// use std::time::Duration;
    ///
    /// assert_eq!((Instant::now() + Duration::from_secs(60)).elapsed(), Duration::ZERO);
    /// ```
    pub fn elapsed(&self) -> Duration {
        Self::now().saturating_duration_since(*self)
    }

    /// The point `duration` later, unless the clock cannot express it.
    ///
    /// ```
    /// use filch_timer_wheel::Instant;
    /// use std::time::Duration;
    ///
    /// assert_eq!(Instant::now().checked_add(Duration::MAX), None);
    /// ```
    pub fn checked_add(&self, duration: Duration) -> Option<Self> {
        self.0.checked_add(duration).map(Self)
    }

    /// The point `duration` earlier, unless the clock cannot express it.
    ///
    /// ```
    /// use filch_timer_wheel::Instant;
    /// use std::time::Duration;
    ///
    /// assert_eq!(Instant::now().checked_sub(Duration::MAX), None);
    /// ```
    pub fn checked_sub(&self, duration: Duration) -> Option<Self> {
        self.0.checked_sub(duration).map(Self)
    }

    /// The point `duration` later, or one that no process lives to see.
    #[inline]
    pub(crate) fn add_or_never(self, duration: Duration) -> Self {
        self.checked_add(duration).unwrap_or_else(|| self + FAR)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<std::time::Instant> for Instant {
    fn from(std: std::time::Instant) -> Self {
        Self(std)
    }
}

impl From<Instant> for std::time::Instant {
    fn from(instant: Instant) -> Self {
        instant.0
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0 + duration)
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        self.0 += duration;
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0 - duration)
    }
}

impl SubAssign<Duration> for Instant {
    fn sub_assign(&mut self, duration: Duration) {
        self.0 -= duration;
    }
}

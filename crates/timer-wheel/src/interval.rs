//! Ticks at regular points in time.

use crate::instant::Instant;
use crate::sleep::{Sleep, sleep_until};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// How late a tick may be before it counts as missed, if its period is not shorter than that.
const TOLERANCE: Duration = Duration::from_millis(5);

/// Ticks every `period`, the first time at once.
///
/// # Panics
/// If `period` is zero; outside a runtime.
///
/// ```
/// use filch_timer_wheel::{Timers, interval};
/// use std::time::Duration;
///
/// Timers::new(1, |_| {}).block_on(async {
///     let mut interval = interval(Duration::from_millis(4));
///     let first = interval.tick().await;
///     let third = { interval.tick().await; interval.tick().await };
///     assert_eq!(third - first, Duration::from_millis(8));
/// });
/// ```
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    interval_at(Instant::now(), period)
}

/// Ticks every `period`, the first time at `start`.
///
/// # Panics
/// If `period` is zero; outside a runtime.
///
/// ```
/// use filch_timer_wheel::{Instant, Timers, interval_at};
/// use std::time::Duration;
///
/// Timers::new(1, |_| {}).block_on(async {
///     let start = Instant::now() + Duration::from_millis(3);
///     let mut interval = interval_at(start, Duration::from_millis(4));
///     assert_eq!(interval.tick().await, start);
/// });
/// ```
#[track_caller]
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    assert!(
        !period.is_zero(),
        "the period of an interval must not be zero: it would tick without end"
    );
    Interval { next: sleep_until(start), period, missed: MissedTickBehavior::default() }
}

/// What an [`Interval`] does after its task came too late for a tick.
///
/// A tick is missed if [`Interval::tick`] ends more than 5 ms late, or by a whole period if that is shorter.
///
/// ```text
/// period          |    1    |    2    |    3    |    4    |    5    |    6
/// the task works  |   |-------------------------| ...
/// Burst           |   .                         1234      5         6
/// Delay           |   .                         1         2         3
/// Skip            |   .                         1         2         3        on the old grid
/// ```
///
/// ```
/// use filch_timer_wheel::{MissedTickBehavior, Timers, interval};
/// use std::{thread, time::Duration};
///
/// Timers::new(1, |_| {}).block_on(async {
///     let mut interval = interval(Duration::from_millis(10));
///     interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
///     let first = interval.tick().await;
///     thread::sleep(Duration::from_millis(35));
///     assert_eq!(interval.tick().await - first, Duration::from_millis(10));
///     let after = interval.tick().await - first;
///     assert!(after >= Duration::from_millis(40) && after.as_millis() % 10 == 0);
/// });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissedTickBehavior {
    /// Ticks as often as it takes to catch up, without waiting. The default.
    #[default]
    Burst,
    /// Goes on one period after the late tick: the ticks are at least a period apart.
    Delay,
    /// Drops what was missed and goes on at the next multiple of the period.
    Skip,
}

impl MissedTickBehavior {
    /// The tick after the one that was due at `due` and came at `now`, too late.
    fn next(self, due: Instant, now: Instant, period: Duration) -> Instant {
        match self {
            Self::Burst => due.add_or_never(period),
            Self::Delay => now.add_or_never(period),
            Self::Skip => {
                let into_period = (now - due).as_nanos() % period.as_nanos();
                // The seconds fit: they are less than those of `period`.
                let into_period = Duration::new(
                    (into_period / 1_000_000_000) as u64,
                    (into_period % 1_000_000_000) as u32,
                );
                now.add_or_never(period - into_period)
            }
        }
    }
}

/// The ticks of [`interval`] and [`interval_at`].
///
/// It holds no more than one timer and does not allocate.
///
/// ```
/// use filch_timer_wheel::{Timers, interval};
/// use std::time::Duration;
///
/// let timers = Timers::new(1, |_| {});
/// let _entered = timers.handle(0).enter();
/// assert_eq!(interval(Duration::from_secs(1)).period(), Duration::from_secs(1));
/// ```
#[derive(Debug)]
pub struct Interval {
    next: Sleep,
    period: Duration,
    missed: MissedTickBehavior,
}

impl Interval {
    /// Waits for the next tick and returns the point in time it was due at.
    ///
    /// # Cancel safety
    /// Nothing is lost: a tick that was not returned is returned by the next call.
    ///
    /// # Panics
    /// When it has to wait after its runtime has shut down: the tick would never come.
    ///
    /// ```
    /// use filch_timer_wheel::{Timers, interval};
    /// use std::time::Duration;
    ///
    /// Timers::new(1, |_| {}).block_on(async {
    ///     let mut interval = interval(Duration::from_millis(1));
    ///     interval.tick().await; // at once
    ///     interval.tick().await; // a millisecond later
    /// });
    /// ```
    pub async fn tick(&mut self) -> Instant {
        poll_fn(|context| self.poll_tick(context)).await
    }

    /// As [`tick`](Self::tick), for those who write futures by hand: pending until the task is woken.
    ///
    /// # Panics
    /// As [`tick`](Self::tick).
    ///
    /// ```
    /// use filch_timer_wheel::{Timers, interval};
    /// use std::{future::poll_fn, time::Duration};
    ///
    /// Timers::new(1, |_| {}).block_on(async {
    ///     let mut interval = interval(Duration::from_millis(1));
    ///     poll_fn(|context| interval.poll_tick(context)).await;
    /// });
    /// ```
    pub fn poll_tick(&mut self, context: &mut Context<'_>) -> Poll<Instant> {
        ready!(Pin::new(&mut self.next).poll(context));
        let due = self.next.deadline();
        let now = self.next.now();
        let late = now.saturating_duration_since(due);
        let next = if late > TOLERANCE || late >= self.period {
            self.missed.next(due, now, self.period)
        } else {
            due.add_or_never(self.period)
        };
        Pin::new(&mut self.next).reset(next);
        Poll::Ready(due)
    }

    /// The next tick comes one period from now.
    ///
    /// ```
    /// use filch_timer_wheel::{Instant, Timers, interval};
    /// use std::time::Duration;
    ///
    /// Timers::new(1, |_| {}).block_on(async {
    ///     let mut interval = interval(Duration::from_millis(3));
    ///     let now = Instant::now();
    ///     interval.reset();
    ///     assert!(interval.tick().await - now >= Duration::from_millis(3));
    /// });
    /// ```
    pub fn reset(&mut self) {
        self.reset_after(self.period);
    }

    /// The next tick comes at once, and the others from there.
    ///
    /// ```
    /// use filch_timer_wheel::{Instant, Timers, interval_at};
    /// use std::time::Duration;
    ///
    /// Timers::new(1, |_| {}).block_on(async {
    ///     let day = Duration::from_secs(24 * 60 * 60);
    ///     let mut interval = interval_at(Instant::now() + day, day);
    ///     interval.reset_immediately();
    ///     interval.tick().await;
    /// });
    /// ```
    pub fn reset_immediately(&mut self) {
        self.reset_at(self.next.now());
    }

    /// The next tick comes `after` from now, and the others from there.
    ///
    /// ```
    /// use filch_timer_wheel::{Instant, Timers, interval};
    /// use std::time::Duration;
    ///
    /// Timers::new(1, |_| {}).block_on(async {
    ///     let mut interval = interval(Duration::from_secs(60));
    ///     let now = Instant::now();
    ///     interval.reset_after(Duration::from_millis(2));
    ///     assert!(interval.tick().await - now >= Duration::from_millis(2));
    /// });
    /// ```
    pub fn reset_after(&mut self, after: Duration) {
        self.reset_at(self.next.now().add_or_never(after));
    }

    /// The next tick comes at `deadline`, and the others from there.
    ///
    /// ```
    /// use filch_timer_wheel::{Instant, Timers, interval};
    /// use std::time::Duration;
    ///
    /// Timers::new(1, |_| {}).block_on(async {
    ///     let mut interval = interval(Duration::from_secs(60));
    ///     let deadline = Instant::now() + Duration::from_millis(2);
    ///     interval.reset_at(deadline);
    ///     assert_eq!(interval.tick().await, deadline);
    /// });
    /// ```
    pub fn reset_at(&mut self, deadline: Instant) {
        Pin::new(&mut self.next).reset(deadline);
    }

    /// The time between two ticks.
    ///
    /// ```
    /// use filch_timer_wheel::{Timers, interval};
    /// use std::time::Duration;
    ///
    /// let timers = Timers::new(1, |_| {});
    /// let _entered = timers.handle(0).enter();
    /// assert_eq!(interval(Duration::from_secs(3)).period(), Duration::from_secs(3));
    /// ```
    pub fn period(&self) -> Duration {
        self.period
    }

    /// What it does after a missed tick.
    ///
    /// ```
    /// use filch_timer_wheel::{MissedTickBehavior, Timers, interval};
    /// use std::time::Duration;
    ///
    /// let timers = Timers::new(1, |_| {});
    /// let _entered = timers.handle(0).enter();
    /// let interval = interval(Duration::from_secs(3));
    /// assert_eq!(interval.missed_tick_behavior(), MissedTickBehavior::Burst);
    /// ```
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.missed
    }

    /// Chooses what it does after a missed tick.
    ///
    /// ```
    /// use filch_timer_wheel::{MissedTickBehavior, Timers, interval};
    /// use std::time::Duration;
    ///
    /// let timers = Timers::new(1, |_| {});
    /// let _entered = timers.handle(0).enter();
    /// let mut interval = interval(Duration::from_secs(3));
    /// interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    /// assert_eq!(interval.missed_tick_behavior(), MissedTickBehavior::Delay);
    /// ```
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.missed = behavior;
    }
}

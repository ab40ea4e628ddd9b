//! Waiting for a point in time.

use crate::handle::TimersHandle;
use crate::instant::Instant;
use crate::shard::{Arm, Armed};
use crate::wheel::Key;
use filch_primitives::Budget;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// Waits for `duration` from now.
///
/// It never ends early. It ends late by at most 33 us, to which comes the runtime's slack, 50 to 100 us, when
/// other timers fired just before; plus what the operating system and the tasks before it in the queue take. A duration of zero is over at the first poll, unless the task has to give way; one beyond what the clock can
/// express, [`Duration::MAX`] for instance, never is.
///
/// # Cancel safety
/// Dropping it cancels the wait and has no other effect.
///
/// # Panics
/// Outside a runtime.
///
/// ```
/// use filch_timer_wheel::{Timers, sleep};
/// use std::time::{Duration, Instant};
///
/// let start = Instant::now();
/// Timers::new(1, |_| {}).block_on(async {
///     sleep(Duration::from_millis(10)).await;
/// });
/// assert!(start.elapsed() >= Duration::from_millis(10));
/// ```
#[inline]
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    let handle = TimersHandle::current();
    let deadline = handle.core().clock.now().add_or_never(duration);
    // The clock was read just now. Reading it again at the first poll would double the price of a timeout.
    let state = if duration.is_zero() { State::ELAPSED } else { State::Idle { ask_clock: false } };
    Sleep { handle, deadline, state }
}

/// Waits until `deadline`; one that has passed is over at the first poll.
///
/// For the rest see [`sleep`].
///
/// # Cancel safety
/// Dropping it cancels the wait and has no other effect.
///
/// # Panics
/// Outside a runtime.
///
/// ```
/// use filch_timer_wheel::{Instant, Timers, sleep_until};
/// use std::time::Duration;
///
/// let deadline = Instant::now() + Duration::from_millis(10);
/// Timers::new(1, |_| {}).block_on(async {
///     sleep_until(deadline).await;
/// });
/// assert!(Instant::now() >= deadline);
/// ```
#[inline]
#[track_caller]
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { handle: TimersHandle::current(), deadline, state: State::Idle { ask_clock: true } }
}

/// The future of [`sleep`] and [`sleep_until`].
///
/// It belongs to the runtime that was entered when it was made; it may be polled, reset and dropped on
/// any thread, in any runtime or in none. Until it is first polled and has to wait, it costs nothing.
///
/// # Panics
/// When polled before its deadline after its runtime has shut down: it would wait for ever.
///
/// ```
/// use filch_timer_wheel::{Instant, Timers, sleep};
/// use std::pin::pin;
/// use std::time::Duration;
///
/// Timers::new(1, |_| {}).block_on(async {
///     let mut timer = pin!(sleep(Duration::from_secs(3600)));
///     let deadline = Instant::now() + Duration::from_millis(5);
///     timer.as_mut().reset(deadline);
///     timer.as_mut().await;
///     assert!(Instant::now() >= deadline);
///     assert!(timer.is_elapsed());
/// });
/// ```
#[must_use = "a timer does nothing unless it is awaited or polled"]
pub struct Sleep {
    handle: TimersHandle,
    deadline: Instant,
    state: State,
}

/// `ask_clock`: the deadline may have passed already, and nobody has looked. `has_given_way`: the task found
/// its budget used up when it was to hear of it.
#[derive(Debug, Clone, Copy)]
enum State {
    Idle { ask_clock: bool },
    Armed { key: Key, ask_clock: bool },
    Elapsed { has_given_way: bool },
}

impl State {
    const ELAPSED: Self = Self::Elapsed { has_given_way: false };
}

impl Sleep {
    /// One that goes into the wheel even if `deadline` has come.
    pub(crate) fn behind_all_others(handle: TimersHandle, deadline: Instant) -> Self {
        Self { handle, deadline, state: State::Idle { ask_clock: false } }
    }

    /// The present, by the clock that it goes by.
    pub(crate) fn now(&self) -> Instant {
        self.handle.core().clock.now()
    }

    /// When it is over.
    ///
    /// ```
    /// use filch_timer_wheel::{Instant, Timers, sleep_until};
    ///
    /// let timers = Timers::new(1, |_| {});
    /// let _entered = timers.handle(0).enter();
    /// let now = Instant::now();
    /// assert_eq!(sleep_until(now).deadline(), now);
    /// ```
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether it is over: the timer has fired, or a poll found the deadline passed.
    ///
    /// ```
    /// use filch_timer_wheel::{Timers, sleep};
    /// use std::time::Duration;
    ///
    /// Timers::new(1, |_| {}).block_on(async {
    ///     let mut timer = sleep(Duration::from_millis(1));
    ///     assert!(!timer.is_elapsed());
    ///     (&mut timer).await;
    ///     assert!(timer.is_elapsed());
    /// });
    /// ```
    pub fn is_elapsed(&self) -> bool {
        match self.state {
            State::Idle { .. } => false,
            State::Armed { key, .. } => self.handle.shard().is_fired(key),
            State::Elapsed { .. } => true,
        }
    }

    /// Gives it another deadline, earlier or later, whether or not it was over.
    ///
    /// A task that waits for it goes on waiting for the new deadline, without another poll.
    ///
    /// ```
    /// use filch_timer_wheel::{Instant, Timers, sleep};
    /// use std::pin::Pin;
    /// use std::time::Duration;
    ///
    /// let timers = Timers::new(1, |_| {});
    /// let _entered = timers.handle(0).enter();
    /// let mut timer = Box::pin(sleep(Duration::from_secs(1)));
    /// let later = Instant::now() + Duration::from_secs(2);
    /// timer.as_mut().reset(later);
    /// assert_eq!(timer.deadline(), later);
    /// ```
    pub fn reset(self: Pin<&mut Self>, deadline: Instant) {
        let this = self.get_mut();
        this.deadline = deadline;
        this.state = match this.state {
            State::Armed { key, .. } => {
                let core = this.handle.core();
                let nanos = core.nanos_of(deadline);
                match this.handle.shard().reset(key, nanos, core.tick_bits(), &core.alarm) {
                    Some(tell) => {
                        if tell {
                            core.tell(nanos);
                        }
                        State::Armed { key, ask_clock: true }
                    }
                    None => State::Idle { ask_clock: true },
                }
            }
            State::Idle { .. } | State::Elapsed { .. } => State::Idle { ask_clock: true },
        };
    }

    /// Forgets what is in the wheel.
    fn disarm(&mut self) {
        if let State::Armed { key, .. } = self.state {
            self.state = State::Idle { ask_clock: true };
            self.handle.shard().cancel(key);
        }
    }

    /// Ready when it is over, whatever is left of the budget; with whether the task has given way for it, or
    /// waited, which is as good: a time limit must get through, whoever uses up the budget before it is polled.
    #[inline]
    fn poll_elapsed(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        if let State::Idle { ask_clock: true } | State::Armed { ask_clock: true, .. } = self.state {
            if self.now() >= self.deadline {
                self.disarm();
                self.state = State::ELAPSED;
            }
        }
        let core = self.handle.core();
        match self.state {
            State::Elapsed { has_given_way } => Poll::Ready(has_given_way),
            State::Idle { .. } => {
                let nanos = core.nanos_of(self.deadline);
                let waker = context.waker().clone();
                match self.handle.shard().arm(nanos, core.tick_bits(), waker, &core.alarm) {
                    Arm::Armed { key, tell } => {
                        self.state = State::Armed { key, ask_clock: false };
                        if tell {
                            core.tell(nanos);
                        }
                        Poll::Pending
                    }
                    Arm::Due => Poll::Ready(false),
                    Arm::Closed => self.after_shutdown(),
                }
            }
            State::Armed { key, .. } => match self.handle.shard().poll(key, context.waker()) {
                Armed::Waiting => {
                    self.state = State::Armed { key, ask_clock: false };
                    Poll::Pending
                }
                Armed::Fired => Poll::Ready(true),
                Armed::Closed => self.after_shutdown(),
            },
        }
    }

    #[cold]
    fn after_shutdown(&self) -> Poll<bool> {
        assert!(
            self.now() >= self.deadline,
            "the Filch runtime that this timer belongs to has shut down: the timer would never fire; \
             make it in the runtime that polls it, or stop polling before the shutdown"
        );
        Poll::Ready(false)
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let mut has_given_way = ready!(this.poll_elapsed(context));
        let passed = Budget::take_or_give_way(&mut has_given_way, context);
        this.state = State::Elapsed { has_given_way: passed.is_pending() };
        passed
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.disarm();
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("deadline", &self.deadline)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

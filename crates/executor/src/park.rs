//! # What an idle worker waits on

use filch_primitives::sync::{Condvar, Mutex};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Where workers sleep, and from where events of the outside world reach tasks.
///
/// The executor knows neither time nor I/O; whoever composes a runtime gives it one of these. Sleepers
/// are anonymous: [`unpark_one`](Self::unpark_one) wakes some sleeper, never a particular one.
///
/// An implementation wakes tasks through their `std::task::Waker`, from inside `park` or `turn`.
///
/// ```
/// use filch_executor::{Builder, CondvarPark, Park};
/// use std::{sync::Arc, time::Duration};
///
/// struct Loud(CondvarPark);
///
/// impl Park for Loud {
///     fn park(&self, timeout: Option<Duration>) {
///         println!("nothing to do");
///         self.0.park(timeout);
///     }
///     fn unpark_one(&self) {
///         self.0.unpark_one();
///     }
///     fn turn(&self) {
///         println!("a driver would look for events here");
///     }
/// }
///
/// let executor = Builder::new_current_thread().park(Arc::new(Loud(CondvarPark::new()))).build()?;
/// assert_eq!(executor.block_on(async { 7 }), 7);
/// # std::io::Result::Ok(())
/// ```
pub trait Park: Send + Sync + 'static {
    /// Blocks the thread until an unpark, an event, or the timeout; may return for no reason.
    fn park(&self, timeout: Option<Duration>);

    /// Makes one thread that is in [`park`](Self::park) return; remembered when nobody is there yet.
    fn unpark_one(&self);

    /// Called by busy workers now and then: lets events in without waiting.
    fn turn(&self);

    /// Whether a thread that is in [`park`](Self::park) returns from it some time later, by itself, if other
    /// threads stay away from [`turn`](Self::turn) and `park` meanwhile, and it is not [quiet](Self::quiet). Then workers need not be woken for
    /// every task that may be worth it: whoever returns looks after those that are stuck.
    fn has_alarm(&self) -> bool {
        false
    }

    /// Why this thread's last [`park`](Self::park) ended.
    fn woken_by(&self) -> WokenBy {
        WokenBy::Other
    }

    /// Called by a worker that was [woken](Self::woken_by) by an alarm and is about to park: so many others stay in a poll,
    /// and have nothing that could be taken from them. Each of them [stirs](Self::stir) before it has. If nobody else is
    /// awake, the alarm may rest until something changes.
    fn quiet(&self, _stuck: usize) {}

    /// A worker that was said to be [quiet](Self::quiet) is not, from now on. Called on its thread; must neither wait
    /// for another worker nor wake a task.
    fn stir(&self) {}

    /// Called by a worker that was parked and has found something to do.
    fn found_work(&self) {}

    /// Lets one thread, the sentinel, sleep until the time that was last given to
    /// [`call_sentinel`](Self::call_sentinel) has come; may return for no reason. `false`, at once, if that cannot be
    /// done: then there is no sentinel, nobody relieves workers that are all stuck, and long polls are not reported.
    fn sentinel_sleeps(&self) -> bool {
        false
    }

    /// Lets the sentinel return from its [sleep](Self::sentinel_sleeps) at `at`, or earlier if an earlier time was
    /// given before. Called by workers that get up, so that it must not cost much.
    fn call_sentinel(&self, _at: Instant) {}

    /// There is one more worker than before, or the first one.
    fn worker_comes(&self) {}

    /// There is one worker less. It is not in [`park`](Self::park), and [unparks one](Self::unpark_one) of the others
    /// afterwards.
    fn worker_goes(&self) {}

    /// Called when every task has ended: no worker will let events in any more. Whoever waits for one
    /// outside of tasks, in a blocking call for example, has to be told.
    fn tasks_ended(&self) {}

    /// Something that no worker runs has begun, and may still wake tasks: a blocking call, or the future
    /// that `block_on` polls on a thread of its own. Workers that are all parked do not mean, until
    /// [`outside_ends`](Self::outside_ends), that nothing is left to do.
    ///
    /// A thread in `block_on` counts while it is awake; whoever wakes it begins for it.
    fn outside_begins(&self) {}

    /// One of those that [began](Self::outside_begins) is over, or sleeps.
    fn outside_ends(&self) {}
}

/// Why a wait in [`Park::park`] ended.
///
/// ```
/// use filch_executor::{CondvarPark, Park, WokenBy};
///
/// assert_eq!(CondvarPark::new().woken_by(), WokenBy::Other, "it has no alarm");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WokenBy {
    /// The [alarm](Park::has_alarm) and, for all that is known, nothing else.
    Alarm,
    /// The alarm and certainly nothing else, and the alarm before was not long ago: whoever makes progress then is left in
    /// peace.
    RoutineAlarm,
    /// An unpark, an event, the timeout, or whatever.
    Other,
}

/// Between [`Park::outside_begins`] and [`Park::outside_ends`].
pub(crate) struct Outside(Arc<dyn Park>);

impl Outside {
    pub(crate) fn begin(park: &Arc<dyn Park>) -> Self {
        park.outside_begins();
        Self(park.clone())
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.0.outside_ends();
    }
}

/// The park of an executor that stands alone: sleepers on a condition variable, no events.
///
/// ```
/// use filch_executor::{CondvarPark, Park};
///
/// let park = CondvarPark::new();
/// park.unpark_one();
/// park.park(None); // returns at once: the unpark was remembered
/// ```
#[derive(Debug, Default)]
pub struct CondvarPark {
    tokens: Mutex<usize>,
    sleepers: Condvar,
    alarm: Mutex<Option<Instant>>,
    sentinel: Condvar,
}

impl CondvarPark {
    /// Nobody sleeps, no token.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Park for CondvarPark {
    fn park(&self, timeout: Option<Duration>) {
        let mut tokens = self.tokens.lock();
        while *tokens == 0 {
            match timeout {
                None => tokens = self.sleepers.wait(tokens),
                Some(timeout) => {
                    let timed_out;
                    (tokens, timed_out) = self.sleepers.wait_timeout(tokens, timeout);
                    if timed_out {
                        break;
                    }
                }
            }
        }
        *tokens = tokens.saturating_sub(1);
    }

    fn unpark_one(&self) {
        *self.tokens.lock() += 1;
        self.sleepers.notify_one();
    }

    fn turn(&self) {}

    fn sentinel_sleeps(&self) -> bool {
        let mut alarm = self.alarm.lock();
        loop {
            let left = alarm.map(|at| at.saturating_duration_since(Instant::now()));
            alarm = match left {
                None => self.sentinel.wait(alarm),
                Some(Duration::ZERO) => break,
                Some(left) => self.sentinel.wait_timeout(alarm, left).0,
            };
        }
        *alarm = None;
        true
    }

    fn call_sentinel(&self, at: Instant) {
        let mut alarm = self.alarm.lock();
        if alarm.is_none_or(|before| at < before) {
            *alarm = Some(at);
            self.sentinel.notify_one();
        }
    }
}

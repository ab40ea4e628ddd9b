//! Callbacks as events in the queue, for those who come from JavaScript or asyncio.

use super::{Duration, Instant, MissedTickBehavior, interval_at, sleep_until};
use filch_executor::{AbortHandle, JoinHandle, yield_now};
use filch_primitives::sync::Mutex;
use std::sync::Arc;

/// Calls `callback` once, after `delay`: JavaScript's `setTimeout`.
///
/// It runs as a task of its own, and must not block. Dropping the handle does not cancel it. After a delay of
/// zero it is called when its turn comes, never within this function.
///
/// # Panics
/// Outside a runtime. A panic of the callback ends it alone, and is reported like that of a task whose
/// handle is gone.
///
/// ```
/// use filch::time::{Duration, set_timeout};
/// use filch::sync::oneshot;
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let (tell, told) = oneshot::channel();
/// set_timeout(Duration::from_millis(5), || tell.send("time is up").unwrap());
/// assert_eq!(told.await.unwrap(), "time is up");
/// # });
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn set_timeout<F>(delay: Duration, callback: F) -> CallbackHandle
where
    F: FnOnce() + Send + 'static,
{
    let calls = Calls::new();
    CallbackHandle::new(crate::spawn(call_at(after(delay), calls.clone(), callback)), calls)
}

/// Calls `callback` every `period`, the first time after one: JavaScript's `setInterval`.
///
/// It goes on until the handle [cancels](CallbackHandle::cancel) it or the runtime ends. Calls that were
/// missed because the thread was busy are left out.
///
/// # Panics
/// If `period` is zero; outside a runtime. A panic of the callback ends the interval.
///
/// ```
/// use filch::time::{Duration, set_interval};
/// use filch::sync::mpsc;
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let (ticks, mut ticked) = mpsc::unbounded_channel();
/// let clock = set_interval(Duration::from_millis(2), move || ticks.send("tick").unwrap());
/// assert_eq!(ticked.recv().await, Some("tick"));
/// assert_eq!(ticked.recv().await, Some("tick"));
/// clock.cancel();
/// # });
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn set_interval<F>(period: Duration, mut callback: F) -> CallbackHandle
where
    F: FnMut() + Send + 'static,
{
    let mut ticks = interval_at(after(period), period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let calls = Calls::new();
    let ours = calls.clone();
    let task = crate::spawn(async move {
        ticks.tick().await;
        while ours.call(&mut callback) {
            // Each call is a turn of its own: should it be late for the next already, others come first.
            yield_now().await;
            ticks.tick().await;
        }
    });
    CallbackHandle::new(task, calls)
}

/// `delay` from now, or as far away as no process lives.
#[track_caller]
pub(crate) fn after(delay: Duration) -> Instant {
    // A timer knows what to do with a delay that is too long, and what to say outside a runtime.
    filch_timer_wheel::sleep(delay).deadline()
}

/// The task of a callback. The deadline is that of the call, whenever the task is polled first.
#[track_caller]
pub(crate) fn call_at(
    deadline: Instant,
    calls: Calls,
    callback: impl FnOnce(),
) -> impl Future<Output = ()> {
    let timer = sleep_until(deadline);
    async move {
        timer.await;
        calls.call(callback);
    }
}

/// What a callback and its handle share. An abort alone would not do: it comes to a task between two polls, and the call is
/// in the middle of one.
#[derive(Debug, Clone)]
pub(crate) struct Calls(Arc<Mutex<Stage>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Calling,
    /// Cancelled, and the last call goes on.
    Ending,
    Cancelled,
}

impl Calls {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Stage::Waiting)))
    }

    /// Calls `callback` unless it was cancelled; whether there may be another call.
    pub(crate) fn call(&self, callback: impl FnOnce()) -> bool {
        let may_call = self.turn(Stage::Waiting, Stage::Calling);
        if may_call {
            callback();
        }
        may_call
            && !self.turn(Stage::Ending, Stage::Cancelled)
            && self.turn(Stage::Calling, Stage::Waiting)
    }

    fn turn(&self, from: Stage, to: Stage) -> bool {
        let mut stage = self.0.lock();
        let turns = *stage == from;
        if turns {
            *stage = to;
        }
        turns
    }

    fn cancel(&self) {
        let mut stage = self.0.lock();
        *stage = match *stage {
            Stage::Calling | Stage::Ending => Stage::Ending,
            Stage::Waiting | Stage::Cancelled => Stage::Cancelled,
        };
    }

    fn is_cancelled(&self) -> bool {
        *self.0.lock() == Stage::Cancelled
    }
}

/// A callback that waits: what [`set_timeout`], [`set_interval`] and
/// [`EventLoop::call_later`](crate::runtime::EventLoop::call_later) return.
///
/// Dropping it does not cancel the callback.
///
/// ```
/// use filch::time::{Duration, set_timeout, sleep};
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let timeout = set_timeout(Duration::from_millis(1), || panic!("it was cancelled"));
/// timeout.cancel();
/// sleep(Duration::from_millis(5)).await;
/// assert!(timeout.is_finished());
/// # });
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone)]
pub struct CallbackHandle {
    task: AbortHandle,
    calls: Calls,
}

impl CallbackHandle {
    pub(crate) fn new(task: JoinHandle<()>, calls: Calls) -> Self {
        Self { task: task.abort_handle(), calls }
    }

    /// Sees to it that the callback is not called any more. One that is being called goes on to its end; none begins after this
    /// has returned.
    ///
    /// Any thread may, any number of times, also when it is over.
    ///
    /// ```
    /// # use filch::time::{Duration, set_timeout};
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// set_timeout(Duration::from_secs(1), || unreachable!()).cancel();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn cancel(&self) {
        self.calls.cancel();
        self.task.abort();
    }

    /// Whether it was called for the last time, or cancelled, and no call is under way.
    ///
    /// ```
    /// # use filch::time::{Duration, set_timeout, sleep};
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let timeout = set_timeout(Duration::ZERO, || ());
    /// assert!(!timeout.is_finished(), "its turn comes when this task waits");
    /// sleep(Duration::from_millis(1)).await;
    /// assert!(timeout.is_finished());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn is_finished(&self) -> bool {
        self.calls.is_cancelled() || self.task.is_finished()
    }
}

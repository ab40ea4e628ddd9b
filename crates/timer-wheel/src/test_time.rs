//! A clock that tests move: whole suites of timers run in milliseconds.

use crate::handle::TimersHandle;
use crate::sleep::Sleep;
use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// Stops the clock of this runtime, on both flavours.
///
/// From here on it moves in two ways: by [`advance`], and by itself, to the earliest deadline, whenever
/// nothing is left to do until then: every worker is idle, no [`block_on`](crate::Timers::block_on) has
/// anything to do, and no blocking call runs. [`set_auto_advance`] turns the second off. Sockets, files and
/// other processes do not wait for the clock: who waits for both may see the clock jump first.
///
/// It moves every timer of the runtime, and every [`Instant`](crate::Instant) asked for within it. The
/// machine's clock, and [`std::time::Instant`], go on.
///
/// # Panics
/// Outside a runtime; if the clock is paused already.
///
/// ```
/// use filch_timer_wheel::{Instant, Timers, pause, sleep};
/// use std::time::Duration;
///
/// Timers::new(1, |_| {}).block_on(async {
///     pause();
///     let start = Instant::now();
///     sleep(Duration::from_secs(3600)).await; // takes no time
///     assert_eq!(start.elapsed(), Duration::from_secs(3600));
/// });
/// ```
#[track_caller]
pub fn pause() {
    assert!(!TimersHandle::current().core().pause(), "the clock of this runtime is paused already");
}

/// Lets the clock go on, from where it stands and at the machine's speed.
///
/// # Panics
/// Outside a runtime; if the clock is not paused.
///
/// ```
/// use filch_timer_wheel::{Instant, Timers, pause, resume, sleep};
/// use std::time::Duration;
///
/// Timers::new(1, |_| {}).block_on(async {
///     pause();
///     sleep(Duration::from_secs(3600)).await;
///     resume();
///     let start = std::time::Instant::now();
///     sleep(Duration::from_millis(5)).await; // takes 5 ms
///     assert!(start.elapsed() >= Duration::from_millis(5));
/// });
/// ```
#[track_caller]
pub fn resume() {
    assert!(TimersHandle::current().core().resume(), "{NOT_PAUSED}");
}

/// Whether a paused clock jumps by itself when there is nothing left to do, which is the default, or moves
/// by [`advance`] only.
///
/// Without it a test sees what happens between two points in time, however long its tasks take.
///
/// # Panics
/// Outside a runtime.
///
/// ```
/// use filch_timer_wheel::{Instant, Timers, advance, pause, set_auto_advance, sleep};
/// use std::time::Duration;
///
/// Timers::new(1, |_| {}).block_on(async {
///     pause();
///     set_auto_advance(false);
///     let start = Instant::now();
///     advance(Duration::from_secs(5)).await;
///     assert_eq!(start.elapsed(), Duration::from_secs(5));
/// });
/// ```
#[track_caller]
pub fn set_auto_advance(enabled: bool) {
    TimersHandle::current().core().set_auto_advance(enabled);
}

/// Moves a paused clock on by `duration`, in one step: an interval that ticks several times within it finds that it is late.
///
/// On a single-threaded runtime the timers that are due by then have fired when it ends, and the tasks that were woken have
/// been polled once. On several workers, which have their timers each, some of both may still be about to.
///
/// # Cancel safety
/// The clock moves at the first poll. Dropped later, the timers fire all the same.
///
/// # Panics
/// Outside a runtime; if the clock is not paused.
///
/// ```
/// use filch_timer_wheel::{Instant, Timers, advance, pause, sleep};
/// use std::time::Duration;
///
/// Timers::new(1, |_| {}).block_on(async {
///     pause();
///     let start = Instant::now();
///     advance(Duration::from_millis(250)).await;
///     assert_eq!(start.elapsed(), Duration::from_millis(250));
/// });
/// ```
pub async fn advance(duration: Duration) {
    let handle = TimersHandle::current();
    let Some(now) = handle.core().advance_clock(duration) else { panic!("{NOT_PAUSED}") };
    // Whatever is due fires before it, or with it if it is in another shard.
    let mut all_fired = pin!(Sleep::behind_all_others(handle, now));
    let mut is_first = true;
    std::future::poll_fn(|context| {
        if all_fired.as_mut().poll(context).is_pending() {
            is_first = false;
            return Poll::Pending;
        }
        if std::mem::take(&mut is_first) {
            // Moved by nothing, or somebody else has turned the wheel: the others go first all the same.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
}

const NOT_PAUSED: &str = "the clock of this runtime is not paused: call `time::pause` first, or build the \
                          runtime with `start_paused(true)`";

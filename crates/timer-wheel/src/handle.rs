//! The way from a thread to the timers it makes.

use crate::shard::Shard;
use crate::timers::Core;
use filch_primitives::sync::Arc;
use filch_primitives::{CachePadded, Current, CurrentGuard};
use std::fmt;

filch_primitives::thread_local! {
    static CURRENT: Current<TimersHandle> = const { Current::new() };
}

/// One worker's shard, on cache lines of its own together with its reference count.
pub(crate) struct Home {
    pub(crate) shard: Shard,
    pub(crate) core: Arc<Core>,
}

/// A way to one shard of [`Timers`](crate::Timers): what a timer is armed through.
///
/// Clones count on the shard's own cache line. A handle, and the timers made through it, may outlive
/// the `Timers`.
///
/// ```
/// use filch_timer_wheel::{Timers, TimersHandle, sleep};
/// use std::time::Duration;
///
/// let timers = Timers::new(1, |_| {});
/// let timer = {
///     let _entered = timers.handle(0).enter();
///     sleep(Duration::from_millis(1)) // belongs to `timers` from here on
/// };
/// assert!(TimersHandle::try_current().is_none());
/// timers.block_on(timer);
/// ```
#[derive(Clone)]
pub struct TimersHandle(Arc<CachePadded<Home>>);

impl TimersHandle {
    pub(crate) fn new(home: Arc<CachePadded<Home>>) -> Self {
        Self(home)
    }

    /// Lends `f` what was entered last on this thread.
    #[inline]
    pub(crate) fn with_current<R>(f: impl FnOnce(Option<&Self>) -> R) -> R {
        Current::with(&CURRENT, f)
    }

    #[inline]
    pub(crate) fn shard(&self) -> &Shard {
        &self.0.shard
    }

    #[inline]
    pub(crate) fn core(&self) -> &Core {
        &self.0.core
    }

    /// Makes this the shard of the timers made on this thread, until the guard is dropped.
    ///
    /// Entering nests; guards are dropped in the reverse order.
    ///
    /// ```
    /// use filch_timer_wheel::{Timers, sleep};
    /// use std::time::Duration;
    ///
    /// let timers = Timers::new(1, |_| {});
    /// let _entered = timers.handle(0).enter();
    /// let _timer = sleep(Duration::from_secs(1));
    /// ```
    pub fn enter(self) -> CurrentGuard<Self> {
        Current::enter(&CURRENT, self)
    }

    /// What was entered last on this thread.
    ///
    /// # Panics
    /// If nothing is entered.
    ///
    /// ```should_panic
    /// filch_timer_wheel::TimersHandle::current();
    /// ```
    #[inline]
    #[track_caller]
    pub fn current() -> Self {
        match Self::try_current() {
            Some(handle) => handle,
            None => panic!(
                "no Filch runtime is entered on this thread, and a timer belongs to one: make it inside \
                 `Runtime::block_on`, in a spawned task, or while the guard of `Runtime::enter` lives"
            ),
        }
    }

    /// What was entered last on this thread, if anything is.
    ///
    /// ```
    /// assert!(filch_timer_wheel::TimersHandle::try_current().is_none());
    /// ```
    #[inline]
    pub fn try_current() -> Option<Self> {
        Current::get(&CURRENT)
    }
}

impl fmt::Debug for TimersHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimersHandle").field("shard", self.shard()).finish_non_exhaustive()
    }
}

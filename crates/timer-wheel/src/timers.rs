//! The timers of one runtime: a shard per worker, and what their driver needs to know.

use crate::block_on::Waiters;
use crate::clock::Instant;
use crate::earliest::{Alarm, NONE};
use crate::handle::{Home, TimersHandle};
use crate::shard::Shard;
use filch_primitives::CachePadded;
use filch_primitives::sync::Arc;
use std::fmt;
use std::time::Duration;

/// 2^15 ns, about 33 us, is one tick: deadlines are rounded up to it, so that timers close to each
/// other fire together. With it a timer stays within the 50 us of slack that Linux gives threads.
const TICK_BITS: u32 = 15;

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// How much of one shard a single [`Timers::advance`] handles.
const ADVANCE_LIMIT: usize = 1024;

/// The timers of one runtime, sharded so that workers do not meet.
///
/// A *driver* turns them: it calls [`advance`](Self::advance) when something is due. There are two ways
/// to know when that is.
///
/// **By waiting.** A thread asks [`next_deadline`](Self::next_deadline), waits that long, and
/// advances. `on_earlier` must end the wait, so that the thread asks again. A thread that asked and
/// then does not come back in time must make another one ask.
///
/// **By an alarm** such as a timerfd, which wakes any one of several threads. Behind one lock:
///
/// * `on_earlier(deadline)`: set the alarm, if it is set for later or not at all;
/// * whoever receives the alarm advances, and then sets it to `next_deadline()`, asked under the lock.
///
/// Then the alarm is always set for the earliest deadline or something before it, whatever the
/// threads are doing: arming an earlier timer moves the alarm and needs nobody to wake up.
///
/// Any thread may advance, at any time; busy workers may do so now and then to be more punctual.
///
/// ```
/// use filch_timer_wheel::{Timers, sleep};
/// use std::time::{Duration, Instant};
///
/// let timers = Timers::new(1, |_| {});
/// let start = Instant::now();
/// timers.block_on(sleep_a_little());
/// assert!(start.elapsed() >= Duration::from_millis(5));
///
/// async fn sleep_a_little() {
///     sleep(Duration::from_millis(5)).await;
/// }
/// ```
pub struct Timers {
    homes: Box<[Arc<CachePadded<Home>>]>,
    core: Arc<Core>,
}

/// What all shards of one runtime share; rarely written.
pub(crate) struct Core {
    /// Tick 0.
    origin: Instant,
    pub(crate) alarm: CachePadded<Alarm>,
    on_earlier: Box<dyn Fn(Instant) + Send + Sync>,
    pub(crate) waiters: Waiters,
}

impl Timers {
    /// Timers in `shards` shards, one per worker and perhaps one for everybody else.
    ///
    /// `on_earlier` is called, without any lock held, by the thread that arms a timer for which
    /// nobody will be awake in time; see [`Timers`] for what it has to do. It must not panic.
    ///
    /// # Panics
    /// With no shards.
    ///
    /// ```
    /// use filch_timer_wheel::Timers;
    ///
    /// let timers = Timers::new(4, |deadline| println!("set the alarm for {deadline:?}"));
    /// assert_eq!(timers.next_deadline(), None);
    /// ```
    #[track_caller]
    pub fn new(shards: usize, on_earlier: impl Fn(Instant) + Send + Sync + 'static) -> Self {
        assert!(shards > 0, "timers need at least one shard");
        let core = Arc::new(Core {
            origin: Instant::now(),
            alarm: CachePadded::new(Alarm::new()),
            on_earlier: Box::new(on_earlier),
            waiters: Waiters::default(),
        });
        let home =
            |_| Arc::new(CachePadded::new(Home { shard: Shard::new(), core: Arc::clone(&core) }));
        Self { homes: (0..shards).map(home).collect(), core }
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    /// The way to shard `shard`, modulo the number of shards: for a worker its own, so that no
    /// other thread writes to what it writes to.
    ///
    /// ```
    /// use filch_timer_wheel::{Timers, TimersHandle};
    ///
    /// let timers = Timers::new(2, |_| {});
    /// let _entered = timers.handle(1).enter();
    /// assert!(TimersHandle::try_current().is_some());
    /// ```
    pub fn handle(&self, shard: usize) -> TimersHandle {
        TimersHandle::new(Arc::clone(&self.homes[shard % self.homes.len()]))
    }

    /// Wakes every task whose timer is due at `now`, and returns how many that were.
    ///
    /// Costs one read per shard if nothing is due. A great many timers due at once are spread: one
    /// call handles about a thousand entries of a shard, and [`next_deadline`](Self::next_deadline)
    /// then says that the next is due at once. A waker that panics is reported by the panic hook
    /// and goes no further.
    ///
    /// ```
    /// use filch_timer_wheel::{Instant, Timers};
    ///
    /// assert_eq!(Timers::new(2, |_| {}).advance(Instant::now()), 0);
    /// ```
    pub fn advance(&self, now: Instant) -> usize {
        let now = self.core.last_tick(now);
        self.homes.iter().map(|home| home.shard.advance(now, ADVANCE_LIMIT)).sum()
    }

    /// When to [`advance`](Self::advance) next, and a promise to do so; `None` if no timer waits.
    ///
    /// It is never later than the earliest deadline, and earlier only if a timer armed for then was
    /// dropped, or to go on with what is due. From here on `on_earlier` is not called for later
    /// deadlines than this one: the caller takes over to be awake for it, as [`Timers`] describes.
    ///
    /// ```
    /// use filch_timer_wheel::{Instant, Timers};
    /// use std::thread;
    ///
    /// let timers = Timers::new(1, |_| {});
    /// while let Some(deadline) = timers.next_deadline() {
    ///     thread::sleep(deadline - Instant::now());
    ///     timers.advance(Instant::now());
    /// }
    /// ```
    pub fn next_deadline(&self) -> Option<Instant> {
        let tick = self.core.alarm.promise(self.homes.iter().map(|home| home.shard.next()));
        self.core.instant_of(tick)
    }

    /// How many timers are armed.
    ///
    /// ```
    /// assert_eq!(filch_timer_wheel::Timers::new(1, |_| {}).len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.homes.iter().map(|home| home.shard.len()).sum()
    }

    /// Whether no timer is armed.
    ///
    /// ```
    /// assert!(filch_timer_wheel::Timers::new(1, |_| {}).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ends the service: wakes every task that waits for a timer, once and for all.
    ///
    /// A timer of these timers that is polled afterwards is ready if its deadline has passed; otherwise it
    /// panics, because it would have to wait for ever. So shut down after the tasks are gone.
    ///
    /// ```
    /// use filch_timer_wheel::Timers;
    ///
    /// let timers = Timers::new(1, |_| {});
    /// timers.shutdown();
    /// assert_eq!(timers.next_deadline(), None);
    /// ```
    pub fn shutdown(&self) {
        for home in &self.homes {
            home.shard.close();
        }
    }
}

impl Drop for Timers {
    /// Nobody is left who could advance them.
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl fmt::Debug for Timers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timers")
            .field("shards", &self.homes.len())
            .field("armed", &self.len())
            .finish_non_exhaustive()
    }
}

impl Core {
    /// The first tick at which `deadline` has passed.
    #[inline]
    pub(crate) fn tick_of(&self, deadline: Instant) -> u64 {
        const PART: u64 = (1 << TICK_BITS) - 1;
        self.nanos_of(deadline).saturating_add(PART) >> TICK_BITS
    }

    /// The last tick that has begun at `now`.
    fn last_tick(&self, now: Instant) -> u64 {
        self.nanos_of(now) >> TICK_BITS
    }

    /// Counted from tick 0, for the 584 years that fit.
    #[inline]
    fn nanos_of(&self, instant: Instant) -> u64 {
        let since = instant.saturating_duration_since(self.origin);
        since.as_secs().saturating_mul(NANOS_PER_SEC).saturating_add(since.subsec_nanos().into())
    }

    /// When `tick` begins; `None` for [`NONE`] and for what the clock cannot express.
    fn instant_of(&self, tick: u64) -> Option<Instant> {
        if tick == NONE {
            return None;
        }
        let nanos = u128::from(tick) << TICK_BITS;
        let seconds = u64::try_from(nanos / u128::from(NANOS_PER_SEC)).ok()?;
        let part = (nanos % u128::from(NANOS_PER_SEC)) as u32;
        self.origin.checked_add(Duration::new(seconds, part))
    }

    /// Nobody will be awake for `tick`, which has just been armed: says so.
    pub(crate) fn tell(&self, tick: u64) {
        if let Some(deadline) = self.instant_of(tick) {
            (self.on_earlier)(deadline);
            self.waiters.unpark();
        }
    }
}

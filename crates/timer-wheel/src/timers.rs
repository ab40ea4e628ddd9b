//! The timers of one runtime: a shard per worker, and what their driver needs to know.

use crate::block_on::Waiters;
use crate::clock::Clock;
use crate::earliest::{Alarm, NONE};
use crate::handle::{Home, TimersHandle};
use crate::instant::Instant;
use crate::shard::Shard;
use crate::wheel::Progress;
use filch_primitives::CachePadded;
use filch_primitives::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use filch_primitives::sync::Arc;
use std::fmt;
use std::time::{Duration, Instant as Machine};

/// 2^15 ns, about 33 us, is one tick: deadlines are rounded up to it, so that timers close to each
/// other fire together.
const TICK_BITS: u32 = 15;

/// From the first pause on, a tick is a nanosecond: the clock jumps to deadlines, and tests compare.
const PAUSED_TICK_BITS: u32 = 0;

/// What Linux gives threads.
const SLACK: Duration = Duration::from_micros(50);

const NANOS_PER_SEC: u64 = 1_000_000_000;

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
/// A deadline is by the timers' own clock, which can be paused; [`on_machine`](Self::on_machine) says when
/// that is. While it [is paused](Self::is_paused), a driver whose threads are all idle
/// [jumps](Self::jump) and advances.
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
    pub(crate) clock: Clock,
    /// Where the nanoseconds of the shards start.
    origin: Instant,
    tick_bits: AtomicU32,
    /// In nanoseconds.
    slack: AtomicU64,
    /// Before this nanosecond nobody wakes up for a timer; 0 if there is more to do at once.
    rests_until: CachePadded<AtomicU64>,
    /// Which shard is advanced first, modulo their number.
    first: AtomicUsize,
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
        let clock = Clock::new();
        let core = Arc::new(Core {
            origin: clock.now(),
            clock,
            tick_bits: AtomicU32::new(TICK_BITS),
            slack: AtomicU64::new(nanos(SLACK)),
            rests_until: CachePadded::new(AtomicU64::new(0)),
            first: AtomicUsize::new(0),
            alarm: CachePadded::new(Alarm::new()),
            on_earlier: Box::new(on_earlier),
            waiters: Waiters::default(),
        });
        let home = |_| {
            Arc::new(CachePadded::new(Home {
                shard: Shard::new(TICK_BITS),
                core: Arc::clone(&core),
            }))
        };
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

    /// How long after a timer fired the next may have to wait, so that several share a wake-up; 50 us
    /// unless chosen otherwise, as for the threads of Linux. Twice that after several have fired at once.
    ///
    /// A timer before which nothing fired does not wait.
    ///
    /// ```
    /// use filch_timer_wheel::Timers;
    /// use std::time::Duration;
    ///
    /// let timers = Timers::new(1, |_| {});
    /// timers.set_slack(Duration::from_millis(1));
    /// ```
    pub fn set_slack(&self, slack: Duration) {
        // Ordering: Relaxed; nothing is published by it.
        self.core.slack.store(nanos(slack), Ordering::Relaxed);
    }

    /// Wakes the tasks whose timers are due at `now`, at most `limit` of them, and returns how many that were.
    ///
    /// Costs one read per shard if nothing is due. If more is due, [`next_deadline`](Self::next_deadline)
    /// then says that the next is due at once: a great many timers due at once are spread, for other tasks
    /// to come in between. A waker that panics is reported by the panic hook and goes no further.
    ///
    /// ```
    /// use filch_timer_wheel::{Instant, Timers};
    ///
    /// assert_eq!(Timers::new(2, |_| {}).advance(Instant::now(), usize::MAX), 0);
    /// ```
    pub fn advance(&self, now: Instant, limit: usize) -> usize {
        let now = self.core.nanos_of(now);
        if self.homes.iter().all(|home| home.shard.next().peek() > now) {
            return 0;
        }
        // Ordering: Relaxed; any shard will do, as long as it is not always the same.
        let first = self.core.first.fetch_add(1, Ordering::Relaxed) % self.homes.len();
        let (before, from_first) = self.homes.split_at(first);
        let mut fired = 0;
        let mut is_more = false;
        for home in from_first.iter().chain(before) {
            let advanced = home.shard.advance(now, limit - fired);
            fired += advanced.fired;
            is_more |= advanced.progress == Progress::More;
        }
        if fired > 0 || is_more {
            self.core.rest(now, fired, is_more || fired >= limit);
        }
        fired
    }

    /// When to [`advance`](Self::advance) next, and a promise to do so; `None` if no timer waits.
    ///
    /// It is never later than the earliest deadline, or than the end of the [slack](Self::set_slack),
    /// whichever is later; and earlier only if a timer armed for then was dropped, or to go on with
    /// what is due. From here on `on_earlier` is not called for later deadlines than this one: the caller
    /// takes over to be awake for it, as [`Timers`] describes.
    ///
    /// ```
    /// use filch_timer_wheel::{Instant, Timers};
    /// use std::thread;
    ///
    /// let timers = Timers::new(1, |_| {});
    /// while let Some(deadline) = timers.next_deadline() {
    ///     thread::sleep(deadline - Instant::now());
    ///     timers.advance(Instant::now(), 100);
    /// }
    /// ```
    pub fn next_deadline(&self) -> Option<Instant> {
        let next = self.core.alarm.promise(self.homes.iter().map(|home| home.shard.next()));
        self.core.turn_at(next)
    }

    /// When it will be `deadline` by the machine's clock; `None` if the timers' clock is paused before it.
    ///
    /// ```
    /// use filch_timer_wheel::{Instant, Timers};
    ///
    /// let timers = Timers::new(1, |_| {});
    /// let now = Instant::now();
    /// assert_eq!(timers.on_machine(now), Some(now.into_std()));
    /// ```
    pub fn on_machine(&self, deadline: Instant) -> Option<Machine> {
        self.core.clock.on_machine(deadline)
    }

    /// What the timers' clock shows.
    ///
    /// ```
    /// use filch_timer_wheel::{Instant, Timers};
    ///
    /// let before = Instant::now();
    /// assert!(Timers::new(1, |_| {}).now() >= before);
    /// ```
    pub fn now(&self) -> Instant {
        self.core.clock.now()
    }

    /// Whether the clock is paused: then somebody has to [`jump`](Self::jump).
    ///
    /// ```
    /// assert!(!filch_timer_wheel::Timers::new(1, |_| {}).is_paused());
    /// ```
    #[inline]
    pub fn is_paused(&self) -> bool {
        self.core.clock.is_paused()
    }

    /// To be called by a driver when everybody is idle: moves a paused clock on to the earliest deadline.
    ///
    /// Whether something is due now. Not if no timer waits, if the clock is not paused, or if it only moves by
    /// [`advance`](crate::advance).
    ///
    /// ```
    /// use filch_timer_wheel::{Timers, pause, sleep};
    /// use std::time::Duration;
    ///
    /// let timers = Timers::new(1, |_| {});
    /// let _entered = timers.handle(0).enter();
    /// pause();
    /// assert!(!timers.jump(), "no timer waits");
    /// timers.block_on(sleep(Duration::from_secs(3600))); // jumps
    /// ```
    pub fn jump(&self) -> bool {
        if !self.is_paused() {
            return false;
        }
        let earliest = self.homes.iter().filter_map(|home| home.shard.earliest()).min();
        let deadline = earliest.and_then(|due| self.core.turn_at(due));
        deadline.is_some_and(|deadline| self.core.clock.jump_to(deadline))
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
    #[inline]
    pub(crate) fn tick_bits(&self) -> u32 {
        // Ordering: Relaxed; a thread that has not yet heard of a pause uses longer ticks once more.
        self.tick_bits.load(Ordering::Relaxed)
    }

    /// Since the origin, for the 584 years that fit.
    #[inline]
    pub(crate) fn nanos_of(&self, instant: Instant) -> u64 {
        nanos(instant.saturating_duration_since(self.origin))
    }

    /// When somebody has to be awake for timers due at `due`; `None` for [`NONE`].
    fn turn_at(&self, due: u64) -> Option<Instant> {
        if due == NONE {
            return None;
        }
        // Ordering: Relaxed; whoever reads the one before waits less.
        let rested = self.rests_until.load(Ordering::Relaxed);
        let at = if self.clock.is_paused() { due } else { due.max(rested) };
        // At the beginning of a tick: within one, nothing fires that did not at its beginning.
        let part = (1 << self.tick_bits()) - 1;
        self.origin.checked_add(Duration::from_nanos(at.saturating_add(part) & !part))
    }

    /// At `now`, `fired` timers fired, and perhaps there is more to do.
    fn rest(&self, now: u64, fired: usize, is_more: bool) {
        // Ordering: Relaxed; nothing is published by it.
        let slack = self.slack.load(Ordering::Relaxed);
        let until = match fired {
            // What the limit has left over does not wait.
            _ if is_more => 0,
            1 => now.saturating_add(slack),
            // They come thick.
            _ => now.saturating_add(slack.saturating_mul(2)),
        };
        // Ordering: Relaxed; see `turn_at`.
        self.rests_until.store(until, Ordering::Relaxed);
    }

    /// Nobody will be awake for timers due at `nanos`, which have just been armed: says so.
    pub(crate) fn tell(&self, nanos: u64) {
        if let Some(deadline) = self.turn_at(nanos) {
            (self.on_earlier)(deadline);
            self.waiters.unpark();
        }
    }

    /// The clock has changed its pace or its place: whoever waits for it has to look again.
    fn clock_moved(&self) {
        self.tell(0);
    }

    /// Whether it was paused already.
    pub(crate) fn pause(&self) -> bool {
        // Ordering: Relaxed; see `tick_bits`.
        self.tick_bits.store(PAUSED_TICK_BITS, Ordering::Relaxed);
        let was_paused = self.clock.pause();
        self.clock_moved();
        was_paused
    }

    /// Whether it was paused.
    pub(crate) fn resume(&self) -> bool {
        let was_paused = self.clock.resume();
        self.clock_moved();
        was_paused
    }

    /// Moves a paused clock on; what it then shows. `None` if it is not paused.
    pub(crate) fn advance_clock(&self, duration: Duration) -> Option<Instant> {
        let now = self.clock.advance(duration);
        self.clock_moved();
        now
    }

    pub(crate) fn set_auto_advance(&self, enabled: bool) {
        self.clock.set_jumps(enabled);
        self.clock_moved();
    }
}

#[inline]
fn nanos(duration: Duration) -> u64 {
    duration
        .as_secs()
        .saturating_mul(NANOS_PER_SEC)
        .saturating_add(u64::from(duration.subsec_nanos()))
}

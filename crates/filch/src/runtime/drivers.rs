//! # Time and I/O behind one wait
//!
//! One idle worker waits in the I/O driver, the others stand by (`seats.rs`). The driver's alarm stands for
//! the earliest timer of any worker, and whoever it wakes fires what is due, on every worker's shard.
//!
//! While the clock is paused there is no alarm. Whoever watches, when all others stand by and nothing outside
//! of the workers runs, moves the clock on to the earliest timer. So everybody who begins to stand by, and
//! everything outside that ends, wakes the watcher for another look.

use super::seats::Seats;
use filch_executor::{Park, ThreadKind, WokenBy};
use filch_io_driver::{Driver, EnterGuard as IoGuard};
use filch_primitives::{Current, CurrentGuard};
use filch_timer_wheel::{Instant as Tick, Timers, TimersHandle};
use std::io;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// How many timers a busy worker lets in at once: fewer than it runs tasks until it comes by again, so that
/// a burst of timers does not pile up in front of the others.
const TURN_LIMIT: usize = 56;

/// How many timers a worker lets in that has nothing else to do: half of what its queue holds.
const WAKE_LIMIT: usize = 128;

thread_local! {
    static DRIVERS: Current<Arc<Drivers>> = const { Current::new() };
}

#[derive(Debug)]
pub(super) struct Drivers {
    io: Driver,
    seats: Seats,
    /// Used for its deadline only; on one thread there is no sentinel.
    sentinel: Option<Driver>,
    timers: Timers,
    workers: usize,
}

impl Drivers {
    /// For `workers` workers at the beginning: a shard of timers for each, and one for every other thread.
    pub(super) fn new(
        workers: usize,
        has_sentinel: bool,
        time: &TimeConfig,
    ) -> io::Result<Arc<Self>> {
        let io = Driver::new()?;
        let seats = Seats::new()?;
        let sentinel = has_sentinel.then(Driver::new).transpose()?;
        let drivers = Arc::new_cyclic(|drivers: &Weak<Self>| {
            // Weak: a timer may outlive the runtime, and must not keep its descriptors open.
            let drivers = drivers.clone();
            let timers = Timers::new(workers + 1, move |deadline| {
                if let Some(drivers) = drivers.upgrade() {
                    drivers.set_alarm(deadline);
                }
            });
            Self { io, seats, sentinel, timers, workers }
        });
        if let Some(slack) = time.slack {
            drivers.timers.set_slack(slack);
        }
        if time.start_paused {
            let _entered = drivers.enter();
            filch_timer_wheel::pause();
        }
        Ok(drivers)
    }

    /// Makes the drivers current on this thread, which is not a worker.
    pub(super) fn enter(self: &Arc<Self>) -> DriversGuard {
        self.enter_with(self.timers.handle(self.workers))
    }

    /// Makes the drivers current on a thread of the runtime.
    pub(super) fn enter_thread(self: &Arc<Self>, kind: ThreadKind) -> DriversGuard {
        match kind {
            // Those who came later share the shards of the first.
            ThreadKind::Worker(index) => self.enter_with(self.timers.handle(index % self.workers)),
            _ => self.enter(),
        }
    }

    fn enter_with(self: &Arc<Self>, timers: TimersHandle) -> DriversGuard {
        DriversGuard {
            _timers: timers.enter(),
            _io: self.io.enter(),
            _drivers: Current::enter(&DRIVERS, Arc::clone(self)),
        }
    }

    pub(super) fn current() -> Option<Arc<Self>> {
        Current::get(&DRIVERS)
    }

    /// Fires at most `limit` timers that are due, and sets the alarm for the next. How many fired.
    fn fire(&self, limit: usize) -> usize {
        let fired = self.timers.advance(self.timers.now(), limit);
        if let Some(deadline) = self.timers.next_deadline() {
            self.set_alarm(deadline);
        }
        fired
    }

    fn set_alarm(&self, deadline: Tick) {
        if let Some(at) = self.timers.on_machine(deadline) {
            self.io.set_deadline(at);
        }
    }

    /// Waits for events; how many there were.
    fn watch(&self, timeout: Option<Duration>) -> usize {
        if self.timers.is_paused() {
            let events = self.io.wait(Some(Duration::ZERO));
            let fired = self.fire(WAKE_LIMIT);
            if events > 0 || fired > 0 || self.seats.take_call() {
                return events;
            }
            if self.seats.all_idle() {
                // Since that look, the last of the others may have written to a socket and come to rest.
                let events = self.io.wait(Some(Duration::ZERO));
                let has_work = events > 0 || self.seats.take_call();
                if has_work || self.seats.jump_if_all_idle(|| self.timers.jump()) {
                    return events;
                }
            }
            // These looks may have taken the alarms that are to end the wait: that of the seats, and, if the clock
            // was resumed meanwhile, that of the timers.
            self.seats.turned(&self.io, false);
            if self.fire(WAKE_LIMIT) > 0 {
                return 0;
            }
        }
        self.io.wait(timeout)
    }
}

/// What was chosen of a runtime's timers.
#[derive(Debug, Clone, Default)]
pub(super) struct TimeConfig {
    pub(super) slack: Option<Duration>,
    pub(super) start_paused: bool,
}

impl Park for Drivers {
    fn park(&self, timeout: Option<Duration>) {
        let is_paused = self.timers.is_paused();
        let watch = || self.watch(timeout);
        if self.seats.wait(&self.io, timeout, is_paused, watch) {
            self.fire(WAKE_LIMIT);
        }
    }

    fn unpark_one(&self) {
        if !self.seats.unpark_one() {
            self.io.unpark_one();
        }
    }

    /// See `seats.rs`.
    fn has_alarm(&self) -> bool {
        true
    }

    fn woken_by(&self) -> WokenBy {
        Seats::woken_by()
    }

    fn quiet(&self, stuck: usize) {
        self.seats.quiet(stuck);
    }

    fn stir(&self) {
        self.seats.stir(&self.io);
    }

    fn turn(&self) {
        let was_due = self.io.turn();
        self.seats.turned(&self.io, was_due);
        self.fire(TURN_LIMIT);
    }

    fn found_work(&self) {
        self.seats.found_work(&self.io);
    }

    fn outside_begins(&self) {
        self.seats.outside_begins(self.timers.is_paused());
    }

    fn outside_ends(&self) {
        self.seats.outside_ends();
        if self.timers.is_paused() {
            self.io.unpark_one();
        }
    }

    fn sentinel_sleeps(&self) -> bool {
        let Some(sentinel) = &self.sentinel else { return false };
        sentinel.wait(None);
        true
    }

    fn call_sentinel(&self, at: Instant) {
        if let Some(sentinel) = &self.sentinel {
            sentinel.set_deadline(at);
        }
    }

    fn worker_comes(&self) {
        self.seats.worker_comes(&self.io);
    }

    fn worker_goes(&self) {
        self.seats.worker_goes();
        if self.timers.is_paused() {
            self.io.unpark_one();
        }
    }

    /// Whoever still waits for a timer or a socket, in a blocking call, is told that none will come.
    fn tasks_ended(&self) {
        self.timers.shutdown();
        self.io.shutdown();
    }
}

/// Leaves the drivers when it is dropped.
#[derive(Debug)]
pub(super) struct DriversGuard {
    _timers: CurrentGuard<TimersHandle>,
    _io: IoGuard,
    _drivers: CurrentGuard<Arc<Drivers>>,
}

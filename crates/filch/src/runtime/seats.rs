//! # Where idle workers wait: in the driver, or on the standby
//!
//! While a worker is active, nobody else watches: most polls are short, and the worker comes back to the driver
//! by itself. Who waited in the driver meanwhile would be woken for every event that the active worker
//! causes, and two tasks that talk to each other over a socket would be torn apart, one to each worker, at
//! the price of a wake-up per message.
//!
//! Unless the last wait brought several events: then there is work for two, and whoever is idle watches.
//! The kernel gives each event to one of them.
//!
//! Instead there is an alarm, which wakes one of those who are idle while anybody is active. Whoever it wakes
//! looks for work, which frees what is behind a worker that is stuck in a long poll. And if nobody has turned
//! the driver since the alarm was set, it watches the driver itself.
//!
//! An alarm soon after another is a routine: whoever it wakes on the standby looks only for those who are in the
//! same poll as at the alarm before, and sleeps on if they have nothing behind them. If nobody else is awake, it
//! is quiet: no alarm until somebody stirs. So a worker that computes for a second costs the others a look or two.
//!
//! So a long poll holds up timers, sockets and the tasks behind it for two ticks at the most, a short one
//! costs nobody a wake-up, and where nothing happens there is no alarm. The first tick is short, for what is
//! stuck from the beginning; they get longer while there is something to do all the time.
//!
//! | who | does | |
//! |---|---|---|
//! | watchers | wait in the driver | get events, timers, and, when nobody stands by, unparks and the alarm |
//! | others | wait on the standby | get unparks and the alarm |
//!
//! Whoever watches can tell, for a clock that is paused, whether [everybody is idle](Seats::all_idle): then no
//! worker runs, none is called, and nothing that happens outside of them is counted.

use super::seating::{Alarm, Place, Seating, WakeUp};
use filch_executor::WokenBy;
use filch_io_driver::Driver;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::sync::{Mutex, MutexGuard};
use std::cell::Cell;
use std::io;
use std::time::{Duration, Instant};

thread_local! {
    /// Whether this thread counts as looking.
    static LOOKING: Cell<bool> = const { Cell::new(false) };
    /// What ended this thread's last wait, and how many changes there had been by then.
    static WOKEN: Cell<(WokenBy, usize)> = const { Cell::new((WokenBy::Other, 0)) };
}

#[derive(Debug)]
pub(super) struct Seats {
    /// Used for its unparks and its deadline only: it has no sources.
    standby: Driver,
    seating: Mutex<Seating>,
    /// How often the driver was turned or waited in.
    turns: AtomicUsize,
    /// Blocking calls and threads in `block_on` that are awake. For a moment it may be too small, and less
    /// than nothing, on account of a thread that a worker is just waking.
    outside: AtomicUsize,
}

impl Seats {
    /// Without workers.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            standby: Driver::new()?,
            seating: Mutex::default(),
            turns: AtomicUsize::new(0),
            outside: AtomicUsize::new(0),
        })
    }

    /// The driver was turned by somebody who does not wait in it, and a deadline was due or not.
    pub(super) fn turned(&self, driver: &Driver, was_due: bool) {
        self.count_turn();
        let mut seating = self.seating.lock();
        let passes_on = was_due && seating.takes_alarm(Instant::now());
        self.renew_alarm(driver, seating);
        if passes_on {
            driver.unpark_one();
        }
    }

    fn count_turn(&self) {
        // Ordering: Relaxed; a sign of life, nothing is published by it.
        self.turns.fetch_add(1, Ordering::Relaxed);
    }

    fn turns(&self) -> usize {
        // Ordering: Relaxed; see `count_turn`.
        self.turns.load(Ordering::Relaxed)
    }

    /// A worker that waited here has found something to do.
    pub(super) fn found_work(&self, driver: &Driver) {
        if LOOKING.replace(false) {
            let mut seating = self.seating.lock();
            seating.found_work();
            self.ensure_alarm(driver, seating);
        }
    }

    /// Waits in `driver` by `watch`, which returns the number of events, or on the standby if somebody else
    /// watches or will come to it. Whether it watched.
    ///
    /// While the clock is paused, one at most begins to watch, and is woken whenever somebody else has become
    /// idle.
    pub(super) fn wait(
        &self,
        driver: &Driver,
        timeout: Option<Duration>,
        is_paused: bool,
        watch: impl FnOnce() -> usize,
    ) -> bool {
        let mut seating = self.seating.lock();
        let place = seating.sit_down(LOOKING.replace(false), is_paused);
        self.ensure_alarm(driver, seating);
        if place == Place::Standby {
            if is_paused {
                driver.unpark_one();
            }
            self.stand_by(driver, timeout);
            return false;
        }

        let events = watch();
        self.count_turn();

        let mut seating = self.seating.lock();
        seating.stop_watching(events);
        let by = if events == 0 { WokenBy::Alarm } else { WokenBy::Other };
        WOKEN.set((by, seating.changes()));
        self.renew_alarm(driver, seating);
        true
    }

    /// Until an unpark, or an alarm while anybody is active.
    fn stand_by(&self, driver: &Driver, timeout: Option<Duration>) {
        loop {
            self.standby.wait(timeout);
            let mut seating = self.seating.lock();
            let woken = seating.wake_up(Instant::now(), self.turns(), timeout.is_some());
            LOOKING.set(woken.is_looking);
            let by = match woken {
                WakeUp { is_looking: false, .. } => WokenBy::Other,
                WakeUp { is_routine: false, .. } => WokenBy::Alarm,
                _ => WokenBy::RoutineAlarm,
            };
            WOKEN.set((by, seating.changes()));
            if let Some(at) = woken.resets {
                self.standby.set_deadline(at);
            }
            self.ensure_alarm(driver, seating);
            if woken.passes_on {
                self.standby.unpark_one();
            }
            if woken.leaves {
                return;
            }
        }
    }

    /// While somebody is active and somebody idle, there is an alarm.
    fn ensure_alarm(&self, driver: &Driver, mut seating: MutexGuard<'_, Seating>) {
        let alarm = seating.next_alarm(Instant::now, self.turns());
        drop(seating);
        self.set_alarm(driver, alarm);
    }

    /// The same, after the driver was turned or waited in.
    fn renew_alarm(&self, driver: &Driver, mut seating: MutexGuard<'_, Seating>) {
        let alarm = seating.renew_alarm(Instant::now, self.turns());
        drop(seating);
        self.set_alarm(driver, alarm);
    }

    fn set_alarm(&self, driver: &Driver, alarm: Option<Alarm>) {
        match alarm {
            None => {}
            Some(alarm) if alarm.place == Place::Standby => self.standby.set_deadline(alarm.at),
            Some(alarm) => driver.set_deadline(alarm.at),
        }
    }

    /// Why this thread's last wait ended.
    pub(super) fn woken_by() -> WokenBy {
        WOKEN.get().0
    }

    /// See `Park::quiet`.
    pub(super) fn quiet(&self, stuck: usize) {
        let since = WOKEN.get().1;
        self.seating.lock().quiet(stuck, LOOKING.get(), since);
    }

    /// See `Park::stir`.
    pub(super) fn stir(&self, driver: &Driver) {
        let mut seating = self.seating.lock();
        seating.stir();
        self.ensure_alarm(driver, seating);
    }

    /// There is one more worker, which is active.
    pub(super) fn worker_comes(&self, driver: &Driver) {
        let mut seating = self.seating.lock();
        seating.worker_comes();
        self.ensure_alarm(driver, seating);
    }

    /// There is one worker less; it was active, and does not count as looking. An unpark follows.
    pub(super) fn worker_goes(&self) {
        self.seating.lock().worker_goes();
    }

    /// Whether an unpark went to the driver since this was asked last.
    pub(super) fn take_call(&self) -> bool {
        self.seating.lock().take_call()
    }

    /// To be asked by whoever watches: whether nothing runs that could wake a task.
    pub(super) fn all_idle(&self) -> bool {
        self.is_all_idle(&self.seating.lock())
    }

    /// Calls `jump`, by whoever watches, if nothing runs that could wake a task, and before anything of the kind
    /// begins; what it returned.
    pub(super) fn jump_if_all_idle(&self, jump: impl FnOnce() -> bool) -> bool {
        let seating = self.seating.lock();
        self.is_all_idle(&seating) && jump()
    }

    fn is_all_idle(&self, seating: &Seating) -> bool {
        // Ordering: Acquire; pairs with the Release in `outside_ends`. Looked at under the lock: a worker
        // that lets something begin outside has not come to stand by before, and something that ends
        // has called a worker before if it woke a task.
        let outside = self.outside.load(Ordering::Acquire);
        seating.is_all_idle() && outside == 0
    }

    pub(super) fn outside_begins(&self, is_paused: bool) {
        // Ordering: Relaxed; a worker takes the lock before it stands by, anybody else takes it below.
        self.outside.fetch_add(1, Ordering::Relaxed);
        if is_paused {
            // A jump for which this comes too late is over before it begins.
            drop(self.seating.lock());
        }
    }

    pub(super) fn outside_ends(&self) {
        // Ordering: Release; pairs with the Acquire in `all_idle`.
        self.outside.fetch_sub(1, Ordering::Release);
    }

    /// Wakes one of those who stand by; `false` if there is none, and the watcher is to be woken.
    pub(super) fn unpark_one(&self) -> bool {
        let place = self.seating.lock().unpark();
        if place == Place::Standby {
            self.standby.unpark_one();
        }
        place == Place::Standby
    }
}

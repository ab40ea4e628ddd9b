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

use filch_io_driver::Driver;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::sync::{Mutex, MutexGuard};
use std::cell::Cell;
use std::io;
use std::time::{Duration, Instant};

/// From one alarm to the next, at most.
const TICK: Duration = Duration::from_micros(500);

/// To the first alarm; each of the following comes after twice as long.
const FIRST_TICK: Duration = Duration::from_micros(50);

/// After so long without an alarm the next is the first again.
const REST: Duration = Duration::from_millis(5);

thread_local! {
    /// Whether this thread counts as looking.
    static LOOKING: Cell<bool> = const { Cell::new(false) };
}

#[derive(Debug)]
pub(super) struct Seats {
    /// Used for its unparks and its deadline only: it has no sources.
    standby: Driver,
    state: Mutex<State>,
    /// How often the driver was turned or waited in.
    turns: AtomicUsize,
    /// Blocking calls and threads in `block_on` that are awake. For a moment it may be too small, and less
    /// than nothing, on account of a thread that a worker is just waking.
    outside: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    workers: usize,
    /// Who waits in the driver.
    watching: usize,
    standing_by: usize,
    /// Who was woken by the alarm, and has not found anything to do yet, as far as is known here.
    looking: usize,
    /// Unparks for those who stand by that none of them has taken up yet.
    unparks: usize,
    /// An unpark went to the driver; only ever looked at while the clock is paused.
    is_called: bool,
    /// The last wait brought several events: there is work for two in the driver.
    is_busy: bool,
    /// An alarm found the driver unattended: the next to wait watches, whoever is active.
    wants_watcher: bool,
    alarm: Option<Alarm>,
    /// How far ahead the last alarm was, and when it was to go off.
    last: Option<(Duration, Instant)>,
    /// The turns when the alarm was set.
    turns: usize,
}

#[derive(Debug, Clone, Copy)]
struct Alarm {
    at: Instant,
    /// On the standby; otherwise in the driver.
    on_standby: bool,
}

impl State {
    fn is_anyone_active(&self) -> bool {
        self.watching + self.standing_by + self.looking < self.workers
    }

    /// Forgets an alarm that nobody waits for any more, or that has woken a watcher.
    fn forget_unheard(&mut self) {
        let is_heard = |alarm: Alarm| {
            if alarm.on_standby {
                self.standing_by > 0
            } else {
                self.watching > 0 && alarm.at > Instant::now()
            }
        };
        if self.alarm.is_some_and(|alarm| !is_heard(alarm)) {
            self.alarm = None;
        }
    }
}

impl Seats {
    /// Without workers.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            standby: Driver::new()?,
            state: Mutex::default(),
            turns: AtomicUsize::new(0),
            outside: AtomicUsize::new(0),
        })
    }

    /// The driver was turned by a worker that is busy.
    pub(super) fn turned(&self) {
        // Ordering: Relaxed; a sign of life, nothing is published by it.
        self.turns.fetch_add(1, Ordering::Relaxed);
    }

    /// A worker that waited here has found something to do.
    pub(super) fn found_work(&self, driver: &Driver) {
        if LOOKING.replace(false) {
            let mut state = self.state.lock();
            state.looking -= 1;
            self.ensure_alarm(driver, state);
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
        let mut state = self.state.lock();
        state.looking -= usize::from(LOOKING.replace(false));
        let idle = 1 + state.standing_by + state.looking;
        let is_attended = state.watching > 0 || idle < state.workers;
        let is_busy = state.is_busy && !is_paused;
        if is_attended && !is_busy && !state.wants_watcher {
            state.standing_by += 1;
            self.ensure_alarm(driver, state);
            if is_paused {
                driver.unpark_one();
            }
            self.stand_by(driver, timeout);
            return false;
        }
        state.watching += 1;
        state.wants_watcher = false;
        self.ensure_alarm(driver, state);

        let events = watch();
        self.turned();

        let mut state = self.state.lock();
        state.watching -= 1;
        state.is_busy = events > 1;
        self.ensure_alarm(driver, state);
        true
    }

    /// Until an unpark, or an alarm while anybody is active.
    fn stand_by(&self, driver: &Driver, timeout: Option<Duration>) {
        loop {
            self.standby.wait(timeout);
            let mut state = self.state.lock();
            let is_unparked = state.unparks > 0;
            state.unparks -= usize::from(is_unparked);
            // Two unparks may wake one thread.
            let pass_on = state.unparks > 0;
            let is_needed = self.take_alarm(&mut state) && state.is_anyone_active();
            let leaves = is_needed || is_unparked || timeout.is_some();
            state.standing_by -= usize::from(leaves);
            if is_needed && !is_unparked {
                LOOKING.set(true);
                state.looking += 1;
            }
            self.ensure_alarm(driver, state);
            if pass_on {
                self.standby.unpark_one();
            }
            if leaves {
                return;
            }
        }
    }

    /// Whether the alarm has gone off. Then it is seen to that somebody watches, if nobody has turned the
    /// driver since it was set.
    fn take_alarm(&self, state: &mut State) -> bool {
        if state.alarm.is_none_or(|alarm| alarm.at > Instant::now()) {
            // Of an alarm that was forgotten. The standby forgets the later one of two.
            if let Some(alarm) = state.alarm.filter(|alarm| alarm.on_standby) {
                self.standby.set_deadline(alarm.at);
            }
            return false;
        }
        state.alarm = None;
        // Ordering: Relaxed; see `turned`.
        let is_turned = self.turns.load(Ordering::Relaxed) != state.turns;
        state.wants_watcher = !is_turned && state.watching == 0;
        true
    }

    /// While somebody is active and somebody idle, there is an alarm.
    fn ensure_alarm(&self, driver: &Driver, mut state: MutexGuard<'_, State>) {
        state.forget_unheard();
        let is_anyone_idle = state.watching + state.standing_by > 0;
        if state.alarm.is_some() || !is_anyone_idle || !state.is_anyone_active() {
            return;
        }
        let now = Instant::now();
        let ahead = match state.last {
            Some((ahead, at)) if now.saturating_duration_since(at) < REST => TICK.min(2 * ahead),
            _ => FIRST_TICK,
        };
        let alarm = Alarm { at: now + ahead, on_standby: state.standing_by > 0 };
        state.alarm = Some(alarm);
        state.last = Some((ahead, alarm.at));
        // Ordering: Relaxed; see `turned`.
        state.turns = self.turns.load(Ordering::Relaxed);
        drop(state);
        if alarm.on_standby {
            self.standby.set_deadline(alarm.at);
        } else {
            driver.set_deadline(alarm.at);
        }
    }

    /// There is one more worker, which is active.
    pub(super) fn worker_comes(&self, driver: &Driver) {
        let mut state = self.state.lock();
        state.workers += 1;
        self.ensure_alarm(driver, state);
    }

    /// There is one worker less; it was active, and does not count as looking.
    pub(super) fn worker_goes(&self) {
        self.state.lock().workers -= 1;
    }

    /// Whether an unpark went to the driver since this was asked last.
    pub(super) fn take_call(&self) -> bool {
        std::mem::take(&mut self.state.lock().is_called)
    }

    /// To be asked by whoever watches: whether nothing runs that could wake a task.
    pub(super) fn all_idle(&self) -> bool {
        let state = self.state.lock();
        let asleep = state.standing_by.saturating_sub(state.unparks);
        // Ordering: Acquire; pairs with the Release in `outside_ends`. Looked at under the lock: a worker
        // that lets something begin outside has not come to stand by before, and something that ends
        // has called a worker before if it woke a task.
        let outside = self.outside.load(Ordering::Acquire);
        state.watching == 1 && asleep + 1 == state.workers && !state.is_called && outside == 0
    }

    pub(super) fn outside_begins(&self) {
        // Ordering: Relaxed; a worker takes the lock before it stands by.
        self.outside.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn outside_ends(&self) {
        // Ordering: Release; pairs with the Acquire in `all_idle`.
        self.outside.fetch_sub(1, Ordering::Release);
    }

    /// Wakes one of those who stand by; `false` if there is none, and the watcher is to be woken.
    pub(super) fn unpark_one(&self) -> bool {
        {
            let mut state = self.state.lock();
            if state.standing_by <= state.unparks {
                state.is_called = true;
                return false;
            }
            state.unparks += 1;
        }
        self.standby.unpark_one();
        true
    }
}

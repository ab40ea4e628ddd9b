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
//! Instead of a watcher there is an alarm, which wakes one of those who stand by. If the driver has been
//! turned since, all is well. If not, the active worker is in a long poll: the one that was woken looks for
//! work, which frees what is behind that poll, and watches the driver itself.
//!
//! So a long poll holds up timers and sockets for two ticks at the most, a short one costs nobody a
//! wake-up, and where nothing happens there is no alarm.
//!
//! | who | does | |
//! |---|---|---|
//! | watchers | wait in the driver | get events, timers, and unparks when nobody stands by |
//! | others | wait on the standby | get unparks and the alarm |
//!
//! Whoever watches can tell, for a clock that is paused, whether [everybody is idle](Seats::all_idle): then no
//! worker runs, none is called, and nothing that happens outside of them is counted.

use filch_io_driver::Driver;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::sync::Mutex;
use std::io;
use std::time::{Duration, Instant};

/// How long the driver may stay unattended before somebody looks after it; twice that, at worst.
const TICK: Duration = Duration::from_micros(500);

/// The first look of a worker that has just become idle: it is awake, so it costs less.
const FIRST_TICK: Duration = Duration::from_micros(50);

#[derive(Debug)]
pub(super) struct Seats {
    /// Used for its unparks and its deadline only: it has no sources.
    standby: Driver,
    state: Mutex<State>,
    /// How often the driver was turned or waited in.
    turns: AtomicUsize,
    workers: usize,
    /// Blocking calls and threads in `block_on` that are awake. For a moment it may be too small, and less
    /// than nothing, on account of a thread that a worker is just waking.
    outside: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    /// Who waits in the driver.
    watching: usize,
    standing_by: usize,
    /// Unparks for those who stand by that none of them has taken up yet.
    unparks: usize,
    /// An unpark went to the driver; only ever looked at while the clock is paused.
    is_called: bool,
    /// The last wait brought several events: there is work for two in the driver.
    is_busy: bool,
    /// An alarm found the driver unattended: the next to wait watches, whoever is active.
    wants_watcher: bool,
    alarm: Option<Instant>,
    /// The turns when the alarm was set.
    turns: usize,
}

impl Seats {
    /// For `workers` workers, all of them active.
    pub(super) fn new(workers: usize) -> io::Result<Self> {
        Ok(Self {
            standby: Driver::new()?,
            state: Mutex::default(),
            turns: AtomicUsize::new(0),
            workers,
            outside: AtomicUsize::new(0),
        })
    }

    /// The driver was turned by a worker that is busy.
    pub(super) fn turned(&self) {
        // Ordering: Relaxed; a sign of life, nothing is published by it.
        self.turns.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits by `watch`, which returns the number of events, or on the standby if somebody else watches or
    /// will come to it. Whether it watched.
    ///
    /// While the clock is paused, one at most begins to watch, and `wake_watcher` is called whenever somebody
    /// else has become idle.
    pub(super) fn wait(
        &self,
        timeout: Option<Duration>,
        is_paused: bool,
        watch: impl FnOnce() -> usize,
        wake_watcher: impl FnOnce(),
    ) -> bool {
        let mut state = self.state.lock();
        let idle = 1 + state.standing_by + state.watching;
        let is_attended = state.watching > 0 || idle < self.workers;
        let is_busy = state.is_busy && !is_paused;
        if is_attended && !is_busy && !state.wants_watcher {
            state.standing_by += 1;
            let alarm = (state.watching == 0).then(|| self.set_alarm(&mut state, FIRST_TICK));
            drop(state);
            if let Some(at) = alarm {
                self.standby.set_deadline(at);
            }
            if is_paused {
                wake_watcher();
            }
            self.stand_by(timeout);
            return false;
        }
        state.watching += 1;
        state.wants_watcher = false;
        drop(state);

        let events = watch();
        self.turned();

        let mut state = self.state.lock();
        state.watching -= 1;
        state.is_busy = events > 1;
        let needs_alarm = state.watching == 0 && state.standing_by > 0 && state.alarm.is_none();
        let alarm = needs_alarm.then(|| self.set_alarm(&mut state, TICK));
        drop(state);
        if let Some(at) = alarm {
            self.standby.set_deadline(at);
        }
        true
    }

    /// Until an unpark, or until an alarm finds the driver unattended.
    fn stand_by(&self, timeout: Option<Duration>) {
        loop {
            self.standby.wait(timeout);
            let mut state = self.state.lock();
            let tick = self.tick(&mut state);
            let is_unparked = state.unparks > 0;
            state.unparks -= usize::from(is_unparked);
            // Two unparks may wake one thread.
            let pass_on = state.unparks > 0;
            let stays = tick.stays && !is_unparked && timeout.is_none();
            state.standing_by -= usize::from(!stays);
            drop(state);
            if let Some(at) = tick.alarm {
                self.standby.set_deadline(at);
            }
            if pass_on {
                self.standby.unpark_one();
            }
            if !stays {
                return;
            }
        }
    }

    fn tick(&self, state: &mut State) -> Tick {
        if state.alarm.is_none_or(|at| at > Instant::now()) {
            // An alarm that was overtaken by an earlier look; the standby has forgotten the later one.
            return Tick { stays: true, alarm: state.alarm };
        }
        state.alarm = None;
        // Ordering: Relaxed; see `turned`.
        let is_turned = self.turns.load(Ordering::Relaxed) != state.turns;
        let is_watched = state.watching > 0;
        state.wants_watcher = !is_turned && !is_watched;
        // Watched: whoever leaves it next sets the alarm again.
        let alarm = (is_turned && !is_watched).then(|| self.set_alarm(state, TICK));
        Tick { stays: !state.wants_watcher, alarm }
    }

    fn set_alarm(&self, state: &mut State, ahead: Duration) -> Instant {
        let at = Instant::now() + ahead;
        state.alarm = Some(at);
        // Ordering: Relaxed; see `turned`.
        state.turns = self.turns.load(Ordering::Relaxed);
        at
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
        state.watching == 1 && asleep + 1 == self.workers && !state.is_called && outside == 0
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

/// What a worker that stands by does after it woke up.
struct Tick {
    /// The alarm woke it, and it is not needed.
    stays: bool,
    /// When to look again.
    alarm: Option<Instant>,
}

//! Where an idle worker of a whole runtime waits, and who is woken: `crates/filch/src/runtime/seating.rs`, around which
//! this file does what `seats.rs` does. A bell on a lock stands in for the driver and for the standby; loom has
//! no time, so that alarms go off at once or not at all.
#![cfg(filch_loom)]

#[path = "../../crates/filch/src/runtime/seating.rs"]
#[allow(dead_code, reason = "a paused clock is not in these models")]
mod seating;

use filch_primitives::sync::{Arc, Condvar, Mutex, MutexGuard};
use filch_primitives::thread;
use loom_tests::explore;
use seating::{Alarm, Place, Seating};
use std::time::{Duration, Instant};

/// Stands in for a `Driver`.
#[derive(Default)]
struct Bell {
    state: Mutex<BellState>,
    rung: Condvar,
}

#[derive(Default)]
struct BellState {
    unparks: usize,
    events: usize,
    alarm: bool,
}

impl Bell {
    fn ring(&self, how: impl FnOnce(&mut BellState)) {
        how(&mut self.state.lock());
        self.rung.notify_one();
    }

    /// Until there is anything; how many events there were.
    fn wait(&self) -> usize {
        let mut state = self.state.lock();
        while state.unparks == 0 && state.events == 0 && !state.alarm {
            state = self.rung.wait(state);
        }
        // As an eventfd and a timerfd: what has come together is one.
        state.unparks = 0;
        state.alarm = false;
        std::mem::take(&mut state.events)
    }

    /// As a turn: unparks are left. Whether the alarm was taken.
    fn take(&self) -> bool {
        let mut state = self.state.lock();
        state.events = 0;
        std::mem::take(&mut state.alarm)
    }
}

struct Seats {
    driver: Bell,
    standby: Bell,
    seating: Mutex<(Seating, Clock)>,
}

/// While time passes, alarms go off at once.
struct Clock {
    now: Instant,
    turns: usize,
    /// How many of them.
    alarms: usize,
    /// At their time, and not before, as if another deadline had been the earlier one.
    on_time: bool,
    /// The last alarm, which is to go off when time passes.
    pending: Option<Alarm>,
}

impl Clock {
    fn goes_off(&mut self, alarm: Alarm) {
        if self.on_time {
            self.now = self.now.max(alarm.at);
        }
    }
}

impl Seats {
    fn new(workers: usize) -> Arc<Self> {
        let mut seating = Seating::default();
        (0..workers).for_each(|_| seating.worker_comes());
        let clock =
            Clock { now: Instant::now(), turns: 0, alarms: 0, on_time: false, pending: None };
        Arc::new(Self {
            driver: Bell::default(),
            standby: Bell::default(),
            seating: Mutex::new((seating, clock)),
        })
    }

    /// Returns how many events it got, and whether it was looking before and is now.
    fn wait(&self, was_looking: bool) -> (usize, bool) {
        let mut state = self.seating.lock();
        let place = state.0.sit_down(was_looking, false);
        self.ensure_alarm(state);
        if place == Place::Standby {
            return (0, self.stand_by());
        }
        let events = self.driver.wait();
        let mut state = self.seating.lock();
        state.1.turns += 1;
        state.0.stop_watching(events);
        self.renew_alarm(state);
        (events, false)
    }

    /// By a worker that is busy, after so much time.
    fn turn(&self, passed: Duration) {
        let was_due = self.driver.take();
        let mut state = self.seating.lock();
        state.1.turns += 1;
        state.1.now += passed;
        let now = state.1.now;
        let passes_on = was_due && state.0.takes_alarm(now);
        self.renew_alarm(state);
        if passes_on {
            self.driver.ring(|bell| bell.unparks += 1);
        }
    }

    fn stand_by(&self) -> bool {
        loop {
            self.standby.wait();
            let mut state = self.seating.lock();
            let (seating, clock) = &mut *state;
            clock.now += Duration::from_millis(1);
            let woken = seating.wake_up(clock.now, clock.turns, false);
            if woken.resets.is_some() {
                self.standby.ring(|bell| bell.alarm = true);
            }
            self.ensure_alarm(state);
            if woken.passes_on {
                self.standby.ring(|bell| bell.unparks += 1);
            }
            if woken.leaves {
                return woken.is_looking;
            }
        }
    }

    fn ensure_alarm(&self, mut state: MutexGuard<'_, (Seating, Clock)>) {
        let (seating, clock) = &mut *state;
        let (now, turns) = (clock.now, clock.turns);
        let alarm = seating.next_alarm(|| now, turns);
        self.set_alarm(state, alarm);
    }

    fn renew_alarm(&self, mut state: MutexGuard<'_, (Seating, Clock)>) {
        let (seating, clock) = &mut *state;
        let (now, turns) = (clock.now, clock.turns);
        let alarm = seating.renew_alarm(|| now, turns);
        self.set_alarm(state, alarm);
    }

    fn set_alarm(&self, mut state: MutexGuard<'_, (Seating, Clock)>, alarm: Option<Alarm>) {
        let Some(alarm) = alarm else { return };
        let clock = &mut state.1;
        if clock.alarms == 0 {
            clock.pending = Some(alarm);
            return;
        }
        clock.alarms -= 1;
        clock.goes_off(alarm);
        drop(state);
        self.sound_alarm(alarm.place);
    }

    fn sound_alarm(&self, place: Place) {
        self.bell(place).ring(|bell| bell.alarm = true);
    }

    fn bell(&self, place: Place) -> &Bell {
        match place {
            Place::Driver => &self.driver,
            Place::Standby => &self.standby,
        }
    }

    /// Alarms go off from here on.
    fn pass_time(&self) {
        self.let_go_off(usize::MAX);
    }

    /// One alarm goes off.
    fn pass_time_once(&self) {
        self.let_go_off(1);
    }

    fn let_go_off(&self, alarms: usize) {
        let pending = {
            let mut state = self.seating.lock();
            let pending = state.1.pending.take();
            state.1.alarms = alarms - usize::from(pending.is_some());
            pending.inspect(|&alarm| state.1.goes_off(alarm))
        };
        if let Some(alarm) = pending {
            self.sound_alarm(alarm.place);
        }
    }

    fn unpark_one(&self) {
        let place = self.seating.lock().0.unpark();
        self.bell(place).ring(|bell| bell.unparks += 1);
    }
}

/// An idle worker, until it has got an event.
fn waits_for_an_event(seats: &Arc<Seats>) -> impl FnOnce() + use<> {
    let seats = seats.clone();
    move || {
        let (mut events, mut is_looking) = (0, false);
        while events == 0 {
            (events, is_looking) = seats.wait(is_looking);
        }
    }
}

#[test]
fn two_sit_down_and_are_unparked() {
    explore(["both were told"], |seen| {
        let seats = Seats::new(2);
        // As in a shutdown: whoever is told tells the next.
        let told = Arc::new(Mutex::new(false));
        let workers = [0, 1].map(|_| {
            let (seats, told) = (seats.clone(), told.clone());
            thread::spawn(move || {
                let mut is_looking = false;
                while !*told.lock() {
                    is_looking = seats.wait(is_looking).1;
                }
                seats.unpark_one();
            })
        });
        *told.lock() = true;
        seats.unpark_one();
        // Somebody who sits down behind an unpark that went to the driver, while the one that it woke counts as active,
        // is told by the alarm.
        seats.pass_time();
        for worker in workers {
            worker.join().unwrap();
        }
        seen.note("both were told");
    });
}

#[test]
fn the_driver_is_attended_while_a_worker_is_stuck() {
    explore(["by the alarm"], |seen| {
        let seats = Seats::new(2);
        let worker = thread::spawn(waits_for_an_event(&seats));
        // The other worker, this thread, is in a poll that does not end.
        seats.driver.ring(|bell| bell.events += 1);
        seats.pass_time();
        worker.join().unwrap();
        seen.note("by the alarm");
    });
}

#[test]
fn a_turn_takes_the_alarm() {
    explore(["it was set again"], |seen| {
        let seats = Seats::new(2);
        // The next to wait watches: of this unpark, somebody has taken notice.
        seats.seating.lock().0.unpark();
        let worker = thread::spawn({
            let seats = seats.clone();
            move || seats.wait(false)
        });
        seats.pass_time();
        // Before the alarm is due: an earlier deadline was.
        seats.turn(Duration::ZERO);
        // This worker is in a poll that does not end.
        worker.join().unwrap();
        seen.note("it was set again");
    });
}

#[test]
fn a_turn_passes_the_alarm_on() {
    explore(["by the alarm or in its place"], |seen| {
        let seats = Seats::new(2);
        // The next to wait watches: of this unpark, somebody has taken notice.
        seats.seating.lock().0.unpark();
        let worker = thread::spawn({
            let seats = seats.clone();
            move || seats.wait(false)
        });
        // The only alarm; the others are taken by further turns.
        seats.pass_time_once();
        seats.turn(Duration::from_millis(1));
        worker.join().unwrap();
        seen.note("by the alarm or in its place");
    });
}

/// One takes the alarm, and before it says so the other finds that its time has passed, and sets the next.
#[test]
fn two_turns_meet_one_alarm() {
    explore(["by the alarm or in its place"], |seen| {
        let seats = Seats::new(3);
        seats.seating.lock().0.unpark();
        let worker = thread::spawn({
            let seats = seats.clone();
            move || seats.wait(false)
        });
        let other = thread::spawn({
            let seats = seats.clone();
            move || seats.turn(Duration::ZERO)
        });
        seats.seating.lock().1.on_time = true;
        seats.pass_time_once();
        seats.turn(Duration::ZERO);
        other.join().unwrap();
        worker.join().unwrap();
        seen.note("by the alarm or in its place");
    });
}

#[test]
fn the_last_active_worker_goes() {
    explore(["the other watches"], |seen| {
        let seats = Seats::new(2);
        let worker = thread::spawn(waits_for_an_event(&seats));
        seats.seating.lock().0.worker_goes();
        seats.unpark_one();
        seats.driver.ring(|bell| bell.events += 1);
        worker.join().unwrap();
        seen.note("the other watches");
    });
}

#[test]
fn a_worker_that_was_to_come_goes() {
    explore(["the only one watches"], |seen| {
        let seats = Seats::new(1);
        let worker = thread::spawn(waits_for_an_event(&seats));
        // As in a growth that fails: somebody who does not get a thread is told of first, and then counted off.
        let mut state = seats.seating.lock();
        state.0.worker_comes();
        seats.ensure_alarm(state);
        seats.unpark_one();
        seats.seating.lock().0.worker_goes();
        seats.unpark_one();
        seats.driver.ring(|bell| bell.events += 1);
        worker.join().unwrap();
        seen.note("the only one watches");
    });
}

#[test]
fn a_stuck_worker_stirs() {
    explore(["by the alarm", "it was quiet"], |seen| {
        let seats = Seats::new(2);
        let has_task = Arc::new(Mutex::new(false));
        let worker = thread::spawn({
            let (seats, has_task) = (seats.clone(), has_task.clone());
            move || {
                let (mut is_looking, mut was_quiet) = (false, false);
                loop {
                    let since = seats.seating.lock().0.changes();
                    if *has_task.lock() {
                        return was_quiet;
                    }
                    // The other is stuck, and has nothing yet.
                    let mut state = seats.seating.lock();
                    state.0.quiet(1, is_looking, since);
                    was_quiet |= state.0.is_quiet();
                    drop(state);
                    is_looking = seats.wait(is_looking).1;
                }
            }
        });
        seats.pass_time();
        // As under the biased lock: what is there is seen, or the bell is.
        *has_task.lock() = true;
        let mut state = seats.seating.lock();
        state.0.stir();
        seats.ensure_alarm(state);
        let was_quiet = worker.join().unwrap();
        seen.note(if was_quiet { "it was quiet" } else { "by the alarm" });
    });
}

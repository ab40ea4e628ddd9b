//! # Seating: where an idle worker waits, who is woken, and when the alarm goes off
//!
//! The decisions behind `seats.rs`, which tells why they are as they are. Everything here happens under one lock, and
//! nothing here waits or wakes: the answers say who has to.
//!
//! ## Invariants
//! * I1: `watching + standing_by + looking <= workers`.
//! * I2: every unpark ends somebody's wait, on the standby if anybody is there; models `two_sit_down_and_are_unparked`,
//!   `the_last_active_worker_goes`. Somebody who sits down while one goes to the driver is told by the alarm (I3).
//! * I3: while somebody is active and somebody waits, nobody looks and it is not quiet, an alarm is set where they wait,
//!   or about to be by whoever took it from the driver or changed something here last; model
//!   `a_turn_takes_the_alarm`. If a turn took it when it went off, somebody who waits there is told by an unpark, however
//!   many turns others make; models `a_turn_passes_the_alarm_on`, `two_turns_meet_one_alarm`. When it has gone off with the driver unattended since it
//!   was set, whoever it woke watches; model `the_driver_is_attended_while_a_worker_is_stuck`.
//! * I4: when the last one that was active goes for good, or does not come, and wakes one of the others afterwards, that
//!   one watches; models `the_last_active_worker_goes`, `a_worker_that_was_to_come_goes`.
//! * I5: while it is quiet there is no alarm: then everybody is idle, or stuck with nothing behind it, and somebody watches
//!   or is about to. Whoever gets up ends it, and so does somebody stuck who stirs; model `a_stuck_worker_stirs`.
//!
//! ## Checked by
//! `loom-tests/tests/seating.rs`, in which a bell on a lock stands in for the driver and for the standby, and alarms go
//! off at once or not at all.

use std::time::{Duration, Instant};

/// From one alarm to the next, at most. Two of them hold up less than a millisecond, the wake-ups included, on most days.
const TICK: Duration = Duration::from_micros(300);

/// To the first alarm; each of the following comes after twice as long.
const FIRST_TICK: Duration = Duration::from_micros(50);

/// After so long without an alarm the next is the first again.
const REST: Duration = Duration::from_millis(5);

/// Where an idle worker waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// For events, timers, and, when nobody stands by, unparks and the alarm.
    Driver,
    /// For unparks and the alarm.
    Standby,
}

/// See the head of this file.
#[derive(Debug, Default)]
pub struct Seating {
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
    /// No alarm is needed until something changes.
    is_quiet: bool,
    /// How often somebody has become active or idle, or may have.
    changes: usize,
    alarm: Option<Alarm>,
    /// An alarm in the driver has gone off, and nobody who watched has come back since: a turn may have taken it.
    has_gone_off: bool,
    /// How far ahead the last alarm was, and when it was to go off.
    last: Option<(Duration, Instant)>,
    /// The turns when the alarm was set.
    turns: usize,
}

/// When to wake somebody who waits.
#[derive(Debug, Clone, Copy)]
pub struct Alarm {
    /// The time.
    pub at: Instant,
    /// And where.
    pub place: Place,
}

/// What becomes of somebody who woke on the standby.
#[derive(Debug)]
pub struct WakeUp {
    /// It goes to look for work; otherwise it sleeps on.
    pub leaves: bool,
    /// It was the alarm: it counts as looking until it has [found work](Seating::found_work) or sits down again.
    pub is_looking: bool,
    /// It was the alarm, and not the first for a while.
    pub is_routine: bool,
    /// Two unparks may have woken one thread: it wakes the next.
    pub passes_on: bool,
    /// The alarm that it was woken by was not the one that counts, which is to be set again.
    pub resets: Option<Instant>,
}

impl Seating {
    /// There is one more worker, which is active.
    pub fn worker_comes(&mut self) {
        self.change();
        self.workers += 1;
    }

    /// There is one worker less. It was active, not looking, and wakes somebody by an [unpark](Self::unpark) afterwards.
    pub fn worker_goes(&mut self) {
        self.change();
        self.workers -= 1;
    }

    /// Somebody who was looking has found something to do.
    pub fn found_work(&mut self) {
        self.change();
        self.looking -= 1;
    }

    /// Somebody has nothing to do: where it is to wait. While the clock is paused, one at most watches.
    pub fn sit_down(&mut self, was_looking: bool, is_paused: bool) -> Place {
        self.looking -= usize::from(was_looking);
        // Who counted this one as stuck must not count it as idle besides.
        self.changes = self.changes.wrapping_add(1);
        let idle = 1 + self.standing_by + self.looking;
        let is_attended = self.watching > 0 || idle < self.workers;
        let is_busy = self.is_busy && !is_paused;
        if is_attended && !is_busy && !self.wants_watcher {
            self.standing_by += 1;
            Place::Standby
        } else {
            self.watching += 1;
            self.wants_watcher = false;
            Place::Driver
        }
    }

    /// Somebody who watched is back, with so many events.
    pub fn stop_watching(&mut self, events: usize) {
        self.change();
        self.watching -= 1;
        self.has_gone_off = false;
        self.is_busy = events > 1;
    }

    /// Somebody who stood by woke up, when the driver had been turned so many times.
    pub fn wake_up(&mut self, now: Instant, turns: usize, has_timeout: bool) -> WakeUp {
        let is_unparked = self.unparks > 0;
        self.unparks -= usize::from(is_unparked);
        let mut resets = None;
        let has_gone_off = self.alarm.is_some_and(|alarm| alarm.at <= now);
        if has_gone_off {
            self.alarm = None;
            self.wants_watcher |= turns == self.turns && self.watching == 0;
        } else {
            // Of an alarm that was forgotten. The standby forgets the later one of two.
            let on_standby = self.alarm.filter(|alarm| alarm.place == Place::Standby);
            resets = on_standby.map(|alarm| alarm.at);
        }
        // One may be left from before it became quiet.
        let is_needed = has_gone_off && self.is_anyone_active() && !self.is_quiet;
        let leaves = is_needed || is_unparked || has_timeout;
        let is_looking = is_needed && !is_unparked;
        let is_routine = is_looking && self.last.is_some_and(|(ahead, _)| ahead == TICK);
        if leaves {
            self.change();
        }
        self.standing_by -= usize::from(leaves);
        self.looking += usize::from(is_looking);
        WakeUp { leaves, is_looking, is_routine, passes_on: self.unparks > 0, resets }
    }

    fn is_anyone_active(&self) -> bool {
        self.watching + self.standing_by + self.looking < self.workers
    }

    /// After every change: the alarm to set, if there is to be one and none is set. `turns`: how often the driver has been
    /// turned.
    pub fn next_alarm(&mut self, now: impl Fn() -> Instant, turns: usize) -> Option<Alarm> {
        // One that nobody waits for any more, or that has gone off in the driver.
        if let Some(alarm) = self.alarm {
            let is_watched = alarm.place == Place::Driver && self.watching > 0;
            let has_gone_off = is_watched && alarm.at <= now();
            self.has_gone_off |= has_gone_off;
            let is_heard = match alarm.place {
                Place::Standby => self.standing_by > 0,
                Place::Driver => is_watched && !has_gone_off,
            };
            self.alarm = self.alarm.filter(|_| is_heard);
        }
        // Whoever looks is not long about it, and asks again.
        if self.is_quiet || self.looking > 0 {
            return None;
        }
        let is_anyone_idle = self.watching + self.standing_by > 0;
        if self.alarm.is_some() || !is_anyone_idle || !self.is_anyone_active() {
            return None;
        }
        let now = now();
        let ahead = match self.last {
            Some((ahead, at)) if now.saturating_duration_since(at) < REST => TICK.min(2 * ahead),
            _ => FIRST_TICK,
        };
        let place = if self.standing_by > 0 { Place::Standby } else { Place::Driver };
        let alarm = Alarm { at: now + ahead, place };
        self.alarm = Some(alarm);
        self.last = Some((ahead, alarm.at));
        self.turns = turns;
        self.alarm
    }

    /// After a turn of the driver, or a wait in it, which may have taken the alarm from another who waits there, or the
    /// deadline that kept the alarm from being set: the alarm to set.
    pub fn renew_alarm(&mut self, now: impl Fn() -> Instant, turns: usize) -> Option<Alarm> {
        let in_driver = |alarm: &Alarm| alarm.place == Place::Driver;
        self.next_alarm(now, turns).or_else(|| self.alarm.filter(in_driver))
    }

    /// Somebody who is active has turned the driver when a deadline was due: whether it was the alarm of somebody who waits
    /// there, and is to be unparked in its place. Another alarm alone might be taken by the next turn, and so on.
    pub fn takes_alarm(&mut self, now: Instant) -> bool {
        let is_gone = |alarm: Alarm| alarm.place == Place::Driver && alarm.at <= now;
        // Somebody may have set the next one since.
        let has_gone_off =
            std::mem::take(&mut self.has_gone_off) || self.alarm.is_some_and(is_gone);
        has_gone_off && self.watching > 0
    }

    fn change(&mut self) {
        self.changes = self.changes.wrapping_add(1);
        self.is_quiet = false;
    }

    /// To be remembered by whoever gets up, for [`quiet`](Self::quiet).
    pub fn changes(&self) -> usize {
        self.changes
    }

    /// Somebody who got up when there had been `since` changes is about to sit down again, and has found `stuck` others in a
    /// poll with nothing behind it, each of which [stirs](Self::stir) before it has. Quiet, if nobody else is active.
    pub fn quiet(&mut self, stuck: usize, is_looking: bool, since: usize) {
        let idle = self.watching + self.standing_by + self.looking - usize::from(is_looking);
        if self.changes == since && idle + 1 + stuck == self.workers {
            self.is_quiet = true;
            // Nobody who is active will come to it.
            self.wants_watcher |= self.watching == 0;
        }
    }

    /// Whether it is.
    #[cfg(filch_loom)]
    pub fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// Somebody who was stuck has something to do again.
    pub fn stir(&mut self) {
        self.change();
        // As after a rest: it may be stuck again from the beginning.
        self.last = None;
    }

    /// Somebody is to be woken: where.
    pub fn unpark(&mut self) -> Place {
        self.change();
        if self.standing_by <= self.unparks {
            self.is_called = true;
            // It is kept there for the next one that comes.
            self.wants_watcher |= self.watching == 0;
            return Place::Driver;
        }
        self.unparks += 1;
        Place::Standby
    }

    /// Whether an unpark went to the driver since this was asked last.
    pub fn take_call(&mut self) -> bool {
        std::mem::take(&mut self.is_called)
    }

    /// To be asked by the only one that watches: whether no worker is awake or called.
    pub fn is_all_idle(&self) -> bool {
        let asleep = self.standing_by.saturating_sub(self.unparks);
        self.watching == 1 && asleep + 1 == self.workers && !self.is_called
    }
}

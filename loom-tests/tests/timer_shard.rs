//! The timers' shards: `crates/timer-wheel/src/earliest.rs` (E1) and `shard.rs` (S1).
#![cfg(filch_loom)]
#![expect(
    clippy::disallowed_types,
    reason = "what is gathered over all executions of a model is not part of the model"
)]

use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::sync::{Arc, Mutex};
use filch_timer_wheel::Key;
use filch_timer_wheel::model::{Alarm, Arm, Armed, NONE, Shard};
use loom::thread;
use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicBool, Ordering as StdOrdering};
use std::task::{Wake, Waker};

/// Two slots a level: the wheel itself is not what is explored here.
type SmallShard = Shard<1>;

/// Counts how often it was woken.
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: StdArc<Self>) {
        // Ordering: Relaxed; read after joining.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn count() -> (StdArc<Count>, Waker) {
    let count = StdArc::new(Count(AtomicUsize::new(0)));
    (StdArc::clone(&count), Waker::from(count))
}

fn woken(count: &Count) -> usize {
    // Ordering: Relaxed; the threads are joined.
    count.0.load(Ordering::Relaxed)
}

/// Shards, and a driver with an alarm as `Timers` describes it: everything behind one lock.
struct Driven {
    shards: Vec<SmallShard>,
    promised: Alarm,
    alarm: Mutex<u64>,
}

impl Driven {
    fn new(shards: usize) -> Arc<Self> {
        let shards = (0..shards).map(|_| SmallShard::new(0)).collect();
        Arc::new(Self { shards, promised: Alarm::new(), alarm: Mutex::new(NONE) })
    }

    /// The alarm has gone off at tick 2 and everything has fired, but nobody has promised anew: an
    /// inserter that reads the old promise believes that somebody will be awake early enough.
    fn after_the_alarm(shards: usize) -> Arc<Self> {
        let driven = Self::new(shards);
        driven.arm(0, 2, Waker::noop().clone());
        driven.rearm();
        assert_eq!(driven.shards[0].advance(2, 64).fired, 1);
        driven
    }

    /// An inserter; returns the key and whether it had to tell.
    fn arm(&self, shard: usize, tick: u64, waker: Waker) -> (Key, bool) {
        match self.shards[shard].arm(tick, 0, waker, &self.promised) {
            Arm::Armed { key, tell } => {
                if tell {
                    self.tell(tick);
                }
                (key, tell)
            }
            refused => panic!("the shard is open and at tick 0: {refused:?}"),
        }
    }

    fn tell(&self, tick: u64) {
        let mut alarm = self.alarm.lock();
        *alarm = tick.min(*alarm);
    }

    /// A waiter: sets the alarm.
    fn rearm(&self) {
        let mut alarm = self.alarm.lock();
        *alarm = self.promised.promise(self.shards.iter().map(SmallShard::next));
    }

    /// E2, once every thread is done.
    fn check(&self) {
        let alarm = *self.alarm.lock();
        for shard in &self.shards {
            assert!(alarm <= shard.next().peek(), "a timer waits and nobody will be awake for it");
        }
    }
}

/// Both branches of a race must have been explored, or the model shows less than it says.
#[derive(Default)]
struct Reached {
    yes: AtomicBool,
    no: AtomicBool,
}

impl Reached {
    fn note(&self, outcome: bool) {
        let seen = if outcome { &self.yes } else { &self.no };
        seen.store(true, StdOrdering::Relaxed);
    }

    fn assert_both(&self) {
        assert!(self.yes.load(StdOrdering::Relaxed), "one outcome was never reached");
        assert!(self.no.load(StdOrdering::Relaxed), "the other outcome was never reached");
    }
}

#[test]
fn insert_meets_promise() {
    let told = StdArc::new(Reached::default());
    let seen = StdArc::clone(&told);
    loom::model(move || {
        let driven = Driven::after_the_alarm(1);
        let inserter = {
            let driven = Arc::clone(&driven);
            thread::spawn(move || driven.arm(0, 3, Waker::noop().clone()).1)
        };
        // No lock around the promise: the words alone must suffice for a waiter without an alarm.
        let promised = driven.promised.promise(driven.shards.iter().map(SmallShard::next));
        let told = inserter.join().unwrap();
        assert!(told || promised <= 3, "neither was the waiter told, nor did it read the deadline");
        seen.note(told);
    });
    told.assert_both();
}

#[test]
fn two_inserts_meet_promise() {
    loom::model(|| {
        let driven = Driven::after_the_alarm(2);
        let inserters = [(0, 5), (1, 3)].map(|(shard, tick)| {
            let driven = Arc::clone(&driven);
            thread::spawn(move || driven.arm(shard, tick, Waker::noop().clone()))
        });
        driven.rearm();
        for inserter in inserters {
            inserter.join().unwrap();
        }
        driven.check();
        assert_eq!(*driven.alarm.lock(), 3);
    });
}

#[test]
fn insert_meets_two_promises() {
    loom::model(|| {
        let driven = Driven::after_the_alarm(1);
        let rearming = {
            let driven = Arc::clone(&driven);
            thread::spawn(move || driven.rearm())
        };
        let inserter = {
            let driven = Arc::clone(&driven);
            thread::spawn(move || driven.arm(0, 3, Waker::noop().clone()))
        };
        driven.rearm();
        rearming.join().unwrap();
        inserter.join().unwrap();
        driven.check();
    });
}

#[test]
fn reset_meets_promise() {
    loom::model(|| {
        let driven = Driven::after_the_alarm(1);
        let (key, _) = driven.arm(0, 9, Waker::noop().clone());
        driven.rearm();
        let resetting = {
            let driven = Arc::clone(&driven);
            thread::spawn(move || {
                if driven.shards[0].reset(key, 5, 0, &driven.promised) == Some(true) {
                    driven.tell(5);
                }
            })
        };
        driven.rearm();
        resetting.join().unwrap();
        driven.check();
        assert_eq!(driven.shards[0].next().peek(), 5);
    });
}

#[test]
fn insert_meets_advance() {
    let told = StdArc::new(Reached::default());
    let seen = StdArc::clone(&told);
    loom::model(move || {
        let driven = Driven::new(1);
        driven.arm(0, 3, Waker::noop().clone());
        let inserter = {
            let driven = Arc::clone(&driven);
            thread::spawn(move || driven.arm(0, 6, Waker::noop().clone()).1)
        };
        // The alarm went off at 3: whoever receives it advances, and sets it anew.
        assert_eq!(driven.shards[0].advance(5, 64).fired, 1);
        driven.rearm();
        seen.note(inserter.join().unwrap());
        driven.check();
        assert_eq!(driven.shards[0].next().peek(), 6);
    });
    told.assert_both();
}

#[test]
fn fire_meets_cancel() {
    let fired_first = StdArc::new(Reached::default());
    let seen = StdArc::clone(&fired_first);
    loom::model(move || {
        let driven = Driven::new(1);
        let (count, waker) = count();
        let (key, _) = driven.arm(0, 3, waker);
        let firing = {
            let driven = Arc::clone(&driven);
            thread::spawn(move || driven.shards[0].advance(3, 64).fired)
        };
        driven.shards[0].cancel(key);
        let fired = firing.join().unwrap();
        assert_eq!(woken(&count), fired);
        assert_eq!(StdArc::strong_count(&count), 1, "the waker was woken or dropped, not kept");
        assert_eq!(driven.shards[0].len(), 0);
        seen.note(fired == 1);
    });
    fired_first.assert_both();
}

#[test]
fn fire_meets_poll() {
    let fired_first = StdArc::new(Reached::default());
    let seen = StdArc::clone(&fired_first);
    loom::model(move || {
        let driven = Driven::new(1);
        let (_first, waker) = count();
        let (key, _) = driven.arm(0, 3, waker);
        let firing = {
            let driven = Arc::clone(&driven);
            thread::spawn(move || driven.shards[0].advance(3, 64).fired)
        };
        // The task has moved on: another waker.
        let (second, waker) = count();
        let polled = driven.shards[0].poll(key, &waker);
        assert_eq!(firing.join().unwrap(), 1);
        let fired = polled == Armed::Fired;
        assert!(fired || polled == Armed::Waiting);
        assert_eq!(woken(&second), usize::from(!fired), "who polled `Waiting` last is woken");
        seen.note(fired);
    });
    fired_first.assert_both();
}

#[test]
fn fire_meets_reset() {
    let fired_first = StdArc::new(Reached::default());
    let seen = StdArc::clone(&fired_first);
    loom::model(move || {
        let driven = Driven::new(1);
        let (count, waker) = count();
        let (key, _) = driven.arm(0, 3, waker);
        let firing = {
            let driven = Arc::clone(&driven);
            thread::spawn(move || {
                driven.shards[0].advance(3, 64);
                driven.rearm();
            })
        };
        let moved = driven.shards[0].reset(key, 9, 0, &driven.promised);
        if moved == Some(true) {
            driven.tell(9);
        }
        firing.join().unwrap();
        driven.check();
        assert_eq!(woken(&count), usize::from(moved.is_none()));
        // Moved, it still fires, once.
        assert_eq!(driven.shards[0].advance(9, 64).fired, usize::from(moved.is_some()));
        assert_eq!(woken(&count), 1);
        seen.note(moved.is_none());
    });
    fired_first.assert_both();
}

#[test]
fn two_threads_fire_once_each() {
    loom::model(|| {
        let driven = Driven::new(1);
        let (first, waker) = count();
        driven.arm(0, 3, waker);
        let (second, waker) = count();
        driven.arm(0, 4, waker);
        let firing = {
            let driven = Arc::clone(&driven);
            thread::spawn(move || driven.shards[0].advance(4, 1).fired)
        };
        let here = driven.shards[0].advance(4, 64).fired;
        assert_eq!(here + firing.join().unwrap(), 2);
        assert_eq!((woken(&first), woken(&second)), (1, 1));
        assert_eq!(driven.shards[0].next().peek(), NONE);
    });
}

#[test]
fn refine_meets_arm() {
    let armed_coarsely = StdArc::new(Reached::default());
    let seen = StdArc::clone(&armed_coarsely);
    loom::model(move || {
        // Ticks of four nanoseconds, until somebody has heard of a pause.
        let shard = Arc::new(SmallShard::new(2));
        let alarm = Arc::new(Alarm::new());
        let (coarse, waker) = count();
        let arming = {
            let (shard, alarm) = (Arc::clone(&shard), Arc::clone(&alarm));
            thread::spawn(move || {
                let _armed = shard.arm(6, 2, waker, &alarm);
            })
        };
        let (fine, waker) = count();
        let _armed = shard.arm(5, 0, waker, &alarm);
        arming.join().unwrap();
        assert_eq!(shard.advance(4, 64).fired, 0);
        assert_eq!(
            shard.advance(5, 64).fired,
            1,
            "at its deadline, and the other not before its own"
        );
        assert_eq!((woken(&fine), woken(&coarse)), (1, 0));
        let next = shard.next().peek();
        assert!(next == 6 || next == 8, "{next}");
        seen.note(next == 8);
        assert_eq!(shard.advance(next, 64).fired, 1);
    });
    armed_coarsely.assert_both();
}

#[test]
fn close_meets_arm() {
    let refused = StdArc::new(Reached::default());
    let seen = StdArc::clone(&refused);
    loom::model(move || {
        let driven = Driven::new(1);
        let (count, waker) = count();
        let closing = {
            let driven = Arc::clone(&driven);
            thread::spawn(move || driven.shards[0].close())
        };
        let armed = driven.shards[0].arm(3, 0, waker, &driven.promised);
        closing.join().unwrap();
        let closed = armed == Arm::Closed;
        assert_eq!(woken(&count), usize::from(!closed), "what got in was woken");
        assert_eq!(StdArc::strong_count(&count), 1);
        seen.note(closed);
    });
    refused.assert_both();
}

//! # Time and I/O behind one wait
//!
//! One idle worker waits in the I/O driver, the others stand by (`seats.rs`). The driver's alarm stands for
//! the earliest timer of any worker, and whoever it wakes fires what is due, on every worker's shard.

use super::seats::Seats;
use filch_executor::{Park, ThreadKind};
use filch_io_driver::{Driver, EnterGuard as IoGuard};
use filch_primitives::{Current, CurrentGuard};
use filch_timer_wheel::{Instant, Timers, TimersHandle};
use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

thread_local! {
    static DRIVERS: Current<Arc<Drivers>> = const { Current::new() };
}

#[derive(Debug)]
pub(super) struct Drivers {
    io: Driver,
    seats: Seats,
    timers: Timers,
    workers: usize,
}

impl Drivers {
    /// For `workers` workers: a shard of timers for each, and one for every other thread.
    pub(super) fn new(workers: usize) -> io::Result<Arc<Self>> {
        let io = Driver::new()?;
        let seats = Seats::new(workers)?;
        Ok(Arc::new_cyclic(|drivers: &Weak<Self>| {
            // Weak: a timer may outlive the runtime, and must not keep its descriptors open.
            let drivers = drivers.clone();
            let timers = Timers::new(workers + 1, move |deadline| {
                if let Some(drivers) = drivers.upgrade() {
                    drivers.io.set_deadline(deadline.into_std());
                }
            });
            Self { io, seats, timers, workers }
        }))
    }

    /// Makes the drivers current on this thread, which is not a worker.
    pub(super) fn enter(self: &Arc<Self>) -> DriversGuard {
        self.enter_with(self.timers.handle(self.workers))
    }

    /// Makes the drivers current on a thread of the runtime.
    pub(super) fn enter_thread(self: &Arc<Self>, kind: ThreadKind) -> DriversGuard {
        match kind {
            ThreadKind::Worker(index) => self.enter_with(self.timers.handle(index)),
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

    /// Fires the timers that are due and sets the alarm for the next.
    fn fire(&self) {
        self.timers.advance(Instant::now());
        if let Some(deadline) = self.timers.next_deadline() {
            self.io.set_deadline(deadline.into_std());
        }
    }
}

impl Park for Drivers {
    fn park(&self, timeout: Option<Duration>) {
        if self.seats.wait(timeout, || self.io.wait(timeout)) {
            self.fire();
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

    fn turn(&self) {
        self.io.turn();
        self.seats.turned();
        self.fire();
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

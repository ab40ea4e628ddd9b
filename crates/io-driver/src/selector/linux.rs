//! epoll, waited on by any number of threads.
//!
//! polling owns the epoll instance; sources are added to and awaited on its descriptor directly, for two
//! reasons. `Poller::wait` makes five system calls where one is needed and admits one thread at a time.
//! `Poller::add` does not ask for `EPOLLRDHUP`, without which a short read would not prove that nothing
//! is left: the end of the input could have been reported together with the data, and never again.
//!
//! Everything is edge-triggered, so the kernel hands each event to exactly one waiting thread:
//!
//! * a source: when something new arrives;
//! * the eventfd: with every write to it. Nobody reads it: its counter would need 2^64 unparks to fill;
//! * the timerfd: when it expires. Nobody reads it either: programming it anew resets it.

use super::{BorrowedSource, EVENTS_PER_WAIT, Selected};
use crate::deadline::Deadline;
use crate::interest::Interest;
use crate::ready::Ready;
use crate::registry::Key;
use rustix::event::{EventfdFlags, Timespec, epoll, eventfd};
use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// Data of the events that are no source's. Indices end well before these, and polling has `u64::MAX`.
const UNPARK: u64 = u64::MAX - 1;
const ALARM: u64 = u64::MAX - 2;

#[derive(Debug)]
pub(crate) struct Selector {
    poller: polling::Poller,
    unpark: OwnedFd,
    alarm: OwnedFd,
    deadline: Deadline,
    /// Where the nanoseconds of `deadline` start.
    epoch: Instant,
}

impl Selector {
    pub(crate) fn new() -> io::Result<Self> {
        let selector = Self {
            poller: polling::Poller::new()?,
            unpark: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
            alarm: timerfd_create(
                TimerfdClockId::Monotonic,
                TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK,
            )?,
            deadline: Deadline::new(),
            epoch: Instant::now(),
        };
        let edge = epoll::EventFlags::IN | epoll::EventFlags::ET;
        epoll::add(&selector.poller, &selector.unpark, epoll::EventData::new_u64(UNPARK), edge)?;
        epoll::add(&selector.poller, &selector.alarm, epoll::EventData::new_u64(ALARM), edge)?;
        Ok(selector)
    }

    /// Errors and hang-ups are reported whatever the `interest`.
    pub(crate) fn register(
        &self,
        source: BorrowedSource<'_>,
        key: Key,
        interest: Interest,
    ) -> io::Result<()> {
        Ok(epoll::add(&self.poller, source, data_of(key), flags_of(interest))?)
    }

    /// As if it were registered anew: what is ready of `interest` now is reported.
    pub(crate) fn change(
        &self,
        source: BorrowedSource<'_>,
        key: Key,
        interest: Interest,
    ) -> io::Result<()> {
        Ok(epoll::modify(&self.poller, source, data_of(key), flags_of(interest))?)
    }

    pub(crate) fn deregister(&self, source: BorrowedSource<'_>, _key: Key) -> io::Result<()> {
        Ok(epoll::delete(&self.poller, source)?)
    }

    /// Edges need no re-arming.
    pub(crate) fn rearm(&self, _key: Key, _missing: Ready) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn select(
        &self,
        timeout: Option<Duration>,
        mut on_event: impl FnMut(Key, Ready),
    ) -> io::Result<Selected> {
        // One that does not fit is longer than anybody can wait.
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        let mut buffer = [const { MaybeUninit::uninit() }; EVENTS_PER_WAIT];
        let events = match epoll::wait(&self.poller, &mut buffer, timeout.as_ref()) {
            Ok((events, _)) => events,
            // The caller is prepared for a return without any event.
            Err(Errno::INTR) => return Ok(Selected::default()),
            Err(error) => return Err(error.into()),
        };
        let mut selected = Selected::default();
        for event in events {
            match event.data.u64() {
                UNPARK => selected.is_unparked = true,
                ALARM => {
                    selected.is_due = true;
                    self.deadline.fired(self.nanoseconds(Instant::now()));
                }
                key => on_event(Key::from_raw(key as usize), ready_from(event.flags)),
            }
        }
        Ok(selected)
    }

    pub(crate) fn unpark_one(&self) {
        if let Err(error) = rustix::io::write(&self.unpark, &1u64.to_ne_bytes()) {
            panic!("the driver's eventfd refused a write: {error}");
        }
    }

    pub(crate) fn set_deadline(&self, at: Instant) {
        self.deadline.arm(self.nanoseconds(at), || {
            // Relative, and taken after `at`: the alarm may be late by this function's duration, but
            // never early. Zero would disarm it.
            let left = at.saturating_duration_since(Instant::now()).max(Duration::from_nanos(1));
            let spec = Itimerspec {
                it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
                it_value: Timespec {
                    tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                    tv_nsec: left.subsec_nanos().into(),
                },
            };
            if let Err(error) = timerfd_settime(&self.alarm, TimerfdTimerFlags::empty(), &spec) {
                panic!("the driver's timerfd refused {spec:?}: {error}");
            }
        });
    }

    /// Since the epoch; 584 years fit.
    fn nanoseconds(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.epoch).as_nanos();
        u64::try_from(since).unwrap_or(u64::MAX - 1)
    }
}

fn data_of(key: Key) -> epoll::EventData {
    epoll::EventData::new_u64(key.into_raw() as u64)
}

fn flags_of(interest: Interest) -> epoll::EventFlags {
    let mut flags = epoll::EventFlags::ET;
    flags.set(epoll::EventFlags::IN | epoll::EventFlags::RDHUP, interest.is_readable());
    flags.set(epoll::EventFlags::OUT, interest.is_writable());
    flags.set(epoll::EventFlags::PRI, interest.is_priority());
    flags
}

/// An error or a hang-up also makes both directions ready, so that whoever waits finds it out from the
/// operation itself.
fn ready_from(flags: epoll::EventFlags) -> Ready {
    let has = |flag| flags.intersects(flag);
    let mut ready = Ready::EMPTY;
    if has(epoll::EventFlags::IN | epoll::EventFlags::RDHUP) {
        ready |= Ready::READABLE;
    }
    if has(epoll::EventFlags::OUT) {
        ready |= Ready::WRITABLE;
    }
    if has(epoll::EventFlags::PRI) {
        ready |= Ready::PRIORITY;
    }
    if has(epoll::EventFlags::RDHUP | epoll::EventFlags::HUP) {
        ready |= Ready::READ_CLOSED;
    }
    if has(epoll::EventFlags::HUP) {
        ready |= Ready::WRITE_CLOSED;
    }
    if has(epoll::EventFlags::ERR) {
        ready |= Ready::ERROR;
    }
    if has(epoll::EventFlags::HUP | epoll::EventFlags::ERR) {
        ready |= Ready::READABLE | Ready::WRITABLE;
    }
    ready
}

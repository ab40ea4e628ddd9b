//! polling's portable calls: one thread waits in the operating system, the others behind it.
//!
//! The event buffer is the baton: whoever holds it polls. A thread that comes back with it hands it to one
//! of those behind. Where edges are unknown, a source reports a direction once and is armed anew when an
//! operation has blocked.

use super::{BorrowedSource, EVENTS_PER_WAIT, Selected};
use crate::deadline::{Deadline, NONE};
use crate::interest::Interest;
use crate::ready::Ready;
use crate::registry::Key;
use filch_primitives::sync::{Condvar, Mutex};
use polling::{Event, Events, PollMode, Poller};
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::num::NonZeroUsize;
#[cfg(unix)]
use std::os::fd::{AsRawFd as _, RawFd as RawSource};
#[cfg(windows)]
use std::os::windows::io::{AsRawSocket as _, RawSocket as RawSource};
use std::time::{Duration, Instant};

pub(crate) struct Selector {
    poller: Poller,
    baton: Mutex<Baton>,
    handed_on: Condvar,
    deadline: Deadline,
    /// Where the nanoseconds of `deadline` start.
    epoch: Instant,
    mode: PollMode,
    /// What is armed of every source; empty where edges need no arming.
    oneshots: Mutex<HashMap<Key, Oneshot>>,
}

struct Baton {
    /// `None` while a thread polls.
    events: Option<Events>,
    is_unparked: bool,
}

/// Deregistered before its descriptor is closed, so `source` is open as long as this is in the map.
struct Oneshot {
    source: RawSource,
    armed: Ready,
}

impl Selector {
    pub(crate) fn new() -> io::Result<Self> {
        let poller = Poller::new()?;
        let mode = if poller.supports_edge() { PollMode::Edge } else { PollMode::Oneshot };
        Ok(Self::with_mode(poller, mode))
    }

    pub(super) fn with_mode(poller: Poller, mode: PollMode) -> Self {
        let capacity = NonZeroUsize::new(EVENTS_PER_WAIT).expect("a wait takes events");
        let events = Some(Events::with_capacity(capacity));
        Self {
            poller,
            baton: Mutex::new(Baton { events, is_unparked: false }),
            handed_on: Condvar::new(),
            deadline: Deadline::new(),
            epoch: Instant::now(),
            mode,
            oneshots: Mutex::default(),
        }
    }

    pub(crate) fn register(
        &self,
        source: BorrowedSource<'_>,
        key: Key,
        interest: Interest,
    ) -> io::Result<()> {
        let event = event_of(key, interest);
        let mut oneshots = self.oneshots.lock();
        // SAFETY: the source is deregistered before its descriptor is closed or given away.
        unsafe { self.poller.add_with_mode(&source, event, self.mode)? };
        if self.mode == PollMode::Oneshot {
            let armed = interest.satisfied_by() & (Ready::READABLE | Ready::WRITABLE);
            oneshots.insert(key, Oneshot { source: raw(source), armed });
        }
        Ok(())
    }

    /// As if it were registered anew: what is ready of `interest` now is reported.
    pub(crate) fn change(
        &self,
        source: BorrowedSource<'_>,
        key: Key,
        interest: Interest,
    ) -> io::Result<()> {
        match self.mode {
            PollMode::Oneshot => {
                let wanted = interest.satisfied_by() & (Ready::READABLE | Ready::WRITABLE);
                self.arm(key, |_| wanted, true)
            }
            mode => self.poller.modify_with_mode(source, event_of(key, interest), mode),
        }
    }

    pub(crate) fn deregister(&self, source: BorrowedSource<'_>, key: Key) -> io::Result<()> {
        let mut oneshots = self.oneshots.lock();
        oneshots.remove(&key);
        self.poller.delete(source)
    }

    /// An operation has blocked: `missing` is to be reported again.
    pub(crate) fn rearm(&self, key: Key, missing: Ready) -> io::Result<()> {
        if self.mode != PollMode::Oneshot {
            return Ok(());
        }
        let missing = missing & (Ready::READABLE | Ready::WRITABLE);
        self.arm(key, |armed| armed | missing, false)
    }

    /// `is_disarmed`: the event has disarmed both directions.
    fn arm(
        &self,
        key: Key,
        change: impl FnOnce(Ready) -> Ready,
        is_disarmed: bool,
    ) -> io::Result<()> {
        let mut oneshots = self.oneshots.lock();
        let Some(oneshot) = oneshots.get_mut(&key) else {
            return Ok(());
        };
        let before = oneshot.armed;
        oneshot.armed = change(before);
        if oneshot.armed.is_empty() || (oneshot.armed == before && !is_disarmed) {
            return Ok(());
        }
        let mut event = Event::none(key.into_raw());
        event.readable = oneshot.armed.is_readable();
        event.writable = oneshot.armed.is_writable();
        // SAFETY: it is open as long as it is in the map, and the map is locked.
        let source = unsafe { BorrowedSource::borrow_raw(oneshot.source) };
        let asked = self.poller.modify_with_mode(source, event, PollMode::Oneshot);
        if asked.is_err() {
            // So that the next one asks again.
            oneshot.armed = Ready::EMPTY;
        }
        asked
    }

    pub(crate) fn select(
        &self,
        timeout: Option<Duration>,
        mut on_event: impl FnMut(Key, Ready),
    ) -> io::Result<Selected> {
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let is_turn = timeout.is_some_and(|timeout| timeout.is_zero());
        let Some(mut events) = self.take_baton(until, is_turn) else {
            return Ok(Selected::default());
        };

        events.clear();
        let polled = self.poller.wait(&mut events, self.left(until));
        let now = self.nanoseconds(Instant::now());
        let is_due = self.deadline.armed() <= now;
        if is_due {
            self.deadline.fired(now);
        }
        for event in events.iter() {
            let key = Key::from_raw(event.key);
            let mut ready = ready_from(&event);
            let is_oneshot = self.mode == PollMode::Oneshot;
            if is_oneshot && self.arm(key, |armed| armed - ready, true).is_err() {
                // No other event will come: whoever waits finds that out from the operation itself.
                ready |= Ready::READABLE | Ready::WRITABLE;
            }
            on_event(key, ready);
        }
        {
            let mut baton = self.baton.lock();
            baton.events = Some(events);
            // A turn leaves the unpark to those who wait.
            if !is_turn {
                baton.is_unparked = false;
            }
        }
        self.handed_on.notify_one();
        match polled {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            // The turn has left it.
            _ => Ok(Selected { is_unparked: false, is_due }),
        }
    }

    /// `None` if the caller is to return instead of polling.
    fn take_baton(&self, until: Option<Instant>, is_turn: bool) -> Option<Events> {
        let mut baton = self.baton.lock();
        loop {
            if !is_turn && baton.is_unparked {
                baton.is_unparked = false;
                break;
            }
            if let Some(events) = baton.events.take() {
                return Some(events);
            }
            if is_turn {
                break;
            }
            baton = match until {
                None => self.handed_on.wait(baton),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break;
                    }
                    self.handed_on.wait_timeout(baton, left).0
                }
            };
        }
        drop(baton);
        // The baton may have been meant for this thread: another one takes it up.
        self.handed_on.notify_one();
        None
    }

    /// How long the poll may last.
    fn left(&self, until: Option<Instant>) -> Option<Duration> {
        let now = Instant::now();
        let left = until.map(|until| until.saturating_duration_since(now));
        match self.deadline.armed() {
            NONE => left,
            armed => {
                let to_deadline = Duration::from_nanos(armed.saturating_sub(self.nanoseconds(now)));
                Some(left.map_or(to_deadline, |left| left.min(to_deadline)))
            }
        }
    }

    pub(crate) fn unpark_one(&self) {
        let is_polling = {
            let mut baton = self.baton.lock();
            baton.is_unparked = true;
            baton.events.is_none()
        };
        self.interrupt(is_polling);
    }

    pub(crate) fn set_deadline(&self, at: Instant) {
        let mut is_earlier = false;
        self.deadline.arm(self.nanoseconds(at), || is_earlier = true);
        // Whoever polls has computed its time-out from a later one, or from none.
        if is_earlier {
            let is_polling = self.baton.lock().events.is_none();
            self.interrupt(is_polling);
        }
    }

    /// polling remembers a notification for a thread that is about to poll.
    fn interrupt(&self, is_polling: bool) {
        if is_polling {
            if let Err(error) = self.poller.notify() {
                panic!("the driver could not interrupt its own wait: {error}");
            }
        } else {
            self.handed_on.notify_one();
        }
    }

    /// Since the epoch; 584 years fit.
    fn nanoseconds(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.epoch).as_nanos();
        u64::try_from(since).unwrap_or(NONE - 1)
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selector").field("poller", &self.poller).finish_non_exhaustive()
    }
}

fn event_of(key: Key, interest: Interest) -> Event {
    Event::new(key.into_raw(), interest.is_readable(), interest.is_writable())
}

#[cfg(unix)]
fn raw(source: BorrowedSource<'_>) -> RawSource {
    source.as_raw_fd()
}

#[cfg(windows)]
fn raw(source: BorrowedSource<'_>) -> RawSource {
    source.as_raw_socket()
}

/// An error or a hang-up also makes both directions ready, so that whoever waits finds it out from the
/// operation itself.
fn ready_from(event: &Event) -> Ready {
    let mut ready = Ready::EMPTY;
    if event.readable {
        ready |= Ready::READABLE;
    }
    if event.writable {
        ready |= Ready::WRITABLE;
    }
    if event.is_priority() {
        ready |= Ready::PRIORITY;
    }
    if event.is_err() == Some(true) {
        ready |= Ready::ERROR | Ready::READABLE | Ready::WRITABLE;
    }
    if event.is_interrupt() {
        ready |= Ready::READABLE | Ready::WRITABLE;
    }
    ready
}

//! # The sentinel: reports long polls, and relieves workers that are all stuck
//!
//! A thread of its own, which looks at the workers' [`Progress`](crate::progress) every few milliseconds while one of
//! them is awake, and sleeps otherwise (`watch.rs`).
//!
//! * A worker that stays in one poll for the threshold is reported, once in that poll.
//! * Where the workers have no alarm that makes those who sleep look behind a long poll, it wakes one of them when a
//!   worker has been in its poll for [`STUCK`] and keeps tasks.
//! * When every worker has been in its poll for [`STUCK`], nobody is left who would come for what waits behind
//!   them, or for events and timers. Then a spare takes a seat (`roster.rs`): a worker like the others, on a thread of
//!   the pool for blocking calls. If that one gets stuck too, there comes another.
//! * A spare relieves one worker, and leaves when it finds that this one has come back.

use crate::config::Config;
use crate::long_poll::LongPoll;
use crate::progress::Seen;
use crate::scheduler::Scheduler;
use crate::task::{Id, TaskInfo};
use crate::watch::Watch;
use crate::worker::{self, Relieved};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::catch_quietly;
use filch_primitives::thread;
use std::io;
use std::panic::Location;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// After how long in one poll a worker counts as stuck.
const STUCK: Duration = Duration::from_millis(10);

/// Looks are not closer together than this, whatever the threshold.
const SHORTEST_PERIOD: Duration = Duration::from_millis(1);

/// How the workers reach the sentinel.
#[derive(Debug)]
pub(crate) struct Sentinel {
    pub(crate) watch: Watch,
    period: Duration,
    long_polls: AtomicUsize,
}

impl Sentinel {
    /// `None` if it would have nothing to do.
    pub(crate) fn new(config: &Config, spares: usize) -> Option<Self> {
        let threshold = config.long_poll_threshold;
        if threshold.is_none() && spares == 0 {
            return None;
        }
        let period = threshold.map_or(STUCK, |threshold| threshold.min(STUCK));
        Some(Self {
            watch: Watch::new(),
            period: period.max(SHORTEST_PERIOD),
            long_polls: AtomicUsize::new(0),
        })
    }

    /// When the next look is due.
    pub(crate) fn next_look(&self) -> Instant {
        Instant::now() + self.period
    }

    /// How many long polls were found so far.
    pub(crate) fn long_polls(&self) -> usize {
        // Ordering: Relaxed; a statistic.
        self.long_polls.load(Ordering::Relaxed)
    }
}

/// Starts the thread, if the scheduler has a sentinel.
pub(crate) fn start(scheduler: &Arc<Scheduler>) -> io::Result<()> {
    if scheduler.sentinel.is_none() {
        return Ok(());
    }
    let theirs = scheduler.clone();
    scheduler.start_sentinel(|| {
        thread::Builder::new().name("filch-sentinel".to_owned()).spawn(move || {
            let ends = Ends(theirs);
            keep_watch(&ends.0);
        })
    })
}

/// Says when it is dropped that the sentinel has ended; also should it panic, so that nobody waits for ever.
struct Ends(Arc<Scheduler>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.sentinel_ends();
    }
}

fn keep_watch(scheduler: &Arc<Scheduler>) {
    let Some(sentinel) = &scheduler.sentinel else { return };
    let mut beat = Beat { scheduler, sentinel, seats: Vec::new() };
    while scheduler.park.sentinel_sleeps() && !scheduler.is_closing() {
        if !sentinel.watch.is_on_duty() {
            continue;
        }
        beat.look();
        if scheduler.is_anyone_awake() || !sentinel.watch.stand_down(|| scheduler.is_anyone_awake())
        {
            scheduler.park.call_sentinel(sentinel.next_look());
        }
    }
}

/// What the sentinel remembers from look to look.
struct Beat<'a> {
    scheduler: &'a Arc<Scheduler>,
    sentinel: &'a Sentinel,
    seats: Vec<Noted>,
}

/// In which poll a worker was found, and since when.
#[derive(Clone, Copy)]
struct Noted {
    poll: usize,
    since: Instant,
    is_reported: bool,
    is_relieved: bool,
}

impl Beat<'_> {
    fn look(&mut self) {
        let scheduler = self.scheduler;
        let now = Instant::now();
        let nothing = Noted { poll: 0, since: now, is_reported: false, is_relieved: false };
        let seats = scheduler.seats();
        self.seats.resize(seats.len(), nothing);
        let mut stuck = Vec::new();
        for (index, remote) in seats.iter().enumerate() {
            let Some(seen) = remote.progress.look() else { continue };
            if seen.number != self.seats[index].poll {
                self.seats[index] = Noted { poll: seen.number, ..nothing };
                continue;
            }
            let lasts = now.duration_since(self.seats[index].since);
            let threshold = scheduler.config.long_poll_threshold;
            if threshold.is_some_and(|threshold| lasts >= threshold)
                && !std::mem::replace(&mut self.seats[index].is_reported, true)
            {
                self.report(index, &seen, lasts);
            }
            if lasts >= STUCK {
                stuck.push(index);
            }
        }
        if !stuck.is_empty() && stuck.len() == scheduler.roster.manned() {
            self.relieve(&stuck);
        } else if !scheduler.has_alarm
            && stuck.iter().any(|&seat| seats[seat].private.len_hint() > 0)
        {
            scheduler.wake_one();
        }
    }

    fn report(&self, worker: usize, seen: &Seen<Location<'static>>, lasts: Duration) {
        // Ordering: Relaxed; a statistic.
        self.sentinel.long_polls.fetch_add(1, Ordering::Relaxed);
        let hook = &self.scheduler.config.on_long_poll;
        let (Some(hook), Some(id)) = (hook, Id::from_number(seen.what)) else { return };
        let name = self.scheduler.remotes[worker].name_of(id);
        let task = TaskInfo::new(id, name, seen.whence);
        catch_quietly(|| hook(&LongPoll { task, lasts, worker }));
    }

    /// All workers are stuck.
    fn relieve(&mut self, stuck: &[usize]) {
        if !self.scheduler.park.has_alarm() && !self.scheduler.has_any_work() {
            // Without events there is nothing that a spare could wait for.
            return;
        }
        let by_spare = |&&seat: &&usize| self.seats[seat].is_relieved;
        let Some(&seat) = stuck.iter().min_by_key(by_spare) else { return };
        let relieved = Relieved { seat, poll: self.seats[seat].poll, passed_on: None };
        self.seats[seat].is_relieved |= worker::start_spare(self.scheduler, relieved);
    }
}

//! # A worker's core: what only the thread that runs the worker touches
//!
//! Its tasks are in two queues: the private one (`private_queue.rs`), and the public one (`queue.rs`) with
//! what it has made public of it, older than everything in the private one.

use super::pace::Pace;
use super::private_queue::PrivateQueue;
use super::steal::Raided;
use crate::biased::Len as _;
use crate::queue;
use crate::rng::Rng;
use crate::scheduler::{Remote, Scheduler};
use crate::task::{Reason, Runnable};
use filch_primitives::CachePadded;
use filch_primitives::atomic::Ordering;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a spare sleeps before it looks whether the worker is back that it relieves.
pub(super) const SPARE_NAP: Duration = Duration::from_millis(20);

/// How many tasks a worker makes public at a time, at most.
const QUEUE_CAPACITY: usize = 256;

/// The right to be the worker of this number: there is one for each, and it goes from thread to thread
/// through locks.
pub(crate) struct Seat {
    index: usize,
    remote: Arc<CachePadded<Remote>>,
}

impl Seat {
    #[inline]
    pub(crate) fn index(&self) -> usize {
        self.index
    }

    /// What the others see of this worker.
    #[inline]
    pub(crate) fn remote(&self) -> &Remote {
        &self.remote
    }

    /// Lends the private queue. `f` moves tasks and runs none.
    #[inline(always)]
    pub(crate) fn with_private<R>(
        &self,
        scheduler: &Scheduler,
        f: impl FnOnce(&mut PrivateQueue<Runnable>) -> R,
    ) -> R {
        // SAFETY: (1) whoever has the seat is the owner: there is one seat of this number, and locks
        // synchronise the one who gets it with the one before. (2) not called again from inside: the
        // closures of this crate move tasks and run nothing.
        unsafe { self.remote().private.with(f, || scheduler.park.stir()) }
    }
}

/// The worker that a spare has come for, and in which poll that one was stuck.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Relieved {
    pub(crate) seat: usize,
    pub(crate) poll: usize,
    /// See [`Core::passes_on`].
    pub(crate) passed_on: Option<Instant>,
}

/// See the head of this file.
pub(crate) struct Core {
    pub(crate) seat: Seat,
    /// Of a spare.
    pub(crate) relieves: Option<Relieved>,
    pub(crate) public: queue::Local<Runnable>,
    pub(crate) rng: Rng,
    pub(crate) searching: bool,
    /// The driver is waking tasks: those go to the back of the queue, oldest event first.
    pub(crate) in_driver: bool,
    /// A task gave way, at the last pick or the one before: a hint of what its tasks are like.
    gave_way: bool,
    pub(crate) pace: Pace,
    /// In which poll it found each worker at the last alarm.
    pub(super) seen: Box<[usize]>,
    /// What it remembers of each worker that it has raided.
    pub(super) raided: Box<[Option<Raided>]>,
}

impl Core {
    /// The core for the seat `index` of `seats`, and what the others see of it.
    pub(crate) fn new(index: usize, seats: usize, seed: u64) -> (Self, Arc<CachePadded<Remote>>) {
        let (public, stealer) = queue::new(QUEUE_CAPACITY);
        let remote = Arc::new(CachePadded::new(Remote::new(stealer)));
        let core = Self {
            seat: Seat { index, remote: remote.clone() },
            relieves: None,
            public,
            rng: Rng::new(seed.wrapping_add(index as u64)),
            searching: false,
            in_driver: false,
            gave_way: false,
            pace: Pace::new(),
            seen: vec![0; seats].into_boxed_slice(),
            raided: vec![None; seats].into_boxed_slice(),
        };
        (core, remote)
    }

    /// Takes in a task that became runnable on this worker.
    #[inline]
    pub(crate) fn push(&mut self, scheduler: &Scheduler, task: Runnable, reason: Reason) {
        let in_driver = self.in_driver;
        self.seat.with_private(scheduler, move |private| match reason {
            _ if in_driver => private.push_event(task),
            Reason::Wake => private.push_woken(task),
            Reason::Spawn => private.push_spawned(task),
            Reason::Yield => private.push_waiting(task),
        });
        let len = self.seat.remote().private.len_hint();
        // A single task behind the one that runs is not worth a worker: most polls are shorter than a
        // wake-up. From the driver there is more to come.
        if (len > 1 || !scheduler.looks_after_stuck()) && !in_driver {
            self.share(scheduler, len);
        }
    }

    /// The next task of its own, to which `again` is added before: it gave way.
    pub(crate) fn pop(
        &mut self,
        scheduler: &Scheduler,
        again: Option<Runnable>,
    ) -> Option<Runnable> {
        let is_very_long = self.pace.is_very_long();
        let leaves_share = self.pace.leaves_share();
        self.gave_way = again.is_some();
        let older = (!leaves_share).then_some(&mut self.public);
        let task = self.seat.with_private(scheduler, move |private| {
            if let Some(again) = again {
                private.push_waiting(again);
            }
            private.pop(is_very_long, older)
        });
        if leaves_share { task.or_else(|| self.public.pop()) } else { task }
    }

    /// Makes the older half of its `len` tasks public, or all of them, if somebody is idle and it is worth it.
    #[inline]
    pub(crate) fn share(&mut self, scheduler: &Scheduler, len: usize) {
        if scheduler.idle.is_anyone_idle()
            && self.is_worth_a_worker(scheduler)
            && (self.pace.outlasts_a_wake_up(len)
                || self.pace.is_share_due()
                || !scheduler.has_alarm)
        {
            self.make_public(scheduler);
        }
    }

    /// Whether another worker would gain anything by taking one of its tasks.
    #[inline]
    pub(crate) fn is_worth_a_worker(&self, scheduler: &Scheduler) -> bool {
        // Ordering: Relaxed; a hint.
        let coarse = self.seat.remote().coarse.load(Ordering::Relaxed);
        // Without an alarm nobody looks after what is kept back by a worker that is stuck.
        coarse || self.pace.is_share_due() || !scheduler.has_alarm
    }

    #[cold]
    fn make_public(&mut self, scheduler: &Scheduler) {
        // What is public and not taken yet is enough for now; but without an alarm nothing is kept back.
        let keeps = scheduler.has_alarm;
        if !keeps || self.public.len() == 0 {
            let public = &mut self.public;
            let room = QUEUE_CAPACITY - public.len();
            self.seat.with_private(scheduler, |private| {
                let part = if keeps { private.len().div_ceil(2) } else { private.len() };
                for _ in 0..part.min(room) {
                    let Some(task) = private.pop_oldest() else { break };
                    let pushed = public.push(task);
                    debug_assert!(pushed.is_ok(), "only the owner takes room away");
                }
            });
            // Tasks that wake each other are better off together, so they may come back.
            self.pace.shared(keeps && self.gave_way);
        }
        if scheduler.idle.notify_lazily() {
            scheduler.park.unpark_one();
        }
    }

    /// What the clock says of its polls.
    pub(crate) fn set_coarse(&mut self, is_coarse: bool) {
        let coarse = &self.seat.remote().coarse;
        // Ordering: Relaxed; a hint. Others read its line: written only when it changes.
        if coarse.load(Ordering::Relaxed) != is_coarse {
            // Ordering: Relaxed; as above.
            coarse.store(is_coarse, Ordering::Relaxed);
        }
    }

    /// Whether it is to look if it may leave.
    pub(crate) fn is_surplus(&self, scheduler: &Scheduler) -> bool {
        match &self.relieves {
            None => scheduler.roster.is_surplus(),
            Some(Relieved { seat, poll, .. }) => scheduler.remotes[*seat].progress.begun() != *poll,
        }
    }

    /// It has slept: whether it wakes another worker instead, which is to look if it may leave. Only a spare does, and
    /// once in a nap at most, lest it wakes itself for ever.
    pub(crate) fn passes_on(&mut self, scheduler: &Scheduler) -> bool {
        let Some(relieved) = &mut self.relieves else { return false };
        if !scheduler.roster.is_surplus() {
            return false;
        }
        let now = Instant::now();
        let is_due = relieved.passed_on.is_none_or(|at| now.duration_since(at) >= SPARE_NAP);
        if is_due {
            relieved.passed_on = Some(now);
        }
        is_due
    }

    /// Leaves what it has to the others, oldest first.
    pub(crate) fn hand_over(&mut self, scheduler: &Scheduler) {
        while let Some(task) = self.public.pop() {
            scheduler.injector.push(task);
        }
        self.seat.with_private(scheduler, |private| {
            while let Some(task) = private.pop_oldest() {
                scheduler.injector.push(task);
            }
            private.shrink();
        });
    }

    /// It is about to sleep. Whether it was searching.
    pub(crate) fn rest(&mut self, scheduler: &Scheduler) -> bool {
        self.seat.with_private(scheduler, PrivateQueue::shrink);
        std::mem::take(&mut self.searching)
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("seat", &self.seat.index)
            .field("public", &self.public)
            .field("searching", &self.searching)
            .finish_non_exhaustive()
    }
}

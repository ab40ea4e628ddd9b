//! # Owned: the registry of waiting tasks, so that a shutdown ends every task, once
//!
//! ## Layout
//! A list per shard, linked through the headers of its tasks (`Aside`), under a short lock; and a [`Gate`], which counts those
//! who hand in runnables from outside. What a worker runs goes to its own shard, so the lock is rarely contended.
//!
//! ## Roles
//! * whoever holds a task's runnable: `enroll`, at the latest before the task's first wait; `remove`, just before it is
//!   complete. So a task that ends at its first poll never comes here.
//! * the *closer*, one thread: `close_and_end_all`. It runs the destructors.
//! * a *submitter*: any other thread that wakes or spawns; it has a pass of the gate from before it hands in a runnable until it
//!   has let go of the scheduler.
//!
//! ## States
//! | task | where the closer finds it |
//! |---|---|
//! | has a runnable, never waited | in a queue or in a worker's hands |
//! | waits | in a list; `cancel` makes its runnable, here |
//! | waits no more, runnable on its way | in a list, until `collect` brings the runnable |
//! | complete | nowhere |
//!
//! ## Transitions
//! 1. nowhere -> in a list: `enroll`, refused once the shard is closed
//! 2. in a list -> nowhere: `remove`
//! 3. open -> closed, shard by shard: `close`
//!
//! ## Invariants
//! * R1: when `close_and_end_all` returns, every task has ended and nobody is inside the gate. Model:
//!   `runtime::a_task_that_waits_for_ever_ends_with_the_runtime`.
//! * R2: after that nobody reaches the scheduler through a task, although a task points at it without counting: a wake-up looks
//!   at the scheduler only if it made the runnable (OWNED) of a task that waited; that task is in a list, and cannot end before
//!   its runnable has been collected here; and from then until the submitter has let go it has its pass, which it takes before
//!   the runnable can be collected. Model: `runtime::a_wake_up_from_outside_meets_the_shutdown`.
//!
//! ## Ordering
//! The locks order everything here; `gate.rs` has the rest. The closer asks whether the gate is quiet *before* it collects: what
//! was handed in before it was quiet is then in the queues.
//!
//! ## Liveness
//! The closer goes round until R1 holds: it waits for polls that are under way, and for submitters, whose stay is short.
//!
//! ## Rejected
//! Entering every task when it is spawned (decision 8), and a scheduler that its tasks count (decision 4).
//!
//! ## Checked by
//! `loom-tests/tests/runtime.rs`, on the whole executor.

use super::error::Panicked;
use super::state::Wake;
use super::{Header, Runnable, TaskInfo};
use crate::gate::Gate;
use filch_primitives::CachePadded;
use filch_primitives::sync::Mutex;
use filch_primitives::thread;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::time::Duration;

/// A task's neighbours.
#[derive(Clone, Copy, Default)]
pub(super) struct Links {
    before: Option<NonNull<Header>>,
    after: Option<NonNull<Header>>,
}

/// What is needed of a task while it may be in a list, or when it is in none any more: so it is in one place. The links
/// are guarded by the lock of the shard; the panic is whoever's the output would be, from `remove` on.
pub(super) union Aside {
    links: Links,
    /// What it panicked with, if that is its stage.
    pub(super) panic: ManuallyDrop<Box<Panicked>>,
}

impl Default for Aside {
    fn default() -> Self {
        Self { links: Links::default() }
    }
}

/// In which list a task is: written by `enroll`, read and cleared by `remove`, both in the hands of
/// whoever holds the runnable.
pub(super) const NO_SHARD: u8 = u8::MAX;

/// As many as can be named.
const MAX_SHARDS: usize = NO_SHARD as usize;

/// Whether the task is in a list.
///
/// # Safety
/// The caller holds the runnable.
#[inline]
pub(super) unsafe fn is_enrolled(task: &Header) -> bool {
    // SAFETY: by the caller's promise nobody else touches the cell.
    task.shard.with(|shard| unsafe { *shard } != NO_SHARD)
}

struct List {
    oldest: Option<NonNull<Header>>,
    newest: Option<NonNull<Header>>,
    len: usize,
    closed: bool,
}

// SAFETY: the pointers are followed under the lock of the shard only, and the headers are for any thread.
unsafe impl Send for List {}

/// Every task of one scheduler that may wait.
pub(crate) struct OwnedTasks {
    shards: Box<[CachePadded<Mutex<List>>]>,
    /// For those who hand in runnables without keeping the scheduler alive.
    pub(crate) gate: Gate,
}

impl OwnedTasks {
    pub(crate) fn new(shards: usize) -> Self {
        let empty = || List { oldest: None, newest: None, len: 0, closed: false };
        let shards = shards.clamp(1, MAX_SHARDS);
        Self {
            shards: (0..shards).map(|_| CachePadded::new(Mutex::new(empty()))).collect(),
            gate: Gate::new(4 * shards),
        }
    }

    /// Enters a task; refused after the shutdown has begun, and then the caller must cancel it.
    #[must_use]
    pub(crate) fn enroll(&self, task: &Runnable, shard: usize) -> bool {
        let (header, task) = (task.header(), task.0);
        let shard = shard % self.shards.len();
        let mut list = self.shards[shard].lock();
        if list.closed {
            return false;
        }
        let before = list.newest;
        header.shard.with_mut(|slot| {
            // SAFETY: the caller holds the runnable.
            unsafe { *slot = shard as u8 };
        });
        with_links(task, |links| *links = Links { before, after: None });
        match before {
            Some(before) => with_links(before, |links| links.after = Some(task)),
            None => list.oldest = Some(task),
        }
        list.newest = Some(task);
        list.len += 1;
        true
    }

    /// Takes a task out that is about to be complete; nothing if it was never entered.
    ///
    /// # Safety
    /// The caller holds the task's runnable, and the task was entered here or nowhere.
    pub(super) unsafe fn remove(&self, task: NonNull<Header>) {
        // SAFETY: the runnable keeps the task alive.
        let header = unsafe { task.as_ref() };
        let shard = header.shard.with_mut(|slot| {
            // SAFETY: the caller holds the runnable.
            std::mem::replace(unsafe { &mut *slot }, NO_SHARD)
        });
        let Some(shard) = self.shards.get(shard as usize) else {
            return;
        };
        let mut list = shard.lock();
        let (before, after) = with_links(task, |links| (links.before.take(), links.after.take()));
        match before {
            Some(before) => with_links(before, |links| links.after = after),
            None => list.oldest = after,
        }
        match after {
            Some(after) => with_links(after, |links| links.before = before),
            None => list.newest = before,
        }
        list.len -= 1;
    }

    /// Id, name and spawn site of those that are enrolled, of at most `limit` in each shard.
    pub(crate) fn infos(&self, limit: usize) -> Vec<TaskInfo> {
        let mut infos = Vec::new();
        for shard in &self.shards {
            let list = shard.lock();
            let mut next = list.newest;
            for _ in 0..list.len.min(limit) {
                let Some(task) = next else { break };
                // SAFETY: in the list, so not complete, so alive.
                infos.push(TaskInfo::of(unsafe { task.as_ref() }));
                next = with_links(task, |links| links.before);
            }
        }
        infos
    }

    /// How many tasks are enrolled.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len).sum()
    }

    /// Refuses new tasks from here on.
    pub(crate) fn close(&self) {
        self.gate.close();
        for shard in &self.shards {
            shard.lock().closed = true;
        }
    }

    /// Ends every task: waiting ones here, those with a runnable when `collect` brings it. Returns when
    /// none is left and nobody is inside the gate. To be called by one thread, which runs the
    /// destructors.
    pub(crate) fn close_and_end_all(&self, mut collect: impl FnMut() -> Option<Runnable>) {
        for task in self.close_and_take_waiting() {
            task.cancel();
        }
        let mut rounds = 0;
        loop {
            // Before the queues: what was handed in before the gate was quiet is in them.
            let is_quiet = self.gate.is_quiet();
            let mut found = false;
            while let Some(task) = collect() {
                task.cancel();
                found = true;
            }
            if is_quiet && !found && self.len() == 0 {
                return;
            }
            // Some other thread is between waking a task and handing it in, or still runs one.
            rounds += 1;
            if rounds < 100 {
                thread::yield_now();
            } else {
                thread::sleep(Duration::from_micros(100));
            }
        }
    }

    /// Refuses new tasks and tells every task to end. Those that wait come back as runnables, each once,
    /// in the order of their spawns within a shard; those that are in a queue or in a poll are left
    /// there.
    pub(crate) fn close_and_take_waiting(&self) -> Vec<Runnable> {
        self.close();
        self.shards.iter().flat_map(|shard| Self::cancel_all(shard)).collect()
    }

    /// Tells every task of the shard to end; those that wait come back as runnables, oldest first.
    fn cancel_all(shard: &Mutex<List>) -> Vec<Runnable> {
        let list = shard.lock();
        let mut waiting = Vec::new();
        let mut next = list.oldest;
        while let Some(task) = next {
            // SAFETY: in the list, so not complete, so alive.
            let header = unsafe { task.as_ref() };
            if header.state.cancel() == Wake::Submit {
                waiting.push(Runnable(task));
            }
            next = with_links(task, |links| links.after);
        }
        waiting
    }
}

fn with_links<R>(task: NonNull<Header>, f: impl FnOnce(&mut Links) -> R) -> R {
    // SAFETY: a task in the list, or about to be, is alive.
    let header = unsafe { task.as_ref() };
    header.aside.with_mut(|aside| {
        // SAFETY: under the lock of the shard.
        let aside = unsafe { &mut *aside };
        // SAFETY: links, from the beginning until the task is out of the list.
        f(unsafe { &mut aside.links })
    })
}

impl fmt::Debug for OwnedTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedTasks").field("len", &self.len()).finish_non_exhaustive()
    }
}

//! # The registry of live tasks, so that a shutdown ends every one of them, once
//!
//! A list per shard under a short lock; a worker's spawns go to its own shard, so the lock is rarely
//! contended. A task is in its list from spawn until just before it is complete.
//!
//! # Why a task may point at its scheduler without counting
//! [`close_and_end_all`](OwnedTasks::close_and_end_all) returns when every task has ended and no
//! submission is under way. After that nobody reaches the scheduler through a task:
//! * a wake-up looks at the scheduler only if it made the runnable (OWNED), and a task whose runnable
//!   exists cannot end before that runnable has been collected here;
//! * from then until the submitter has let go of the scheduler it is counted in `submissions`, which is
//!   raised before the runnable can be collected.

use super::state::Wake;
use super::{Header, Runnable};
use filch_primitives::CachePadded;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::sync::Mutex;
use filch_primitives::thread;
use std::fmt;
use std::ptr::NonNull;
use std::time::Duration;

/// A task's neighbours.
#[derive(Default)]
pub(super) struct Links {
    before: Option<NonNull<Header>>,
    after: Option<NonNull<Header>>,
}

/// In which list a task is: written by `bind`, read and cleared by `remove`, both in the hands of
/// whoever holds the runnable.
pub(super) const NO_SHARD: u32 = u32::MAX;

struct List {
    oldest: Option<NonNull<Header>>,
    newest: Option<NonNull<Header>>,
    len: usize,
    closed: bool,
}

// SAFETY: the pointers are followed under the lock of the shard only, and the headers are for any thread.
unsafe impl Send for List {}

/// Every task of one scheduler that has not ended.
pub(crate) struct OwnedTasks {
    shards: Box<[CachePadded<Mutex<List>>]>,
    submissions: CachePadded<AtomicUsize>,
}

impl OwnedTasks {
    pub(crate) fn new(shards: usize) -> Self {
        let empty = || List { oldest: None, newest: None, len: 0, closed: false };
        Self {
            shards: (0..shards.max(1)).map(|_| CachePadded::new(Mutex::new(empty()))).collect(),
            submissions: CachePadded::new(AtomicUsize::new(0)),
        }
    }

    /// Enters a new task; refused after the shutdown has begun, and then the caller must cancel it.
    #[must_use]
    pub(crate) fn bind(&self, task: &Runnable, shard: usize) -> bool {
        let shard = shard % self.shards.len();
        let mut list = self.shards[shard].lock();
        if list.closed {
            return false;
        }
        let before = list.newest;
        task.header().shard.with_mut(|slot| {
            // SAFETY: we hold the runnable.
            unsafe { *slot = shard as u32 };
        });
        with_links(task.0, |links| *links = Links { before, after: None });
        match before {
            Some(before) => with_links(before, |links| links.after = Some(task.0)),
            None => list.oldest = Some(task.0),
        }
        list.newest = Some(task.0);
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

    /// How many tasks have not ended.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len).sum()
    }

    /// A thread that does not keep the scheduler alive is about to make a runnable collectable.
    pub(crate) fn begin_submission(&self) {
        // Ordering: Relaxed; the push that follows publishes it to whoever collects the runnable.
        self.submissions.fetch_add(1, Ordering::Relaxed);
    }

    /// The thread does not touch the scheduler any more.
    pub(crate) fn end_submission(&self) {
        // Ordering: Release; pairs with the Acquire in `close_and_end_all`: everything that the
        // submitter did with the scheduler comes before its end.
        self.submissions.fetch_sub(1, Ordering::Release);
    }

    /// Refuses new tasks from here on.
    pub(crate) fn close(&self) {
        for shard in &self.shards {
            shard.lock().closed = true;
        }
    }

    /// Ends every task: waiting ones here, those with a runnable when `collect` brings it. Returns when
    /// none is left and no submission is under way. To be called by one thread, which runs the
    /// destructors.
    pub(crate) fn close_and_end_all(&self, mut collect: impl FnMut() -> Option<Runnable>) {
        for task in self.close_and_take_waiting() {
            task.cancel();
        }
        let mut rounds = 0;
        loop {
            while let Some(task) = collect() {
                task.cancel();
            }
            // Ordering: Acquire; pairs with the Release in `end_submission`.
            if self.len() == 0 && self.submissions.load(Ordering::Acquire) == 0 {
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
    header.links.with_mut(|links| {
        // SAFETY: under the lock of the shard.
        f(unsafe { &mut *links })
    })
}

impl fmt::Debug for OwnedTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedTasks").field("len", &self.len()).finish_non_exhaustive()
    }
}

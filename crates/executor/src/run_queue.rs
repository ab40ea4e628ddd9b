//! # The queue of a single-threaded scheduler: first in, first out, fed from anywhere
//!
//! One thread at a time is the *owner*: it runs the tasks, and its own pushes go to a plain deque in
//! the order of the events. Pushes of other threads go to a shared queue, and a *doorbell* is rung.

use crate::config::PanicHook;
use crate::context;
use crate::ledger::{Ledger, Page};
use crate::task::{self, Origin, OwnedTasks, Reason, Runnable, Schedule, Spawned};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::cell::UnsafeCell;
use filch_primitives::queue::Injector;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

/// One event in the queue.
#[derive(Debug)]
pub(crate) enum Entry {
    /// A task is to be run.
    Task(Runnable),
    /// The future that the loop was started with is to be polled.
    Main,
}

/// How the owner learns of a push.
pub(crate) trait Doorbell: Send + Sync + 'static {
    /// Another thread has pushed.
    fn ring(&self);

    /// The owner's own thread has pushed, perhaps while it was doing something else.
    fn ring_own(&self) {}
}

/// See the head of this file.
pub(crate) struct RunQueue<D> {
    /// The token of the owner; 0 for none.
    owner: AtomicUsize,
    local: UnsafeCell<VecDeque<Entry>>,
    remote: Injector<Entry>,
    owned: OwnedTasks,
    on_detached_panic: Option<PanicHook>,
    ledger: Option<Arc<Ledger>>,
    pub(crate) doorbell: D,
}

// SAFETY: `local` is touched by the owner only, and the owner changes under a lock (see `own`).
unsafe impl<D: Send> Send for RunQueue<D> {}
// SAFETY: as above.
unsafe impl<D: Sync> Sync for RunQueue<D> {}

impl<D: Doorbell> RunQueue<D> {
    pub(crate) fn new(
        doorbell: D,
        on_detached_panic: Option<PanicHook>,
        ledger: Option<Arc<Ledger>>,
    ) -> Self {
        Self {
            owner: AtomicUsize::new(0),
            local: UnsafeCell::new(VecDeque::new()),
            remote: Injector::new(),
            owned: OwnedTasks::new(1),
            on_detached_panic,
            ledger,
            doorbell,
        }
    }

    /// Makes this thread the owner.
    ///
    /// # Safety
    /// There is no other owner until [`disown`](Self::disown), and the one before is synchronised with.
    pub(crate) unsafe fn own(&self) {
        // Ordering: Relaxed; a thread only asks whether it finds its own token.
        self.owner.store(context::thread_token(), Ordering::Relaxed);
    }

    /// This thread is not the owner any more.
    pub(crate) fn disown(&self) {
        debug_assert!(self.is_owner(), "only the owner gives the queue up");
        // Ordering: Relaxed; as in `own`.
        self.owner.store(0, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn is_owner(&self) -> bool {
        // Ordering: Relaxed; only this thread can have stored its own token.
        self.owner.load(Ordering::Relaxed) == context::thread_token()
    }

    #[inline]
    fn with_local<R>(&self, f: impl FnOnce(&mut VecDeque<Entry>) -> R) -> R {
        debug_assert!(self.is_owner(), "only the owner touches the local queue");
        self.local.with_mut(|local| {
            // SAFETY: this thread is the owner, and none of the closures given to this function calls
            // it again: they move entries and run nothing.
            f(unsafe { &mut *local })
        })
    }

    pub(crate) fn push(&self, entry: Entry) {
        if self.is_owner() {
            self.with_local(|local| local.push_back(entry));
            self.doorbell.ring_own();
        } else {
            let _pass = self.owned.gate.enter(0);
            self.remote.push(entry);
            self.doorbell.ring();
        }
    }

    /// The oldest event of the owner's own, then of the others; with `others_first` the other way round.
    pub(crate) fn pop(&self, others_first: bool) -> Option<Entry> {
        if others_first && self.has_remote() {
            if let Some(entry) = self.remote.pop() {
                return Some(entry);
            }
        }
        self.with_local(VecDeque::pop_front).or_else(|| self.pop_remote())
    }

    /// Runs a task once; back in the queue it goes if it gave way.
    pub(crate) fn run(&self, task: Runnable) {
        if let Some(again) = task.run() {
            self.push(Entry::Task(again));
        }
    }

    /// Moves what other threads have pushed behind the owner's own.
    pub(crate) fn collect(&self) {
        for _ in 0..self.remote.len() {
            let Some(entry) = self.remote.pop() else {
                return;
            };
            self.with_local(|local| local.push_back(entry));
        }
    }

    fn pop_remote(&self) -> Option<Entry> {
        if self.has_remote() { self.remote.pop() } else { None }
    }

    pub(crate) fn has_remote(&self) -> bool {
        !self.remote.is_empty()
    }

    /// How many events of the owner's own there are.
    pub(crate) fn local_len(&self) -> usize {
        self.with_local(|local| local.len())
    }

    /// # Safety
    /// The queue lives until [`end_all`](Self::end_all) has returned. If the future or its output is not
    /// `Send`, the owner is this thread for as long as the task lives.
    pub(crate) unsafe fn spawn<F>(&self, future: F, origin: impl Into<Origin>) -> Spawned<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        // SAFETY: by the caller's promise.
        let (task, handle) = unsafe { task::new(future, self, origin) };
        let refused = if self.owned.enroll(&task, 0) {
            self.push(Entry::Task(task));
            None
        } else {
            Some(task)
        };
        Spawned { handle, refused }
    }

    /// Ends every task, in the order of their spawns. Called by the owner; no task can be spawned after.
    pub(crate) fn end_all(&self) {
        let mut tasks = self.owned.close_and_take_waiting();
        tasks.extend(std::iter::from_fn(|| self.pop_task()));
        tasks.sort_by_key(Runnable::id);
        for task in tasks {
            task.cancel();
        }
        self.owned.close_and_end_all(|| self.pop_task());
    }

    fn pop_task(&self) -> Option<Runnable> {
        loop {
            match self.pop(false)? {
                Entry::Task(task) => return Some(task),
                Entry::Main => {}
            }
        }
    }

    pub(crate) fn live_tasks(&self) -> usize {
        self.owned.len()
    }
}

impl<D: Doorbell> Schedule for RunQueue<D> {
    fn schedule(&self, task: Runnable, _reason: Reason) {
        self.push(Entry::Task(task));
    }

    fn owned(&self) -> Option<&OwnedTasks> {
        Some(&self.owned)
    }

    fn page(&self) -> Option<Page<'_>> {
        self.ledger.as_ref().map(Page::tasks)
    }

    fn panic_hook(&self) -> Option<PanicHook> {
        self.on_detached_panic.clone()
    }
}

impl<D: Doorbell> fmt::Debug for RunQueue<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunQueue")
            .field("live_tasks", &self.live_tasks())
            .field("has_remote", &self.has_remote())
            .finish_non_exhaustive()
    }
}

//! # How tasks end during a shutdown that is to be reported
//!
//! Closed until somebody asks for a [`ShutdownReport`](crate::ShutdownReport): what is never reported is
//! never written down.

use crate::shutdown::BlockingCall;
use crate::task::{Id, TaskInfo};
use filch_primitives::atomic::{AtomicBool, Ordering};
use filch_primitives::sync::Mutex;
use std::fmt;
use std::sync::Arc;

/// See the head of this file.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    is_open: AtomicBool,
    entries: Mutex<Entries>,
    /// Tasks that a thread is at which is not a worker's any more, or whose destructors run.
    attended: Mutex<Vec<TaskInfo>>,
}

/// What was written down.
#[derive(Debug, Default, Clone)]
pub(crate) struct Entries {
    pub(crate) drained: Vec<TaskInfo>,
    pub(crate) cancelled: Vec<TaskInfo>,
    pub(crate) drained_calls: Vec<BlockingCall>,
    pub(crate) cancelled_calls: Vec<BlockingCall>,
}

impl Ledger {
    /// From here on, ends are written down.
    pub(crate) fn open(&self) {
        // Ordering: Release; what ends from here on is missed only by who has begun to end before.
        self.is_open.store(true, Ordering::Release);
    }

    #[inline]
    fn is_open(&self) -> bool {
        // Ordering: Acquire; pairs with the Release in `open`. A task whose end begins before it is seen
        // has ended before the shutdown.
        self.is_open.load(Ordering::Acquire)
    }

    /// A thread is at `task` until the guard is dropped.
    pub(crate) fn attend(self: &Arc<Self>, task: TaskInfo) -> Attended {
        let attended = Attended { ledger: self.clone(), task: task.id() };
        self.attended.lock().push(task);
        attended
    }

    /// The tasks that are [attended](Self::attend).
    pub(crate) fn attended(&self) -> Vec<TaskInfo> {
        self.attended.lock().clone()
    }

    /// Takes out what was written down, and closes the ledger.
    pub(crate) fn close(&self) -> Entries {
        // Ordering: Relaxed; the entries are behind the lock.
        self.is_open.store(false, Ordering::Relaxed);
        std::mem::take(&mut *self.entries.lock())
    }
}

/// A thread is at a task, until this is dropped.
#[derive(Debug)]
pub(crate) struct Attended {
    ledger: Arc<Ledger>,
    task: Id,
}

impl Drop for Attended {
    fn drop(&mut self) {
        self.ledger.attended.lock().retain(|task| task.id() != self.task);
    }
}

/// Where the tasks of a scheduler are written down.
pub(crate) struct Page<'a> {
    ledger: &'a Arc<Ledger>,
    /// Of a pool for blocking calls.
    pool: Option<&'a Arc<str>>,
}

impl<'a> Page<'a> {
    pub(crate) fn tasks(ledger: &'a Arc<Ledger>) -> Self {
        Self { ledger, pool: None }
    }

    pub(crate) fn calls(ledger: &'a Arc<Ledger>, pool: &'a Arc<str>) -> Self {
        Self { ledger, pool: Some(pool) }
    }

    /// The destructors of a task are about to run.
    #[inline]
    pub(crate) fn attend(&self, task: impl FnOnce() -> TaskInfo) -> Option<Attended> {
        (self.ledger.is_open() && self.pool.is_none()).then(|| self.ledger.attend(task()))
    }

    /// A task ends.
    #[inline]
    pub(crate) fn write(&self, cancelled: bool, task: impl FnOnce() -> TaskInfo) {
        if self.ledger.is_open() {
            self.write_down(cancelled, task());
        }
    }

    #[cold]
    fn write_down(&self, cancelled: bool, task: TaskInfo) {
        let mut entries = self.ledger.entries.lock();
        match (self.pool, cancelled) {
            (None, false) => entries.drained.push(task),
            (None, true) => entries.cancelled.push(task),
            (Some(pool), false) => entries.drained_calls.push(BlockingCall::new(pool, task)),
            (Some(pool), true) => entries.cancelled_calls.push(BlockingCall::new(pool, task)),
        }
    }
}

impl fmt::Debug for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("pool", &self.pool).finish_non_exhaustive()
    }
}

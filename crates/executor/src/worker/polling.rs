//! # Which task a worker polls, for the report of a shutdown
//!
//! Two words that the worker writes before each poll. They are a moment's values: the reader asks when the
//! worker has been in the same poll for long, and a pair of two different tasks would be a wrong line in a
//! report. A task without a name is known by these; one with a name is in the registry, too.

use crate::task::{Id, Runnable, TaskInfo};
use filch_primitives::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::panic::Location;
use std::ptr;

/// See the head of this file.
pub(crate) struct Polling {
    /// 0: none.
    id: AtomicU64,
    spawned_at: AtomicPtr<Location<'static>>,
}

impl Polling {
    pub(super) fn new() -> Self {
        Self { id: AtomicU64::new(0), spawned_at: AtomicPtr::new(ptr::null_mut()) }
    }

    /// The worker is about to poll `task`.
    #[inline]
    pub(super) fn begin(&self, task: &Runnable) {
        let spawned_at = ptr::from_ref(task.spawned_at()).cast_mut();
        // Ordering: Relaxed; see the head of this file.
        self.spawned_at.store(spawned_at, Ordering::Relaxed);
        // Ordering: Relaxed; as above.
        self.id.store(task.id().number(), Ordering::Relaxed);
    }

    /// The worker sleeps, or leaves.
    pub(super) fn end(&self) {
        // Ordering: Relaxed; as above.
        self.id.store(0, Ordering::Relaxed);
    }

    /// The task that it polls, without its name.
    pub(crate) fn task(&self) -> Option<TaskInfo> {
        // Ordering: Relaxed; as above.
        let id = Id::from_number(self.id.load(Ordering::Relaxed))?;
        // Ordering: Relaxed; as above.
        let spawned_at = self.spawned_at.load(Ordering::Relaxed);
        // SAFETY: null, or made from a `&'static` in `begin`.
        let spawned_at = unsafe { spawned_at.as_ref() }?;
        Some(TaskInfo::nameless(id, spawned_at))
    }
}

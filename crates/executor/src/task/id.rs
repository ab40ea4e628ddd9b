//! # Task ids

use super::run;
use std::cell::Cell;
use std::fmt;
use std::num::NonZeroU64;

/// Names one task for the life of the process.
///
/// ```
/// use filch_executor::Builder;
///
/// let executor = Builder::new_current_thread().build().unwrap();
/// let (a, b) = (executor.spawn(async {}), executor.spawn(async {}));
/// assert_ne!(a.id(), b.id());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(NonZeroU64);

/// How many ids a thread takes at a time, so that spawns do not meet on one counter.
const BLOCK: u64 = 1 << 10;

filch_primitives::thread_local! {
    /// What is left of this thread's block: the next id and the end.
    static LEFT: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

impl Id {
    #[inline]
    pub(crate) fn next() -> Self {
        let number = LEFT.with(|left| {
            let (mut next, mut end) = left.get();
            if next == end {
                next = filch_primitives::reserve_numbers(BLOCK);
                end = next + BLOCK;
            }
            left.set((next + 1, end));
            next
        });
        Self(NonZeroU64::new(number).expect("numbers begin at 1 and 64 bits do not run out"))
    }
}

impl Id {
    pub(crate) fn number(self) -> u64 {
        self.0.get()
    }

    pub(crate) fn from_number(number: u64) -> Option<Self> {
        NonZeroU64::new(number).map(Self)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", self.0)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The id of the task that is running on this thread.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
/// let handle = executor.spawn(async { filch_executor::id() });
/// let id = handle.id();
/// assert_eq!(executor.block_on(handle).unwrap(), id);
/// ```
///
/// # Panics
/// Outside a task; the future of `block_on` is none. See [`try_id`].
#[track_caller]
pub fn id() -> Id {
    try_id().expect("no task is running on this thread: call `task::id` inside a spawned task")
}

/// The id of the task that is running on this thread, if one is.
///
/// ```
/// assert_eq!(filch_executor::try_id(), None);
/// ```
pub fn try_id() -> Option<Id> {
    run::current_id()
}

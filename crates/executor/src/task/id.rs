//! # Task ids

use super::run;
use std::cell::Cell;
use std::fmt;
use std::num::NonZeroU64;

/// Names one task for the life of the process: numbers come again after 2^48 of them, in nine years at a million
/// tasks a second.
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

/// The largest number; 0 is none.
const MAX: NonZeroU64 = NonZeroU64::new((1 << 48) - 1).expect("is not 0");

/// An id in six bytes, which is what is left in a task's header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed([u16; 3]);

impl From<Id> for Packed {
    #[inline]
    fn from(id: Id) -> Self {
        let number = id.number();
        Self([0, 16, 32].map(|shift| (number >> shift) as u16))
    }
}

impl From<Packed> for Id {
    #[inline]
    fn from(packed: Packed) -> Self {
        let [low, middle, high] = packed.0.map(u64::from);
        Self::from_number(low | middle << 16 | high << 32).expect("an id is not 0")
    }
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
        Self(NonZeroU64::new(number & MAX.get()).unwrap_or(MAX))
    }

    /// As a number; from 1 upwards.
    #[inline]
    pub(crate) fn number(self) -> u64 {
        self.0.get()
    }

    /// What [`number`](Self::number) came from.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_out_of_a_header_as_it_went_in() {
        for number in [1, 2, 0xffff, 0x1_0000, 0x1234_5678_9abc, MAX.get()] {
            let id = Id::from_number(number).expect("is not 0");
            assert_eq!(Id::from(Packed::from(id)), id);
        }
    }
}

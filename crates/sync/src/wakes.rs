//! Wakers collected under a lock, to be woken after it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

/// How many wakers fit before the collection allocates.
const INLINE: usize = 8;

/// Wakers on their way out of a critical section.
///
/// A waker is foreign code: it may panic or come back into the very object that wakes it. So it is
/// never called with a lock held, and one that panics does not cost the others their wake-up.
pub struct Wakes {
    inline: [Option<Waker>; INLINE],
    len: usize,
    woken: usize,
    overflow: VecDeque<Waker>,
}

impl Wakes {
    pub(crate) fn new() -> Self {
        Self { inline: [const { None }; INLINE], len: 0, woken: 0, overflow: VecDeque::new() }
    }

    pub(crate) fn push(&mut self, waker: Waker) {
        match self.inline.get_mut(self.len) {
            Some(place) => {
                *place = Some(waker);
                self.len += 1;
            }
            None => self.overflow.push_back(waker),
        }
    }

    /// Wakes them in the order in which they were pushed.
    ///
    /// # Panics
    /// With the first panic of a waker, after the others were woken.
    pub(crate) fn wake_all(mut self) {
        while let Some(waker) = self.next() {
            waker.wake();
        }
    }

    fn next(&mut self) -> Option<Waker> {
        while self.woken < self.len {
            self.woken += 1;
            if let Some(waker) = self.inline[self.woken - 1].take() {
                return Some(waker);
            }
        }
        self.overflow.pop_front()
    }
}

impl Drop for Wakes {
    /// Finds wakers inside only when one of them panicked, or a panic came before `wake_all`.
    fn drop(&mut self) {
        while let Some(waker) = self.next() {
            // One panic is already on its way; a second one would abort the process.
            let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
    }
}

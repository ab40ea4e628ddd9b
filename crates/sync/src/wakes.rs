//! Wakers collected under a lock, to be woken after it.

use filch_primitives::{catch_quietly, thread};
use std::task::Waker;

/// Wakes one, which panics only if no panic is on its way already: a second one would abort the process.
pub(crate) fn wake(waker: Waker) {
    if thread::panicking() { catch_quietly(|| waker.wake()) } else { waker.wake() }
}

/// Wakers on their way out of a critical section.
///
/// A waker is foreign code: it may panic or come back into the very object that wakes it. So it is
/// never called with a lock held, and one that panics does not cost the others their wake-up.
///
/// Nearly always it is one waker or none: that costs two stores and a test. More of them cost an allocation.
pub struct Wakes {
    first: Option<Waker>,
    rest: Vec<Waker>,
}

impl Wakes {
    #[inline]
    pub(crate) fn new() -> Self {
        Self { first: None, rest: Vec::new() }
    }

    #[inline]
    pub(crate) fn push(&mut self, waker: Waker) {
        if self.first.is_none() {
            self.first = Some(waker);
        } else {
            self.rest.push(waker);
        }
    }

    /// Wakes them in the order in which they were pushed. Takes a reference: to be moved they would be copied in larger
    /// pieces than they were written in, and that a processor waits for.
    ///
    /// # Panics
    /// With the first panic of a waker, after the others were woken; unless a panic is on its way already.
    #[inline]
    pub(crate) fn wake_all(&mut self) {
        if self.first.is_some() && thread::panicking() {
            return self.wake_all_quietly();
        }
        if let Some(first) = self.first.take() {
            if !self.rest.is_empty() {
                self.rest.reverse();
            }
            first.wake();
            // Left to `drop` if that panicked.
            while let Some(waker) = self.rest.pop() {
                waker.wake();
            }
        }
    }
}

impl Wakes {
    #[cold]
    fn wake_all_quietly(&mut self) {
        // One panic is already on its way; a second one would abort the process.
        for waker in self.first.take().into_iter().chain(self.rest.drain(..).rev()) {
            catch_quietly(|| waker.wake());
        }
    }
}

impl Drop for Wakes {
    /// Finds wakers inside only when one of them panicked, or a panic came before `wake_all`.
    #[inline]
    fn drop(&mut self) {
        if self.first.is_some() || !self.rest.is_empty() {
            self.wake_all_quietly();
        }
    }
}

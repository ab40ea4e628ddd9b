//! # The value that is current on this thread
//!
//! A runtime's parts are found from inside a task without being passed along: each crate keeps one
//! thread-local [`Current`] of what was entered last. Entering nests; leaving restores what was there.

use crate::thread::LocalKey;
use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// A slot for the innermost entered `T`; lives in a [`thread_local!`](crate::thread_local).
///
/// ```
/// use filch_primitives::Current;
///
/// filch_primitives::thread_local! {
///     static NAME: Current<&'static str> = const { Current::new() };
/// }
///
/// assert_eq!(Current::get(&NAME), None);
/// let outer = Current::enter(&NAME, "outer");
/// {
///     let _inner = Current::enter(&NAME, "inner");
///     assert_eq!(Current::get(&NAME), Some("inner"));
/// }
/// assert_eq!(Current::get(&NAME), Some("outer"));
/// drop(outer);
/// assert_eq!(Current::get(&NAME), None);
/// ```
#[derive(Debug)]
pub struct Current<T> {
    value: RefCell<Option<T>>,
    /// How many guards there are.
    depth: Cell<usize>,
}

impl<T> Current<T> {
    /// Nothing is entered.
    pub const fn new() -> Self {
        Self { value: RefCell::new(None), depth: Cell::new(0) }
    }
}

impl<T> Default for Current<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone + 'static> Current<T> {
    /// Makes `value` current on this thread until the guard is dropped; without effect on a thread that
    /// is so far in its exit that its thread-locals are gone.
    pub fn enter(key: &'static LocalKey<Self>, value: T) -> CurrentGuard<T> {
        let entered = key.try_with(|slot| {
            let depth = slot.depth.get() + 1;
            slot.depth.set(depth);
            (slot.value.replace(Some(value)), depth)
        });
        CurrentGuard { key, entered: entered.ok(), not_send: PhantomData }
    }

    /// The current value, if any is entered and the thread is not exiting.
    pub fn get(key: &'static LocalKey<Self>) -> Option<T> {
        Self::with(key, |value| value.cloned())
    }

    /// Lends the current value to `f`; `None` where nothing is entered.
    ///
    /// `f` must not enter or leave anything on the same key.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn with<R>(key: &'static LocalKey<Self>, f: impl FnOnce(Option<&T>) -> R) -> R {
        // Not inside of `try_with`, so that `f` is called in one place.
        let slot = key.try_with(|slot| NonNull::from(slot)).ok();
        // SAFETY: the thread-local was not destroyed yet, and this thread, which would, is here until `f` returns.
        let slot = slot.map(|slot| unsafe { slot.as_ref() }.value.borrow());
        f(slot.as_deref().and_then(Option::as_ref))
    }
}

/// Restores what was current before; made by [`Current::enter`].
///
/// # Panics
/// When it is dropped while a guard that was made later, on the same thread, still exists.
#[derive(Debug)]
#[must_use = "what was entered is left when the guard is dropped"]
pub struct CurrentGuard<T: 'static> {
    key: &'static LocalKey<Current<T>>,
    /// What was current before, and how many guards there were with this one.
    entered: Option<(Option<T>, usize)>,
    not_send: PhantomData<*const ()>,
}

impl<T> Drop for CurrentGuard<T> {
    fn drop(&mut self) {
        let Some((before, depth)) = self.entered.take() else { return };
        let left = self.key.try_with(|slot| {
            let depth_now = slot.depth.get();
            slot.depth.set(depth_now - 1);
            (slot.value.replace(before), depth_now)
        });
        // The value that leaves is dropped after the slot is free again: its destructor may enter.
        if let Ok((_left, depth_now)) = left {
            assert!(
                depth_now == depth || std::thread::panicking(),
                "enter guards must be dropped in the reverse order of their making: another runtime \
                 was entered after this one and not left yet"
            );
        }
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;

    thread_local! {
        static NUMBER: Current<u32> = const { Current::new() };
    }

    #[test]
    #[should_panic(expected = "reverse order")]
    fn a_guard_that_is_dropped_too_early_says_so() {
        let first = Current::enter(&NUMBER, 1);
        let _second = Current::enter(&NUMBER, 2);
        drop(first);
    }
}

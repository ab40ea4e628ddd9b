//! # The value that is current on this thread
//!
//! A runtime's parts are found from inside a task without being passed along: each crate keeps one
//! thread-local [`Current`] of what was entered last. Entering nests; leaving restores what was there.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::thread::LocalKey;

/// A slot for the innermost entered `T`; lives in a `thread_local!`.
///
/// ```
/// use filch_primitives::Current;
///
/// thread_local! {
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
pub struct Current<T>(RefCell<Option<T>>);

impl<T> Current<T> {
    /// Nothing is entered.
    pub const fn new() -> Self {
        Self(RefCell::new(None))
    }
}

impl<T> Default for Current<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone + 'static> Current<T> {
    /// Makes `value` current on this thread until the guard is dropped.
    ///
    /// # Panics
    /// If the thread is so far in its exit that its thread-locals are gone.
    pub fn enter(key: &'static LocalKey<Self>, value: T) -> CurrentGuard<T> {
        let before = key.with(|slot| slot.0.replace(Some(value)));
        CurrentGuard { key, before: Some(before), not_send: PhantomData }
    }

    /// The current value, if any is entered and the thread is not exiting.
    pub fn get(key: &'static LocalKey<Self>) -> Option<T> {
        Self::with(key, |value| value.cloned())
    }

    /// Lends the current value to `f`; `None` where nothing is entered.
    ///
    /// `f` must not enter or leave anything on the same key.
    #[inline]
    pub fn with<R>(key: &'static LocalKey<Self>, f: impl FnOnce(Option<&T>) -> R) -> R {
        let mut f = Some(f);
        let lent = key.try_with(|slot| f.take().map(|f| f(slot.0.borrow().as_ref())));
        match (lent, f) {
            (Ok(Some(result)), _) => result,
            (_, Some(f)) => f(None),
            _ => unreachable!("the closure was either called or kept"),
        }
    }
}

/// Restores what was current before; made by [`Current::enter`].
///
/// Guards on one thread must be dropped in the reverse order of their making.
#[derive(Debug)]
#[must_use = "what was entered is left when the guard is dropped"]
pub struct CurrentGuard<T: 'static> {
    key: &'static LocalKey<Current<T>>,
    before: Option<Option<T>>,
    not_send: PhantomData<*const ()>,
}

impl<T> Drop for CurrentGuard<T> {
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            // The value that leaves is dropped after the slot is free again: its destructor may enter.
            let _left = self.key.try_with(|slot| slot.0.replace(before));
        }
    }
}

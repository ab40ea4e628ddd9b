//! The guard of a reader.

use super::RwLock;
use super::lease::Lease;
use crate::shown::shown_as_target;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

/// The value of a [`RwLock`], or a part of it, to read; unlocks when it is dropped.
///
/// ```
/// let lock = filch_sync::RwLock::new(1);
/// let guard = lock.try_read().unwrap();
/// assert_eq!(*guard, 1);
/// ```
#[must_use = "the lock is released when this is dropped"]
#[clippy::has_significant_drop]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    part: NonNull<T>,
    lease: Lease<'a>,
    value: PhantomData<&'a T>,
}

// SAFETY: as good as a `&T`; the permits may be returned from any thread.
unsafe impl<T: ?Sized + Sync> Send for RwLockReadGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    /// # Safety
    /// `lease` holds a permit of `lock`.
    pub(super) unsafe fn new(lock: &'a RwLock<T>, lease: Lease<'a>) -> Self {
        // SAFETY: locked for reading, by this function's contract.
        let value = lock.value.with(|value| unsafe { &*value });
        Self::of(value, lease)
    }

    /// `part` is a part of the value whose lock `lease` holds.
    pub(super) fn of(part: &T, lease: Lease<'a>) -> Self {
        Self { part: NonNull::from(part), lease, value: PhantomData }
    }

    /// Narrows the guard to a part of the value.
    ///
    /// A function, not a method: call `RwLockReadGuard::map(guard, ..)`.
    ///
    /// ```
    /// use filch_sync::{RwLock, RwLockReadGuard};
    ///
    /// let lock = RwLock::new((1, "one"));
    /// let number = RwLockReadGuard::map(lock.try_read().unwrap(), |pair| &pair.0);
    /// assert_eq!(*number, 1);
    /// ```
    pub fn map<U: ?Sized>(this: Self, f: impl FnOnce(&T) -> &U) -> RwLockReadGuard<'a, U> {
        let part = NonNull::from(f(&this));
        RwLockReadGuard { part, lease: this.lease, value: PhantomData }
    }

    /// Narrows the guard to a part of the value, if `f` finds it.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    ///
    /// ```
    /// use filch_sync::{RwLock, RwLockReadGuard};
    ///
    /// let lock = RwLock::new(vec![1]);
    /// assert!(RwLockReadGuard::try_map(lock.try_read().unwrap(), |list| list.get(9)).is_err());
    /// ```
    pub fn try_map<U: ?Sized>(
        this: Self,
        f: impl FnOnce(&T) -> Option<&U>,
    ) -> Result<RwLockReadGuard<'a, U>, Self> {
        match f(&this).map(NonNull::from) {
            Some(part) => Ok(RwLockReadGuard { part, lease: this.lease, value: PhantomData }),
            None => Err(this),
        }
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: locked for reading, and borrowed with the guard.
        unsafe { self.part.as_ref() }
    }
}

shown_as_target! {
    [T: ?Sized] RwLockReadGuard<'_, T>, T;
}

//! The guards of a writer.

use super::RwLock;
use super::lease::Lease;
use super::read::RwLockReadGuard;
use crate::shown::shown_as_target;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// The value of a [`RwLock`], to change; unlocks when it is dropped.
///
/// ```
/// let lock = filch_sync::RwLock::new(1);
/// *lock.try_write().unwrap() += 1;
/// assert_eq!(*lock.try_read().unwrap(), 2);
/// ```
#[must_use = "the lock is released when this is dropped"]
#[clippy::has_significant_drop]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    value: RwLockMappedWriteGuard<'a, T>,
}

/// A part of the value of a [`RwLock`], to change; unlocks when it is dropped. Made by [`RwLockWriteGuard::map`].
///
/// ```
/// use filch_sync::{RwLock, RwLockWriteGuard};
///
/// let lock = RwLock::new((1, "one"));
/// *RwLockWriteGuard::map(lock.try_write().unwrap(), |pair| &mut pair.0) = 2;
/// assert_eq!(lock.into_inner().0, 2);
/// ```
#[must_use = "the lock is released when this is dropped"]
#[clippy::has_significant_drop]
pub struct RwLockMappedWriteGuard<'a, T: ?Sized> {
    part: NonNull<T>,
    lease: Lease<'a>,
    value: PhantomData<&'a mut T>,
}

// SAFETY: as good as a `&mut T`, and it may become a reader, which is as good as a `&T`; the permits may be returned
// from any thread.
unsafe impl<T: ?Sized + Send + Sync> Send for RwLockMappedWriteGuard<'_, T> {}
// SAFETY: gives out a `&T` at most.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLockMappedWriteGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// # Safety
    /// `lease` holds all permits of `lock`.
    pub(super) unsafe fn new(lock: &'a RwLock<T>, lease: Lease<'a>) -> Self {
        // SAFETY: locked for writing, by this function's contract.
        let part = NonNull::from(lock.value.with_mut(|value| unsafe { &mut *value }));
        Self { value: RwLockMappedWriteGuard { part, lease, value: PhantomData } }
    }

    /// The guard as one of a part: of the whole.
    ///
    /// ```
    /// use filch_sync::{RwLock, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new(1);
    /// *RwLockWriteGuard::into_mapped(lock.try_write().unwrap()) = 2;
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    pub fn into_mapped(this: Self) -> RwLockMappedWriteGuard<'a, T> {
        this.value
    }

    /// Narrows the guard to a part of the value.
    ///
    /// A function, not a method: call `RwLockWriteGuard::map(guard, ..)`.
    ///
    /// ```
    /// use filch_sync::{RwLock, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new((1, "one"));
    /// *RwLockWriteGuard::map(lock.try_write().unwrap(), |pair| &mut pair.0) = 2;
    /// ```
    pub fn map<U: ?Sized>(
        this: Self,
        f: impl FnOnce(&mut T) -> &mut U,
    ) -> RwLockMappedWriteGuard<'a, U> {
        RwLockMappedWriteGuard::map(this.value, f)
    }

    /// Narrows the guard to a part of the value, if `f` finds it.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    ///
    /// ```
    /// use filch_sync::{RwLock, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new(vec![1]);
    /// assert!(RwLockWriteGuard::try_map(lock.try_write().unwrap(), |list| list.get_mut(9)).is_err());
    /// ```
    pub fn try_map<U: ?Sized>(
        this: Self,
        f: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<RwLockMappedWriteGuard<'a, U>, Self> {
        RwLockMappedWriteGuard::try_map(this.value, f).map_err(|value| Self { value })
    }

    /// Goes on as a reader, with no writer in between; other readers come in.
    ///
    /// ```
    /// let lock = filch_sync::RwLock::new(1);
    /// let mut guard = lock.try_write().unwrap();
    /// *guard += 1;
    /// let guard = guard.downgrade();
    /// assert_eq!(*lock.try_read().unwrap(), *guard);
    /// ```
    pub fn downgrade(self) -> RwLockReadGuard<'a, T> {
        Self::downgrade_map(self, |value| value)
    }

    /// Goes on as a reader of a part of the value.
    ///
    /// ```
    /// use filch_sync::{RwLock, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new((1, "one"));
    /// let number = RwLockWriteGuard::downgrade_map(lock.try_write().unwrap(), |pair| &pair.0);
    /// assert_eq!(*number, 1);
    /// ```
    pub fn downgrade_map<U: ?Sized>(
        this: Self,
        f: impl FnOnce(&T) -> &U,
    ) -> RwLockReadGuard<'a, U> {
        let part = NonNull::from(f(&this));
        let lease = this.value.lease.downgrade();
        // SAFETY: a part of the value, which the lease keeps locked.
        RwLockReadGuard::of(unsafe { part.as_ref() }, lease)
    }

    /// Goes on as a reader of a part of the value, if `f` finds it.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    ///
    /// ```
    /// use filch_sync::{RwLock, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new(vec![1]);
    /// let guard = lock.try_write().unwrap();
    /// assert!(RwLockWriteGuard::try_downgrade_map(guard, |list| list.get(9)).is_err());
    /// ```
    pub fn try_downgrade_map<U: ?Sized>(
        this: Self,
        f: impl FnOnce(&T) -> Option<&U>,
    ) -> Result<RwLockReadGuard<'a, U>, Self> {
        let Some(part) = f(&this).map(NonNull::from) else {
            return Err(this);
        };
        let lease = this.value.lease.downgrade();
        // SAFETY: a part of the value, which the lease keeps locked.
        Ok(RwLockReadGuard::of(unsafe { part.as_ref() }, lease))
    }
}

impl<'a, T: ?Sized> RwLockMappedWriteGuard<'a, T> {
    /// Narrows the guard further.
    ///
    /// A function, not a method: call `RwLockMappedWriteGuard::map(guard, ..)`.
    ///
    /// ```
    /// use filch_sync::{RwLock, RwLockMappedWriteGuard, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new((1, (2, 3)));
    /// let pair = RwLockWriteGuard::map(lock.try_write().unwrap(), |all| &mut all.1);
    /// assert_eq!(*RwLockMappedWriteGuard::map(pair, |pair| &mut pair.1), 3);
    /// ```
    pub fn map<U: ?Sized>(
        mut this: Self,
        f: impl FnOnce(&mut T) -> &mut U,
    ) -> RwLockMappedWriteGuard<'a, U> {
        let part = NonNull::from(f(&mut this));
        RwLockMappedWriteGuard { part, lease: this.lease, value: PhantomData }
    }

    /// Narrows the guard further, if `f` finds the part.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    ///
    /// ```
    /// use filch_sync::{RwLock, RwLockMappedWriteGuard, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new((1, vec![2]));
    /// let list = RwLockWriteGuard::map(lock.try_write().unwrap(), |all| &mut all.1);
    /// assert!(RwLockMappedWriteGuard::try_map(list, |list| list.get_mut(9)).is_err());
    /// ```
    pub fn try_map<U: ?Sized>(
        mut this: Self,
        f: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<RwLockMappedWriteGuard<'a, U>, Self> {
        match f(&mut this).map(NonNull::from) {
            Some(part) => {
                Ok(RwLockMappedWriteGuard { part, lease: this.lease, value: PhantomData })
            }
            None => Err(this),
        }
    }
}

impl<T: ?Sized> Deref for RwLockMappedWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: locked, and borrowed with the guard.
        unsafe { self.part.as_ref() }
    }
}

impl<T: ?Sized> DerefMut for RwLockMappedWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: locked for writing, and borrowed with the guard.
        unsafe { self.part.as_mut() }
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

shown_as_target! {
    [T: ?Sized] RwLockWriteGuard<'_, T>, T;
    [T: ?Sized] RwLockMappedWriteGuard<'_, T>, T;
}

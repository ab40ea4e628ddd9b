//! Guards that keep the lock alive.

use super::RwLock;
use super::lease::OwnedLease;
use crate::shown::shown_as_target;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::Arc;

/// The value of a [`RwLock`] that it keeps alive, or a part of the value, to read; unlocks when it is dropped.
///
/// ```
/// let lock = std::sync::Arc::new(filch_sync::RwLock::new(1));
/// let guard = lock.clone().try_read_owned().unwrap();
/// assert_eq!(*guard, 1);
/// ```
#[must_use = "the lock is released when this is dropped"]
#[clippy::has_significant_drop]
pub struct OwnedRwLockReadGuard<T: ?Sized, U: ?Sized = T> {
    part: NonNull<U>,
    lease: OwnedLease<T>,
    value: PhantomData<*const U>,
}

/// The value of a [`RwLock`] that it keeps alive, to change; unlocks when it is dropped.
///
/// ```
/// let lock = std::sync::Arc::new(filch_sync::RwLock::new(1));
/// *lock.clone().try_write_owned().unwrap() += 1;
/// assert_eq!(*lock.try_read().unwrap(), 2);
/// ```
#[must_use = "the lock is released when this is dropped"]
#[clippy::has_significant_drop]
pub struct OwnedRwLockWriteGuard<T: ?Sized> {
    value: OwnedRwLockMappedWriteGuard<T>,
}

/// A part of the value of a [`RwLock`] that it keeps alive, to change; unlocks when it is dropped. Made by
/// [`OwnedRwLockWriteGuard::map`].
///
/// ```
/// use filch_sync::{OwnedRwLockWriteGuard, RwLock};
/// use std::sync::Arc;
///
/// let lock = Arc::new(RwLock::new((1, "one")));
/// let guard = lock.clone().try_write_owned().unwrap();
/// *OwnedRwLockWriteGuard::map(guard, |pair| &mut pair.0) = 2;
/// assert_eq!(lock.try_read().unwrap().0, 2);
/// ```
#[must_use = "the lock is released when this is dropped"]
#[clippy::has_significant_drop]
pub struct OwnedRwLockMappedWriteGuard<T: ?Sized, U: ?Sized = T> {
    part: NonNull<U>,
    lease: OwnedLease<T>,
    value: PhantomData<*mut U>,
}

// SAFETY: as good as a `&U` and an `Arc` of the lock, which is as `Send` and `Sync` as the value; the permits may be
// returned from any thread.
unsafe impl<T: ?Sized + Send + Sync, U: ?Sized + Sync> Send for OwnedRwLockReadGuard<T, U> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync, U: ?Sized + Send + Sync> Sync for OwnedRwLockReadGuard<T, U> {}
// SAFETY: as good as a `&mut U` and an `Arc` of the lock, and it may become a reader.
unsafe impl<T: ?Sized + Send + Sync, U: ?Sized + Send + Sync> Send
    for OwnedRwLockMappedWriteGuard<T, U>
{
}
// SAFETY: gives out a `&U` at most.
unsafe impl<T: ?Sized + Send + Sync, U: ?Sized + Send + Sync> Sync
    for OwnedRwLockMappedWriteGuard<T, U>
{
}

impl<T: ?Sized> OwnedRwLockReadGuard<T> {
    /// # Safety
    /// A permit of `lock` is the caller's, and from here on the guard's.
    pub(super) unsafe fn new(lock: Arc<RwLock<T>>) -> Self {
        let lease = OwnedLease::read(lock);
        // SAFETY: locked for reading, by this function's contract.
        let part = NonNull::from(lease.lock().value.with(|value| unsafe { &*value }));
        Self { part, lease, value: PhantomData }
    }
}

impl<T: ?Sized, U: ?Sized> OwnedRwLockReadGuard<T, U> {
    /// Narrows the guard to a part of the value.
    ///
    /// A function, not a method: call `OwnedRwLockReadGuard::map(guard, ..)`.
    ///
    /// ```
    /// use filch_sync::{OwnedRwLockReadGuard, RwLock};
    ///
    /// let guard = std::sync::Arc::new(RwLock::new((1, "one"))).try_read_owned().unwrap();
    /// assert_eq!(*OwnedRwLockReadGuard::map(guard, |pair| &pair.0), 1);
    /// ```
    pub fn map<S: ?Sized>(this: Self, f: impl FnOnce(&U) -> &S) -> OwnedRwLockReadGuard<T, S> {
        let part = NonNull::from(f(&this));
        OwnedRwLockReadGuard { part, lease: this.lease, value: PhantomData }
    }

    /// Narrows the guard to a part of the value, if `f` finds it.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    ///
    /// ```
    /// use filch_sync::{OwnedRwLockReadGuard, RwLock};
    ///
    /// let guard = std::sync::Arc::new(RwLock::new(vec![1])).try_read_owned().unwrap();
    /// assert!(OwnedRwLockReadGuard::try_map(guard, |list| list.get(9)).is_err());
    /// ```
    pub fn try_map<S: ?Sized>(
        this: Self,
        f: impl FnOnce(&U) -> Option<&S>,
    ) -> Result<OwnedRwLockReadGuard<T, S>, Self> {
        match f(&this).map(NonNull::from) {
            Some(part) => Ok(OwnedRwLockReadGuard { part, lease: this.lease, value: PhantomData }),
            None => Err(this),
        }
    }

    /// The lock.
    ///
    /// ```
    /// use filch_sync::{OwnedRwLockReadGuard, RwLock};
    ///
    /// let guard = std::sync::Arc::new(RwLock::new(1)).try_read_owned().unwrap();
    /// assert!(OwnedRwLockReadGuard::rwlock(&guard).try_write().is_err());
    /// ```
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        this.lease.lock()
    }
}

impl<T: ?Sized> OwnedRwLockWriteGuard<T> {
    /// # Safety
    /// All permits of `lock` are the caller's, and from here on the guard's.
    pub(super) unsafe fn new(lock: Arc<RwLock<T>>) -> Self {
        let lease = OwnedLease::write(lock);
        // SAFETY: locked for writing, by this function's contract.
        let part = NonNull::from(lease.lock().value.with_mut(|value| unsafe { &mut *value }));
        Self { value: OwnedRwLockMappedWriteGuard { part, lease, value: PhantomData } }
    }

    /// The guard as one of a part: of the whole.
    ///
    /// ```
    /// use filch_sync::{OwnedRwLockWriteGuard, RwLock};
    ///
    /// let guard = std::sync::Arc::new(RwLock::new(1)).try_write_owned().unwrap();
    /// *OwnedRwLockWriteGuard::into_mapped(guard) = 2;
    /// ```
    pub fn into_mapped(this: Self) -> OwnedRwLockMappedWriteGuard<T> {
        this.value
    }

    /// Narrows the guard to a part of the value.
    ///
    /// A function, not a method: call `OwnedRwLockWriteGuard::map(guard, ..)`.
    ///
    /// ```
    /// use filch_sync::{OwnedRwLockWriteGuard, RwLock};
    ///
    /// let guard = std::sync::Arc::new(RwLock::new((1, "one"))).try_write_owned().unwrap();
    /// *OwnedRwLockWriteGuard::map(guard, |pair| &mut pair.0) = 2;
    /// ```
    pub fn map<U: ?Sized>(
        this: Self,
        f: impl FnOnce(&mut T) -> &mut U,
    ) -> OwnedRwLockMappedWriteGuard<T, U> {
        OwnedRwLockMappedWriteGuard::map(this.value, f)
    }

    /// Narrows the guard to a part of the value, if `f` finds it.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    ///
    /// ```
    /// use filch_sync::{OwnedRwLockWriteGuard, RwLock};
    ///
    /// let guard = std::sync::Arc::new(RwLock::new(vec![1])).try_write_owned().unwrap();
    /// assert!(OwnedRwLockWriteGuard::try_map(guard, |list| list.get_mut(9)).is_err());
    /// ```
    pub fn try_map<U: ?Sized>(
        this: Self,
        f: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<OwnedRwLockMappedWriteGuard<T, U>, Self> {
        OwnedRwLockMappedWriteGuard::try_map(this.value, f).map_err(|value| Self { value })
    }

    /// Goes on as a reader, with no writer in between; other readers come in.
    ///
    /// ```
    /// let lock = std::sync::Arc::new(filch_sync::RwLock::new(1));
    /// let guard = lock.clone().try_write_owned().unwrap().downgrade();
    /// assert_eq!(*lock.try_read().unwrap(), *guard);
    /// ```
    pub fn downgrade(self) -> OwnedRwLockReadGuard<T> {
        Self::downgrade_map(self, |value| value)
    }

    /// Goes on as a reader of a part of the value.
    ///
    /// ```
    /// use filch_sync::{OwnedRwLockWriteGuard, RwLock};
    ///
    /// let guard = std::sync::Arc::new(RwLock::new((1, "one"))).try_write_owned().unwrap();
    /// assert_eq!(*OwnedRwLockWriteGuard::downgrade_map(guard, |pair| &pair.0), 1);
    /// ```
    pub fn downgrade_map<U: ?Sized>(
        this: Self,
        f: impl FnOnce(&T) -> &U,
    ) -> OwnedRwLockReadGuard<T, U> {
        let part = NonNull::from(f(&this));
        OwnedRwLockReadGuard { part, lease: this.value.lease.downgrade(), value: PhantomData }
    }

    /// Goes on as a reader of a part of the value, if `f` finds it.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    ///
    /// ```
    /// use filch_sync::{OwnedRwLockWriteGuard, RwLock};
    ///
    /// let guard = std::sync::Arc::new(RwLock::new(vec![1])).try_write_owned().unwrap();
    /// assert!(OwnedRwLockWriteGuard::try_downgrade_map(guard, |list| list.get(9)).is_err());
    /// ```
    pub fn try_downgrade_map<U: ?Sized>(
        this: Self,
        f: impl FnOnce(&T) -> Option<&U>,
    ) -> Result<OwnedRwLockReadGuard<T, U>, Self> {
        let Some(part) = f(&this).map(NonNull::from) else {
            return Err(this);
        };
        Ok(OwnedRwLockReadGuard { part, lease: this.value.lease.downgrade(), value: PhantomData })
    }

    /// The lock.
    ///
    /// ```
    /// use filch_sync::{OwnedRwLockWriteGuard, RwLock};
    ///
    /// let guard = std::sync::Arc::new(RwLock::new(1)).try_write_owned().unwrap();
    /// assert!(OwnedRwLockWriteGuard::rwlock(&guard).try_read().is_err());
    /// ```
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        this.value.lease.lock()
    }
}

impl<T: ?Sized, U: ?Sized> OwnedRwLockMappedWriteGuard<T, U> {
    /// Narrows the guard further.
    ///
    /// A function, not a method: call `OwnedRwLockMappedWriteGuard::map(guard, ..)`.
    ///
    /// ```
    /// use filch_sync::{OwnedRwLockMappedWriteGuard, OwnedRwLockWriteGuard, RwLock};
    ///
    /// let guard = std::sync::Arc::new(RwLock::new((1, (2, 3)))).try_write_owned().unwrap();
    /// let pair = OwnedRwLockWriteGuard::map(guard, |all| &mut all.1);
    /// assert_eq!(*OwnedRwLockMappedWriteGuard::map(pair, |pair| &mut pair.1), 3);
    /// ```
    pub fn map<S: ?Sized>(
        mut this: Self,
        f: impl FnOnce(&mut U) -> &mut S,
    ) -> OwnedRwLockMappedWriteGuard<T, S> {
        let part = NonNull::from(f(&mut this));
        OwnedRwLockMappedWriteGuard { part, lease: this.lease, value: PhantomData }
    }

    /// Narrows the guard further, if `f` finds the part.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    ///
    /// ```
    /// use filch_sync::{OwnedRwLockMappedWriteGuard, OwnedRwLockWriteGuard, RwLock};
    ///
    /// let guard = std::sync::Arc::new(RwLock::new((1, vec![2]))).try_write_owned().unwrap();
    /// let list = OwnedRwLockWriteGuard::map(guard, |all| &mut all.1);
    /// assert!(OwnedRwLockMappedWriteGuard::try_map(list, |list| list.get_mut(9)).is_err());
    /// ```
    pub fn try_map<S: ?Sized>(
        mut this: Self,
        f: impl FnOnce(&mut U) -> Option<&mut S>,
    ) -> Result<OwnedRwLockMappedWriteGuard<T, S>, Self> {
        match f(&mut this).map(NonNull::from) {
            Some(part) => {
                Ok(OwnedRwLockMappedWriteGuard { part, lease: this.lease, value: PhantomData })
            }
            None => Err(this),
        }
    }

    /// The lock.
    ///
    /// ```
    /// use filch_sync::{OwnedRwLockMappedWriteGuard, OwnedRwLockWriteGuard, RwLock};
    ///
    /// let guard = std::sync::Arc::new(RwLock::new(1)).try_write_owned().unwrap();
    /// let guard = OwnedRwLockWriteGuard::into_mapped(guard);
    /// assert!(OwnedRwLockMappedWriteGuard::rwlock(&guard).try_read().is_err());
    /// ```
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        this.lease.lock()
    }
}

impl<T: ?Sized, U: ?Sized> Deref for OwnedRwLockReadGuard<T, U> {
    type Target = U;

    fn deref(&self) -> &U {
        // SAFETY: locked for reading, and borrowed with the guard.
        unsafe { self.part.as_ref() }
    }
}

impl<T: ?Sized, U: ?Sized> Deref for OwnedRwLockMappedWriteGuard<T, U> {
    type Target = U;

    fn deref(&self) -> &U {
        // SAFETY: locked, and borrowed with the guard.
        unsafe { self.part.as_ref() }
    }
}

impl<T: ?Sized, U: ?Sized> DerefMut for OwnedRwLockMappedWriteGuard<T, U> {
    fn deref_mut(&mut self) -> &mut U {
        // SAFETY: locked for writing, and borrowed with the guard.
        unsafe { self.part.as_mut() }
    }
}

impl<T: ?Sized> Deref for OwnedRwLockWriteGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: ?Sized> DerefMut for OwnedRwLockWriteGuard<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

shown_as_target! {
    [T: ?Sized, U: ?Sized] OwnedRwLockReadGuard<T, U>, U;
    [T: ?Sized] OwnedRwLockWriteGuard<T>, T;
    [T: ?Sized, U: ?Sized] OwnedRwLockMappedWriteGuard<T, U>, U;
}

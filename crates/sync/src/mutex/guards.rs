//! The guards of a locked [`Mutex`]: borrowed or owned, of the whole value or of a part of it.

use super::Mutex;
use crate::permits::Permits;
use crate::permits::bank::NoBank;
use crate::shown::shown_as_target;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::Arc;

/// The value of a locked [`Mutex`]; unlocks when it is dropped.
///
/// ```
/// let mutex = filch_sync::Mutex::new(1);
/// let mut guard = mutex.try_lock().unwrap();
/// *guard += 1;
/// assert_eq!(*guard, 2);
/// ```
#[must_use = "the mutex unlocks when this is dropped"]
#[clippy::has_significant_drop]
pub struct MutexGuard<'a, T: ?Sized> {
    mutex: &'a Mutex<T>,
    /// As good as a `&mut T`: shared between threads only if `T` may be.
    value: PhantomData<&'a mut T>,
}

/// The value of a locked [`Mutex`], which it keeps alive; unlocks when it is dropped.
///
/// ```
/// let mutex = std::sync::Arc::new(filch_sync::Mutex::new(1));
/// let mut guard = mutex.clone().try_lock_owned().unwrap();
/// *guard += 1;
/// assert_eq!(*guard, 2);
/// ```
#[must_use = "the mutex unlocks when this is dropped"]
#[clippy::has_significant_drop]
pub struct OwnedMutexGuard<T: ?Sized> {
    mutex: Arc<Mutex<T>>,
    /// As good as a `&mut T`: shared between threads only if `T` may be.
    value: PhantomData<*mut T>,
}

/// A part of the value of a locked [`Mutex`]; unlocks when it is dropped. Made by [`MutexGuard::map`].
///
/// ```
/// use filch_sync::{Mutex, MutexGuard};
///
/// let mutex = Mutex::new((1, "one"));
/// let mut number = MutexGuard::map(mutex.try_lock().unwrap(), |pair| &mut pair.0);
/// *number = 2;
/// drop(number);
/// assert_eq!(mutex.into_inner().0, 2);
/// ```
#[must_use = "the mutex unlocks when this is dropped"]
#[clippy::has_significant_drop]
pub struct MappedMutexGuard<'a, T: ?Sized> {
    lock: &'a Permits<NoBank>,
    part: NonNull<T>,
    value: PhantomData<&'a mut T>,
}

/// A part of the value of a locked [`Mutex`], which it keeps alive; unlocks when it is dropped. Made by
/// [`OwnedMutexGuard::map`].
///
/// ```
/// use filch_sync::{Mutex, OwnedMutexGuard};
/// use std::sync::Arc;
///
/// let mutex = Arc::new(Mutex::new((1, "one")));
/// let guard = mutex.clone().try_lock_owned().unwrap();
/// *OwnedMutexGuard::map(guard, |pair| &mut pair.0) = 2;
/// assert_eq!(mutex.blocking_lock().0, 2);
/// ```
#[must_use = "the mutex unlocks when this is dropped"]
#[clippy::has_significant_drop]
pub struct OwnedMappedMutexGuard<T: ?Sized, U: ?Sized = T> {
    mutex: Arc<Mutex<T>>,
    part: NonNull<U>,
    /// As good as a `&mut U`, and so invariant in it.
    value: PhantomData<*mut U>,
}

// SAFETY: an `OwnedMutexGuard` is an `Arc<Mutex<T>>` and a `&mut T`; the raw pointer only marks that.
unsafe impl<T: ?Sized + Send> Send for OwnedMutexGuard<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for OwnedMutexGuard<T> {}
// SAFETY: a `MappedMutexGuard` is a `&mut T` and a reference to the lock.
unsafe impl<T: ?Sized + Send> Send for MappedMutexGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for MappedMutexGuard<'_, T> {}
// SAFETY: an `OwnedMappedMutexGuard` is an `Arc<Mutex<T>>` and a `&mut U`.
unsafe impl<T: ?Sized + Send, U: ?Sized + Send> Send for OwnedMappedMutexGuard<T, U> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync, U: ?Sized + Send + Sync> Sync for OwnedMappedMutexGuard<T, U> {}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// # Safety
    /// The lock is held, and nobody else unlocks it.
    pub(super) unsafe fn new(mutex: &'a Mutex<T>) -> Self {
        Self { mutex, value: PhantomData }
    }

    /// Narrows the guard to a part of the value.
    ///
    /// A function, not a method: call `MutexGuard::map(guard, ..)`.
    ///
    /// ```
    /// use filch_sync::{Mutex, MutexGuard};
    ///
    /// let mutex = Mutex::new((1, "one"));
    /// let name = MutexGuard::map(mutex.try_lock().unwrap(), |pair| &mut pair.1);
    /// assert_eq!(*name, "one");
    /// ```
    pub fn map<U: ?Sized>(
        mut this: Self,
        f: impl FnOnce(&mut T) -> &mut U,
    ) -> MappedMutexGuard<'a, U> {
        let part = NonNull::from(f(&mut this));
        let lock = &this.mutex.lock;
        // The new guard unlocks.
        mem::forget(this);
        MappedMutexGuard { lock, part, value: PhantomData }
    }

    /// Narrows the guard to a part of the value, if `f` finds it.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    ///
    /// ```
    /// use filch_sync::{Mutex, MutexGuard};
    ///
    /// let mutex = Mutex::new(vec![1, 2]);
    /// let first = MutexGuard::try_map(mutex.try_lock().unwrap(), |list| list.first_mut());
    /// assert_eq!(*first.unwrap(), 1);
    /// assert!(MutexGuard::try_map(mutex.try_lock().unwrap(), |list| list.get_mut(9)).is_err());
    /// ```
    pub fn try_map<U: ?Sized>(
        mut this: Self,
        f: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<MappedMutexGuard<'a, U>, Self> {
        let Some(part) = f(&mut this).map(NonNull::from) else {
            return Err(this);
        };
        let lock = &this.mutex.lock;
        // The new guard unlocks.
        mem::forget(this);
        Ok(MappedMutexGuard { lock, part, value: PhantomData })
    }

    /// The mutex.
    ///
    /// ```
    /// use filch_sync::{Mutex, MutexGuard};
    ///
    /// let mutex = Mutex::new(1);
    /// let guard = mutex.try_lock().unwrap();
    /// assert!(MutexGuard::mutex(&guard).try_lock().is_err());
    /// ```
    pub fn mutex(this: &Self) -> &'a Mutex<T> {
        this.mutex
    }
}

impl<T: ?Sized> OwnedMutexGuard<T> {
    /// # Safety
    /// The lock is held, and nobody else unlocks it.
    pub(super) unsafe fn new(mutex: Arc<Mutex<T>>) -> Self {
        Self { mutex, value: PhantomData }
    }

    /// The mutex without the guard, still locked.
    fn into_locked(self) -> Arc<Mutex<T>> {
        let this = ManuallyDrop::new(self);
        // SAFETY: read once; `this` is not dropped.
        unsafe { std::ptr::read(&this.mutex) }
    }

    /// Narrows the guard to a part of the value.
    ///
    /// A function, not a method: call `OwnedMutexGuard::map(guard, ..)`.
    ///
    /// ```
    /// use filch_sync::{Mutex, OwnedMutexGuard};
    ///
    /// let guard = std::sync::Arc::new(Mutex::new((1, "one"))).try_lock_owned().unwrap();
    /// assert_eq!(*OwnedMutexGuard::map(guard, |pair| &mut pair.1), "one");
    /// ```
    pub fn map<U: ?Sized>(
        mut this: Self,
        f: impl FnOnce(&mut T) -> &mut U,
    ) -> OwnedMappedMutexGuard<T, U> {
        let part = NonNull::from(f(&mut this));
        OwnedMappedMutexGuard { mutex: this.into_locked(), part, value: PhantomData }
    }

    /// Narrows the guard to a part of the value, if `f` finds it.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    ///
    /// ```
    /// use filch_sync::{Mutex, OwnedMutexGuard};
    ///
    /// let guard = std::sync::Arc::new(Mutex::new(vec![1])).try_lock_owned().unwrap();
    /// assert!(OwnedMutexGuard::try_map(guard, |list| list.get_mut(9)).is_err());
    /// ```
    pub fn try_map<U: ?Sized>(
        mut this: Self,
        f: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<OwnedMappedMutexGuard<T, U>, Self> {
        match f(&mut this).map(NonNull::from) {
            Some(part) => {
                Ok(OwnedMappedMutexGuard { mutex: this.into_locked(), part, value: PhantomData })
            }
            None => Err(this),
        }
    }

    /// The mutex.
    ///
    /// ```
    /// use filch_sync::{Mutex, OwnedMutexGuard};
    ///
    /// let guard = std::sync::Arc::new(Mutex::new(1)).try_lock_owned().unwrap();
    /// assert!(OwnedMutexGuard::mutex(&guard).try_lock().is_err());
    /// ```
    pub fn mutex(this: &Self) -> &Arc<Mutex<T>> {
        &this.mutex
    }
}

impl<'a, T: ?Sized> MappedMutexGuard<'a, T> {
    /// Narrows the guard further.
    ///
    /// A function, not a method: call `MappedMutexGuard::map(guard, ..)`.
    ///
    /// ```
    /// use filch_sync::{MappedMutexGuard, Mutex, MutexGuard};
    ///
    /// let mutex = Mutex::new((1, (2, 3)));
    /// let pair = MutexGuard::map(mutex.try_lock().unwrap(), |all| &mut all.1);
    /// assert_eq!(*MappedMutexGuard::map(pair, |pair| &mut pair.1), 3);
    /// ```
    pub fn map<U: ?Sized>(
        mut this: Self,
        f: impl FnOnce(&mut T) -> &mut U,
    ) -> MappedMutexGuard<'a, U> {
        let part = NonNull::from(f(&mut this));
        let lock = this.lock;
        // The new guard unlocks.
        mem::forget(this);
        MappedMutexGuard { lock, part, value: PhantomData }
    }

    /// Narrows the guard further, if `f` finds the part.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    ///
    /// ```
    /// use filch_sync::{MappedMutexGuard, Mutex, MutexGuard};
    ///
    /// let mutex = Mutex::new((1, vec![2]));
    /// let list = MutexGuard::map(mutex.try_lock().unwrap(), |all| &mut all.1);
    /// assert!(MappedMutexGuard::try_map(list, |list| list.get_mut(9)).is_err());
    /// ```
    pub fn try_map<U: ?Sized>(
        mut this: Self,
        f: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<MappedMutexGuard<'a, U>, Self> {
        let Some(part) = f(&mut this).map(NonNull::from) else {
            return Err(this);
        };
        let lock = this.lock;
        // The new guard unlocks.
        mem::forget(this);
        Ok(MappedMutexGuard { lock, part, value: PhantomData })
    }
}

impl<T: ?Sized, U: ?Sized> OwnedMappedMutexGuard<T, U> {
    /// The mutex without the guard, still locked.
    fn into_locked(self) -> Arc<Mutex<T>> {
        let this = ManuallyDrop::new(self);
        // SAFETY: read once; `this` is not dropped.
        unsafe { std::ptr::read(&this.mutex) }
    }

    /// Narrows the guard further.
    ///
    /// A function, not a method: call `OwnedMappedMutexGuard::map(guard, ..)`.
    ///
    /// ```
    /// use filch_sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};
    ///
    /// let guard = std::sync::Arc::new(Mutex::new((1, (2, 3)))).try_lock_owned().unwrap();
    /// let pair = OwnedMutexGuard::map(guard, |all| &mut all.1);
    /// assert_eq!(*OwnedMappedMutexGuard::map(pair, |pair| &mut pair.1), 3);
    /// ```
    pub fn map<S: ?Sized>(
        mut this: Self,
        f: impl FnOnce(&mut U) -> &mut S,
    ) -> OwnedMappedMutexGuard<T, S> {
        let part = NonNull::from(f(&mut this));
        OwnedMappedMutexGuard { mutex: this.into_locked(), part, value: PhantomData }
    }

    /// Narrows the guard further, if `f` finds the part.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    ///
    /// ```
    /// use filch_sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};
    ///
    /// let guard = std::sync::Arc::new(Mutex::new((1, vec![2]))).try_lock_owned().unwrap();
    /// let list = OwnedMutexGuard::map(guard, |all| &mut all.1);
    /// assert!(OwnedMappedMutexGuard::try_map(list, |list| list.get_mut(9)).is_err());
    /// ```
    pub fn try_map<S: ?Sized>(
        mut this: Self,
        f: impl FnOnce(&mut U) -> Option<&mut S>,
    ) -> Result<OwnedMappedMutexGuard<T, S>, Self> {
        match f(&mut this).map(NonNull::from) {
            Some(part) => {
                Ok(OwnedMappedMutexGuard { mutex: this.into_locked(), part, value: PhantomData })
            }
            None => Err(this),
        }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        self.mutex.unlock();
    }
}

impl<T: ?Sized> Drop for OwnedMutexGuard<T> {
    fn drop(&mut self) {
        self.mutex.unlock();
    }
}

impl<T: ?Sized> Drop for MappedMutexGuard<'_, T> {
    fn drop(&mut self) {
        self.lock.release_all(1);
    }
}

impl<T: ?Sized, U: ?Sized> Drop for OwnedMappedMutexGuard<T, U> {
    fn drop(&mut self) {
        self.mutex.unlock();
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: locked, and borrowed with the guard.
        self.mutex.value.with(|value| unsafe { &*value })
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: locked, and borrowed with the guard.
        self.mutex.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T: ?Sized> Deref for OwnedMutexGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: locked, and borrowed with the guard.
        self.mutex.value.with(|value| unsafe { &*value })
    }
}

impl<T: ?Sized> DerefMut for OwnedMutexGuard<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: locked, and borrowed with the guard.
        self.mutex.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T: ?Sized> Deref for MappedMutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: locked, a part of the value, and borrowed with the guard.
        unsafe { self.part.as_ref() }
    }
}

impl<T: ?Sized> DerefMut for MappedMutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: locked, a part of the value, and borrowed with the guard.
        unsafe { self.part.as_mut() }
    }
}

impl<T: ?Sized, U: ?Sized> Deref for OwnedMappedMutexGuard<T, U> {
    type Target = U;

    fn deref(&self) -> &U {
        // SAFETY: locked, a part of the value, and borrowed with the guard.
        unsafe { self.part.as_ref() }
    }
}

impl<T: ?Sized, U: ?Sized> DerefMut for OwnedMappedMutexGuard<T, U> {
    fn deref_mut(&mut self) -> &mut U {
        // SAFETY: locked, a part of the value, and borrowed with the guard.
        unsafe { self.part.as_mut() }
    }
}

shown_as_target! {
    [T: ?Sized] MutexGuard<'_, T>, T;
    [T: ?Sized] OwnedMutexGuard<T>, T;
    [T: ?Sized] MappedMutexGuard<'_, T>, T;
    [T: ?Sized, U: ?Sized] OwnedMappedMutexGuard<T, U>, U;
}

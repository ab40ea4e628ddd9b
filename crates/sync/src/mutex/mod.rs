//! Mutual exclusion that may be held across an await.

mod guards;

pub use guards::{MappedMutexGuard, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard};

use crate::block_on::block_on;
use crate::const_fn::const_fn;
use crate::permits::Permits;
use crate::permits::bank::NoBank;
use filch_primitives::Budget;
use filch_primitives::cell::UnsafeCell;
use filch_primitives::coop::consume_budget;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// A value that one task at a time may use, also across an await.
///
/// Those who wait get the lock in order. It is not poisoned: a task that panics or is cancelled with the
/// guard in hand releases it. Without anyone waiting, locking and unlocking is one atomic operation each.
///
/// For a value that is never locked across an await, `std::sync::Mutex` is the better choice. To hand work
/// to one task that owns the value, see [`mpsc`](crate::mpsc).
///
/// ```
/// # futures_lite::future::block_on(async {
/// let hits = filch_sync::Mutex::new(0);
/// *hits.lock().await += 1;
/// assert_eq!(hits.into_inner(), 1);
/// # });
/// ```
pub struct Mutex<T: ?Sized> {
    /// One permit: the lock.
    lock: Permits<NoBank>,
    value: UnsafeCell<T>,
}

// SAFETY: the value goes where the mutex goes.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: one at a time has the value, which is as good as sending it to and fro.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

/// The lock is held by another, or by oneself; or others wait for it.
///
/// ```
/// let mutex = filch_sync::Mutex::new(());
/// let guard = mutex.try_lock().unwrap();
/// assert!(mutex.try_lock().is_err());
/// # drop(guard);
/// ```
#[derive(Debug)]
pub struct TryLockError(pub(crate) ());

impl fmt::Display for TryLockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("operation would block")
    }
}

impl Error for TryLockError {}

impl<T> Mutex<T> {
    const_fn! {
        /// An unlocked mutex.
        ///
        /// ```
        /// let mutex = filch_sync::Mutex::new(5);
        /// assert_eq!(mutex.into_inner(), 5);
        /// ```
        pub fn new(value: T) -> Self {
            Self { lock: Permits::new(1, NoBank), value: UnsafeCell::new(value) }
        }
    }

    const_fn! {
        /// [`new`](Self::new), by the name that it has where `new` is not `const`.
        ///
        /// ```
        /// use filch_sync::Mutex;
        ///
        /// static NAMES: Mutex<Vec<String>> = Mutex::const_new(Vec::new());
        /// NAMES.blocking_lock().push("filch".into());
        /// ```
        pub fn const_new(value: T) -> Self {
            Self::new(value)
        }
    }

    /// The value.
    ///
    /// ```
    /// assert_eq!(filch_sync::Mutex::new(5).into_inner(), 5);
    /// ```
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits for the lock.
    ///
    /// # Cancel safety
    /// Safe: dropped, it leaves the queue, and a lock that it was handed goes to the next. It loses its
    /// place.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let mutex = filch_sync::Mutex::new(1);
    /// *mutex.lock().await += 1;
    /// assert_eq!(*mutex.lock().await, 2);
    /// # });
    /// ```
    pub async fn lock(&self) -> MutexGuard<'_, T> {
        self.wait().await;
        // SAFETY: the permit is ours.
        unsafe { MutexGuard::new(self) }
    }

    /// Waits for the lock with the thread asleep. For threads that run no tasks: on a worker thread it
    /// stops the worker, and so perhaps the very task that holds the lock.
    ///
    /// # Panics
    /// On a thread that runs tasks, or is in a `block_on`.
    ///
    /// ```
    /// let mutex = filch_sync::Mutex::new(1);
    /// *mutex.blocking_lock() += 1;
    /// ```
    #[track_caller]
    pub fn blocking_lock(&self) -> MutexGuard<'_, T> {
        block_on("Mutex::blocking_lock", self.lock())
    }

    /// [`blocking_lock`](Self::blocking_lock), with a guard that borrows nothing.
    ///
    /// # Panics
    /// On a thread that runs tasks, or is in a `block_on`.
    ///
    /// ```
    /// let mutex = std::sync::Arc::new(filch_sync::Mutex::new(1));
    /// *mutex.blocking_lock_owned() += 1;
    /// ```
    #[track_caller]
    pub fn blocking_lock_owned(self: Arc<Self>) -> OwnedMutexGuard<T> {
        block_on("Mutex::blocking_lock_owned", self.lock_owned())
    }

    /// [`lock`](Self::lock), with a guard that borrows nothing and may move to another task.
    ///
    /// # Cancel safety
    /// As [`lock`](Self::lock).
    ///
    /// ```
    /// let mutex = std::sync::Arc::new(filch_sync::Mutex::new(1));
    /// let mut guard = futures_lite::future::block_on(mutex.clone().lock_owned());
    /// std::thread::spawn(move || *guard += 1).join().unwrap();
    /// assert_eq!(*mutex.blocking_lock(), 2);
    /// ```
    pub async fn lock_owned(self: Arc<Self>) -> OwnedMutexGuard<T> {
        self.wait().await;
        // SAFETY: the permit is ours.
        unsafe { OwnedMutexGuard::new(self) }
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    /// [`TryLockError`] if it is held.
    ///
    /// ```
    /// let mutex = filch_sync::Mutex::new(1);
    /// *mutex.try_lock().unwrap() += 1;
    /// ```
    pub fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError> {
        self.lock.try_acquire_all(1).map_err(|_held| TryLockError(()))?;
        // SAFETY: the permit is ours.
        Ok(unsafe { MutexGuard::new(self) })
    }

    /// [`try_lock`](Self::try_lock), with a guard that borrows nothing.
    ///
    /// # Errors
    /// [`TryLockError`] if it is held.
    ///
    /// ```
    /// let mutex = std::sync::Arc::new(filch_sync::Mutex::new(1));
    /// *mutex.try_lock_owned().unwrap() += 1;
    /// ```
    pub fn try_lock_owned(self: Arc<Self>) -> Result<OwnedMutexGuard<T>, TryLockError> {
        self.lock.try_acquire_all(1).map_err(|_held| TryLockError(()))?;
        // SAFETY: the permit is ours.
        Ok(unsafe { OwnedMutexGuard::new(self) })
    }

    /// The value, without locking: `&mut self` is proof enough.
    ///
    /// ```
    /// let mut mutex = filch_sync::Mutex::new(1);
    /// *mutex.get_mut() = 2;
    /// assert_eq!(mutex.into_inner(), 2);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY: `&mut self`.
        self.value.with_mut(|value| unsafe { &mut *value })
    }

    async fn wait(&self) {
        if !Budget::try_take() {
            consume_budget().await;
        }
        // The common case costs no waiter.
        if self.lock.try_acquire_all(1).is_err() {
            // The only refusal of one who waits is the end, and nobody closes a mutex.
            if self.lock.acquire(1).await.is_err() {
                unreachable!("a mutex was closed");
            }
        }
    }

    fn unlock(&self) {
        self.lock.release_all(1);
    }
}

impl<T> From<T> for Mutex<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut this = f.debug_struct("Mutex");
        match self.try_lock() {
            Ok(guard) => this.field("data", &&*guard),
            Err(_) => this.field("data", &format_args!("<locked>")),
        };
        this.finish()
    }
}

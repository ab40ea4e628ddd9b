//! A value that many may read, or one may change, across awaits.

mod lease;
mod owned;
mod read;
mod write;

pub use owned::{OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard};
pub use read::RwLockReadGuard;
pub use write::{RwLockMappedWriteGuard, RwLockWriteGuard};

use crate::block_on::block_on;
use crate::const_fn::const_fn;
use crate::mutex::TryLockError;
use crate::permits::Permits;
use crate::permits::bank::NoBank;
use filch_primitives::Budget;
use filch_primitives::cell::UnsafeCell;
use filch_primitives::coop::consume_budget;
use lease::Lease;
use std::fmt;
use std::sync::Arc;

/// How many may read at once.
const MAX_READS: u32 = u32::MAX >> 3;

/// A value that many tasks may read at the same time, or one may change; also across an await.
///
/// Those who wait are served in the order in which they came, readers and writers alike: a reader behind a waiting writer
/// waits, so readers cannot starve a writer, and a task must not wait to read while it reads already. It is not poisoned: a
/// task that panics or is cancelled with a guard in hand releases it. Without anyone waiting, locking and unlocking is
/// one atomic operation each.
///
/// For a value that is never locked across an await `std::sync::RwLock` is the better choice; if reads are as short as
/// writes, [`Mutex`](crate::Mutex), which is smaller; if readers only want the latest state, [`watch`](crate::watch), where
/// they wait for nobody.
///
/// ```
/// # futures_lite::future::block_on(async {
/// let users = filch_sync::RwLock::new(vec!["ann"]);
/// {
///     let first = users.read().await;
///     let second = users.read().await;
///     assert_eq!(first.len(), second.len());
/// }
/// users.write().await.push("bob");
/// assert_eq!(users.into_inner(), ["ann", "bob"]);
/// # });
/// ```
pub struct RwLock<T: ?Sized> {
    /// One for each reader; a writer takes all.
    permits: Permits<NoBank>,
    max_reads: usize,
    value: UnsafeCell<T>,
}

// SAFETY: the value goes where the lock goes.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: readers on several threads share the value, and a writer has it alone.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

impl<T> RwLock<T> {
    const_fn! {
        /// An unlocked value.
        ///
        /// ```
        /// assert_eq!(filch_sync::RwLock::new(5).into_inner(), 5);
        /// ```
        pub fn new(value: T) -> Self {
            Self::with_max_readers(value, MAX_READS)
        }
    }

    const_fn! {
        /// An unlocked value that at most `max_reads` read at once.
        ///
        /// # Panics
        /// If `max_reads` is 0 or more than `u32::MAX >> 3`.
        ///
        /// ```
        /// let lock = filch_sync::RwLock::with_max_readers(5, 1);
        /// let only = lock.try_read().unwrap();
        /// assert!(lock.try_read().is_err());
        /// # drop(only);
        /// ```
        #[track_caller]
        pub fn with_max_readers(value: T, max_reads: u32) -> Self {
            assert!(
                max_reads > 0,
                "a read-write lock that nobody may read makes no sense: pass 1 reader or more"
            );
            assert!(max_reads <= MAX_READS, "a read-write lock has at most u32::MAX >> 3 readers");
            let max_reads = max_reads as usize;
            Self { permits: Permits::new(max_reads, NoBank), max_reads, value: UnsafeCell::new(value) }
        }
    }

    const_fn! {
        /// [`new`](Self::new), by the name that it has where `new` is not `const`.
        ///
        /// ```
        /// use filch_sync::RwLock;
        ///
        /// static NAMES: RwLock<Vec<String>> = RwLock::const_new(Vec::new());
        /// NAMES.blocking_write().push("filch".into());
        /// ```
        pub fn const_new(value: T) -> Self {
            Self::new(value)
        }
    }

    const_fn! {
        /// [`with_max_readers`](Self::with_max_readers), by the name that it has where that is not `const`.
        ///
        /// # Panics
        /// As [`with_max_readers`](Self::with_max_readers).
        ///
        /// ```
        /// use filch_sync::RwLock;
        ///
        /// static COUNT: RwLock<u32> = RwLock::const_with_max_readers(0, 8);
        /// assert_eq!(*COUNT.blocking_read(), 0);
        /// ```
        #[track_caller]
        pub fn const_with_max_readers(value: T, max_reads: u32) -> Self {
            Self::with_max_readers(value, max_reads)
        }
    }

    /// The value.
    ///
    /// ```
    /// assert_eq!(filch_sync::RwLock::new(5).into_inner(), 5);
    /// ```
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until nobody changes the value, nor came before to do so.
    ///
    /// # Cancel safety
    /// Safe: dropped, it leaves the queue, and a lock that it was handed goes to the next. It loses its place.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let lock = filch_sync::RwLock::new(1);
    /// assert_eq!(*lock.read().await, 1);
    /// # });
    /// ```
    pub async fn read(&self) -> RwLockReadGuard<'_, T> {
        let lease = self.wait(1).await;
        // SAFETY: one permit is ours.
        unsafe { RwLockReadGuard::new(self, lease) }
    }

    /// [`read`](Self::read) with the thread asleep. For threads that run no tasks: on a worker thread it stops the worker,
    /// and so perhaps the very task that has the lock.
    ///
    /// # Panics
    /// On a thread that runs tasks, or is in a `block_on`.
    ///
    /// ```
    /// assert_eq!(*filch_sync::RwLock::new(1).blocking_read(), 1);
    /// ```
    #[track_caller]
    pub fn blocking_read(&self) -> RwLockReadGuard<'_, T> {
        block_on("RwLock::blocking_read", self.read())
    }

    /// [`read`](Self::read), with a guard that borrows nothing and may move to another task.
    ///
    /// # Cancel safety
    /// As [`read`](Self::read).
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let lock = std::sync::Arc::new(filch_sync::RwLock::new(1));
    /// let guard = lock.clone().read_owned().await;
    /// std::thread::spawn(move || assert_eq!(*guard, 1)).join().unwrap();
    /// # });
    /// ```
    pub async fn read_owned(self: Arc<Self>) -> OwnedRwLockReadGuard<T> {
        // The owned guard takes over what the lease holds.
        self.wait(1).await.keep();
        // SAFETY: one permit is ours.
        unsafe { OwnedRwLockReadGuard::new(self) }
    }

    /// Locks for reading if nobody writes or waits.
    ///
    /// # Errors
    /// [`TryLockError`] otherwise.
    ///
    /// ```
    /// let lock = filch_sync::RwLock::new(1);
    /// let guard = lock.try_read().unwrap();
    /// assert!(lock.try_read().is_ok());
    /// assert!(lock.try_write().is_err());
    /// # drop(guard);
    /// ```
    pub fn try_read(&self) -> Result<RwLockReadGuard<'_, T>, TryLockError> {
        let lease = self.try_wait(1)?;
        // SAFETY: one permit is ours.
        Ok(unsafe { RwLockReadGuard::new(self, lease) })
    }

    /// [`try_read`](Self::try_read), with a guard that borrows nothing.
    ///
    /// # Errors
    /// [`TryLockError`] if somebody writes or waits.
    ///
    /// ```
    /// let lock = std::sync::Arc::new(filch_sync::RwLock::new(1));
    /// assert_eq!(*lock.try_read_owned().unwrap(), 1);
    /// ```
    pub fn try_read_owned(self: Arc<Self>) -> Result<OwnedRwLockReadGuard<T>, TryLockError> {
        self.try_wait(1)?.keep();
        // SAFETY: one permit is ours.
        Ok(unsafe { OwnedRwLockReadGuard::new(self) })
    }

    /// Waits until nobody reads or changes the value, nor came before to do so.
    ///
    /// # Cancel safety
    /// Safe: dropped, it leaves the queue, and a lock that it was handed goes to the next. It loses its place.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let lock = filch_sync::RwLock::new(1);
    /// *lock.write().await += 1;
    /// assert_eq!(lock.into_inner(), 2);
    /// # });
    /// ```
    pub async fn write(&self) -> RwLockWriteGuard<'_, T> {
        let lease = self.wait(self.max_reads).await;
        // SAFETY: all permits are ours.
        unsafe { RwLockWriteGuard::new(self, lease) }
    }

    /// [`write`](Self::write) with the thread asleep. For threads that run no tasks: on a worker thread it stops the worker,
    /// and so perhaps the very task that has the lock.
    ///
    /// # Panics
    /// On a thread that runs tasks, or is in a `block_on`.
    ///
    /// ```
    /// let lock = filch_sync::RwLock::new(1);
    /// *lock.blocking_write() += 1;
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    #[track_caller]
    pub fn blocking_write(&self) -> RwLockWriteGuard<'_, T> {
        block_on("RwLock::blocking_write", self.write())
    }

    /// [`write`](Self::write), with a guard that borrows nothing and may move to another task.
    ///
    /// # Cancel safety
    /// As [`write`](Self::write).
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let lock = std::sync::Arc::new(filch_sync::RwLock::new(1));
    /// let mut guard = lock.clone().write_owned().await;
    /// std::thread::spawn(move || *guard += 1).join().unwrap();
    /// assert_eq!(*lock.read().await, 2);
    /// # });
    /// ```
    pub async fn write_owned(self: Arc<Self>) -> OwnedRwLockWriteGuard<T> {
        self.wait(self.max_reads).await.keep();
        // SAFETY: all permits are ours.
        unsafe { OwnedRwLockWriteGuard::new(self) }
    }

    /// Locks for writing if nobody reads, writes or waits.
    ///
    /// # Errors
    /// [`TryLockError`] otherwise.
    ///
    /// ```
    /// let lock = filch_sync::RwLock::new(1);
    /// *lock.try_write().unwrap() += 1;
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    pub fn try_write(&self) -> Result<RwLockWriteGuard<'_, T>, TryLockError> {
        let lease = self.try_wait(self.max_reads)?;
        // SAFETY: all permits are ours.
        Ok(unsafe { RwLockWriteGuard::new(self, lease) })
    }

    /// [`try_write`](Self::try_write), with a guard that borrows nothing.
    ///
    /// # Errors
    /// [`TryLockError`] if somebody reads, writes or waits.
    ///
    /// ```
    /// let lock = std::sync::Arc::new(filch_sync::RwLock::new(1));
    /// *lock.try_write_owned().unwrap() += 1;
    /// ```
    pub fn try_write_owned(self: Arc<Self>) -> Result<OwnedRwLockWriteGuard<T>, TryLockError> {
        self.try_wait(self.max_reads)?.keep();
        // SAFETY: all permits are ours.
        Ok(unsafe { OwnedRwLockWriteGuard::new(self) })
    }

    /// The value, without locking: `&mut self` is proof enough.
    ///
    /// ```
    /// let mut lock = filch_sync::RwLock::new(1);
    /// *lock.get_mut() = 2;
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY: `&mut self`.
        self.value.with_mut(|value| unsafe { &mut *value })
    }

    #[expect(
        clippy::manual_async_fn,
        reason = "an `async fn` copies its arguments, and that a processor waits for"
    )]
    fn wait(&self, permits: usize) -> impl Future<Output = Lease<'_>> {
        async move {
            if !Budget::try_take() {
                consume_budget().await;
            }
            // The common case costs no waiter. The only refusal of one who waits is the end, and nobody closes a lock.
            if self.permits.try_acquire(permits).is_err()
                && self.permits.acquire(permits).await.is_err()
            {
                unreachable!("a read-write lock was closed");
            }
            Lease::new(&self.permits, permits)
        }
    }

    fn try_wait(&self, permits: usize) -> Result<Lease<'_>, TryLockError> {
        self.permits.try_acquire(permits).map_err(|_held| TryLockError(()))?;
        Ok(Lease::new(&self.permits, permits))
    }
}

impl<T> From<T> for RwLock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut this = f.debug_struct("RwLock");
        match self.try_read() {
            Ok(guard) => this.field("data", &&*guard),
            Err(_) => this.field("data", &format_args!("<locked>")),
        };
        this.finish()
    }
}

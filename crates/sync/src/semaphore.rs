//! A number of permits, handed out in order.

use crate::block_on::block_on;
use crate::const_fn::const_fn;
use crate::permits::bank::NoBank;
use crate::permits::{self, Permits, Refusal};
use filch_primitives::Budget;
use filch_primitives::coop::consume_budget;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Limits how many may do something at once.
///
/// A permit is taken by [`acquire`](Self::acquire) and goes back when it is dropped. Those who wait are
/// served in order: one who needs many permits is not overtaken by those who need few. Without anyone
/// waiting, taking and returning is one atomic operation each.
///
/// For mutual exclusion around a value choose [`Mutex`](crate::Mutex); to bound what lies between two tasks, a bounded
/// [`mpsc`](crate::mpsc) channel. If what is limited are the children of one scope or task group, its own limit does it without
/// a permit in each child; a semaphore limits across scopes.
///
/// ```
/// use filch_sync::Semaphore;
///
/// let two_at_once = Semaphore::new(2);
/// let first = two_at_once.try_acquire().unwrap();
/// let second = two_at_once.try_acquire().unwrap();
/// assert!(two_at_once.try_acquire().is_err());
/// drop(first);
/// assert_eq!(two_at_once.available_permits(), 1);
/// # drop(second);
/// ```
#[derive(Debug)]
pub struct Semaphore {
    permits: Permits<NoBank>,
}

/// The semaphore was closed: nobody gets a permit any more.
///
/// ```
/// let semaphore = filch_sync::Semaphore::new(1);
/// semaphore.close();
/// assert!(semaphore.blocking_acquire().is_err());
/// ```
#[derive(Debug)]
pub struct AcquireError(());

impl fmt::Display for AcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("semaphore closed")
    }
}

impl Error for AcquireError {}

/// Why permits could not be had at once.
///
/// ```
/// use filch_sync::{Semaphore, TryAcquireError};
///
/// let semaphore = Semaphore::new(0);
/// assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::NoPermits);
/// semaphore.close();
/// assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::Closed);
/// ```
#[derive(Debug, PartialEq, Eq)]
pub enum TryAcquireError {
    /// The semaphore was closed.
    Closed,
    /// Not enough permits are free.
    NoPermits,
}

impl fmt::Display for TryAcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "semaphore closed",
            Self::NoPermits => "no permits available",
        })
    }
}

impl Error for TryAcquireError {}

impl From<Refusal> for TryAcquireError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Closed => Self::Closed,
            Refusal::TooFew => Self::NoPermits,
        }
    }
}

impl Semaphore {
    /// The most permits that a semaphore can have: `usize::MAX >> 3`.
    ///
    /// ```
    /// assert_eq!(filch_sync::Semaphore::MAX_PERMITS, usize::MAX >> 3);
    /// ```
    pub const MAX_PERMITS: usize = permits::MAX_PERMITS;

    const_fn! {
        /// `permits` of them, all free.
        ///
        /// # Panics
        /// If there are more than [`MAX_PERMITS`](Self::MAX_PERMITS).
        ///
        /// ```
        /// assert_eq!(filch_sync::Semaphore::new(3).available_permits(), 3);
        /// ```
        #[track_caller]
        pub fn new(permits: usize) -> Self {
            assert!(
                permits <= Self::MAX_PERMITS,
                "a semaphore may have at most MAX_PERMITS permits (usize::MAX >> 3)"
            );
            Self { permits: Permits::new(permits, NoBank) }
        }
    }

    const_fn! {
        /// [`new`](Self::new), by the name that it has where `new` is not `const`.
        ///
        /// # Panics
        /// As [`new`](Self::new).
        ///
        /// ```
        /// use filch_sync::Semaphore;
        ///
        /// static UPLOADS: Semaphore = Semaphore::const_new(4);
        /// assert_eq!(UPLOADS.available_permits(), 4);
        /// ```
        #[track_caller]
        pub fn const_new(permits: usize) -> Self {
            Self::new(permits)
        }
    }

    /// How many permits are free.
    ///
    /// ```
    /// let semaphore = filch_sync::Semaphore::new(3);
    /// let two = semaphore.try_acquire_many(2).unwrap();
    /// assert_eq!(semaphore.available_permits(), 1);
    /// # drop(two);
    /// ```
    pub fn available_permits(&self) -> usize {
        self.permits.available()
    }

    /// Adds `n` permits; those who wait get them first.
    ///
    /// # Panics
    /// If there were more than [`MAX_PERMITS`](Self::MAX_PERMITS) then.
    ///
    /// ```
    /// let semaphore = filch_sync::Semaphore::new(0);
    /// semaphore.add_permits(2);
    /// assert_eq!(semaphore.available_permits(), 2);
    /// ```
    #[track_caller]
    pub fn add_permits(&self, n: usize) {
        self.permits.release(n);
    }

    /// Takes at most `n` free permits away for good, and returns how many it were.
    ///
    /// ```
    /// let semaphore = filch_sync::Semaphore::new(3);
    /// assert_eq!(semaphore.forget_permits(2), 2);
    /// assert_eq!(semaphore.forget_permits(2), 1);
    /// ```
    pub fn forget_permits(&self, n: usize) -> usize {
        self.permits.forget(n)
    }

    /// Waits for one permit.
    ///
    /// # Errors
    /// [`AcquireError`] once the semaphore is closed.
    ///
    /// # Cancel safety
    /// Safe: dropped, it leaves the queue, and what it was assigned goes to the next. It loses its place.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let semaphore = filch_sync::Semaphore::new(1);
    /// let permit = semaphore.acquire().await.unwrap();
    /// assert_eq!(semaphore.available_permits(), 0);
    /// # drop(permit);
    /// # });
    /// ```
    pub async fn acquire(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.acquire_many(1).await
    }

    /// Waits for `n` permits. All come at once; while it waits at the head of the queue, it gathers them.
    ///
    /// # Errors
    /// [`AcquireError`] once the semaphore is closed.
    ///
    /// # Cancel safety
    /// As [`acquire`](Self::acquire).
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let semaphore = filch_sync::Semaphore::new(5);
    /// let permits = semaphore.acquire_many(3).await.unwrap();
    /// assert_eq!(permits.num_permits(), 3);
    /// # });
    /// ```
    pub async fn acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.wait(n).await?;
        Ok(SemaphorePermit { semaphore: self, permits: n as usize })
    }

    /// Takes one permit if one is free.
    ///
    /// # Errors
    /// [`TryAcquireError::NoPermits`] or [`TryAcquireError::Closed`].
    ///
    /// ```
    /// let semaphore = filch_sync::Semaphore::new(1);
    /// let permit = semaphore.try_acquire().unwrap();
    /// assert!(semaphore.try_acquire().is_err());
    /// # drop(permit);
    /// ```
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// Takes `n` permits if so many are free.
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire).
    ///
    /// ```
    /// let semaphore = filch_sync::Semaphore::new(3);
    /// let permits = semaphore.try_acquire_many(2).unwrap();
    /// assert!(semaphore.try_acquire_many(2).is_err());
    /// # drop(permits);
    /// ```
    pub fn try_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.permits.try_acquire(n as usize)?;
        Ok(SemaphorePermit { semaphore: self, permits: n as usize })
    }

    /// Waits for one permit with the thread asleep. For threads that run no tasks: on a worker thread it
    /// stops the worker.
    ///
    /// # Errors
    /// [`AcquireError`] once the semaphore is closed.
    ///
    /// # Panics
    /// On a thread that runs tasks, or is in a `block_on`.
    ///
    /// ```
    /// let semaphore = filch_sync::Semaphore::new(1);
    /// let permit = semaphore.blocking_acquire().unwrap();
    /// # drop(permit);
    /// ```
    #[track_caller]
    pub fn blocking_acquire(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        block_on("Semaphore::blocking_acquire", self.acquire())
    }

    /// [`blocking_acquire`](Self::blocking_acquire) for `n` permits.
    ///
    /// # Errors
    /// [`AcquireError`] once the semaphore is closed.
    ///
    /// # Panics
    /// On a thread that runs tasks, or is in a `block_on`.
    ///
    /// ```
    /// let semaphore = filch_sync::Semaphore::new(2);
    /// assert_eq!(semaphore.blocking_acquire_many(2).unwrap().num_permits(), 2);
    /// ```
    #[track_caller]
    pub fn blocking_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, AcquireError> {
        block_on("Semaphore::blocking_acquire_many", self.acquire_many(n))
    }

    /// [`acquire`](Self::acquire), with a permit that borrows nothing and may move to another task.
    ///
    /// # Errors
    /// [`AcquireError`] once the semaphore is closed.
    ///
    /// # Cancel safety
    /// As [`acquire`](Self::acquire).
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// let semaphore = Arc::new(filch_sync::Semaphore::new(1));
    /// let permit = futures_lite::future::block_on(semaphore.clone().acquire_owned()).unwrap();
    /// std::thread::spawn(move || drop(permit)).join().unwrap();
    /// assert_eq!(semaphore.available_permits(), 1);
    /// ```
    pub async fn acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, AcquireError> {
        self.acquire_many_owned(1).await
    }

    /// [`acquire_owned`](Self::acquire_owned) for `n` permits.
    ///
    /// # Errors
    /// [`AcquireError`] once the semaphore is closed.
    ///
    /// # Cancel safety
    /// As [`acquire`](Self::acquire).
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// let semaphore = Arc::new(filch_sync::Semaphore::new(3));
    /// let permits = futures_lite::future::block_on(semaphore.acquire_many_owned(2)).unwrap();
    /// assert_eq!(permits.num_permits(), 2);
    /// ```
    pub async fn acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, AcquireError> {
        self.wait(n).await?;
        Ok(OwnedSemaphorePermit { semaphore: self, permits: n as usize })
    }

    /// [`try_acquire`](Self::try_acquire), with a permit that borrows nothing.
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire).
    ///
    /// ```
    /// let semaphore = std::sync::Arc::new(filch_sync::Semaphore::new(1));
    /// assert_eq!(semaphore.try_acquire_owned().unwrap().num_permits(), 1);
    /// ```
    pub fn try_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.try_acquire_many_owned(1)
    }

    /// [`try_acquire_many`](Self::try_acquire_many), with permits that borrow nothing.
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire).
    ///
    /// ```
    /// let semaphore = std::sync::Arc::new(filch_sync::Semaphore::new(2));
    /// assert_eq!(semaphore.try_acquire_many_owned(2).unwrap().num_permits(), 2);
    /// ```
    pub fn try_acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.permits.try_acquire(n as usize)?;
        Ok(OwnedSemaphorePermit { semaphore: self, permits: n as usize })
    }

    /// [`blocking_acquire`](Self::blocking_acquire), with a permit that borrows nothing.
    ///
    /// # Errors
    /// [`AcquireError`] once the semaphore is closed.
    ///
    /// # Panics
    /// On a thread that runs tasks, or is in a `block_on`.
    ///
    /// ```
    /// let semaphore = std::sync::Arc::new(filch_sync::Semaphore::new(1));
    /// assert!(semaphore.blocking_acquire_owned().is_ok());
    /// ```
    #[track_caller]
    pub fn blocking_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, AcquireError> {
        block_on("Semaphore::blocking_acquire_owned", self.acquire_owned())
    }

    /// [`blocking_acquire_many`](Self::blocking_acquire_many), with permits that borrow nothing.
    ///
    /// # Errors
    /// [`AcquireError`] once the semaphore is closed.
    ///
    /// # Panics
    /// On a thread that runs tasks, or is in a `block_on`.
    ///
    /// ```
    /// let semaphore = std::sync::Arc::new(filch_sync::Semaphore::new(2));
    /// assert!(semaphore.blocking_acquire_many_owned(2).is_ok());
    /// ```
    #[track_caller]
    pub fn blocking_acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, AcquireError> {
        block_on("Semaphore::blocking_acquire_many_owned", self.acquire_many_owned(n))
    }

    /// Hands out no more permits: those who wait, and those who come later, get an error. Permits that are
    /// held stay valid.
    ///
    /// ```
    /// let semaphore = filch_sync::Semaphore::new(1);
    /// semaphore.close();
    /// assert!(semaphore.try_acquire().is_err());
    /// ```
    pub fn close(&self) {
        self.permits.close();
    }

    /// Whether [`close`](Self::close) was called.
    ///
    /// ```
    /// assert!(!filch_sync::Semaphore::new(1).is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.permits.is_closed()
    }

    #[expect(
        clippy::manual_async_fn,
        reason = "an `async fn` copies its arguments, and that a processor waits for"
    )]
    fn wait(&self, n: u32) -> impl Future<Output = Result<(), AcquireError>> {
        async move {
            if !Budget::try_take() {
                consume_budget().await;
            }
            let acquired = match self.permits.try_acquire_or_wait(n as usize) {
                // The common case costs no waiter. The only refusal of one who waits is the end.
                Err(Refusal::TooFew) => self.permits.acquire(n as usize).await,
                acquired => acquired,
            };
            acquired.map_err(|_closed| AcquireError(()))
        }
    }
}

/// Permits of a [`Semaphore`]; they go back when this is dropped.
///
/// ```
/// let semaphore = filch_sync::Semaphore::new(3);
/// let two: filch_sync::SemaphorePermit<'_> = semaphore.try_acquire_many(2).unwrap();
/// assert_eq!(semaphore.available_permits(), 1);
/// drop(two);
/// assert_eq!(semaphore.available_permits(), 3);
/// ```
#[must_use = "the permits go back when this is dropped"]
#[clippy::has_significant_drop]
#[derive(Debug)]
pub struct SemaphorePermit<'a> {
    semaphore: &'a Semaphore,
    permits: usize,
}

/// Permits of a [`Semaphore`], which it keeps alive; they go back when this is dropped.
///
/// ```
/// let semaphore = std::sync::Arc::new(filch_sync::Semaphore::new(3));
/// let two: filch_sync::OwnedSemaphorePermit = semaphore.clone().try_acquire_many_owned(2).unwrap();
/// assert_eq!(semaphore.available_permits(), 1);
/// drop(two);
/// assert_eq!(semaphore.available_permits(), 3);
/// ```
#[must_use = "the permits go back when this is dropped"]
#[clippy::has_significant_drop]
#[derive(Debug)]
pub struct OwnedSemaphorePermit {
    semaphore: Arc<Semaphore>,
    permits: usize,
}

macro_rules! permit {
    ($name:ty, $acquire:literal) => {
        impl $name {
            /// Keeps the permits from ever going back.
            ///
            /// ```
            /// let semaphore = std::sync::Arc::new(filch_sync::Semaphore::new(3));
            #[doc = concat!("semaphore", $acquire, "(1).unwrap().forget();")]
            /// assert_eq!(semaphore.available_permits(), 2);
            /// ```
            pub fn forget(mut self) {
                self.permits = 0;
            }

            /// Adds the permits of `other`.
            ///
            /// # Panics
            /// If they are those of another semaphore.
            ///
            /// ```
            /// let semaphore = std::sync::Arc::new(filch_sync::Semaphore::new(3));
            #[doc = concat!("let mut some = semaphore", $acquire, "(1).unwrap();")]
            #[doc = concat!("some.merge(semaphore", $acquire, "(2).unwrap());")]
            /// assert_eq!(some.num_permits(), 3);
            /// ```
            #[track_caller]
            pub fn merge(&mut self, mut other: Self) {
                assert!(
                    std::ptr::eq::<Semaphore>(&*self.semaphore, &*other.semaphore),
                    "only permits of one semaphore can be merged"
                );
                self.permits += std::mem::take(&mut other.permits);
            }

            /// Splits `n` permits off; `None` if there are fewer.
            ///
            /// ```
            /// let semaphore = std::sync::Arc::new(filch_sync::Semaphore::new(3));
            #[doc = concat!("let mut some = semaphore", $acquire, "(3).unwrap();")]
            /// assert_eq!(some.split(1).unwrap().num_permits(), 1);
            /// assert_eq!(some.num_permits(), 2);
            /// assert!(some.split(3).is_none());
            /// ```
            pub fn split(&mut self, n: usize) -> Option<Self> {
                self.permits = self.permits.checked_sub(n)?;
                Some(Self { semaphore: Clone::clone(&self.semaphore), permits: n })
            }

            /// How many permits these are.
            ///
            /// ```
            /// let semaphore = std::sync::Arc::new(filch_sync::Semaphore::new(3));
            #[doc = concat!("assert_eq!(semaphore", $acquire, "(2).unwrap().num_permits(), 2);")]
            /// ```
            pub fn num_permits(&self) -> usize {
                self.permits
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                self.semaphore.permits.release(self.permits);
            }
        }
    };
}

permit!(SemaphorePermit<'_>, ".try_acquire_many");
permit!(OwnedSemaphorePermit, ".clone().try_acquire_many_owned");

impl SemaphorePermit<'_> {
    /// The semaphore.
    ///
    /// ```
    /// let semaphore = filch_sync::Semaphore::new(1);
    /// let permit = semaphore.try_acquire().unwrap();
    /// assert_eq!(permit.semaphore().available_permits(), 0);
    /// ```
    pub fn semaphore(&self) -> &Semaphore {
        self.semaphore
    }
}

impl OwnedSemaphorePermit {
    /// The semaphore.
    ///
    /// ```
    /// let semaphore = std::sync::Arc::new(filch_sync::Semaphore::new(1));
    /// let permit = semaphore.try_acquire_owned().unwrap();
    /// assert_eq!(permit.semaphore().available_permits(), 0);
    /// ```
    pub fn semaphore(&self) -> &Arc<Semaphore> {
        &self.semaphore
    }
}

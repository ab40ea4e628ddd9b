//! A value that is made when it is first needed.

use super::place::Place;
use crate::const_fn::const_fn;
use crate::permits::bank::NoBank;
use crate::permits::{Permits, Refusal};
use filch_primitives::coop::consume_budget;
use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::mem;

/// A value that is made once, by whoever needs it first; the others wait for it.
///
/// If the one who makes it fails, panics or is cancelled, the next in the queue begins anew. For a value that is made
/// without an await, `std::sync::OnceLock` is the better choice; for one that is set from elsewhere, and waited for,
/// [`SetOnce`](crate::SetOnce).
///
/// ```
/// use filch_sync::OnceCell;
///
/// static CONFIG: OnceCell<String> = OnceCell::const_new();
///
/// async fn config() -> &'static str {
///     CONFIG.get_or_init(|| async { "read from a file".to_owned() }).await
/// }
/// assert_eq!(futures_lite::future::block_on(config()), "read from a file");
/// assert!(CONFIG.initialized());
/// ```
pub struct OnceCell<T> {
    place: Place<T>,
    /// One permit: to make the value. Closed once it is there.
    turn: Permits<NoBank>,
}

/// Why [`OnceCell::set`] did not; the value comes back.
///
/// ```
/// use filch_sync::{OnceCell, SetError};
///
/// let cell = OnceCell::new_with(Some(1));
/// assert_eq!(cell.set(2), Err(SetError::AlreadyInitializedError(2)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetError<T> {
    /// There is a value already.
    AlreadyInitializedError(T),
    /// The value is being made.
    InitializingError(T),
}

impl<T> SetError<T> {
    /// Whether there is a value already.
    ///
    /// ```
    /// let cell = filch_sync::OnceCell::new_with(Some(1));
    /// assert!(cell.set(2).unwrap_err().is_already_init_err());
    /// ```
    pub fn is_already_init_err(&self) -> bool {
        matches!(self, Self::AlreadyInitializedError(_))
    }

    /// Whether the value is being made.
    ///
    /// ```
    /// let cell = filch_sync::OnceCell::new_with(Some(1));
    /// assert!(!cell.set(2).unwrap_err().is_initializing_err());
    /// ```
    pub fn is_initializing_err(&self) -> bool {
        matches!(self, Self::InitializingError(_))
    }
}

impl<T> fmt::Display for SetError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlreadyInitializedError(_) => "the cell has a value already",
            Self::InitializingError(_) => "the value of the cell is being made",
        })
    }
}

impl<T: fmt::Debug> Error for SetError<T> {}

impl<T> OnceCell<T> {
    const_fn! {
        /// An empty cell.
        ///
        /// ```
        /// assert!(!filch_sync::OnceCell::<u32>::new().initialized());
        /// ```
        pub fn new() -> Self {
            Self { place: Place::empty(), turn: Permits::new(1, NoBank) }
        }
    }

    const_fn! {
        /// [`new`](Self::new), by the name that it has where `new` is not `const`.
        ///
        /// ```
        /// static CELL: filch_sync::OnceCell<u32> = filch_sync::OnceCell::const_new();
        /// assert_eq!(CELL.get(), None);
        /// ```
        pub fn const_new() -> Self {
            Self::new()
        }
    }

    /// A cell that is empty, or not.
    ///
    /// ```
    /// assert_eq!(filch_sync::OnceCell::new_with(Some(1)).get(), Some(&1));
    /// ```
    pub fn new_with(value: Option<T>) -> Self {
        value.map_or_else(Self::new, Self::const_new_with)
    }

    const_fn! {
        /// A cell with a value.
        ///
        /// ```
        /// static CELL: filch_sync::OnceCell<u32> = filch_sync::OnceCell::const_new_with(1);
        /// assert_eq!(CELL.get(), Some(&1));
        /// ```
        pub fn const_new_with(value: T) -> Self {
            // Nobody waits for a turn once the place is filled.
            Self { place: Place::filled(value), turn: Permits::new(0, NoBank) }
        }
    }

    /// Whether there is a value.
    ///
    /// ```
    /// assert!(filch_sync::OnceCell::new_with(Some(1)).initialized());
    /// ```
    pub fn initialized(&self) -> bool {
        self.place.is_filled()
    }

    /// The value, if there is one.
    ///
    /// ```
    /// let cell = filch_sync::OnceCell::new();
    /// assert_eq!(cell.get(), None);
    /// cell.set(1).unwrap();
    /// assert_eq!(cell.get(), Some(&1));
    /// ```
    pub fn get(&self) -> Option<&T> {
        self.place.get()
    }

    /// The value, if there is one, to change: `&mut self` is proof that nobody else looks.
    ///
    /// ```
    /// let mut cell = filch_sync::OnceCell::new_with(Some(1));
    /// *cell.get_mut().unwrap() = 2;
    /// assert_eq!(cell.into_inner(), Some(2));
    /// ```
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.place.get_mut()
    }

    /// Puts `value` in, if the cell is empty and nobody is making a value.
    ///
    /// # Errors
    /// [`SetError`] with `value` otherwise.
    ///
    /// ```
    /// let cell = filch_sync::OnceCell::new();
    /// cell.set(1).unwrap();
    /// assert!(cell.set(2).is_err());
    /// assert_eq!(cell.get(), Some(&1));
    /// ```
    pub fn set(&self, value: T) -> Result<(), SetError<T>> {
        if self.initialized() {
            return Err(SetError::AlreadyInitializedError(value));
        }
        match self.turn.try_acquire(1) {
            Ok(()) => {
                Turn(self).fill(value);
                Ok(())
            }
            Err(Refusal::TooFew) => Err(SetError::InitializingError(value)),
            Err(Refusal::Closed) => Err(SetError::AlreadyInitializedError(value)),
        }
    }

    /// The value; if there is none, what `make` makes, or what another makes who was faster.
    ///
    /// # Cancel safety
    /// Dropped while it waits for another, it leaves the queue. Dropped while its own value is being made, it drops that
    /// future, and the next in the queue begins with its own.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let cell = filch_sync::OnceCell::new();
    /// assert_eq!(cell.get_or_init(async || 1).await, &1);
    /// assert_eq!(cell.get_or_init(async || 2).await, &1);
    /// # });
    /// ```
    pub async fn get_or_init<F, Fut>(&self, make: F) -> &T
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = T>,
    {
        let made = self.get_or_try_init(|| async { Ok::<_, Infallible>(make().await) }).await;
        match made {
            Ok(value) => value,
            Err(never) => match never {},
        }
    }

    /// The value; if there is none, what `make` makes, or what another makes who was faster. If it fails, the cell stays
    /// empty, and the next in the queue begins.
    ///
    /// # Errors
    /// What `make` fails with.
    ///
    /// # Cancel safety
    /// As [`get_or_init`](Self::get_or_init).
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let cell = filch_sync::OnceCell::new();
    /// assert_eq!(cell.get_or_try_init(async || "x".parse::<u32>()).await.ok(), None);
    /// assert_eq!(cell.get_or_try_init(async || "1".parse::<u32>()).await, Ok(&1));
    /// # });
    /// ```
    pub async fn get_or_try_init<E, F, Fut>(&self, make: F) -> Result<&T, E>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        consume_budget().await;
        loop {
            if let Some(value) = self.get() {
                return Ok(value);
            }
            if self.turn.acquire(1).await.is_ok() {
                let turn = Turn(self);
                let value = make().await?;
                return Ok(turn.fill(value));
            }
            // Refused: closed, and so filled before.
        }
    }

    /// The value, if there is one.
    ///
    /// ```
    /// assert_eq!(filch_sync::OnceCell::new_with(Some(1)).into_inner(), Some(1));
    /// ```
    pub fn into_inner(self) -> Option<T> {
        self.place.into_inner()
    }

    /// The value, if there is one; the cell is empty afterwards.
    ///
    /// ```
    /// let mut cell = filch_sync::OnceCell::new_with(Some(1));
    /// assert_eq!(cell.take(), Some(1));
    /// assert_eq!(cell.get(), None);
    /// ```
    pub fn take(&mut self) -> Option<T> {
        mem::take(self).into_inner()
    }
}

/// The permit to make the value; goes to the next if it is not made.
struct Turn<'a, T>(&'a OnceCell<T>);

impl<'a, T> Turn<'a, T> {
    fn fill(self, value: T) -> &'a T {
        let cell = self.0;
        // The turn was the last.
        mem::forget(self);
        // SAFETY: only who has the turn fills, and it closes the turns then.
        let value = unsafe { cell.place.fill(value) };
        cell.turn.close();
        value
    }
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        self.0.turn.release(1);
    }
}

impl<T> Default for OnceCell<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> From<T> for OnceCell<T> {
    fn from(value: T) -> Self {
        Self::const_new_with(value)
    }
}

impl<T: Clone> Clone for OnceCell<T> {
    /// A cell with a clone of the value, if there is one.
    fn clone(&self) -> Self {
        Self::new_with(self.get().cloned())
    }
}

impl<T: PartialEq> PartialEq for OnceCell<T> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceCell<T> {}

impl<T: fmt::Debug> fmt::Debug for OnceCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceCell").field("value", &self.get()).finish()
    }
}

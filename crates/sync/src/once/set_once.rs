//! A value that comes once, and is waited for.

use super::place::Place;
use crate::const_fn::const_fn;
use crate::notify::Notify;
use filch_primitives::coop::consume_budget;
use filch_primitives::sync::Mutex;
use std::error::Error;
use std::fmt;
use std::mem;

/// A value that is set once, by anybody, and that any number of tasks wait for.
///
/// For a value that is made by whoever needs it first choose [`OnceCell`](crate::OnceCell); for one that goes to one task,
/// [`oneshot`](crate::oneshot); for one that changes, [`watch`](crate::watch).
///
/// ```
/// use filch_sync::SetOnce;
///
/// static ADDRESS: SetOnce<String> = SetOnce::const_new();
///
/// let server = std::thread::spawn(|| ADDRESS.set("127.0.0.1:80".to_owned()));
/// assert_eq!(futures_lite::future::block_on(ADDRESS.wait()), "127.0.0.1:80");
/// # server.join().unwrap().unwrap();
/// ```
pub struct SetOnce<T> {
    place: Place<T>,
    /// Who sets, one at a time.
    setting: Mutex<()>,
    set: Notify,
}

/// There is a value already; the new one comes back.
///
/// ```
/// let cell = filch_sync::SetOnce::new_with(Some(1));
/// assert_eq!(cell.set(2).unwrap_err().0, 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetOnceError<T>(pub T);

impl<T> fmt::Display for SetOnceError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value was set already")
    }
}

impl<T: fmt::Debug> Error for SetOnceError<T> {}

impl<T> SetOnce<T> {
    const_fn! {
        /// Nothing set.
        ///
        /// ```
        /// assert_eq!(filch_sync::SetOnce::<u32>::new().get(), None);
        /// ```
        pub fn new() -> Self {
            Self { place: Place::empty(), setting: Mutex::new(()), set: Notify::new() }
        }
    }

    const_fn! {
        /// [`new`](Self::new), by the name that it has where `new` is not `const`.
        ///
        /// ```
        /// static CELL: filch_sync::SetOnce<u32> = filch_sync::SetOnce::const_new();
        /// assert_eq!(CELL.get(), None);
        /// ```
        pub fn const_new() -> Self {
            Self::new()
        }
    }

    /// Set, or not.
    ///
    /// ```
    /// assert_eq!(filch_sync::SetOnce::new_with(Some(1)).get(), Some(&1));
    /// ```
    pub fn new_with(value: Option<T>) -> Self {
        value.map_or_else(Self::new, Self::const_new_with)
    }

    const_fn! {
        /// Set already.
        ///
        /// ```
        /// static CELL: filch_sync::SetOnce<u32> = filch_sync::SetOnce::const_new_with(1);
        /// assert_eq!(CELL.get(), Some(&1));
        /// ```
        pub fn const_new_with(value: T) -> Self {
            Self { place: Place::filled(value), setting: Mutex::new(()), set: Notify::new() }
        }
    }

    /// Whether the value was set.
    ///
    /// ```
    /// assert!(filch_sync::SetOnce::new_with(Some(1)).initialized());
    /// ```
    pub fn initialized(&self) -> bool {
        self.place.is_filled()
    }

    /// The value, if it was set.
    ///
    /// ```
    /// let cell = filch_sync::SetOnce::new();
    /// cell.set(1).unwrap();
    /// assert_eq!(cell.get(), Some(&1));
    /// ```
    pub fn get(&self) -> Option<&T> {
        self.place.get()
    }

    /// Sets the value, and wakes all who wait for it.
    ///
    /// # Errors
    /// [`SetOnceError`] with `value` if there is one already, which [`get`](Self::get) returns from then on.
    ///
    /// ```
    /// let cell = filch_sync::SetOnce::new();
    /// cell.set(1).unwrap();
    /// assert!(cell.set(2).is_err());
    /// ```
    pub fn set(&self, value: T) -> Result<(), SetOnceError<T>> {
        {
            let _alone = self.setting.lock();
            if self.initialized() {
                return Err(SetOnceError(value));
            }
            // SAFETY: not filled, and nobody else is setting.
            unsafe { self.place.fill(value) };
        }
        self.set.notify_waiters();
        Ok(())
    }

    /// Waits for the value.
    ///
    /// # Cancel safety
    /// Safe: it changes nothing.
    ///
    /// ```
    /// let cell = filch_sync::SetOnce::new_with(Some(1));
    /// assert_eq!(futures_lite::future::block_on(cell.wait()), &1);
    /// ```
    pub async fn wait(&self) -> &T {
        consume_budget().await;
        loop {
            // Made before the look: a value that comes in between completes it.
            let set = self.set.notified();
            if let Some(value) = self.get() {
                return value;
            }
            set.await;
        }
    }

    /// The value, if it was set.
    ///
    /// ```
    /// assert_eq!(filch_sync::SetOnce::new_with(Some(1)).into_inner(), Some(1));
    /// ```
    pub fn into_inner(self) -> Option<T> {
        self.place.into_inner()
    }

    /// The value, if it was set; it may be set anew afterwards.
    ///
    /// ```
    /// let mut cell = filch_sync::SetOnce::new_with(Some(1));
    /// assert_eq!(cell.take(), Some(1));
    /// assert_eq!(cell.get(), None);
    /// ```
    pub fn take(&mut self) -> Option<T> {
        mem::take(self).into_inner()
    }
}

impl<T> Default for SetOnce<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> From<T> for SetOnce<T> {
    fn from(value: T) -> Self {
        Self::const_new_with(value)
    }
}

impl<T: Clone> Clone for SetOnce<T> {
    /// One with a clone of the value, if it was set.
    fn clone(&self) -> Self {
        Self::new_with(self.get().cloned())
    }
}

impl<T: PartialEq> PartialEq for SetOnce<T> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for SetOnce<T> {}

impl<T: fmt::Debug> fmt::Debug for SetOnce<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetOnce").field("value", &self.get()).finish()
    }
}

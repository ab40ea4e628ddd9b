//! # Task-locals: values that a task carries through its awaits

use pin_project_lite::pin_project;
use std::cell::RefCell;
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

/// Declares values that a task carries through its awaits, each a [`LocalKey`](crate::task::LocalKey).
///
/// A value is there inside [`LocalKey::scope`](crate::task::LocalKey::scope), on whichever thread the
/// task is polled; a spawned task does not have its spawner's values unless
/// [`Inherit`](crate::task::Inherit) hands them on.
///
/// | asyncio | Node | |
/// |---|---|---|
/// | `ContextVar` | `AsyncLocalStorage` | there, a new task copies every value; here, those that it is told to |
///
/// ```
/// filch::task_local! {
///     /// Who asked.
///     static USER: String;
///     pub static REQUEST: u64;
/// }
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// async fn greet() -> String {
///     USER.with(|user| format!("hello {user}"))
/// }
/// assert_eq!(USER.scope("Ada".to_owned(), greet()).await, "hello Ada");
/// assert!(USER.try_with(|_| ()).is_err());
/// # });
/// # std::io::Result::Ok(())
/// ```
#[macro_export]
macro_rules! task_local {
    () => {};
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: $value:ty; $($rest:tt)*) => {
        $crate::task_local!($(#[$attribute])* $visibility static $name: $value);
        $crate::task_local!($($rest)*);
    };
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: $value:ty) => {
        $(#[$attribute])*
        $visibility static $name: $crate::task::LocalKey<$value> = {
            ::std::thread_local! {
                static SLOT: ::std::cell::RefCell<::core::option::Option<$value>> =
                    const { ::std::cell::RefCell::new(::core::option::Option::None) };
            }
            $crate::task::LocalKey::__from_slot(SLOT)
        };
    };
}

/// A value that a task carries through its awaits; made by [`task_local!`](crate::task_local).
///
/// ```
/// filch::task_local! { static DEPTH: u32 }
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let depth = DEPTH.scope(1, async {
///     filch::task::yield_now().await;
///     DEPTH.scope(DEPTH.get() + 1, async { DEPTH.get() }).await
/// });
/// assert_eq!(depth.await, 2);
/// # });
/// # std::io::Result::Ok(())
/// ```
pub struct LocalKey<T: 'static> {
    /// The value of the scope that this thread is in.
    slot: thread::LocalKey<RefCell<Option<T>>>,
}

/// Puts a value that was lent back where it came from.
struct PutBack<'a, T: 'static> {
    key: &'static LocalKey<T>,
    value: &'a mut Option<T>,
}

impl<T> Drop for PutBack<'_, T> {
    fn drop(&mut self) {
        // Nothing can borrow the slot here: `with` ends before its scope does.
        self.key.swap(self.value);
    }
}

impl<T: 'static> LocalKey<T> {
    #[doc(hidden)]
    pub const fn __from_slot(slot: thread::LocalKey<RefCell<Option<T>>>) -> Self {
        Self { slot }
    }

    /// Runs `future` with `value`; it is dropped with `value` there, too.
    ///
    /// ```
    /// filch::task_local! { static ID: u64 }
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// assert_eq!(ID.scope(7, async { ID.get() }).await, 7);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Cancel safety
    /// That of `future`.
    pub fn scope<F: Future>(&'static self, value: T, future: F) -> TaskLocalFuture<T, F> {
        TaskLocalFuture { key: self, value: Some(value), future: Some(future) }
    }

    /// Calls `f` with `value`.
    ///
    /// ```
    /// filch::task_local! { static ID: u64 }
    /// assert_eq!(ID.sync_scope(7, || ID.get()), 7);
    /// ```
    ///
    /// # Panics
    /// If `f` does, or inside [`with`](Self::with) of the same key.
    #[track_caller]
    pub fn sync_scope<R>(&'static self, value: T, f: impl FnOnce() -> R) -> R {
        let mut value = Some(value);
        self.lend(&mut value, f)
    }

    /// Calls `f` with what `value` holds, and puts it back there, a panic or not.
    #[track_caller]
    pub(super) fn lend<R>(&'static self, value: &mut Option<T>, f: impl FnOnce() -> R) -> R {
        assert!(
            self.swap(value),
            "a task-local cannot be set here: its value is borrowed by `with`, or the thread is exiting"
        );
        let _put_back = PutBack { key: self, value };
        f()
    }

    /// The same for destructors, which go without the value where it cannot be set.
    pub(super) fn lend_if_possible<R>(
        &'static self,
        value: &mut Option<T>,
        f: impl FnOnce() -> R,
    ) -> R {
        let _put_back = self.swap(value).then(|| PutBack { key: self, value });
        f()
    }

    fn swap(&'static self, value: &mut Option<T>) -> bool {
        let swapped = self.slot.try_with(|slot| match slot.try_borrow_mut() {
            Ok(mut current) => {
                mem::swap(&mut *current, value);
                true
            }
            Err(_) => false,
        });
        swapped.unwrap_or(false)
    }

    /// Lends the value.
    ///
    /// ```
    /// filch::task_local! { static NAME: String }
    /// assert_eq!(NAME.sync_scope("Ada".to_owned(), || NAME.with(|name| name.len())), 3);
    /// ```
    ///
    /// # Panics
    /// Outside a scope of this key; see [`try_with`](Self::try_with).
    #[track_caller]
    pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        match self.try_with(f) {
            Ok(result) => result,
            Err(error) => panic!("{error}"),
        }
    }

    /// Lends the value.
    ///
    /// ```
    /// filch::task_local! { static NAME: String }
    /// assert!(NAME.try_with(|name| name.len()).is_err());
    /// ```
    ///
    /// # Errors
    /// Outside a scope of this key.
    pub fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        let lent = self.slot.try_with(|slot| {
            let value = slot.try_borrow().ok()?;
            value.as_ref().map(f)
        });
        lent.ok().flatten().ok_or(AccessError(()))
    }

    /// A clone of the value.
    ///
    /// ```
    /// filch::task_local! { static ID: u64 }
    /// assert_eq!(ID.sync_scope(7, || ID.get()), 7);
    /// ```
    ///
    /// # Panics
    /// Outside a scope of this key; see [`try_get`](Self::try_get).
    #[track_caller]
    pub fn get(&'static self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// A clone of the value.
    ///
    /// ```
    /// filch::task_local! { static ID: u64 }
    /// assert!(ID.try_get().is_err());
    /// ```
    ///
    /// # Errors
    /// Outside a scope of this key.
    pub fn try_get(&'static self) -> Result<T, AccessError>
    where
        T: Clone,
    {
        self.try_with(T::clone)
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}

/// The task-local has no value here.
///
/// ```
/// filch::task_local! { static ID: u64 }
/// assert!(ID.try_get().unwrap_err().to_string().contains("LocalKey::scope"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessError(());

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the task-local has no value here: it is set inside `LocalKey::scope` only")
    }
}

impl std::error::Error for AccessError {}

pin_project! {
    /// The future of [`LocalKey::scope`].
    ///
    /// # Panics
    /// When it is polled again after it has ended.
    ///
    /// ```
    /// filch::task_local! { static USER: u32; }
    ///
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let future: filch::task::TaskLocalFuture<u32, _> = USER.scope(7, async { USER.get() });
    /// assert_eq!(future.await, 7);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub struct TaskLocalFuture<T: 'static, F> {
        key: &'static LocalKey<T>,
        value: Option<T>,
        #[pin]
        future: Option<F>,
    }

    impl<T: 'static, F> PinnedDrop for TaskLocalFuture<T, F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.future.is_none() {
                return;
            }
            this.key.lend_if_possible(this.value, || this.future.set(None));
        }
    }
}

impl<T: 'static, F> TaskLocalFuture<T, F> {
    /// Takes the value out; the future has none from then on.
    ///
    /// ```
    /// use std::pin::pin;
    /// filch::task_local! { static LOG: std::cell::RefCell<Vec<u32>> }
    ///
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut work = pin!(LOG.scope(Default::default(), async {
    ///     LOG.with(|log| log.borrow_mut().push(1));
    /// }));
    /// work.as_mut().await;
    /// assert_eq!(work.take_value().unwrap().into_inner(), [1]);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn take_value(self: Pin<&mut Self>) -> Option<T> {
        self.project().value.take()
    }
}

impl<T: 'static, F: Future> Future for TaskLocalFuture<T, F> {
    type Output = F::Output;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let future = &mut this.future;
        this.key.lend(this.value, || {
            let output = future.as_mut().as_pin_mut().expect("polled after its end").poll(cx);
            if output.is_ready() {
                future.set(None);
            }
            output
        })
    }
}

impl<T: 'static, F> fmt::Debug for TaskLocalFuture<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskLocalFuture").finish_non_exhaustive()
    }
}

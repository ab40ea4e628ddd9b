//! What the protocols are built on when they ship.

/// Atomics and fences.
#[path = "std_atomics.rs"]
pub mod atomic;

/// A pair of fences for a biased lock.
#[path = "asymmetric.rs"]
pub mod asymmetric;

/// A cell whose accesses loom can check.
pub mod cell {
    /// `core::cell::UnsafeCell` with loom's closure-shaped accessors.
    #[derive(Debug, Default)]
    #[repr(transparent)]
    pub struct UnsafeCell<T: ?Sized>(core::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        /// Wraps `value`.
        pub const fn new(value: T) -> Self {
            Self(core::cell::UnsafeCell::new(value))
        }

        /// Takes the value out.
        pub fn into_inner(self) -> T {
            self.0.into_inner()
        }
    }

    impl<T: ?Sized> UnsafeCell<T> {
        /// Lends a pointer for reading; the caller answers for the absence of writers.
        #[inline(always)]
        pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        /// Lends a pointer for writing; the caller answers for the absence of everyone else.
        #[inline(always)]
        pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}

/// Hints to the processor.
pub mod hint {
    pub use core::hint::spin_loop;
}

/// Shared ownership and blocking locks for cold data.
pub mod sync {
    pub use parking_lot::{MutexGuard, RwLockReadGuard, RwLockWriteGuard};
    pub use std::sync::{Arc, Weak};
    use std::time::Duration;

    /// A mutual exclusion lock without poisoning.
    #[derive(Debug, Default)]
    pub struct Mutex<T: ?Sized>(parking_lot::Mutex<T>);

    impl<T> Mutex<T> {
        /// Wraps `value`.
        pub const fn new(value: T) -> Self {
            Self(parking_lot::Mutex::new(value))
        }

        /// Takes the value out.
        pub fn into_inner(self) -> T {
            self.0.into_inner()
        }
    }

    impl<T: ?Sized> Mutex<T> {
        /// Blocks the thread until the lock is held.
        #[inline]
        pub fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock()
        }

        /// Takes the lock if nobody holds it.
        #[inline]
        pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            self.0.try_lock()
        }

        /// The value, which nobody else can reach.
        pub fn get_mut(&mut self) -> &mut T {
            self.0.get_mut()
        }
    }

    /// A lock that many may read under, or one may write, without poisoning.
    #[derive(Debug, Default)]
    pub struct RwLock<T: ?Sized>(parking_lot::RwLock<T>);

    impl<T> RwLock<T> {
        /// Wraps `value`.
        pub const fn new(value: T) -> Self {
            Self(parking_lot::RwLock::new(value))
        }

        /// Takes the value out.
        pub fn into_inner(self) -> T {
            self.0.into_inner()
        }
    }

    impl<T: ?Sized> RwLock<T> {
        /// Blocks the thread while somebody writes, or waits to.
        #[inline]
        pub fn read(&self) -> RwLockReadGuard<'_, T> {
            self.0.read()
        }

        /// Blocks the thread until nobody else has the lock.
        #[inline]
        pub fn write(&self) -> RwLockWriteGuard<'_, T> {
            self.0.write()
        }
    }

    /// A condition variable for [`Mutex`].
    #[derive(Debug, Default)]
    pub struct Condvar(parking_lot::Condvar);

    impl Condvar {
        /// A condition variable that nobody waits on.
        pub const fn new() -> Self {
            Self(parking_lot::Condvar::new())
        }

        /// Releases the lock, sleeps until notified, takes the lock again. May wake spuriously.
        pub fn wait<'a, T>(&self, mut guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
            self.0.wait(&mut guard);
            guard
        }

        /// As [`wait`](Self::wait), for at most `timeout`; `true` if it ran out.
        pub fn wait_timeout<'a, T>(
            &self,
            mut guard: MutexGuard<'a, T>,
            timeout: Duration,
        ) -> (MutexGuard<'a, T>, bool) {
            let timed_out = self.0.wait_for(&mut guard, timeout).timed_out();
            (guard, timed_out)
        }

        /// Wakes one waiter.
        pub fn notify_one(&self) {
            self.0.notify_one();
        }

        /// Wakes every waiter.
        pub fn notify_all(&self) {
            self.0.notify_all();
        }
    }
}

/// What the clock says where much depends on it.
pub mod time {
    pub use std::time::Instant;
}

/// Threads of the operating system.
pub mod thread {
    use std::ptr;
    pub use std::thread::{
        Builder, JoinHandle, LocalKey, Thread, ThreadId, available_parallelism, current, panicking,
        sleep, yield_now,
    };
    use std::time::Duration;

    std::thread_local! {
        /// Its address names the thread.
        static TOKEN: u8 = const { 0 };
    }

    /// A number that names this thread among those that are alive; never 0.
    #[inline]
    pub fn token() -> usize {
        TOKEN.with(|token| ptr::from_ref(token).addr())
    }

    /// Starts a thread.
    ///
    /// # Panics
    /// If the operating system refuses; see [`Builder::spawn`].
    pub fn spawn<F, T>(f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        std::thread::spawn(f)
    }

    /// Whether the thread has come to its end, as far as is known: joining it will not take long then.
    pub fn is_finished<T>(thread: &JoinHandle<T>) -> bool {
        thread.is_finished()
    }

    /// Sleeps until the thread is unparked; may return for no reason.
    pub fn park() {
        std::thread::park();
    }

    /// Sleeps until the thread is unparked or `timeout` is over; may return for no reason.
    pub fn park_timeout(timeout: Duration) {
        std::thread::park_timeout(timeout);
    }
}

/// The unbounded queue that many threads push to and many threads take from.
pub mod queue {
    use crossbeam_deque::Steal;

    /// Many producers, many consumers, unbounded, first in first out.
    #[derive(Debug)]
    pub struct Injector<T>(crossbeam_deque::Injector<T>);

    impl<T> Default for Injector<T> {
        fn default() -> Self {
            Self::new()
        }
    }

    impl<T> Injector<T> {
        /// An empty queue.
        pub fn new() -> Self {
            Self(crossbeam_deque::Injector::new())
        }

        /// Appends `value`.
        pub fn push(&self, value: T) {
            self.0.push(value);
        }

        /// Takes the oldest value.
        pub fn pop(&self) -> Option<T> {
            loop {
                match self.0.steal() {
                    Steal::Success(value) => return Some(value),
                    Steal::Empty => return None,
                    Steal::Retry => core::hint::spin_loop(),
                }
            }
        }

        /// Whether there was nothing in it a moment ago.
        pub fn is_empty(&self) -> bool {
            self.0.is_empty()
        }

        /// How many values were in it a moment ago.
        pub fn len(&self) -> usize {
            self.0.len()
        }
    }
}

/// As `std::thread_local!`, for values that a constant expression makes.
#[macro_export]
macro_rules! thread_local {
    ($($(#[$attribute:meta])* $vis:vis static $name:ident: $type:ty = const { $init:expr };)*) => {
        $(::std::thread_local! { $(#[$attribute])* $vis static $name: $type = const { $init }; })*
    };
}

//! What the protocols are built on when loom explores them. The names and signatures are those of
//! `std_half.rs`; that file has the documentation.
#![allow(missing_docs, reason = "documented once, in std_half.rs")]

pub mod atomic {
    pub use loom::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
    };
}

/// loom explores the strongest that either fence can be, which is what the pair amounts to.
pub mod asymmetric {
    use loom::sync::atomic::{Ordering, fence};

    pub fn prepare() {}

    pub fn light_fence() {
        fence(Ordering::SeqCst);
    }

    pub fn heavy_fence() -> bool {
        fence(Ordering::SeqCst);
        true
    }
}

pub mod cell {
    pub use loom::cell::UnsafeCell;
}

pub mod hint {
    /// A spinning thread gives way, or loom would explore it spinning for ever.
    pub fn spin_loop() {
        loom::thread::yield_now();
    }
}

pub mod sync {
    pub use loom::sync::{Arc, MutexGuard, RwLockReadGuard, RwLockWriteGuard};
    /// loom has no `Weak`: whatever needs one is outside the models.
    pub use std::sync::Weak;
    use std::time::Duration;

    #[derive(Debug)]
    pub struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T: Default> Default for Mutex<T> {
        fn default() -> Self {
            Self::new(T::default())
        }
    }

    impl<T> Mutex<T> {
        pub fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub fn into_inner(self) -> T {
            self.0.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
        }

        pub fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
        }

        pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            self.0.try_lock().ok()
        }

        pub fn get_mut(&mut self) -> &mut T {
            self.0.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner())
        }
    }

    #[derive(Debug)]
    pub struct RwLock<T>(loom::sync::RwLock<T>);

    impl<T> RwLock<T> {
        pub fn new(value: T) -> Self {
            Self(loom::sync::RwLock::new(value))
        }

        pub fn into_inner(self) -> T {
            self.0.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
        }

        pub fn read(&self) -> RwLockReadGuard<'_, T> {
            self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner())
        }

        pub fn write(&self) -> RwLockWriteGuard<'_, T> {
            self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner())
        }
    }

    #[derive(Debug)]
    pub struct Condvar(loom::sync::Condvar);

    impl Default for Condvar {
        fn default() -> Self {
            Self::new()
        }
    }

    impl Condvar {
        pub fn new() -> Self {
            Self(loom::sync::Condvar::new())
        }

        pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
            self.0.wait(guard).unwrap_or_else(|poisoned| poisoned.into_inner())
        }

        /// loom has no time: this waits until notified.
        pub fn wait_timeout<'a, T>(
            &self,
            guard: MutexGuard<'a, T>,
            _timeout: Duration,
        ) -> (MutexGuard<'a, T>, bool) {
            (self.wait(guard), false)
        }

        pub fn notify_one(&self) {
            self.0.notify_one();
        }

        pub fn notify_all(&self) {
            self.0.notify_all();
        }
    }
}

/// A clock of each thread's own that goes on with every look at it: what a model does must not depend on when it
/// is done.
pub mod time {
    use std::cell::Cell;
    use std::ops::Add;
    use std::time::Duration;

    const STEP: Duration = Duration::from_micros(10);

    loom::thread_local! {
        static NOW: Cell<Duration> = Cell::new(Duration::ZERO);
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    pub struct Instant(Duration);

    impl Instant {
        pub fn now() -> Self {
            NOW.with(|now| {
                now.set(now.get() + STEP);
                Self(now.get())
            })
        }

        pub fn duration_since(&self, earlier: Self) -> Duration {
            self.0.saturating_sub(earlier.0)
        }

        pub fn saturating_duration_since(&self, earlier: Self) -> Duration {
            self.duration_since(earlier)
        }

        pub fn elapsed(&self) -> Duration {
            Self::now().duration_since(*self)
        }
    }

    impl Add<Duration> for Instant {
        type Output = Self;

        fn add(self, duration: Duration) -> Self {
            Self(self.0 + duration)
        }
    }
}

pub mod thread {
    pub use loom::thread::{
        JoinHandle, LocalKey, Thread, ThreadId, current, park, spawn, yield_now,
    };
    pub use std::thread::{available_parallelism, panicking};
    use std::time::Duration;

    /// One for all: what a model does must not depend on addresses.
    pub fn token() -> usize {
        1
    }

    pub fn is_finished<T>(_thread: &JoinHandle<T>) -> bool {
        false
    }

    /// loom has no time: a bounded wait is one that may end at any moment.
    pub fn park_timeout(_timeout: Duration) {
        yield_now();
    }

    pub fn sleep(_duration: Duration) {
        yield_now();
    }

    /// std's builder, reduced to what a model can use.
    #[derive(Debug, Default)]
    pub struct Builder(());

    impl Builder {
        pub fn new() -> Self {
            Self(())
        }

        pub fn name(self, _name: String) -> Self {
            self
        }

        pub fn stack_size(self, _bytes: usize) -> Self {
            self
        }

        pub fn spawn<F, T>(self, f: F) -> std::io::Result<JoinHandle<T>>
        where
            F: FnOnce() -> T + 'static,
            T: 'static,
        {
            Ok(spawn(f))
        }
    }
}

pub mod queue {
    use super::sync::Mutex;
    use std::collections::VecDeque;

    #[derive(Debug)]
    pub struct Injector<T>(Mutex<VecDeque<T>>);

    impl<T> Default for Injector<T> {
        fn default() -> Self {
            Self::new()
        }
    }

    impl<T> Injector<T> {
        pub fn new() -> Self {
            Self(Mutex::new(VecDeque::new()))
        }

        pub fn push(&self, value: T) {
            self.0.lock().push_back(value);
        }

        pub fn pop(&self) -> Option<T> {
            self.0.lock().pop_front()
        }

        pub fn is_empty(&self) -> bool {
            self.0.lock().is_empty()
        }

        pub fn len(&self) -> usize {
            self.0.lock().len()
        }
    }
}

#[doc(hidden)]
pub use loom::thread_local as loom_thread_local;

#[macro_export]
macro_rules! thread_local {
    ($($(#[$attribute:meta])* $vis:vis static $name:ident: $type:ty = const { $init:expr };)*) => {
        $($crate::loom_thread_local! { $(#[$attribute])* $vis static $name: $type = $init; })*
    };
}

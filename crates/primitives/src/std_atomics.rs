//! The atomics when they ship: `core`'s, as types of their own, so that the lint which bans `std`'s
//! atomics elsewhere can tell the two apart. Each method is `core`'s of the same name, inlined.

use core::sync::atomic as core_atomic;

pub use core_atomic::Ordering;

/// `core`'s fence.
#[inline(always)]
pub fn fence(order: Ordering) {
    core_atomic::fence(order);
}

macro_rules! atomic {
    ($name:ident $(<$param:ident>)?, $value:ty) => {
        #[doc = concat!("`core`'s `", stringify!($name), "`.")]
        #[derive(Debug)]
        #[repr(transparent)]
        pub struct $name $(<$param>)? (core_atomic::$name $(<$param>)?);

        impl $(<$param>)? Default for $name $(<$param>)? {
            fn default() -> Self {
                Self(core_atomic::$name::default())
            }
        }

        impl $(<$param>)? $name $(<$param>)? {
            /// Holds `value` at first.
            #[inline(always)]
            pub const fn new(value: $value) -> Self {
                Self(core_atomic::$name::new(value))
            }

            /// Reads the value.
            #[inline(always)]
            pub fn load(&self, order: Ordering) -> $value {
                self.0.load(order)
            }

            /// Writes the value.
            #[inline(always)]
            pub fn store(&self, value: $value, order: Ordering) {
                self.0.store(value, order);
            }

            /// Writes the value and returns the one before.
            #[inline(always)]
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                self.0.swap(value, order)
            }

            /// Writes `new` if the value is `current`; returns the value before either way.
            ///
            /// # Errors
            /// With the value before, if it was not `current`.
            #[inline(always)]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.0.compare_exchange(current, new, success, failure)
            }

            /// As [`compare_exchange`](Self::compare_exchange), but may fail for no reason.
            ///
            /// # Errors
            /// With the value before, if it was not written.
            #[inline(always)]
            pub fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.0.compare_exchange_weak(current, new, success, failure)
            }
        }
    };
}

macro_rules! atomic_integer {
    ($name:ident, $value:ty) => {
        atomic!($name, $value);

        impl $name {
            /// Adds, wrapping; returns the value before.
            #[inline(always)]
            pub fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                self.0.fetch_add(value, order)
            }

            /// Subtracts, wrapping; returns the value before.
            #[inline(always)]
            pub fn fetch_sub(&self, value: $value, order: Ordering) -> $value {
                self.0.fetch_sub(value, order)
            }

            /// Bitwise and; returns the value before.
            #[inline(always)]
            pub fn fetch_and(&self, value: $value, order: Ordering) -> $value {
                self.0.fetch_and(value, order)
            }

            /// Bitwise or; returns the value before.
            #[inline(always)]
            pub fn fetch_or(&self, value: $value, order: Ordering) -> $value {
                self.0.fetch_or(value, order)
            }

            /// Bitwise exclusive or; returns the value before.
            #[inline(always)]
            pub fn fetch_xor(&self, value: $value, order: Ordering) -> $value {
                self.0.fetch_xor(value, order)
            }

            /// The smaller of the two stays; returns the value before.
            #[inline(always)]
            pub fn fetch_min(&self, value: $value, order: Ordering) -> $value {
                self.0.fetch_min(value, order)
            }

            /// The larger of the two stays; returns the value before.
            #[inline(always)]
            pub fn fetch_max(&self, value: $value, order: Ordering) -> $value {
                self.0.fetch_max(value, order)
            }
        }
    };
}

atomic!(AtomicBool, bool);
atomic!(AtomicPtr<T>, *mut T);
atomic_integer!(AtomicU32, u32);
atomic_integer!(AtomicU64, u64);
atomic_integer!(AtomicUsize, usize);

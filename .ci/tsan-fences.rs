//! Shows ThreadSanitizer the one fence that it must see.
//!
//! Its runtime ignores fences. The last drop of an `Arc` is `fetch_sub(Release)` and then an acquire
//! fence; without the fence every destructor of something shared looks like a race with its last use.
//! (std, built for the sanitizer, has a load instead; that takes its sources, and a build of std.)
//! So the linker is told to call these in place of the runtime's (`--wrap`), and the fence acquires
//! from the counter that this thread has just released. Nothing is hidden: a `fetch_sub(Release)`
//! without its fence still acquires nothing, and a fence without its `fetch_sub` neither.

#![no_std]
#![feature(thread_local)]

use core::cell::Cell;
use core::ffi::{c_int, c_void};
use core::ptr::null_mut;

/// How the runtime's interface numbers the orderings.
const ACQUIRE: c_int = 2;
const RELEASE: c_int = 3;

/// The counter from which this thread subtracted last with Release, until the next acquire fence.
#[thread_local]
static RELEASED: Cell<*mut c_void> = Cell::new(null_mut());

unsafe extern "C" {
    fn __real___tsan_atomic64_fetch_sub(counter: *mut u64, value: u64, order: c_int) -> u64;
    fn __real___tsan_atomic_thread_fence(order: c_int);
    fn __tsan_acquire(address: *mut c_void);
}

/// # Safety
/// The instrumentation's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __wrap___tsan_atomic64_fetch_sub(
    counter: *mut u64,
    value: u64,
    order: c_int,
) -> u64 {
    RELEASED.set(if order == RELEASE { counter.cast() } else { null_mut() });
    // SAFETY: the caller's.
    unsafe { __real___tsan_atomic64_fetch_sub(counter, value, order) }
}

/// # Safety
/// The instrumentation's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __wrap___tsan_atomic_thread_fence(order: c_int) {
    // SAFETY: the caller's.
    unsafe { __real___tsan_atomic_thread_fence(order) };
    let counter = RELEASED.replace(null_mut());
    if order == ACQUIRE && !counter.is_null() {
        // SAFETY: an address is all that the runtime wants; it does not read what is there.
        unsafe { __tsan_acquire(counter) };
    }
}

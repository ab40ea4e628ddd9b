//! # What this thread is: which executor is current, which worker it runs, whether it may block

use crate::handle::Handle;
use crate::task::{JoinHandle, Origin};
use crate::worker::Worker;
use filch_primitives::{Current, CurrentGuard, Duty, thread};
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;

filch_primitives::thread_local! {
    static HANDLE: Current<Handle> = const { Current::new() };
    /// The worker that this thread runs; points into the frame of `worker::run`.
    static WORKER: Cell<*const Worker> = const { Cell::new(ptr::null()) };
    /// The pool for blocking calls that this thread belongs to.
    static POOL: Cell<*const ()> = const { Cell::new(ptr::null()) };
}

/// Leaves the executor that was entered, when dropped.
///
/// Guards on one thread must be dropped in the reverse order of their making.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
/// use filch_executor::Handle;
///
/// let entered = executor.enter();
/// assert!(Handle::try_current().is_ok());
/// drop(entered);
/// assert!(Handle::try_current().is_err());
/// ```
#[derive(Debug)]
#[must_use = "the executor is left when the guard is dropped"]
pub struct EnterGuard<'a> {
    _guard: CurrentGuard<Handle>,
    _handle: PhantomData<&'a Handle>,
}

pub(crate) fn enter(handle: &Handle) -> EnterGuard<'_> {
    EnterGuard { _guard: Current::enter(&HANDLE, handle.clone()), _handle: PhantomData }
}

pub(crate) fn current() -> Option<Handle> {
    Current::get(&HANDLE)
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn with_current<R>(f: impl FnOnce(Option<&Handle>) -> R) -> R {
    Current::with(&HANDLE, f)
}

/// Spawns on the event loop that is current, if one is and it stays on this thread.
pub(crate) fn spawn_on_event_loop<F>(
    future: F,
    origin: impl Into<Origin>,
) -> Option<JoinHandle<F::Output>>
where
    F: Future + 'static,
    F::Output: 'static,
{
    current()?.spawn_local(future, origin)
}

/// Lends the worker that this thread runs.
#[inline(always)]
pub(crate) fn with_worker<R>(f: impl FnOnce(Option<&Worker>) -> R) -> R {
    let worker = WORKER.try_with(Cell::get).unwrap_or(ptr::null());
    // SAFETY: `WorkerScope` puts back what was there before the worker's frame ends, and the pointer
    // does not leave this thread.
    f(unsafe { worker.as_ref() })
}

/// This thread runs `worker`, or none, until the scope is dropped.
pub(crate) struct WorkerScope<'a> {
    before: *const Worker,
    _worker: PhantomData<&'a Worker>,
}

impl<'a> WorkerScope<'a> {
    pub(crate) fn enter(worker: &'a Worker) -> Self {
        Self { before: WORKER.with(|slot| slot.replace(worker)), _worker: PhantomData }
    }

    /// For an event loop that is driven from inside a worker's blocking call.
    pub(crate) fn hide() -> Self {
        Self { before: WORKER.with(|slot| slot.replace(ptr::null())), _worker: PhantomData }
    }
}

impl Drop for WorkerScope<'_> {
    fn drop(&mut self) {
        WORKER.with(|slot| slot.set(self.before));
    }
}

/// This thread belongs to a pool until the scope is dropped.
pub(crate) struct PoolScope {
    before: *const (),
}

impl PoolScope {
    /// `pool` is a name and is not followed.
    pub(crate) fn enter(pool: *const ()) -> Self {
        Self { before: POOL.with(|slot| slot.replace(pool)) }
    }
}

impl Drop for PoolScope {
    fn drop(&mut self) {
        POOL.with(|slot| slot.set(self.before));
    }
}

pub(crate) fn is_in_pool(pool: *const ()) -> bool {
    POOL.try_with(Cell::get).is_ok_and(|this| ptr::eq(this, pool))
}

/// A number that names this thread among those that are alive; never 0.
pub(crate) fn thread_token() -> usize {
    thread::token()
}

/// A small number for this thread, spread evenly: which of several counters or locks it uses.
pub(crate) fn thread_lane() -> usize {
    // The addresses are far apart and end alike; the multiplier is 2^64 divided by the golden ratio.
    (thread_token() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) as usize >> 16
}

/// Whether this thread may wait for others.
pub(crate) fn may_block() -> bool {
    Duty::current() == Duty::None
}

//! # The waker of a task

use super::state::Wake;
use super::{Header, Reason, run};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::task::{RawWaker, RawWakerVTable, Waker};

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);

/// A waker that counts no reference of its own.
///
/// # Safety
/// It must not outlive the task's memory; its clones count themselves and may.
pub(super) unsafe fn borrowed(header: NonNull<Header>) -> ManuallyDrop<Waker> {
    let data = header.as_ptr().cast_const().cast();
    // SAFETY: the vtable's functions keep the contract of RawWaker: any thread, counted clones.
    ManuallyDrop::new(unsafe { Waker::new(data, &VTABLE) })
}

/// Whether `waker` wakes the task of `header`.
pub(super) fn is_of(waker: &Waker, header: *const Header) -> bool {
    std::ptr::eq(waker.data(), header.cast()) && std::ptr::eq(waker.vtable(), &VTABLE)
}

/// # Safety
/// `data` is the header of a task of which the waker holds a reference.
unsafe fn header<'a>(data: *const ()) -> &'a Header {
    // SAFETY: by the caller's promise.
    unsafe { &*data.cast::<Header>() }
}

/// The pointer itself, not by way of a reference to the header: the task may be freed through it.
///
/// # Safety
/// `data` is a waker's.
unsafe fn raw(data: *const ()) -> NonNull<Header> {
    // SAFETY: by the caller's promise it was made in `borrowed`.
    unsafe { NonNull::new_unchecked(data.cast_mut().cast()) }
}

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: called on a waker that is alive.
    let header = unsafe { header(data) };
    header.state.ref_inc();
    RawWaker::new(data, &VTABLE)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: called on a waker that is alive.
    let header = unsafe { header(data) };
    // SAFETY: as above.
    let task = unsafe { raw(data) };
    match header.state.wake_by_value() {
        Wake::Nothing => {}
        // SAFETY: the answer was `Submit`.
        Wake::Submit => unsafe { (header.vtable.schedule)(task, Reason::Wake) },
        // SAFETY: the answer was `Free`.
        Wake::Free => unsafe { run::free(task) },
    }
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: called on a waker that is alive.
    let header = unsafe { header(data) };
    if header.state.wake_by_ref() == Wake::Submit {
        // SAFETY: as above.
        let task = unsafe { raw(data) };
        // SAFETY: the answer was `Submit`.
        unsafe { (header.vtable.schedule)(task, Reason::Wake) }
    }
}

unsafe fn drop(data: *const ()) {
    // SAFETY: called on a waker that is alive.
    let header = unsafe { header(data) };
    if header.state.ref_dec() {
        // SAFETY: as above.
        let task = unsafe { raw(data) };
        // SAFETY: that was the last reference.
        unsafe { run::free(task) }
    }
}

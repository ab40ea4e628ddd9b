//! Permits of a [`RwLock`] that go back when they are dropped: what the guards are made of.

use super::RwLock;
use crate::permits::Permits;
use crate::permits::bank::NoBank;
use std::mem;
use std::sync::Arc;

/// Of a borrowed lock.
pub(super) struct Lease<'a> {
    permits: &'a Permits<NoBank>,
    held: usize,
}

impl<'a> Lease<'a> {
    /// `held` permits are the caller's, and from here on the lease's.
    pub(super) fn new(permits: &'a Permits<NoBank>, held: usize) -> Self {
        Self { permits, held }
    }

    /// A writer that goes on as a reader: all but one go back.
    pub(super) fn downgrade(mut self) -> Self {
        let surplus = mem::replace(&mut self.held, 1) - 1;
        self.permits.release(surplus);
        self
    }

    /// The permits do not go back: they are the caller's again.
    pub(super) fn keep(self) {
        mem::forget(self);
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.permits.release(self.held);
    }
}

/// Of a lock that it keeps alive.
pub(super) struct OwnedLease<T: ?Sized> {
    lock: Arc<RwLock<T>>,
    held: usize,
}

impl<T: ?Sized> OwnedLease<T> {
    /// One permit is the caller's, and from here on the lease's.
    pub(super) fn read(lock: Arc<RwLock<T>>) -> Self {
        Self { lock, held: 1 }
    }

    /// All permits are the caller's, and from here on the lease's.
    pub(super) fn write(lock: Arc<RwLock<T>>) -> Self {
        let held = lock.max_reads;
        Self { lock, held }
    }

    pub(super) fn lock(&self) -> &Arc<RwLock<T>> {
        &self.lock
    }

    /// As [`Lease::downgrade`].
    pub(super) fn downgrade(mut self) -> Self {
        let surplus = mem::replace(&mut self.held, 1) - 1;
        self.lock.permits.release(surplus);
        self
    }
}

impl<T: ?Sized> Drop for OwnedLease<T> {
    fn drop(&mut self) {
        self.lock.permits.release(self.held);
    }
}

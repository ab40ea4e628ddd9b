//! # Waiters: futures in a queue, linked through themselves
//!
//! A doubly linked list whose nodes live inside the waiting futures: queueing allocates nothing, and
//! a future that is dropped leaves the middle of the queue in constant time.
//!
//! ## Roles
//! The list stands in a mutex, and whoever holds it may call anything here. A node's owner (the
//! future) is pinned; it must take itself out, under the same lock, before it goes.
//!
//! ## Invariants
//! * I1: a linked node is alive and does not move (its owner is pinned, and its drop unlinks).
//! * I2: a node that is not linked has no neighbours.
//! * I3: `links` and `waker` of a linked node are touched only with the list's lock held; those of an
//!   unlinked one only by its owner.

use filch_primitives::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomPinned;
use std::ptr::NonNull;
use std::task::Waker;

struct Links<T> {
    prev: Option<NonNull<Node<T>>>,
    next: Option<NonNull<Node<T>>>,
}

impl<T> Links<T> {
    const NONE: Self = Self { prev: None, next: None };
}

/// One waiter: its place in the queue, its waker, and what else its protocol needs.
pub struct Node<T> {
    links: UnsafeCell<Links<T>>,
    waker: UnsafeCell<Option<Waker>>,
    /// Shared with whoever serves the queue, by its own atomics.
    pub(crate) payload: T,
    _pinned: PhantomPinned,
}

// SAFETY: `links` and `waker` are guarded by the list's lock (I3), and a waker may be used anywhere.
unsafe impl<T: Send> Send for Node<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Node<T> {}

impl<T> Node<T> {
    #[inline]
    pub(crate) fn new(payload: T) -> Self {
        Self {
            links: UnsafeCell::new(Links::NONE),
            waker: UnsafeCell::new(None),
            payload,
            _pinned: PhantomPinned,
        }
    }

    /// Puts `waker` in place of the one that is there, and returns that one, to be dropped outside the
    /// lock.
    ///
    /// # Safety
    /// I3: the caller holds the lock of the list, or owns a node that is not linked.
    pub(crate) unsafe fn replace_waker(&self, waker: Option<Waker>) -> Option<Waker> {
        // SAFETY: nobody else touches the waker, by this function's contract.
        self.waker.with_mut(|place| unsafe { std::mem::replace(&mut *place, waker) })
    }

    /// Whether the waker in place wakes what `waker` wakes.
    ///
    /// # Safety
    /// As for [`replace_waker`](Self::replace_waker).
    pub(crate) unsafe fn will_wake(&self, waker: &Waker) -> bool {
        // SAFETY: nobody else touches the waker, by this function's contract.
        let place = self.waker.with(|place| unsafe { &*place });
        place.as_ref().is_some_and(|old| old.will_wake(waker))
    }
}

impl<T> fmt::Debug for Node<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").finish_non_exhaustive()
    }
}

/// Lends the links of a node.
///
/// # Safety
/// `node` is alive, and its links are the caller's (I1, I3).
unsafe fn links<T, R>(node: NonNull<Node<T>>, f: impl FnOnce(&mut Links<T>) -> R) -> R {
    // SAFETY: alive, by this function's contract.
    let node = unsafe { node.as_ref() };
    // SAFETY: unaliased, by this function's contract; `f` has no other way to the links.
    node.links.with_mut(|links| f(unsafe { &mut *links }))
}

/// A queue of waiters, first in first out.
pub struct List<T> {
    front: Option<NonNull<Node<T>>>,
    back: Option<NonNull<Node<T>>>,
}

// SAFETY: the list is a set of pointers to nodes that may themselves be touched from any thread that
// holds the lock around the list.
unsafe impl<T: Send + Sync> Send for List<T> {}

impl<T> List<T> {
    pub(crate) const fn new() -> Self {
        Self { front: None, back: None }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.front.is_none()
    }

    /// The node that has waited longest. It stays alive as long as the list is borrowed: its owner
    /// needs the lock to leave (I1).
    pub(crate) fn front(&self) -> Option<&Node<T>> {
        // SAFETY: linked, so alive (I1).
        self.front.map(|node| unsafe { node.as_ref() })
    }

    /// Queues `node` behind all others.
    ///
    /// # Safety
    /// The node is not linked; it is pinned, and its owner calls [`remove`](Self::remove) on this very
    /// list before it goes.
    pub(crate) unsafe fn push_back(&mut self, node: &Node<T>) {
        let node = NonNull::from(node);
        let prev = self.back;
        // SAFETY: the caller's own node, not linked yet.
        unsafe {
            links(node, |links| *links = Links { prev, next: None });
        }
        match prev {
            // SAFETY: linked, and we hold the lock (`&mut self`).
            Some(prev) => unsafe { links(prev, |links| links.next = Some(node)) },
            None => self.front = Some(node),
        }
        self.back = Some(node);
    }

    /// Takes the longest waiting node out. `f` sees it while it cannot go away.
    pub(crate) fn pop_front<R>(&mut self, f: impl FnOnce(&Node<T>) -> R) -> Option<R> {
        let node = self.front?;
        self.unlink(node);
        // SAFETY: it was linked, and its owner cannot have left while we hold the lock (I1).
        Some(f(unsafe { node.as_ref() }))
    }

    /// Takes the node out that came last.
    pub(crate) fn pop_back<R>(&mut self, f: impl FnOnce(&Node<T>) -> R) -> Option<R> {
        let node = self.back?;
        self.unlink(node);
        // SAFETY: as in `pop_front`.
        Some(f(unsafe { node.as_ref() }))
    }

    /// Takes `node` out, wherever it is; `false` if it was not in the list any more.
    ///
    /// # Safety
    /// The node was never linked into another list.
    pub(crate) unsafe fn remove(&mut self, node: &Node<T>) -> bool {
        let node = NonNull::from(node);
        // SAFETY: borrowed, so alive; we hold the lock.
        let has_prev = unsafe { links(node, |links| links.prev.is_some()) };
        // Only the one in front is linked without that (I2).
        let is_linked = has_prev || self.front == Some(node);
        if is_linked {
            self.unlink(node);
        }
        is_linked
    }

    /// `node` is linked in this list.
    fn unlink(&mut self, node: NonNull<Node<T>>) {
        // SAFETY: linked, so alive (I1), and `&mut self` is proof of the lock (I3).
        let Links { prev, next } =
            unsafe { links(node, |links| std::mem::replace(links, Links::NONE)) };
        match prev {
            // SAFETY: a neighbour is linked.
            Some(prev) => unsafe { links(prev, |links| links.next = next) },
            None => self.front = next,
        }
        match next {
            // SAFETY: a neighbour is linked.
            Some(next) => unsafe { links(next, |links| links.prev = prev) },
            None => self.back = prev,
        }
    }
}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").field("is_empty", &self.is_empty()).finish()
    }
}

//! # Tree: cancelling a node cancels all below it; a node that goes leaves its children to its parent
//!
//! ## Layout
//! A node is one allocation, counted by its handles. Nodes are linked - parent, first child, neighbours - by
//! raw pointers, which count nothing: neither does a parent keep its children, nor they the parent. All links
//! of a tree are guarded by one lock, which its nodes share.
//! Whether a node is cancelled is the count of its `Notify`: it was called, or it was not.
//!
//! ## Roles
//! Any thread may call anything.
//!
//! ## Transitions
//! 1. `child`: a new node under this one; cancelled at once if this one is.
//! 2. `cancel`: every node below that is not cancelled, from the top down; who waits is woken after the lock.
//! 3. `drop`, by the last handle: the node's children take its place under its parent.
//!
//! ## Invariants
//! * I1: a linked node is alive: its drop unlinks it, with the lock held, before it is freed.
//! * I2: links are touched with the lock held.
//! * I3: below a cancelled node all are cancelled (with the lock held): 1 and 2 make it so, and 3 keeps it.
//!
//! ## Ordering
//! The lock orders everything but `is_cancelled` and the waiters, and those rest on `Notify`: who finds its count
//! changed sees what came before the call.
//!
//! ## Rejected
//! * A lock for each node: siblings of different parents would not meet, but a node that goes must lock its
//!   parent, which it finds by its own links, and so in the wrong order: try, give way, and look again.
//! * Children that keep their parent, so that nothing is ever moved: a task that starts its successor with a child of
//!   its own token, and ends, would leave a chain that grows for ever.
//!
//! ## Checked by
//! `loom-tests/tests/sync_cancellation.rs`: `cancel_meets_first_poll`, `cancel_meets_child`, `cancel_meets_drop`, `cancel_meets_cancel`,
//! `parent_goes_while_the_grandparent_is_cancelled`, `cancel_carries_the_cancellers_writes`.

use crate::notify::Notify;
use crate::wakes::Wakes;
use filch_primitives::cell::UnsafeCell;
use filch_primitives::sync::{Arc, Mutex};
use std::fmt;
use std::marker::PhantomPinned;
use std::ptr::NonNull;

/// A place in the tree.
pub struct Node {
    /// The lock of the whole tree.
    lock: Arc<Mutex<()>>,
    links: UnsafeCell<Links>,
    /// Called once: that is the cancellation.
    pub(super) cancelled: Notify,
    /// Others hold pointers to it, also while it is dropped.
    _pinned: PhantomPinned,
}

#[derive(Clone, Copy, Default)]
struct Links {
    parent: Option<NonNull<Node>>,
    first_child: Option<NonNull<Node>>,
    prev: Option<NonNull<Node>>,
    next: Option<NonNull<Node>>,
}

// SAFETY: `links` is guarded by the tree's lock (I2), and what it points to is as `Sync` as this.
unsafe impl Send for Node {}
// SAFETY: as above.
unsafe impl Sync for Node {}

impl Node {
    /// The root of a new tree.
    pub fn root() -> Arc<Self> {
        Arc::new(Self::with_lock(Arc::new(Mutex::new(()))))
    }

    fn with_lock(lock: Arc<Mutex<()>>) -> Self {
        Self {
            lock,
            links: UnsafeCell::new(Links::default()),
            cancelled: Notify::new(),
            _pinned: PhantomPinned,
        }
    }

    /// A new node under this one.
    pub fn child(&self) -> Arc<Self> {
        let child = Arc::new(Self::with_lock(Arc::clone(&self.lock)));
        let _lock = self.lock.lock();
        if self.is_cancelled() {
            child.cancelled.notify_waiters();
            return child;
        }
        let (this, new) = (NonNull::from(self), NonNull::from(&*child));
        // SAFETY: alive, and locked.
        let next = unsafe { links(this, |links| links.first_child.replace(new)) };
        // SAFETY: as above.
        unsafe { links(new, |links| *links = Links { parent: Some(this), next, ..*links }) };
        if let Some(next) = next {
            // SAFETY: linked, so alive (I1), and locked.
            unsafe { links(next, |links| links.prev = Some(new)) };
        }
        child
    }

    /// Whether it, or a node above it, was cancelled.
    #[inline]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.was_called()
    }

    /// Cancels it and all below it. With the lock also if it is cancelled: another may be half-way down.
    pub fn cancel(&self) {
        let mut wakes = Wakes::new();
        let lock = self.lock.lock();
        let top = NonNull::from(self);
        let mut next = Some(top);
        while let Some(node) = next {
            // SAFETY: `top` is borrowed; what it leads to is linked, so alive (I1).
            let cancelled = unsafe { &node.as_ref().cancelled };
            let enter = !cancelled.was_called();
            if enter {
                cancelled.collect_waiters(&mut wakes);
            }
            // SAFETY: alive, as above, and locked.
            next = unsafe { next_below(top, node, enter) };
        }
        drop(lock);
        wakes.wake_all();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _lock = self.lock.lock();
        let this = NonNull::from(&*self);
        // SAFETY: not freed yet, and locked.
        let mine = unsafe { links(this, |links| *links) };
        let (mut prev, mut child) = (mine.prev, mine.first_child);
        let Some(parent) = mine.parent else {
            while let Some(orphan) = child {
                // SAFETY: linked, so alive (I1), and locked.
                child = unsafe {
                    links(orphan, |links| {
                        (links.parent, links.prev) = (None, None);
                        links.next.take()
                    })
                };
            }
            return;
        };
        // The children take this one's place among its neighbours.
        while let Some(heir) = child {
            // SAFETY: linked, so alive (I1), and locked.
            child = unsafe {
                links(heir, |links| {
                    (links.parent, links.prev) = (Some(parent), prev);
                    links.next
                })
            };
            // SAFETY: as above, for the parent and all neighbours.
            unsafe { set_next(parent, prev, Some(heir)) };
            prev = Some(heir);
        }
        // SAFETY: as above.
        unsafe { set_next(parent, prev, mine.next) };
        if let Some(next) = mine.next {
            // SAFETY: as above.
            unsafe { links(next, |links| links.prev = prev) };
        }
    }
}

/// Lends the links of a node.
///
/// # Safety
/// `node` is alive, and the tree's lock is held.
unsafe fn links<R>(node: NonNull<Node>, f: impl FnOnce(&mut Links) -> R) -> R {
    // SAFETY: alive, by this function's contract.
    let node = unsafe { node.as_ref() };
    // SAFETY: unaliased: locked (I2), and `f` has no other way to the links.
    node.links.with_mut(|links| f(unsafe { &mut *links }))
}

/// Makes `next` follow `prev`; without a `prev`, it is the first child of `parent`.
///
/// # Safety
/// As for [`links`], for `parent` and `prev`.
unsafe fn set_next(
    parent: NonNull<Node>,
    prev: Option<NonNull<Node>>,
    next: Option<NonNull<Node>>,
) {
    match prev {
        // SAFETY: this function's contract.
        Some(prev) => unsafe { links(prev, |links| links.next = next) },
        // SAFETY: as above.
        None => unsafe { links(parent, |links| links.first_child = next) },
    }
}

/// The node after `node` among those below `top`, from the top down; its children first, if they are to be
/// entered.
///
/// # Safety
/// As for [`links`]; `node` is `top` or below it.
unsafe fn next_below(
    top: NonNull<Node>,
    mut node: NonNull<Node>,
    enter: bool,
) -> Option<NonNull<Node>> {
    // SAFETY: this function's contract.
    let mut at = unsafe { links(node, |links| *links) };
    if let (true, Some(child)) = (enter, at.first_child) {
        return Some(child);
    }
    while node != top {
        if at.next.is_some() {
            return at.next;
        }
        node = at.parent?;
        // SAFETY: linked, so alive (I1); the lock is held.
        at = unsafe { links(node, |links| *links) };
    }
    None
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("is_cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}

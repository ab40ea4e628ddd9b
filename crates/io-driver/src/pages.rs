//! # Pages: slots that are found by their index without a lock, and stay where they are
//!
//! ## Layout
//! One pointer per page, null until the page is added. The first page has `first` slots, each other one
//! twice as many as the one before, so that a few pointers cover every index.
//!
//! ## Roles
//! * adder: any thread: [`cover`](Pages::cover).
//! * reader: any thread: [`get`](Pages::get).
//!
//! ## States
//! | pointer | meaning | who may touch the page |
//! |---|---|---|
//! | null | there is no page | an adder that has allocated one: it is its own |
//! | other | the page, for as long as the table lives | everyone, by shared reference |
//!
//! ## Transitions
//! 1. null -> page: `cover`. There is none back before the table is dropped.
//!
//! ## Invariants
//! * I1: a page that a reader finds is filled; model `get_meets_cover`.
//! * I2: a page is added once, and freed once, with the table; model `two_adders_one_page`.
//!
//! ## Ordering
//! | operation | ordering | pairs with | what breaks without it |
//! |---|---|---|---|
//! | exchange in `cover` | Release | the load in `get` | a reader finds slots that are not written yet (I1) |
//! | load in `get` | Acquire | the exchange in `cover` | the same |
//!
//! ## Liveness
//! Nobody waits: an adder that comes second throws its page away.
//!
//! ## Rejected
//! std's `OnceLock` for each page: its words are invisible to loom and to ThreadSanitizer, and it has
//! the second adder wait. A `Vec` behind a lock: every event would take it.
//!
//! ## Checked by
//! `loom-tests/tests/io_pages.rs`.

use filch_primitives::atomic::{AtomicPtr, Ordering};
use std::marker::PhantomData;
use std::ptr::null_mut;

/// A table of slots that only grows; see the head of this file.
#[derive(Debug)]
pub struct Pages<T, const PAGES: usize> {
    pages: [AtomicPtr<T>; PAGES],
    first: usize,
    owns: PhantomData<Box<[T]>>,
}

impl<T, const PAGES: usize> Pages<T, PAGES> {
    /// No pages yet; the first one is going to have `first` slots, a power of two.
    pub fn new(first: usize) -> Self {
        assert!(first.is_power_of_two(), "pages double from a power of two");
        Self {
            pages: std::array::from_fn(|_| AtomicPtr::new(null_mut())),
            first,
            owns: PhantomData,
        }
    }

    /// The slot `index`, if its page was added.
    #[inline]
    pub fn get(&self, index: usize) -> Option<&T> {
        let (page, offset) = self.place(index);
        // Ordering: Acquire; pairs with the Release in `cover`: the slots are written (I1). Weakened:
        // model `get_meets_cover`.
        let slots = self.pages.get(page)?.load(Ordering::Acquire);
        if slots.is_null() {
            return None;
        }
        // SAFETY: `place` gives offsets within the page, and the page is one allocation.
        let slot = unsafe { slots.add(offset) };
        // SAFETY: (1) filled: I1. (2) it stays as long as we are borrowed, and is only shared: States.
        Some(unsafe { &*slot })
    }

    /// The page of an index, and its place in that page.
    fn place(&self, index: usize) -> (usize, usize) {
        let shifted = index + self.first;
        let page = (shifted.ilog2() - self.first.ilog2()) as usize;
        (page, shifted - (self.first << page))
    }
}

// `Send`, because a slot may be dropped by another thread than the one that added its page.
impl<T: Default + Send, const PAGES: usize> Pages<T, PAGES> {
    /// Adds the page of the slot `index`, unless it is there; `false` if the table has no such page.
    #[must_use]
    pub fn cover(&self, index: usize) -> bool {
        let (page, _) = self.place(index);
        let Some(pointer) = self.pages.get(page) else {
            return false;
        };
        // Ordering: Relaxed; whether there is a page is all that matters: who uses it goes through `get`.
        if !pointer.load(Ordering::Relaxed).is_null() {
            return true;
        }
        let slots: Box<[T]> = std::iter::repeat_with(T::default).take(self.first << page).collect();
        let slots = Box::into_raw(slots).cast::<T>();
        // Ordering: Release; pairs with the Acquire in `get` (I1). Weakened: model `get_meets_cover`.
        // Failure Relaxed: as the load above.
        if pointer
            .compare_exchange(null_mut(), slots, Ordering::Release, Ordering::Relaxed)
            .is_err()
        {
            // SAFETY: the page did not get into the table, so it is still ours alone (I2).
            drop(unsafe { self.take_back(slots, page) });
        }
        true
    }
}

impl<T, const PAGES: usize> Pages<T, PAGES> {
    /// # Safety
    /// `slots` was allocated for `page`, and is nobody else's.
    unsafe fn take_back(&self, slots: *mut T, page: usize) -> Box<[T]> {
        let slots = std::ptr::slice_from_raw_parts_mut(slots, self.first << page);
        // SAFETY: by the caller's promise; `cover` made it of a box of this length.
        unsafe { Box::from_raw(slots) }
    }
}

impl<T, const PAGES: usize> Drop for Pages<T, PAGES> {
    fn drop(&mut self) {
        for (page, pointer) in self.pages.iter().enumerate() {
            // Ordering: Relaxed; whoever drops the table has it for itself.
            let slots = pointer.load(Ordering::Relaxed);
            if !slots.is_null() {
                // SAFETY: it is in the table, hence of `cover`, and nobody borrows the table (I2).
                drop(unsafe { self.take_back(slots, page) });
            }
        }
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;

    #[test]
    fn places_fill_page_after_page() {
        let pages = Pages::<u8, 3>::new(64);
        assert_eq!(pages.place(0), (0, 0));
        assert_eq!(pages.place(63), (0, 63));
        assert_eq!(pages.place(64), (1, 0));
        assert_eq!(pages.place(64 + 127), (1, 127));
        assert_eq!(pages.place(64 + 128), (2, 0));
    }

    #[test]
    fn a_slot_is_there_once_its_page_is_and_does_not_move() {
        let pages = Pages::<String, 2>::new(2);
        assert!(pages.get(0).is_none());
        assert!(pages.cover(0));
        let first: *const String = pages.get(0).unwrap();
        assert!(pages.get(2).is_none(), "of the second page");
        assert!(pages.cover(5));
        assert!(pages.cover(0), "again");
        assert_eq!(first, std::ptr::from_ref(pages.get(0).unwrap()));
        assert_eq!(pages.get(5).unwrap(), "");
        assert!(!pages.cover(6), "beyond the last page");
        assert!(pages.get(6).is_none());
    }
}

//! Models of `io-driver/src/pages.rs`.
#![cfg(filch_loom)]

use filch_io_driver::model::pages::Pages;
use filch_primitives::cell::UnsafeCell;
use filch_primitives::sync::Arc;
use filch_primitives::thread;
use loom_tests::explore;

/// A slot whose making loom compares with every look at it.
struct Slot(UnsafeCell<u32>);

// SAFETY: after `default` it is only read.
unsafe impl Sync for Slot {}

impl Default for Slot {
    fn default() -> Self {
        let cell = UnsafeCell::new(0);
        // SAFETY: nobody else has the cell yet.
        cell.with_mut(|value| unsafe { *value = 7 });
        Self(cell)
    }
}

impl Slot {
    fn read(&self) -> u32 {
        // SAFETY: after `default` it is only read.
        self.0.with(|value| unsafe { *value })
    }
}

/// I1: a reader comes while the page is being added; what it finds is filled.
#[test]
fn get_meets_cover() {
    explore(["no page yet", "the page"], |outcomes| {
        let pages = Arc::new(Pages::<Slot, 1>::new(1));
        let reader = {
            let (pages, outcomes) = (Arc::clone(&pages), outcomes.clone());
            thread::spawn(move || match pages.get(0) {
                None => outcomes.note("no page yet"),
                Some(slot) => {
                    outcomes.note("the page");
                    assert_eq!(slot.read(), 7);
                }
            })
        };
        assert!(pages.cover(0));
        reader.join().unwrap();
    });
}

/// I2: two threads add the same page at once, and use it at once; one of the two is kept.
#[test]
fn two_adders_one_page() {
    loom::model(|| {
        let pages = Arc::new(Pages::<Slot, 1>::new(1));
        let add = |pages: Arc<Pages<Slot, 1>>| {
            assert!(pages.cover(0));
            let slot = pages.get(0).unwrap();
            assert_eq!(slot.read(), 7);
            std::ptr::from_ref(slot) as usize
        };
        let other = {
            let pages = Arc::clone(&pages);
            thread::spawn(move || add(pages))
        };
        let ours = add(Arc::clone(&pages));
        assert_eq!(ours, other.join().unwrap());
    });
}

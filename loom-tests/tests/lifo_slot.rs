//! The LIFO slot: `crates/executor/src/lifo_slot.rs`.
#![cfg(filch_loom)]

use filch_executor::model::lifo_slot::LifoSlot;
use filch_primitives::cell::UnsafeCell;
use filch_primitives::sync::Arc;
use filch_primitives::thread;
use loom_tests::explore;

/// Written by the owner before it is put in, read by whoever takes it; loom checks the access.
struct Item(UnsafeCell<usize>);

// SAFETY: an item has one owner at a time, which is what the models check.
unsafe impl Send for Item {}

fn item(number: usize) -> Box<Item> {
    let item = Box::new(Item(UnsafeCell::new(0)));
    item.0.with_mut(|slot| {
        // SAFETY: nobody else has it yet.
        unsafe { *slot = number };
    });
    item
}

fn number(item: Box<Item>) -> usize {
    // SAFETY: taken out of the slot, so ours alone; loom checks it.
    item.0.with_mut(|slot| unsafe { *slot })
}

#[test]
fn owner_meets_thief() {
    explore(["the owner displaced it", "the thief freed it"], |seen| {
        let slot = Arc::new(LifoSlot::new());
        let theirs = slot.clone();
        assert!(slot.put(item(1)).is_none());
        let thief = thread::spawn(move || theirs.take().map(number));
        let displaced = slot.put(item(2)).map(number);
        let taken = slot.take().map(number);
        let stolen = thief.join().unwrap();
        assert!(slot.is_empty());
        let mut all: Vec<usize> = [displaced, taken, stolen].into_iter().flatten().collect();
        all.sort_unstable();
        assert_eq!(all, [1, 2], "lost or doubled");
        seen.note(if displaced.is_some() {
            "the owner displaced it"
        } else {
            "the thief freed it"
        });
    });
}

#[test]
fn the_thief_sees_what_the_owner_wrote() {
    explore(["taken", "missed"], |seen| {
        let slot = Arc::new(LifoSlot::new());
        let theirs = slot.clone();
        let thief = thread::spawn(move || theirs.take().map(number));
        assert!(slot.put(item(7)).is_none());
        let stolen = thief.join().unwrap();
        assert_eq!(stolen.or_else(|| slot.take().map(number)), Some(7));
        seen.note(if stolen.is_some() { "taken" } else { "missed" });
    });
}

#[test]
fn a_slot_that_is_dropped_drops_its_item() {
    explore(["done"], |seen| {
        let slot = LifoSlot::new();
        let tracked = Arc::new(());
        assert!(slot.put(Box::new(tracked.clone())).is_none());
        drop(slot);
        assert_eq!(Arc::strong_count(&tracked), 1);
        seen.note("done");
    });
}

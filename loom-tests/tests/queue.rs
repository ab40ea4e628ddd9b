//! The local queue: `crates/executor/src/queue.rs`.
#![cfg(filch_loom)]

use filch_executor::model::queue::{self, Local, Steal, Stealer};
use filch_primitives::cell::UnsafeCell;
use filch_primitives::thread;
use loom_tests::explore_within;

/// Two thieves that steal from each other need three to go wrong, and one more is cheap.
const PREEMPTIONS: usize = 4;

/// What is queued: written before it is pushed, and read by whoever takes it. That the reader sees the
/// write, and is alone with it, is loom's to check.
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
    // SAFETY: taken out of the queue, so ours alone; loom checks it.
    item.0.with_mut(|slot| unsafe { *slot })
}

/// A queue that holds `1..=items`.
fn filled(capacity: usize, items: usize) -> (Local<Box<Item>>, Stealer<Box<Item>>) {
    let (mut local, stealer) = queue::new(capacity);
    for n in 1..=items {
        push(&mut local, n);
    }
    (local, stealer)
}

fn push(local: &mut Local<Box<Item>>, n: usize) {
    assert!(local.push(item(n)).is_ok(), "the queue has room");
}

fn pop_all(local: &mut Local<Box<Item>>) -> Vec<usize> {
    std::iter::from_fn(|| local.pop()).map(number).collect()
}

/// One attempt, of a thief with an empty queue of its own.
fn steal(stealer: &Stealer<Box<Item>>) -> Vec<usize> {
    let (mut into, _) = queue::new(2);
    steal_into(stealer, &mut into)
}

fn steal_into(stealer: &Stealer<Box<Item>>, into: &mut Local<Box<Item>>) -> Vec<usize> {
    match stealer.steal_into(into) {
        Steal::Success { first, rest } => {
            assert_eq!(into.len(), rest);
            let mut taken = vec![number(first)];
            taken.extend(pop_all(into));
            taken
        }
        Steal::Empty | Steal::Retry => Vec::new(),
    }
}

/// Each of `1..=count` was taken exactly once.
fn assert_conserved(count: usize, parts: &[&[usize]]) {
    let mut all = parts.concat();
    all.sort_unstable();
    assert_eq!(all, Vec::from_iter(1..=count), "lost or doubled: {parts:?}");
}

/// Each part is in the order of the pushes.
fn assert_in_order(parts: &[&[usize]]) {
    for part in parts {
        assert!(part.is_sorted(), "out of order: {parts:?}");
    }
}

#[test]
fn conserves_items() {
    explore_within(PREEMPTIONS, ["the thief took some", "the thief took none"], |seen| {
        let (mut local, stealer) = filled(2, 0);
        let thief = thread::spawn(move || steal(&stealer));
        let mut refused = Vec::new();
        for n in 1..=3 {
            refused.extend(local.push(item(n)).err().map(number));
        }
        let mut kept = Vec::from_iter(local.pop().map(number));
        let stolen = thief.join().unwrap();
        kept.extend(pop_all(&mut local));
        assert_conserved(3, &[&refused, &kept, &stolen]);
        assert_in_order(&[&refused, &kept, &stolen]);
        seen.note(if stolen.is_empty() { "the thief took none" } else { "the thief took some" });
    });
}

#[test]
fn thief_meets_push() {
    explore_within(PREEMPTIONS, ["taken", "missed"], |seen| {
        let (mut local, stealer) = filled(2, 0);
        let thief = thread::spawn(move || steal(&stealer));
        push(&mut local, 1);
        let stolen = thief.join().unwrap();
        let kept = pop_all(&mut local);
        assert_conserved(1, &[&kept, &stolen]);
        seen.note(if stolen.is_empty() { "missed" } else { "taken" });
    });
}

#[test]
fn pop_meets_steal() {
    explore_within(PREEMPTIONS, ["taken", "missed"], |seen| {
        let (mut local, stealer) = filled(2, 2);
        let thief = thread::spawn(move || steal(&stealer));
        let mut kept = Vec::from_iter(local.pop().map(number));
        kept.extend(local.pop().map(number));
        let stolen = thief.join().unwrap();
        kept.extend(pop_all(&mut local));
        assert_conserved(2, &[&kept, &stolen]);
        assert_in_order(&[&kept, &stolen]);
        seen.note(if stolen.is_empty() { "missed" } else { "taken" });
    });
}

#[test]
fn wrap_meets_steal() {
    explore_within(PREEMPTIONS, ["taken before the lap", "taken after", "missed"], |seen| {
        let (mut local, stealer) = filled(2, 2);
        let thief = thread::spawn(move || steal(&stealer));
        // The ring is full: the slots of these are the ones that the thief may be reading.
        let mut kept = Vec::new();
        for n in 3..=4 {
            let mut item = item(n);
            while let Err(back) = local.push(item) {
                item = back;
                kept.extend(local.pop().map(number));
            }
        }
        let stolen = thief.join().unwrap();
        kept.extend(pop_all(&mut local));
        assert_conserved(4, &[&kept, &stolen]);
        assert_in_order(&[&kept, &stolen]);
        seen.note(match stolen.first() {
            None => "missed",
            Some(1 | 2) => "taken before the lap",
            Some(_) => "taken after",
        });
    });
}

#[test]
fn two_thieves() {
    explore_within(PREEMPTIONS, ["one had the oldest", "the other had the oldest"], |seen| {
        let (mut local, stealer) = filled(4, 3);
        let theirs = stealer.clone();
        let other = thread::spawn(move || steal(&theirs));
        let stolen = steal(&stealer);
        let stolen_too = other.join().unwrap();
        let kept = pop_all(&mut local);
        assert_conserved(3, &[&kept, &stolen, &stolen_too]);
        assert_in_order(&[&kept, &stolen, &stolen_too]);
        seen.note(if stolen.first() == Some(&1) {
            "one had the oldest"
        } else {
            "the other had the oldest"
        });
    });
}

#[test]
fn stolen_items_are_stolen_again() {
    explore_within(PREEMPTIONS, ["taken", "missed"], |seen| {
        let (mut local, stealer) = filled(4, 3);
        let (mut into, second_hand) = queue::new(2);
        let other = thread::spawn(move || steal(&second_hand));
        let Steal::Success { first, rest: 1 } = stealer.steal_into(&mut into) else {
            panic!("nobody else steals from the first queue");
        };
        let first = number(first);
        let stolen = other.join().unwrap();
        let rest = pop_all(&mut into);
        let kept = pop_all(&mut local);
        assert_conserved(3, &[&[first], &rest, &stolen, &kept]);
        seen.note(if stolen.is_empty() { "missed" } else { "taken" });
    });
}

#[test]
fn a_length_is_never_negative() {
    explore_within(PREEMPTIONS, ["empty", "not empty"], |seen| {
        let (mut local, stealer) = filled(2, 0);
        let watcher = thread::spawn(move || stealer.len());
        push(&mut local, 1);
        assert_eq!(local.pop().map(number), Some(1));
        let len = watcher.join().unwrap();
        assert!(len <= 2, "more than ever fits: {len}");
        seen.note(if len == 0 { "empty" } else { "not empty" });
    });
}

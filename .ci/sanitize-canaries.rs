//! Faults that the sanitizers must report, and one that they must not: a sanitizer that is switched
//! off, or deafened by a suppression, finds everything clean. `.ci/sanitize` runs each of them first.

use std::cell::UnsafeCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

struct Shared(UnsafeCell<u32>);

// SAFETY: none; that is the point of `race`.
unsafe impl Sync for Shared {}

fn add_one(shared: &Shared) {
    // SAFETY: the cell is alive; whether anybody else writes is up to the canary.
    unsafe { *shared.0.get() += 1 };
}

/// Two threads write; nothing orders them.
fn race() {
    let shared = Arc::new(Shared(UnsafeCell::new(0)));
    let theirs = Arc::clone(&shared);
    let other = thread::spawn(move || add_one(&theirs));
    add_one(&shared);
    other.join().unwrap();
}

/// A value is published by a flag with Relaxed; only the other thread's `join` comes later.
fn relaxed() {
    let shared = Arc::new((Shared(UnsafeCell::new(0)), AtomicBool::new(false)));
    let theirs = Arc::clone(&shared);
    let other = thread::spawn(move || {
        add_one(&theirs.0);
        theirs.1.store(true, Ordering::Relaxed);
    });
    while !shared.1.load(Ordering::Relaxed) {
        thread::yield_now();
    }
    add_one(&shared.0);
    other.join().unwrap();
}

/// Clean: both threads write before they drop their `Arc`, and the last one frees. Needs the fence
/// in the drop of an `Arc` to be seen.
fn arc() {
    struct Last([UnsafeCell<u32>; 2]);

    // SAFETY: each thread writes a cell of its own.
    unsafe impl Sync for Last {}

    impl Drop for Last {
        fn drop(&mut self) {
            let [one, other] = &mut self.0;
            assert_eq!((*one.get_mut(), *other.get_mut()), (1, 1));
        }
    }

    for _ in 0..100 {
        let shared = Arc::new(Last([UnsafeCell::new(0), UnsafeCell::new(0)]));
        let run = |shared: Arc<Last>, index: usize| {
            move || {
                // SAFETY: this thread's own cell.
                unsafe { *shared.0[index].get() = 1 };
                drop(shared);
            }
        };
        let threads = [thread::spawn(run(Arc::clone(&shared), 0)), thread::spawn(run(shared, 1))];
        for thread in threads {
            thread.join().unwrap();
        }
    }
}

fn use_after_free() {
    let freed = Box::into_raw(Box::new(7_u32));
    // SAFETY: of `Box::into_raw`, once.
    drop(unsafe { Box::from_raw(freed) });
    // SAFETY: none; that is the point.
    println!("{}", unsafe { freed.read_volatile() });
}

fn leak() {
    std::mem::forget(std::hint::black_box(Box::new([7_u8; 1000])));
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("race") => race(),
        Some("relaxed") => relaxed(),
        Some("arc") => arc(),
        Some("use_after_free") => use_after_free(),
        Some("leak") => leak(),
        other => panic!("no such canary: {other:?}"),
    }
}

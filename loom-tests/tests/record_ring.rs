//! The ring of the recorder: `crates/executor/src/record/ring.rs`.
#![cfg(filch_loom)]

use filch_executor::model::record_ring::{Ring, Space};
use filch_primitives::atomic::{AtomicBool, Ordering};
use filch_primitives::sync::Arc;
use filch_primitives::thread;
use loom_tests::explore;
use std::num::NonZeroU64;

/// The only word of the chunk of that number.
fn word_of(chunk: usize) -> u64 {
    chunk as u64 + 10
}

/// Begins the next chunk, which has room for one word, and writes it.
fn write(ring: &Ring, space: &Space, chunk: usize) {
    // SAFETY: one thread writes.
    unsafe { ring.begin_chunk(space, drop) };
    // SAFETY: from the chunk that was just begun.
    let is_full = unsafe { space.push(NonZeroU64::new(word_of(chunk)).unwrap()) };
    assert!(is_full);
}

#[test]
fn reader_meets_the_next_lap() {
    explore(["both stand", "one was overwritten", "a word is on its way"], |seen| {
        let ring = Arc::new(Ring::new(2, 1));
        let space = Space::none();
        write(&ring, &space, 0);
        write(&ring, &space, 1);
        let theirs = ring.clone();
        let reader = thread::spawn(move || theirs.snapshot(0));
        write(&ring, &space, 2);
        let snapshot = reader.join().unwrap();
        for (number, words) in (snapshot.first..).zip(&snapshot.chunks) {
            assert!(words.is_empty() || *words == [word_of(number)], "{number}: {words:?}");
            assert!(number == 2 || !words.is_empty(), "the word of {number} was lost");
        }
        seen.note(match (snapshot.first, snapshot.chunks.last()) {
            (0, _) => "both stand",
            (_, Some(words)) if words.is_empty() => "a word is on its way",
            _ => "one was overwritten",
        });
    });
}

#[test]
fn what_was_told_is_there() {
    explore(["it was told", "not yet"], |seen| {
        let ring = Arc::new(Ring::new(2, 1));
        let told = Arc::new(AtomicBool::new(false));
        let (their_ring, their_told) = (ring.clone(), told.clone());
        let writer = thread::spawn(move || {
            write(&their_ring, &Space::none(), 0);
            // Ordering: Release; pairs with the Acquire below.
            their_told.store(true, Ordering::Release);
        });
        // Ordering: Acquire; pairs with the Release above.
        let was_told = told.load(Ordering::Acquire);
        let snapshot = ring.snapshot(0);
        seen.note(if was_told { "it was told" } else { "not yet" });
        if was_told {
            assert_eq!((snapshot.first, snapshot.chunks), (0, vec![vec![word_of(0)]]));
            assert_eq!(ring.position(), 1);
        }
        writer.join().unwrap();
    });
}

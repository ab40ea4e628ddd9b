//! The join slot: `crates/executor/src/task/join.rs`.
#![cfg(filch_loom)]

mod task;

use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::thread;
use loom_tests::explore;
use std::task::{Wake, Waker};
use task::{DONE, Task};

/// Counts how often it was woken.
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: std::sync::Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &std::sync::Arc<Self>) {
        // Ordering: Relaxed; read after joining.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn count() -> (std::sync::Arc<Count>, Waker) {
    let count = std::sync::Arc::new(Count(AtomicUsize::new(0)));
    (count.clone(), Waker::from(count))
}

fn woken(count: &Count) -> usize {
    // Ordering: Relaxed; the threads are joined.
    count.0.load(Ordering::Relaxed)
}

fn ready(_: &Task, _polls: usize) -> bool {
    true
}

#[test]
fn register_meets_complete() {
    explore(["ended first", "registered first"], |seen| {
        let task = Task::new(ready);
        let theirs = task.clone();
        let worker = thread::spawn(move || theirs.run());
        let (count, waker) = count();
        let output = task.poll_join(&waker);
        drop(waker);
        worker.join().unwrap();
        assert_eq!(woken(&count), usize::from(output.is_none()));
        assert_eq!(output.or_else(|| task.poll_join(Waker::noop())), Some(DONE));
        assert!(task.drop_join_handle());
        task.assert_freed();
        assert_eq!(std::sync::Arc::strong_count(&count), 1, "the waker is dropped");
        seen.note(if output.is_some() { "ended first" } else { "registered first" });
    });
}

#[test]
fn replace_meets_complete() {
    explore(["the first was woken", "the second was woken", "neither"], |seen| {
        let task = Task::new(ready);
        let theirs = task.clone();
        let worker = thread::spawn(move || theirs.run());
        let (one, first) = count();
        let (other, second) = count();
        // The handle moves to another task, which polls it with another waker.
        let output = task.poll_join(&first);
        let output = output.or_else(|| task.poll_join(&second));
        drop((first, second));
        worker.join().unwrap();
        let (one_woken, other_woken) = (woken(&one), woken(&other));
        // It may have been woken and then found the output before it was asked to wait.
        assert!(one_woken + other_woken <= 1, "woken twice");
        if output.is_none() {
            assert_eq!(other_woken, 1, "whoever polled last is woken");
        }
        assert_eq!(output.or_else(|| task.poll_join(Waker::noop())), Some(DONE));
        assert!(task.drop_join_handle());
        task.assert_freed();
        assert_eq!(std::sync::Arc::strong_count(&one), 1, "the waker is dropped");
        assert_eq!(std::sync::Arc::strong_count(&other), 1, "the waker is dropped");
        seen.note(match (one_woken, other_woken) {
            (1, 0) => "the first was woken",
            (0, 1) => "the second was woken",
            _ => "neither",
        });
    });
}

#[test]
fn the_same_waker_twice_meets_complete() {
    explore(["woken", "ended first"], |seen| {
        let task = Task::new(ready);
        let theirs = task.clone();
        let worker = thread::spawn(move || theirs.run());
        let (count, waker) = count();
        let output = task.poll_join(&waker).or_else(|| task.poll_join(&waker));
        drop(waker);
        worker.join().unwrap();
        assert!(woken(&count) == 1 || output.is_some(), "nobody was woken");
        assert_eq!(output.or_else(|| task.poll_join(Waker::noop())), Some(DONE));
        assert!(task.drop_join_handle());
        task.assert_freed();
        seen.note(if woken(&count) == 1 { "woken" } else { "ended first" });
    });
}

#[test]
fn drop_handle_meets_complete() {
    explore(["the joiner dropped the output", "the runner did"], |seen| {
        let task = Task::new(ready);
        let theirs = task.clone();
        let worker = thread::spawn(move || theirs.run());
        let ended = task.drop_join_handle();
        worker.join().unwrap();
        task.assert_freed();
        seen.note(if ended { "the joiner dropped the output" } else { "the runner did" });
    });
}

#[test]
fn drop_registered_handle_meets_complete() {
    explore(["woken", "not woken"], |seen| {
        let task = Task::new(ready);
        let (count, waker) = count();
        assert_eq!(task.poll_join(&waker), None);
        drop(waker);
        let theirs = task.clone();
        let worker = thread::spawn(move || theirs.run());
        task.drop_join_handle();
        worker.join().unwrap();
        task.assert_freed();
        assert_eq!(std::sync::Arc::strong_count(&count), 1, "the waker is dropped");
        seen.note(if woken(&count) == 1 { "woken" } else { "not woken" });
    });
}

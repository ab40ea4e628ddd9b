//! The task word: `crates/executor/src/task/state.rs`.
#![cfg(filch_loom)]

mod task;

use filch_primitives::atomic::Ordering;
use filch_primitives::sync::Arc;
use filch_primitives::thread;
use loom_tests::explore_within;
use task::{CANCELLED, DONE, Task};

/// A word that comes to look as it did before needs three to go wrong, and one more is cheap.
const PREEMPTIONS: usize = 4;

/// A future that never ends by itself.
fn pending(_: &Task, _polls: usize) -> bool {
    false
}

/// A future that ends at its first poll.
fn ready(_: &Task, _polls: usize) -> bool {
    true
}

/// A future that ends when there is mail.
fn reader(task: &Task, _polls: usize) -> bool {
    // Ordering: Relaxed; the wake-up has to order it.
    task.mail.load(Ordering::Relaxed)
}

fn post(task: &Task) {
    // Ordering: Relaxed; the wake-up has to order it.
    task.mail.store(true, Ordering::Relaxed);
}

/// Runs the task on a thread of its own, as a worker that found it in a queue.
fn on_a_worker(task: &Arc<Task>) -> thread::JoinHandle<()> {
    let task = task.clone();
    thread::spawn(move || task.run())
}

/// Ends a task that waits, and sees that nothing is left of it.
fn end(task: &Task) {
    assert!(task.abort(), "it waits, so the abort makes the runnable");
    assert!(task.drop_join_handle());
    task.assert_freed();
}

#[test]
fn two_wakers_make_one_runnable() {
    explore_within(PREEMPTIONS, ["one poll for both", "a poll for each"], |seen| {
        let task = Task::waiting(pending);
        let other = Task::reference(&task);
        let waker = thread::spawn(move || {
            let made = other.wake_by_ref();
            other.release();
            made
        });
        let made = task.wake_by_ref();
        let both = made & waker.join().unwrap();
        seen.note(if both { "a poll for each" } else { "one poll for both" });
        end(&task);
    });
}

#[test]
fn wake_before_the_poll() {
    explore_within(PREEMPTIONS, ["woken before the poll", "woken after it"], |seen| {
        // Spawned and in a queue: the runnable exists, so a wake-up only leaves its mark.
        let task = Task::new(reader);
        let worker = on_a_worker(&task);
        let waker = Task::reference(&task);
        post(&task);
        let made = waker.wake();
        worker.join().unwrap();
        assert_eq!(task.take_output(), DONE, "the wake-up was lost");
        assert!(task.drop_join_handle());
        task.assert_freed();
        seen.note(if made { "woken after it" } else { "woken before the poll" });
    });
}

#[test]
fn two_wakes_before_the_poll() {
    explore_within(PREEMPTIONS, ["the second came before the poll", "after it"], |seen| {
        let task = Task::new(reader);
        assert!(!Task::reference(&task).wake(), "the runnable exists");
        // The first has left its mark, so the second changes no flag; it must publish all the same.
        let waker = Task::reference(&task);
        let sender = thread::spawn(move || {
            post(&waker);
            let made = waker.wake_by_ref();
            waker.release();
            made
        });
        task.run();
        let made = sender.join().unwrap();
        assert!(task.state.load().is_complete(), "the wake-up was lost");
        assert_eq!(task.take_output(), DONE);
        assert!(task.drop_join_handle());
        task.assert_freed();
        seen.note(if made { "after it" } else { "the second came before the poll" });
    });
}

#[test]
fn wake_during_poll() {
    explore_within(
        PREEMPTIONS,
        ["polled again by the waker", "polled by the runner alone"],
        |seen| {
            let task = Task::new(reader);
            let waker = Task::reference(&task);
            let sender = thread::spawn(move || {
                post(&waker);
                waker.wake()
            });
            task.run();
            let made = sender.join().unwrap();
            assert!(task.state.load().is_complete(), "the wake-up was lost");
            assert_eq!(task.take_output(), DONE);
            assert!(task.drop_join_handle());
            task.assert_freed();
            seen.note(if made {
                "polled again by the waker"
            } else {
                "polled by the runner alone"
            });
        },
    );
}

#[test]
fn poll_sees_what_the_waker_wrote() {
    explore_within(PREEMPTIONS, ["the sender's wake-up", "the other's wake-up"], |seen| {
        let task = Task::waiting(reader);
        // Two wake-ups: the one that comes second changes no bit, and must publish all the same.
        let (sender, other) = (Task::reference(&task), Task::reference(&task));
        let sender = thread::spawn(move || {
            post(&sender);
            sender.wake()
        });
        let other = thread::spawn(move || other.wake());
        let by_sender = sender.join().unwrap();
        other.join().unwrap();
        assert!(task.state.load().is_complete(), "the wake-up was lost");
        assert_eq!(task.take_output(), DONE);
        assert!(task.drop_join_handle());
        task.assert_freed();
        seen.note(if by_sender { "the sender's wake-up" } else { "the other's wake-up" });
    });
}

#[test]
fn next_poll_sees_the_future() {
    /// Ends at its third poll: the count is what one poll leaves to the next.
    fn third(_: &Task, polls: usize) -> bool {
        polls == 3
    }
    explore_within(PREEMPTIONS, ["three runs", "two runs"], |seen| {
        let task = Task::new(third);
        let wakers = [Task::reference(&task), Task::reference(&task)];
        let [first, second] = wakers.map(|waker| thread::spawn(move || waker.wake()));
        task.run();
        let runs = 1 + usize::from(first.join().unwrap()) + usize::from(second.join().unwrap());
        // Wake-ups may merge, runs may not be lost.
        while !task.state.load().is_complete() {
            assert!(task.wake_by_ref());
        }
        assert_eq!(task.take_output(), DONE);
        assert!(task.drop_join_handle());
        task.assert_freed();
        match runs {
            3 => seen.note("three runs"),
            2 => seen.note("two runs"),
            _ => {}
        }
    });
}

#[test]
fn joiner_sees_the_output() {
    explore_within(PREEMPTIONS, ["ended", "not ended"], |seen| {
        let task = Task::new(ready);
        let handle = task.clone();
        let joiner = thread::spawn(move || {
            let ended = handle.state.load().is_complete();
            if ended {
                assert_eq!(handle.take_output(), DONE);
            }
            handle.drop_join_handle();
            ended
        });
        task.run();
        seen.note(if joiner.join().unwrap() { "ended" } else { "not ended" });
        task.assert_freed();
    });
}

#[test]
fn last_reference_frees() {
    explore_within(PREEMPTIONS, ["ended before the handle went", "detached"], |seen| {
        let task = Task::new(ready);
        let waker = Task::reference(&task);
        let waker = thread::spawn(move || waker.release());
        let worker = on_a_worker(&task);
        let ended = task.drop_join_handle();
        waker.join().unwrap();
        worker.join().unwrap();
        task.assert_freed();
        seen.note(if ended { "ended before the handle went" } else { "detached" });
    });
}

#[test]
fn wake_by_value_meets_complete() {
    explore_within(
        PREEMPTIONS,
        ["the waker outlived the task", "the task outlived the waker"],
        |seen| {
            let task = Task::new(ready);
            let waker = Task::reference(&task);
            assert!(!task.drop_join_handle());
            let waker = thread::spawn(move || {
                let outlived = waker.state.load().is_complete();
                assert!(!waker.wake(), "what ends at its first poll is not run twice");
                outlived
            });
            task.run();
            seen.note(if waker.join().unwrap() {
                "the waker outlived the task"
            } else {
                "the task outlived the waker"
            });
            task.assert_freed();
        },
    );
}

#[test]
fn two_wakers_outlive_the_task() {
    explore_within(PREEMPTIONS, ["both"], |seen| {
        let task = Task::new(ready);
        let (one, other) = (Task::reference(&task), Task::reference(&task));
        task.run();
        assert!(task.drop_join_handle());
        let one = thread::spawn(move || one.release());
        let other = thread::spawn(move || other.wake());
        one.join().unwrap();
        assert!(!other.join().unwrap());
        task.assert_freed();
        seen.note("both");
    });
}

#[test]
fn abort_meets_poll() {
    explore_within(PREEMPTIONS, ["dropped by the runner", "dropped by the aborter"], |seen| {
        let task = Task::new(pending);
        let handle = Task::reference(&task);
        let aborter = thread::spawn(move || {
            let made = handle.abort();
            handle.release();
            made
        });
        task.run();
        let made = aborter.join().unwrap();
        assert!(task.state.load().is_complete(), "the abort was lost");
        assert_eq!(task.take_output(), CANCELLED);
        assert!(task.drop_join_handle());
        task.assert_freed();
        seen.note(if made { "dropped by the aborter" } else { "dropped by the runner" });
    });
}

#[test]
fn abort_meets_wake() {
    explore_within(PREEMPTIONS, ["by the aborter", "by the waker"], |seen| {
        let task = Task::waiting(pending);
        let (handle, waker) = (Task::reference(&task), Task::reference(&task));
        let aborter = thread::spawn(move || {
            let made = handle.abort();
            handle.release();
            made
        });
        waker.wake();
        let made = aborter.join().unwrap();
        assert!(task.state.load().is_complete(), "the abort was lost");
        assert_eq!(task.take_output(), CANCELLED);
        assert!(task.drop_join_handle());
        task.assert_freed();
        seen.note(if made { "by the aborter" } else { "by the waker" });
    });
}

#[test]
fn two_aborts_drop_once() {
    explore_within(PREEMPTIONS, ["one made the runnable", "the other did"], |seen| {
        let task = Task::waiting(pending);
        let other = Task::reference(&task);
        let aborter = thread::spawn(move || {
            let made = other.abort();
            other.release();
            made
        });
        let made = task.abort();
        assert_ne!(aborter.join().unwrap(), made, "one of them drops the future");
        assert_eq!(task.take_output(), CANCELLED);
        assert!(task.drop_join_handle());
        task.assert_freed();
        seen.note(if made { "one made the runnable" } else { "the other did" });
    });
}

#[test]
fn abort_meets_completion() {
    explore_within(PREEMPTIONS, ["ended by itself", "cancelled"], |seen| {
        let task = Task::new(ready);
        let handle = Task::reference(&task);
        let worker = on_a_worker(&task);
        assert!(!handle.abort(), "the runnable exists or the task has ended");
        handle.release();
        worker.join().unwrap();
        let output = task.take_output();
        assert!(task.drop_join_handle());
        task.assert_freed();
        seen.note(match output {
            DONE => "ended by itself",
            CANCELLED => "cancelled",
            other => panic!("no such outcome: {other}"),
        });
    });
}

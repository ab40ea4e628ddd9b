//! The `blocking_*` methods: they wait on a thread without tasks, and refuse on one with.

mod support;

use filch_primitives::{Duty, DutyScope, thread};
use filch_sync::{Mutex, RwLock, Semaphore, broadcast, mpsc, oneshot};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use support::within_watchdog;

/// What `f` panics with on a thread that runs tasks.
fn refusal<R>(f: impl FnOnce() -> R) -> String {
    let _tasks = DutyScope::enter(Duty::Tasks, "the test");
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(_) => panic!("it blocked a thread that runs tasks"),
        Err(payload) => *payload.downcast::<String>().expect("a message"),
    }
}

#[test]
fn a_thread_that_runs_tasks_is_not_blocked() {
    let (tx, mut rx) = mpsc::channel(1);
    let (once, answer) = oneshot::channel::<u32>();
    let (events, mut event) = broadcast::channel::<u32>(1);
    let mutex = Arc::new(Mutex::new(()));
    let lock = RwLock::new(());
    let semaphore = Arc::new(Semaphore::new(1));
    for (name, message) in [
        ("Sender::blocking_send", refusal(|| tx.blocking_send(1))),
        ("Receiver::blocking_recv", refusal(|| rx.blocking_recv())),
        ("Receiver::blocking_recv_many", refusal(|| rx.blocking_recv_many(&mut Vec::new(), 1))),
        ("Receiver::blocking_recv", refusal(|| answer.blocking_recv())),
        ("Receiver::blocking_recv", refusal(|| event.blocking_recv())),
        ("Mutex::blocking_lock", refusal(|| drop(mutex.blocking_lock()))),
        ("Mutex::blocking_lock_owned", refusal(|| drop(mutex.clone().blocking_lock_owned()))),
        ("RwLock::blocking_read", refusal(|| drop(lock.blocking_read()))),
        ("RwLock::blocking_write", refusal(|| drop(lock.blocking_write()))),
        ("Semaphore::blocking_acquire", refusal(|| semaphore.blocking_acquire().is_ok())),
        (
            "Semaphore::blocking_acquire_many",
            refusal(|| semaphore.blocking_acquire_many(1).is_ok()),
        ),
    ] {
        assert!(message.contains(name) && message.contains("spawn_blocking"), "{message}");
    }
    // Nothing was taken.
    assert!(tx.try_send(1).is_ok() && mutex.try_lock().is_ok() && lock.try_write().is_ok());
    assert_eq!(semaphore.available_permits(), 1);
    drop((once, events));
}

#[test]
fn a_thread_without_tasks_waits() {
    within_watchdog(|| {
        let lock = Arc::new(RwLock::new(0));
        let held = lock.try_write().unwrap();
        let (reader, writer) = (lock.clone(), lock.clone());
        let reads = thread::spawn(move || *reader.blocking_read());
        let writes = thread::spawn(move || *writer.blocking_write() += 1);
        drop(held);
        writes.join().unwrap();
        assert!(reads.join().unwrap() <= 1);
        assert_eq!(*lock.blocking_read(), 1);

        let (tx, mut rx) = broadcast::channel(4);
        let receives = thread::spawn(move || rx.blocking_recv());
        tx.send(1).unwrap();
        assert_eq!(receives.join().unwrap(), Ok(1));
    });
}

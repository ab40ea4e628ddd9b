//! The hooks of the builder, and what happens when they panic.

use filch_executor::Builder;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

#[test]
fn thread_hooks_run_once_on_each_thread() {
    let (starts, stops) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (started, stopped) = (starts.clone(), stops.clone());
    let executor = Builder::new_multi_thread()
        .worker_threads(3)
        .on_thread_start(move || {
            started.fetch_add(1, Ordering::Relaxed);
        })
        .on_thread_stop(move || {
            stopped.fetch_add(1, Ordering::Relaxed);
        })
        .build()
        .unwrap();
    executor.block_on(executor.handle().spawn_blocking(|| ())).unwrap();
    drop(executor);
    assert_eq!(
        starts.load(Ordering::Relaxed),
        4,
        "three workers and one thread for blocking calls"
    );
    assert_eq!(stops.load(Ordering::Relaxed), 4);
}

#[test]
fn hooks_that_panic_stop_neither_threads_nor_tasks() {
    let executor = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name_fn(|| panic!("no name"))
        .on_thread_start(|| panic!("no start"))
        .on_thread_stop(|| panic!("no stop"))
        .build()
        .unwrap();
    assert_eq!(executor.block_on(executor.spawn(async { 1 })).unwrap(), 1);
    let call = executor.handle().spawn_blocking(|| 2);
    assert_eq!(executor.block_on(call).unwrap(), 2);
}

/// Drops the executor on a thread of its own, which has to come to its end.
fn ends(executor: filch_executor::Executor) {
    let (tell, told) = std::sync::mpsc::channel();
    let thread = filch_primitives::thread::spawn(move || {
        drop(executor);
        tell.send(()).unwrap();
    });
    let ended = told.recv_timeout(std::time::Duration::from_secs(60));
    assert!(ended.is_ok(), "the executor waits for a thread that has gone");
    thread.join().unwrap();
}

#[test]
fn a_hook_around_a_thread_that_panics_keeps_nobody_waiting() {
    for before in [false, true] {
        let executor = Builder::new_multi_thread()
            .worker_threads(2)
            .around_thread(move |_kind, run| {
                assert!(!before, "before it");
                run();
                panic!("behind it");
            })
            .build()
            .unwrap();
        assert_eq!(executor.block_on(executor.spawn(async { 1 })).unwrap(), 1);
        let called = executor.handle().spawn_blocking(|| 2);
        assert_eq!(executor.block_on(called).unwrap(), 2);
        ends(executor);
    }
}

// The guard keeps its executor, which a sanitizer rightly calls a leak.
#[test]
#[cfg_attr(filch_sanitized, ignore = "it leaks, and that is what it is about")]
fn a_guard_that_a_task_has_leaked_keeps_nobody_waiting() {
    let executor = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let blocks = executor.spawn(async { filch_executor::block_in_place(|| ()) });
    executor.block_on(blocks).unwrap();
    let leaks = executor.spawn(async {
        let handle = filch_executor::Handle::current();
        std::mem::forget(handle.enter());
    });
    executor.block_on(leaks).unwrap();
    ends(executor);
}

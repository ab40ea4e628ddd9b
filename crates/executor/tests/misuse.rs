//! Misuse is told in words that say what to do.

mod support;

use filch_executor::{Builder, Handle, LocalSet, id, spawn, spawn_blocking, yield_now};
use support::{both_flavours, bounded, multi, single};

#[test]
#[should_panic(expected = "no Filch runtime is entered on this thread")]
fn spawn_outside_panics() {
    drop(spawn(async {}));
}

#[test]
#[should_panic(expected = "no Filch runtime is entered on this thread")]
fn spawn_blocking_outside_panics() {
    drop(spawn_blocking(|| ()));
}

#[test]
#[should_panic(expected = "no Filch runtime is entered on this thread")]
fn handle_current_outside_panics() {
    let _handle = Handle::current();
}

#[test]
#[should_panic(expected = "no task is running on this thread")]
fn id_outside_panics() {
    let _id = id();
}

#[test]
fn try_current_outside_is_an_error_that_says_what_to_do() {
    let error = Handle::try_current().unwrap_err().to_string();
    assert!(error.contains("Runtime::block_on"), "{error}");
    bounded(|| {
        drop(single().enter());
        assert!(Handle::try_current().is_err());
    });
}

#[test]
fn block_on_in_a_task_panics_and_says_what_to_do() {
    both_flavours(|executor| {
        for inner in [single as fn() -> filch_executor::Executor, || multi(1)] {
            let task = executor.spawn(async move { inner().block_on(async {}) });
            let error = executor.block_on(task).unwrap_err();
            assert!(error.is_panic());
            assert!(
                error.to_string().contains("would block a thread that runs async tasks"),
                "{error}"
            );
        }
        let handle = executor.handle().clone();
        let task = executor.spawn(async move { handle.block_on(async {}) });
        let error = executor.block_on(task).unwrap_err().to_string();
        assert!(error.contains("`Handle::block_on` would block"), "{error}");
        assert!(error.contains("spawn_blocking"), "{error}");
    });
}

#[test]
#[should_panic(expected = "would block a thread that runs async tasks")]
fn block_on_in_block_on_panics() {
    bounded(|| {
        let (outer, inner) = (multi(1), multi(1));
        outer.block_on(async { inner.block_on(async {}) });
    });
}

#[test]
#[should_panic(expected = "would block a thread that runs async tasks")]
fn block_on_of_a_set_in_a_single_threaded_block_on_panics() {
    bounded(|| {
        let (outer, inner) = (single(), single());
        outer.block_on(async { LocalSet::new().block_on(&inner, async {}) });
    });
}

#[test]
fn a_refused_block_on_leaves_the_thread_as_it_was() {
    both_flavours(|executor| {
        let inner = multi(1);
        executor.block_on(async {
            let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                inner.block_on(async {});
            }));
            assert!(refused.is_err());
            let workers = Handle::current().workers();
            yield_now().await;
            assert_eq!(spawn(async { 1 }).await.unwrap(), 1);
            assert_eq!(Handle::current().workers(), workers);
        });
        inner.block_on(async {});
    });
}

#[test]
#[should_panic(expected = "a runtime needs at least one worker")]
fn no_workers_panics_at_build() {
    let _executor = Builder::new_multi_thread().worker_threads(0).build();
}

#[test]
#[should_panic(expected = "at most 1023 workers")]
fn too_many_workers_panic_at_build() {
    let _executor = Builder::new_multi_thread().worker_threads(1024).build();
}

#[test]
fn the_number_of_workers_means_nothing_to_the_single_threaded_flavour() {
    bounded(|| {
        let executor = Builder::new_current_thread().worker_threads(0).build();
        assert_eq!(executor.unwrap().handle().workers(), 1);
    });
}

#[test]
#[should_panic(expected = "blocking calls need at least one thread")]
fn no_blocking_threads_panics() {
    let _builder = Builder::new_multi_thread().max_blocking_threads(0);
}

//! How often the process hears of a hook that panics. One test, alone in its process, which has one panic hook.

use filch_executor::Builder;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

/// Counts the panics that the process's panic hook is told of, by their words.
fn counted_panics(words: &'static str, body: impl FnOnce()) -> usize {
    let told = Arc::new(AtomicUsize::new(0));
    let counts = told.clone();
    let before = Arc::new(std::panic::take_hook());
    let others = before.clone();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload().downcast_ref() == Some(&words) {
            counts.fetch_add(1, Ordering::Relaxed);
        } else {
            others(panic);
        }
    }));
    body();
    std::panic::set_hook(Box::new(move |panic| before(panic)));
    told.load(Ordering::Relaxed)
}

#[test]
fn a_hook_that_panics_is_reported_once_for_each_time_that_it_is_called() {
    let threads = |builder: &mut Builder| drop(builder.worker_threads(2).build().unwrap());
    let told = counted_panics("start", || {
        threads(Builder::new_multi_thread().on_thread_start(|| panic!("start")));
    });
    assert_eq!(told, 2, "on_thread_start");
    let told = counted_panics("stop", || {
        threads(Builder::new_multi_thread().on_thread_stop(|| panic!("stop")));
    });
    assert_eq!(told, 2, "on_thread_stop");
    let told = counted_panics("name", || {
        threads(Builder::new_multi_thread().thread_name_fn(|| panic!("name")));
    });
    assert_eq!(told, 2, "thread_name_fn");
    let told = counted_panics("detached", || {
        let executor = Builder::new_current_thread()
            .on_detached_panic(|_lost| panic!("detached"))
            .build()
            .unwrap();
        drop(executor.spawn(async { std::panic::resume_unwind(Box::new("silent")) }));
        executor.block_on(filch_executor::yield_now());
        assert_eq!(executor.block_on(executor.spawn(async { 1 })).unwrap(), 1);
        let call = executor.handle().spawn_blocking(|| {
            std::panic::resume_unwind(Box::new("silent too"));
        });
        drop(call);
        assert_eq!(executor.block_on(executor.handle().spawn_blocking(|| 2)).unwrap(), 2);
    });
    assert_eq!(told, 2, "on_detached_panic, of a task and of a blocking call");
    let told = counted_panics("refused", || {
        let executor = Builder::new_current_thread()
            .thread_name_fn(|| "\0".to_owned())
            .on_thread_refused(|_pool, _error| panic!("refused"))
            .build()
            .unwrap();
        executor.handle().try_spawn_blocking(|| ()).unwrap_err();
        executor.handle().try_spawn_blocking(|| ()).unwrap_err();
    });
    assert_eq!(told, 1, "on_thread_refused is called for the first of a row");
}

use crate::{Drops, each};
use filch::task::{self, ChildError, TaskGroup, yield_now};
use std::future::pending;
use std::panic::AssertUnwindSafe;

#[test]
fn a_childs_panic_ends_body_and_siblings_and_tells_where_it_was_spawned() {
    each(|| async {
        let drops = Drops::default();
        let d = drops.clone();
        let line = line!() + 9;
        let error = task::scope(async |s| {
            for _ in 0..3 {
                let guard = d.guard();
                s.spawn(async move {
                    let _guard = guard;
                    pending::<()>().await;
                });
            }
            s.spawn(async { panic!("no milk") });
            let _body = d.guard();
            pending::<()>().await;
        });
        let error = error.await.unwrap_err();
        assert_eq!(drops.count(), 4);
        assert!(error.is_panic() && !error.is_deadline() && !error.is_cancelled());
        let place = error.task().unwrap().spawned_at();
        assert_eq!((place.file(), place.line()), (file!(), line));
        assert!(error.to_string().contains("no milk"), "{error}");
        assert_eq!(error.report().forced().len(), 3);
        assert_eq!(error.into_panic().downcast_ref(), Some(&"no milk"));
    });
}

#[test]
fn the_first_error_is_returned_and_later_ones_are_counted() {
    each(|| async {
        let group = TaskGroup::fallible();
        let first = group.named("first").try_spawn(async { Err::<(), _>(1) });
        assert_eq!(first.await, Err(ChildError::Failed));
        let error = group.join().await.unwrap_err();
        assert_eq!((error.error(), error.later_failures()), (Some(&1), 0));
        assert_eq!(error.task().unwrap().name(), Some("first"));

        let group = TaskGroup::fallible().grace(std::time::Duration::from_secs(60));
        for n in 0..3 {
            let failed = group.try_spawn(async move { Err::<(), _>(n) });
            assert_eq!(failed.await, Err(ChildError::Failed));
        }
        let error = group.join().await.unwrap_err();
        assert_eq!((error.error(), error.later_failures()), (Some(&0), 2));
        assert!(error.report().forced().is_empty());
    });
}

#[test]
fn an_error_of_the_body_ends_the_children() {
    each(|| async {
        let drops = Drops::default();
        let d = drops.clone();
        let error = task::try_scope(async |s| {
            let guard = d.guard();
            s.spawn(async move {
                let _guard = guard;
                pending::<()>().await;
            });
            yield_now().await;
            Err::<(), _>("no milk")
        });
        let error = error.await.unwrap_err();
        assert_eq!(drops.count(), 1);
        assert!(error.task().is_none());
        assert_eq!(error.into_error().unwrap(), "no milk");
    });
}

#[test]
fn a_panic_of_the_body_goes_on_when_the_children_have_ended() {
    each(|| async {
        let drops = Drops::default();
        let guard = drops.guard();
        let scope = filch::spawn(async move {
            task::scope(async |s| {
                s.spawn(async move {
                    let _guard = guard;
                    pending::<()>().await;
                });
                yield_now().await;
                panic!("no milk");
            })
            .await
        });
        let error = scope.await.unwrap_err();
        assert_eq!(drops.count(), 1);
        assert_eq!(error.into_panic().downcast_ref(), Some(&"no milk"));
    });
}

#[test]
fn a_destructor_that_panics_is_a_panic_of_the_child() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("boom");
            }
        }
    }
    each(|| async {
        // When the child ends by itself, and when it is dropped.
        let ended = TaskGroup::new();
        ended.spawn(async {
            let _bomb = Bomb;
        });
        assert_eq!(ended.join().await.unwrap_err().into_panic().downcast_ref(), Some(&"boom"));

        let dropped = TaskGroup::new();
        let child = dropped.spawn(async {
            let _bomb = Bomb;
            pending::<()>().await;
        });
        yield_now().await;
        child.abort();
        let _ = child.await;
        // It may have been aborted before its first poll: then there is no bomb.
        if let Err(error) = dropped.join().await {
            assert_eq!(error.into_panic().downcast_ref(), Some(&"boom"));
        }
    });
}

#[test]
fn a_panic_that_was_returned_is_not_reported_as_detached() {
    crate::bounded(|| {
        let (tell, told) = std::sync::mpsc::channel();
        let runtime = filch::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .on_detached_panic(move |panic| tell.send(panic.to_string()).unwrap())
            .build()
            .unwrap();
        let error = runtime.block_on(task::scope(async |s| {
            s.spawn(async { panic!("no milk") });
        }));
        assert!(error.unwrap_err().is_panic());
        drop(runtime);
        assert_eq!(told.iter().count(), 0);
    });
}

#[test]
fn two_panics_at_once_leave_one_error() {
    each(|| async {
        for _ in 0..50 {
            let error = task::scope(async |s| {
                for _ in 0..4 {
                    s.spawn(async { panic!("no milk") });
                }
            });
            assert!(error.await.unwrap_err().is_panic());
        }
    });
}

#[test]
fn values_survive_a_catch_of_the_whole_scope() {
    // The scope's future is no special place: its unwinding does not hurt the runtime.
    crate::bounded(|| {
        let runtime = crate::multi(1);
        let caught = std::panic::catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(task::scope(async |_s| panic!("no milk"))).unwrap()
        }));
        assert!(caught.is_err());
        assert_eq!(runtime.block_on(task::scope(async |_s| 1)).unwrap(), 1);
    });
}

#[test]
fn a_panic_before_the_bodys_first_await_waits_for_the_children_too() {
    each(|| async {
        let drops = Drops::default();
        let guard = drops.guard();
        let scope = filch::spawn(async move {
            let body = |s: filch::task::Scope| {
                s.spawn(async move {
                    let _guard = guard;
                    pending::<()>().await;
                });
                if s.len() == 1 {
                    panic!("no milk");
                }
                std::future::ready(())
            };
            task::scope(body).await
        });
        let error = scope.await.unwrap_err();
        assert_eq!(drops.count(), 1);
        assert_eq!(error.into_panic().downcast_ref(), Some(&"no milk"));
    });
}

use crate::{Drops, bounded, each, multi};
use filch::task::{self, TaskGroup, yield_now};
use std::future::pending;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Yields until `drops` has come to `count`.
async fn await_drops(drops: &Drops, count: usize) {
    while drops.count() < count {
        yield_now().await;
    }
}

#[test]
fn a_scope_dropped_half_way_drops_its_body_and_aborts_its_children() {
    each(|| async {
        let drops = Drops::default();
        let d = drops.clone();
        let mut scope = Box::pin(task::scope(async |s| {
            let _body = d.guard();
            for _ in 0..10 {
                let guard = d.guard();
                s.spawn(async move {
                    let _guard = guard;
                    pending::<()>().await;
                });
            }
            pending::<()>().await;
        }));
        let first = std::future::poll_fn(|cx| Poll::Ready(scope.as_mut().poll(cx))).await;
        assert!(first.is_pending());
        drop(scope);
        assert!(drops.count() >= 1, "the body is gone at once");
        await_drops(&drops, 11).await;
    });
}

#[test]
fn a_scope_that_was_never_polled_starts_nothing() {
    each(|| async {
        drop(task::scope(async |_s| unreachable!("it was never polled")));
    });
}

#[test]
fn an_aborted_task_takes_its_scope_along() {
    each(|| async {
        let drops = Drops::default();
        let guard = drops.guard();
        let (tell, told) = filch::sync::oneshot::channel();
        let parent = filch::spawn(task::scope(async move |s| {
            s.spawn(async move {
                let _guard = guard;
                tell.send(()).unwrap();
                pending::<()>().await;
            });
            pending::<()>().await;
        }));
        told.await.unwrap();
        parent.abort();
        assert!(parent.await.unwrap_err().is_cancelled());
        await_drops(&drops, 1).await;
    });
}

#[test]
fn a_dropped_group_aborts_its_children() {
    each(|| async {
        let drops = Drops::default();
        let group = TaskGroup::new();
        let guard = drops.guard();
        group.spawn(async move {
            let _guard = guard;
            pending::<()>().await;
        });
        drop(group);
        await_drops(&drops, 1).await;
    });
}

#[test]
fn a_forgotten_scope_keeps_its_children_running_and_safe() {
    each(|| async {
        let drops = Drops::default();
        let (go, gone) = filch::sync::oneshot::channel::<()>();
        let guard = drops.guard();
        let mut scope = Box::pin(task::scope(async move |s| {
            s.spawn(async move {
                let _guard = guard;
                gone.await.unwrap();
            });
            pending::<()>().await;
        }));
        let first = std::future::poll_fn(|cx| Poll::Ready(scope.as_mut().poll(cx))).await;
        assert!(first.is_pending());
        std::mem::forget(scope);
        go.send(()).unwrap();
        await_drops(&drops, 1).await;
    });
}

#[test]
fn a_runtime_that_is_dropped_ends_the_scope_in_it() {
    bounded(|| {
        let drops = Drops::default();
        let runtime = multi(2);
        let (tell, told) = std::sync::mpsc::channel();
        let d = drops.clone();
        runtime.spawn(task::scope(async move |s| {
            for _ in 0..10 {
                let guard = d.guard();
                s.spawn(async move {
                    let _guard = guard;
                    pending::<()>().await;
                });
            }
            tell.send(()).unwrap();
            pending::<()>().await;
        }));
        told.recv().unwrap();
        drop(runtime);
        assert_eq!(drops.count(), 10);
    });
}

#[test]
fn a_group_needs_a_runtime_only_to_spawn() {
    let group = TaskGroup::new();
    let joined = pin!(group.join()).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(joined, Poll::Ready(Ok(_))));
}

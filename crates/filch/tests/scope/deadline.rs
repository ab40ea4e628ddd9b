use crate::{Drops, bounded, each, multi};
use filch::task::TaskGroup;
use filch::time::{Duration, Instant};
use std::future::pending;
use std::sync::mpsc;

const LONG: Duration = Duration::from_secs(3600);

#[test]
fn a_deadline_ends_body_and_children_and_is_never_early() {
    each(|| async {
        let drops = Drops::default();
        let d = drops.clone();
        let start = Instant::now();
        let timeout = Duration::from_millis(20);
        let error = TaskGroup::new().timeout(timeout).run(async |s| {
            let guard = d.guard();
            s.spawn(async move {
                let _guard = guard;
                pending::<()>().await;
            });
            pending::<()>().await;
        });
        let error = error.await.unwrap_err();
        assert!(start.elapsed() >= timeout);
        assert!(error.is_deadline());
        assert_eq!((drops.count(), error.report().forced().len()), (1, 1));
    });
}

#[test]
fn a_group_that_ends_in_time_does_not_wait_for_its_deadline() {
    each(|| async {
        let value = TaskGroup::new()
            .timeout(LONG)
            .grace(LONG)
            .patience(LONG)
            .run(async |s| s.spawn(async { 7 }).await.unwrap());
        assert_eq!(value.await.unwrap(), 7);
    });
}

#[test]
fn a_deadline_leaves_the_grace_period() {
    each(|| async {
        let group = TaskGroup::new().deadline(Instant::now()).grace(LONG);
        let token = group.scope().token();
        let child = group.spawn(async move {
            token.cancelled().await;
            7
        });
        let error = group.join().await.unwrap_err();
        assert!(error.is_deadline() && error.report().forced().is_empty());
        assert_eq!(child.await, Ok(7));
    });
}

#[test]
fn a_child_that_ignores_cancellation_is_named_and_left_behind() {
    bounded(|| {
        let runtime = multi(2);
        let (started, has_started) = mpsc::channel();
        let (free, blocked) = mpsc::channel::<()>();
        runtime.block_on(async {
            let group = TaskGroup::new()
                .timeout(Duration::from_millis(10))
                // Long enough for the other worker to drop the sleeper, however busy the machine is.
                .patience(Duration::from_secs(2));
            group.named("sleeper").spawn(pending::<()>());
            let line = line!() + 1;
            group.named("blocker").spawn(async move {
                started.send(()).unwrap();
                // The channel ends when the test does.
                let _ = blocked.recv();
            });
            has_started.recv().unwrap();
            let error = group.join().await.unwrap_err();
            assert!(error.is_deadline());
            let left = error.report().left();
            assert_eq!(left.len(), 1);
            assert_eq!(left[0].name(), Some("blocker"));
            assert_eq!(left[0].spawned_at().line(), line);
            assert_eq!(error.report().forced().len(), 2);
            let text = error.to_string();
            assert!(text.contains("still running: task") && text.contains("blocker"), "{text}");
        });
        drop(free);
    });
}

#[test]
fn patience_counts_after_a_cancellation_too() {
    bounded(|| {
        let runtime = multi(2);
        let (started, has_started) = mpsc::channel();
        let (free, blocked) = mpsc::channel::<()>();
        runtime.block_on(async {
            let group = TaskGroup::new().patience(Duration::from_millis(10));
            group.spawn(async move {
                started.send(()).unwrap();
                let _ = blocked.recv();
            });
            has_started.recv().unwrap();
            group.cancel();
            let error = group.join().await.unwrap_err();
            assert!(error.is_cancelled());
            assert_eq!(error.report().left().len(), 1);
        });
        drop(free);
    });
}

use crate::{Drops, each};
use filch::task::{self, ChildError, TaskGroup, yield_now};
use filch::time::{Duration, Instant, sleep};
use std::future::pending;

const LONG: Duration = Duration::from_secs(3600);

#[test]
fn cancel_drops_children_and_a_finished_body_keeps_its_value() {
    each(|| async {
        let drops = Drops::default();
        let d = drops.clone();
        let value = task::scope(async |s| {
            let guard = d.guard();
            let child = s.spawn(async move {
                let _guard = guard;
                pending::<()>().await;
            });
            s.cancel();
            (7, child)
        });
        let (seven, child) = value.await.unwrap();
        assert_eq!((seven, drops.count()), (7, 1));
        assert_eq!(child.await, Err(ChildError::Cancelled));
    });
}

#[test]
fn a_body_that_waits_when_its_scope_is_cancelled_is_dropped() {
    each(|| async {
        let drops = Drops::default();
        let d = drops.clone();
        let error = task::scope(async |s| {
            let _guard = d.guard();
            let theirs = s.clone();
            s.spawn(async move { theirs.cancel() });
            pending::<()>().await;
        });
        assert!(error.await.unwrap_err().is_cancelled());
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn a_child_that_cancels_its_own_scope_and_waits_is_dropped_and_named() {
    each(|| async {
        for drops_group in [false, true] {
            let drops = Drops::default();
            let guard = drops.guard();
            let group = TaskGroup::new();
            let cancels = group.scope().clone();
            let (give, given) = filch::sync::oneshot::channel::<TaskGroup>();
            let child = group.named("culprit").spawn(async move {
                let _guard = guard;
                if drops_group {
                    drop(given.await);
                } else {
                    cancels.cancel();
                }
                pending::<()>().await;
            });
            if drops_group {
                assert!(give.send(group).is_ok());
                assert_eq!(child.await, Err(ChildError::Cancelled));
            } else {
                let report = group.join().await.unwrap();
                let forced: Vec<_> = report.forced().iter().map(|task| task.name()).collect();
                assert_eq!(forced, [Some("culprit")]);
            }
            assert_eq!(drops.count(), 1);
        }
    });
}

#[test]
fn a_child_that_ends_when_it_has_cancelled_its_scope_is_not_named() {
    each(|| async {
        let group = TaskGroup::new();
        let cancels = group.scope().clone();
        let child = group.spawn(async move {
            cancels.cancel();
            7
        });
        assert!(group.join().await.unwrap().forced().is_empty());
        assert_eq!(child.await, Ok(7));
    });
}

#[test]
fn what_is_spawned_after_the_end_leaves_nothing_behind() {
    each(|| async {
        let drops = Drops::default();
        let group = TaskGroup::new();
        let late = group.scope().clone();
        group.cancel();
        for _ in 0..1_000 {
            let guard = drops.guard();
            assert_eq!(late.spawn(async move { drop(guard) }).await, Err(ChildError::Cancelled));
        }
        assert_eq!(drops.count(), 1_000);
        assert!(late.children().is_empty());
        assert!(group.join().await.unwrap().forced().is_empty());
    });
}

#[test]
fn children_and_body_have_the_grace_period() {
    each(|| async {
        let group = TaskGroup::new().grace(LONG);
        let value = group.run(async |s| {
            let token = s.token();
            let polite = s.spawn(async move {
                token.cancelled().await;
                sleep(Duration::from_millis(5)).await;
                "goodbye"
            });
            s.cancel();
            assert!(s.is_cancelled());
            polite.await.unwrap()
        });
        assert_eq!(value.await.unwrap(), "goodbye");
    });
}

#[test]
fn what_outlasts_the_grace_period_is_dropped_and_named() {
    each(|| async {
        let grace = Duration::from_millis(20);
        let group = TaskGroup::new().grace(grace);
        let token = group.token();
        group.named("polite").spawn(async move { token.cancelled().await });
        group.named("deaf").spawn(pending::<()>());
        yield_now().await;
        let start = Instant::now();
        group.cancel();
        let report = group.join().await.unwrap();
        assert!(start.elapsed() >= grace);
        let forced: Vec<_> = report.forced().iter().map(|task| task.name()).collect();
        assert_eq!(forced, [Some("deaf")]);
        assert!(report.left().is_empty());
    });
}

#[test]
fn children_may_be_spawned_during_the_grace_period() {
    each(|| async {
        let value = TaskGroup::new().grace(LONG).run(async |s| {
            s.cancel();
            s.spawn(async { 7 }).await
        });
        assert_eq!(value.await.unwrap(), Ok(7));
    });
}

#[test]
fn a_token_that_is_asked_for_late_is_cancelled() {
    each(|| async {
        let group = TaskGroup::new();
        let early = group.scope().token();
        group.cancel();
        assert!(early.is_cancelled() && group.scope().token().is_cancelled());
        group.join().await.unwrap();
    });
}

#[test]
fn an_aborted_child_is_no_failure() {
    each(|| async {
        let value = task::scope(async |s| {
            let child = s.spawn(pending::<()>());
            child.abort_handle().abort();
            assert_eq!(child.await, Err(ChildError::Cancelled));
            s.spawn(async { 1 }).await.unwrap()
        });
        assert_eq!(value.await.unwrap(), 1);
    });
}

#[test]
fn waiting_for_a_place_under_the_limit_can_be_cancelled() {
    each(|| async {
        let group = TaskGroup::new().limit(1);
        let children: Vec<_> = (0..10).map(|_| group.spawn(pending::<()>())).collect();
        children[5].abort();
        children[0].abort();
        yield_now().await;
        group.cancel();
        group.join().await.unwrap();
        for child in children {
            assert_eq!(child.await, Err(ChildError::Cancelled));
        }
    });
}

#[test]
fn spawns_that_race_with_the_end_are_joined_or_refused() {
    each(|| async {
        for _ in 0..100 {
            let drops = Drops::default();
            let d = drops.clone();
            let spawned = task::scope(async |s| {
                let spawner = s.clone();
                let cancel = s.clone();
                s.spawn(async move { cancel.cancel() });
                let mut guards = 0;
                for _ in 0..20 {
                    let guard = d.guard();
                    guards += 1;
                    spawner.spawn(async move {
                        let _guard = guard;
                        pending::<()>().await;
                    });
                }
                guards
            });
            assert_eq!(spawned.await.unwrap(), 20);
            assert_eq!(drops.count(), 20);
        }
    });
}

use crate::{Drops, each};
use filch::task::{self, ChildError, TaskGroup, yield_now};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

#[test]
fn children_have_ended_when_the_scope_has() {
    each(|| async {
        let drops = Drops::default();
        let seen = drops.clone();
        let value = task::scope(async |s| {
            for n in 0..200 {
                let guard = seen.guard();
                s.spawn(async move {
                    let _guard = guard;
                    for _ in 0..n % 7 {
                        yield_now().await;
                    }
                });
            }
            "body"
        });
        assert_eq!(value.await.unwrap(), "body");
        assert_eq!(drops.count(), 200);
    });
}

#[test]
fn a_scope_without_children_is_its_body() {
    each(|| async {
        assert_eq!(task::scope(async |_s| 7).await.unwrap(), 7);
        let body = task::scope(async |_s| {
            yield_now().await;
            8
        });
        assert_eq!(body.await.unwrap(), 8);
        assert!(TaskGroup::new().join().await.unwrap().forced().is_empty());
    });
}

#[test]
fn the_body_may_borrow() {
    each(|| async {
        let mut lengths = Vec::new();
        let words = ["a".to_owned(), "bc".to_owned()];
        task::scope(async |s| {
            for word in &words {
                let theirs = word.clone();
                lengths.push(s.spawn(async move { theirs.len() }).await.unwrap());
            }
        })
        .await
        .unwrap();
        assert_eq!(lengths, [1, 2]);
    });
}

#[test]
fn values_come_through_handles_in_and_after_the_scope() {
    each(|| async {
        let late = task::scope(async |s| {
            assert_eq!(s.spawn(async { 1 }).await, Ok(1));
            (s.spawn(async { 2 }),)
        });
        let (late,) = late.await.unwrap();
        assert_eq!(late.await, Ok(2));
    });
}

#[test]
fn children_spawn_siblings() {
    each(|| async {
        let count = Arc::new(AtomicUsize::new(0));
        fn tree(
            s: task::Scope,
            depth: u32,
            count: Arc<AtomicUsize>,
        ) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(async move {
                // Ordering: Relaxed; read after the scope has joined everyone.
                count.fetch_add(1, Ordering::Relaxed);
                if depth > 0 {
                    for _ in 0..2 {
                        s.spawn(tree(s.clone(), depth - 1, count.clone()));
                    }
                }
            })
        }
        let theirs = count.clone();
        task::scope(async |s| {
            s.spawn(tree(s.clone(), 9, theirs));
        })
        .await
        .unwrap();
        // Ordering: Relaxed; as above.
        assert_eq!(count.load(Ordering::Relaxed), (1 << 10) - 1);
    });
}

#[test]
fn nothing_starts_in_a_scope_that_has_ended() {
    each(|| async {
        let drops = Drops::default();
        let s = task::scope(async |s| s).await.unwrap();
        let guard = drops.guard();
        let late = s.spawn(async move {
            let _guard = guard;
            unreachable!("it is never polled");
        });
        assert_eq!(drops.count(), 1);
        assert_eq!(late.await, Err(ChildError::Cancelled));
        assert!(s.is_empty());
    });
}

#[test]
fn a_limit_holds_and_everyone_gets_a_turn() {
    each(|| async {
        let running = Arc::new(AtomicUsize::new(0));
        let done = Arc::new(AtomicUsize::new(0));
        let (r, d) = (running.clone(), done.clone());
        TaskGroup::new()
            .limit(3)
            .run(async |s| {
                for _ in 0..50 {
                    let (running, done) = (r.clone(), d.clone());
                    s.spawn(async move {
                        // Ordering: SeqCst; the test asks for one order of all.
                        assert!(running.fetch_add(1, Ordering::SeqCst) < 3);
                        yield_now().await;
                        running.fetch_sub(1, Ordering::SeqCst);
                        done.fetch_add(1, Ordering::SeqCst);
                    });
                }
            })
            .await
            .unwrap();
        // Ordering: SeqCst; as above.
        assert_eq!(done.load(Ordering::SeqCst), 50);
    });
}

#[test]
fn a_producer_that_waits_for_room_holds_few_children() {
    each(|| async {
        TaskGroup::new()
            .limit(2)
            .run(async |s| {
                for _ in 0..200 {
                    s.ready().await;
                    // Room is there a moment before the child that made it has left: one per worker.
                    assert!(s.len() < 2 + 5, "{} children", s.len());
                    s.spawn(yield_now());
                }
            })
            .await
            .unwrap();
    });
}

#[test]
fn the_list_of_children_does_not_grow_with_those_that_have_ended() {
    each(|| async {
        let group = TaskGroup::new();
        for _ in 0..5_000 {
            group.spawn(async {}).await.unwrap();
        }
        let text = format!("{group:?}");
        assert!(text.contains("len: 0"), "{text}");
        assert!(group.scope().children().is_empty());
        group.join().await.unwrap();
    });
}

#[test]
#[should_panic(expected = "limit is 0")]
fn a_limit_of_zero_is_refused() {
    let _ = TaskGroup::new().limit(0);
}

#[test]
fn a_group_is_set_up_before_its_first_child() {
    each(|| async {
        let group = TaskGroup::new();
        let child = group.spawn(std::future::pending::<()>());
        let late = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| group.limit(2)));
        assert!(late.is_err());
        assert_eq!(child.await, Err(ChildError::Cancelled));
    });
}

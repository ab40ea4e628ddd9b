use crate::bounded;
use filch::runtime::EventLoop;
use filch::task::{self, ChildError, LocalSet, TaskGroup, yield_now};
use filch::time::Duration;
use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;

/// Runs a `!Send` test on an event loop, and in a `LocalSet` on a runtime with workers.
#[track_caller]
fn each_local<F: Future<Output = ()>>(test: impl Fn() -> F + Send + 'static) {
    bounded(move || {
        EventLoop::new().unwrap().block_on(test());
        let runtime = crate::multi(2);
        LocalSet::new().block_on(&runtime, test());
    });
}

#[test]
fn children_that_are_not_send_share_with_the_body() {
    each_local(|| async {
        let log = Rc::new(RefCell::new(Vec::new()));
        task::scope(async |s| {
            for n in 0..3 {
                let log = log.clone();
                s.spawn_local(async move { log.borrow_mut().push(n) });
            }
        })
        .await
        .unwrap();
        assert_eq!(*log.borrow(), [0, 1, 2]);
        assert_eq!(Rc::strong_count(&log), 1);
    });
}

#[test]
fn errors_that_are_not_send_come_back() {
    each_local(|| async {
        let error = task::try_scope(async |s| {
            s.try_spawn_local(async { Err::<(), _>(Rc::new(7)) });
            let never = s.try_spawn_local(pending::<Result<(), _>>());
            let _ = never.await;
            Ok(())
        });
        assert_eq!(*error.await.unwrap_err().into_error().unwrap(), 7);
    });
}

#[test]
fn a_panic_ends_local_siblings() {
    each_local(|| async {
        let shared = Rc::new(());
        let error = task::scope(async |s| {
            let theirs = shared.clone();
            s.spawn_local(async move {
                let _theirs = theirs;
                pending::<()>().await;
            });
            s.named("local").spawn_local(async {
                yield_now().await;
                panic!("no milk")
            });
        });
        let error = error.await.unwrap_err();
        assert_eq!(error.task().unwrap().name(), Some("local"));
        assert_eq!(Rc::strong_count(&shared), 1);
    });
}

#[test]
fn limit_deadline_and_grace_hold_for_local_children() {
    each_local(|| async {
        let group = TaskGroup::new().limit(1).timeout(Duration::from_millis(5));
        let shared = Rc::new(());
        let children: Vec<_> = (0..3)
            .map(|_| {
                let theirs = shared.clone();
                group.spawn_local(async move {
                    let _theirs = theirs;
                    pending::<()>().await;
                })
            })
            .collect();
        assert!(group.join().await.unwrap_err().is_deadline());
        assert_eq!(Rc::strong_count(&shared), 1);
        for child in children {
            assert_eq!(child.await, Err(ChildError::Cancelled));
        }
    });
}

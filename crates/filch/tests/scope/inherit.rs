use crate::each;
use filch::sync::CancellationToken;
use filch::task::{Inherit, TaskGroup, cancellation, deadline, scope};
use filch::time::{Duration, Instant};
use std::future::pending;

filch::task_local! {
    static USER: String;
    static REQUEST: u32;
}

#[test]
fn children_inherit_what_they_are_told_to_and_nothing_else() {
    each(|| async {
        let inside = async {
            let plain = scope(async |s| {
                s.spawn(async { USER.try_get().is_ok() || REQUEST.try_get().is_ok() })
                    .await
                    .unwrap()
            });
            assert!(!plain.await.unwrap());
            let group = TaskGroup::new().inherit(Inherit::nothing().local(&USER));
            group
                .run(async |s| {
                    for _ in 0..10 {
                        s.spawn(async {
                            filch::task::yield_now().await;
                            (USER.get(), REQUEST.try_get().is_ok())
                        })
                        .await
                        .map(|seen| assert_eq!(seen, ("Ada".to_owned(), false)))
                        .unwrap();
                    }
                })
                .await
                .unwrap();
        };
        USER.scope("Ada".to_owned(), REQUEST.scope(7, inside)).await;
    });
}

#[test]
fn deadline_and_token_go_down_and_the_earlier_deadline_counts() {
    each(|| async {
        let far = Duration::from_secs(3600);
        let group = TaskGroup::new().timeout(far).inherit(Inherit::nothing());
        group
            .run(async |outer| {
                outer
                    .spawn(async {
                        let mine = deadline().unwrap();
                        let inner = TaskGroup::new().timeout(2 * Duration::from_secs(3600));
                        let theirs = inner
                            .inherit(Inherit::current())
                            .run(async |s| s.spawn(async { deadline() }).await.unwrap());
                        assert_eq!(theirs.await.unwrap(), Some(mine));
                    })
                    .await
                    .unwrap();
            })
            .await
            .unwrap();
    });
}

#[test]
fn an_inherited_token_ends_the_group() {
    each(|| async {
        let token = CancellationToken::new();
        let inherit = Inherit::nothing().token(token.clone());
        let group = TaskGroup::new().inherit(inherit).grace(Duration::from_secs(3600));
        let child = group.spawn(async {
            cancellation().unwrap().cancelled().await;
            7
        });
        let joined = filch::spawn(group.join());
        token.cancel();
        assert!(joined.await.unwrap().unwrap().forced().is_empty());
        assert_eq!(child.await, Ok(7));
    });
}

#[test]
fn cancelling_a_group_leaves_the_inherited_token_alone() {
    each(|| async {
        let token = CancellationToken::new();
        let group = TaskGroup::new().inherit(Inherit::nothing().token(token.clone()));
        group.spawn(pending::<()>());
        group.cancel();
        group.join().await.unwrap();
        assert!(!token.is_cancelled());
    });
}

#[test]
fn an_inherited_deadline_ends_the_group() {
    each(|| async {
        let group = TaskGroup::new().inherit(Inherit::nothing().deadline(Instant::now()));
        group.spawn(pending::<()>());
        assert!(group.join().await.unwrap_err().is_deadline());
    });
}

#[test]
fn destructors_find_the_inherited_values() {
    struct Look(filch::sync::oneshot::Sender<Option<u32>>);
    impl Drop for Look {
        fn drop(&mut self) {
            let (dummy, _) = filch::sync::oneshot::channel();
            let tell = std::mem::replace(&mut self.0, dummy);
            let _ = tell.send(REQUEST.try_get().ok());
        }
    }
    each(|| async {
        let inherit = REQUEST.sync_scope(7, || Inherit::nothing().local(&REQUEST));
        let (tell, told) = filch::sync::oneshot::channel();
        let look = Look(tell);
        let task = filch::spawn(inherit.scope(async move {
            let _look = look;
            pending::<()>().await;
        }));
        filch::task::yield_now().await;
        task.abort();
        assert_eq!(told.await.unwrap(), Some(7));
    });
}

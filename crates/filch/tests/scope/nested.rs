use crate::{Drops, each};
use filch::task;
use std::future::pending;

#[test]
fn an_inner_scope_holds_up_the_outer_one() {
    each(|| async {
        let drops = Drops::default();
        let d = drops.clone();
        task::scope(async |outer| {
            for _ in 0..5 {
                let d = d.clone();
                outer.spawn(async move {
                    task::scope(async |inner| {
                        for _ in 0..5 {
                            let guard = d.guard();
                            inner.spawn(async move {
                                let _guard = guard;
                                task::yield_now().await;
                            });
                        }
                    })
                    .await
                    .unwrap();
                });
            }
        })
        .await
        .unwrap();
        assert_eq!(drops.count(), 25);
    });
}

#[test]
fn an_inner_failure_stays_inside_unless_it_is_handed_on() {
    each(|| async {
        let value = task::scope(async |outer| {
            let inner = outer.spawn(async {
                let failed = task::scope(async |s| {
                    s.spawn(async { panic!("no milk") });
                });
                failed.await.is_err()
            });
            inner.await.unwrap()
        });
        assert!(value.await.unwrap());

        let error = task::try_scope(async |outer| {
            outer.try_spawn(async {
                let failed = task::try_scope(async |s| {
                    s.try_spawn(async { Err::<(), _>("no milk") });
                    Ok(())
                });
                failed.await.map_err(|error| error.into_error().unwrap())
            });
            Ok(())
        });
        assert_eq!(error.await.unwrap_err().into_error().unwrap(), "no milk");
    });
}

#[test]
fn an_outer_failure_ends_inner_scopes() {
    each(|| async {
        let drops = Drops::default();
        let d = drops.clone();
        let (tell, told) = filch::sync::oneshot::channel();
        let error = task::scope(async |outer| {
            outer.spawn(async move {
                task::scope(async |inner| {
                    let guard = d.guard();
                    inner.spawn(async move {
                        let _guard = guard;
                        tell.send(()).unwrap();
                        pending::<()>().await;
                    });
                })
                .await
                .unwrap();
            });
            outer.spawn(async {
                told.await.unwrap();
                panic!("no milk");
            });
        });
        assert!(error.await.unwrap_err().is_panic());
        // The inner scope was dropped half-way: its children are aborted, in the background.
        while drops.count() == 0 {
            task::yield_now().await;
        }
    });
}

#[test]
fn a_scope_inside_the_body_of_another() {
    each(|| async {
        let value = task::scope(async |outer| {
            let a = outer.spawn(async { 1 });
            let b = task::scope(async |inner| inner.spawn(async { 2 }).await.unwrap());
            b.await.unwrap() + a.await.unwrap()
        });
        assert_eq!(value.await.unwrap(), 3);
    });
}

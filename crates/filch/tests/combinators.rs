//! `gather`, `race`, `any`, `all_settled`, `as_completed`, `wait_for`, `shield`.

use filch::runtime::Builder;
use filch::task::yield_now;
use filch::time::{Duration, sleep, timeout};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use std::future::{pending, ready};
use std::sync::Arc;

const HUNG: Duration = Duration::from_secs(30);

fn each<F: Future<Output = ()> + Send + 'static>(test: impl Fn() -> F) {
    let bounded = |test: F| async { timeout(HUNG, test).await.expect("the test hung") };
    Builder::new_current_thread().enable_all().build().unwrap().block_on(bounded(test()));
    for workers in [1, 4] {
        let runtime = Builder::new_multi_thread().worker_threads(workers).build().unwrap();
        runtime.block_on(runtime.spawn(bounded(test()))).unwrap();
    }
}

/// Counts how many of its clones are alive.
#[derive(Clone, Default)]
struct Alive(Arc<()>);

impl Alive {
    fn others(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

#[test]
fn gather_keeps_the_order_whatever_the_order_of_the_ends() {
    each(|| async {
        let values = filch::gather((0..100_u64).map(|n| async move {
            for _ in 0..(97 * n) % 11 {
                yield_now().await;
            }
            Ok::<_, ()>(n)
        }));
        assert_eq!(values.await, Ok((0..100).collect()));
        let none: [std::future::Ready<Result<(), ()>>; 0] = [];
        assert_eq!(filch::gather(none).await, Ok(vec![]));
    });
}

#[test]
fn gather_drops_the_others_at_the_first_error() {
    each(|| async {
        let alive = Alive::default();
        let failed = filch::gather((0..10).map(|n| {
            let alive = alive.clone();
            async move {
                let _alive = alive;
                if n == 5 {
                    yield_now().await;
                    return Err(n);
                }
                pending::<Result<(), i32>>().await
            }
        }));
        let mut failed = std::pin::pin!(failed);
        assert_eq!(failed.as_mut().await, Err(5));
        // Before the combinator itself is dropped.
        assert_eq!(alive.others(), 0);
    });
}

#[test]
fn the_futures_may_borrow() {
    each(|| async {
        let words = ["a".to_owned(), "bc".to_owned()];
        let lengths = filch::all_settled(words.iter().map(|word| async move { word.len() }));
        assert_eq!(lengths.await, [1, 2]);
    });
}

#[test]
fn race_has_one_winner_and_the_losers_are_gone() {
    each(|| async {
        let alive = Alive::default();
        let futures = (0..10).map(|n| {
            let alive = alive.clone();
            async move {
                let _alive = alive;
                if n != 7 {
                    pending::<()>().await;
                }
                n
            }
        });
        assert_eq!(filch::race(futures).await, 7);
        assert_eq!(alive.others(), 0);
        assert_eq!(filch::race([ready(1), ready(2)]).await, 1);
    });
}

#[test]
#[should_panic(expected = "without futures")]
fn a_race_of_nobody_is_refused() {
    drop(filch::race(Vec::<std::future::Ready<()>>::new()));
}

#[test]
fn any_skips_what_fails_and_gathers_the_errors_when_all_do() {
    each(|| async {
        let late = |ms, result| async move {
            sleep(Duration::from_millis(ms)).await;
            result
        };
        assert_eq!(filch::any([late(1, Err("a")), late(5, Ok(2))]).await, Ok(2));
        let errors = filch::any([late(5, Err("a")), late(1, Err("b"))]);
        assert_eq!(errors.await, Err(vec!["a", "b"]));
        let none: [std::future::Ready<Result<(), ()>>; 0] = [];
        assert_eq!(filch::any(none).await, Err(vec![]));
    });
}

#[test]
fn all_settled_waits_for_everyone() {
    each(|| async {
        let polls = Arc::new(AtomicUsize::new(0));
        let settled = filch::all_settled((0..10).map(|n| {
            let polls = polls.clone();
            async move {
                yield_now().await;
                // Ordering: Relaxed; read when all have ended.
                polls.fetch_add(1, Ordering::Relaxed);
                if n % 2 == 0 { Ok(n) } else { Err(n) }
            }
        }));
        let settled = settled.await;
        assert_eq!(settled.len(), 10);
        assert!(settled.iter().enumerate().all(|(n, r)| r.is_ok() == (n % 2 == 0)));
        // Ordering: Relaxed; as above.
        assert_eq!(polls.load(Ordering::Relaxed), 10);
    });
}

#[test]
fn as_completed_yields_in_the_order_of_the_ends_and_survives_a_dropped_next() {
    each(|| async {
        let (tell, told) = filch::sync::oneshot::channel::<()>();
        let mut told = Some(told);
        let mut ends = filch::as_completed((0..3).map(|n| {
            let wait = if n == 0 { told.take() } else { None };
            async move {
                if let Some(wait) = wait {
                    wait.await.unwrap();
                }
                n
            }
        }));
        assert_eq!(ends.len(), 3);
        assert_eq!(ends.next().await, Some(1));
        assert_eq!(ends.next_with_number().await, Some((2, 2)));
        assert!(timeout(Duration::ZERO, ends.next()).await.is_err());
        tell.send(()).unwrap();
        assert_eq!(ends.next().await, Some(0));
        assert!(ends.is_empty());
        assert_eq!(ends.next().await, None);
    });
}

#[test]
fn a_wake_up_of_one_of_many_polls_that_one() {
    each(|| async {
        let polls = Arc::new(AtomicUsize::new(0));
        let steps = 50;
        let counted = (0..100).map(|n| {
            let polls = polls.clone();
            let mut left = if n == 0 { steps } else { 0 };
            std::future::poll_fn(move |cx| {
                // Ordering: Relaxed; read when all have ended.
                polls.fetch_add(1, Ordering::Relaxed);
                if left == 0 {
                    return std::task::Poll::Ready(());
                }
                left -= 1;
                cx.waker().wake_by_ref();
                std::task::Poll::Pending
            })
        });
        filch::all_settled(counted).await;
        // Ordering: Relaxed; as above.
        assert_eq!(polls.load(Ordering::Relaxed), 100 + steps);
    });
}

#[test]
fn what_is_shielded_goes_on() {
    each(|| async {
        let (go, gone) = filch::sync::oneshot::channel::<()>();
        let (done, is_done) = filch::sync::oneshot::channel();
        let shielded = filch::shield(async move {
            gone.await.unwrap();
            done.send(7).unwrap();
        });
        assert!(filch::wait_for(shielded, Duration::ZERO).await.is_err());
        go.send(()).unwrap();
        assert_eq!(is_done.await, Ok(7));
    });
}

//! Promises, in both flavours.

use filch::promise::{Promise, PromiseState, Rejection};
use filch::runtime::{Builder, EventLoop, Runtime};
use filch::task::yield_now;
use filch::time::{Duration, timeout};
use filch_primitives::sync::Mutex;
use std::sync::Arc;

const HUNG: Duration = Duration::from_secs(30);

fn each<F: Future<Output = ()> + Send + 'static>(test: impl Fn() -> F) {
    let bounded = |test: F| async { timeout(HUNG, test).await.expect("the test hung") };
    EventLoop::new().unwrap().block_on(bounded(test()));
    for workers in [1, 4] {
        let runtime: Runtime = Builder::new_multi_thread().worker_threads(workers).build().unwrap();
        runtime.block_on(bounded(test()));
    }
}

type Text = Promise<String, String>;

#[test]
fn a_chain_hands_values_down_and_rejections_past() {
    each(|| async {
        let start = Text::resolve("a".to_owned());
        let end = start
            .then(|text| text + "b")
            .catch(|_| unreachable!("it was not rejected"))
            .and_then(|text| async move { Err::<String, _>(text + "c") })
            .then(|_: String| -> String { unreachable!("it was rejected") })
            .catch(|why| why.error().unwrap().clone() + "d")
            .finally(|| {});
        assert_eq!(end.await.unwrap(), "abcd");
    });
}

#[test]
fn callbacks_run_after_the_code_that_put_them_on_and_in_order() {
    EventLoop::new().unwrap().block_on(async {
        let log = Arc::new(Mutex::new(Vec::new()));
        let note = |what: &'static str| {
            let log = log.clone();
            move |()| log.lock().push(what)
        };
        let (promise, resolver) = Promise::<(), ()>::with_resolver();
        let first = promise.then(note("first")).then(note("third"));
        let second = promise.then(note("second")).then(note("fourth"));
        resolver.resolve(());
        log.lock().push("code");
        Promise::all([first, second]).await.unwrap();
        assert_eq!(*log.lock(), ["code", "first", "second", "third", "fourth"]);
    });
}

#[test]
fn the_first_to_settle_wins() {
    each(|| async {
        let (promise, resolver) = Promise::<u32, &str>::with_resolver();
        let other = resolver.clone();
        assert_eq!(promise.state(), PromiseState::Pending);
        assert!(other.reject("no"));
        assert!(!resolver.resolve(1));
        assert_eq!(promise.state(), PromiseState::Rejected);
        assert_eq!(promise.clone().await, Err(Rejection::Error("no")));
        // And again.
        assert_eq!(promise.await, Err(Rejection::Error("no")));
    });
}

#[test]
fn every_clone_is_told() {
    each(|| async {
        let (promise, resolver) = Promise::<u32, ()>::with_resolver();
        let tasks: Vec<_> = (0..50).map(|_| filch::spawn(promise.clone().into_future())).collect();
        yield_now().await;
        resolver.resolve(7);
        for task in tasks {
            assert_eq!(task.await.unwrap(), Ok(7));
        }
    });
}

#[test]
fn panics_reject() {
    each(|| async {
        let in_executor = Promise::<(), ()>::new(|_resolver| panic!("no milk"));
        assert_eq!(in_executor.await, Err(Rejection::Panicked("no milk".into())));
        let in_task = Promise::<(), ()>::start(async {
            yield_now().await;
            if true {
                panic!("no milk");
            }
            Ok::<_, ()>(())
        });
        assert_eq!(in_task.await, Err(Rejection::Panicked("no milk".into())));
        let in_callback = Promise::<_, ()>::resolve(1).then(|_| -> u32 { panic!("no milk") });
        assert_eq!(in_callback.await, Err(Rejection::Panicked("no milk".into())));
    });
}

#[test]
fn a_promise_that_nobody_can_settle_is_rejected() {
    each(|| async {
        let (promise, resolver) = Promise::<u32, ()>::with_resolver();
        let waiting = filch::spawn(promise.clone().into_future());
        yield_now().await;
        let clone = resolver.clone();
        drop(resolver);
        assert_eq!(promise.state(), PromiseState::Pending);
        drop(clone);
        assert_eq!(waiting.await.unwrap(), Err(Rejection::Abandoned));
    });
}

#[test]
fn a_promise_whose_runtime_ends_is_abandoned() {
    let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let entered = runtime.enter();
    let promise = Promise::<(), ()>::start(std::future::pending::<Result<_, ()>>());
    drop(entered);
    drop(runtime);
    assert_eq!(EventLoop::new().unwrap().block_on(promise), Err(Rejection::Abandoned));
}

#[test]
fn a_dropped_wait_leaves_the_promise_as_it_is() {
    each(|| async {
        let (promise, resolver) = Promise::<u32, ()>::with_resolver();
        for _ in 0..10 {
            assert!(timeout(Duration::ZERO, promise.clone()).await.is_err());
        }
        let mut again = promise.clone();
        assert!(timeout(Duration::ZERO, &mut again).await.is_err());
        resolver.resolve(7);
        assert_eq!((again.await, promise.await), (Ok(7), Ok(7)));
    });
}

#[test]
fn all_race_any_and_all_settled() {
    each(|| async {
        let ok = |n: u32| Promise::<u32, u32>::resolve(n);
        let err = |n: u32| Promise::<u32, u32>::reject(n);
        let never = || {
            let (promise, resolver) = Promise::<u32, u32>::with_resolver();
            std::mem::forget(resolver);
            promise
        };
        assert_eq!(Promise::all([ok(1), ok(2)]).await, Ok(vec![1, 2]));
        assert_eq!(Promise::all([never(), err(2)]).await, Err(2.into()));
        assert_eq!(Promise::race([never(), err(2)]).await, Err(2.into()));
        assert_eq!(Promise::any([err(1), never(), ok(3)]).await, Ok(3));
        let errors = Promise::any([err(1), err(2)]).await.unwrap_err();
        assert_eq!(errors.error(), Some(&vec![1.into(), 2.into()]));
        let settled = Promise::all_settled([err(1), ok(2)]).await;
        assert_eq!(settled, Ok(vec![Err(1.into()), Ok(2)]));
    });
}

#[test]
fn a_chain_longer_than_the_stack_is_deep_is_abandoned_link_by_link() {
    for build in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let mut build = build;
        let runtime = build.build().unwrap();
        let entered = runtime.enter();
        let mut last = Promise::<u32, ()>::start(std::future::pending::<Result<u32, ()>>());
        for _ in 0..100_000 {
            last = last.then(|number| number);
        }
        drop(entered);
        drop(runtime);
        assert_eq!(last.state(), PromiseState::Rejected);
    }
}

#[test]
fn a_future_whose_destructor_panics_rejects_its_promise() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("no milk");
        }
    }
    each(|| async {
        let bomb = Bomb;
        let promise = Promise::<u32, ()>::start(std::future::poll_fn(move |_| {
            let _armed = &bomb;
            std::task::Poll::Ready(Ok::<_, ()>(7))
        }));
        match promise.await {
            Err(Rejection::Panicked(message)) => assert!(message.contains("no milk")),
            other => panic!("{other:?}"),
        }
    });
}

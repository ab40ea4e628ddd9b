//! `JoinSet` and `JoinMap`.

use filch::runtime::{Builder, EventLoop, Runtime};
use filch::task::{self, AbortHandle, JoinMap, JoinSet, LocalSet, yield_now};
use filch::time::{Duration, Instant, timeout};
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::sync::Arc;

const HUNG: Duration = Duration::from_secs(30);

fn each<F: Future<Output = ()> + Send + 'static>(test: impl Fn() -> F) {
    let bounded = |test: F| async { timeout(HUNG, test).await.expect("the test hung") };
    Builder::new_current_thread().enable_all().build().unwrap().block_on(bounded(test()));
    for workers in [1, 4] {
        let runtime: Runtime = Builder::new_multi_thread().worker_threads(workers).build().unwrap();
        runtime.block_on(bounded(test()));
    }
}

#[test]
fn outputs_come_in_the_order_of_the_ends_and_each_once() {
    each(|| async {
        let (first, is_first) = filch::sync::oneshot::channel::<()>();
        let mut set = JoinSet::new();
        set.spawn(async move {
            is_first.await.unwrap();
            1
        });
        set.spawn(async { 2 });
        assert_eq!(set.join_next().await.unwrap().unwrap(), 2);
        assert!(set.try_join_next().is_none());
        assert_eq!(set.len(), 1);
        first.send(()).unwrap();
        assert_eq!(set.join_next().await.unwrap().unwrap(), 1);
        assert!(set.join_next().await.is_none() && set.is_empty());
    });
}

#[test]
fn a_thousand_tasks_are_all_joined() {
    each(|| async {
        let mut set: JoinSet<usize> = (0..1000)
            .map(|n| async move {
                for _ in 0..n % 5 {
                    yield_now().await;
                }
                n
            })
            .collect();
        let mut outputs = Vec::new();
        while let Some(joined) = set.join_next().await {
            outputs.push(joined.unwrap());
            if outputs.len() == 500 {
                set.extend((1000..1100).map(|n| async move { n }));
            }
        }
        outputs.sort_unstable();
        assert_eq!(outputs, (0..1100).collect::<Vec<_>>());
    });
}

#[test]
fn panics_and_aborts_are_joined_with_their_ids() {
    each(|| async {
        let mut set = JoinSet::new();
        let panics = set.spawn(async { panic!("no milk") }).id();
        let aborted = set.spawn(pending::<()>());
        aborted.abort();
        let mut ends = Vec::new();
        while let Some(joined) = set.join_next_with_id().await {
            let error = joined.unwrap_err();
            ends.push((error.id(), error.is_panic()));
        }
        ends.sort();
        let mut expected = [(panics, true), (aborted.id(), false)];
        expected.sort();
        assert_eq!(ends, expected);
    });
}

#[test]
fn a_dropped_join_next_loses_nothing() {
    each(|| async {
        let mut set: JoinSet<u32> = (0..100).map(|n| async move { n }).collect();
        let mut sum = 0;
        while !set.is_empty() {
            // Dropped when it is pending, and asked again.
            filch::select! {
                biased;
                Some(joined) = set.join_next() => sum += joined.unwrap(),
                () = yield_now() => {}
            }
        }
        assert_eq!(sum, 4950);
    });
}

#[test]
fn a_dropped_set_aborts_and_a_detached_one_does_not() {
    each(|| async {
        let alive = Arc::new(());
        let mut set = JoinSet::new();
        let theirs = alive.clone();
        set.spawn(async move {
            let _theirs = theirs;
            pending::<()>().await;
        });
        drop(set);
        while Arc::strong_count(&alive) > 1 {
            yield_now().await;
        }

        let (go, gone) = filch::sync::oneshot::channel::<()>();
        let (done, is_done) = filch::sync::oneshot::channel();
        let mut set = JoinSet::new();
        set.spawn(async move {
            gone.await.unwrap();
            done.send(7).unwrap();
        });
        set.detach_all();
        assert!(set.join_next().await.is_none());
        drop(set);
        go.send(()).unwrap();
        assert_eq!(is_done.await, Ok(7));
    });
}

#[test]
fn blocking_calls_and_other_runtimes_can_be_in_one_set() {
    let other = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let handle = other.handle().clone();
    each(move || {
        let handle = handle.clone();
        async move {
            let mut set = JoinSet::new();
            set.spawn_blocking(|| 1);
            set.spawn_on(async { 2 }, &handle);
            set.spawn_blocking_on(|| 3, &handle);
            set.spawn(async { 4 });
            let mut outputs = set.join_all().await;
            outputs.sort_unstable();
            assert_eq!(outputs, [1, 2, 3, 4]);
        }
    });
}

#[test]
fn tasks_that_are_not_send() {
    let shared = Rc::new(3);
    let event_loop = EventLoop::new().unwrap();
    let theirs = shared.clone();
    event_loop.block_on(async {
        let mut set = JoinSet::new();
        set.spawn_local(async move { *theirs });
        assert_eq!(set.join_next().await.unwrap().unwrap(), 3);
    });
    let local = LocalSet::new();
    let mut set = JoinSet::new();
    set.spawn_local_on(async move { Rc::strong_count(&shared) }, &local);
    assert_eq!(event_loop.block_on(local.run_until(set.join_all())), [1]);
}

#[test]
fn join_all_goes_on_with_a_panic() {
    each(|| async {
        let set: JoinSet<()> = [1, 2].map(|_| async { panic!("no milk") }).into_iter().collect();
        let error = task::spawn(set.join_all()).await.unwrap_err();
        assert_eq!(error.into_panic().downcast_ref(), Some(&"no milk"));
    });
}

#[test]
fn a_map_finds_its_tasks_by_their_keys() {
    each(|| async {
        let mut map = JoinMap::new();
        for n in 0..100_u32 {
            map.spawn(n.to_string(), async move { n });
        }
        assert!(map.contains_key("7") && !map.contains_key("100"));
        assert_eq!((map.len(), map.keys().count()), (100, 100));
        let id = map.abort_handle("7").unwrap().id();
        assert!(map.contains_task(&id));
        let mut seen = 0;
        while let Some((key, joined)) = map.join_next().await {
            assert_eq!(key, joined.unwrap().to_string());
            assert!(!map.contains_key(&key));
            seen += 1;
        }
        assert_eq!((seen, map.keys().count()), (100, 0));
        assert!(!map.contains_task(&id));
    });
}

#[test]
fn a_key_that_is_taken_is_taken_over() {
    each(|| async {
        let alive = Arc::new(());
        let theirs = alive.clone();
        let mut map = JoinMap::new();
        map.spawn("a", async move {
            let _theirs = theirs;
            pending::<u32>().await
        });
        map.spawn("a", async { 2 });
        assert_eq!(map.len(), 1);
        let (key, joined) = map.join_next().await.unwrap();
        assert_eq!((key, joined.unwrap()), ("a", 2));
        assert!(map.join_next().await.is_none());
        while Arc::strong_count(&alive) > 1 {
            yield_now().await;
        }
    });
}

#[test]
fn keys_with_one_hash_are_told_apart() {
    use std::hash::{BuildHasher, Hasher};
    #[derive(Default)]
    struct Same;
    impl Hasher for Same {
        fn finish(&self) -> u64 {
            7
        }
        fn write(&mut self, _: &[u8]) {}
    }
    impl BuildHasher for Same {
        type Hasher = Same;
        fn build_hasher(&self) -> Same {
            Same
        }
    }
    each(|| async {
        let mut map = JoinMap::with_hasher(Same);
        for n in 0..10 {
            map.spawn(n, pending::<()>());
        }
        assert!(map.abort(&3) && !map.abort(&10));
        let (key, joined) = map.join_next().await.unwrap();
        assert!(key == 3 && joined.unwrap_err().is_cancelled());
        map.abort_matching(|key| *key < 5);
        for _ in 0..4 {
            assert!(map.join_next().await.unwrap().0 < 5);
        }
        assert_eq!(map.len(), 5);
        map.shutdown().await;
        assert!(map.is_empty());
    });
}

#[test]
fn a_task_that_comes_while_somebody_waits_wakes_the_waiter() {
    each(|| async {
        let start = Instant::now();
        let mut set = JoinSet::new();
        set.spawn(pending::<u32>());
        let mut is_first = true;
        let joined = poll_fn(|cx| {
            let polled = set.poll_join_next(cx);
            if polled.is_pending() && std::mem::take(&mut is_first) {
                set.spawn(async { 7 });
            }
            polled
        });
        assert_eq!(joined.await.unwrap().unwrap(), 7);
        // The bound of the whole test polls it once more before it gives up.
        assert!(start.elapsed() < HUNG / 2, "nothing woke it but the bound of the test");
    });
}

#[test]
fn a_look_takes_all_that_have_ended_and_leaves_the_waiter_in_its_place() {
    each(|| async {
        let mut set = JoinSet::new();
        let spawned: Vec<_> = (0..300).map(|_| set.spawn(async {})).collect();
        while !spawned.iter().all(AbortHandle::is_finished) {
            yield_now().await;
        }
        let mut looks = 0;
        while set.try_join_next().is_some() {
            looks += 1;
        }
        assert_eq!(looks, 300, "more than a task may do in one poll");

        let (give, given) = filch::sync::oneshot::channel::<()>();
        set.spawn(async { given.await.unwrap() });
        let mut give = Some(give);
        let joined = poll_fn(|cx| {
            let polled = set.poll_join_next(cx);
            if polled.is_pending() {
                assert!(set.try_join_next().is_none());
                if let Some(give) = give.take() {
                    give.send(()).unwrap();
                }
            }
            polled
        });
        joined.await.unwrap().unwrap();
    });
}

#[test]
fn a_waiter_whose_waker_panics_does_not_keep_a_task_out_of_the_map() {
    struct Panics;
    impl std::task::Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("this waker panics");
        }
    }
    each(|| async {
        let mut map = JoinMap::new();
        map.spawn("waits", pending::<u32>());
        {
            let waker = std::task::Waker::from(Arc::new(Panics));
            let mut cx = std::task::Context::from_waker(&waker);
            assert!(std::pin::pin!(map.join_next()).poll(&mut cx).is_pending());
        }
        map.spawn("comes", async { 7 });
        let (key, joined) = map.join_next().await.unwrap();
        assert_eq!((key, joined.unwrap()), ("comes", 7));
    });
}

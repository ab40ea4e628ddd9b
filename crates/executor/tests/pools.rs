//! Pools of threads for blocking calls: names, bounds, waiting for room, and what is done without a thread.

mod support;

use filch_executor::{
    BlockingPool, Builder, Executor, Handle, JoinHandle, PoolConfig, block_in_place,
};
use filch_primitives::atomic::{AtomicBool, Ordering};
use filch_primitives::sync::Mutex;
use std::collections::HashSet;
use std::io;
use std::sync::{Arc, mpsc};
use std::task::{Poll, Waker};
use std::time::Duration;
use support::{
    Counter, WakeCounter, WakeFn, both_flavours, bounded, eventually, multi, on_drop, poll_once,
    poll_with, single, thread,
};

/// A pool on an executor of its own.
fn pool(config: PoolConfig) -> (Executor, BlockingPool) {
    let executor = multi(1);
    let pool = executor.handle().new_blocking_pool("pool", config).unwrap();
    (executor, pool)
}

/// Keeps `count` threads of `pool` busy until the sender is dropped.
fn occupy(pool: &BlockingPool, count: usize) -> (mpsc::Sender<()>, Vec<JoinHandle<()>>) {
    let (release, released) = mpsc::channel::<()>();
    let released = Arc::new(Mutex::new(released));
    let (started, has_started) = mpsc::channel();
    let call = || {
        let (released, started) = (released.clone(), started.clone());
        pool.spawn(move || {
            started.send(()).unwrap();
            let _released = released.lock().recv();
        })
    };
    let calls = (0..count).map(|_| call()).collect();
    for _ in 0..count {
        has_started.recv_timeout(support::HUNG).expect("it begins");
    }
    (release, calls)
}

#[test]
fn threads_bear_the_name_of_their_pool_and_know_their_executor() {
    both_flavours(|executor| {
        for name in ["cpu", "queries"] {
            let pool = executor.handle().new_blocking_pool(name, PoolConfig::new()).unwrap();
            let call = pool.spawn(|| {
                let is_entered = filch_executor::Handle::try_current().is_ok();
                (std::thread::current().name().map(str::to_owned), is_entered)
            });
            assert_eq!(executor.block_on(call).unwrap(), (Some(name.to_owned()), true));
        }
        let pools = executor.handle().blocking_pools();
        let names: Vec<_> = pools.iter().map(BlockingPool::name).collect();
        assert_eq!(names, [BlockingPool::DEFAULT, "cpu", "queries"]);
    });
}

#[test]
fn a_pool_that_is_full_keeps_no_other_waiting() {
    bounded(|| {
        let executor = Builder::new_multi_thread()
            .worker_threads(1)
            .blocking_pool("one", PoolConfig::new().max_threads(1))
            .build()
            .unwrap();
        let one = executor.handle().blocking_pool("one").unwrap();
        let (release, calls) = occupy(&one, 1);
        let queued = one.spawn(|| 1);
        assert_eq!((one.num_threads(), one.queue_depth()), (1, 1));
        assert_eq!(executor.block_on(executor.handle().spawn_blocking(|| 2)).unwrap(), 2);
        assert_eq!(executor.handle().blocking_queue_depth(), 0);
        drop(release);
        assert_eq!(executor.block_on(queued).unwrap(), 1);
        drop(calls);
    });
}

#[test]
fn a_full_queue_is_an_error_that_says_so() {
    bounded(|| {
        let (executor, pool) = pool(PoolConfig::new().max_threads(2).max_queue(3));
        let (release, _calls) = occupy(&pool, 2);
        let queued: Vec<_> = (0..3).map(|n| pool.spawn(move || n)).collect();
        assert_eq!(pool.queue_depth(), 3);
        let dropped = Counter::new();
        let guard = dropped.on_drop();
        let error = pool.try_spawn(move || drop(guard)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ResourceBusy);
        assert_eq!(error.to_string(), "the queue of the pool \"pool\" is full");
        assert_eq!(dropped.get(), 1);
        drop(release);
        for (n, call) in queued.into_iter().enumerate() {
            assert_eq!(executor.block_on(call).unwrap(), n);
        }
    });
}

#[test]
#[should_panic(expected = "a blocking call cannot be made: the queue of the pool \"pool\" is full")]
fn spawning_on_a_full_queue_panics() {
    bounded(|| {
        let (_executor, pool) = pool(PoolConfig::new().max_threads(1).max_queue(0));
        let (_release, _calls) = occupy(&pool, 1);
        drop(pool.spawn(|| ()));
    });
}

#[test]
fn without_a_queue_free_threads_take_calls_all_the_same() {
    bounded(|| {
        let (executor, pool) = pool(PoolConfig::new().max_threads(2).max_queue(0));
        for n in 0..500 {
            let call = executor.block_on(pool.submit(move || n)).unwrap();
            assert_eq!(executor.block_on(call).unwrap(), n);
        }
        assert!(pool.num_threads() <= 2);
    });
}

#[test]
fn submissions_wait_for_room_and_are_let_in_in_their_order() {
    bounded(|| {
        let (executor, pool) = pool(PoolConfig::new().max_threads(1).max_queue(1));
        let (release, _calls) = occupy(&pool, 1);
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut submissions: Vec<_> = (0..10)
            .map(|n| {
                let order = order.clone();
                Box::pin(pool.submit(move || order.lock().push(n)))
            })
            .collect();
        let told = WakeCounter::new();
        let mut calls = Vec::new();
        for (n, submission) in submissions.iter_mut().enumerate() {
            match poll_with(submission, &told.clone().into()) {
                Poll::Ready(call) => {
                    assert_eq!(n, 0, "there is room for one");
                    calls.push(call.unwrap());
                }
                Poll::Pending => assert!(n > 0, "there is room for one"),
            }
        }
        assert_eq!(pool.queue_depth(), 1);
        drop(release);
        for submission in submissions.drain(1..) {
            calls.push(executor.block_on(submission).unwrap());
        }
        for call in calls {
            executor.block_on(call).unwrap();
        }
        assert_eq!(*order.lock(), (0..10).collect::<Vec<_>>());
    });
}

#[test]
fn a_submission_that_is_dropped_runs_nothing_and_gives_its_place_to_the_next() {
    bounded(|| {
        let (executor, pool) = pool(PoolConfig::new().max_threads(1).max_queue(0));
        let (release, _calls) = occupy(&pool, 1);
        let dropped = Counter::new();
        let guard = dropped.on_drop();
        let mut given_up = Box::pin(pool.submit(move || {
            let _guard = guard;
            unreachable!("nobody waits for it any more")
        }));
        let mut next = Box::pin(pool.submit(|| "next"));
        assert!(poll_once(&mut given_up).is_pending());
        assert!(poll_once(&mut next).is_pending());
        drop(given_up);
        assert_eq!(dropped.get(), 1);
        drop(release);
        let call = executor.block_on(next).unwrap();
        assert_eq!(executor.block_on(call).unwrap(), "next");
    });
}

#[test]
fn a_waker_that_looks_at_the_pool_when_it_is_dropped_can_be_replaced() {
    bounded(|| {
        let (_executor, pool) = pool(PoolConfig::new().max_threads(1).max_queue(0));
        let (_release, _calls) = occupy(&pool, 1);
        let mut waiting = Box::pin(pool.submit(|| ()));
        let (theirs, depth) = (pool.clone(), Arc::new(Mutex::new(None)));
        let seen = depth.clone();
        let looks = on_drop(move || *seen.lock() = Some(theirs.queue_depth()));
        let waker = Waker::from(Arc::new(WakeFn(move || _ = &looks)));
        assert!(poll_with(&mut waiting, &waker).is_pending());
        drop(waker);
        assert!(poll_once(&mut waiting).is_pending());
        assert_eq!(*depth.lock(), Some(0));
    });
}

#[test]
fn a_task_that_submits_again_and_again_lets_others_have_a_turn() {
    bounded(|| {
        let executor = single();
        let pool = executor.handle().blocking_pool(BlockingPool::DEFAULT).unwrap();
        let other = Counter::new();
        let task = executor.spawn(async move {
            let theirs = other.clone();
            let task = filch_executor::spawn(async move { theirs.add_one() });
            for _ in 0..1000 {
                drop(pool.submit(|| ()).await.unwrap());
            }
            assert_eq!(other.get(), 1);
            task.await.unwrap();
        });
        executor.block_on(task).unwrap();
    });
}

#[test]
fn a_submission_that_is_not_polled_is_not_made() {
    bounded(|| {
        let (_executor, pool) = pool(PoolConfig::new());
        drop(pool.submit(|| unreachable!("it was not polled")));
        assert_eq!(pool.num_threads(), 0);
    });
}

#[test]
fn submissions_that_wait_are_cancelled_by_the_end() {
    bounded(|| {
        let (executor, pool) = pool(PoolConfig::new().max_threads(1).max_queue(0));
        let (release, _calls) = occupy(&pool, 1);
        let mut waiting = Box::pin(pool.submit(|| unreachable!("cancelled")));
        let told = WakeCounter::new();
        assert!(poll_with(&mut waiting, &told.clone().into()).is_pending());
        executor.shutdown_background();
        eventually("it is told", || told.wakes() > 0);
        let outside = single();
        let call: JoinHandle<()> = outside.block_on(waiting).unwrap();
        assert!(outside.block_on(call).unwrap_err().is_cancelled());
        let after = outside.block_on(pool.submit(|| ())).unwrap();
        assert!(outside.block_on(after).unwrap_err().is_cancelled());
        drop(release);
    });
}

#[test]
fn a_pool_that_is_made_after_the_end_has_ended() {
    both_flavours(|executor| {
        let handle = executor.handle().clone();
        drop(executor);
        let late = handle.new_blocking_pool("late", PoolConfig::new()).unwrap();
        let error = single().block_on(late.spawn(|| ())).unwrap_err();
        assert!(error.is_cancelled());
        assert_eq!(late.num_threads(), 0);
    });
}

#[test]
fn the_end_of_the_executor_waits_for_calls_on_all_pools() {
    both_flavours(|executor| {
        let ended = Counter::new();
        for name in ["a", "b", "c"] {
            let pool = executor.handle().new_blocking_pool(name, PoolConfig::new()).unwrap();
            let (ends, (started, has_started)) = (ended.clone(), mpsc::channel());
            drop(pool.spawn(move || {
                started.send(()).unwrap();
                std::thread::sleep(Duration::from_millis(20));
                ends.add_one();
            }));
            has_started.recv().unwrap();
        }
        drop(executor);
        assert_eq!(ended.get(), 3);
    });
}

#[test]
fn two_pools_of_one_name_are_an_error_and_in_a_builder_a_panic() {
    bounded(|| {
        let executor = single();
        let handle = executor.handle();
        let error = handle.new_blocking_pool(BlockingPool::DEFAULT, PoolConfig::new()).unwrap_err();
        assert!(error.to_string().contains("\"blocking\" already"), "{error}");
        let twice = std::panic::catch_unwind(|| {
            let _builder = Builder::new_current_thread()
                .blocking_pool("cpu", PoolConfig::new())
                .blocking_pool("cpu", PoolConfig::new());
        });
        assert!(twice.is_err());
    });
}

#[test]
#[should_panic(expected = "has a zero byte in it")]
fn a_name_that_no_thread_can_have_panics() {
    let _builder = Builder::new_current_thread().blocking_pool("a\0b", PoolConfig::new());
}

#[test]
#[should_panic(expected = "a pool needs at least one thread")]
fn a_pool_without_threads_panics() {
    let _config = PoolConfig::new().max_threads(0);
}

/// An executor whose threads are refused while the flag is set, and how often its hook was called.
fn refusing(threads: usize) -> (Executor, Arc<AtomicBool>, Counter) {
    let refuses = Arc::new(AtomicBool::new(false));
    let (flag, told) = (refuses.clone(), Counter::new());
    let hook = told.clone();
    let executor = Builder::new_current_thread()
        .max_blocking_threads(threads)
        // No thread can have such a name.
        .thread_name_fn(move || {
            // Ordering: Relaxed; set by this thread or before it is asked.
            if flag.load(Ordering::Relaxed) { "no\0name".to_owned() } else { "thread".to_owned() }
        })
        .on_thread_refused(move |pool, error| {
            assert_eq!(pool, BlockingPool::DEFAULT);
            assert!(error.to_string().contains("zero byte"), "{error}");
            hook.add_one();
            panic!("a hook that panics");
        })
        .build()
        .unwrap();
    (executor, refuses, told)
}

fn set(flag: &AtomicBool, to: bool) {
    // Ordering: Relaxed; see `refusing`.
    flag.store(to, Ordering::Relaxed);
}

#[test]
fn a_pool_goes_on_with_fewer_threads_and_tells_it_once() {
    bounded(|| {
        let (executor, refuses, told) = refusing(8);
        let pool = executor.handle().blocking_pool(BlockingPool::DEFAULT).unwrap();
        let (release, _calls) = occupy(&pool, 2);
        set(&refuses, true);
        let calls: Vec<_> = (0..10).map(|n| pool.spawn(move || n)).collect();
        assert_eq!((pool.num_threads(), pool.queue_depth()), (2, 10));
        assert_eq!((told.get(), pool.refused_threads()), (1, 10));
        drop(release);
        for (n, call) in calls.into_iter().enumerate() {
            assert_eq!(executor.block_on(call).unwrap(), n);
        }
        assert_eq!((told.get(), pool.refused_threads()), (1, 10));
        // When they are granted again, and refused again, it is told again.
        set(&refuses, false);
        eventually("both are idle", || pool.num_idle_threads() == 2);
        let (release, _calls) = occupy(&pool, 3);
        assert_eq!(pool.num_threads(), 3);
        set(&refuses, true);
        drop(pool.spawn(|| ()));
        assert_eq!((told.get(), pool.refused_threads()), (2, 11));
        drop(release);
    });
}

#[test]
fn without_any_thread_a_call_is_an_error_and_later_ones_may_succeed() {
    bounded(|| {
        let (executor, refuses, told) = refusing(1);
        let pool = executor.handle().blocking_pool(BlockingPool::DEFAULT).unwrap();
        set(&refuses, true);
        for _ in 0..3 {
            let error = pool.try_spawn(|| ()).unwrap_err();
            assert!(error.to_string().contains("zero byte"), "{error}");
            executor.block_on(pool.submit(|| ())).unwrap_err();
        }
        assert_eq!((pool.num_threads(), pool.queue_depth(), told.get()), (0, 0, 1));
        set(&refuses, false);
        assert_eq!(executor.block_on(pool.spawn(|| 1)).unwrap(), 1);
    });
}

#[test]
fn the_hook_for_refused_threads_may_make_a_call_of_its_own() {
    bounded(|| {
        let slot = Arc::new(Mutex::new(None::<Handle>));
        let (theirs, told) = (slot.clone(), Counter::new());
        let hook = told.clone();
        let executor = Builder::new_current_thread()
            .thread_stack_size(1 << 60) // more than there is
            .on_thread_refused(move |_pool, _error| {
                let handle = theirs.lock().clone().unwrap();
                handle.try_spawn_blocking(|| ()).unwrap_err();
                hook.add_one();
            })
            .build()
            .unwrap();
        *slot.lock() = Some(executor.handle().clone());
        executor.handle().try_spawn_blocking(|| ()).unwrap_err();
        assert_eq!(told.get(), 1);
        // The handle keeps the hook, and the hook the handle.
        slot.lock().take();
    });
}

#[test]
fn calls_that_arrive_while_the_only_thread_times_out_are_not_lost() {
    bounded(|| {
        let config = PoolConfig::new().max_threads(1).keep_alive(Duration::from_micros(20));
        let (executor, pool) = pool(config);
        for n in 0..3000 {
            assert_eq!(executor.block_on(pool.spawn(move || n)).unwrap(), n);
        }
    });
}

#[test]
fn numbers_of_threads_and_calls_can_be_seen() {
    bounded(|| {
        let config = PoolConfig::new().max_threads(3).keep_alive(Duration::from_millis(20));
        let (executor, pool) = pool(config);
        let (release, calls) = occupy(&pool, 3);
        let queued = pool.spawn(|| ());
        assert_eq!((pool.num_threads(), pool.num_idle_threads(), pool.queue_depth()), (3, 0, 1));
        drop(release);
        for call in calls {
            executor.block_on(call).unwrap();
        }
        executor.block_on(queued).unwrap();
        eventually("idle threads end", || pool.num_threads() == 0);
        assert_eq!((pool.num_idle_threads(), pool.queue_depth()), (0, 0));
    });
}

#[test]
fn after_many_short_calls_a_long_one_holds_up_nobody() {
    bounded(|| {
        let (executor, pool) = pool(PoolConfig::new());
        for _ in 0..20 {
            let tasks: Vec<_> = (0..4)
                .map(|_| {
                    let pool = pool.clone();
                    executor.spawn(async move {
                        for _ in 0..100 {
                            pool.spawn(|| ()).await.unwrap();
                        }
                    })
                })
                .collect();
            for task in tasks {
                executor.block_on(task).unwrap();
            }
            // Each waits for the one behind it.
            let mut calls = Vec::new();
            let mut before: Option<mpsc::Receiver<()>> = None;
            for _ in 0..10 {
                let (sender, receiver) = mpsc::channel();
                let after = before.replace(receiver);
                calls.push(pool.spawn(move || {
                    drop(after);
                    drop(sender);
                }));
            }
            let (sender, receiver) = mpsc::channel::<()>();
            let waits = pool.spawn(move || receiver.recv().is_err());
            calls.push(pool.spawn(move || drop(sender)));
            assert!(executor.block_on(waits).unwrap());
            for call in calls {
                executor.block_on(call).unwrap();
            }
        }
    });
}

#[test]
fn no_closure_is_skipped_in_silence() {
    // A bounded queue, refused threads, aborted waits, and the end of the executor, all at once.
    bounded(|| {
        for round in 0..30 {
            let refuses = Arc::new(AtomicBool::new(false));
            let flag = refuses.clone();
            let executor = Builder::new_multi_thread()
                .worker_threads(2)
                .max_blocking_threads(3)
                .max_blocking_queue(4)
                .thread_keep_alive(Duration::from_micros(50))
                .thread_name_fn(move || {
                    // Ordering: Relaxed; a moment's choice.
                    if flag.load(Ordering::Relaxed) { "\0".to_owned() } else { "t".to_owned() }
                })
                .build()
                .unwrap();
            let (made, dropped, ran) = (Counter::new(), Counter::new(), Counter::new());
            let (told_ran, told_not) = (Counter::new(), Counter::new());
            let callers: Vec<_> = (0..3)
                .map(|caller| {
                    let pool = executor.handle().blocking_pool(BlockingPool::DEFAULT).unwrap();
                    let (made, dropped, ran) = (made.clone(), dropped.clone(), ran.clone());
                    let (told_ran, told_not) = (told_ran.clone(), told_not.clone());
                    let refuses = refuses.clone();
                    thread(move || {
                        let outside = single();
                        for n in 0..60 {
                            set(&refuses, n % 7 < 2);
                            made.add_one();
                            let (guard, ran) = (dropped.on_drop(), ran.clone());
                            let call = move || {
                                let _guard = guard;
                                ran.add_one();
                            };
                            let handle = if (n + caller) % 2 == 0 {
                                pool.try_spawn(call)
                            } else {
                                outside.block_on(pool.submit(call))
                            };
                            match handle {
                                Ok(handle) if n % 5 == 0 => {
                                    // Whether it ran is known when its guard is dropped.
                                    handle.abort();
                                    match outside.block_on(handle) {
                                        Ok(()) => told_ran.add_one(),
                                        Err(_) => told_not.add_one(),
                                    };
                                }
                                Ok(handle) => match outside.block_on(handle) {
                                    Ok(()) => drop(told_ran.add_one()),
                                    Err(error) => {
                                        assert!(error.is_cancelled(), "{error}");
                                        told_not.add_one();
                                    }
                                },
                                Err(_refused) => drop(told_not.add_one()),
                            }
                        }
                    })
                })
                .collect();
            eventually("calls are made", || made.get() > 10 + round);
            drop(executor);
            for caller in callers {
                caller.join().unwrap();
            }
            assert_eq!(made.get(), 180);
            assert_eq!(dropped.get(), 180, "a closure is neither run nor dropped");
            assert_eq!(ran.get(), told_ran.get(), "a closure ran, or did not, and nobody was told");
            assert_eq!(told_ran.get() + told_not.get(), 180);
        }
    });
}

#[test]
fn threads_that_come_back_from_running_a_worker_are_not_more_than_there_may_be() {
    bounded(|| {
        let mut builder = Builder::new_multi_thread();
        let executor = builder.worker_threads(4).max_blocking_threads(1).build().unwrap();
        for _ in 0..2 {
            let barrier = Arc::new(std::sync::Barrier::new(4));
            let tasks: Vec<_> = (0..4)
                .map(|_| {
                    let barrier = barrier.clone();
                    executor.spawn(async move { block_in_place(|| barrier.wait().is_leader()) })
                })
                .collect();
            for task in tasks {
                executor.block_on(task).unwrap();
            }
        }
        let only_one = Arc::new(Mutex::new(()));
        let calls: Vec<_> = (0..20)
            .map(|_| {
                let only_one = only_one.clone();
                executor.handle().spawn_blocking(move || {
                    let alone = only_one.try_lock();
                    std::thread::sleep(Duration::from_millis(5));
                    alone.is_some()
                })
            })
            .collect();
        for call in calls {
            assert!(executor.block_on(call).unwrap(), "one at a time");
        }
    });
}

#[test]
fn one_call_wakes_one_of_many_idle_threads() {
    bounded(|| {
        let (executor, pool) = pool(PoolConfig::new());
        let (release, calls) = occupy(&pool, 16);
        drop(release);
        for call in calls {
            executor.block_on(call).unwrap();
        }
        eventually("all are idle", || pool.num_idle_threads() == 16);
        let threads_of_50_calls = || {
            let mut threads = HashSet::new();
            for _ in 0..50 {
                let call = pool.spawn(|| std::thread::current().id());
                threads.insert(executor.block_on(call).unwrap());
                eventually("all are idle", || pool.num_idle_threads() == 16);
            }
            threads.len()
        };
        // One or two, mostly: a thread that loses its processor in a call is relieved by a deputy, on a busy machine again
        // and again. If it were anybody's turn, or everybody's at once, it would be sixteen, or nearly, each time.
        let counts: Vec<_> = std::iter::repeat_with(threads_of_50_calls).take(10).collect();
        assert!(
            counts.iter().any(|&threads| threads <= 8),
            "who came last is called first: {counts:?}"
        );
    });
}

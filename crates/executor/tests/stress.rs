//! Many at once: aborts at random, wakes and spawns while the executor goes, futures of no size.

mod support;

use filch_executor::{Builder, Executor, Handle, spawn, yield_now};
use filch_primitives::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::Duration;
use support::{Counter, both_flavours, bounded_by, each_multi, eventually, multi, thread};

/// For the large ones, on a machine that is busy.
const LIMIT: Duration = Duration::from_secs(120);

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

#[test]
fn a_hundred_thousand_tasks_aborted_at_random_are_dropped_once_each() {
    const TASKS: usize = 100_000;
    bounded_by(LIMIT, || {
        let executor = multi(4);
        let (dropped, ended) = (Counter::new(), Counter::new());
        let mut dice = Dice(0x5eed);
        let mut tasks = Vec::with_capacity(TASKS);
        let mut aborts = Vec::new();
        for _ in 0..TASKS {
            let (guard, ends) = (dropped.on_drop(), ended.clone());
            let turns = dice.next(6);
            let task = executor.spawn(async move {
                let _guard = guard;
                for _ in 0..turns {
                    yield_now().await;
                }
                if turns == 5 {
                    std::future::pending::<()>().await;
                }
                ends.add_one();
            });
            match dice.next(4) {
                0 => task.abort(),
                1 => aborts.push(task.abort_handle()),
                _ => {}
            }
            // Sometimes one of long ago.
            if dice.next(8) == 0 && !aborts.is_empty() {
                aborts[dice.next(aborts.len() as u64) as usize].abort();
            }
            tasks.push(task);
        }
        // Those that wait end only so.
        let abort_all: Vec<_> = tasks.iter().map(|task| task.abort_handle()).collect();
        let aborter = thread(move || abort_all.iter().for_each(filch_executor::AbortHandle::abort));
        let (mut outputs, mut cancelled) = (0, 0);
        for task in tasks {
            match executor.block_on(task) {
                Ok(()) => outputs += 1,
                Err(error) => {
                    assert!(error.is_cancelled(), "{error}");
                    cancelled += 1;
                }
            }
        }
        aborter.join().unwrap();
        assert_eq!(outputs + cancelled, TASKS);
        assert_eq!(dropped.get(), TASKS, "each destructor runs once");
        assert_eq!(ended.get(), outputs, "who ended gave an output");
        assert_eq!(executor.handle().live_tasks(), 0, "none is left");
    });
}

#[test]
fn wakes_from_many_threads_while_the_executor_goes_touch_nothing_that_is_gone() {
    for _ in 0..20 {
        both_flavours(|executor| {
            let wakers = Arc::new(Mutex::new(Vec::<Waker>::new()));
            let dropped = Counter::new();
            for _ in 0..50 {
                let (wakers, guard) = (wakers.clone(), dropped.on_drop());
                drop(executor.spawn(async move {
                    let _guard = guard;
                    std::future::poll_fn(|cx| {
                        let mut wakers = wakers.lock();
                        if wakers.len() < 200 {
                            wakers.push(cx.waker().clone());
                        }
                        std::task::Poll::<()>::Pending
                    })
                    .await;
                }));
            }
            executor.block_on(async {
                while wakers.lock().len() < 50 {
                    yield_now().await;
                }
            });
            let started = Counter::new();
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    let wakers = wakers.lock().clone();
                    let started = started.clone();
                    thread(move || {
                        for round in 0..200 {
                            wakers.iter().for_each(Waker::wake_by_ref);
                            if round == 1 {
                                started.add_one();
                            }
                        }
                        wakers.into_iter().for_each(Waker::wake);
                    })
                })
                .collect();
            eventually("they wake", || started.get() > 0);
            drop(executor);
            for thread in threads {
                thread.join().unwrap();
            }
            assert_eq!(dropped.get(), 50);
        });
    }
}

#[test]
fn spawns_of_every_kind_during_the_end_are_run_or_cancelled() {
    bounded_by(LIMIT, || {
        for round in 0..40_u64 {
            let executor = Builder::new_multi_thread()
                .worker_threads(2)
                .max_blocking_threads(2)
                .max_blocking_queue(8)
                .build()
                .unwrap();
            let (made, dropped) = (Counter::new(), Counter::new());
            let threads: Vec<_> = (0..3)
                .map(|_| {
                    let (handle, made, dropped) =
                        (executor.handle().clone(), made.clone(), dropped.clone());
                    thread(move || storm(&handle, &made, &dropped))
                })
                .collect();
            eventually("the storm has begun", || made.get() > 20);
            let report = executor.shutdown(Duration::from_millis(round % 4));
            drop(report);
            for thread in threads {
                thread.join().unwrap();
            }
            eventually("everything is run or dropped", || dropped.get() == made.get());
        }
    });
}

/// Spawns tasks and blocking calls.
fn storm(handle: &Handle, made: &Counter, dropped: &Counter) {
    for n in 0..300 {
        made.add_one();
        let guard = dropped.on_drop();
        match n % 3 {
            0 => drop(handle.try_spawn_blocking(move || drop(guard))),
            1 => drop(handle.spawn(async move {
                let _guard = guard;
                std::future::pending::<()>().await;
            })),
            _ => drop(handle.spawn(async move {
                drop(spawn(async move {
                    let _guard = guard;
                    yield_now().await;
                }));
            })),
        }
    }
}

#[test]
fn futures_and_outputs_of_no_size_are_run_aborted_and_dropped() {
    both_flavours(|executor| {
        struct NoSize;

        impl Future for NoSize {
            type Output = ();

            fn poll(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<()> {
                cx.waker().wake_by_ref();
                std::task::Poll::Pending
            }
        }

        assert_eq!(size_of_val(&NoSize), 0);
        let ready: Vec<_> = (0..1000).map(|_| executor.spawn(std::future::ready(()))).collect();
        let busy: Vec<_> = (0..100).map(|_| executor.spawn(NoSize)).collect();
        for task in ready {
            executor.block_on(task).unwrap();
        }
        for task in busy {
            task.abort();
            assert!(executor.block_on(task).unwrap_err().is_cancelled());
        }
        executor.block_on(executor.handle().spawn_blocking(|| ())).unwrap();
        drop(executor.spawn(NoSize));
    });
}

#[test]
fn blocking_calls_with_large_closures_and_outputs_do_not_need_the_stack() {
    each_multi(|executor: Executor| {
        let large = Box::new([7_u8; 1 << 20]);
        let call = executor.handle().spawn_blocking(move || large);
        assert_eq!(executor.block_on(call).unwrap()[1 << 19], 7);
    });
}

//! Tasks of every fate.

use crate::Chance;
use filch::task::{JoinSet, LocalSet, yield_now};
use filch::time::{Duration, Instant, interval, sleep, timeout};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::thread;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;

/// Counts, when it is dropped.
struct OnDrop(Arc<AtomicUsize>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        // Ordering: Relaxed; whoever joins the task has seen it.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Some end, some are aborted while they wait, are queued or run; each is dropped once.
pub async fn joined_and_aborted(chance: &mut Chance) {
    let dropped = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..300_u64)
        .map(|n| {
            let guard = OnDrop(Arc::clone(&dropped));
            let turns = chance.below(4);
            let task = filch::spawn(async move {
                let _guard = guard;
                for _ in 0..turns {
                    yield_now().await;
                }
                if turns == 3 {
                    sleep(Duration::from_micros(n * 10)).await;
                }
                n
            });
            if chance.below(3) == 0 {
                task.abort();
            }
            task
        })
        .collect();
    for task in &tasks {
        if chance.below(4) == 0 {
            task.abort();
        }
    }
    let made = tasks.len();
    for (n, task) in tasks.into_iter().enumerate() {
        match task.await {
            Ok(output) => assert_eq!(output, n as u64),
            Err(error) => assert!(error.is_cancelled(), "{error}"),
        }
    }
    // Ordering: Relaxed; every task was joined.
    assert_eq!(dropped.load(Ordering::Relaxed), made);
}

fn sum_of_leaves(depth: u64) -> std::pin::Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        if depth == 0 {
            return 1;
        }
        let left = filch::spawn(sum_of_leaves(depth - 1));
        let right = filch::spawn(sum_of_leaves(depth - 1));
        left.await.unwrap() + right.await.unwrap()
    })
}

/// A tree of tasks.
pub async fn forked(chance: &mut Chance) {
    let depth = 5 + chance.below(4);
    assert_eq!(sum_of_leaves(depth).await, 1 << depth);
}

/// Children that end with their scope, which is sometimes given up.
pub async fn in_a_scope(chance: &mut Chance) {
    let (children, patience) = (10 + chance.below(40), chance.micros(3_000));
    let work = filch::task::scope(async |scope| {
        for n in 0..children {
            scope.spawn(async move {
                sleep(Duration::from_micros(n * 50)).await;
                Ok::<_, std::convert::Infallible>(())
            });
        }
        Ok::<_, std::convert::Infallible>(())
    });
    let _ = timeout(patience, work).await;

    let mut set = JoinSet::new();
    for n in 0..children {
        set.spawn(async move {
            yield_now().await;
            n
        });
    }
    let mut sum = 0;
    while let Some(output) = set.join_next().await {
        sum += output.unwrap();
    }
    assert_eq!(sum, children * (children - 1) / 2);
    set.spawn(std::future::pending());
    // The set is dropped, and the task with it.
}

/// The panic reaches whoever joins. Without a message: the hook would print it.
pub async fn that_panic(chance: &mut Chance) {
    for _ in 0..chance.below(10) {
        let task = filch::spawn(async {
            yield_now().await;
            std::panic::resume_unwind(Box::new(7_u32));
        });
        let panic = task.await.map(|()| unreachable!()).unwrap_err().into_panic();
        assert_eq!(*panic.downcast::<u32>().unwrap(), 7);
    }
}

/// Others do what waits behind them.
pub async fn that_block_their_worker(chance: &mut Chance) {
    let blocked = chance.micros(8_000);
    let stuck = filch::spawn(async move {
        let child = filch::spawn(async { 1 });
        thread::sleep(blocked);
        child.await.unwrap()
    });
    let call = filch::spawn(async move {
        filch::task::block_in_place(|| thread::sleep(blocked / 2));
        1
    });
    assert_eq!(stuck.await.unwrap() + call.await.unwrap(), 2);
}

/// Timers that fire, are dropped, are moved; none fires early.
pub async fn with_timers(chance: &mut Chance) {
    let sleepers: Vec<_> = (0..200)
        .map(|_| {
            let (pause, patience) = (chance.micros(6_000), chance.micros(6_000));
            filch::spawn(async move {
                let start = Instant::now();
                if timeout(patience, sleep(pause)).await.is_ok() {
                    assert!(start.elapsed() >= pause);
                } else {
                    assert!(start.elapsed() >= patience);
                }
            })
        })
        .collect();
    let mut moved = pin!(sleep(Duration::from_secs(3600)));
    assert!(timeout(chance.micros(500), moved.as_mut()).await.is_err());
    moved.as_mut().reset(Instant::now() + chance.micros(2_000));
    moved.await;
    let mut ticks = interval(Duration::from_micros(700));
    for _ in 0..3 {
        ticks.tick().await;
    }
    for sleeper in sleepers {
        sleeper.await.unwrap();
    }
}

/// Tasks that do not leave their thread.
pub async fn of_one_thread(chance: &mut Chance) {
    let tasks = 1 + chance.below(50);
    let call = filch::task::spawn_blocking(move || {
        let set = LocalSet::new();
        let shared = Rc::new(std::cell::Cell::new(0));
        for _ in 0..tasks {
            let shared = Rc::clone(&shared);
            drop(set.spawn_local(async move {
                yield_now().await;
                sleep(Duration::from_micros(200)).await;
                shared.set(shared.get() + 1);
            }));
        }
        filch::runtime::Handle::current().block_on(set);
        shared.get()
    });
    assert_eq!(call.await.unwrap(), tasks);
}

//! What the executor allocates it frees: after rounds of everything, the count is what it was.
//!
//! One test, alone in its binary: the allocator counts for the whole process.

mod support;

use filch_executor::{Builder, EventLoop, Executor, LocalSet, block_in_place, spawn, yield_now};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use std::alloc::{GlobalAlloc, Layout, System};
use std::task::Waker;
use std::time::Duration;
use support::{Gate, HUNG, asleep, bounded_by, eventually, multi, poll_with, single, thread};

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is left to `System`; the counts are on the side.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Ordering: Relaxed; a count, read when all is quiet.
        LIVE.fetch_add(1, Ordering::Relaxed);
        // SAFETY: by the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // Ordering: Relaxed; as above.
        LIVE.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: by the caller's promise.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn live() -> usize {
    // Ordering: Relaxed; as above.
    LIVE.load(Ordering::Relaxed)
}

/// Everything that allocates, on one executor, which ends in the middle of it.
fn round(executor: Executor) {
    let gate = Gate::new();
    let mut wakers: Vec<Waker> = Vec::new();
    let mut handles = Vec::new();
    let mut aborts = Vec::new();
    for n in 0..50 {
        let wait = gate.wait();
        let task = executor.spawn(async move {
            drop(spawn(async { vec![1; 10] }));
            match n % 4 {
                0 => yield_now().await,
                1 => wait.await,
                2 => std::panic::resume_unwind(Box::new("without a message")),
                _ => std::future::pending().await,
            }
            vec![n]
        });
        aborts.push(task.abort_handle());
        match n % 5 {
            0 => drop(task),
            1 => {
                task.abort();
                handles.push(task);
            }
            _ => handles.push(task),
        }
    }
    let (sleeper, polled) = asleep(executor.handle());
    executor.block_on(async {
        loop {
            if let Ok(waker) = polled.try_recv() {
                wakers.push(waker);
                break;
            }
            yield_now().await;
        }
    });
    for task in &mut handles {
        // Leaves a waker in the slot of those that have not ended.
        if !task.is_finished() {
            let _either = poll_with(task, &wakers[0]);
        }
    }
    let calls: Vec<_> = (0..5).map(|n| executor.handle().spawn_blocking(move || vec![n])).collect();
    for call in calls {
        executor.block_on(call).unwrap();
    }
    if executor.handle().flavor() == filch_executor::Flavor::MultiThread {
        let task = executor.spawn(async { block_in_place(|| vec![1]) });
        executor.block_on(task).unwrap();
    }
    let set = LocalSet::new();
    set.block_on(&executor, async {
        let task = filch_executor::spawn_local(async { std::rc::Rc::new(1) });
        task.await.unwrap();
    });
    drop(set.spawn_local(gate.wait()));
    drop(set);
    let handle = executor.handle().clone();
    let late = executor.spawn(gate.wait());
    drop(executor);
    // After the end: spawns, wakes, aborts, drops, here and elsewhere.
    drop(handle.spawn(async { vec![0] }));
    drop(handle.spawn_blocking(|| vec![0]));
    thread(move || {
        gate.open();
        wakers.iter().for_each(Waker::wake_by_ref);
        wakers.into_iter().for_each(Waker::wake);
        for abort in aborts {
            abort.abort();
        }
        drop(late);
        drop(handles);
        drop(sleeper);
    })
    .join()
    .unwrap();
}

fn event_loop_round() {
    let event_loop = EventLoop::new().unwrap();
    let gate = Gate::new();
    for _ in 0..20 {
        let (wait, local) = (gate.wait(), std::rc::Rc::new(1));
        drop(event_loop.spawn_local(async move {
            wait.await;
            local
        }));
    }
    let mut kept = None;
    event_loop.block_on(std::future::poll_fn(|cx| {
        kept = Some(cx.waker().clone());
        std::task::Poll::Ready(())
    }));
    drop(event_loop);
    gate.open();
    kept.unwrap().wake();
}

fn own_task_round() {
    let executor = multi(2);
    let handle = executor.handle().clone();
    drop(handle.spawn(async move { drop(executor) }));
    drop(Builder::new_multi_thread().worker_threads(1).build().unwrap());
    multi(2).shutdown_background();
    multi(2).shutdown_timeout(Duration::from_secs(10));
}

fn all_rounds() {
    for build in [single as fn() -> Executor, || multi(1), || multi(4)] {
        round(build());
    }
    event_loop_round();
    own_task_round();
}

/// How often everything is done between the two counts: a leak shows that many times.
const ROUNDS: usize = 20;

/// What the first use of something in a thread of the test harness may leave behind, once.
const FIRST_USES: usize = ROUNDS / 2;

/// The count when nothing has happened for a while: threads that end in the background take a moment.
fn when_quiet() -> usize {
    let (mut count, mut unchanged) = (live(), 0);
    eventually("the count comes to rest", || {
        let now = live();
        unchanged = if now == count { unchanged + 1 } else { 0 };
        count = now;
        unchanged == 1000
    });
    count
}

#[test]
fn live_allocations_return_to_where_they_were() {
    bounded_by(Duration::from_secs(120), || {
        // Statics of std and of the locks, which stay, are allocated by the first rounds.
        for _ in 0..5 {
            all_rounds();
        }
        let before = when_quiet();
        for _ in 0..ROUNDS {
            all_rounds();
        }
        // A leak stays; what a thread in the background still holds goes when it gets its turn.
        let mut after = when_quiet();
        let start = std::time::Instant::now();
        while after >= before + FIRST_USES && start.elapsed() < HUNG {
            after = when_quiet();
        }
        assert!(
            after < before + FIRST_USES,
            "{before} live allocations before, {after} after {ROUNDS} rounds"
        );
    });
}

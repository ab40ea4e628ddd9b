//! Wake-ups, counted: short handlers and low load keep to few threads, and what a blocked task has woken or spawned last
//! does not wait for it. One test, so that nothing else runs in the process.
#![cfg(target_os = "linux")]

use filch::runtime::{Builder, Runtime};
use filch::sync::{Notify, mpsc};
use filch::time::{Duration, Instant, interval, sleep};
use filch_primitives::sync::Mutex;
use std::collections::HashMap;
use std::fs;
use std::sync::Arc;
use std::thread::ThreadId;

/// How often the threads whose name begins with `name` have gone to sleep.
fn sleeps(name: &str) -> u64 {
    let mut sleeps = 0;
    for thread in fs::read_dir("/proc/self/task").unwrap().flatten() {
        let Ok(status) = fs::read_to_string(thread.path().join("status")) else { continue };
        let of = |key: &str| {
            let line = status.lines().find(|line| line.starts_with(key)).unwrap();
            line.split_whitespace().nth(1).unwrap().to_owned()
        };
        if of("Name:").starts_with(name) {
            sleeps += of("voluntary_ctxt_switches:").parse::<u64>().unwrap();
        }
    }
    sleeps
}

fn runtime(workers: usize, name: &str) -> Runtime {
    Builder::new_multi_thread().worker_threads(workers).thread_name(name).build().unwrap()
}

#[test]
fn wake_ups_are_few_and_in_time() {
    short_handlers_on_a_tick();
    low_load_of_messages();
    child_of_a_blocked_task();
}

/// A tick of 500 us, each waking eight short handlers one after the other: waking a worker for each of them would be
/// eight sleeps a tick and more.
fn short_handlers_on_a_tick() {
    const TICKS: u64 = 1000;
    const HANDLERS: usize = 8;
    let runtime = runtime(4, "on-a-tick");
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..HANDLERS).map(|_| mpsc::channel::<u64>(16)).unzip();
    for mut receiver in receivers {
        runtime.spawn(async move {
            let mut sum = 0_u64;
            while let Some(n) = receiver.recv().await {
                sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(n));
            }
        });
    }
    let before = sleeps("on-a-tick");
    let ticker = runtime.spawn(async move {
        let mut ticks = interval(Duration::from_micros(500));
        for n in 0..TICKS {
            ticks.tick().await;
            for sender in &senders {
                sender.send(n).await.unwrap();
            }
        }
    });
    runtime.block_on(ticker).unwrap();
    let sleeps = sleeps("on-a-tick") - before;
    println!("{:.2} sleeps for each tick of {HANDLERS} handlers", sleeps as f64 / TICKS as f64);
    assert!(sleeps < TICKS * HANDLERS as u64, "{sleeps} sleeps in {TICKS} ticks");
}

/// Two tasks that pass a message: nearly all polls are on one thread, whichever it is, and the others sleep.
fn low_load_of_messages() {
    const MESSAGES: u64 = 20_000;
    let runtime = runtime(4, "low-load");
    let (there, mut receives) = mpsc::channel::<u64>(1);
    let (back, mut answers) = mpsc::channel::<u64>(1);
    let polls: Arc<Mutex<HashMap<ThreadId, u64>>> = Arc::default();
    let counted = polls.clone();
    runtime.spawn(async move {
        while let Some(n) = receives.recv().await {
            *counted.lock().entry(std::thread::current().id()).or_default() += 1;
            back.send(n).await.unwrap();
        }
    });
    let before = sleeps("low-load");
    let asks = runtime.spawn(async move {
        for n in 0..MESSAGES {
            there.send(n).await.unwrap();
            assert_eq!(answers.recv().await, Some(n));
        }
    });
    runtime.block_on(asks).unwrap();
    let sleeps = sleeps("low-load") - before;
    let most = polls.lock().values().max().copied().unwrap_or(0);
    let threads = polls.lock().len();
    println!("{MESSAGES} messages: {sleeps} sleeps, {most} on one of {threads} threads");
    assert!(sleeps < MESSAGES / 4, "{sleeps} sleeps for {MESSAGES} messages");
    assert!(runtime.metrics().stolen_tasks() < MESSAGES / 4, "tasks went to and fro");
}

/// Its child, and a task that it has woken, start while it blocks its worker; after a rest, and after a busy time.
fn child_of_a_blocked_task() {
    const BLOCKED: Duration = Duration::from_millis(100);
    const BEFORE: Duration = Duration::from_millis(6);
    let runtime = runtime(2, "blocked");
    for is_busy in [false, true] {
        let (mut spawned, mut woken) = (Vec::new(), Vec::new());
        for _ in 0..21 {
            let bell = Arc::new(Notify::new());
            let rings = bell.clone();
            let waits = runtime.spawn(async move {
                bell.notified().await;
                Instant::now()
            });
            let parent = runtime.spawn(async move {
                // The other worker has gone to sleep.
                let start = Instant::now();
                while is_busy && start.elapsed() < BEFORE {
                    filch::task::yield_now().await;
                }
                sleep(BEFORE.saturating_sub(start.elapsed())).await;
                let start = Instant::now();
                rings.notify_one();
                let child = filch::spawn(async move { start.elapsed() });
                std::thread::sleep(BLOCKED);
                (start, child.await.unwrap())
            });
            let (start, child) = runtime.block_on(parent).unwrap();
            spawned.push(child);
            woken.push(runtime.block_on(waits).unwrap() - start);
        }
        let before = if is_busy { "a busy time" } else { "a rest" };
        for (what, late) in [("spawned", &mut spawned), ("woken", &mut woken)] {
            late.sort_unstable();
            let median = late[late.len() / 2];
            println!(
                "{what} by a task that blocks after {before}: starts after {median:?} (median)"
            );
            assert!(median < BLOCKED / 2, "it waits for the blocked worker: {late:?}");
        }
    }
}

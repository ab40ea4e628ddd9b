//! An idle runtime uses no processor time and does not wake up periodically.
#![cfg(target_os = "linux")]

use filch::runtime::{Builder, Runtime};
use filch::time::{Duration, sleep};
use std::fs;

/// How often the threads whose name begins with `name` have been switched to, and how many there are.
fn switches(name: &str) -> (u64, usize) {
    let mut total = 0;
    let mut threads = 0;
    for thread in fs::read_dir("/proc/self/task").unwrap() {
        let path = thread.unwrap().path();
        let Ok(status) = fs::read_to_string(path.join("status")) else {
            continue;
        };
        if !status.lines().any(|line| line.starts_with("Name:") && line.contains(name)) {
            continue;
        }
        threads += 1;
        for line in status.lines() {
            if let Some(count) = line.strip_prefix("voluntary_ctxt_switches:") {
                total += count.trim().parse::<u64>().unwrap();
            }
        }
    }
    (total, threads)
}

fn runtime(name: &str) -> Runtime {
    let runtime = Builder::new_multi_thread().worker_threads(3).thread_name(name).build().unwrap();
    // Every worker has been somewhere, and there has been a timer.
    runtime.block_on(async {
        let tasks: Vec<_> =
            (0..30).map(|_| filch::spawn(sleep(Duration::from_millis(5)))).collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    std::thread::sleep(Duration::from_millis(200));
    runtime
}

#[test]
fn idle_workers_do_not_wake_up() {
    let _runtime = runtime("idle-none");
    let (before, threads) = switches("idle-none");
    assert_eq!(threads, 3);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(switches("idle-none").0, before, "an idle worker woke up");
}

#[test]
fn a_timer_in_an_hour_wakes_nobody_before() {
    let runtime = runtime("idle-hour");
    let timer = runtime.spawn(async { sleep(Duration::from_secs(3600)).await });
    std::thread::sleep(Duration::from_millis(200));
    let (before, _) = switches("idle-hour");
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(switches("idle-hour").0, before, "an idle worker woke up");
    assert!(!timer.is_finished());
}

#[test]
fn while_a_worker_computes_the_others_sleep_until_it_has_something_for_them() {
    let runtime = runtime("idle-quiet");
    let computes = runtime.spawn(async {
        // Until the others have seen that it stays in its poll.
        std::thread::sleep(Duration::from_millis(100));
        let (before, _) = switches("idle-quiet");
        std::thread::sleep(Duration::from_millis(500));
        let woken = switches("idle-quiet").0 - before;
        // An alarm every millisecond would be five hundred.
        assert!(woken < 100, "woken {woken} times, for nothing");
        let (sender, receiver) = std::sync::mpsc::channel();
        filch::spawn(async move { sender.send("from another worker").unwrap() });
        receiver.recv_timeout(Duration::from_secs(30)).unwrap()
    });
    assert_eq!(runtime.block_on(computes).unwrap(), "from another worker");
}

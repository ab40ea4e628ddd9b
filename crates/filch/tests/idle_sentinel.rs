//! When nothing happens the sentinel sleeps as well. One test, and so one sentinel in the process.
#![cfg(target_os = "linux")]

use filch::runtime::Builder;
use filch::time::{Duration, sleep};
use std::fs;
use std::sync::mpsc;

/// How often the sentinel has gone to sleep.
fn sleeps_of_the_sentinel() -> u64 {
    let mut sleeps = Vec::new();
    for thread in fs::read_dir("/proc/self/task").unwrap().flatten() {
        let Ok(status) = fs::read_to_string(thread.path().join("status")) else { continue };
        let of = |key: &str| {
            let line = status.lines().find(|line| line.starts_with(key)).unwrap();
            line.split_whitespace().nth(1).unwrap().to_owned()
        };
        if of("Name:") == "filch-sentinel" {
            sleeps.push(of("voluntary_ctxt_switches:").parse().unwrap());
        }
    }
    assert_eq!(sleeps.len(), 1);
    sleeps[0]
}

#[test]
fn an_idle_runtime_that_had_a_spare_has_no_periodic_wake_up() {
    let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let (end, ended) = mpsc::channel();
    let stuck = runtime.spawn(async move { ended.recv() });
    let task = runtime.spawn(async { sleep(Duration::from_millis(1)).await });
    runtime.block_on(task).unwrap();
    assert!(runtime.metrics().long_polls() > 0, "the worker was stuck");
    end.send(()).unwrap();
    runtime.block_on(stuck).unwrap().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let before = sleeps_of_the_sentinel();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(sleeps_of_the_sentinel(), before, "the sentinel of an idle runtime woke up");
    assert_eq!(runtime.metrics().num_spare_workers(), 0);
}

//! What the operating system refuses is an error, and leaves nothing behind.
#![cfg(target_os = "linux")]

use filch::runtime::Builder;
use filch_primitives::sync::Mutex;
use std::fs;

/// Descriptors are counted in the whole process: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn threads_named(name: &str) -> usize {
    let named = |path: std::path::PathBuf| {
        fs::read_to_string(path.join("comm")).is_ok_and(|comm| comm.starts_with(name))
    };
    fs::read_dir("/proc/self/task")
        .unwrap()
        .filter(|task| named(task.as_ref().unwrap().path()))
        .count()
}

fn drivers_open() -> usize {
    let is_epoll = |path: std::path::PathBuf| {
        fs::read_link(path).is_ok_and(|target| target.to_string_lossy().contains("eventpoll"))
    };
    fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter(|fd| is_epoll(fd.as_ref().unwrap().path()))
        .count()
}

#[test]
fn a_runtime_whose_threads_cannot_start_is_an_error_and_leaves_nothing() {
    let _alone = ALONE.lock();
    // More address space than there is: no thread can have such a stack.
    let error = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("too-big")
        .thread_stack_size(1 << 46)
        .build()
        .unwrap_err();
    assert!(!error.to_string().is_empty());
    assert_eq!(threads_named("too-big"), 0);
    assert_eq!(drivers_open(), 0);
}

#[test]
fn a_blocking_call_without_any_thread_panics_with_the_reason() {
    let _alone = ALONE.lock();
    let runtime = Builder::new_current_thread().thread_stack_size(1 << 46).build().unwrap();
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        drop(runtime.spawn_blocking(|| ()));
    }))
    .unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.starts_with("cannot start a thread for a blocking call"), "{message}");
    // The runtime is as good as before.
    assert_eq!(runtime.block_on(async { 1 }), 1);
}

#[test]
fn the_environment_sets_the_number_of_workers() {
    // In a process of its own: the environment is the whole process's.
    let run = |value: &str| {
        std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_that_builds_a_runtime", "--ignored", "--nocapture"])
            .env("FILCH_WORKER_THREADS", value)
            .output()
            .unwrap()
    };
    let three = run("3");
    assert!(three.status.success());
    assert!(String::from_utf8_lossy(&three.stdout).contains("workers: 3"));
    let many = run("many");
    assert!(!many.status.success());
    let words = String::from_utf8_lossy(&many.stderr).into_owned();
    assert!(words.contains("must be a number of workers, not `many`"), "{words}");
}

#[test]
#[ignore = "run by the_environment_sets_the_number_of_workers, with the environment that it needs"]
fn child_that_builds_a_runtime() {
    let runtime = filch::runtime::Runtime::new().unwrap();
    println!("workers: {}", runtime.metrics().num_workers());
}

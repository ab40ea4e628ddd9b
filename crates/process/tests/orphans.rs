//! Orphans of a process that is out of descriptors, or may start no thread, are reaped all the same.
#![cfg(target_os = "linux")]

use filch_io_driver::Driver;
use filch_process::{Child, Command};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, setrlimit, test_kill_process};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// After how long a test counts as hung.
const HUNG: Duration = Duration::from_secs(30);

/// Runs `work` in a process of its own, whose limits it may change: that process runs `test` again.
fn alone(test: &str, work: impl AsyncFnOnce()) {
    const ALONE: &str = "FILCH_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return Driver::new().unwrap().block_on(work());
    }
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    let status = command.args(["--exact", test]).env(ALONE, "1").status().unwrap();
    assert!(status.success());
}

/// A child that runs until its standard input is closed.
fn cat() -> Child {
    Command::new("cat").stdin(Stdio::piped()).spawn().unwrap()
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().unwrap() as i32).unwrap()
}

/// Waits until a process is gone: a zombie would still be there.
#[track_caller]
fn is_reaped(pid: Pid) {
    let start = Instant::now();
    while test_kill_process(pid).is_ok() {
        assert!(start.elapsed() < HUNG, "process {pid:?} is still there");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn an_orphan_is_reaped_though_no_descriptor_was_left_when_it_became_one() {
    alone("an_orphan_is_reaped_though_no_descriptor_was_left_when_it_became_one", async || {
        setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum: Some(64) }).unwrap();
        let mut children = [cat(), cat(), cat()];
        let mut inputs = children.each_mut().map(|child| child.stdin.take()).into_iter();
        let pids = children.each_ref().map(pid);
        let mut children = children.into_iter();
        let mut taken = Vec::new();
        while let Ok(file) = std::fs::File::open("/dev/null") {
            taken.push(file);
        }
        drop(children.next());
        drop(inputs.next());
        is_reaped(pids[0]);
        // One who comes while the thread looks after another; and the last, once there are descriptors again.
        taken.push(std::fs::File::open("/dev/null").unwrap());
        drop(children.next());
        drop(children.next());
        drop(inputs.next());
        is_reaped(pids[1]);
        taken.clear();
        drop(inputs.next());
        is_reaped(pids[2]);
    });
}

/// Runs `work` while there is room for small things in memory, but not for the stack of a thread.
fn without_threads(work: impl FnOnce()) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    let kibibytes: u64 = size.trim().trim_end_matches(" kB").parse().unwrap();
    let before = getrlimit(Resource::As);
    let mut limit = before;
    limit.current = Some((kibibytes + 1024) * 1024);
    setrlimit(Resource::As, limit).unwrap();
    let refused = std::thread::Builder::new().spawn(|| {}).is_err();
    work();
    setrlimit(Resource::As, before).unwrap();
    assert!(refused, "the limit hinders no thread");
}

/// An orphan that has ended after the thread was refused which would have reaped it.
fn zombie() -> Pid {
    let mut child = cat();
    let (input, gone) = (child.stdin.take(), pid(&child));
    without_threads(|| drop(child));
    drop(input);
    gone
}

#[test]
fn an_orphan_whose_thread_was_refused_is_reaped_when_another_child_is_waited_for() {
    alone(
        "an_orphan_whose_thread_was_refused_is_reaped_when_another_child_is_waited_for",
        async || {
            let mut other = cat();
            let gone = zombie();
            assert!(other.try_wait().unwrap().is_none());
            is_reaped(gone);
            assert!(other.wait().await.unwrap().success());
        },
    );
}

#[test]
fn an_orphan_whose_thread_was_refused_is_reaped_when_another_child_is_started() {
    alone(
        "an_orphan_whose_thread_was_refused_is_reaped_when_another_child_is_started",
        async || {
            let gone = zombie();
            let mut other = cat();
            is_reaped(gone);
            assert!(other.wait().await.unwrap().success());
        },
    );
}

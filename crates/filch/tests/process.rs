//! Child processes on whole runtimes: what they do to their parent, and what is left of them.
#![cfg(all(target_os = "linux", feature = "process"))]

#[path = "support/descriptors.rs"]
mod descriptors;

use descriptors::open_descriptors;
use filch::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use filch::process::{Child, Command};
use filch::runtime::{Builder, Runtime};
use filch::time::timeout;
use filch_primitives::sync::{Mutex, MutexGuard};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// After how long a test counts as hung.
const HUNG: Duration = Duration::from_secs(60);

/// Descriptors and children are counted in the whole process: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock()
}

/// Runs `test` on both flavours, and ends it if it hangs.
fn run(test: impl AsyncFn()) {
    let _alone = alone();
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = builder.worker_threads(2).build().unwrap();
        runtime.block_on(async {
            assert!(timeout(HUNG, test()).await.is_ok(), "the test hung for {HUNG:?}");
        });
    }
}

fn sh(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
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
fn output_larger_than_any_pipe_on_both_streams_is_read() {
    run(async || {
        // One after the other, each more than a pipe holds: who reads one to its end first is stuck.
        let script = "head -c 3000000 /dev/zero >&2; head -c 3000000 /dev/zero; \
                      head -c 1000000 /dev/zero >&2; exit 4";
        let output = sh(script).output().await.unwrap();
        assert_eq!(output.status.code(), Some(4));
        assert_eq!((output.stdout.len(), output.stderr.len()), (3_000_000, 4_000_000));
    });
}

#[test]
fn bytes_go_through_a_child_and_come_back_unchanged() {
    run(async || {
        let mut cat = Command::new("cat");
        let mut child = cat.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let bytes: Vec<u8> =
            (0..2_000_000_u32).map(|n| (n.wrapping_mul(2654435761) >> 24) as u8).collect();
        let mut stdin = child.stdin.take().unwrap();
        let sent = bytes.clone();
        let writer = filch::spawn(async move { stdin.write_all(&sent).await });
        let output = child.wait_with_output().await.unwrap();
        writer.await.unwrap().unwrap();
        assert!(output.stdout == bytes && output.status.success());
    });
}

#[test]
fn a_child_that_ignores_termination_is_killed() {
    run(async || {
        let script = "trap '' TERM; echo ready; while :; do sleep 0.01; done";
        let mut child = sh(script).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next_line().await.unwrap().unwrap(), "ready");
        kill_process(pid(&child), Signal::TERM).unwrap();
        assert!(timeout(Duration::from_millis(50), child.wait()).await.is_err());
        let gone = pid(&child);
        child.kill().await.unwrap();
        assert_eq!(child.wait().await.unwrap().signal(), Some(Signal::KILL.as_raw()));
        is_reaped(gone);
        assert_eq!(child.kill().await.unwrap_err().kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn a_child_that_closes_its_pipes_early_is_heard_of_and_waited_for() {
    run(async || {
        let mut command = sh("exec <&- >&- 2>&-; sleep 0.05; exit 5");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut rest = Vec::new();
        child.stdout.as_mut().unwrap().read_to_end(&mut rest).await.unwrap();
        child.stderr.as_mut().unwrap().read_to_end(&mut rest).await.unwrap();
        assert!(rest.is_empty());
        let error = stdin.write_all(&[0; 1_000_000]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        assert_eq!(child.wait().await.unwrap().code(), Some(5));
    });
}

#[test]
fn a_command_that_is_not_found_is_an_error_and_leaves_nothing() {
    run(async || {
        let before = open_descriptors();
        for _ in 0..20 {
            let mut command = Command::new("no such program");
            let error = command.output().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
            let error = command.current_dir("/no such directory").status().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
        }
        assert!(open_descriptors() <= before);
    });
}

#[test]
fn a_hundred_children_at_once_leave_neither_zombie_nor_descriptor() {
    run(async || {
        let before = open_descriptors();
        let tasks = (0..100).map(|n| {
            filch::spawn(async move {
                let child = sh(&format!("echo {n}; exit {}", n % 7)).stdout(Stdio::piped()).spawn();
                let child = child.unwrap();
                let pid = pid(&child);
                let output = child.wait_with_output().await.unwrap();
                assert_eq!(output.status.code(), Some(n % 7));
                assert_eq!(output.stdout, format!("{n}\n").as_bytes());
                pid
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            is_reaped(task.await.unwrap());
        }
        assert!(open_descriptors() <= before);
    });
}

#[test]
fn who_is_dropped_runs_on_and_is_reaped_when_it_ends() {
    run(async || {
        let mut child = sh("read line; exit 0").stdin(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take();
        let pid = pid(&child);
        // In the middle of a wait.
        assert!(timeout(Duration::from_millis(5), child.wait()).await.is_err());
        drop(child);
        test_kill_process(pid).unwrap();
        drop(stdin);
        is_reaped(pid);
    });
}

#[test]
fn an_aborted_task_drops_its_child() {
    run(async || {
        let (tell, told) = filch::sync::oneshot::channel();
        let task = filch::spawn(async move {
            let child = sh("echo hello; exec sleep 1000")
                .stdout(Stdio::piped())
                .kill_on_drop(true)
                .spawn()
                .unwrap();
            tell.send(pid(&child)).unwrap();
            child.wait_with_output().await
        });
        let pid = told.await.unwrap();
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        is_reaped(pid);
    });
}

#[test]
fn the_end_of_a_runtime_kills_those_that_are_to_be_killed_and_leaves_no_zombie() {
    let _alone = alone();
    let before = open_descriptors();
    let runtime = Runtime::new().unwrap();
    let (killed, running) = runtime.block_on(async {
        let spawn = |kill| sh("exec sleep 1000").kill_on_drop(kill).spawn().unwrap();
        let children = |kill| (0..10).map(|_| spawn(kill)).collect::<Vec<_>>();
        let (killed, running) = (children(true), children(false));
        let pids = |children: &[Child]| children.iter().map(pid).collect::<Vec<_>>();
        let all = (pids(&killed), pids(&running));
        for mut child in killed.into_iter().chain(running) {
            filch::spawn(async move { child.wait().await });
        }
        filch::task::yield_now().await;
        all
    });
    drop(runtime);
    killed.into_iter().for_each(is_reaped);
    for pid in running {
        test_kill_process(pid).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
        is_reaped(pid);
    }
    let start = Instant::now();
    while open_descriptors() > before {
        assert!(start.elapsed() < HUNG, "a descriptor is left");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_child_outlives_its_runtime() {
    let _alone = alone();
    let runtime = Builder::new_current_thread().build().unwrap();
    let mut child = runtime.block_on(async { sh("exec sleep 1000").spawn().unwrap() });
    drop(runtime);
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let error = child.wait().await.unwrap_err();
        assert!(error.to_string().contains("shut down"), "{error}");
    });
    assert!(child.try_wait().unwrap().is_none());
    let pid = pid(&child);
    child.start_kill().unwrap();
    drop(child);
    is_reaped(pid);
}

#[test]
fn without_descriptors_starting_is_an_error_or_works_and_waiting_works() {
    let _alone = alone();
    let status = std::process::Command::new("sh")
        .args(["-c", "ulimit -n 40; exec \"$0\" --exact child_without_descriptors --ignored"])
        .arg(std::env::current_exe().unwrap())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
#[ignore = "run by without_descriptors_starting_is_an_error_or_works_and_waiting_works"]
fn child_without_descriptors() {
    run(async || {
        let mut running = sh("read line; exit 6").stdin(Stdio::piped()).spawn().unwrap();
        let mut taken = Vec::new();
        while let Ok(file) = std::fs::File::open("/dev/null") {
            taken.push(file);
        }
        let full = Some(rustix::io::Errno::MFILE.raw_os_error());
        let error = sh("exit 0").stdin(Stdio::piped()).spawn().unwrap_err();
        assert_eq!(error.raw_os_error(), full);
        // It takes no descriptor to start this one, and there is none to watch it by.
        let mut unwatched = sh("exit 7").spawn().unwrap();
        assert_eq!(unwatched.wait().await.unwrap().code(), Some(7));
        let dropped = sh("exit 8").spawn().unwrap();
        let pid = pid(&dropped);
        drop(dropped);

        taken.clear();
        assert_eq!(running.wait().await.unwrap().code(), Some(6));
        assert_eq!(sh("exit 9").status().await.unwrap().code(), Some(9));
        // Whoever could not be looked after then is now, with the next one.
        drop(sh("exit 0").spawn().unwrap());
        is_reaped(pid);
    });
}

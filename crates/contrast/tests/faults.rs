//! A machine that lacks something, and somebody who has seen enough: what was measured is said.
#![cfg(unix)]

mod common;

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{PROGRAM, Run, run, run_command, unwrapped};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const BLOCKING: [&str; 6] = ["--quick", "--runs", "1", "--rows", "blocking", "--no-page"];

#[test]
fn languages_that_are_not_there_are_noted_and_nothing_is_missed() {
    let run = run_command(Command::new(PROGRAM).args(BLOCKING).env("PATH", "")).ended_with(0);
    let said = unwrapped(&run.stdout);
    for language in ["No column asyncio: python3", "No column node: node"] {
        assert!(said.contains(language), "{said}");
    }
    assert!(!run.stdout.contains("\n node"), "{}", run.stdout);
    assert!(said.contains("of 1 measured row showed"), "{said}");
}

#[test]
fn a_node_that_does_not_work_is_noted_with_its_complaint() {
    let broken = tempfile::tempdir().expect("a temporary directory");
    // One fails at once; one says its version and fails at work; one talks nonsense.
    for (script, noted) in [
        ("echo 'node: cannot open shared object file' >&2; exit 127", "cannot open shared object"),
        (
            "if [ \"$1\" = -p ]; then echo 20.0.0; else echo out of order >&2; exit 1; fi",
            "Note: node: out of order",
        ),
        ("echo hello", "does not say its version"),
    ] {
        let node = broken.path().join("node");
        fs::write(&node, format!("#!/bin/sh\n{script}\n")).expect("can be written");
        fs::set_permissions(&node, Permissions::from_mode(0o755)).expect("is ours");
        let path = format!("{}:/usr/bin:/bin", broken.path().display());
        let run = run_command(Command::new(PROGRAM).args(BLOCKING).env("PATH", path)).ended_with(0);
        let said = unwrapped(&run.stdout);
        assert!(said.contains(noted), "{script}: {said}");
        assert!(said.contains("2 workers") || said.contains("1 worker"), "{said}");
        assert!(said.contains("Verdict"), "{said}");
    }
}

#[test]
fn a_port_in_use_leaves_out_the_row_that_needs_it() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = taken.local_addr().expect("is bound").port().to_string();
    let run =
        run(["--quick", "--runs", "1", "--rows", "fan-out,blocking", "--no-page", "--port", &port])
            .ended_with(1);
    let said = unwrapped(&run.stdout);
    assert!(
        said.contains(&format!("Not measured: the server cannot listen on 127.0.0.1:{port}: ")),
        "{said}"
    );
    assert!(said.contains("Verdict"), "the other row is measured: {said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named_after_the_figures_were_printed() {
    for option in ["--json", "--trace"] {
        let run = run(BLOCKING.into_iter().chain([option, "/dev/full"])).ended_with(1);
        assert!(
            run.stderr.contains(&format!("{option} /dev/full: cannot be written: No space left")),
            "{}",
            run.stderr
        );
        assert!(run.stdout.contains("Verdict"), "{}", run.stdout);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_says_that_parallelism_cannot_be_shown() {
    let mut command = Command::new("taskset");
    command.args(["-c", "0", PROGRAM, "--workers", "2", "--quick", "--runs", "1"]);
    command.args(["--rows", "fork-join", "--no-page"]).env("PATH", "/usr/bin:/bin");
    let said = unwrapped(&run_command(&mut command).ended_with(0).stdout);
    assert!(said.contains("one core only: it cannot show parallelism"), "{said}");
    assert!(said.contains("Verdict (undecided)"), "{said}");
}

#[test]
fn on_a_narrow_terminal_nothing_is_wider_than_it() {
    let command = &mut Command::new(PROGRAM);
    let run = run_command(command.args(BLOCKING).env("COLUMNS", "40").env("PATH", ""));
    let run = run.ended_with(0);
    let widest = run.stdout.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(40), "{widest:?}: {}", run.stdout);
    assert!(run.stdout.contains("* event loop\n  delay"), "{}", run.stdout);
}

/// Sends SIGINT as soon as standard error has a line with `at`, and returns what the program said to the end.
fn interrupted(args: &[&str], at: &str) -> Run {
    let mut child = Command::new(PROGRAM)
        .args(args)
        .env("PATH", "")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    let mut line = String::new();
    while !line.contains(at) {
        line.clear();
        assert_ne!(stderr.read_line(&mut line).expect("is text"), 0, "it ended before {at:?}");
    }
    kill_process(Pid::from_child(&child), Signal::INT).expect("is a child");
    let mut rest = String::new();
    while stderr.read_line(&mut rest).expect("is text") > 0 {}
    let output = child.wait_with_output().expect("its output can be read");
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("is text"),
        stderr: rest,
    }
}

fn read_json(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).expect("was written")).expect("is JSON")
}

#[test]
fn ctrl_c_ends_it_after_the_figures_that_there_are() {
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let file = scratch.path().join("figures.json");
    let json = file.display().to_string();
    let page = scratch.path().join("index.html").display().to_string();
    let args = [
        "--quick",
        "--runs",
        "999",
        "--workers",
        "2",
        "--rows",
        "blocking,million",
        "--json",
        &json,
        "--page",
        &page,
    ];
    // Every column has been measured once.
    let run = interrupted(&args, "event loop, run 2 of 999").ended_with(130);

    assert!(run.stderr.contains("interrupted"), "{}", run.stderr);
    let said = unwrapped(&run.stdout);
    assert!(said.contains("Verdict") && said.contains("the exit code is 130"), "{said}");
    assert!(!said.contains("Failed"), "{said}");
    assert!(!said.contains("A million tasks"), "{said}");

    let report = read_json(&file);
    assert_eq!((&report["interrupted"], &report["complete"]), (&true.into(), &false.into()));
    let columns = report["rows"][0]["columns"].as_array().expect("a list");
    assert_eq!(columns.len(), 4);
    for column in columns {
        let samples = column["samples"].as_array().expect("a list").len();
        assert!(samples >= 1 && column["failure"].is_null(), "{column:#}");
    }
}

#[test]
fn ctrl_c_before_anything_is_measured_ends_it_too() {
    let run = interrupted(&["--rows", "million", "--no-page"], "A million tasks: preparing")
        .ended_with(130);
    assert!(unwrapped(&run.stdout).contains("the exit code is 130"), "{}", run.stdout);
}

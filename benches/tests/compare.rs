//! The comparison from end to end: the built program, one small row, and in place of another language a program that fails.

use std::ffi::OsStr;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Far more than anything here takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(300);
/// One small row, each figure by one process; no language but this one.
const TINY: [&str; 6] = ["--quick", "--no-write", "--runs", "1", "--only", "chained_spawn"];
const NOWHERE: [&str; 6] =
    ["--go", "/nonexistent/go", "--node", "/nonexistent/node", "--python", "/nonexistent/python"];

struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn compare(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
    let child = Command::new(env!("CARGO_BIN_EXE_compare"))
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    let output =
        receiver.recv_timeout(PATIENCE).expect("the program ends").expect("its output can be read");
    let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
    Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

impl Run {
    #[track_caller]
    fn ended_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

#[test]
fn a_tiny_row_is_measured_and_its_results_are_a_baseline_for_the_next_run() {
    let directory = tempfile::tempdir().expect("there is a place for it");
    let file = directory.path().join("results.json");
    let json: [&OsStr; 2] = ["--json".as_ref(), file.as_os_str()];
    let first = compare(TINY.iter().chain(&NOWHERE).map(OsStr::new).chain(json)).ended_with(0);
    for word in ["chained_spawn", "filch", "tokio", "smol", "filch / tokio", "goal", "verdict"] {
        assert!(first.stdout.contains(word), "{word} is not in:\n{}", first.stdout);
    }
    for absent in ["go: /nonexistent/go", "node: /nonexistent/node", "uvloop: /nonexistent/python"]
    {
        assert!(first.stdout.contains(absent), "{absent} is not in:\n{}", first.stdout);
    }
    let text = fs::read_to_string(&file).expect("was written");
    let results: serde_json::Value = serde_json::from_str(&text).expect("is JSON");
    let cells = results["rows"][0]["cells"].as_array().expect("a cell for each runtime");
    assert_eq!(cells.len(), 3);
    for cell in cells {
        let process = &cell["processes"][0];
        assert!(process["figures"]["time"].as_f64() > Some(0.0), "{cell}");
        assert!(process["usage"]["page_faults"].as_u64() > Some(0), "{cell}");
    }

    let baseline: [&OsStr; 2] = ["--baseline".as_ref(), file.as_os_str()];
    let second = compare(TINY.iter().chain(&NOWHERE).map(OsStr::new).chain(baseline)).ended_with(0);
    assert!(second.stdout.contains("Since the baseline"), "{}", second.stdout);
    assert!(second.stdout.contains("of 3 figures changed"), "{}", second.stdout);
}

#[test]
fn a_language_whose_program_crashes_or_hangs_is_reported_and_the_others_go_on() {
    for (script, said) in [("crashes.sh", "signal: 11"), ("hangs.sh", "not done after 20 s")] {
        let script = format!("{}/tests/others/{script}", env!("CARGO_MANIFEST_DIR"));
        let few = ["--limit", "20", "--runtimes", "filch,tokio,asyncio", "--python"];
        let args = TINY.iter().chain(&few).copied().chain([script.as_str()]);
        let run = compare(args).ended_with(1);
        assert!(run.stdout.contains(said), "{said} is not in:\n{}", run.stdout);
        assert!(run.stdout.contains("filch / tokio"), "the rest is reported:\n{}", run.stdout);
    }
}

#[test]
fn the_rows_and_who_does_them_are_listed() {
    let list = compare(["--list", "--only", "yield"]).ended_with(0);
    assert!(list.stdout.contains("yield_alone (switch"), "{}", list.stdout);
    assert!(!list.stdout.contains("spawn_join"), "{}", list.stdout);
}

#[test]
fn nonsense_is_named_and_ends_with_exit_code_2() {
    for (args, named) in [
        (["--only", "no-such-row"], "no-such-row"),
        (["--baseline", "/nonexistent/file"], "/nonexistent/file"),
        (["--json", "/nonexistent/directory/file"], "/nonexistent/directory/file"),
        (["--runs", "0"], "--runs"),
        (["--scaling", "--quick"], "--quick"),
    ] {
        let refused = compare(args).ended_with(2);
        assert!(refused.stderr.contains(named), "{args:?}: {}", refused.stderr);
        assert_eq!(refused.stdout, "", "{args:?}: nothing is measured");
    }
}

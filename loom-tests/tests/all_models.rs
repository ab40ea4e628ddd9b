//! Makes the models part of `cargo test --workspace`: runs `cargo loom`, and does not take a run for
//! good in which a model file was left out.
#![cfg(not(filch_loom))]

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[test]
fn every_model_runs_and_holds() {
    let expected = models();
    assert!(!expected.is_empty(), "there is no model file");
    let run = cargo_loom();
    assert!(run.success, "`cargo loom` failed; its output is above");
    for (file, &models) in &expected {
        let passed = run.passed.get(file).copied().unwrap_or(0);
        assert!(models > 0, "tests/{file}.rs has no model");
        assert!(passed >= models, "{passed} of the {models} models in tests/{file}.rs ran");
    }
}

/// How many models there are in each file, as its source says.
fn models() -> BTreeMap<String, usize> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut models = BTreeMap::new();
    for entry in fs::read_dir(tests).expect("the directory of this file") {
        let path = entry.expect("an entry of it").path();
        if path.extension() != Some(OsStr::new("rs")) {
            continue;
        }
        let source = fs::read_to_string(&path).expect("a source file");
        if source.lines().any(|line| line == "#![cfg(filch_loom)]") {
            let tests = source.lines().filter(|line| line.trim() == "#[test]");
            models.insert(stem(&path), tests.count());
        }
    }
    models
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().expect("the path of a file");
    stem.to_string_lossy().into_owned()
}

struct Run {
    success: bool,
    /// How many tests passed in each file.
    passed: BTreeMap<String, usize>,
}

fn cargo_loom() -> Run {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let mut command = Command::new(cargo);
    command
        .args(["loom", "--no-fail-fast"])
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // What the cargo around us was told, or tells us, is not for the one that we start: its flags would
    // replace those of the alias, and its directory is locked.
    for (name, _) in env::vars_os() {
        if is_for_the_outer_cargo(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    let mut cargo = command.spawn().expect("cargo runs us, so it can be run");
    let stdout = cargo.stdout.take().expect("it is piped");
    let stderr = cargo.stderr.take().expect("it is piped");
    let (counts, files) = std::thread::scope(|scope| {
        let counts = scope.spawn(|| pass_on(stdout, passed));
        let files = pass_on(stderr, running);
        (counts.join().expect("it only reads"), files)
    });
    let success = cargo.wait().expect("it was started").success();
    // Cargo names the files on one stream, the files report on the other, both in the same order.
    assert_eq!(files.len(), counts.len(), "a file ended without a report");
    Run { success, passed: files.into_iter().zip(counts).collect() }
}

fn is_for_the_outer_cargo(name: &str) -> bool {
    let kept = ["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTR"];
    ["RUSTFLAGS", "RUSTDOCFLAGS", "RUSTC_BOOTSTRAP", "FILCH_LOOM"].contains(&name)
        || (name.starts_with("CARGO") && !kept.iter().any(|prefix| name.starts_with(prefix)))
}

/// Passes the stream on as it comes, past the test harness, which would keep it until the end; returns
/// what `pick` finds in its lines.
fn pass_on<T>(stream: impl Read, pick: impl Fn(&str) -> Option<T>) -> Vec<T> {
    let mut found = Vec::new();
    for line in BufReader::new(stream).lines() {
        let line = line.expect("cargo's output is text");
        // Nobody to read it is no reason to fail.
        let _shown = writeln!(io::stderr(), "{line}");
        found.extend(pick(&line));
    }
    found
}

/// The file of `Running tests/queue.rs (target/...)`.
fn running(line: &str) -> Option<String> {
    let path = line.trim_start().strip_prefix("Running ")?;
    let path = path.strip_prefix("unittests ").unwrap_or(path);
    let path = path.split(" (").next()?;
    Some(stem(&PathBuf::from(path)))
}

/// The number of `test result: ok. 7 passed; ...`.
fn passed(line: &str) -> Option<usize> {
    let result = line.strip_prefix("test result: ")?;
    let (_, counts) = result.split_once(". ")?;
    counts.split_once(" passed")?.0.parse().ok()
}

//! Files that cannot be read: named, skipped, counted; the rest is measured.
#![cfg(unix)]

mod common;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{PROGRAM, Run, run, run_command, unwrapped};

/// A user whom permissions bind; root reads everything.
const NOBODY: u32 = 65_534;

/// Runs the program as somebody who is not root.
fn run_unprivileged(args: &[&str], scratch: &Path) -> Run {
    if !rustix::process::geteuid().is_root() {
        return run(args);
    }
    // The program may have been built below a directory that is root's alone.
    let copy = scratch.join("filch-contrast");
    // By a program of its own: a child that another test starts meanwhile would inherit our descriptor of
    // the copy, and what is open for writing cannot be run.
    let copied = Command::new("cp").arg(PROGRAM).arg(&copy).status().expect("cp can be started");
    assert!(copied.success(), "the program can be copied");
    let mut command = Command::new(copy);
    run_command(command.args(args).env("PATH", "").uid(NOBODY).gid(NOBODY).current_dir("/"))
}

/// A directory that others may look into, with `readable.txt` and `forbidden.txt`.
fn files(scratch: &Path) -> PathBuf {
    fs::set_permissions(scratch, Permissions::from_mode(0o755)).expect("is ours");
    let files = scratch.join("files");
    fs::create_dir(&files).expect("can be created");
    for (name, mode) in [("readable.txt", 0o644), ("forbidden.txt", 0o000)] {
        fs::write(files.join(name), "some text\n".repeat(2_000)).expect("can be written");
        fs::set_permissions(files.join(name), Permissions::from_mode(mode)).expect("is ours");
    }
    files
}

#[test]
fn an_unreadable_file_is_named_skipped_and_counted() {
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let files = files(scratch.path());
    let path = files.display().to_string();
    let run = run_unprivileged(
        &["--quick", "--runs", "1", "--no-page", "--rows", "files,blocking", &path],
        scratch.path(),
    )
    .ended_with(1);

    assert!(
        run.stderr.contains(&format!("skipped: {path}/forbidden.txt: Permission denied")),
        "{}",
        run.stderr
    );
    let said = unwrapped(&run.stdout);
    assert!(said.contains("1 unreadable file or directory skipped; the exit code is 1"), "{said}");
    assert!(
        said.contains("Verdict") && said.contains("Blocking by mistake"),
        "the rest is measured: {said}"
    );
}

#[test]
fn an_unreadable_directory_is_named_and_what_is_beside_it_measured() {
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let files = files(scratch.path());
    fs::remove_file(files.join("forbidden.txt")).expect("is ours");
    let forbidden = files.join("forbidden");
    fs::create_dir(&forbidden).expect("can be created");
    fs::set_permissions(&forbidden, Permissions::from_mode(0o000)).expect("is ours");
    let path = files.display().to_string();
    let run = run_unprivileged(
        &["--quick", "--runs", "1", "--no-page", "--rows", "files", &path],
        scratch.path(),
    )
    .ended_with(1);
    fs::set_permissions(&forbidden, Permissions::from_mode(0o755)).expect("is ours");

    assert!(
        run.stderr.contains(&format!("skipped: {path}/forbidden: Permission denied")),
        "{}",
        run.stderr
    );
    assert!(unwrapped(&run.stdout).contains("compress 1 file below"), "{}", run.stdout);
}

#[test]
fn a_path_that_cannot_be_read_at_all_is_named_with_the_reason() {
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let path = files(scratch.path()).join("forbidden.txt").display().to_string();
    let run = run_unprivileged(
        &["--quick", "--runs", "1", "--no-page", "--rows", "files", &path],
        scratch.path(),
    )
    .ended_with(1);
    assert!(run.stderr.contains(&format!("skipped: {path}: Permission denied")), "{}", run.stderr);
    assert!(
        unwrapped(&run.stdout).contains(&format!("no file at {path} can be read")),
        "{}",
        run.stdout
    );
}

#[test]
fn nothing_to_read_leaves_the_row_out_and_measures_the_others() {
    let empty = tempfile::tempdir().expect("a temporary directory");
    // Nobody writes to it: who opens it to read waits for ever.
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let pipe = scratch.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo can be started");
    assert!(made.success(), "a pipe can be made");
    for (path, reason) in [
        (empty.path(), "there is no file to read at PATH"),
        (Path::new("/dev/null"), "PATH is neither a file nor a directory"),
        (&pipe, "PATH is neither a file nor a directory"),
    ] {
        let path = path.display().to_string();
        let run = run(["--quick", "--runs", "1", "--no-page", "--rows", "files,blocking", &path])
            .ended_with(1);
        let said = unwrapped(&run.stdout);
        assert!(
            said.contains(&format!("Not measured: {}", reason.replace("PATH", &path))),
            "{said}"
        );
        assert!(said.contains("1 row not measured; the exit code is 1"), "{said}");
        assert!(said.contains("Verdict"), "the other row is measured: {said}");
    }
}

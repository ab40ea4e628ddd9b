//! The standard streams, each test in a process of its own.
#![cfg(unix)]

mod support;

use filch_executor::{Builder, Executor};
use filch_fs::stdio::{stderr, stdin, stdout};
use filch_io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};
use support::{begin, child, ends};

fn executor() -> Executor {
    Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

/// Reads what the process writes to its standard output until a line ends in `word`.
#[track_caller]
fn await_word(output: &mut impl Read, word: &str) {
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).lines().any(|line| line.trim_end().ends_with(word)) {
        let mut byte = [0];
        let count = output.read(&mut byte).unwrap();
        assert_eq!(count, 1, "`{word}` was not among: {}", String::from_utf8_lossy(&seen));
        seen.push(byte[0]);
    }
}

fn say(word: &str) {
    println!("{word}");
    std::io::stdout().flush().unwrap();
}

#[test]
fn lines_go_in_and_come_out() {
    let _bounded = support::bounded();
    let mut child = child("child_that_shouts", "")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    for (word, answer) in [("one", "ONE!"), ("two", "TWO!")] {
        writeln!(input, "{word}").unwrap();
        await_word(&mut output, answer);
    }
    input.write_all(b"no end of line").unwrap();
    drop(input);
    await_word(&mut output, "NO END OF LINE!");
    await_word(&mut output, "over");
    output.read_to_end(&mut Vec::new()).unwrap();
    assert!(ends(&mut child).success());
}

#[test]
#[ignore = "run by lines_go_in_and_come_out, which talks to it"]
fn child_that_shouts() {
    executor().block_on(async {
        let mut lines = BufReader::new(stdin()).lines();
        let mut output = stdout();
        while let Some(line) = lines.next_line().await.unwrap() {
            output.write_all(format!("{}!\n", line.to_uppercase()).as_bytes()).await.unwrap();
            output.flush().await.unwrap();
        }
        output.write_all(b"over\n").await.unwrap();
        // Not flushed, and the runtime ends: it comes out all the same.
    });
}

/// The process ends its runtime while a read is pending, and then asks std for a line.
#[track_caller]
fn a_shutdown_while_a_read_is_pending(
    mut child: Child,
    mut input: impl Write,
    mut output: impl Read,
) {
    await_word(&mut output, "the runtime has ended");
    // The read that was given up does not eat this.
    input.write_all(b"for std\n").unwrap();
    await_word(&mut output, "std got: for std");
    drop(input);
    assert!(ends(&mut child).success());
}

#[test]
fn a_pending_read_of_a_pipe_holds_up_no_shutdown_and_takes_nothing_after_it() {
    let _bounded = support::bounded();
    let mut child = child("child_that_shuts_down", "")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    a_shutdown_while_a_read_is_pending(child, input, output);
}

#[test]
fn a_pending_read_of_a_terminal_holds_up_no_shutdown_and_takes_nothing_after_it() {
    use rustix::fs::{Mode, OFlags, open};
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    let _bounded = support::bounded();
    let typist = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&typist).unwrap();
    unlockpt(&typist).unwrap();
    let name = ptsname(&typist, Vec::new()).unwrap();
    let terminal: OwnedFd = open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    let mut child =
        child("child_that_shuts_down", "").stdin(terminal).stdout(Stdio::piped()).spawn().unwrap();
    let output = child.stdout.take().unwrap();
    a_shutdown_while_a_read_is_pending(child, File::from(typist), output);
}

#[test]
#[ignore = "run by the tests about a pending read, which talk to it"]
fn child_that_shuts_down() {
    let executor = executor();
    let task = executor.spawn(async { stdin().read_u8().await });
    executor.block_on(async {
        // Another reader, that gives up.
        let mut input = stdin();
        assert!(begin(input.read_u8()).await.is_pending());
    });
    std::thread::sleep(std::time::Duration::from_millis(20));
    drop(executor);
    assert!(task.is_finished());
    say("the runtime has ended");
    // Meanwhile the line comes, and nobody else reads: who would take it has the time to do so.
    std::thread::sleep(std::time::Duration::from_millis(200));
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    say(&format!("std got: {}", line.trim_end()));
}

#[test]
fn what_a_read_that_was_given_up_brings_is_for_the_next_one() {
    let _bounded = support::bounded();
    let mut child = child("child_that_gives_up", "")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    await_word(&mut output, "gave up");
    input.write_all(b"ab").unwrap();
    await_word(&mut output, "got ab");
    drop(input);
    assert!(ends(&mut child).success());
}

#[test]
#[ignore = "run by what_a_read_that_was_given_up_brings_is_for_the_next_one, which talks to it"]
fn child_that_gives_up() {
    let executor = executor();
    let mut first = stdin();
    executor.block_on(async { assert!(begin(first.read_u8()).await.is_pending()) });
    // On another runtime, by another handle, while the first is kept.
    drop(executor);
    say("gave up");
    Builder::new_current_thread().build().unwrap().block_on(async {
        let mut buf = [0; 2];
        stdin().read_exact(&mut buf).await.unwrap();
        say(&format!("got {}", String::from_utf8_lossy(&buf)));
        // The end is found by either.
        assert_eq!(first.read(&mut buf).await.unwrap(), 0);
    });
}

#[test]
fn a_waker_that_panics_takes_the_input_from_nobody_else() {
    let _bounded = support::bounded();
    let mut child = child("child_with_a_waker_that_panics", "")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    for word in ["reads", "reads again"] {
        await_word(&mut output, word);
        input.write_all(b"a").unwrap();
    }
    assert!(ends(&mut child).success());
}

#[test]
#[ignore = "run by a_waker_that_panics_takes_the_input_from_nobody_else, which talks to it"]
fn child_with_a_waker_that_panics() {
    executor().block_on(async {
        let mut panics = stdin();
        let pending = support::begin_with(&support::panicking_waker(), panics.read_u8());
        assert!(pending.is_pending());
        let mut other = stdin();
        say("reads");
        assert_eq!(other.read_u8().await.unwrap(), b'a');
        say("reads again");
        assert_eq!(other.read_u8().await.unwrap(), b'a');
    });
}

#[test]
fn a_closed_input_is_empty() {
    let _bounded = support::bounded();
    let mut child = child("child_without_input", "exec <&-").spawn().unwrap();
    assert!(ends(&mut child).success());
}

#[test]
#[ignore = "run by a_closed_input_is_empty"]
fn child_without_input() {
    executor().block_on(async {
        assert_eq!(stdin().read_to_end(&mut Vec::new()).await.unwrap(), 0);
    });
}

#[test]
fn an_output_that_nobody_reads_is_an_error() {
    let _bounded = support::bounded();
    let mut child = child("child_without_reader", "")
        .stdout(Stdio::piped())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = child.stdout.take().unwrap();
    await_word(&mut output, "ready");
    drop(output);
    drop(child.stdin.take());
    assert_eq!(ends(&mut child).code(), Some(7));
}

#[test]
#[ignore = "run by an_output_that_nobody_reads_is_an_error"]
fn child_without_reader() {
    executor().block_on(async {
        say("ready");
        stdin().read_to_end(&mut Vec::new()).await.unwrap();
        let mut output = stdout();
        let error = async {
            output.write_all(&[b'x'; 100_000]).await?;
            output.flush().await
        }
        .await
        .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        let mut errors = stderr();
        errors.write_all(b"nobody reads, as it should be\n").await.unwrap();
        errors.flush().await.unwrap();
        // Not by way of the harness, which would write its report.
        std::process::exit(7);
    });
}

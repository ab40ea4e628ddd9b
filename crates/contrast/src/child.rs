//! A child process that does one thing, prints the result and ends; given up after a while, or at Ctrl-C.

use std::io::{Read, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::interrupt;

/// How often to look whether Ctrl-C came. Looking takes a microsecond: it does not disturb what is measured.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What a child left behind.
#[derive(Debug)]
pub struct Finished {
    /// What it printed.
    pub stdout: String,
    /// From before its start to its end.
    pub took: Duration,
}

/// Runs `command`, gives it `input`, and returns what it printed.
///
/// # Errors
/// In words: when it cannot be started, fails, or is not done after `limit` or when Ctrl-C comes (it is killed then).
pub fn run(command: &mut Command, input: Vec<u8>, limit: Duration) -> Result<Finished, String> {
    // In a group of its own: Ctrl-C is for this program, which ends the child itself.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("its process cannot be started: {error}"))?;

    let (mut stdin, stdout, stderr) = (
        child.stdin.take().expect("piped"),
        child.stdout.take().expect("piped"),
        child.stderr.take().expect("piped"),
    );
    let (sender, said) = mpsc::channel();
    // All at once: a child must not block on a full pipe, nor this program.
    thread::spawn(move || {
        // One that ends without reading will say why.
        let fed = thread::spawn(move || drop(stdin.write_all(&input)));
        let complaint = thread::spawn(move || read_all(stderr));
        let said = read_all(stdout);
        let _ = fed.join();
        let _ = sender.send((said, complaint.join().unwrap_or_default()));
    });

    let ended = loop {
        match said.recv_timeout(LOOK_EVERY) {
            Ok(ended) => break ended,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(kill(&mut child, "its output is lost"));
            }
            Err(RecvTimeoutError::Timeout) if interrupt::came() => {
                return Err(kill(&mut child, "interrupted"));
            }
            Err(RecvTimeoutError::Timeout) if started.elapsed() > limit => {
                return Err(kill(
                    &mut child,
                    &format!("not done after {} s, ended", limit.as_secs()),
                ));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    };
    let status = child.wait().map_err(|error| format!("its process is lost: {error}"))?;
    let took = started.elapsed();
    let (stdout, complaint) = ended;
    if status.success() {
        return Ok(Finished { stdout, took });
    }
    let complaint = complaint.trim();
    Err(if complaint.is_empty() { status.to_string() } else { complaint.to_owned() })
}

fn read_all(mut pipe: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = pipe.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn kill(child: &mut Child, reason: &str) -> String {
    // It may have ended in this very moment; either way it is gone after this.
    let _ = child.kill();
    let _ = child.wait();
    reason.to_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<Finished, String> {
        run(Command::new("sh").args(["-c", script]), b"some input".to_vec(), limit)
    }

    #[test]
    fn what_a_child_prints_is_returned_and_what_it_complains_of_is_the_reason() {
        let patience = Duration::from_secs(60);
        assert_eq!(shell("cat", patience).expect("succeeds").stdout, "some input");
        let failed = shell("echo no good >&2; exit 3", patience).expect_err("fails");
        assert_eq!(failed, "no good");
        assert!(shell("exit 3", patience).expect_err("fails").contains('3'));
    }

    #[test]
    fn a_child_that_takes_too_long_is_given_up() {
        let given_up = shell("exec sleep 600", Duration::from_millis(100)).expect_err("is killed");
        assert!(given_up.contains("not done"), "{given_up}");
    }

    #[test]
    fn input_that_nobody_reads_blocks_nobody() {
        let much = vec![b'x'; 10 << 20];
        let ended = run(&mut Command::new("true"), much, Duration::from_secs(60));
        assert!(ended.is_ok(), "{ended:?}");
    }
}

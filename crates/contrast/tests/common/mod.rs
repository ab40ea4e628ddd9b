//! Runs the built program, and gives up on it after a while.

use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Far more than anything here takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(300);

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_filch-contrast");

/// Runs the program with `args` and returns its output. It finds no other languages, which would take as long again; a
/// test that is about them uses [`run_command`].
pub fn run(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
    run_command(Command::new(PROGRAM).args(args).env("PATH", ""))
}

/// Runs `command` and returns its output.
pub fn run_command(command: &mut Command) -> Run {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    let output =
        receiver.recv_timeout(PATIENCE).expect("the program ends").expect("its output can be read");
    Run::from(output)
}

/// What a run left behind.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Run {
    /// Panics with everything that the program said unless it ended with `code`.
    #[track_caller]
    pub fn ended_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// `text` with every run of white space replaced by one space: as it was before it was wrapped.
pub fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

//! Programs of the book, run as a reader would run them.

use crate::pages::Block;
use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any of them takes on the busiest machine.
const TIME: Duration = Duration::from_secs(120);

/// What runs the program that `block` is, if it is one.
pub fn command(block: &Block) -> Option<Command> {
    let with_text = |interpreter: &str, option: &str| {
        let mut command = Command::new(interpreter);
        command.args([option, &block.text]);
        command
    };
    match (block.info.as_str(), block.source.as_deref()) {
        ("python", _) => Some(with_text("python3", "-c")),
        ("javascript", _) => Some(with_text("node", "-e")),
        (_, Some("docs/listings/src/bin/fetch_and_numbers.rs")) => {
            Some(Command::new(env!("CARGO_BIN_EXE_fetch_and_numbers")))
        }
        (_, Some("docs/listings/src/bin/promise.rs")) => {
            Some(Command::new(env!("CARGO_BIN_EXE_promise")))
        }
        _ => None,
    }
}

/// What it prints; `None` where the interpreter is not on this machine.
pub fn run(mut command: Command) -> Option<String> {
    let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = match started {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // Past the test harness's capture: a comparison that did not happen must be seen.
            let _ = writeln!(
                io::stderr(),
                "\n*** SKIPPED: {:?} is not on this machine ***",
                command.get_program()
            );
            return None;
        }
        started => started.expect("it can be started"),
    };
    let mut stdout = child.stdout.take().expect("it is piped");
    let reader = thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).map(|_| text)
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            break status;
        }
        if start.elapsed() > TIME {
            let _ = child.kill();
        }
        thread::sleep(Duration::from_millis(5));
    };
    assert!(status.success(), "{command:?}: {status}");
    Some(reader.join().expect("it does not panic").expect("it prints text"))
}

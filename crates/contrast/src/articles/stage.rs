//! Runs a program on a flavour and returns what it printed.

use std::io;
use std::time::{Duration, Instant};

use super::Program;
use super::script::{Line, Script};
use crate::flavour::Flavour;

/// What a run of a program left behind.
#[derive(Clone, Debug)]
pub struct Performed {
    /// The lines in the order in which they were printed.
    pub lines: Vec<Line>,
    /// From the start of the program to the end of its runtime.
    pub took: Duration,
}

impl Performed {
    /// The lines' texts.
    pub fn texts(&self) -> Vec<&str> {
        self.lines.iter().map(|line| line.text.as_str()).collect()
    }
}

/// Runs `program` to its end and cancels what it left behind, as Python does.
///
/// On an event loop `block_on` gives every task that was ready before main ended its turn, as `asyncio.run` does; so
/// a task that nobody awaited still prints its first line. On several workers such a task runs *beside* main, and
/// whether it starts before main ends is a race. The stage waits for first turns there: then the set of lines is the
/// same on both, and only their order is the scheduler's business.
///
/// # Errors
/// When the flavour cannot be built, with the operating system's reason.
pub fn perform(program: &Program, flavour: Flavour, scale: f64) -> io::Result<Performed> {
    let script = Script::new(scale);
    let started = Instant::now();
    let main = (program.main)(script.clone());
    match flavour {
        Flavour::EventLoop => flavour.run(main)?,
        Flavour::Workers(_) => flavour.run(async {
            main.await;
            script.all_started().await;
        })?,
    }
    Ok(Performed { lines: script.lines(), took: started.elapsed() })
}

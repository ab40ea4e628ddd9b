//! What is going on, on standard error: a bar with an estimate on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Progress through a known number of steps.
#[derive(Debug)]
pub struct Progress {
    /// Absent where standard error is not a terminal.
    bar: Option<ProgressBar>,
    /// What the last plain line said, so that it is not said twice.
    said: String,
}

impl Progress {
    /// Starts at zero of `steps`.
    pub fn new(steps: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(steps as u64).with_style(
                ProgressStyle::with_template(
                    "{spinner} {bar:28} {pos}/{len}  about {eta} left  {wide_msg}",
                )
                .expect("the template is valid"),
            );
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { bar, said: String::new() }
    }

    /// Says what is being done now.
    pub fn begin(&mut self, what: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(what.to_owned()),
            None if self.said != what => {
                eprintln!("... {what}");
                what.clone_into(&mut self.said);
            }
            None => {}
        }
    }

    /// Counts `steps` as done.
    pub fn done(&self, steps: usize) {
        if let Some(bar) = &self.bar {
            bar.inc(steps as u64);
        }
    }

    /// Prints something else meanwhile: the bar makes room and comes back.
    pub fn hidden<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

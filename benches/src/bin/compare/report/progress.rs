//! What is going on, on standard error: a bar with an estimate on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Without a terminal, no more often than this.
const QUIET: Duration = Duration::from_secs(10);

/// Progress through a known number of processes.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    is_terminal: bool,
    said: Option<Instant>,
}

impl Progress {
    /// Starts at zero of `steps`.
    pub fn new(steps: usize) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = if is_terminal {
            ProgressBar::new(steps as u64)
        } else {
            // Drawn by nobody, it still counts and estimates.
            ProgressBar::with_draw_target(
                Some(steps as u64),
                indicatif::ProgressDrawTarget::hidden(),
            )
        };
        let style = "{spinner} {bar:28} {pos}/{len}  about {eta} left  {wide_msg}";
        bar.set_style(ProgressStyle::with_template(style).expect("the template is valid"));
        if is_terminal {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self { bar, is_terminal, said: None }
    }

    /// Says what is being done now.
    pub fn begin(&mut self, what: &str) {
        if self.is_terminal {
            self.bar.set_message(what.to_owned());
        } else if self.said.is_none_or(|said| said.elapsed() >= QUIET) {
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
            let estimate = match self.bar.eta().as_secs() {
                0 => String::new(),
                seconds => format!(", about {seconds} s left"),
            };
            eprintln!("... {done} of {all}{estimate}: {what}");
            self.said = Some(Instant::now());
        }
    }

    /// Counts `steps` as done.
    pub fn done(&self, steps: usize) {
        self.bar.inc(steps as u64);
    }

    /// Says what has come out; the bar makes room and comes back.
    pub fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

//! Who is measured: a runtime, and how a process of it is started.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// What a process is to do.
#[derive(Clone, Debug)]
pub struct Task {
    /// The workload.
    pub workload: String,
    /// How much work a run is.
    pub size: u64,
    /// Workers of a runtime that has several.
    pub workers: usize,
    /// At most so many runs.
    pub runs: usize,
    /// No further run after so many seconds.
    pub seconds: f64,
    /// Whether runs that do not count come first: not where memory is measured that an earlier run would have left.
    pub warm_up: bool,
}

/// A runtime and the program that has it.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The name of the runtime.
    pub name: String,
    /// Name and version of what it is made with.
    pub version: String,
    /// The program.
    pub program: PathBuf,
    /// What comes before the workload on its command line.
    pub before: Vec<OsString>,
    /// What comes after it.
    pub after: Vec<OsString>,
    /// The workloads that it knows.
    pub workloads: Vec<String>,
}

impl Subject {
    /// Whether it does that workload.
    pub fn does(&self, workload: &str) -> bool {
        self.workloads.iter().any(|known| known == workload)
    }

    /// A process that does the task.
    pub fn command(&self, task: &Task) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.before).arg(&task.workload);
        for (name, value) in [
            ("--size", task.size.to_string()),
            ("--workers", task.workers.to_string()),
            ("--runs", task.runs.to_string()),
            ("--seconds", task.seconds.to_string()),
        ] {
            command.arg(name).arg(value);
        }
        if !task.warm_up {
            command.arg("--no-warm-up");
        }
        command.args(&self.after);
        command
    }
}

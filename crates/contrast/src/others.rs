//! The same work in other languages: asyncio on Python, with uvloop where it is installed, and Node; where they are on
//! this machine.

use std::process::Command;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::cell::{Column, Sample};
use crate::child;

const PYTHON: &str = "python3";
const NODE: &str = "node";
/// The programs, part of this one: it needs no directory to find them in.
const IN_PYTHON: &str = include_str!("../others/contrast.py");
const IN_NODE: &str = include_str!("../others/contrast.js");
/// A program that has not said its version by then never will.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is on this machine.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Others {
    /// Python's version.
    pub python: Option<String>,
    /// uvloop's version.
    pub uvloop: Option<String>,
    /// Node's version.
    pub node: Option<String>,
    /// What is missing, in words: nothing that would make a run incomplete.
    pub notes: Vec<String>,
}

impl Others {
    /// Looks for them, by running each.
    pub fn find() -> Self {
        let mut notes = Vec::new();
        let mut version = |column: &str, program: &str, args: &[&str]| match child::run(
            Command::new(program).args(args),
            Vec::new(),
            PATIENCE,
        ) {
            Ok(said) if is_version(said.stdout.trim()) => Some(said.stdout.trim().to_owned()),
            Ok(_) => {
                notes.push(format!(
                    "No column {column}: {program} is here and does not say its version, so \
                         it is not trusted to work."
                ));
                None
            }
            Err(reason) => {
                let reason = reason.lines().last().unwrap_or_default().to_owned();
                notes.push(format!("No column {column}: {program} does not run: {reason}"));
                None
            }
        };
        let python = version(
            "asyncio",
            PYTHON,
            &["-c", "import platform, asyncio, zlib; print(platform.python_version())"],
        );
        let uvloop = python.as_ref().and_then(|_| {
            version("uvloop", PYTHON, &["-c", "import uvloop; print(uvloop.__version__)"])
        });
        let node = version("node", NODE, &["-p", "process.versions.node"]);
        Self { python, uvloop, node, notes }
    }

    /// Whether the column can be measured on this machine.
    pub fn have(&self, column: Column) -> bool {
        match column {
            Column::Asyncio => self.python.is_some(),
            Column::Uvloop => self.uvloop.is_some(),
            Column::Node => self.node.is_some(),
            _ => true,
        }
    }
}

fn is_version(said: &str) -> bool {
    said.starts_with(|c: char| c.is_ascii_digit()) && said.contains('.') && said.len() < 40
}

/// Does `work` in another language, in a process of its own.
///
/// # Errors
/// In words, as [`child::run`]; and when it prints something else than a sample.
pub fn run(column: Column, work: &Value, limit: Duration) -> Result<Sample, String> {
    let mut command = match column {
        Column::Node => {
            let mut node = Command::new(NODE);
            node.args(["-e", IN_NODE]);
            node
        }
        _ => {
            let mut python = Command::new(PYTHON);
            // Not from the current directory: it is the user's, and may have a json.py.
            python.env("PYTHONSAFEPATH", "1");
            python.args([
                "-c",
                IN_PYTHON,
                if column == Column::Uvloop { "uvloop" } else { "asyncio" },
            ]);
            python
        }
    };
    let finished = child::run(&mut command, work.to_string().into_bytes(), limit)
        .map_err(|complaint| last_line(&complaint))?;
    Sample::read(&finished)
}

/// Of a traceback, what happened.
fn last_line(complaint: &str) -> String {
    complaint.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_version() {
        assert!(is_version("20.20.2") && is_version("3.11.7"));
        for other in ["", "v", "command not found: node", "0"] {
            assert!(!is_version(other), "{other}");
        }
    }

    #[test]
    fn of_a_traceback_the_last_line_says_what_happened() {
        assert_eq!(last_line("Traceback:\n  File x\nOSError: no\n\n"), "OSError: no");
    }
}

//! Where, when and with what a run was made; what this process may use.

use std::process::Command;
use std::thread::available_parallelism;

use filch_benches::neighbours::Neighbours;
pub use filch_benches::raise_file_limit;
use serde::{Deserialize, Serialize};

/// Versions of what was measured: the lock file's, since that is what was built.
const LOCK: &str = include_str!("../../../../Cargo.lock");

/// What somebody has to know who repeats a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's own name.
    pub processor: String,
    /// Cores that this process may use.
    pub cores: usize,
    /// Memory of the machine, in bytes.
    pub memory_bytes: u64,
    /// Operating system and its version.
    pub kernel: String,
    /// The C library, whose allocator everybody uses.
    pub libc: String,
    /// The compiler.
    pub rustc: String,
    /// The state of the sources.
    pub commit: String,
    /// When it began.
    pub date: String,
    /// What else used it meanwhile, where the kernel tells.
    pub neighbours: Option<Neighbours>,
    /// What was typed.
    pub command: String,
    /// Release or debug.
    pub optimised: bool,
}

impl Machine {
    /// This one, now.
    pub fn here() -> Self {
        let args: Vec<String> = std::env::args().skip(1).collect();
        Self {
            processor: field("/proc/cpuinfo", "model name").unwrap_or_else(unknown),
            cores: available_parallelism().map_or(1, usize::from),
            memory_bytes: memory("MemTotal").unwrap_or(0),
            kernel: said("uname", &["-sr"]),
            libc: said("getconf", &["GNU_LIBC_VERSION"]),
            rustc: said("rustc", &["--version"]),
            commit: said(
                "git",
                &["-C", env!("CARGO_MANIFEST_DIR"), "describe", "--always", "--dirty"],
            ),
            date: said("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
            neighbours: None,
            command: format!(
                "cargo run --release -p filch-benches --bin compare -- {}",
                args.join(" ")
            )
            .trim_end_matches([' ', '-'])
            .to_owned(),
            optimised: !cfg!(debug_assertions),
        }
    }
}

fn unknown() -> String {
    "unknown".to_owned()
}

/// The first line that a program prints.
fn said(program: &str, args: &[&str]) -> String {
    Command::new(program)
        .args(args)
        .output()
        .ok()
        .filter(|output| output.status.success())
        .and_then(|output| Some(String::from_utf8(output.stdout).ok()?.lines().next()?.to_owned()))
        .unwrap_or_else(unknown)
}

/// The value behind `name` and a colon, in the first line of a file that begins so.
fn field(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim_start().strip_prefix(':')?.trim().to_owned())
}

fn kib(text: &str) -> Option<u64> {
    Some(text.strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// An amount of memory of this machine, in bytes, by the name that Linux gives it.
pub fn memory(name: &str) -> Option<u64> {
    kib(&field("/proc/meminfo", name)?)
}

/// The most memory of this process that was resident at a time, in bytes.
///
/// Not `getrusage`: its figure survives `exec`, so it would be the parent's where that was larger.
pub fn peak_bytes() -> Option<u64> {
    kib(&field("/proc/self/status", "VmHWM")?)
}

/// The version of a crate that this program was built with.
pub fn crate_version(name: &str) -> Option<&'static str> {
    let mut lines = LOCK.lines().skip_while(|line| *line != format!("name = \"{name}\""));
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_lock_file() {
        assert!(crate_version("tokio").expect("is locked").starts_with("1."));
        assert_eq!(crate_version("no-such-crate"), None);
    }

    #[test]
    fn a_program_that_is_not_there_leaves_its_fact_unknown() {
        assert_eq!(said("/nonexistent/program", &[]), "unknown");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_what_there_is() {
        let machine = Machine::here();
        assert!(machine.cores > 0 && machine.memory_bytes > 0 && peak_bytes() > Some(0));
        assert!(raise_file_limit() > 0);
    }
}

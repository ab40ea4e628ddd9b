//! Where, when and with what the figures were made.

use filch_benches::neighbours::Neighbours;
use serde::Serialize;
use std::fmt;
use std::process::Command;
use std::thread::available_parallelism;

/// The lock file has the versions: it is what was built.
const LOCK: &str = include_str!("../../../../Cargo.lock");

/// What somebody has to know who repeats a measurement.
#[derive(Debug, Serialize)]
pub struct Machine {
    processor: String,
    cores: usize,
    kernel: String,
    rustc: String,
    tokio: String,
    hyper: String,
    date: String,
    /// What else used it meanwhile, where the kernel tells.
    pub neighbours: Option<Neighbours>,
    command: String,
}

impl Machine {
    /// This one, now.
    pub fn here() -> Self {
        let unknown = || "unknown".to_owned();
        let arguments: Vec<_> = std::env::args().skip(1).collect();
        let build = if cfg!(debug_assertions) { "" } else { "--release " };
        let command = format!("cargo run {build}-p filch-benches --bin latency -- ");
        Self {
            processor: processor().unwrap_or_else(unknown),
            cores: available_parallelism().map_or(1, usize::from),
            kernel: said("uname", &["-sr"]).unwrap_or_else(unknown),
            rustc: said("rustc", &["--version"]).unwrap_or_else(unknown),
            tokio: version("tokio").unwrap_or_else(unknown),
            hyper: version("hyper").unwrap_or_else(unknown),
            date: said("date", &["-u", "+%Y-%m-%d %H:%M UTC"]).unwrap_or_else(unknown),
            neighbours: None,
            command: (command + &arguments.join(" ")).trim_end_matches([' ', '-']).to_owned(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, cores, kernel, rustc, tokio, hyper, date, neighbours, command } =
            self;
        write!(
            f,
            "`{command}`, {date}, {cores} cores ({processor}), {kernel}, {rustc}, tokio {tokio}, hyper {hyper}"
        )?;
        neighbours.map_or(Ok(()), |neighbours| write!(f, "; {neighbours}"))
    }
}

/// The first line that a program prints.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.lines().next()?.to_owned())
}

fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("model name"))?;
    Some(line.trim_start_matches([' ', '\t', ':']).to_owned())
}

fn version(name: &str) -> Option<String> {
    let name = format!("name = \"{name}\"");
    let line = LOCK.lines().skip_while(|line| *line != name).nth(1)?;
    Some(line.strip_prefix("version = \"")?.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_are_those_that_were_built() {
        assert!(version("tokio").unwrap().starts_with("1."));
        assert!(version("hyper").unwrap().starts_with("1."));
        assert_eq!(version("no such crate"), None);
    }
}

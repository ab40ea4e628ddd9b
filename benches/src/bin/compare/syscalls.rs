//! How many system calls a program makes: one more run, counted by `strace`.
//!
//! A traced program is many times slower, so nothing else is measured in that run.

use std::process::Command;
use std::time::Duration;

use crate::process;

/// Whether `strace` is there and may trace; if not, why.
pub fn check() -> Result<(), String> {
    count(&Command::new("true"), Duration::from_secs(10))
        .map(drop)
        .map_err(|reason| format!("strace: {reason}"))
}

/// Runs `command` under `strace` and returns how many system calls it made, all of its threads together.
///
/// # Errors
/// In words: when it cannot be started or traced, fails, or is not done after `limit`.
pub fn count(command: &Command, limit: Duration) -> Result<u64, String> {
    let summary = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    let mut traced = Command::new("strace");
    traced.args(["-c", "-f", "-o"]).arg(summary.path()).arg("--");
    traced.arg(command.get_program()).args(command.get_args());
    process::run(&mut traced, limit)?;
    let text = std::fs::read_to_string(summary.path()).map_err(|error| error.to_string())?;
    total(&text).ok_or_else(|| "its summary has no total".to_owned())
}

/// The number of calls in the last line of the table.
fn total(summary: &str) -> Option<u64> {
    let line = summary.lines().rev().find(|line| line.trim_end().ends_with("total"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read_off_with_and_without_errors() {
        let table = "% time     seconds  usecs/call     calls    errors syscall\n\
                     ------ ----------- ----------- --------- --------- ----------------\n\
                     100.00    0.000100           3        28         1 epoll_wait\n\
                     ------ ----------- ----------- --------- --------- ----------------\n\
                     100.00    0.000100           3        29         1 total\n";
        assert_eq!(total(table), Some(29));
        assert_eq!(total("100.00    0.000000           0        31           total\n"), Some(31));
        assert_eq!(total("strace: nothing"), None);
    }
}

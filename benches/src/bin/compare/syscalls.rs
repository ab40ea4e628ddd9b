//! How many system calls a program makes: one more run, counted by `perf` or, where that may not, by `strace`.
//!
//! `perf` has the kernel count, so that the program runs at its own speed. Under `strace` it is many times slower, and what it
//! does by the clock, it does more often for each operation. Nothing else is measured in either run.

use std::process::Command;
use std::time::Duration;

use crate::process;

/// What can count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// `perf stat`, by the kernel's tracepoint.
    Perf,
    /// `strace -c`.
    Strace,
}

impl Counter {
    /// The better of those that are there and may trace; if none, why.
    pub fn find() -> Result<Self, String> {
        let refusal = |counter: Self| {
            let tried = counter.count(&Command::new("true"), Duration::from_secs(10));
            tried.err().map(|reason| format!("{}: {reason}", counter.name()))
        };
        let Some(perf) = refusal(Self::Perf) else { return Ok(Self::Perf) };
        let Some(strace) = refusal(Self::Strace) else { return Ok(Self::Strace) };
        Err(format!("{perf}; {strace}"))
    }

    /// The program's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Perf => "perf",
            Self::Strace => "strace",
        }
    }

    /// Runs `command` and returns how many system calls it made, all of its threads and children together.
    ///
    /// # Errors
    /// In words: when it cannot be started or traced, fails, or is not done after `limit`.
    pub fn count(self, command: &Command, limit: Duration) -> Result<u64, String> {
        let summary = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
        let mut traced = Command::new(self.name());
        traced.args(match self {
            Self::Perf => &["stat", "-x;", "-e", "raw_syscalls:sys_enter", "-o"][..],
            Self::Strace => &["-c", "-f", "-o"],
        });
        traced.arg(summary.path()).arg("--");
        traced.arg(command.get_program()).args(command.get_args());
        process::run(&mut traced, limit)?;
        let text = std::fs::read_to_string(summary.path()).map_err(|error| error.to_string())?;
        let total = match self {
            Self::Perf => of_perf(&text),
            Self::Strace => of_strace(&text),
        };
        total.ok_or_else(|| "its summary has no total".to_owned())
    }
}

/// The number before the event's name; no program makes none.
fn of_perf(summary: &str) -> Option<u64> {
    let line = summary.lines().find(|line| line.contains("raw_syscalls:sys_enter"))?;
    line.split(';').next()?.parse().ok().filter(|count| *count > 0)
}

/// The number of calls in the last line of the table.
fn of_strace(summary: &str) -> Option<u64> {
    let line = summary.lines().rev().find(|line| line.trim_end().ends_with("total"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_of_strace_is_read_off_with_and_without_errors() {
        let table = "% time     seconds  usecs/call     calls    errors syscall\n\
                     ------ ----------- ----------- --------- --------- ----------------\n\
                     100.00    0.000100           3        28         1 epoll_wait\n\
                     ------ ----------- ----------- --------- --------- ----------------\n\
                     100.00    0.000100           3        29         1 total\n";
        assert_eq!(of_strace(table), Some(29));
        assert_eq!(
            of_strace("100.00    0.000000           0        31           total\n"),
            Some(31)
        );
        assert_eq!(of_strace("strace: nothing"), None);
    }

    #[test]
    fn the_total_of_perf_is_read_off_and_what_it_could_not_count_is_none() {
        let table =
            "# started on Sat Nov 28 23:00:00 2026\n\n144;;raw_syscalls:sys_enter;7331;100.00;;\n";
        assert_eq!(of_perf(table), Some(144));
        assert_eq!(of_perf("<not supported>;;raw_syscalls:sys_enter;0;100.00;;\n"), None);
        assert_eq!(of_perf("0;;raw_syscalls:sys_enter;7331;100.00;;\n"), None);
        assert_eq!(of_perf(""), None);
    }

    #[test]
    fn those_that_are_here_agree_on_a_program_that_always_does_the_same() {
        let limit = Duration::from_secs(10);
        let counts: Vec<_> = [Counter::Perf, Counter::Strace]
            .into_iter()
            .filter_map(|counter| counter.count(&Command::new("true"), limit).ok())
            .collect();
        for count in &counts {
            assert!(count.abs_diff(counts[0]) <= 8, "{counts:?}");
        }
    }
}

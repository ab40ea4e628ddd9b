//! The command line: what can be asked for.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, value_parser};

use crate::child::ChildArgs;
use crate::others::Toolchains;

/// Compares filch with what you would use instead: the same work, in one run, each runtime in processes of its own
#[derive(Debug, Parser)]
#[command(name = "compare", args_conflicts_with_subcommands = true, after_help = AFTER)]
pub struct Cli {
    /// What to do instead of comparing.
    #[command(subcommand)]
    pub command: Option<Hidden>,
    /// What to compare.
    #[command(flatten)]
    pub compare: CompareArgs,
}

const AFTER: &str = "\
A run without --only, --runtimes and --scaling writes its figures to docs/benchmarks.md and its charts to docs/charts.

Exit code: 0, everything was measured; 1, something failed, which is named, and the rest is reported, or a curve is \
steeper than promised; 2, the command line cannot be understood.";

/// Not for users.
#[derive(Debug, Subcommand)]
pub enum Hidden {
    /// One process of one runtime.
    #[command(hide = true)]
    Child(ChildArgs),
}

/// Options of the comparison.
#[derive(Args, Debug)]
pub struct CompareArgs {
    /// Only rows whose name or group contains this; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub only: Vec<String>,

    /// Only these runtimes, filch_loop, filch_recorded and tokio_current among them [default: all with several threads, and the languages]
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub runtimes: Vec<String>,

    /// Processes per figure; the table shows medians [default: 5, with --quick 3]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=100))]
    pub runs: Option<u16>,

    /// Workers of each runtime that has several
    #[arg(long, value_name = "N", default_value_t = filch_benches::WORKERS as u16)]
    #[arg(value_parser = value_parser!(u16).range(1..=1024))]
    pub workers: u16,

    /// Less work, fewer processes, no curves: a first impression in about two minutes
    #[arg(long)]
    pub quick: bool,

    /// Only the curves of cost against size, up to 10 million tasks and timers where memory allows
    #[arg(long, conflicts_with_all = ["quick", "only"])]
    pub scaling: bool,

    /// The same, and exit code 1 where filch's cost grows faster than docs/benchmarks.md promises
    #[arg(long, conflicts_with_all = ["quick", "only"])]
    pub check_scaling: bool,

    /// Write the results to this file too
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Say what has changed since the run that wrote this file; of several, oldest first, since the last, and all of them
    /// stand beside this run in the table of goals
    #[arg(long, value_name = "FILE")]
    pub baseline: Vec<PathBuf>,

    /// Write neither docs/benchmarks.md nor charts
    #[arg(long)]
    pub no_write: bool,

    /// Name the rows and who does them, and measure nothing
    #[arg(long)]
    pub list: bool,

    /// Kill a process that takes longer than so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    #[arg(value_parser = value_parser!(u64).range(1..=86_400))]
    pub limit: u64,

    /// Where the other languages are.
    #[command(flatten)]
    pub toolchains: Toolchains,
}

impl CompareArgs {
    /// Whether only curves are wanted.
    pub fn only_curves(&self) -> bool {
        self.scaling || self.check_scaling
    }

    /// Whether everything is measured that the document shows.
    pub fn is_whole(&self) -> bool {
        self.only.is_empty() && self.runtimes.is_empty() && !self.only_curves()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_part_is_not_the_whole() {
        let is_whole =
            |args: &[&str]| Cli::parse_from([&["compare"], args].concat()).compare.is_whole();
        assert!(is_whole(&[]) && is_whole(&["--quick"]));
        for part in [
            &["--only", "spawn"][..],
            &["--scaling"],
            &["--check-scaling"],
            &["--runtimes", "filch"],
        ] {
            assert!(!is_whole(part), "{part:?}");
        }
    }
}

//! What is to be measured, with every default filled in.

use std::path::PathBuf;
use std::thread::available_parallelism;

use serde::Serialize;

use crate::cell::Column;
use crate::others::Others;
use crate::rows::RowName;
use crate::url::Url;

/// Without `--runs`.
const RUNS: usize = 3;
/// Without `--runs`, with `--quick`.
const QUICK_RUNS: usize = 1;

/// Everything that a measurement depends on, besides the machine.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// In the order in which they are measured, each once.
    pub rows: Vec<RowName>,
    /// Workers of the last column.
    pub workers: usize,
    /// How often each cell is measured; less often where [`runs_of`](Self::runs_of) says so.
    pub runs: usize,
    /// Whether [`runs`](Self::runs) was asked for, and so holds for every row.
    pub runs_for_all: bool,
    /// Less of everything.
    pub quick: bool,
    /// What the *files* row reads.
    pub path: PathBuf,
    /// How much of it, in MiB; 0 for all.
    pub limit_mib: u64,
    /// Whether `.git` and `target` are left out of it.
    pub sources_only: bool,
    /// What the *fan-out* row asks for; empty: the built-in server.
    pub urls: Vec<Url>,
    /// The built-in server's port; 0: any.
    pub port: u16,
    /// Whether each column is run once more, recorded, for the page.
    pub record: bool,
    /// Cores that this process may use.
    pub cores: usize,
    /// The other languages on this machine.
    pub others: Others,
}

impl Plan {
    /// How often a row's column is measured. Other languages once: they are there to be looked at, and take long to start.
    pub fn runs_of(&self, row: RowName, column: Column) -> usize {
        match self.runs_for_all {
            true => self.runs,
            false if column.is_other_language() => 1,
            false => self.runs.min(row.row().most_runs),
        }
    }

    /// How often each cell is measured if nobody says so.
    pub fn default_runs(quick: bool) -> usize {
        if quick { QUICK_RUNS } else { RUNS }
    }
}

/// Cores that this process may use; one where the system does not say.
pub fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

//! The rows of the table: one piece of work each, done in every column's way.
//!
//! A row's file opens with what the row must show, has its work, its sizes and its verdict. To add a row: a file, a
//! line in [`RowName`], a line in [`RowName::row`].

mod blocking;
mod compute;
mod digests;
mod fan_out;
mod files;
mod fork_join;
mod million;
mod mixed;
mod on_threads;
mod parallel;
mod waiting;

use std::ffi::OsString;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::cell::{CellArgs, Column, Sample};
use crate::input::Unreadable;
use crate::measured::Measured;
use crate::plan::Plan;
use crate::server::ServerProcess;

/// A row, as it is named on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum RowName {
    /// Many tasks that only wait
    Waiting,
    /// Many requests to a server that takes its time
    FanOut,
    /// Hashing and compressing files: nothing but computing
    Files,
    /// A lopsided tree of a million tasks: nothing but computing
    ForkJoin,
    /// Requests that wait and compute, one of which is heavy
    Mixed,
    /// One task blocks its thread: who notices?
    Blocking,
    /// What a task takes of memory
    Million,
}

/// Every row, in the order in which they are measured.
pub const ALL_ROWS: [RowName; 7] = [
    RowName::Waiting,
    RowName::FanOut,
    RowName::Files,
    RowName::ForkJoin,
    RowName::Mixed,
    RowName::Blocking,
    RowName::Million,
];

/// A piece of work and what it is for.
#[derive(Debug)]
pub struct Row {
    /// Its heading.
    pub title: &'static str,
    /// The ways of doing it.
    pub columns: &'static [Column],
    /// How often it is measured at most if nobody says so: once or twice where a run takes long and tells the same
    /// every time.
    pub most_runs: usize,
    /// What its table tells.
    pub figures: &'static [Figure],
    /// Sets up what the row's cells share.
    pub prepare: fn(&Plan) -> Result<Prepared, Unprepared>,
    /// Does the work, in a process of its own. Errors are in words.
    pub cell: fn(&CellArgs) -> Result<Sample, String>,
    /// Reads the verdict off the figures.
    pub verdict: fn(&Measured) -> Verdict,
}

/// A column of figures in a row's table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Figure {
    /// Time that went by.
    Wall,
    /// Time spent computing.
    Cpu,
    /// Times faster than sequential.
    SpeedUp,
    /// Peak memory.
    Memory,
    /// Threads that ran the work.
    Threads,
    /// The longest delay that another task saw.
    LongestDelay,
    /// How many other tasks were delayed.
    DelayedTasks,
    /// Tasks that workers took from each other.
    Stolen,
    /// Requests per second.
    Throughput,
    /// What so many per cent of the requests stayed below.
    Latency(f64),
    /// How many there were.
    Tasks,
    /// Memory divided by tasks.
    PerTask,
}

/// What a row's cells share.
#[derive(Debug, Default)]
pub struct Prepared {
    /// The work in a sentence or two, with its actual size.
    pub work: String,
    /// What every cell is told.
    pub args: Vec<OsString>,
    /// What the programs in other languages are told.
    pub others: Option<serde_json::Value>,
    /// How long one cell may take at most, in seconds.
    pub limit_s: u64,
    /// The server that the cells talk to; it ends when this is dropped.
    #[expect(dead_code, reason = "held for its destructor")]
    pub server: Option<ServerProcess>,
    /// What was found to be unreadable.
    pub unreadable: Vec<Unreadable>,
}

/// Why a row cannot be measured.
#[derive(Debug)]
pub struct Unprepared {
    /// In words.
    pub reason: String,
    /// What was found to be unreadable.
    pub unreadable: Vec<Unreadable>,
}

impl From<String> for Unprepared {
    fn from(reason: String) -> Self {
        Self { reason, unreadable: Vec::new() }
    }
}

/// What a row's figures say.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// Whether it is what the row is there to show.
    pub shown: Shown,
    /// In plain words.
    pub words: String,
}

/// Whether this run shows what the row is there to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// It does.
    Yes,
    /// The figures say something else.
    No,
    /// This machine, or a missing column, does not allow to tell.
    Undecided,
}

impl RowName {
    /// The row of that name.
    pub fn row(self) -> &'static Row {
        match self {
            Self::Waiting => &waiting::ROW,
            Self::FanOut => &fan_out::ROW,
            Self::Files => &files::ROW,
            Self::ForkJoin => &fork_join::ROW,
            Self::Mixed => &mixed::ROW,
            Self::Blocking => &blocking::ROW,
            Self::Million => &million::ROW,
        }
    }
}

impl Verdict {
    /// For a row of which a column that it compares is missing.
    fn incomplete() -> Self {
        Self {
            shown: Shown::Undecided,
            words: "A column is missing, so there is nothing to compare.".into(),
        }
    }
}

/// Every way of doing a row's work.
const ALL_COLUMNS: &[Column] = &[
    Column::Sequential,
    Column::Threads,
    Column::EventLoop,
    Column::OneWorker,
    Column::Workers,
    Column::Asyncio,
    Column::Uvloop,
    Column::Node,
];

/// The same for work that only computes, with what this machine allows.
const COMPUTING_COLUMNS: &[Column] = &[
    Column::Sequential,
    Column::Threads,
    Column::PlainThreads,
    Column::EventLoop,
    Column::OneWorker,
    Column::Workers,
    Column::Asyncio,
    Column::Uvloop,
    Column::Node,
];

/// What most tables tell.
const USUAL_FIGURES: &[Figure] =
    &[Figure::Wall, Figure::Cpu, Figure::SpeedUp, Figure::Memory, Figure::Threads, Figure::Stolen];

/// How far apart two times may be and still count as the same, as a part of the smaller.
const SAME_WITHIN: f64 = 0.15;

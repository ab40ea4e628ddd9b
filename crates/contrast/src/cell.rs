//! One cell of the table: one row's work done one column's way, measured in a process of its own.
//!
//! The program starts itself with the hidden command `cell`; the child does the work, measures itself and prints one
//! line of JSON. So no cell warms a cache, grows a heap or leaves a thread behind for the next.

use std::ffi::OsString;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::child::{self, Finished};
use crate::flavour::Flavour;
use crate::input::Unreadable;
use crate::measure::{Stopwatch, peak_memory, stolen_tasks, threads_that_worked};
use crate::report::trace;
use crate::report::words::counted;
use crate::rows::RowName;
use crate::timeline::{self, drawing::Drawing};
use crate::url::Url;

/// A way of doing the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Column {
    /// One task after the other, on one thread, blocking.
    Sequential,
    /// A thread of the operating system for each task, blocking.
    Threads,
    /// As many threads as workers, without a runtime, which take the next piece from a counter: what this machine
    /// allows.
    PlainThreads,
    /// Filch's event loop: one thread, many tasks.
    EventLoop,
    /// Filch's runtime with one worker.
    OneWorker,
    /// Filch's runtime with several workers.
    Workers,
    /// Python's event loop.
    Asyncio,
    /// Python on uvloop.
    Uvloop,
    /// Node's event loop.
    Node,
}

/// What a column asks a row to do.
#[derive(Clone, Copy, Debug)]
pub enum Means {
    /// Block, one task after the other.
    Sequential,
    /// Block, in a thread per task.
    Threads,
    /// Block, in that many threads.
    PlainThreads(usize),
    /// Await, in a task each.
    Tasks(Flavour),
}

impl Column {
    /// The column's name in a table.
    pub fn label(self, workers: usize) -> String {
        match self {
            Self::Sequential => "sequential".into(),
            Self::Threads => "thread per task".into(),
            Self::EventLoop => "event loop".into(),
            Self::OneWorker => "1 worker".into(),
            Self::PlainThreads => format!("{workers} plain threads"),
            Self::Workers => counted(workers, "worker"),
            Self::Asyncio => "asyncio".into(),
            Self::Uvloop => "uvloop".into(),
            Self::Node => "node".into(),
        }
    }

    /// Whether the work is done in another language: nice to have, and no failure where it does not work.
    pub fn is_other_language(self) -> bool {
        matches!(self, Self::Asyncio | Self::Uvloop | Self::Node)
    }
}

/// What the child is told.
#[derive(Args, Debug)]
pub struct CellArgs {
    /// The work.
    row: RowName,
    /// The way of doing it.
    column: Column,
    /// Workers of the last column.
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// Less work.
    #[arg(long)]
    pub quick: bool,
    /// Still less work, and print what the threads did instead of what it cost.
    #[arg(long)]
    pub record: bool,
    /// And write it there as a trace, if it ran on Filch.
    #[arg(long, requires = "record")]
    trace: Option<PathBuf>,
    /// *files*: what to read.
    #[arg(long, default_value = ".")]
    pub path: PathBuf,
    /// *files*: how much of it, in MiB; 0 for all.
    #[arg(long, default_value_t = 0)]
    pub limit: u64,
    /// *files*: leave out build output and version control.
    #[arg(long)]
    pub sources_only: bool,
    /// *files*: how often to go through them.
    #[arg(long, default_value_t = 1)]
    pub passes: usize,
    /// *fan-out*: what to ask for, each over a connection of its own.
    #[arg(long = "url")]
    pub urls: Vec<Url>,
    /// *fan-out*: how often to ask for it over that connection.
    #[arg(long, default_value_t = 1)]
    pub requests_each: usize,
    /// *fan-out*: go on over the same connection; else its end is the answer's.
    #[arg(long)]
    pub keep_alive: bool,
    /// *mixed*: what a core hashes in a millisecond.
    #[arg(long, default_value_t = 1024)]
    pub kib_per_ms: usize,
}

impl CellArgs {
    /// How the work is to be done.
    ///
    /// # Errors
    /// In words, if it is another language's column.
    pub fn means(&self) -> Result<Means, String> {
        Ok(match self.column {
            Column::Sequential => Means::Sequential,
            Column::Threads => Means::Threads,
            Column::PlainThreads => Means::PlainThreads(self.workers),
            Column::EventLoop => Means::Tasks(Flavour::EventLoop),
            Column::OneWorker => Means::Tasks(Flavour::Workers(1)),
            Column::Workers => Means::Tasks(Flavour::Workers(self.workers)),
            Column::Asyncio | Column::Uvloop | Column::Node => {
                return Err("this column is another language's".into());
            }
        })
    }
}

impl CellArgs {
    /// Writes what was recorded, if that is asked for. The process's own number makes it another one than the others' in
    /// the whole trace.
    fn write_trace(&self) -> Result<(), String> {
        if let (Some(file), Some(recording)) = (&self.trace, timeline::recording()) {
            let name = format!("{}: {}", self.row.row().title, self.column.label(self.workers));
            let pid = usize::try_from(std::process::id()).expect("fits");
            File::create(file)
                .and_then(|file| trace::write(&[(&name, recording)], pid, BufWriter::new(file)))
                .map_err(|error| format!("{}: cannot be written: {error}", file.display()))?;
        }
        Ok(())
    }
}

/// What one run of a cell cost, and what is peculiar to its row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sample {
    /// Time that went by, in seconds.
    pub wall_s: f64,
    /// Time that its threads spent computing, in seconds.
    pub cpu_s: f64,
    /// The most memory that was resident at a time, in bytes; absent where the system does not say.
    pub peak_bytes: Option<u64>,
    /// Threads that ran the work.
    pub threads: usize,
    /// Tasks that were done.
    pub tasks: usize,
    /// Which part of the work was done. Where it is less than 1, times are extrapolated from it.
    pub part_done: f64,
    /// The whole process, its start and end included, in seconds.
    #[serde(default)]
    pub process_s: f64,
    /// Tasks that workers took from each other; absent where there are no workers.
    #[serde(default)]
    pub stolen: Option<u64>,
    /// *mixed*: requests that were answered per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput: Option<f64>,
    /// *mixed*: how long each request but the heavy one took, in microseconds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latencies_us: Vec<u64>,
    /// *million*: how much memory a task took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_task: Option<f64>,
    /// *blocking*: what the tasks that did not block noticed of the one that did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delays: Option<Delays>,
    /// *files*: a sum over all digests. Equal sums: the same work was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// *files*: what could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<Unreadable>,
}

/// How late timers were, seen by the tasks that did not block.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Delays {
    /// The longest that any of them waited past its deadline, in seconds.
    pub longest_s: f64,
    /// How many of them were delayed noticeably at least once.
    pub delayed_tasks: usize,
    /// How many of them there were.
    pub other_tasks: usize,
}

impl Sample {
    /// Reads `watch` and this process's figures, after all of the work.
    pub fn of_all_work(watch: &Stopwatch, tasks: usize) -> Self {
        Self::of_part(watch, tasks, 1.0)
    }

    /// The same after `part_done` of the work.
    pub fn of_part(watch: &Stopwatch, tasks: usize, part_done: f64) -> Self {
        let elapsed = watch.read();
        Self {
            wall_s: elapsed.wall.as_secs_f64() / part_done,
            cpu_s: elapsed.cpu.as_secs_f64() / part_done,
            peak_bytes: peak_memory(),
            threads: threads_that_worked(),
            tasks,
            part_done,
            process_s: 0.0,
            stolen: stolen_tasks(),
            throughput: None,
            latencies_us: Vec::new(),
            bytes_per_task: None,
            delays: None,
            digest: None,
            unreadable: Vec::new(),
        }
    }

    /// Reads what a child printed.
    ///
    /// # Errors
    /// In words, when it is no sample.
    pub fn read(finished: &Finished) -> Result<Self, String> {
        let mut sample: Self = serde_json::from_str(&finished.stdout)
            .map_err(|error| format!("its process printed no sample: {error}"))?;
        sample.process_s = finished.took.as_secs_f64();
        Ok(sample)
    }
}

/// The child's side: does the work and prints the sample, or the drawing of what the threads did.
pub fn run_here(args: &CellArgs) -> ExitCode {
    if args.record {
        timeline::start_recording();
    }
    let printed = (args.row.row().cell)(args).and_then(|sample| {
        let line = if args.record {
            args.write_trace()?;
            let timeline = timeline::recorded().ok_or("nothing was recorded")?;
            serde_json::to_string(&Drawing::of(&timeline))
        } else {
            serde_json::to_string(&sample)
        };
        println!("{}", line.map_err(|error| error.to_string())?);
        Ok(())
    });
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

/// The parent's side: runs a cell in a child process and returns what it measured.
///
/// # Errors
/// In words, as [`child::run`]; and when the child says something else than a sample.
pub fn run_in_child(
    row: RowName,
    column: Column,
    row_args: &[OsString],
    limit: Duration,
) -> Result<Sample, String> {
    Sample::read(&child::run(&mut command(row, column, row_args)?, Vec::new(), limit)?)
}

/// The same for a run that is recorded: what its threads did. What ran on Filch is also written as a trace to `trace`.
///
/// # Errors
/// As [`run_in_child`].
pub fn record_in_child(
    row: RowName,
    column: Column,
    row_args: &[OsString],
    trace: Option<&Path>,
    limit: Duration,
) -> Result<Drawing, String> {
    let mut command = command(row, column, row_args)?;
    command.arg("--record");
    if let Some(file) = trace {
        command.arg("--trace").arg(file);
    }
    let finished = child::run(&mut command, Vec::new(), limit)?;
    serde_json::from_str(&finished.stdout)
        .map_err(|error| format!("its process printed no drawing: {error}"))
}

fn command(row: RowName, column: Column, row_args: &[OsString]) -> Result<Command, String> {
    let program = std::env::current_exe()
        .map_err(|error| format!("this program cannot be found: {error}"))?;
    let mut command = Command::new(program);
    command.arg("cell").args([value_name(row), value_name(column)]).args(row_args);
    Ok(command)
}

fn value_name(value: impl ValueEnum) -> String {
    value.to_possible_value().expect("no value is skipped").get_name().to_owned()
}

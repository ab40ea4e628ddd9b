//! The main job: measures every row of the plan and says what came of it.

use std::ffi::OsString;
use std::time::Duration;

use crate::cell::{self, Column};
use crate::input::Unreadable;
use crate::interrupt;
use crate::measured::{Measured, Measurement};
use crate::others;
use crate::plan::Plan;
use crate::report::progress::Progress;
use crate::report::rows as report;
use crate::report::trace_parts::TraceParts;
use crate::rows::{Prepared, RowName, Unprepared, Verdict};
use crate::timeline::drawing::Drawing;

/// Everything that a run found out.
#[derive(Debug)]
pub struct Outcome {
    /// The rows that were measured.
    pub rows: Vec<RowOutcome>,
    /// The rows that were not, and why.
    pub not_measured: Vec<(RowName, String)>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
    /// Whether Ctrl-C ended it before everything was measured.
    pub interrupted: bool,
}

/// A row that was measured.
#[derive(Debug)]
pub struct RowOutcome {
    /// The work, with its actual size.
    pub work: String,
    /// The figures.
    pub measured: Measured,
    /// What they say.
    pub verdict: Verdict,
    /// What its threads did, from one more run for each column.
    pub recorded: Vec<Recorded>,
}

/// A run that was recorded.
#[derive(Debug)]
pub struct Recorded {
    /// Which column.
    pub column: Column,
    /// What its threads did, or why that is not known.
    pub drawing: Result<Drawing, String>,
}

impl Outcome {
    /// Adds what could be read when the row was prepared, and not any more when it was measured.
    fn add_vanished(&mut self, measured: &Measured) {
        let samples = measured.columns.iter().flat_map(|column| &column.samples);
        for unreadable in samples.flat_map(|sample| &sample.unreadable) {
            if !self.unreadable.contains(unreadable) {
                report::unreadable(std::slice::from_ref(unreadable));
                self.unreadable.push(unreadable.clone());
            }
        }
    }

    /// Whether everything that was asked for was done.
    pub fn is_complete(&self) -> bool {
        !self.interrupted
            && self.not_measured.is_empty()
            && self.unreadable.is_empty()
            && self.failures() == 0
            && self.timelines_missing() == 0
    }

    /// How many recorded runs failed.
    pub fn timelines_missing(&self) -> usize {
        let recorded = self.rows.iter().flat_map(|row| &row.recorded);
        recorded.filter(|recorded| recorded.drawing.is_err()).count()
    }

    /// How many cells failed, other languages' aside.
    pub fn failures(&self) -> usize {
        let columns = self.rows.iter().flat_map(|row| &row.measured.columns);
        columns.filter(|measurement| measurement.has_failed()).count()
    }
}

/// Measures the rows, printing each as soon as it is done. What is recorded is also written to `trace`.
pub fn run(plan: &Plan, mut trace: Option<&mut TraceParts>) -> Outcome {
    report::opening(plan);
    let cells = |row: &RowName| {
        let measured = |column| plan.runs_of(*row, column);
        columns(*row, plan).into_iter().map(measured).sum::<usize>()
            + recorded_columns(*row, plan).count()
    };
    let mut progress = Progress::new(plan.rows.iter().map(cells).sum());
    let mut outcome = Outcome {
        rows: Vec::new(),
        not_measured: Vec::new(),
        unreadable: Vec::new(),
        interrupted: false,
    };

    for &name in &plan.rows {
        if interrupt::came() {
            break;
        }
        progress.begin(&format!("{}: preparing", name.row().title));
        let prepared = (name.row().prepare)(plan);
        let (Ok(Prepared { unreadable, .. }) | Err(Unprepared { unreadable, .. })) = &prepared;
        progress.hidden(|| report::unreadable(unreadable));
        outcome.unreadable.extend_from_slice(unreadable);
        match prepared {
            Ok(prepared) => {
                let measured = measure(name, plan, &prepared, &mut progress);
                if measured.columns.iter().all(|column| column.samples.is_empty())
                    && interrupt::came()
                {
                    break;
                }
                progress.hidden(|| outcome.add_vanished(&measured));
                let verdict = (name.row().verdict)(&measured);
                let recorded = record(name, plan, &prepared, trace.as_deref_mut(), &mut progress);
                let row = RowOutcome { work: prepared.work, measured, verdict, recorded };
                progress.hidden(|| report::row(&row));
                outcome.rows.push(row);
            }
            Err(_) if interrupt::came() => break,
            Err(Unprepared { reason, .. }) => {
                progress.hidden(|| report::not_measured(name, &reason));
                progress.done(cells(&name));
                outcome.not_measured.push((name, reason));
            }
        }
    }
    outcome.interrupted = interrupt::came();
    drop(progress);
    report::closing(&outcome);
    outcome
}

/// The row's columns: with one worker, that of several is the same; and not every language is everywhere.
fn columns(row: RowName, plan: &Plan) -> Vec<Column> {
    let several = |column| !matches!(column, Column::Workers | Column::PlainThreads);
    row.row()
        .columns
        .iter()
        .copied()
        .filter(|&column| (plan.workers > 1 || several(column)) && plan.others.have(column))
        .collect()
}

/// The columns whose threads are of interest: those of this program.
fn recorded_columns(row: RowName, plan: &Plan) -> impl Iterator<Item = Column> {
    let ours = columns(row, plan).into_iter().filter(|column| !column.is_other_language());
    ours.filter(|_| plan.record)
}

/// What every cell of the row is told.
fn cell_args(plan: &Plan, prepared: &Prepared) -> Vec<OsString> {
    let mut args: Vec<OsString> = vec!["--workers".into(), plan.workers.to_string().into()];
    if plan.quick {
        args.push("--quick".into());
    }
    args.extend(prepared.args.iter().cloned());
    args
}

/// Runs every column once more, shortened and recorded.
fn record(
    row: RowName,
    plan: &Plan,
    prepared: &Prepared,
    mut trace: Option<&mut TraceParts>,
    progress: &mut Progress,
) -> Vec<Recorded> {
    let args = cell_args(plan, prepared);
    let limit = Duration::from_secs(prepared.limit_s);
    let mut recorded = Vec::new();
    for column in recorded_columns(row, plan) {
        if interrupt::came() {
            break;
        }
        let label = column.label(plan.workers);
        progress.begin(&format!("{}: {label}, recorded", row.row().title));
        let part = trace.as_mut().map(|parts| parts.next());
        match cell::record_in_child(row, column, &args, part.as_deref(), limit) {
            Err(_) if interrupt::came() => break,
            drawing => recorded.push(Recorded { column, drawing }),
        }
        progress.done(1);
    }
    recorded
}

/// Runs every column once, then every column again: what disturbs this machine for a while disturbs all alike.
fn measure(row: RowName, plan: &Plan, prepared: &Prepared, progress: &mut Progress) -> Measured {
    let args = cell_args(plan, prepared);
    let limit = Duration::from_secs(prepared.limit_s);

    let mut columns: Vec<Measurement> =
        columns(row, plan).into_iter().map(Measurement::of).collect();
    for run in 1..=plan.runs {
        for measurement in &mut columns {
            let runs = plan.runs_of(row, measurement.column);
            if interrupt::came() {
                break;
            }
            if run > runs {
                continue;
            }
            if measurement.failure.is_none() {
                let column = measurement.column;
                progress.begin(&format!(
                    "{}: {}, run {run} of {runs}",
                    row.row().title,
                    column.label(plan.workers)
                ));
                let sample = match &prepared.others {
                    Some(work) if column.is_other_language() => others::run(column, work, limit),
                    _ => cell::run_in_child(row, column, &args, limit),
                };
                match sample {
                    Ok(sample) => measurement.add(sample),
                    Err(_) if interrupt::came() => break,
                    Err(reason) => measurement.failure = Some(reason),
                }
            }
            progress.done(1);
        }
    }
    Measured { row, workers: plan.workers, cores: plan.cores, columns }
}

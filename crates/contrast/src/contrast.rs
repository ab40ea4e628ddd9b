//! The main job: measures every row of the plan and says what came of it.

use std::ffi::OsString;
use std::time::Duration;

use crate::cell::{self, Column};
use crate::input::Unreadable;
use crate::measured::{Measured, Measurement};
use crate::plan::Plan;
use crate::report::progress::Progress;
use crate::report::rows as report;
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
        let failed =
            |row: &RowOutcome| row.measured.columns.iter().any(|column| column.failure.is_some());
        self.not_measured.is_empty() && self.unreadable.is_empty() && !self.rows.iter().any(failed)
    }
}

/// Measures the rows, printing each as soon as it is done.
pub fn run(plan: &Plan) -> Outcome {
    report::opening(plan);
    let cells = |row: &RowName| columns(*row, plan).len() * plan.runs;
    let mut progress = Progress::new(plan.rows.iter().map(cells).sum());
    let mut outcome =
        Outcome { rows: Vec::new(), not_measured: Vec::new(), unreadable: Vec::new() };

    for &name in &plan.rows {
        progress.begin(&format!("{}: preparing", name.row().title));
        let prepared = (name.row().prepare)(plan);
        let (Ok(Prepared { unreadable, .. }) | Err(Unprepared { unreadable, .. })) = &prepared;
        progress.hidden(|| report::unreadable(unreadable));
        outcome.unreadable.extend_from_slice(unreadable);
        match prepared {
            Ok(prepared) => {
                let measured = measure(name, plan, &prepared, &mut progress);
                progress.hidden(|| outcome.add_vanished(&measured));
                let verdict = (name.row().verdict)(&measured);
                let row =
                    RowOutcome { work: prepared.work, measured, verdict, recorded: Vec::new() };
                progress.hidden(|| report::row(&row));
                outcome.rows.push(row);
            }
            Err(Unprepared { reason, .. }) => {
                progress.hidden(|| report::not_measured(name, &reason));
                progress.done(cells(&name));
                outcome.not_measured.push((name, reason));
            }
        }
    }
    drop(progress);
    report::closing(&outcome);
    outcome
}

/// The row's columns; with one worker, the last two are the same.
fn columns(row: RowName, plan: &Plan) -> Vec<Column> {
    row.row()
        .columns
        .iter()
        .copied()
        .filter(|&column| column != Column::Workers || plan.workers > 1)
        .collect()
}

/// Runs every column once, then every column again: what disturbs this machine for a while disturbs all alike.
fn measure(row: RowName, plan: &Plan, prepared: &Prepared, progress: &mut Progress) -> Measured {
    let mut args: Vec<OsString> = vec!["--workers".into(), plan.workers.to_string().into()];
    if plan.quick {
        args.push("--quick".into());
    }
    args.extend(prepared.args.iter().cloned());

    let mut columns: Vec<Measurement> = columns(row, plan)
        .into_iter()
        .map(|column| Measurement { column, samples: Vec::new(), failure: None })
        .collect();
    for run in 1..=plan.runs {
        for measurement in &mut columns {
            if measurement.failure.is_none() {
                let label = measurement.column.label(plan.workers);
                progress.begin(&format!(
                    "{}: {label}, run {run} of {}",
                    row.row().title,
                    plan.runs
                ));
                match cell::run_in_child(
                    row,
                    measurement.column,
                    &args,
                    Duration::from_secs(prepared.limit_s),
                ) {
                    Ok(sample) => measurement.samples.push(sample),
                    Err(reason) => measurement.failure = Some(reason),
                }
            }
            progress.done(1);
        }
    }
    Measured { row, workers: plan.workers, cores: plan.cores, columns }
}

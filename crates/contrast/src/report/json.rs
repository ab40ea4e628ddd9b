//! The same figures for a program to read: `--json FILE`.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize;

use crate::cell::{Column, Delays, Sample};
use crate::contrast::{Outcome, RowOutcome};
use crate::input::Unreadable;
use crate::measured::{Measured, Measurement, Middle};
use crate::plan::Plan;
use crate::rows::{RowName, Verdict};

#[derive(Serialize)]
struct Report<'r> {
    version: &'static str,
    /// `release` or `debug`.
    build: &'static str,
    os: &'static str,
    arch: &'static str,
    plan: &'r Plan,
    rows: Vec<Row<'r>>,
    not_measured: Vec<NotMeasured<'r>>,
    unreadable: &'r [Unreadable],
    complete: bool,
    /// Ctrl-C came before everything was measured.
    interrupted: bool,
}

#[derive(Serialize)]
struct Row<'r> {
    row: RowName,
    title: &'static str,
    work: &'r str,
    columns: Vec<Cells<'r>>,
    same_work: bool,
    verdict: &'r Verdict,
}

#[derive(Serialize)]
struct Cells<'r> {
    column: Column,
    label: String,
    wall_s: Option<Middle>,
    cpu_s: Option<Middle>,
    speed_up: Option<f64>,
    peak_bytes: Option<u64>,
    threads: Option<usize>,
    /// Between workers.
    stolen: Option<u64>,
    /// The whole process, its start and end included.
    process_s: Option<f64>,
    extrapolated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_per_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency: Option<Latency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_per_task: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delays: Option<Delays>,
    failure: Option<&'r str>,
    samples: &'r [Sample],
}

/// Of all requests of all runs but the heavy ones.
#[derive(Serialize)]
struct Latency {
    p50_s: f64,
    p99_s: f64,
    p99_9_s: f64,
}

#[derive(Serialize)]
struct NotMeasured<'r> {
    row: RowName,
    reason: &'r str,
}

/// Whether the file can be written, before an hour's work is lost to a wrong name. Leaves a file that exists as it is.
///
/// # Errors
/// The operating system's reason.
pub fn check(file: &Path) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).open(file).map(drop)
}

/// Writes the outcome.
///
/// # Errors
/// When the file cannot be written, with the operating system's reason.
pub fn write(file: &Path, plan: &Plan, outcome: &Outcome) -> io::Result<()> {
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        build: if cfg!(debug_assertions) { "debug" } else { "release" },
        os: std::env::consts::OS,
        arch: std::env::consts::ARCH,
        plan,
        rows: outcome.rows.iter().map(row).collect(),
        not_measured: outcome
            .not_measured
            .iter()
            .map(|(row, reason)| NotMeasured { row: *row, reason })
            .collect(),
        unreadable: &outcome.unreadable,
        complete: outcome.is_complete(),
        interrupted: outcome.interrupted,
    };
    let mut text = serde_json::to_vec_pretty(&report)?;
    text.push(b'\n');
    std::fs::File::create(file)?.write_all(&text)
}

fn row(outcome: &RowOutcome) -> Row<'_> {
    let measured = &outcome.measured;
    Row {
        row: measured.row,
        title: measured.row.row().title,
        work: &outcome.work,
        columns: measured.columns.iter().map(|measurement| cells(measured, measurement)).collect(),
        same_work: measured.is_same_work(),
        verdict: &outcome.verdict,
    }
}

fn cells<'r>(measured: &Measured, measurement: &'r Measurement) -> Cells<'r> {
    Cells {
        column: measurement.column,
        label: measurement.column.label(measured.workers),
        wall_s: measurement.wall(),
        cpu_s: measurement.cpu(),
        speed_up: measured.speed_up(measurement),
        peak_bytes: measurement.peak(),
        threads: measurement.threads(),
        stolen: measurement.stolen(),
        process_s: measurement.process(),
        requests_per_s: measurement.throughput(),
        latency: latency(measurement),
        bytes_per_task: measurement.bytes_per_task(),
        extrapolated: measurement.is_extrapolated(),
        delays: measurement.delays(),
        failure: measurement.failure.as_deref(),
        samples: &measurement.samples,
    }
}

fn latency(measurement: &Measurement) -> Option<Latency> {
    Some(Latency {
        p50_s: measurement.latency(50.0)?,
        p99_s: measurement.latency(99.0)?,
        p99_9_s: measurement.latency(99.9)?,
    })
}

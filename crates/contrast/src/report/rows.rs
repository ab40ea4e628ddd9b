//! The main job on the terminal: what is measured, a table and a verdict per row, what it comes to.

use std::path::Path;

use crate::contrast::{Outcome, RowOutcome};
use crate::input::Unreadable;
use crate::measured::{Measured, Measurement, Middle};
use crate::plan::Plan;
use crate::report::terminal;
use crate::report::words::{bytes, counted, duration, factor};
use crate::rows::{Figure, RowName, Shown};

/// Of many unreadable files, so many are named.
const MOST_NAMES: usize = 20;

/// Before anything is measured.
pub fn opening(plan: &Plan) {
    terminal::heading("Filch: concurrency on one thread, parallelism on several");
    let mut text = format!(
        "The same work done one task after the other, in a thread per task, on an event loop (one \
         thread, many tasks), and on workers that steal tasks from each other: {}. Each figure is \
         {}, each run a process of its own.",
        counted(plan.workers, "worker"),
        match plan.runs {
            1 => "that of one run".to_owned(),
            runs if plan.runs_for_all => format!("the median of {}", counted(runs, "run")),
            runs =>
                format!("the median of up to {} (other languages: of one)", counted(runs, "run")),
        },
    );
    if plan.cores == 1 {
        text += " This process may use one core only: it cannot show parallelism.";
    } else {
        text += &format!(" This process may use {} cores.", plan.cores);
    }
    if cfg!(debug_assertions) {
        text += " This is a debug build: its figures mean little. Use `cargo run --release`.";
    }
    terminal::paragraph(&text);
    terminal::blank();
    terminal::paragraph(
        "wall: time that went by, ± half the range of the runs (≈: extrapolated from a part of \
         the work); CPU: time that its threads spent computing; speed-up: over sequential; \
         memory: the most that was resident at a time; threads: those that ran tasks; stolen: \
         tasks that one worker took from another.",
    );
    for note in &plan.others.notes {
        terminal::paragraph(&format!("Note: {note}"));
    }
}

/// One row, as soon as it is measured.
pub fn row(outcome: &RowOutcome) {
    let measured = &outcome.measured;
    let row = measured.row.row();
    terminal::blank();
    terminal::heading(row.title);
    terminal::paragraph(&outcome.work);

    let heads: Vec<String> = std::iter::once(String::new())
        .chain(row.figures.iter().map(|figure| head(*figure).to_owned()))
        .collect();
    terminal::figures(
        &heads,
        measured.columns.iter().map(|measurement| {
            let figures = row.figures.iter().map(|&figure| {
                if measurement.samples.is_empty() && measurement.failure.is_some() {
                    "failed".to_owned()
                } else {
                    said(figure, measured, measurement).unwrap_or_else(|| "-".to_owned())
                }
            });
            std::iter::once(measurement.column.label(measured.workers)).chain(figures).collect()
        }),
    );
    for measurement in &measured.columns {
        if let Some(reason) = &measurement.failure {
            let what = if measurement.has_failed() { "Failed" } else { "Note" };
            terminal::paragraph(&format!(
                "{what}: {}: {reason}",
                measurement.column.label(measured.workers)
            ));
        }
    }
    if let Some(words) = whole_processes(measured) {
        terminal::paragraph(&words);
    }
    if !measured.is_same_work() {
        terminal::paragraph(
            "Beware: the files changed while they were measured, so the columns did not do the \
             same work.",
        );
    }
    let verdict = match outcome.verdict.shown {
        Shown::Yes => "Verdict",
        Shown::No => "Verdict (unexpected)",
        Shown::Undecided => "Verdict (undecided)",
    };
    terminal::paragraph(&format!("{verdict}: {}", outcome.verdict.words));
}

/// A language takes its time to start, and that is not the work's; both are said.
pub fn whole_processes(measured: &Measured) -> Option<String> {
    let took = |measurement: &Measurement| {
        let took = duration(measurement.process()?);
        Some(format!("{} {took}", measurement.column.label(measured.workers)))
    };
    let is_other = |measurement: &&Measurement| {
        measurement.column.is_other_language() && !measurement.is_extrapolated()
    };
    let mut all: Vec<String> = measured.columns.iter().filter(is_other).filter_map(took).collect();
    (!all.is_empty()).then(|| {
        all.extend(measured.column(measured.workers_column()).and_then(took));
        format!("As whole processes, their start and end included: {}.", all.join(", "))
    })
}

/// What a figure is called at the head of a table.
pub fn head(figure: Figure) -> &'static str {
    match figure {
        Figure::Wall => "wall",
        Figure::Cpu => "CPU",
        Figure::SpeedUp => "speed-up",
        Figure::Memory => "memory",
        Figure::Threads => "threads",
        Figure::LongestDelay => "delay",
        Figure::DelayedTasks => "late",
        Figure::Stolen => "stolen",
        Figure::Throughput => "req/s",
        Figure::Latency(percent) if percent < 99.0 => "p50",
        Figure::Latency(percent) if percent < 99.5 => "p99",
        Figure::Latency(_) => "p99.9",
        Figure::Tasks => "tasks",
        Figure::PerTask => "per task",
    }
}

/// A figure in words; `None` where it is missing.
pub fn said(figure: Figure, measured: &Measured, measurement: &Measurement) -> Option<String> {
    let roughly = if measurement.is_extrapolated() { "≈ " } else { "" };
    Some(match figure {
        Figure::Wall => {
            let Middle { median, spread } = measurement.wall()?;
            let spread = if measurement.samples.len() > 1 {
                format!(" ±{:.0} %", spread * 100.0)
            } else {
                String::new()
            };
            format!("{roughly}{}{spread}", duration(median))
        }
        Figure::Cpu => format!("{roughly}{}", duration(measurement.cpu()?.median)),
        Figure::SpeedUp => factor(measured.speed_up(measurement)?),
        Figure::Memory => bytes(measurement.peak()?),
        Figure::Threads => measurement.threads()?.to_string(),
        Figure::LongestDelay => duration(measurement.delays()?.longest_s),
        Figure::DelayedTasks => measurement.delays()?.delayed_tasks.to_string(),
        Figure::Stolen => measurement.stolen()?.to_string(),
        Figure::Throughput => format!("{:.0}", measurement.throughput()?),
        Figure::Latency(percent) => duration(measurement.latency(percent)?),
        Figure::Tasks => measurement.samples.first()?.tasks.to_string(),
        Figure::PerTask => bytes(measurement.bytes_per_task()? as u64),
    })
}

/// A row that could not be measured.
pub fn not_measured(name: RowName, reason: &str) {
    terminal::blank();
    terminal::heading(name.row().title);
    terminal::paragraph(&format!("Not measured: {reason}"));
}

/// What could not be read, by name.
pub fn unreadable(unreadable: &[Unreadable]) {
    for Unreadable { path, reason } in unreadable.iter().take(MOST_NAMES) {
        eprintln!("skipped: {path}: {reason}");
    }
    if unreadable.len() > MOST_NAMES {
        eprintln!("skipped: {} more", unreadable.len() - MOST_NAMES);
    }
}

/// What everything comes to.
pub fn in_short(outcome: &Outcome) -> String {
    let shown = |name| {
        outcome.rows.iter().any(|row| row.measured.row == name && row.verdict.shown == Shown::Yes)
    };
    let mut lessons = vec![""];
    if shown(RowName::Waiting) || shown(RowName::FanOut) {
        lessons.push(
            "What waits needs concurrency, and one thread with an event loop gives it: more \
             workers change nothing.",
        );
    }
    if shown(RowName::Files) || shown(RowName::ForkJoin) {
        lessons.push(
            "What computes needs cores: an event loop has one, workers that steal from each other \
             share all of them.",
        );
    }
    if shown(RowName::Mixed) || shown(RowName::Blocking) {
        lessons.push(
            "What computes for long, or blocks by mistake, stops its thread: on an event loop that \
             is everybody's, on several workers one of many.",
        );
    }
    if shown(RowName::Million) {
        lessons.push("Tasks are cheap: a thread takes many times the memory of one.");
    }
    let number = |shown| outcome.rows.iter().filter(|row| row.verdict.shown == shown).count();
    let undecided = match number(Shown::Undecided) {
        0 => String::new(),
        some => format!(" {some} could not be decided, for the reason given."),
    };
    format!(
        "{} of {} showed what they are there to show.{undecided}{}",
        number(Shown::Yes),
        counted(outcome.rows.len(), "measured row"),
        lessons.join(" ")
    )
}

/// After everything.
pub fn closing(outcome: &Outcome) {
    terminal::blank();
    terminal::heading("In short");
    terminal::paragraph(&in_short(outcome));

    let incomplete = [
        (
            outcome.unreadable.len(),
            "unreadable file or directory skipped",
            "unreadable files or directories skipped",
        ),
        (outcome.not_measured.len(), "row not measured", "rows not measured"),
        (outcome.failures(), "cell failed", "cells failed"),
        (outcome.timelines_missing(), "timeline missing", "timelines missing"),
    ];
    if outcome.interrupted {
        terminal::paragraph("Interrupted: the rest is not measured; the exit code is 130.");
    }
    for (number, one, many) in incomplete.into_iter().filter(|(number, ..)| *number > 0) {
        terminal::paragraph(&format!(
            "Incomplete: {number} {}; the exit code is 1.",
            if number == 1 { one } else { many }
        ));
    }
}

/// Where to look next.
pub fn written(page: &Path) {
    terminal::blank();
    terminal::paragraph(&format!(
        "Drawn, with a timeline of who ran when: {} (open it in a browser).",
        page.display()
    ));
}

//! *Files, CPU-bound*: must show what concurrency cannot give. Hashing and compressing is computing: an event loop
//! takes as long for it as one task after the other, N workers on N cores are N times as fast.

use std::ffi::OsString;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::digests::Digests;
use super::{
    COMPUTING_COLUMNS, Prepared, Row, RowName, USUAL_FIGURES, Unprepared, Verdict, on_threads,
    parallel,
};
use crate::cell::{self, CellArgs, Column, Means, Sample};
use crate::input::{Limit, MOST_FILES, Search, find};
use crate::measure::Stopwatch;
use crate::measured::Measured;
use crate::plan::Plan;
use crate::report::words::{bytes, counted};
use crate::timeline::notes;

pub const ROW: Row = Row {
    title: "Files, CPU-bound",
    columns: COMPUTING_COLUMNS,
    most_runs: 2,
    figures: USUAL_FIGURES,
    prepare,
    cell,
    verdict,
};

/// Threads at a time in the thread column: with one per file, a large tree would meet the system's limit.
const THREADS_AT_ONCE: usize = 512;
/// Tasks at most, however small the files are.
const MOST_TASKS: usize = 100_000;
/// How long to look at the files before deciding how often to go through them, in seconds.
const LEARNING_SECONDS: f64 = 0.2;

/// How long one task after the other should take, in seconds: long enough to measure.
fn wanted_seconds(quick: bool) -> f64 {
    if quick { 0.3 } else { 0.8 }
}

/// Goes through the files `passes` times, one after the other, however long it takes.
fn sequential_passes(args: &[OsString], passes: usize) -> Result<Sample, String> {
    let mut args = args.to_vec();
    args.extend(["--passes".into(), passes.to_string().into()]);
    cell::run_in_child(RowName::Files, Column::Sequential, &args, Duration::from_secs(24 * 3600))
}

fn prepare(plan: &Plan) -> Result<Prepared, Unprepared> {
    let found = find(&plan.path, Search::up_to(plan.limit_mib, plan.sources_only));
    let mut unreadable: Vec<_> = found.unreadable.named().collect();
    if found.files.is_empty() {
        let reason = match fs::metadata(&plan.path) {
            Ok(data) if !data.is_dir() && !data.is_file() => {
                format!("{} is neither a file nor a directory", plan.path.display())
            }
            _ => format!("there is no file to read at {}", plan.path.display()),
        };
        return Err(Unprepared { reason, unreadable });
    }

    let mut args: Vec<OsString> = vec![
        "--path".into(),
        plan.path.clone().into(),
        "--limit".into(),
        plan.limit_mib.to_string().into(),
    ];
    if plan.sources_only {
        args.push("--sources-only".into());
    }
    // One pass, to learn what cannot be read, and how many passes make a measurement.
    let pass = sequential_passes(&args, 1)?;
    let readable = found.files.len().saturating_sub(pass.unreadable.len());
    unreadable.extend(pass.unreadable);
    if readable == 0 {
        let reason = format!("no file at {} can be read", plan.path.display());
        return Err(Unprepared { reason, unreadable });
    }

    let most_passes = (MOST_TASKS / found.files.len()).max(1) as f64;
    let passes_in =
        |seconds: f64, pass_s: f64| (seconds / pass_s).ceil().clamp(1.0, most_passes) as usize;
    // The first pass may have waited for a cold cache. Where it computed little, more of them say better how long one takes.
    let pass_s = match passes_in(LEARNING_SECONDS, pass.cpu_s) {
        1 => pass.wall_s,
        several => sequential_passes(&args, several)?.wall_s / several as f64,
    };
    let passes = passes_in(wanted_seconds(plan.quick), pass_s);
    args.extend(["--passes".into(), passes.to_string().into()]);

    let mut work = format!(
        "Read, hash (SHA-256) and compress {} below {}, {}{}; a task per file, and where every \
         task has a thread, at most {THREADS_AT_ONCE} of them at a time.",
        counted(readable, "file"),
        plan.path.display(),
        bytes(found.bytes),
        if passes > 1 { format!(", {passes} times over") } else { String::new() },
    );
    match found.limited {
        Some(Limit::Files) => {
            work += &format!(
                " There are more than that: the first {MOST_FILES} are enough (--limit 0 takes all)."
            );
        }
        Some(Limit::Bytes) => {
            work +=
                &format!(" There is more than that: --limit {} MiB was reached.", plan.limit_mib);
        }
        None => {}
    }
    if found.too_large > 0 {
        work += &format!(" {} left out, each larger than that.", counted(found.too_large, "file"));
    }
    if found.not_files > 0 {
        work += &format!(
            " {} left out (links, sockets, devices).",
            counted(found.not_files, "special file")
        );
    }
    let limit_s = 120 + (pass_s * passes as f64 * 20.0) as u64;
    let others = Some(json!({
        "row": "files",
        // A name that is not Unicode cannot be said in JSON; the digest then says that something was left out.
        "paths": found.files.iter().filter_map(|path| path.to_str()).collect::<Vec<_>>(),
        "passes": passes,
    }));
    Ok(Prepared { work, args, others, limit_s, unreadable, ..Prepared::default() })
}

fn cell(args: &CellArgs) -> Result<Sample, String> {
    let found = find(&args.path, Search::up_to(args.limit, args.sources_only));
    let work = Arc::new(Digests::of(found.files));
    let (files, passes) = (work.files(), if args.record { 1 } else { args.passes });
    let tasks = files * passes;

    let means = args.means()?;
    let watch = Stopwatch::start();
    match means {
        Means::PlainThreads(threads) => {
            on_threads::share(threads, tasks, |task| work.process(task % files))?;
        }
        Means::Sequential => {
            (0..tasks).for_each(|task| notes::task(task, || work.process(task % files)))
        }
        Means::Threads => on_threads::run_each(tasks, THREADS_AT_ONCE, |task| {
            work.process(task % files);
            Ok(())
        })?,
        Means::Tasks(flavour) => {
            let all = each_in_a_task(Arc::clone(&work), tasks);
            flavour
                // In a task, so that it runs on a worker and not beside the workers.
                .run(async { filch::spawn(all).await })
                .map_err(|error| error.to_string())?
                .map_err(|error| error.to_string())?
                .map_err(|error| error.to_string())?;
        }
    }

    let mut sample = Sample::of_all_work(&watch, tasks);
    (sample.digest, sample.unreadable) = (Some(work.sum()), work.unreadable());
    Ok(sample)
}

/// Goes through the files in so many tasks, and waits for all of them.
async fn each_in_a_task(work: Arc<Digests>, tasks: usize) -> Result<(), filch::task::JoinError> {
    let files = work.files();
    let tasks: Vec<_> = (0..tasks)
        .map(|task| {
            let work = Arc::clone(&work);
            filch::spawn(async move { work.process(task % files) })
        })
        .collect();
    for task in tasks {
        task.await?;
    }
    Ok(())
}

fn verdict(measured: &Measured) -> Verdict {
    parallel::verdict(measured, "file", Column::Sequential)
}

//! *Files, CPU-bound*: must show what concurrency cannot give. Hashing and compressing is computing: an event loop
//! takes as long for it as one task after the other, N workers on N cores are N times as fast.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use super::digests::Digests;
use super::{
    ALL_COLUMNS, Prepared, Row, RowName, SAME_WITHIN, Shown, USUAL_FIGURES, Unprepared, Verdict,
    on_threads,
};
use crate::cell::{self, CellArgs, Column, Means, Sample};
use crate::input::{Search, find};
use crate::measure::Stopwatch;
use crate::measured::Measured;
use crate::plan::Plan;
use crate::report::words::{bytes, counted, duration, factor};

pub const ROW: Row = Row {
    title: "Files, CPU-bound",
    columns: ALL_COLUMNS,
    figures: USUAL_FIGURES,
    prepare,
    cell,
    verdict,
};

/// Threads at a time in the thread column: with one per file, a large tree would meet the system's limit.
const THREADS_AT_ONCE: usize = 512;
/// Tasks at most, however small the files are.
const MOST_TASKS: usize = 100_000;
/// N workers are to be this near to N times as fast, as a part of N.
const NEAR_TO_N: f64 = 0.8;
/// What a single-threaded column has to get of a core for its time to mean something.
const ENOUGH_OF_A_CORE: f64 = 0.8;

/// How long to look at the files before deciding how often to go through them, in seconds.
const LEARNING_SECONDS: f64 = 0.2;

/// How long one task after the other should take, in seconds: long enough to measure.
fn wanted_seconds(quick: bool) -> f64 {
    if quick { 0.4 } else { 1.2 }
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
        let reason = format!("there is no file to read at {}", plan.path.display());
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
    // The first pass paid for a cold cache. Where it was short, more of them say better how long one takes.
    let pass_s = match passes_in(LEARNING_SECONDS, pass.wall_s) {
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
    if found.limited || found.too_large > 0 {
        work += &format!(" There is more than that: --limit {} MiB was reached.", plan.limit_mib);
    }
    if found.not_files > 0 {
        work += &format!(
            " {} left out (links, sockets, devices).",
            counted(found.not_files, "special file")
        );
    }
    let limit_s = 120 + (pass_s * passes as f64 * 20.0) as u64;
    Ok(Prepared { work, args, limit_s, unreadable, ..Prepared::default() })
}

fn cell(args: &CellArgs) -> Result<Sample, String> {
    let found = find(&args.path, Search::up_to(args.limit, args.sources_only));
    let work = Arc::new(Digests::of(found.files));
    let (files, passes) = (work.files(), args.passes);
    let tasks = files * passes;

    let watch = Stopwatch::start();
    match args.means() {
        Means::Sequential => (0..tasks).for_each(|task| work.process(task % files)),
        Means::Threads => on_threads::run_each(tasks, THREADS_AT_ONCE, |task| {
            work.process(task % files);
            Ok(())
        })?,
        Means::Tasks(flavour) => flavour
            .run(async {
                let tasks: Vec<_> = (0..tasks)
                    .map(|task| {
                        let work = Arc::clone(&work);
                        filch::spawn(async move { work.process(task % files) })
                    })
                    .collect();
                for task in tasks {
                    task.await.map_err(|error| error.to_string())?;
                }
                Ok(())
            })
            .map_err(|error| error.to_string())
            .and_then(|done| done)?,
    }

    let mut sample = Sample::of_all_work(&watch, tasks);
    (sample.digest, sample.unreadable) = (Some(work.sum()), work.unreadable());
    Ok(sample)
}

fn verdict(measured: &Measured) -> Verdict {
    let (Some(sequential), Some(event_loop), Some(workers)) = (
        measured.wall(Column::Sequential),
        measured.wall(Column::EventLoop),
        measured.workers_wall(),
    ) else {
        return Verdict::incomplete();
    };
    let label = measured.workers_label();
    let figures = format!(
        "One file after the other took {}, the event loop {}: computing is not waiting, and one \
         thread computes one thing at a time. {label} took {}, {} of sequential.",
        duration(sequential),
        duration(event_loop),
        duration(workers),
        factor(sequential / workers),
    );
    let at_once = measured.workers.min(measured.cores);
    let no_faster = event_loop >= sequential * (1.0 - SAME_WITHIN);
    let near = sequential / workers >= at_once as f64 * NEAR_TO_N;
    let (shown, judgement) = if measured.cores < 2 {
        (
            Shown::Undecided,
            "This process may use one core only: parallelism cannot be seen in \
                            this run."
                .to_owned(),
        )
    } else if measured.workers < 2 {
        (
            Shown::Undecided,
            "There is only one worker: parallelism cannot be seen in this run.".to_owned(),
        )
    } else if let Some(share) = measured.share_of_a_core().filter(|&share| share < ENOUGH_OF_A_CORE)
    {
        (
            Shown::Undecided,
            format!(
                "But the single-threaded columns had a core for only {:.0} % of their time: this \
                 machine was busy with something else, or the files came from a slow disk. \
                 Nothing can be concluded from that.",
                share * 100.0
            ),
        )
    } else if !no_faster {
        (
            Shown::No,
            "Not what was to be shown: the event loop should be no faster than one file \
                     after the other."
                .to_owned(),
        )
    } else if !near {
        (
            Shown::No,
            format!(
                "Less than was to be shown, which is nearly ×{at_once}: too few files, one very \
                 large file, or cores that are busy with something else."
            ),
        )
    } else {
        (Shown::Yes, format!("That is parallelism: {at_once} cores compute at the same time."))
    };
    let mut words = format!("{figures} {judgement}");
    if measured.workers > measured.cores {
        words += &format!(
            " ({label} cannot be more than {at_once} times as fast on {}.)",
            counted(measured.cores, "core")
        );
    }
    Verdict { shown, words }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(workers: usize, cores: usize, walls: [f64; 3]) -> Shown {
        let columns = [Column::Sequential, Column::EventLoop, Column::Workers];
        let columns: Vec<_> = columns.into_iter().zip(walls).collect();
        verdict(&Measured { workers, cores, ..Measured::with_walls(RowName::Files, &columns) })
            .shown
    }

    #[test]
    fn the_verdict_follows_the_figures() {
        assert_eq!(shown(2, 2, [1.0, 1.0, 0.52]), Shown::Yes);
        assert_eq!(shown(2, 2, [1.0, 1.0, 0.9]), Shown::No, "hardly faster on two workers");
        assert_eq!(shown(2, 2, [1.0, 0.6, 0.5]), Shown::No, "an event loop is no faster");
        assert_eq!(shown(8, 2, [1.0, 1.0, 0.52]), Shown::Yes, "two cores, whatever the workers");
        assert_eq!(shown(2, 1, [1.0, 1.0, 1.0]), Shown::Undecided, "one core");
    }

    #[test]
    fn a_busy_machine_decides_nothing() {
        let mut measured = Measured::with_walls(
            RowName::Files,
            &[(Column::Sequential, 1.0), (Column::EventLoop, 1.0), (Column::Workers, 0.5)],
        );
        measured.columns[0].samples[0].cpu_s = 0.4;
        let verdict = verdict(&measured);
        assert_eq!(verdict.shown, Shown::Undecided);
        assert!(verdict.words.contains("only 40 %"), "{}", verdict.words);
    }
}

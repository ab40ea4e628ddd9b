//! *A million tasks*: must show what a task costs. A thread has a stack of its own, a task has what it remembers.

use std::time::Duration;

use serde_json::json;

use super::{Figure, Prepared, Row, Shown, Unprepared, Verdict, on_threads};
use crate::cell::{CellArgs, Column, Means, Sample};
use crate::measure::{Stopwatch, peak_memory, resident_memory, working_here};
use crate::measured::Measured;
use crate::plan::Plan;
use crate::report::words::{bytes, factor};
use crate::timeline::notes;

pub const ROW: Row = Row {
    title: "A million tasks",
    // Not one after the other: one second each, that is eleven days.
    columns: &[
        Column::Threads,
        Column::EventLoop,
        Column::OneWorker,
        Column::Workers,
        Column::Asyncio,
        Column::Uvloop,
        Column::Node,
    ],
    most_runs: 1,
    figures: &[
        Figure::Tasks,
        Figure::Wall,
        Figure::Cpu,
        Figure::Memory,
        Figure::PerTask,
        Figure::Threads,
    ],
    prepare,
    cell,
    verdict,
};

/// Longer than it takes to spawn them all: at some time all of them are alive.
fn asleep(quick: bool) -> Duration {
    Duration::from_millis(if quick { 400 } else { 1_000 })
}

/// A machine is not to be filled with threads.
const THREADS: usize = 2_000;
/// Of a run that is recorded: enough to see what happens.
const TASKS_RECORDED: usize = 5_000;
/// Python takes many seconds for a million.
const PART_IN_PYTHON: usize = 10;
/// A thread is to take this many times the memory of a task, at least.
const MUCH_MORE: f64 = 4.0;

fn tasks(quick: bool) -> usize {
    if quick { 100_000 } else { 1_000_000 }
}

fn prepare(plan: &Plan) -> Result<Prepared, Unprepared> {
    let (tasks, sleep) = (tasks(plan.quick), asleep(plan.quick));
    Ok(Prepared {
        work: format!(
            "{tasks} tasks, spawned, asleep for {} ms all at the same time, and joined. per task: \
             the memory that came with them, divided by their number. Of threads there are \
             {THREADS}, in asyncio {} tasks: enough to tell.",
            sleep.as_millis(),
            tasks / PART_IN_PYTHON,
        ),
        limit_s: 240,
        others: Some(json!({
            "row": "million",
            "tasks": tasks,
            "tasks_in_python": tasks / PART_IN_PYTHON,
            "sleep_s": sleep.as_secs_f64(),
        })),
        ..Prepared::default()
    })
}

fn cell(args: &CellArgs) -> Result<Sample, String> {
    let (means, sleep) = (args.means()?, asleep(args.quick || args.record));
    let before = resident_memory();
    let watch = Stopwatch::start();
    let tasks = match means {
        Means::Sequential | Means::PlainThreads(_) => {
            return Err("this row has tasks and threads only".into());
        }
        Means::Threads => {
            on_threads::run_each(THREADS, THREADS, |_| {
                working_here();
                notes::wait(|| std::thread::sleep(sleep));
                Ok(())
            })?;
            THREADS
        }
        Means::Tasks(flavour) => {
            let tasks = if args.record { TASKS_RECORDED } else { tasks(args.quick) };
            flavour
                .run(async move { filch::spawn(sleepers(tasks, sleep)).await })
                .map_err(|error| error.to_string())?
                .map_err(|error| error.to_string())??;
            tasks
        }
    };
    let mut sample = Sample::of_all_work(&watch, tasks);
    sample.bytes_per_task = before
        .zip(peak_memory())
        .map(|(before, peak)| peak.saturating_sub(before) as f64 / tasks as f64);
    Ok(sample)
}

async fn sleepers(tasks: usize, sleep: Duration) -> Result<(), String> {
    let sleepers: Vec<_> = (0..tasks)
        .map(|_| {
            filch::spawn(async move {
                working_here();
                filch::time::sleep(sleep).await;
            })
        })
        .collect();
    for sleeper in sleepers {
        sleeper.await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn verdict(measured: &Measured) -> Verdict {
    let per_task = |column| measured.bytes_per_task(column).map(|bytes| bytes.max(1.0));
    let (Some(thread), Some(event_loop), Some(workers)) = (
        per_task(Column::Threads),
        per_task(Column::EventLoop),
        per_task(measured.workers_column()),
    ) else {
        return Verdict::incomplete();
    };
    let round = |figure: f64| bytes(figure as u64);
    let mut words = format!(
        "A sleeping task takes {} on the event loop and {} on {}; a thread {}, {} that, and a \
         place in the kernel besides. A million threads would take {}, if the system let there be \
         so many.",
        round(event_loop),
        round(workers),
        measured.workers_label(),
        round(thread),
        factor(thread / workers),
        round(thread * 1e6),
    );
    let elsewhere: Vec<String> = [Column::Asyncio, Column::Uvloop, Column::Node]
        .into_iter()
        .filter_map(|column| Some(format!("{} in {}", round(per_task(column)?), column.label(1))))
        .collect();
    if !elsewhere.is_empty() {
        words += &format!(" The same task takes {}.", elsewhere.join(", "));
    }
    let shown = thread >= MUCH_MORE * workers && thread >= MUCH_MORE * event_loop;
    words += if shown {
        " A task is a few hundred bytes that remember where to go on: have as many as you like."
    } else {
        " Not what was to be shown: a thread should take many times as much as a task."
    };
    Verdict { shown: if shown { Shown::Yes } else { Shown::No }, words }
}

#[cfg(test)]
mod tests {
    use super::super::RowName;
    use super::*;

    #[test]
    fn the_verdict_follows_the_figures() {
        let shown = |thread: f64, workers: f64| {
            let columns = [Column::Threads, Column::EventLoop, Column::Workers];
            let mut measured =
                Measured::with_walls(RowName::Million, &columns.map(|column| (column, 1.0)));
            for (column, bytes) in measured.columns.iter_mut().zip([thread, workers, workers]) {
                column.samples[0].bytes_per_task = Some(bytes);
            }
            verdict(&measured).shown
        };
        assert_eq!(shown(12_000.0, 400.0), Shown::Yes);
        assert_eq!(shown(1_000.0, 400.0), Shown::No);
        let nothing = verdict(&Measured::with_walls(RowName::Million, &[]));
        assert_eq!(nothing.shown, Shown::Undecided);
    }
}

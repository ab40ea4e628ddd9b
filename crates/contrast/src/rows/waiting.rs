//! *Waiting*: must show that concurrency is enough. Tasks that only wait need no second core, so the event loop is as
//! fast as several workers; a thread per task is as fast too, and pays in memory.

use std::time::Duration;

use serde_json::json;

use super::{
    ALL_COLUMNS, Prepared, Row, SAME_WITHIN, Shown, USUAL_FIGURES, Unprepared, Verdict, on_threads,
};
use crate::cell::{CellArgs, Column, Means, Sample};
use crate::measure::{Stopwatch, working_here};
use crate::measured::Measured;
use crate::plan::Plan;
use crate::report::words::{bytes, compared, duration};
use crate::timeline::notes;

pub const ROW: Row = Row {
    title: "Waiting",
    columns: ALL_COLUMNS,
    most_runs: 1,
    figures: USUAL_FIGURES,
    prepare,
    cell,
    verdict,
};

const TASKS: usize = 1_000;
const WAIT: Duration = Duration::from_millis(100);

fn waits(quick: bool) -> usize {
    if quick { 3 } else { 10 }
}

fn prepare(plan: &Plan) -> Result<Prepared, Unprepared> {
    Ok(Prepared {
        work: format!(
            "{TASKS} tasks, each of which waits {} ms {} times. Nothing is computed. (Sequential \
             is extrapolated from one task.)",
            WAIT.as_millis(),
            waits(plan.quick)
        ),
        limit_s: 120,
        others: Some(json!({
            "row": "waiting",
            "tasks": TASKS,
            "waits": waits(plan.quick),
            "wait_s": WAIT.as_secs_f64(),
        })),
        ..Prepared::default()
    })
}

fn cell(args: &CellArgs) -> Result<Sample, String> {
    let waits = waits(args.quick || args.record);
    let block = || {
        for _ in 0..waits {
            notes::wait(|| std::thread::sleep(WAIT));
            working_here();
        }
    };
    let means = args.means()?;
    let watch = Stopwatch::start();
    match means {
        Means::PlainThreads(_) => return Err("this row has no column of plain threads".into()),
        Means::Sequential => {
            notes::task(0, block);
            return Ok(Sample::of_part(&watch, 1, 1.0 / TASKS as f64));
        }
        Means::Threads => on_threads::run_each(TASKS, TASKS, |_| {
            block();
            Ok(())
        })?,
        Means::Tasks(flavour) => flavour
            .run(async {
                let tasks: Vec<_> = (0..TASKS)
                    .map(|_| {
                        filch::spawn(async move {
                            for _ in 0..waits {
                                filch::time::sleep(WAIT).await;
                                working_here();
                            }
                        })
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
    Ok(Sample::of_all_work(&watch, TASKS))
}

fn verdict(measured: &Measured) -> Verdict {
    let (Some(sequential), Some(event_loop), Some(workers)) = (
        measured.wall(Column::Sequential),
        measured.wall(Column::EventLoop),
        measured.workers_wall(),
    ) else {
        return Verdict::incomplete();
    };
    let mut words = format!(
        "One task after the other would take {}. The event loop took {}, on one thread; {} took \
         {}.",
        duration(sequential),
        duration(event_loop),
        measured.workers_label(),
        duration(workers),
    );
    let shown = event_loop <= workers * (1.0 + SAME_WITHIN);
    words += if shown {
        " For waiting, concurrency is all it takes: a second core has nothing to do."
    } else {
        " Not what was to be shown: waiting should take an event loop no longer than several \
         workers."
    };
    if let (Some(threads), Some(memory), Some(loop_memory)) = (
        measured.wall(Column::Threads),
        measured.peak(Column::Threads),
        measured.peak(Column::EventLoop),
    ) {
        words += &format!(
            " {TASKS} threads took {} and {} of memory, {} the {} of the event loop.",
            duration(threads),
            bytes(memory),
            compared(memory as f64, loop_memory as f64),
            bytes(loop_memory),
        );
    }
    Verdict { shown: if shown { Shown::Yes } else { Shown::No }, words }
}

#[cfg(test)]
mod tests {
    use super::super::RowName;
    use super::*;

    #[test]
    fn the_verdict_follows_the_figures() {
        let shown = |event_loop: f64, workers: f64| {
            let walls = [
                (Column::Sequential, 100.0),
                (Column::EventLoop, event_loop),
                (Column::Workers, workers),
            ];
            verdict(&Measured::with_walls(RowName::Waiting, &walls)).shown
        };
        assert_eq!(shown(1.02, 1.0), Shown::Yes);
        assert_eq!(shown(0.9, 1.0), Shown::Yes, "faster is fine");
        assert_eq!(shown(1.5, 1.0), Shown::No);
        let nothing = verdict(&Measured::with_walls(RowName::Waiting, &[]));
        assert_eq!(nothing.shown, Shown::Undecided);
    }
}

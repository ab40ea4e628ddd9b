//! *Blocking by mistake*: must show what one thread for everything means for everybody. One of many tasks blocks its
//! thread: on the event loop all the others stop, on N workers nobody else waits.

use std::time::Duration;

use filch::time::{Instant, sleep_until};
use serde_json::json;

use super::{Figure, Prepared, Row, Shown, Unprepared, Verdict, on_threads};
use crate::cell::{CellArgs, Column, Delays, Means, Sample};
use crate::measure::{Stopwatch, working_here};
use crate::measured::Measured;
use crate::plan::Plan;
use crate::report::words::duration;
use crate::timeline::notes;

pub const ROW: Row = Row {
    title: "Blocking by mistake",
    // Not one after the other: then none of the tasks would tick while another does.
    columns: &[
        Column::Threads,
        Column::EventLoop,
        Column::OneWorker,
        Column::Workers,
        Column::Asyncio,
        Column::Uvloop,
        Column::Node,
    ],
    most_runs: 3,
    figures: &[
        Figure::LongestDelay,
        Figure::DelayedTasks,
        Figure::Cpu,
        Figure::Memory,
        Figure::Threads,
        Figure::Stolen,
    ],
    prepare,
    cell,
    verdict,
};

const TASKS: usize = 200;
/// Between two ticks of a task.
const PERIOD: Duration = Duration::from_millis(5);
const RUN_FOR: Duration = Duration::from_millis(450);
/// When the mistake happens, and how long it lasts.
const BLOCK_AFTER: Duration = Duration::from_millis(100);
const BLOCK_FOR: Duration = Duration::from_millis(200);
/// A task counts as delayed when one of its ticks was later than this.
const NOTICEABLE: Duration = Duration::from_millis(50);
/// On several workers no tick may be as late as the next one is due. An idle worker looks after what is behind a stuck one
/// within half a millisecond, mostly; the rest is for an operating system that has other things to do.
const AT_MOST: Duration = PERIOD;

fn prepare(_: &Plan) -> Result<Prepared, Unprepared> {
    Ok(Prepared {
        work: format!(
            "{TASKS} tasks tick every {} ms for {} ms. One of them blocks its thread for {} ms, \
             as a forgotten std::thread::sleep or a slow query would. What do the other {} \
             notice? delay: how late the latest of their ticks was; late: how many of them had a \
             tick more than {} ms late. (Spare workers, with which Filch goes on when all are \
             stuck, are off: each column has the threads that it says.)",
            PERIOD.as_millis(),
            RUN_FOR.as_millis(),
            BLOCK_FOR.as_millis(),
            TASKS - 1,
            NOTICEABLE.as_millis(),
        ),
        limit_s: 120,
        others: Some(json!({
            "row": "blocking",
            "tasks": TASKS,
            "period_s": PERIOD.as_secs_f64(),
            "run_for_s": RUN_FOR.as_secs_f64(),
            "block_after_s": BLOCK_AFTER.as_secs_f64(),
            "block_for_s": BLOCK_FOR.as_secs_f64(),
            "noticeable_s": NOTICEABLE.as_secs_f64(),
        })),
        ..Prepared::default()
    })
}

/// When task number `task` ticks first: spread over a period, not all at once.
fn first_tick(start: Instant, task: usize) -> Instant {
    start
        + PERIOD
        + PERIOD * u32::try_from(task).expect("few tasks")
            / u32::try_from(TASKS).expect("few tasks")
}

/// The tick after one that was due at `due`: a whole number of periods later, and not in the past.
fn next_tick(due: Instant, now: Instant) -> Instant {
    let late = now.saturating_duration_since(due);
    let missed = u32::try_from(late.as_nanos() / PERIOD.as_nanos()).unwrap_or(u32::MAX);
    due + PERIOD * (missed + 1)
}

/// Whether there is another tick, at `due`: until the time is over, and the mistake has happened however late that is.
fn goes_on(task: usize, start: Instant, due: Instant, has_blocked: bool) -> bool {
    due < start + RUN_FOR || (task == 0 && !has_blocked)
}

/// One tick of task 0 is the mistake: the first one after `BLOCK_AFTER`.
fn blocks_now(task: usize, start: Instant, now: Instant, has_blocked: &mut bool) -> bool {
    let is_the_one = task == 0 && !*has_blocked && now >= start + BLOCK_AFTER;
    *has_blocked |= is_the_one;
    is_the_one
}

fn cell(args: &CellArgs) -> Result<Sample, String> {
    let means = args.means()?;
    let watch = Stopwatch::start();
    let longest = match means {
        Means::Sequential | Means::PlainThreads(_) => {
            return Err("this row has tasks and threads only".into());
        }
        Means::Threads => {
            let start = Instant::now();
            let longest = std::sync::Mutex::new(vec![Duration::ZERO; TASKS]);
            on_threads::run_each(TASKS, TASKS, |task| {
                let late = tick_blocking(start, task);
                longest.lock().expect("no holder panics")[task] = late;
                Ok(())
            })?;
            longest.into_inner().expect("no holder panics")
        }
        Means::Tasks(flavour) => flavour
            .run(async {
                let start = Instant::now();
                let tasks: Vec<_> =
                    (0..TASKS).map(|task| filch::spawn(tick(start, task))).collect();
                let mut longest = Vec::with_capacity(TASKS);
                for task in tasks {
                    longest.push(task.await.map_err(|error| error.to_string())?);
                }
                Ok::<_, String>(longest)
            })
            .map_err(|error| error.to_string())
            .and_then(|done| done)?,
    };
    let others = &longest[1..];
    let mut sample = Sample::of_all_work(&watch, TASKS);
    sample.delays = Some(Delays {
        longest_s: others.iter().max().expect("there are others").as_secs_f64(),
        delayed_tasks: others.iter().filter(|&&late| late > NOTICEABLE).count(),
        other_tasks: others.len(),
    });
    Ok(sample)
}

/// Ticks until the time is over and returns how late the latest tick was; awaits.
async fn tick(start: Instant, task: usize) -> Duration {
    let (mut due, mut longest, mut has_blocked) = (first_tick(start, task), Duration::ZERO, false);
    while goes_on(task, start, due, has_blocked) {
        sleep_until(due).await;
        working_here();
        let now = Instant::now();
        longest = longest.max(now.saturating_duration_since(due));
        if blocks_now(task, start, now, &mut has_blocked) {
            // The mistake: this is not `filch::time::sleep(...).await`.
            std::thread::sleep(BLOCK_FOR);
        }
        due = next_tick(due, Instant::now());
    }
    longest
}

/// The same; blocks.
fn tick_blocking(start: Instant, task: usize) -> Duration {
    let (mut due, mut longest, mut has_blocked) = (first_tick(start, task), Duration::ZERO, false);
    working_here();
    while goes_on(task, start, due, has_blocked) {
        notes::wait(|| std::thread::sleep(due.saturating_duration_since(Instant::now())));
        let now = Instant::now();
        longest = longest.max(now.saturating_duration_since(due));
        if blocks_now(task, start, now, &mut has_blocked) {
            std::thread::sleep(BLOCK_FOR);
        }
        due = next_tick(due, Instant::now());
    }
    longest
}

fn verdict(measured: &Measured) -> Verdict {
    let (Some(event_loop), Some(workers)) =
        (measured.delays(Column::EventLoop), measured.workers_delays())
    else {
        return Verdict::incomplete();
    };
    let blocked = BLOCK_FOR.as_secs_f64();
    let label = measured.workers_label();
    let mut words = format!(
        "One task blocked its thread for {}. On the event loop, {} of the {} others were delayed, \
         the longest by {}. On {label}: {}, the longest by {}.",
        duration(blocked),
        event_loop.delayed_tasks,
        event_loop.other_tasks,
        duration(event_loop.longest_s),
        if workers.delayed_tasks == 0 {
            "none".to_owned()
        } else {
            workers.delayed_tasks.to_string()
        },
        duration(workers.longest_s),
    );
    let stalls = event_loop.longest_s >= blocked * 0.8;
    if measured.workers < 2 {
        words += " One worker is one thread: with a second one, the tasks behind the mistake \
                  would be stolen.";
        return Verdict { shown: Shown::Undecided, words };
    }
    let goes_on = workers.longest_s <= AT_MOST.as_secs_f64();
    words += match (stalls, goes_on) {
        (true, true) => {
            " One thread for everything stops for everybody; on several workers the others are \
             stolen from behind the one that is stuck, and none misses a tick."
        }
        (true, false) => {
            " Not what was to be shown: on several workers nothing else should wait. Something \
             else may have used this machine's cores."
        }
        (false, _) => " Not what was to be shown: the event loop should have stood still.",
    };
    Verdict { shown: if stalls && goes_on { Shown::Yes } else { Shown::No }, words }
}

#[cfg(test)]
mod tests {
    use super::super::RowName;
    use super::*;

    #[test]
    fn the_verdict_follows_the_figures() {
        // Delays are a tenth of the time that went by.
        let walls = [(Column::EventLoop, 2.0), (Column::Workers, 0.02)];
        let mut measured = Measured::with_walls(RowName::Blocking, &walls);
        assert_eq!(verdict(&measured).shown, Shown::Yes);
        measured.columns[1].samples[0].delays.as_mut().expect("has some").longest_s = 0.006;
        assert_eq!(verdict(&measured).shown, Shown::No, "somebody else missed a tick");
        let walls = [(Column::EventLoop, 0.1), (Column::Workers, 0.02)];
        let unstalled = Measured::with_walls(RowName::Blocking, &walls);
        assert_eq!(verdict(&unstalled).shown, Shown::No, "the event loop did not stall");
        let one = Measured {
            workers: 1,
            ..Measured::with_walls(
                RowName::Blocking,
                &[(Column::EventLoop, 2.0), (Column::OneWorker, 2.0)],
            )
        };
        assert_eq!(verdict(&one).shown, Shown::Undecided);
    }

    #[test]
    fn a_late_tick_is_followed_by_the_next_one_on_the_grid() {
        let due = Instant::now();
        assert_eq!(next_tick(due, due), due + PERIOD);
        assert_eq!(next_tick(due, due + PERIOD / 2), due + PERIOD);
        assert_eq!(next_tick(due, due + PERIOD * 7 / 2), due + PERIOD * 4);
    }

    #[test]
    fn only_one_task_blocks_and_only_once() {
        let start = Instant::now();
        let (before, after) = (start, start + BLOCK_AFTER);
        let mut has_blocked = false;
        assert!(!blocks_now(0, start, before, &mut has_blocked));
        assert!(blocks_now(0, start, after, &mut has_blocked));
        assert!(!blocks_now(0, start, after, &mut has_blocked));
        assert!(!blocks_now(1, start, after, &mut false));
    }
}

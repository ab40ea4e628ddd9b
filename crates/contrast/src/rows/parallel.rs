//! The verdict on rows that only compute: one thread takes as long as one piece after the other; N workers on N cores
//! are N times as fast, or as much faster as the machine allows.

use super::{SAME_WITHIN, Shown, Verdict};
use crate::cell::Column;
use crate::measured::Measured;
use crate::report::words::{counted, duration, factor};

/// N workers are to be this near to N times as fast, as a part of N.
const NEAR_TO_N: f64 = 0.95;
/// Or this near to what as many threads without a runtime reach, where that is less.
const NEAR_TO_PLAIN: f64 = 0.9;
/// Anything less is not faster.
const FASTER: f64 = 1.25;
/// What a single-threaded column has to get of a core for its time to mean something.
const ENOUGH_OF_A_CORE: f64 = 0.8;

/// Why this run cannot show parallelism, in words; `None` if it can.
pub fn hindrance(measured: &Measured) -> Option<String> {
    if measured.cores < 2 {
        return Some(
            "This process may use one core only: parallelism cannot be seen in this run.".into(),
        );
    }
    if measured.workers < 2 {
        return Some("There is only one worker: parallelism cannot be seen in this run.".into());
    }
    None
}

/// What the figures say; a `piece` is what the work consists of: "file", "number". Where the pieces are so small that being a
/// task costs something beside them, `alone` is the column of the same tasks without a second core; else sequential.
pub fn verdict(measured: &Measured, piece: &str, alone: Column) -> Verdict {
    let (Some(sequential), Some(event_loop), Some(workers), Some(alone_took)) = (
        measured.wall(Column::Sequential),
        measured.wall(Column::EventLoop),
        measured.workers_wall(),
        measured.wall(alone),
    ) else {
        return Verdict::incomplete();
    };
    let label = measured.workers_label();
    let mut words = format!(
        "One {piece} after the other took {}, the event loop {}: computing is not waiting. There \
         is nothing to await, so no task ever gives way to another, and one thread computes one \
         thing at a time. {label} took {}: {} of sequential.",
        duration(sequential),
        duration(event_loop),
        duration(workers),
        factor(sequential / workers),
    );
    if alone != Column::Sequential && measured.workers > 1 {
        words += &format!(
            " To be a task costs something too, where there is so little to do in each: {} took \
             {} for the same tasks, and {label} are {} of that.",
            alone.label(1),
            duration(alone_took),
            factor(alone_took / workers),
        );
    }
    let (shown, judgement) = judge(measured, sequential, event_loop, alone_took / workers);
    words += &format!(" {judgement}");
    let at_once = measured.at_once();
    if measured.workers > measured.cores {
        words += &format!(
            " ({label} cannot be more than {at_once} times as fast on {}.)",
            counted(measured.cores, "core")
        );
    }
    Verdict { shown, words }
}

fn judge(measured: &Measured, sequential: f64, event_loop: f64, speed_up: f64) -> (Shown, String) {
    if let Some(reason) = hindrance(measured) {
        return (Shown::Undecided, reason);
    }
    if let Some(share) = measured.share_of_a_core().filter(|&share| share < ENOUGH_OF_A_CORE) {
        let words = format!(
            "But the single-threaded columns had a core for only {:.0} % of their time: this \
             machine was busy with something else, or the files came from a slow disk. Nothing \
             can be concluded from that.",
            share * 100.0
        );
        return (Shown::Undecided, words);
    }
    if event_loop < sequential * (1.0 - SAME_WITHIN) {
        let words = "Not what was to be shown: the event loop should be no faster than one after \
                     the other.";
        return (Shown::No, words.into());
    }
    let at_once = measured.at_once() as f64;
    if speed_up >= at_once * NEAR_TO_N {
        let words = format!("That is parallelism: {at_once} cores compute at the same time.");
        return (Shown::Yes, words);
    }
    let plain = measured.wall(Column::PlainThreads).map(|plain| sequential / plain);
    if let Some(plain) =
        plain.filter(|&plain| speed_up >= FASTER && speed_up >= plain * NEAR_TO_PLAIN)
    {
        let words = format!(
            "That is parallelism: several cores compute at the same time. {} do not reach \
             ×{at_once} either, without any runtime: {}. So much this machine allows (cores share \
             caches, memory and power, and this program is not alone on them).",
            Column::PlainThreads.label(measured.workers),
            factor(plain),
        );
        return (Shown::Yes, words);
    }
    let words = format!(
        "Less than was to be shown, which is nearly ×{at_once}{}: too little work, one very large \
         piece, or cores that are busy with something else.",
        plain
            .map(|plain| format!(" or, as threads without a runtime reach, {}", factor(plain)))
            .unwrap_or_default(),
    );
    (Shown::No, words)
}

#[cfg(test)]
mod tests {
    use super::super::RowName;
    use super::*;

    fn measured(workers: usize, cores: usize, walls: [f64; 4]) -> Measured {
        let columns =
            [Column::Sequential, Column::EventLoop, Column::Workers, Column::PlainThreads];
        let columns: Vec<_> = columns.into_iter().zip(walls).collect();
        Measured { workers, cores, ..Measured::with_walls(RowName::Files, &columns) }
    }

    fn shown(workers: usize, cores: usize, walls: [f64; 4]) -> Shown {
        verdict(&measured(workers, cores, walls), "file", Column::Sequential).shown
    }

    #[test]
    fn the_verdict_follows_the_figures() {
        assert_eq!(shown(2, 2, [1.0, 1.0, 0.52, 0.5]), Shown::Yes);
        assert_eq!(shown(2, 2, [1.0, 1.0, 0.9, 0.5]), Shown::No, "hardly faster on two workers");
        assert_eq!(shown(2, 2, [1.0, 1.0, 0.9, 0.9]), Shown::No, "nor on two threads");
        assert_eq!(shown(2, 2, [1.0, 0.6, 0.5, 0.5]), Shown::No, "an event loop is no faster");
        assert_eq!(shown(8, 2, [1.0, 1.0, 0.52, 0.5]), Shown::Yes, "two cores, many workers");
        assert_eq!(shown(2, 1, [1.0, 1.0, 1.0, 1.0]), Shown::Undecided, "one core");
    }

    #[test]
    fn what_the_machine_does_not_allow_is_not_asked_of_the_workers() {
        let verdict = verdict(&measured(2, 2, [1.0, 1.0, 0.65, 0.62]), "file", Column::Sequential);
        assert_eq!(verdict.shown, Shown::Yes);
        assert!(
            verdict.words.contains("2 plain threads do not reach ×2 either"),
            "{}",
            verdict.words
        );
        assert_eq!(shown(2, 2, [1.0, 1.0, 0.65, 0.5]), Shown::No, "the machine allows more");
    }

    #[test]
    fn where_tasks_are_small_the_same_tasks_on_one_worker_are_what_counts() {
        let mut walls = vec![(Column::Sequential, 1.0), (Column::EventLoop, 1.4)];
        walls.extend([(Column::OneWorker, 1.3), (Column::Workers, 0.66)]);
        let measured = Measured::with_walls(RowName::ForkJoin, &walls);
        let verdict = verdict(&measured, "number", Column::OneWorker);
        assert_eq!(verdict.shown, Shown::Yes);
        assert!(verdict.words.contains("×1.52 of sequential"), "{}", verdict.words);
        assert!(verdict.words.contains("2 workers are ×1.97 of that"), "{}", verdict.words);
    }

    #[test]
    fn a_busy_machine_decides_nothing() {
        let mut measured = measured(2, 2, [1.0, 1.0, 0.5, 0.5]);
        measured.columns[0].samples[0].cpu_s = 0.4;
        let verdict = verdict(&measured, "file", Column::Sequential);
        assert_eq!(verdict.shown, Shown::Undecided);
        assert!(verdict.words.contains("only 40 %"), "{}", verdict.words);
    }
}

//! How cost grows with size: a curve per question, a process per point, filch beside the others.
//!
//! | file | concept |
//! |---|---|
//! | `mod.rs` | the curves, and what filch promises about each |
//! | `connections.rs`, `timers.rs` | the work that only curves need |

mod connections;
mod timers;

use filch_benches::workloads::Entry;
use serde::{Deserialize, Serialize};

use crate::machine;
use crate::measure::{Effort, measure};
use crate::protocol::Figure;
use crate::report::progress::Progress;
use crate::statistics::{Summary, exponent};
use crate::subject::{Subject, Task};
use crate::verdict::SUBJECT;

/// The workloads that only curves need.
pub const ENTRIES: &[Entry] = &[connections::ENTRY, timers::ENTRY];

/// How many points are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What fits into a run of everything.
    Bounded,
    /// As far as memory and limits allow.
    Full,
}

/// A question about growth.
#[derive(Clone, Copy, Debug)]
struct Question {
    /// One word: the name of the chart's file.
    key: &'static str,
    title: &'static str,
    /// What grows.
    axis: &'static str,
    /// The exponent that filch's cost per operation must stay below; see docs/benchmarks.md.
    promise: f64,
    /// How many times its cost at the smallest point that at any other is to be at most, where there is such a goal.
    growth: Option<f64>,
    /// Points that every run has.
    bounded: &'static [u64],
    /// Further ones.
    full: &'static [u64],
    /// The workload at a point, its size, and its workers.
    work: fn(point: u64, workers: usize) -> (String, u64, usize),
    /// What a point needs.
    needs: Needs,
}

/// What may be missing for a point.
#[derive(Clone, Copy, Debug)]
enum Needs {
    Nothing,
    /// So many bytes for each.
    Memory(u64),
    /// So many open files for each.
    Files(u64),
}

/// Generous: what the most wasteful runtime takes for a task or a timer, the harness's own part included.
const BYTES_EACH: u64 = 1024;

const QUESTIONS: &[Question] = &[
    Question {
        key: "tasks",
        title: "Spawn and join so many tasks: cost of each",
        axis: "tasks",
        promise: 0.25,
        growth: Some(1.2),
        bounded: &[1_000, 10_000, 100_000, 1_000_000],
        full: &[10_000_000],
        work: |point, workers| ("spawn_join_from_task".into(), point, workers),
        needs: Needs::Memory(BYTES_EACH),
    },
    Question {
        key: "workers",
        title: "Spawn and join 100 000 tasks on so many workers: cost of each",
        axis: "workers",
        promise: 0.25,
        growth: Some(1.2),
        bounded: &[1, 2, 4, 16, 64],
        full: &[8, 32],
        work: |point, _| ("spawn_join_from_task".into(), 100_000, point as usize),
        needs: Needs::Nothing,
    },
    Question {
        key: "spawners",
        title: "Spawn from so many threads outside: cost of each task",
        axis: "threads",
        promise: 0.25,
        growth: None,
        bounded: &[1, 2, 4, 8],
        full: &[],
        work: |point, workers| (remote_spawn(point), 12_800, workers),
        needs: Needs::Nothing,
    },
    Question {
        key: "connections",
        title: "64 bytes there and back over so many connections: cost of each round trip",
        axis: "connections",
        promise: 0.25,
        growth: None,
        bounded: &[1, 8, 64, 1_000, 8_000],
        full: &[4_000],
        work: |point, workers| (connections::NAME.into(), point, workers),
        // Both ends are in the process.
        needs: Needs::Files(2),
    },
    Question {
        key: "timers",
        title: "Arm and drop a timer while so many are pending: cost of each",
        axis: "pending timers",
        promise: 0.15,
        growth: Some(1.5),
        bounded: &[1_000, 10_000, 100_000, 1_000_000, 10_000_000],
        full: &[],
        work: |point, workers| (timers::NAME.into(), point, workers),
        needs: Needs::Memory(BYTES_EACH),
    },
];

/// The registry's name of it.
fn remote_spawn(threads: u64) -> String {
    format!("remote_spawn_{threads}_thread{}", if threads == 1 { "" } else { "s" })
}

/// A question's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// One word.
    pub key: String,
    /// The question.
    pub title: String,
    /// What grows.
    pub axis: String,
    /// The exponent that filch's cost must stay below.
    pub promise: f64,
    /// How many times filch's cost at the smallest size that at any other is to be at most.
    #[serde(default)]
    pub growth: Option<f64>,
    /// A line for each runtime.
    pub lines: Vec<Line>,
}

/// A runtime's part of the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The runtime.
    pub runtime: String,
    /// Cost in nanoseconds at each size.
    pub points: Vec<Point>,
}

/// What an operation costs at one size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The size.
    pub at: u64,
    /// The cost in the middle, in nanoseconds.
    pub cost: f64,
    /// The lowest cost.
    pub low: f64,
    /// The highest; see [`Summary`].
    pub high: f64,
}

impl Line {
    /// With which power of the size the cost of an operation grows; 0: not at all.
    pub fn exponent(&self) -> Option<f64> {
        let points: Vec<_> =
            self.points.iter().map(|point| (point.at as f64, point.cost)).collect();
        exponent(&points)
    }

    /// How many times the cost at the smallest size the highest is.
    pub fn growth(&self) -> Option<f64> {
        let smallest = self.points.first().filter(|point| point.cost > 0.0)?;
        let highest = self.points.iter().map(|point| point.cost).fold(0.0, f64::max);
        Some(highest / smallest.cost)
    }
}

impl Curve {
    /// Whether filch keeps its promise; `None` without a figure.
    pub fn is_kept(&self) -> Option<bool> {
        Some(self.of(SUBJECT)?.exponent()? <= self.promise)
    }

    /// That runtime's line.
    pub fn of(&self, runtime: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.runtime == runtime)
    }
}

/// The points of a question that this machine can measure, and those that it cannot, in words.
fn points(question: &Question, extent: Extent) -> (Vec<u64>, Vec<String>) {
    let mut points = question.bounded.to_vec();
    if extent == Extent::Full {
        points.extend(question.full);
        points.sort_unstable();
    }
    let (most, what) = match question.needs {
        Needs::Nothing => return (points, Vec::new()),
        // Half of it: others are on this machine too.
        Needs::Memory(each) => (machine::memory("MemAvailable").unwrap_or(0) / 2 / each, "memory"),
        Needs::Files(each) => {
            // Some for what every process has open anyway.
            (machine::raise_file_limit().saturating_sub(100) / each, "the limit of open files")
        }
    };
    let (possible, impossible): (Vec<u64>, Vec<u64>) =
        points.into_iter().partition(|at| *at <= most);
    let said = |at: u64| format!("curve {}: not at {at}: {what} is not enough", question.key);
    (possible, impossible.into_iter().map(said).collect())
}

/// How many processes all curves take.
pub fn steps(subjects: &[&Subject], extent: Extent, rounds: usize) -> usize {
    let each = |question: &Question| points(question, extent).0.len();
    QUESTIONS.iter().map(each).sum::<usize>() * subjects.len() * rounds
}

/// Measures every curve; the second half says what was left out, and why.
pub fn curves(
    subjects: &[&Subject],
    workers: usize,
    extent: Extent,
    effort: Effort,
    progress: &mut Progress,
) -> (Vec<Curve>, Vec<String>) {
    let mut left_out = Vec::new();
    let curve = |question: &Question| {
        let (points, impossible) = points(question, extent);
        left_out.extend(impossible);
        let mut lines: Vec<Line> = subjects
            .iter()
            .map(|subject| Line { runtime: subject.name.clone(), points: Vec::new() })
            .collect();
        for at in points {
            let (workload, size, workers) = (question.work)(at, workers);
            // The largest sizes take a second or more for each run.
            let task = Task { workload, size, workers, runs: 50, seconds: 0.3, warm_up: true };
            let cells = measure(&task, subjects, effort, progress);
            for (cell, line) in cells.iter().zip(&mut lines) {
                if let Some(Summary { median: cost, low, high }) = cell.summary(Figure::Time) {
                    line.points.push(Point { at, cost, low, high });
                }
                if let Some(reason) = &cell.failure {
                    let runtime = &cell.runtime;
                    left_out.push(format!("curve {}: {runtime} at {at}: {reason}", question.key));
                }
            }
        }
        Curve {
            key: question.key.into(),
            title: question.title.into(),
            axis: question.axis.into(),
            promise: question.promise,
            growth: question.growth,
            lines,
        }
    };
    let curves = QUESTIONS.iter().map(curve).collect();
    (curves, left_out)
}

#[cfg(test)]
pub mod samples {
    //! Curves made up for tests.

    use super::*;

    /// filch's cost at 10, 100 and 1000.
    pub fn curve(costs: [f64; 3]) -> Curve {
        let point = |(at, cost)| Point { at, cost, low: cost, high: cost };
        Curve {
            key: "tasks".into(),
            title: "Cost of a task".into(),
            axis: "tasks".into(),
            promise: 0.2,
            growth: Some(3.0),
            lines: vec![Line {
                runtime: "filch".into(),
                points: [10, 100, 1_000].into_iter().zip(costs).map(point).collect(),
            }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::curve;
    use super::*;

    #[test]
    fn a_flat_curve_keeps_the_promise_and_a_steep_one_does_not() {
        assert_eq!(curve([50.0, 55.0, 52.0]).is_kept(), Some(true));
        assert_eq!(curve([50.0, 100.0, 200.0]).is_kept(), Some(false));
        let mut without = curve([1.0; 3]);
        without.lines[0].points.clear();
        assert_eq!(without.is_kept(), None);
    }

    #[test]
    fn what_the_machine_cannot_do_is_left_out_and_said() {
        let impossible = Question { needs: Needs::Files(u64::MAX / 100_000), ..QUESTIONS[3] };
        let (points, said) = points(&impossible, Extent::Full);
        assert_eq!(
            (points.len(), said.len()),
            (0, impossible.bounded.len() + impossible.full.len())
        );
        assert!(said[0].contains("connections") && said[0].contains("open files"), "{}", said[0]);
    }

    #[test]
    fn every_point_is_a_workload_that_filch_does() {
        for question in QUESTIONS {
            for point in question.bounded.iter().chain(question.full) {
                let (workload, ..) = (question.work)(*point, 1);
                let entry = crate::catalogue::find(&workload).expect("is in the catalogue");
                assert_eq!(entry.candidates[0].name, SUBJECT);
            }
        }
    }
}

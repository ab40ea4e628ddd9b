//! What filch wants to be, beside what it is: in this run, and in those that came before it.

use filch_benches::workloads::{Bound, Goal, Of};

use crate::protocol::Figure;
use crate::report::words::{rate, time, value};
use crate::results::{Cell, REFERENCE, Results, Row};
use crate::verdict::SUBJECT;

/// A goal, and what the runs say of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What is to be how large.
    pub goal: String,
    /// What it is, run by run; `None` where a run did not measure it.
    pub runs: Vec<Option<Measured>>,
}

/// What a run says of a goal.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// With its unit, or as a multiple.
    pub figure: String,
    /// Whether it is as small as it is to be.
    pub is_reached: bool,
}

/// Every goal of the last of `runs`, by all of them.
pub fn answers(runs: &[&Results]) -> Vec<Answer> {
    let Some(last) = runs.last() else { return Vec::new() };
    let mut answers = Vec::new();
    for row in &last.rows {
        for goal in &row.goals {
            let of_run = |run: &&Results| {
                let row = run.rows.iter().find(|other| other.workload == row.workload)?;
                measured(run, row, goal)
            };
            let goal = in_words(row, goal);
            answers.push(Answer { goal, runs: runs.iter().map(of_run).collect() });
        }
    }
    for curve in &last.curves {
        let Some(most) = curve.growth else { continue };
        let of_run = |run: &&Results| {
            let line = run.curves.iter().find(|other| other.key == curve.key)?.of(SUBJECT)?;
            let growth = line.growth()?;
            Some(Measured { figure: format!("×{}", rate(growth)), is_reached: growth <= most })
        };
        let points = &curve.of(SUBJECT).map(|line| &line.points[..]).unwrap_or_default();
        let (from, to) = (points.first().map_or(0, |p| p.at), points.last().map_or(0, |p| p.at));
        let goal = format!("{} from {from} to {to}: cost at most ×{}", curve.axis, rate(most));
        answers.push(Answer { goal, runs: runs.iter().map(of_run).collect() });
    }
    answers
}

/// The rows in which filch computes longer than tokio for an operation, with how many times as long.
pub fn dearer_than_reference(results: &Results) -> Vec<(&str, f64)> {
    let ratio = |row: &Row| row.cpu_ratio().filter(|ratio| *ratio >= 1.005);
    results.rows.iter().filter_map(|row| Some((row.workload.as_str(), ratio(row)?))).collect()
}

fn in_words(row: &Row, goal: &Goal) -> String {
    let what = match goal.of {
        Of::Cpu => format!("{} CPU", row.workload),
        Of::Syscalls => format!("{} system calls", row.workload),
        Of::Headline | Of::Second => {
            row.figure_of(goal.of).map_or(row.workload.clone(), |figure| row.label(figure))
        }
    };
    match &goal.at_most {
        Bound::Tokio(times) => format!("{what}: at most ×{} of tokio", rate(*times)),
        Bound::Beside(other, times) => format!("{what}: at most ×{} of {other}", rate(*times)),
        Bound::Fixed(most) => format!("{what}: at most {}", unit(row, goal.of, *most)),
    }
}

fn unit(row: &Row, of: Of, number: f64) -> String {
    match of {
        Of::Cpu => time(number),
        Of::Syscalls => rate(number),
        Of::Headline | Of::Second => value(row.figure_of(of).unwrap_or(Figure::Time), number),
    }
}

fn measured(run: &Results, row: &Row, goal: &Goal) -> Option<Measured> {
    let of = |row: &Row, runtime: &str| figure(row, row.cell(runtime)?, goal.of);
    let ours = of(row, SUBJECT)?;
    let beside = |theirs: f64, times: f64| {
        let ratio = ours / theirs;
        Measured { figure: format!("×{}", rate(ratio)), is_reached: ratio <= times }
    };
    match &goal.at_most {
        Bound::Tokio(times) => Some(beside(of(row, REFERENCE)?, *times)),
        Bound::Beside(other, times) => {
            let elsewhere = || {
                let row = run.rows.iter().find(|row| row.workload == **other)?;
                of(row, SUBJECT)
            };
            Some(beside(of(row, other).or_else(elsewhere)?, *times))
        }
        Bound::Fixed(most) => {
            Some(Measured { figure: unit(row, goal.of, ours), is_reached: ours <= *most })
        }
    }
}

fn figure(row: &Row, cell: &Cell, of: Of) -> Option<f64> {
    match of {
        Of::Cpu => Some(cell.cpu()?.median),
        Of::Syscalls => cell.syscalls,
        Of::Headline | Of::Second => Some(cell.summary(row.figure_of(of)?)?.median),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::samples::{results, row};

    fn run(filch: f64) -> Results {
        let cells: &[(&str, &[f64])] =
            &[("filch", &[filch]), ("filch_bare", &[50.0]), ("tokio", &[100.0])];
        let mut row = row("w", cells);
        row.goals = vec![
            Goal::tokio(0.5),
            Goal::fixed(45.0),
            Goal::cpu(70.0),
            Goal::syscalls(0.3),
            Goal::beside("filch_bare", 1.0),
            Goal::second_fixed(1.0),
        ];
        results(vec![row])
    }

    #[test]
    fn each_goal_is_said_with_what_every_run_measured() {
        let said: Vec<_> = answers(&[&run(60.0), &run(40.0)])
            .into_iter()
            .map(|answer| {
                let runs = answer.runs.into_iter().flatten();
                let runs: Vec<_> = runs.map(|run| (run.figure, run.is_reached)).collect();
                (answer.goal, runs)
            })
            .collect();
        let both = |before: &str, now: &str| vec![(before.into(), false), (now.into(), true)];
        let expected: [(String, Vec<(String, bool)>); 6] = [
            ("w: at most ×0.50 of tokio".into(), both("×0.60", "×0.40")),
            ("w: at most 45.0 ns".into(), both("60.0 ns", "40.0 ns")),
            (
                "w CPU: at most 70.0 ns".into(),
                vec![("120 ns".into(), false), ("80.0 ns".into(), false)],
            ),
            (
                "w system calls: at most 0.30".into(),
                vec![("0.25".into(), true), ("0.25".into(), true)],
            ),
            ("w: at most ×1.00 of filch_bare".into(), both("×1.20", "×0.80")),
            ("w: at most 1.00 ns".into(), Vec::new()),
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn a_curve_that_grows_too_much_does_not_reach_its_goal() {
        let mut results = results(Vec::new());
        results.curves.push(crate::scaling::samples::curve([10.0, 40.0, 20.0]));
        let [answer] = &answers(&[&results])[..] else { panic!("one curve, one goal") };
        assert_eq!(answer.goal, "tasks from 10 to 1000: cost at most ×3.00");
        let measured = answer.runs[0].as_ref().expect("there is a line");
        assert_eq!((measured.figure.as_str(), measured.is_reached), ("×4.00", false));
    }

    #[test]
    fn who_computes_longer_is_named() {
        let dear = row("dear", &[("filch", &[101.0]), ("tokio", &[100.0])]);
        let cheap = row("cheap", &[("filch", &[100.0]), ("tokio", &[100.0])]);
        let results = results(vec![dear, cheap]);
        assert_eq!(dearer_than_reference(&results), [("dear", 1.01)]);
    }
}

//! The tables as rows of text, the same for the terminal and for the book.

use std::collections::BTreeSet;

use crate::baseline::Difference;
use crate::goals::{self, Answer, Measured};
use crate::machine::Machine;
use crate::report::words::{bytes, digits, rate, spread, time, value, verdict as in_words};
use crate::results::{Results, Row};
use crate::scaling::Curve;
use crate::verdict::{SUBJECT, Verdict, verdict};

/// A table: its head and its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Lines {
    /// The head of each column.
    pub heads: Vec<String>,
    /// As long as the head, each.
    pub rows: Vec<Vec<String>>,
}

/// The runtimes of the main table; everybody else is in the second one.
pub const MAIN: [&str; 7] = ["filch", "tokio", "smol", "go", "node", "asyncio", "uvloop"];

fn owned<const N: usize>(heads: [&str; N]) -> Vec<String> {
    heads.map(str::to_owned).to_vec()
}

/// One line per figure: everybody's median, the ratio to tokio beside the goal, and the verdict.
pub fn main_table(results: &Results) -> Lines {
    let shown: Vec<&str> = MAIN
        .into_iter()
        .filter(|name| results.rows.iter().any(|row| row.cell(name).is_some()))
        .collect();
    let mut heads = vec!["row".to_owned()];
    heads.extend(shown.iter().map(ToString::to_string));
    heads.extend(owned(["filch / tokio", "goal", "CPU: filch / tokio", "verdict"]));
    let line = |(row, figure): (&Row, _)| {
        let mut line = vec![row.label(figure)];
        line.extend(shown.iter().map(|name| match row.cell(name) {
            None => "-".to_owned(),
            Some(cell) if cell.failure.is_some() => "failed".to_owned(),
            // Programs in other languages do not measure everything.
            Some(cell) => cell.summary(figure).map_or("-".to_owned(), |s| value(figure, s.median)),
        }));
        let or_dash = |number: Option<f64>| number.map_or("-".to_owned(), rate);
        line.push(or_dash(row.ratio(figure)));
        line.push(match (row.goal(figure), row.ratio(figure)) {
            (None, _) => "-".to_owned(),
            (Some(goal), Some(ratio)) if ratio <= goal => format!("{} reached", rate(goal)),
            (Some(goal), _) => rate(goal),
        });
        line.push(or_dash(row.cpu_ratio()));
        line.push(in_words(&verdict(row, figure)));
        line
    };
    Lines { heads, rows: results.lines().map(line).collect() }
}

/// A row that has just been measured, a line per figure.
pub fn in_short(row: &Row) -> Vec<String> {
    let said = |cell: &crate::results::Cell, figure| {
        let figure = match cell.summary(figure) {
            Some(summary) => value(figure, summary.median),
            None if cell.failure.is_some() => "failed".to_owned(),
            None => return None,
        };
        Some(format!("{} {figure}", cell.runtime))
    };
    let line = |figure: &_| {
        let cells: Vec<String> = row.cells.iter().filter_map(|cell| said(cell, *figure)).collect();
        let verdict = in_words(&verdict(row, *figure));
        format!("{}: {}; filch {verdict}", row.label(*figure), cells.join(", "))
    };
    row.figures.iter().map(line).collect()
}

/// One line per figure and runtime: the spread, and what it cost.
pub fn details(results: &Results) -> Lines {
    let heads = owned([
        "row",
        "runtime",
        "median",
        "interval",
        "spread",
        "CPU",
        "switches, voluntary",
        "forced",
        "system calls",
        "page faults",
        "peak memory",
        "processes",
    ]);
    let mut rows = Vec::new();
    for (row, figure) in results.lines() {
        for cell in &row.cells {
            let mut line = vec![row.label(figure), cell.runtime.clone()];
            let Some(summary) = cell.summary(figure) else {
                let Some(reason) = &cell.failure else { continue };
                line.push(format!("failed: {reason}"));
                line.resize(heads.len(), String::new());
                rows.push(line);
                continue;
            };
            let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
            let counted = |of: fn(&crate::process::Usage) -> u64| {
                or_dash(cell.middle(|p| Some(p.per_operation(of(&p.usage)))).map(rate))
            };
            line.extend([
                value(figure, summary.median),
                format!("{} to {}", value(figure, summary.low), value(figure, summary.high)),
                spread(summary.spread()),
                or_dash(cell.cpu().map(|cpu| time(cpu.median))),
                counted(|usage| usage.voluntary_switches),
                counted(|usage| usage.involuntary_switches),
                or_dash(cell.syscalls.map(rate)),
                counted(|usage| usage.page_faults),
                or_dash(cell.middle(|p| p.peak_bytes.map(|peak| peak as f64)).map(bytes)),
                cell.processes.len().to_string(),
            ]);
            rows.push(line);
        }
    }
    Lines { heads, rows }
}

/// What a row is: the workload, the operation, how many of them.
pub fn legend(results: &Results) -> Lines {
    let line = |row: &Row| {
        vec![
            row.workload.clone(),
            row.question.clone(),
            row.operation.clone(),
            row.size.to_string(),
        ]
    };
    Lines {
        heads: owned(["row", "question", "one operation", "size"]),
        rows: results.rows.iter().map(line).collect(),
    }
}

/// The exponents, beside what is promised.
pub fn curves(curves: &[Curve]) -> Lines {
    let mut rows = Vec::new();
    for curve in curves {
        for line in &curve.lines {
            let at = |point: Option<&crate::scaling::Point>| {
                point.map_or("-".to_owned(), |p| format!("{} at {}", time(p.cost), p.at))
            };
            let is_subject = line.runtime == SUBJECT;
            rows.push(vec![
                curve.title.clone(),
                line.runtime.clone(),
                at(line.points.first()),
                at(line.points.last()),
                line.exponent().map_or("-".to_owned(), |e| format!("{e:+.2}")),
                if is_subject { format!("{:+.2}", curve.promise) } else { String::new() },
                match curve.is_kept().filter(|_| is_subject) {
                    Some(true) => "kept".to_owned(),
                    Some(false) => "BROKEN".to_owned(),
                    None => String::new(),
                },
            ]);
        }
    }
    let heads = owned([
        "curve",
        "runtime",
        "smallest",
        "largest",
        "exponent",
        "promised at most",
        "promise",
    ]);
    Lines { heads, rows }
}

/// What filch wants to be, beside what it was in each of the runs; the last is this one.
pub fn goals(runs: &[&Results]) -> Lines {
    let mut heads = vec!["goal".to_owned()];
    heads.extend(
        runs.iter().map(|run| format!("{}, commit {}", run.machine.date, run.machine.commit)),
    );
    let said = |measured: &Option<Measured>| match measured {
        None => "-".to_owned(),
        Some(Measured { figure, is_reached: true }) => format!("{figure} reached"),
        Some(Measured { figure, .. }) => figure.clone(),
    };
    let line = |answer: Answer| {
        let mut line = vec![answer.goal];
        line.extend(answer.runs.iter().map(said));
        line
    };
    Lines { heads, rows: goals::answers(runs).into_iter().map(line).collect() }
}

/// In which rows filch computes longer than tokio, as a line; none, if in no row.
pub fn dearer(results: &Results) -> Vec<String> {
    let dearer = goals::dearer_than_reference(results);
    if dearer.is_empty() {
        return Vec::new();
    }
    let said = dearer.iter().map(|(row, times)| format!("{row} ×{}", rate(*times)));
    let said: Vec<_> = said.collect();
    vec![format!("CPU time above tokio's, which it is to be nowhere: {}.", said.join(", "))]
}

/// What changed since an earlier run.
pub fn changes(difference: &Difference) -> Lines {
    let line = |change: &crate::baseline::Change| {
        vec![
            change.label.clone(),
            change.runtime.clone(),
            value(change.figure, change.before.median),
            value(change.figure, change.now.median),
            if change.before.median > 0.0 {
                format!("×{}", digits(change.now.median / change.before.median))
            } else {
                "-".to_owned()
            },
            change.beside_reference.map_or("-".to_owned(), |factor| format!("×{}", digits(factor))),
        ]
    };
    Lines {
        heads: owned(["row", "runtime", "before", "now", "factor", "factor beside tokio"]),
        rows: difference.changes.iter().map(line).collect(),
    }
}

/// How often filch wins, ties and loses, and every loss by name: first, since a reader who stops here should know.
pub fn score(results: &Results) -> (String, Vec<String>) {
    let verdicts: Vec<(&Row, _, Verdict)> =
        results.lines().map(|(row, figure)| (row, figure, verdict(row, figure))).collect();
    let number = |is: fn(&Verdict) -> bool| verdicts.iter().filter(|(.., v)| is(v)).count();
    let score = format!(
        "Against everybody who was measured, filch wins {} of {} figures, loses {}, ties {}; {} are open.",
        number(|v| matches!(v, Verdict::Wins)),
        verdicts.len(),
        number(|v| matches!(v, Verdict::Loses(_))),
        number(|v| matches!(v, Verdict::Ties(_))),
        number(|v| matches!(v, Verdict::Open)),
    );
    let loss = |(row, figure, verdict): &(&Row, _, Verdict)| {
        let Verdict::Loses(to) = verdict else { return None };
        let ours = row.summary(SUBJECT, *figure)?.median;
        let said = to.iter().filter_map(|name| {
            let theirs = row.summary(name, *figure)?.median;
            Some(format!("{name} ({})", value(*figure, theirs)))
        });
        let said = said.collect::<Vec<_>>().join(", ");
        Some(format!("{}: {} against {said}", row.label(*figure), value(*figure, ours)))
    };
    (score, verdicts.iter().filter_map(loss).collect())
}

/// Where, when and with what.
pub fn machine(results: &Results) -> Vec<String> {
    let Machine { processor, cores, memory_bytes, kernel, libc, rustc, commit, date, .. } =
        &results.machine;
    let versions: BTreeSet<&str> = results.versions.values().map(String::as_str).collect();
    let versions: Vec<&str> = versions.into_iter().collect();
    let mut said = vec![
        format!("`{}`", results.machine.command),
        format!("{date}, commit {commit}"),
        format!(
            "{processor}, {cores} cores, {:.0} GiB; {kernel}, {libc}, {rustc}",
            *memory_bytes as f64 / f64::from(1 << 30)
        ),
        versions.join(", "),
        format!(
            "{} processes per figure, {} workers{}",
            results.rounds,
            results.workers,
            if results.quick { ", little work (`--quick`): verdicts are provisional" } else { "" }
        ),
    ];
    if let Some(neighbours) = results.machine.neighbours {
        said.push(neighbours.to_string());
        if neighbours.are_loud() {
            said.push(
                "**The machine was loaded**: these figures show that the program works, and nothing \
                 else."
                    .to_owned(),
            );
        }
    }
    if !results.machine.optimised {
        said.push("**A debug build**: its figures mean nothing.".to_owned());
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::samples::{results, row};
    use filch_benches::neighbours::Neighbours;

    #[test]
    fn the_main_table_has_a_column_for_who_was_measured_and_a_verdict() {
        let cells: &[(&str, &[f64])] = &[("filch", &[10.0]), ("tokio", &[40.0]), ("node", &[])];
        let table = main_table(&results(vec![row("w", cells)]));
        let heads = [
            "row",
            "filch",
            "tokio",
            "node",
            "filch / tokio",
            "goal",
            "CPU: filch / tokio",
            "verdict",
        ];
        assert_eq!(table.heads, heads);
        let line = ["w", "10.0 ns", "40.0 ns", "failed", "0.25", "0.50 reached", "0.25", "wins"];
        assert_eq!(table.rows, [line]);
    }

    #[test]
    fn a_failure_is_in_the_details_with_its_reason() {
        assert!(in_short(&row("w", &[("go", &[])]))[0].contains("go failed"));
        let table = details(&results(vec![row("w", &[("filch", &[1.0]), ("go", &[])])]));
        assert_eq!(table.rows[1][2], "failed: not done after 1 s: killed");
        assert!(table.rows.iter().all(|row| row.len() == table.heads.len()));
    }

    #[test]
    fn every_loss_is_named_with_both_figures() {
        let (score, losses) = score(&results(vec![
            row("a", &[("filch", &[10.0]), ("tokio", &[5.0])]),
            row("b", &[("filch", &[5.0]), ("tokio", &[10.0])]),
        ]));
        assert!(score.contains("wins 1 of 2 figures, loses 1"), "{score}");
        assert_eq!(losses, ["a: 10.0 ns against tokio (5.00 ns)"]);
    }

    #[test]
    fn a_loaded_machine_is_said() {
        let mut results = results(Vec::new());
        results.machine.neighbours = Some(Neighbours { programs: 0.9, host: 0.1, cores: 2.0 });
        assert!(machine(&results).iter().any(|line| line.contains("was loaded")));
    }

    #[test]
    fn a_broken_promise_is_louder_than_a_kept_one() {
        let steep = crate::scaling::samples::curve([1.0, 10.0, 100.0]);
        assert_eq!(curves(&[steep]).rows[0][4..], ["+1.00", "+0.20", "BROKEN"]);
    }
}

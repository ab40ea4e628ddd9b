//! Everything that a run found out; `--json` writes it, `--baseline` reads it.

use std::collections::BTreeMap;

use filch_benches::workloads::{Bound, Goal, Of};
use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::process::Usage;
use crate::protocol::{Figure, Said};
use crate::scaling::Curve;
use crate::statistics::{Summary, median};
use crate::verdict::SUBJECT;

/// The runtime that goals and ratios refer to.
pub const REFERENCE: &str = "tokio";

/// A whole run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Where, when and with what.
    pub machine: Machine,
    /// Processes per figure that were asked for.
    pub rounds: usize,
    /// Less work.
    pub quick: bool,
    /// Workers of every runtime that has several.
    pub workers: usize,
    /// Version of each language or library, by runtime.
    pub versions: BTreeMap<String, String>,
    /// What was measured.
    pub rows: Vec<Row>,
    /// Cost against size.
    pub curves: Vec<Curve>,
    /// What was not measured, and why.
    pub left_out: Vec<String>,
}

impl Results {
    /// Every figure of every row.
    pub fn lines(&self) -> impl Iterator<Item = (&Row, Figure)> {
        self.rows.iter().flat_map(|row| row.figures.iter().map(move |figure| (row, *figure)))
    }
}

/// One workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub workload: String,
    /// Its group.
    pub group: String,
    /// What the group's readers ask.
    pub question: String,
    /// What one operation is.
    pub operation: String,
    /// How much of it.
    pub size: u64,
    /// What filch wants to be.
    #[serde(default)]
    pub goals: Vec<Goal>,
    /// What is measured, the first being the one that counts most.
    pub figures: Vec<Figure>,
    /// Who did it, filch first.
    pub cells: Vec<Cell>,
}

/// One workload on one runtime.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The name of the runtime.
    pub runtime: String,
    /// What its processes measured.
    pub processes: Vec<Process>,
    /// System calls per operation, without those of the start and the end; absent where they were not counted.
    pub syscalls: Option<f64>,
    /// Why there is no figure: the first process that failed ends the cell.
    pub failure: Option<String>,
}

/// What one process measured, and what it cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// The median of its runs.
    pub figures: BTreeMap<Figure, f64>,
    /// The same of the time that all of its threads computed, per operation, in nanoseconds.
    pub cpu_ns: f64,
    /// How many runs counted.
    pub runs: usize,
    /// How many operations a run was.
    pub operations: u64,
    /// How many operations all runs were, those that do not count included.
    pub all_operations: u64,
    /// The most memory that was resident at a time, in bytes.
    pub peak_bytes: Option<u64>,
    /// What the whole process cost, as the kernel counted it.
    pub usage: Usage,
}

impl Process {
    /// What a child said, and what it cost; `None` where no run counts.
    pub fn of(said: &Said, usage: Usage) -> Option<Self> {
        let mut by_figure: BTreeMap<Figure, Vec<f64>> = BTreeMap::new();
        for (figure, value) in said.runs.iter().flat_map(|run| &run.figures) {
            by_figure.entry(*figure).or_default().push(*value);
        }
        let cpu: Vec<f64> =
            said.runs.iter().map(|run| run.cpu_ns as f64 / run.operations.max(1) as f64).collect();
        Some(Self {
            figures: by_figure
                .into_iter()
                .filter_map(|(figure, values)| Some((figure, median(&values)?)))
                .collect(),
            cpu_ns: median(&cpu)?,
            runs: said.runs.len(),
            operations: said.runs.first()?.operations,
            all_operations: said.all_operations,
            peak_bytes: said.peak_bytes,
            usage,
        })
    }

    /// Something the kernel counted, per operation.
    pub fn per_operation(&self, counted: u64) -> f64 {
        counted as f64 / self.all_operations.max(1) as f64
    }
}

impl Cell {
    /// What the processes measured; `None` where one of them failed.
    pub fn summary(&self, figure: Figure) -> Option<Summary> {
        self.summed_up(|process| process.figures.get(&figure).copied())
    }

    /// The time that all threads computed per operation, in nanoseconds.
    pub fn cpu(&self) -> Option<Summary> {
        self.summed_up(|process| Some(process.cpu_ns))
    }

    /// The middle of something else that each process has.
    pub fn middle(&self, of: impl Fn(&Process) -> Option<f64>) -> Option<f64> {
        self.summed_up(of).map(|summary| summary.median)
    }

    fn summed_up(&self, of: impl Fn(&Process) -> Option<f64>) -> Option<Summary> {
        if self.failure.is_some() {
            return None;
        }
        Summary::of(&self.processes.iter().filter_map(of).collect::<Vec<_>>())
    }
}

impl Row {
    /// The name of the row, and of the figure where it needs one.
    pub fn label(&self, figure: Figure) -> String {
        format!("{} {}", self.workload, figure.label()).trim_end().to_owned()
    }

    /// That runtime's cell.
    pub fn cell(&self, runtime: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.runtime == runtime)
    }

    /// That runtime's figure.
    pub fn summary(&self, runtime: &str, figure: Figure) -> Option<Summary> {
        self.cell(runtime)?.summary(figure)
    }

    /// filch's figure as a multiple of tokio's.
    pub fn ratio(&self, figure: Figure) -> Option<f64> {
        let (ours, theirs) = (self.summary(SUBJECT, figure)?, self.summary(REFERENCE, figure)?);
        (theirs.median > 0.0).then(|| ours.median / theirs.median)
    }

    /// The same of the time computed.
    pub fn cpu_ratio(&self) -> Option<f64> {
        let (ours, theirs) = (self.cell(SUBJECT)?.cpu()?, self.cell(REFERENCE)?.cpu()?);
        (theirs.median > 0.0).then(|| ours.median / theirs.median)
    }

    /// What filch's figure is to be at most, as a multiple of tokio's.
    pub fn goal(&self, figure: Figure) -> Option<f64> {
        self.goals.iter().find_map(|goal| match goal.at_most {
            Bound::Tokio(times) if self.figure_of(goal.of) == Some(figure) => Some(times),
            _ => None,
        })
    }

    /// The figure that a goal is about, if it is about one.
    pub fn figure_of(&self, of: Of) -> Option<Figure> {
        match of {
            Of::Headline => self.figures.first().copied(),
            Of::Second => self.figures.get(1).copied(),
            Of::Cpu | Of::Syscalls => None,
        }
    }
}

#[cfg(test)]
pub mod samples {
    //! Results made up for tests.

    use super::*;
    use crate::machine::Machine;

    /// A row with a time per operation for each process of each runtime; none: the cell failed.
    pub fn row(workload: &str, cells: &[(&str, &[f64])]) -> Row {
        let cells = cells.iter().map(|(runtime, times)| Cell {
            runtime: (*runtime).to_owned(),
            processes: times.iter().copied().map(process).collect(),
            syscalls: Some(0.25),
            failure: times.is_empty().then(|| "not done after 1 s: killed".to_owned()),
        });
        Row {
            workload: workload.to_owned(),
            group: "spawn".to_owned(),
            question: "What does a task cost?".to_owned(),
            operation: "task".to_owned(),
            size: 1_000,
            goals: vec![Goal::tokio(0.5)],
            figures: vec![Figure::Time],
            cells: cells.collect(),
        }
    }

    fn process(time: f64) -> Process {
        Process {
            figures: BTreeMap::from([(Figure::Time, time)]),
            cpu_ns: time * 2.0,
            runs: 3,
            operations: 1_000,
            all_operations: 4_000,
            peak_bytes: Some(5 << 20),
            usage: Usage { voluntary_switches: 8, ..Usage::default() },
        }
    }

    /// Those rows.
    pub fn results(rows: Vec<Row>) -> Results {
        Results {
            machine: Machine::default(),
            rounds: 2,
            quick: true,
            workers: 2,
            versions: BTreeMap::from([("tokio".to_owned(), "tokio 1.0".to_owned())]),
            rows,
            curves: Vec::new(),
            left_out: vec!["go: not found".to_owned()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Run;

    #[test]
    fn results_survive_being_written_and_read() {
        let results = samples::results(vec![samples::row("w", &[("filch", &[1.5]), ("go", &[])])]);
        let text = serde_json::to_string(&results).expect("is plain data");
        assert_eq!(serde_json::from_str::<Results>(&text).expect("was just written"), results);
    }

    #[test]
    fn a_process_is_the_median_of_its_runs() {
        let run = |time, cpu_ns| Run {
            operations: 10,
            cpu_ns,
            figures: BTreeMap::from([(Figure::Time, time)]),
        };
        let said = Said {
            version: "1".into(),
            peak_bytes: None,
            all_operations: 40,
            runs: vec![run(1.0, 100), run(9.0, 300), run(2.0, 200)],
        };
        let process = Process::of(&said, Usage::default()).expect("three runs");
        assert_eq!((process.figures[&Figure::Time], process.cpu_ns), (2.0, 20.0));
        assert_eq!(process.per_operation(10), 0.25);
        assert_eq!(Process::of(&Said { runs: Vec::new(), ..said }, Usage::default()), None);
    }

    #[test]
    fn a_cell_that_failed_has_no_figure_although_some_of_its_processes_had() {
        let mut row = samples::row("w", &[("filch", &[1.0]), ("tokio", &[2.0])]);
        assert_eq!(row.ratio(Figure::Time), Some(0.5));
        row.cells[1].failure = Some("crashed".into());
        assert_eq!(row.ratio(Figure::Time), None);
    }
}

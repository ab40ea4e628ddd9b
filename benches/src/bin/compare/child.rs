//! The child's side: a process that runs one workload on one runtime of this language, and says what it measured.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use clap::Args;
use filch_benches::workloads::{Measure, Outcome};

use crate::catalogue;
use crate::machine::{peak_bytes, raise_file_limit};
use crate::process::Usage;
use crate::protocol::{Figure, Run, Said};
use crate::statistics::quantile;

/// The same for every program of the comparison, in whatever language.
#[derive(Args, Clone, Debug)]
pub struct ChildArgs {
    /// The runtime.
    runtime: String,
    /// The workload.
    workload: String,
    /// Its workers.
    #[arg(long, default_value_t = filch_benches::WORKERS)]
    workers: usize,
    /// How much work a run is.
    #[arg(long)]
    size: u64,
    /// At most so many runs; 0: the runtime starts and ends.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// No further run after so long.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// The first run counts.
    #[arg(long)]
    no_warm_up: bool,
}

/// Runs that do not count come first, for a fifth of the time and at least one of them, unless there must be none; then
/// runs until there are enough or time is over. Where the first alone took all of it, it is the one that counts.
///
/// # Errors
/// In words, when there is no such workload or runtime.
pub fn run(args: &ChildArgs) -> Result<Said, String> {
    let entry = catalogue::find(&args.workload)
        .ok_or_else(|| format!("no such workload: {}", args.workload))?;
    raise_file_limit();
    let mut runner = entry
        .start(&args.runtime, args.workers)
        .ok_or_else(|| format!("{} does not do {}", args.runtime, args.workload))?;
    let operations = (entry.about.operations)(args.size);

    let time = Duration::from_secs_f64(args.seconds);
    let start = Instant::now();
    let (mut runs, mut all_operations) = (Vec::new(), 0);
    let mut warm = args.no_warm_up;
    while runs.len() < args.runs && (runs.is_empty() || start.elapsed() < time) {
        let before = Usage::of_this_process();
        let outcome = runner.run(args.size);
        let cpu_ns = Usage::of_this_process().since(&before).cpu_ns();
        all_operations += operations;
        if warm || start.elapsed() >= time {
            let figures = figures(entry.about.measure, &outcome, operations);
            runs.push(Run { operations, cpu_ns, figures });
        }
        warm |= start.elapsed() >= time / 5;
    }
    Ok(Said {
        version: catalogue::version(&args.runtime),
        peak_bytes: peak_bytes(),
        all_operations,
        runs,
    })
}

fn figures(measure: Measure, outcome: &Outcome, operations: u64) -> BTreeMap<Figure, f64> {
    let nanoseconds = |time: Duration| time.as_secs_f64() * 1e9;
    let mut figures = BTreeMap::new();
    let samples: Vec<f64> = outcome.samples.iter().copied().map(nanoseconds).collect();
    let waits = [(Figure::P50, 0.5), (Figure::P99, 0.99)]
        .into_iter()
        .filter_map(|(figure, part)| Some((figure, quantile(&samples, part)?)));
    let time = (Figure::Time, nanoseconds(outcome.elapsed) / operations.max(1) as f64);
    match measure {
        Measure::Time => figures.extend([time]),
        Measure::Trips => figures.extend(waits.chain([time])),
        Measure::Latency => figures.extend(waits),
        Measure::Memory => {
            let each = |bytes| bytes as f64 / operations.max(1) as f64;
            figures.extend(outcome.bytes.map(|bytes| (Figure::Bytes, each(bytes))));
            figures.insert(Figure::Over, nanoseconds(outcome.elapsed));
        }
    }
    figures
}

/// What a workload of that kind measures, the figure that counts most first.
pub fn figures_of(measure: Measure) -> Vec<Figure> {
    match measure {
        Measure::Time => vec![Figure::Time],
        Measure::Trips => vec![Figure::Time, Figure::P50, Figure::P99],
        Measure::Latency => vec![Figure::P50, Figure::P99],
        Measure::Memory => vec![Figure::Bytes, Figure::Over],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(runtime: &str, workload: &str, runs: usize) -> ChildArgs {
        ChildArgs {
            runtime: runtime.into(),
            workload: workload.into(),
            workers: 1,
            size: 10,
            runs,
            seconds: 30.0,
            no_warm_up: true,
        }
    }

    #[test]
    fn a_child_runs_as_often_as_it_is_told() {
        let said = run(&args("filch", "yield_alone", 3)).expect("there is such a workload");
        assert_eq!((said.runs.len(), said.all_operations), (3, 30));
        assert!(said.runs.iter().all(|run| run.figures[&Figure::Time] > 0.0));
        assert!(run(&args("filch", "yield_alone", 0)).expect("the same").runs.is_empty());
    }

    #[test]
    fn nonsense_is_named() {
        assert!(run(&args("filch", "nonsense", 1)).expect_err("no workload").contains("nonsense"));
        assert!(run(&args("cobol", "yield_alone", 1)).expect_err("no runtime").contains("cobol"));
    }

    #[test]
    fn waits_come_to_their_median_and_their_tail() {
        let samples = (0..=100).map(Duration::from_nanos).collect();
        let found = figures(Measure::Latency, &Outcome::samples(samples), 101);
        assert_eq!(found, BTreeMap::from([(Figure::P50, 50.0), (Figure::P99, 99.0)]));
    }
}

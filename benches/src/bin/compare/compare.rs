//! The run: finds who takes part, measures rows and curves, reports.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use filch_benches::neighbours::Watch;
use filch_benches::workloads::{Entry, Measure};

use crate::child::figures_of;
use crate::cli::CompareArgs;
use crate::machine::Machine;
use crate::measure::{Effort, Syscalls, measure};
use crate::report::progress::Progress;
use crate::report::{document, lines, terminal};
use crate::results::{Results, Row};
use crate::scaling::{self, Extent};
use crate::subject::{Subject, Task};
use crate::syscalls::Counter;
use crate::{INCOMPLETE, MISUSE, baseline, catalogue, complain, others};

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
/// A process whose system calls are counted may be many times slower; it gets no longer than this.
const TRACED: Duration = Duration::from_secs(20);
/// Of the runtimes that curves compare.
const ON_CURVES: [&str; 3] = ["filch", "tokio", "smol"];

/// Does what was asked for.
pub fn run(args: &CompareArgs) -> ExitCode {
    let entries = if args.only_curves() { Vec::new() } else { catalogue::matching(&args.only) };
    if entries.is_empty() && !args.only_curves() {
        return complain(MISUSE, &format!("no row's name or group contains {:?}", args.only));
    }
    let mut before = Vec::new();
    for file in &args.baseline {
        match baseline::read(file) {
            Ok(results) => before.push(results),
            Err(reason) => {
                return complain(MISUSE, &format!("--baseline {}: {reason}", file.display()));
            }
        }
    }
    if let Some(file) = &args.json {
        // Before half an hour's work is lost to a wrong name. A file that exists stays as it is.
        if let Err(error) = OpenOptions::new().append(true).create(true).open(file) {
            return complain(MISUSE, &format!("--json {}: {error}", file.display()));
        }
    }
    if args.list {
        list(&entries);
        return ExitCode::SUCCESS;
    }
    let results = match measured(args, &entries) {
        Ok(results) => results,
        Err(reason) => return complain(INCOMPLETE, &reason),
    };
    let runs: Vec<&Results> = before.iter().chain([&results]).collect();
    terminal::report(&results, &runs);
    if let Some(before) = before.last() {
        terminal::changes(&baseline::difference(before, &results));
    }
    match written(args, &results, &runs) {
        Ok(()) if is_complete(args, &results) => ExitCode::SUCCESS,
        Ok(()) => INCOMPLETE.into(),
        Err(reason) => complain(INCOMPLETE, &reason),
    }
}

fn list(entries: &[&Entry]) {
    for Entry { about, candidates } in entries {
        let names: Vec<&str> = candidates.iter().map(|candidate| candidate.name).collect();
        let (name, group, size) = (about.name, about.group, about.size);
        terminal::print(&format!("{name} ({group}, {size}): {}", names.join(", ")));
    }
}

fn measured(args: &CompareArgs, entries: &[&Entry]) -> Result<Results, String> {
    let (mut machine, watch) = (Machine::here(), Watch::start());
    let program = std::env::current_exe()
        .map_err(|error| format!("this program cannot be found: {error}"))?;
    let is_wanted = |name: &str| {
        if args.runtimes.is_empty() {
            !catalogue::is_on_request(name)
        } else {
            args.runtimes.iter().any(|wanted| wanted == name)
        }
    };
    let mut subjects = ours(&program, is_wanted);
    let mut left_out = Vec::new();
    // Curves are about this language only.
    let others = others::find(&args.toolchains, |name| !args.only_curves() && is_wanted(name));
    left_out.extend(others.absent.iter().cloned());
    subjects.extend(others.subjects.iter().cloned());
    let mut syscalls = match counter(args) {
        Ok(counter) => Some(Syscalls::by(counter)),
        Err(reason) => {
            left_out.push(format!("system calls: {reason}"));
            None
        }
    };

    let effort = effort(args);
    let of = |entry: &Entry| -> Vec<&Subject> {
        let does = |subject: &&Subject| subject.does(entry.about.name);
        subjects.iter().filter(does).collect()
    };
    let on_curves: Vec<&Subject> =
        subjects.iter().filter(|subject| ON_CURVES.contains(&subject.name.as_str())).collect();
    let extent = if args.only_curves() { Extent::Full } else { Extent::Bounded };
    let has_curves = args.only_curves() || (args.is_whole() && !args.quick);
    let curve_effort = Effort { rounds: effort.rounds.min(3), ..effort };
    let mut steps: usize = entries.iter().map(|entry| of(entry).len() * effort.rounds).sum();
    if has_curves {
        steps += scaling::steps(&on_curves, extent, curve_effort.rounds);
    }

    let mut progress = Progress::new(steps);
    let mut rows = Vec::new();
    for entry in entries {
        let (row, task, subjects) = (new_row(entry, args), task(entry, args), of(entry));
        let mut cells = measure(&task, &subjects, effort, &mut progress);
        // A row about memory waits for seconds, and system calls are not its question. Of the others, a run is
        // counted that is as short as criterion's.
        let is_memory = entry.about.measure == Measure::Memory;
        if let Some(syscalls) = syscalls.as_mut().filter(|_| !is_memory) {
            let size = entry.about.bench_size.unwrap_or(entry.about.size);
            let (task, operations) = (Task { size, ..task }, (entry.about.operations)(size));
            let limit = effort.limit.min(TRACED);
            for (cell, subject) in cells.iter_mut().zip(&subjects) {
                syscalls.add_to(cell, subject, &task, operations, limit);
            }
        }
        let row = Row { cells, ..row };
        for line in lines::in_short(&row) {
            progress.say(&line);
        }
        rows.push(row);
    }
    let (curves, missing) = if has_curves {
        scaling::curves(&on_curves, args.workers.into(), extent, curve_effort, &mut progress)
    } else {
        Default::default()
    };
    left_out.extend(missing);

    let versions: BTreeMap<_, _> =
        subjects.iter().map(|subject| (subject.name.clone(), subject.version.clone())).collect();
    machine.neighbours = watch.seen();
    Ok(Results {
        machine,
        rounds: effort.rounds,
        quick: args.quick,
        workers: args.workers.into(),
        versions,
        rows,
        curves,
        left_out,
    })
}

/// What counts system calls, if it can and is wanted; if not, why.
fn counter(args: &CompareArgs) -> Result<Counter, String> {
    if args.quick || args.only_curves() {
        return Err("only in a run of rows without --quick".to_owned());
    }
    Counter::find()
}

/// The runtimes of this language, in the registry's order; this program is each of them.
fn ours(program: &Path, is_wanted: impl Fn(&str) -> bool) -> Vec<Subject> {
    let mut subjects: Vec<Subject> = Vec::new();
    for entry in filch_benches::workloads::all().chain(scaling::ENTRIES) {
        for candidate in entry.candidates.iter().filter(|candidate| is_wanted(candidate.name)) {
            let known = subjects.iter().position(|subject| subject.name == candidate.name);
            let at = known.unwrap_or_else(|| {
                subjects.push(Subject {
                    name: candidate.name.to_owned(),
                    version: catalogue::version(candidate.name),
                    program: program.to_owned(),
                    before: vec!["child".into(), candidate.name.into()],
                    after: Vec::new(),
                    workloads: Vec::new(),
                });
                subjects.len() - 1
            });
            subjects[at].workloads.push(entry.about.name.to_owned());
        }
    }
    subjects
}

fn effort(args: &CompareArgs) -> Effort {
    let (rounds, least, patience) = if args.quick { (3, 1, 2) } else { (5, 3, 30) };
    let rounds = args.runs.map_or(rounds, usize::from);
    Effort {
        rounds,
        least_rounds: least.min(rounds),
        patience: Duration::from_secs(patience),
        limit: Duration::from_secs(args.limit),
    }
}

fn size(entry: &Entry, args: &CompareArgs) -> u64 {
    let about = &entry.about;
    if args.quick { about.bench_size.unwrap_or((about.size / 10).max(1)) } else { about.size }
}

fn task(entry: &Entry, args: &CompareArgs) -> Task {
    let is_memory = entry.about.measure == Measure::Memory;
    Task {
        workload: entry.about.name.to_owned(),
        size: size(entry, args),
        workers: args.workers.into(),
        // What an earlier run left would be used again.
        runs: if is_memory { 1 } else { 100 },
        seconds: if args.quick { 0.1 } else { 0.5 },
        warm_up: !is_memory,
    }
}

fn new_row(entry: &Entry, args: &CompareArgs) -> Row {
    let about = &entry.about;
    Row {
        workload: about.name.to_owned(),
        group: about.group.to_owned(),
        question: about.question.to_owned(),
        operation: about.operation.to_owned(),
        size: size(entry, args),
        goals: about.goals.to_vec(),
        figures: figures_of(about.measure),
        cells: Vec::new(),
    }
}

fn written(args: &CompareArgs, results: &Results, runs: &[&Results]) -> Result<(), String> {
    if let Some(file) = &args.json {
        serde_json::to_vec_pretty(results)
            .map_err(|error| error.to_string())
            .and_then(|text| std::fs::write(file, text).map_err(|error| error.to_string()))
            .map_err(|error| format!("--json {}: {error}", file.display()))?;
    }
    if args.is_whole() && !args.no_write {
        for file in document::write(Path::new(DOCS), results, runs)? {
            terminal::print(&format!("written: {}", file.display()));
        }
    }
    Ok(())
}

/// Whether everything was measured that could be, and every promise kept that was to be checked.
fn is_complete(args: &CompareArgs, results: &Results) -> bool {
    let failed = results.rows.iter().flat_map(|row| &row.cells).any(|cell| cell.failure.is_some());
    let kept = results.curves.iter().all(|curve| curve.is_kept() == Some(true));
    !failed && (kept || !args.check_scaling)
}

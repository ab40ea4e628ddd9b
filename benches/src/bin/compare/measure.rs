//! Runs processes, A B A B, and collects what they say.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::process;
use crate::protocol::Said;
use crate::report::progress::Progress;
use crate::results::{Cell, Process};
use crate::subject::{Subject, Task};
use crate::syscalls::Counter;

/// How much is done for a figure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Processes per figure.
    pub rounds: usize,
    /// At least so many of them, however long they take.
    pub least_rounds: usize,
    /// No further one after so long for one cell.
    pub patience: Duration,
    /// A process that takes longer is killed.
    pub limit: Duration,
}

/// Measures a task on every subject: each once, then each once more, so that what disturbs the machine for a while
/// disturbs all alike. A subject whose process fails keeps the reason and takes no further part; the others go on.
pub fn measure(
    task: &Task,
    subjects: &[&Subject],
    effort: Effort,
    progress: &mut Progress,
) -> Vec<Cell> {
    let new = |subject: &&Subject| Cell {
        runtime: subject.name.clone(),
        processes: Vec::new(),
        syscalls: None,
        failure: None,
    };
    let mut cells: Vec<Cell> = subjects.iter().map(new).collect();
    let mut spent = vec![Duration::ZERO; cells.len()];
    for round in 0..effort.rounds {
        for ((cell, subject), spent) in cells.iter_mut().zip(subjects).zip(&mut spent) {
            let is_enough = round >= effort.least_rounds && *spent > effort.patience;
            if cell.failure.is_none() && !is_enough {
                progress.begin(&format!(
                    "{} ({}): {}, process {} of {}",
                    task.workload,
                    task.size,
                    subject.name,
                    round + 1,
                    effort.rounds
                ));
                let start = Instant::now();
                match one_process(subject, task, effort.limit) {
                    Ok(process) => cell.processes.push(process),
                    Err(reason) => cell.failure = Some(reason),
                }
                *spent += start.elapsed();
            }
            progress.done(1);
        }
    }
    cells
}

fn one_process(subject: &Subject, task: &Task, limit: Duration) -> Result<Process, String> {
    let (printed, usage) = process::run(&mut subject.command(task), limit)?;
    let said: Said =
        serde_json::from_str(&printed).map_err(|error| format!("printed nonsense: {error}"))?;
    Process::of(&said, usage).ok_or_else(|| "measured nothing".to_owned())
}

/// Counts system calls per operation, without those of the start and the end, which are counted once per runtime.
#[derive(Debug)]
pub struct Syscalls {
    counter: Counter,
    of_the_start: BTreeMap<String, u64>,
}

impl Syscalls {
    /// Counted by that.
    pub fn by(counter: Counter) -> Self {
        Self { counter, of_the_start: BTreeMap::new() }
    }

    /// Counts those of one run of `operations` and adds them to the cell. What cannot be counted stays without.
    pub fn add_to(
        &mut self,
        cell: &mut Cell,
        subject: &Subject,
        task: &Task,
        operations: u64,
        limit: Duration,
    ) {
        if cell.failure.is_some() {
            return;
        }
        let count = |runs| {
            let task = Task { runs, warm_up: false, ..task.clone() };
            self.counter.count(&subject.command(&task), limit).ok()
        };
        if !self.of_the_start.contains_key(&subject.name) {
            let Some(calls) = count(0) else { return };
            self.of_the_start.insert(subject.name.clone(), calls);
        }
        let calls = |all: u64| all.saturating_sub(self.of_the_start[&subject.name]) as f64;
        cell.syscalls = count(1).map(|all| calls(all) / operations.max(1) as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Figure;

    const SAID: &str = r#"{"version":"1","peak_bytes":null,"all_operations":4,
        "runs":[{"operations":4,"cpu_ns":8,"figures":{"time":2.5}}]}"#;

    fn shell(name: &str, script: &str) -> Subject {
        Subject {
            name: name.into(),
            version: name.into(),
            program: "sh".into(),
            before: vec!["-c".into(), script.into(), name.into()],
            after: Vec::new(),
            workloads: vec!["w".into()],
        }
    }

    fn task() -> Task {
        Task { workload: "w".into(), size: 4, workers: 1, runs: 1, seconds: 1.0, warm_up: true }
    }

    fn effort(rounds: usize) -> Effort {
        let minute = Duration::from_secs(60);
        Effort { rounds, least_rounds: rounds, patience: minute, limit: minute }
    }

    fn measured(subjects: &[Subject], effort: Effort) -> Vec<Cell> {
        measure(&task(), &subjects.iter().collect::<Vec<_>>(), effort, &mut Progress::new(1))
    }

    #[test]
    fn runtimes_take_turns() {
        let file = tempfile::NamedTempFile::new().expect("there is a place for it");
        let script = format!("echo $0 >> {}; echo '{SAID}'", file.path().display());
        let cells = measured(&[shell("a", &script), shell("b", &script)], effort(3));
        let order = std::fs::read_to_string(file.path()).expect("was written");
        assert_eq!(order.split_whitespace().collect::<String>(), "ababab");
        assert!(cells.iter().all(|cell| cell.processes.len() == 3));
        assert_eq!(cells[0].summary(Figure::Time).expect("three").median, 2.5);
    }

    #[test]
    fn who_fails_says_why_and_the_others_go_on() {
        let echo = format!("echo '{SAID}'");
        let subjects = [
            shell("crashes", "kill -SEGV $$"),
            shell("babbles", "echo hello"),
            shell("idles", r#"echo '{"version":"1","peak_bytes":1,"all_operations":0,"runs":[]}'"#),
            shell("works", &echo),
        ];
        let cells = measured(&subjects, effort(2));
        let failures: Vec<_> = cells.iter().map(|cell| cell.failure.clone()).collect();
        let said = |at: usize| failures[at].as_deref().expect("it fails");
        assert!(said(0).contains("signal: 11"), "{failures:?}");
        assert!(said(1).contains("nonsense"), "{failures:?}");
        assert!(said(2).contains("nothing"), "{failures:?}");
        assert_eq!((failures[3].as_ref(), cells[3].processes.len()), (None, 2));
    }

    #[test]
    fn who_hangs_costs_the_limit_once() {
        let limit = Duration::from_millis(200);
        let subjects = [shell("hangs", "sleep 600")];
        let cells = measured(&subjects, Effort { limit, ..effort(50) });
        assert!(cells[0].failure.as_deref().expect("it hangs").contains("killed"));
    }

    #[test]
    fn who_is_slow_gets_fewer_processes_but_not_too_few() {
        let slow = shell("slow", &format!("echo '{SAID}'"));
        let impatient = Effort { least_rounds: 2, patience: Duration::ZERO, ..effort(9) };
        assert_eq!(measured(&[slow], impatient)[0].processes.len(), 2);
    }

    #[test]
    fn system_calls_are_counted_less_those_of_the_start() {
        let counter = match Counter::find() {
            Ok(counter) => counter,
            Err(reason) => {
                eprintln!("not tested: {reason}");
                return;
            }
        };
        // `--runs 0` does nothing, `--runs 1` starts four more processes.
        let script = r#"case "$*" in *"--runs 0"*) ;; *) true | true | true | true;; esac"#;
        let subject = shell("s", script);
        let mut cells =
            vec![measured(&[shell("s", &format!("echo '{SAID}'"))], effort(1)).remove(0)];
        Syscalls::by(counter).add_to(&mut cells[0], &subject, &task(), 4, Duration::from_secs(60));
        assert!(cells[0].syscalls.expect("strace is there") >= 1.0, "{cells:?}");
    }
}

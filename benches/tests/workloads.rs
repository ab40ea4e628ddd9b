//! Every workload runs on every contestant.

use filch_benches::workloads::{self, Entry, Measure};
use std::collections::HashSet;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

fn try_all(entry: &'static Entry) {
    let about = entry.about;
    for candidate in entry.candidates {
        let outcome = (candidate.start)(2).run(about.tiny);
        let operations = (about.operations)(about.tiny);
        match about.measure {
            Measure::Time => assert!(outcome.elapsed > Duration::ZERO),
            Measure::Trips => {
                assert!(outcome.elapsed > Duration::ZERO);
                assert_eq!(outcome.samples.len() as u64, operations);
            }
            Measure::Latency => assert_eq!(outcome.samples.len() as u64, operations),
            Measure::Memory => assert_eq!(outcome.bytes.is_some(), cfg!(target_os = "linux")),
        }
    }
}

#[test]
fn every_workload_runs_on_every_contestant() {
    for entry in workloads::all() {
        let (done, finished) = mpsc::channel();
        let trial = thread::spawn(move || {
            try_all(entry);
            done.send(()).expect("the test waits");
        });
        let result = finished.recv_timeout(Duration::from_secs(60));
        assert!(result != Err(mpsc::RecvTimeoutError::Timeout), "{} hangs", entry.about.name);
        assert!(trial.join().is_ok(), "{} fails", entry.about.name);
    }
}

#[test]
fn names_are_unique() {
    let mut names = HashSet::new();
    for entry in workloads::all() {
        assert!(names.insert(entry.about.name), "two are called {}", entry.about.name);
        let mut runtimes = HashSet::new();
        assert!(entry.candidates.iter().all(|candidate| runtimes.insert(candidate.name)));
    }
}

#[test]
fn a_workload_is_found_by_its_name_and_a_contestant_by_its() {
    let entry = workloads::find("yield_many").expect("it exists");
    assert!(entry.start("filch", 2).is_some());
    assert!(entry.start("nobody", 2).is_none());
    assert!(workloads::find("nothing").is_none());
}

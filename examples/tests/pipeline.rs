//! `pipeline`, beside sha256sum.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use support::{Program, output, tool};

const PIPELINE: &str = env!("CARGO_BIN_EXE_pipeline");

#[test]
fn the_report_agrees_with_sha256sum() {
    let Some(sha256sum) = tool("sha256sum", "coreutils") else { return };
    let directory = tempfile::tempdir().unwrap();
    let files = directory.path().join("files");
    fs::create_dir_all(files.join("deeper/and deeper")).unwrap();
    symlink("..", files.join("deeper/cycle")).unwrap();
    let mut lengths = BTreeMap::new();
    for number in 0..50 {
        let path = files
            .join(["", "deeper", "deeper/and deeper"][number % 3])
            .join(format!("{number}.txt"));
        let contents = format!("line of {number}\n").repeat(number * number * 10);
        fs::write(&path, &contents).unwrap();
        lengths.insert(path.to_str().unwrap().to_owned(), contents.len());
    }
    let report = directory.path().join("report.tsv");
    let given = [files.to_str().unwrap(), "--report", report.to_str().unwrap(), "--workers", "3"];
    let ended = Program::start(PIPELINE, &given).end();
    assert!(ended.status.success(), "{ended:?}");
    // In memory: four that wait, those that are computed, one that is read, one that is handed on.
    for (on, most) in [("one event loop", 4 + 1 + 2), ("3 workers", 4 + 3 + 2)] {
        let prefix = format!("50 files on {on}: ");
        let line = ended.stdout.lines().find(|line| line.starts_with(&prefix)).unwrap_or("");
        let number =
            line.split("at most ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
        assert!(number.is_some_and(|n: usize| (1..=most).contains(&n)), "{ended:?}");
    }

    let report = fs::read_to_string(report).unwrap();
    let sums = output(Command::new(sha256sum).args(lengths.keys()));
    let expected: BTreeMap<_, _> = sums
        .lines()
        .map(|line| line.split_once("  ").map(|(sum, path)| (path, sum)).unwrap())
        .collect();
    assert_eq!(report.lines().count(), 50);
    for line in report.lines() {
        let [path, length, compressed, hash] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        assert_eq!((hash, length.parse()), (expected[path], Ok(lengths[path])), "{path}");
        assert!(
            compressed.parse::<usize>().unwrap() <= lengths[path].max(2),
            "{path}: {compressed}"
        );
    }
}

#[test]
fn what_cannot_be_read_or_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("file"), "text").unwrap();
    let here = directory.path().to_str().unwrap();
    let missing = format!("{here}/missing");
    let report = format!("{missing}/report.tsv");
    for given in [[&missing, "--report", "/dev/null"], [here, "--report", &report]] {
        let ended = Program::start(PIPELINE, &given).end();
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        assert!(ended.stderr.contains(&missing), "{ended:?}");
    }
}

//! The main job in its short form, on files of the test's own.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{PROGRAM, run, run_command, unwrapped};
use serde_json::Value;

fn some_files() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for file in 0..4_usize {
        let content: Vec<u8> = (0..20_000 + file).map(|i| (i * i % 251) as u8).collect();
        fs::write(directory.path().join(format!("{file}.bin")), content).expect("can be written");
    }
    directory
}

fn read_json(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).expect("was written")).expect("is JSON")
}

fn column<'r>(row: &'r Value, name: &str) -> &'r Value {
    let columns = row["columns"].as_array().expect("a list");
    columns
        .iter()
        .find(|column| column["column"] == name)
        .unwrap_or_else(|| panic!("no column {name} in {row:#}"))
}

#[test]
fn every_row_is_measured_in_every_column_and_json_says_the_same() {
    let directory = some_files();
    let json = directory
        .path()
        .parent()
        .expect("has one")
        .join(format!("filch-contrast-{}.json", std::process::id()));
    let (path, file) = (directory.path().display().to_string(), json.display().to_string());
    let args = ["--quick", "--runs", "1", "--no-page", "--workers", "2", "--json", &file, &path];
    let run = run_command(Command::new(PROGRAM).args(args)).ended_with(0);
    let report = read_json(&json);
    fs::remove_file(&json).expect("can be removed");

    assert_eq!(
        (&report["complete"], &report["plan"]["workers"], &report["plan"]["runs"]),
        (&true.into(), &2.into(), &1.into())
    );
    let rows = report["rows"].as_array().expect("a list");
    let titles: Vec<_> = rows.iter().map(|row| row["title"].as_str().expect("a text")).collect();
    let all = [
        "Waiting",
        "Fan-out I/O",
        "Files, CPU-bound",
        "Fork-join",
        "Mixed service",
        "Blocking by mistake",
        "A million tasks",
    ];
    assert_eq!(titles, all);
    let languages = [("python", "asyncio"), ("uvloop", "uvloop"), ("node", "node")];
    let languages: Vec<_> = languages
        .into_iter()
        .filter(|(program, _)| report["plan"]["others"][program].is_string())
        .map(|(_, column)| column)
        .collect();

    let said = unwrapped(&run.stdout);
    for row in rows {
        let name = row["row"].as_str().expect("a text");
        assert!(run.stdout.contains(row["title"].as_str().expect("a text")), "{name}");
        assert!(
            said.contains(&unwrapped(row["verdict"]["words"].as_str().expect("a text"))),
            "{name}: {said}"
        );
        let with_sequential = !["blocking", "million"].contains(&name);
        let computes = ["files", "fork-join"].contains(&name);
        let mut expected = vec!["threads", "event-loop", "one-worker", "workers"];
        expected.splice(1..1, computes.then_some("plain-threads"));
        expected.splice(0..0, with_sequential.then_some("sequential"));
        expected.extend(&languages);
        let columns = row["columns"].as_array().expect("a list");
        let names: Vec<_> = columns.iter().map(|c| c["column"].as_str().expect("a text")).collect();
        assert_eq!(names, expected, "{name}");
        for cells in row["columns"].as_array().expect("a list") {
            assert_eq!(cells["samples"].as_array().expect("a list").len(), 1, "{name}: {cells:#}");
            assert!(cells["failure"].is_null(), "{name}: {cells:#}");
            assert!(
                cells["wall_s"]["median"].as_f64().expect("a number") > 0.0,
                "{name}: {cells:#}"
            );
            assert_eq!(cells["speed_up"].is_number(), with_sequential, "{name}: {cells:#}");
            assert!(cells["process_s"].as_f64().expect("a number") > 0.0, "{name}: {cells:#}");
            let has_workers =
                ["one-worker", "workers"].contains(&cells["column"].as_str().expect("a text"));
            assert_eq!(cells["stolen"].is_number(), has_workers, "{name}: {cells:#}");
            if cfg!(target_os = "linux") {
                assert!(
                    cells["peak_bytes"].as_u64().expect("a number") > 100_000,
                    "{name}: {cells:#}"
                );
            }
        }
        // What does not depend on this machine's speed: who ran the tasks.
        assert_eq!(column(row, "event-loop")["threads"], 1, "{name}");
        assert_eq!(column(row, "one-worker")["threads"], 1, "{name}");
        assert_eq!(column(row, "one-worker")["stolen"], 0, "{name}");
        let threads = column(row, "workers")["threads"].as_u64().expect("a number");
        assert!((1..=2).contains(&threads), "{name}: {threads} threads ran tasks on two workers");
    }

    let waiting = &rows[0];
    assert_eq!(column(waiting, "threads")["threads"], 1000);
    assert_eq!(column(waiting, "sequential")["extrapolated"], true);
    for name in ["threads", "event-loop", "one-worker", "workers"] {
        let wall = column(waiting, name)["wall_s"]["median"].as_f64().expect("a number");
        assert!(wall >= 0.3, "three waits of 100 ms took {wall} s in {name}");
    }

    let files = &rows[2];
    assert_eq!(files["same_work"], true);
    assert!(files["work"].as_str().expect("a text").contains("4 files"), "{files:#}");

    let fork_join = &rows[3];
    assert_eq!(fork_join["same_work"], true, "the same sum in every column: {fork_join:#}");

    let mixed = &rows[4];
    for column in mixed["columns"].as_array().expect("a list") {
        assert!(column["requests_per_s"].as_f64().expect("a number") > 0.0, "{column:#}");
        // Sequential could not keep up.
        assert_eq!(column["latency"].is_object(), column["column"] != "sequential", "{column:#}");
    }
    let late = column(mixed, "event-loop")["latency"]["p99_s"].as_f64().expect("a number");
    assert!(late >= 0.05, "150 ms of computing delayed the others by {late} s only");

    for column in rows[6]["columns"].as_array().expect("a list") {
        if cfg!(target_os = "linux") {
            assert!(column["bytes_per_task"].as_f64().expect("a number") > 0.0, "{column:#}");
        }
    }

    let stalled = column(&rows[5], "event-loop")["delays"]["longest_s"].as_f64().expect("a number");
    assert!(
        stalled >= 0.19,
        "a task that blocks for 200 ms delayed the event loop by {stalled} s only"
    );
}

#[test]
fn only_the_rows_that_were_asked_for_are_measured() {
    let run = run(["--quick", "--runs", "1", "--no-page", "--rows", "blocking"]).ended_with(0);
    assert!(
        run.stdout.contains("Blocking by mistake") && !run.stdout.contains("Fan-out"),
        "{}",
        run.stdout
    );
    assert!(unwrapped(&run.stdout).contains("of 1 measured row showed"), "{}", run.stdout);
}

#[test]
fn with_one_worker_there_is_one_column_of_workers() {
    let directory = some_files();
    let path = directory.path().display().to_string();
    let run =
        run(["--quick", "--runs", "1", "--no-page", "--rows", "files", "--workers", "1", &path])
            .ended_with(0);
    let is_row = |line: &&str| line.trim_start_matches([' ', '*']).starts_with("1 worker  ");
    assert_eq!(run.stdout.lines().filter(is_row).count(), 1, "{}", run.stdout);
    assert!(!run.stdout.contains("plain threads"), "{}", run.stdout);
    assert!(
        unwrapped(&run.stdout).contains("parallelism cannot be seen in this run"),
        "{}",
        run.stdout
    );
}

#[test]
fn progress_is_plain_lines_where_standard_error_is_not_a_terminal() {
    let run = run(["--quick", "--runs", "1", "--no-page", "--rows", "blocking"]).ended_with(0);
    assert!(
        run.stderr.contains("... Blocking by mistake: event loop, run 1 of 1\n"),
        "{}",
        run.stderr
    );
    assert!(!run.stderr.contains('\u{1b}'), "no control sequences: {:?}", run.stderr);
}

#[test]
fn a_trace_has_a_process_for_each_column_of_filch_and_nothing_else_is_written_without_a_page() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("trace.json");
    let args = ["--quick", "--runs", "1", "--workers", "2", "--rows", "blocking", "--no-page"];
    let trace = file.display().to_string();
    run(args.into_iter().chain(["--trace", &trace])).ended_with(0);
    let trace = read_json(&file);
    let events = trace["traceEvents"].as_array().expect("a list");
    let processes: Vec<_> = events
        .iter()
        .filter(|event| event["name"] == "process_name")
        .map(|event| (event["args"]["name"].as_str().expect("a text"), &event["pid"]))
        .collect();
    let names: Vec<_> = processes.iter().map(|(name, _)| *name).collect();
    let row = "Blocking by mistake";
    assert_eq!(
        names,
        ["event loop", "1 worker", "2 workers"].map(|column| format!("{row}: {column}"))
    );
    for (name, pid) in processes {
        let polls = events.iter().filter(|event| &event["pid"] == pid && event["ph"] == "X");
        assert!(polls.count() >= 200, "each of 200 tasks is polled: {name}");
    }
}

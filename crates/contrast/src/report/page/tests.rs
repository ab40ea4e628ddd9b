use std::fs;
use std::path::PathBuf;

use super::*;
use crate::cell::Column;
use crate::contrast::{Recorded, RowOutcome};
use crate::measured::Measured;
use crate::others::Others;
use crate::rows::{RowName, Shown, Verdict};
use crate::timeline::Timeline;
use crate::timeline::drawing::Drawing;

const COLUMNS: [Column; 5] =
    [Column::Sequential, Column::Threads, Column::EventLoop, Column::OneWorker, Column::Workers];
const HOSTILE: &str = "</script><script>alert('\"&')</script><!-- \u{2028}naïve 任务 🦀";

fn plan() -> Plan {
    Plan {
        rows: Vec::new(),
        workers: 2,
        runs: 3,
        runs_for_all: false,
        quick: false,
        path: PathBuf::from("."),
        limit_mib: 64,
        sources_only: true,
        urls: Vec::new(),
        port: 0,
        record: true,
        cores: 2,
        others: Others::default(),
    }
}

fn row(name: RowName, timeline: &Timeline) -> RowOutcome {
    let drawing = Drawing::of(timeline);
    RowOutcome {
        work: format!("Work of {HOSTILE}."),
        measured: Measured::with_walls(name, &COLUMNS.map(|column| (column, 1.5))),
        verdict: Verdict { shown: Shown::Yes, words: format!("It took 3 ms. {HOSTILE}") },
        recorded: COLUMNS
            .map(|column| Recorded { column, drawing: Ok(drawing.clone()) })
            .into_iter()
            .collect(),
    }
}

fn outcome(rows: Vec<RowOutcome>) -> Outcome {
    Outcome { rows, not_measured: Vec::new(), unreadable: Vec::new(), interrupted: false }
}

fn text_of(outcome: &Outcome) -> String {
    document::page(PageInput { plan: &plan(), outcome }).into_string()
}

#[test]
fn names_cannot_break_out_of_the_page() {
    let mut timeline = Timeline::generated(2, 10);
    for task in timeline.lanes.iter().flat_map(|lane| &lane.blocks).map(|block| block.task) {
        timeline.names.insert(task, HOSTILE.into());
    }
    let mut outcome = outcome(vec![row(RowName::Files, &timeline)]);
    outcome.not_measured.push((RowName::Waiting, HOSTILE.into()));
    outcome.rows[0].recorded[0].drawing = Err(HOSTILE.into());
    let page = text_of(&outcome);
    assert!(!page.contains("<script>alert") && !page.contains("<!-- "), "{page}");
    assert_eq!(page.matches("</script>").count(), 2, "the data's end and the scripts'");
    let (_, data) = page.split_once("data-row=\"files--cpu-bound\">").expect("there is data");
    let (data, _) = data.split_once("</script>").expect("it ends");
    let drawings: Vec<Drawing> = serde_json::from_str(data).expect("is JSON");
    assert!(serde_json::to_string(&drawings[0].tasks).expect("texts").contains("naïve 任务 🦀"));
}

#[test]
fn recordings_of_millions_of_polls_make_a_page_of_less_than_three_megabytes() {
    let timeline = Timeline::generated(16, 125_000);
    let drawing = Drawing::of(&timeline);
    assert_eq!(drawing.totals.blocks, 2_000_000);
    let mut rows = Vec::new();
    for _ in 0..7 {
        let mut row = row(RowName::Files, &Timeline::generated(1, 1));
        for recorded in &mut row.recorded {
            recorded.drawing = Ok(drawing.clone());
        }
        rows.push(row);
    }
    let bytes = text_of(&outcome(rows)).len();
    assert!(bytes < 3_000_000, "{bytes}");
}

#[test]
fn nothing_in_the_page_is_fetched() {
    let page = text_of(&outcome(vec![row(RowName::Files, &Timeline::generated(2, 10))]));
    for fetched in ["http://", "https://", "src=", "@import", "url(", "fetch("] {
        assert!(!page.contains(fetched), "{fetched}");
    }
}

#[test]
fn a_page_is_replaced_as_a_whole_and_its_directory_made() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("not/there/yet/index.html");
    let outcome = outcome(vec![row(RowName::Files, &Timeline::generated(2, 10))]);
    let input = PageInput { plan: &plan(), outcome: &outcome };
    write(&file, input).expect("can be written");
    fs::write(&file, "an old one, longer or shorter").expect("can be written");
    write(&file, input).expect("can be replaced");
    let page = fs::read_to_string(&file).expect("is there");
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"));
    let files = fs::read_dir(file.parent().expect("has one")).expect("can be listed").count();
    assert_eq!(files, 1, "no temporary file stays");
}

#[test]
fn a_page_that_cannot_be_written_leaves_nothing_behind() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    // A directory of that name cannot be replaced by a file.
    let file = directory.path().join("index.html");
    fs::create_dir(&file).expect("can be made");
    let outcome = outcome(Vec::new());
    assert!(write(&file, PageInput { plan: &plan(), outcome: &outcome }).is_err());
    assert_eq!(fs::read_dir(directory.path()).expect("can be listed").count(), 1);
}

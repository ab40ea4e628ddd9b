//! What was found out, as a table, as Markdown and as JSON.

use crate::latencies::Percentiles;
use crate::machine::Machine;
use crate::measure::{Cell, Outcome, Scenario};
use crate::plan::{HEAVY, HEAVY_EVERY, Mix};
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

/// The page with the method and the figures.
const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/latency.md");

/// A place in the page that this program fills.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    begin: &'static str,
    end: &'static str,
}

/// Where the figures of the constant rates go.
const FIGURES: Place = Place { begin: "<!-- figures: begin -->\n", end: "<!-- figures: end -->" };

/// Where those under wrk go.
pub const WRK: Place = Place { begin: "<!-- wrk: begin -->\n", end: "<!-- wrk: end -->" };

/// For a terminal.
pub fn text(outcome: &Outcome, machine: &Machine) -> String {
    render(outcome, machine, presets::UTF8_FULL_CONDENSED)
}

/// For the docs.
fn markdown(outcome: &Outcome, machine: &Machine) -> String {
    render(outcome, machine, presets::ASCII_MARKDOWN)
}

fn render(outcome: &Outcome, machine: &Machine, preset: &str) -> String {
    let mut text = format!("{machine}\n");
    for scenario in &outcome.scenarios {
        let _ = write!(text, "\n{}\n\n{}\n", heading(scenario), table(scenario, preset));
    }
    if !outcome.failures.is_empty() {
        let _ = write!(text, "\nNot measured:\n\n");
        for failure in &outcome.failures {
            let _ = writeln!(text, "* {failure}");
        }
    }
    text
}

fn heading(scenario: &Scenario) -> String {
    let mix = match scenario.mix {
        Mix::Light => "light requests only".to_owned(),
        Mix::Heavy => {
            format!("one request in {HEAVY_EVERY} computes for {} ms", HEAVY.as_millis())
        }
    };
    let peaks = scenario.peaks.iter().map(|(of, rate)| format!("{of} {rate:.0}"));
    let peaks = peaks.collect::<Vec<_>>().join(", ");
    format!("### {}, {mix}\n\nPeaks, in requests per second: {peaks}.", scenario.wire)
}

const COLUMNS: [&str; 12] = [
    "load",
    "requests/s",
    "runtime",
    "p50",
    "p99",
    "p99 of the runs",
    "p99.9",
    "p99.99",
    "CPU/request",
    "answered/s",
    "unanswered",
    "generator p99",
];

fn table(scenario: &Scenario, preset: &str) -> Table {
    let mut table = Table::new();
    table.load_preset(preset).set_header(COLUMNS);
    table.add_rows(scenario.cells.iter().map(row));
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn row(cell: &Cell) -> [String; COLUMNS.len()] {
    let Percentiles { p50, p99, p99_9, p99_99, .. } = cell.latency;
    [
        format!("{} %", cell.load),
        format!("{:.0}", cell.rate),
        cell.contestant.to_string(),
        micros(p50),
        micros(p99),
        range(&cell.p99_of_runs),
        micros(p99_9),
        micros(p99_99),
        format!("{:.2}", cell.processor),
        format!("{:.0}", cell.achieved),
        cell.unanswered.to_string(),
        micros(cell.lag.p99),
    ]
}

/// Microseconds, or a dash where too few requests are beyond.
fn micros(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"))
}

/// The least and the greatest.
fn range(values: &[f64]) -> String {
    let least = values.iter().copied().reduce(f64::min);
    let greatest = values.iter().copied().reduce(f64::max);
    match (least, greatest) {
        (Some(least), Some(greatest)) => format!("{least:.0} to {greatest:.0}"),
        _ => "-".to_owned(),
    }
}

/// Writes the figures for a program to read.
///
/// # Errors
/// If the file cannot be written.
pub fn write_json(outcome: &Outcome, machine: &Machine, file: &Path) -> io::Result<()> {
    #[derive(Serialize)]
    struct Report<'o> {
        machine: &'o Machine,
        #[serde(flatten)]
        outcome: &'o Outcome,
    }
    let json = serde_json::to_string_pretty(&Report { machine, outcome })?;
    fs::write(file, json + "\n").map_err(|error| named(error, file))
}

/// Puts the figures between the markers of the page.
///
/// # Errors
/// If the page cannot be read or written, or has lost its markers.
pub fn write_docs(outcome: &Outcome, machine: &Machine) -> io::Result<()> {
    put_into_docs(FIGURES, &markdown(outcome, machine))
}

/// Fills a place of the page.
///
/// # Errors
/// If the page cannot be read or written, or has lost its markers.
pub fn put_into_docs(place: Place, figures: &str) -> io::Result<()> {
    let file = Path::new(DOCS);
    let page = fs::read_to_string(file).map_err(|error| named(error, file))?;
    let page = between_markers(&page, place, figures)
        .ok_or_else(|| io::Error::other(format!("{DOCS} has lost its markers")))?;
    fs::write(file, page).map_err(|error| named(error, file))
}

fn between_markers(page: &str, place: Place, figures: &str) -> Option<String> {
    let Place { begin, end } = place;
    let (before, rest) = page.split_once(begin)?;
    let (_old, after) = rest.split_once(end)?;
    Some(format!("{before}{begin}\n{figures}\n{end}{after}"))
}

fn named(error: io::Error, file: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let Place { begin, end } = FIGURES;
        let page = format!("method\n{begin}old figures\n{end}\nlimits\n");
        let once = between_markers(&page, FIGURES, "new").unwrap();
        assert_eq!(once, format!("method\n{begin}\nnew\n{end}\nlimits\n"));
        assert_eq!(between_markers(&once, FIGURES, "new").unwrap(), once);
        assert_eq!(between_markers("no markers", FIGURES, "new"), None);
    }

    #[test]
    fn the_page_has_its_markers() {
        let page = fs::read_to_string(DOCS).unwrap();
        for place in [FIGURES, WRK] {
            assert!(between_markers(&page, place, "").is_some(), "{place:?}");
        }
    }

    #[test]
    fn a_percentile_that_was_not_reported_is_a_dash() {
        assert_eq!(micros(None), "-");
        assert_eq!(micros(Some(12.6)), "13");
        assert_eq!(range(&[3.0, 1.0, 2.0]), "1 to 3");
        assert_eq!(range(&[]), "-");
    }
}

//! The report on the terminal.

use std::io::Write as _;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};

use crate::baseline::Difference;
use crate::report::lines::{self, Lines};
use crate::results::Results;

/// Prints text as it is. Nobody is left to read the rest when this fails, as in `compare | head`: the program ends then,
/// and quietly.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        std::process::exit(1);
    }
}

/// Prints a table, unless it is empty; figures are aligned to the right.
pub fn table(lines: &Lines) {
    if lines.rows.is_empty() {
        return;
    }
    let mut table = Table::new();
    table
        .load_preset(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(&lines.heads)
        .add_rows(&lines.rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    print(&table.to_string());
}

/// Everything, the losses by name among it; the goals by all `runs`, of which `results` is the last.
pub fn report(results: &Results, runs: &[&Results]) {
    print("");
    table(&lines::main_table(results));
    if !results.rows.is_empty() {
        let (score, losses) = lines::score(results);
        print(&score);
        for loss in losses {
            print(&format!("  loses {loss}"));
        }
        print("\nPer operation, unless it says otherwise:");
        table(&lines::details(results));
    }
    table(&lines::curves(&results.curves));
    table(&lines::goals(runs));
    for line in lines::dearer(results) {
        print(&line);
    }
    for left_out in &results.left_out {
        print(&format!("Not measured: {left_out}"));
    }
    for line in lines::machine(results) {
        print(&line.replace(['`', '*'], ""));
    }
}

/// What has changed since an earlier run.
pub fn changes(difference: &Difference) {
    print(&format!(
        "\nSince the baseline, {} of {} figures changed beyond their spread.",
        difference.changes.len(),
        difference.compared
    ));
    table(&lines::changes(difference));
    print(&format!(
        "Of {} figures with a winner in both runs, {} have the same.",
        difference.decided,
        difference.decided - difference.other_winner.len()
    ));
    for (label, before, now) in &difference.other_winner {
        print(&format!("  {label}: {before} before, {now} now"));
    }
}

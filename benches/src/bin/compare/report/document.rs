//! The generated part of docs/benchmarks.md, between two marks; the text around them is written by hand and stays.

use std::fs;
use std::path::{Path, PathBuf};

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};

use crate::report::chart;
use crate::report::lines::{self, Lines};
use crate::results::Results;

const BEGIN: &str = "<!-- figures: written by `compare`, do not edit -->";
const END: &str = "<!-- end of the figures -->";

/// Writes the figures into `docs/benchmarks.md` and the charts into `docs/charts`, and says which files those are. The
/// goals are by all `runs`, of which `results` is the last.
///
/// # Errors
/// In words: when a file cannot be read or written, or has lost its marks.
pub fn write(docs: &Path, results: &Results, runs: &[&Results]) -> Result<Vec<PathBuf>, String> {
    let of = |file: &Path| {
        let file = file.display().to_string();
        move |error: std::io::Error| format!("{file}: {error}")
    };
    let file = docs.join("benchmarks.md");
    let old = fs::read_to_string(&file).map_err(of(&file))?;
    let charts = chart::all(results);
    let new = replaced(&old, &generated(results, runs, &charts))
        .ok_or_else(|| format!("{}: the marks are gone: {BEGIN} ... {END}", file.display()))?;
    let directory = docs.join("charts");
    fs::create_dir_all(&directory).map_err(of(&directory))?;
    let mut written = vec![file.clone()];
    for chart in &charts {
        let file = directory.join(format!("{}.svg", chart.key));
        fs::write(&file, &chart.svg).map_err(of(&file))?;
        written.push(file);
    }
    fs::write(&file, new).map_err(of(&file))?;
    Ok(written)
}

/// The text with another part between the marks; `None` where they are not there, in this order.
fn replaced(old: &str, generated: &str) -> Option<String> {
    let (before, rest) = old.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", generated.trim()))
}

fn generated(results: &Results, runs: &[&Results], charts: &[chart::Chart]) -> String {
    let (score, losses) = lines::score(results);
    let mut text = list(&lines::machine(results));
    text += &format!("\n{score}\n\n");
    text += &list(&losses.iter().map(|loss| format!("**loses** {loss}")).collect::<Vec<_>>());
    text += &format!("\n{}\n", markdown(&lines::main_table(results)));
    text += &format!("\n### Goals, run by run\n\n{}\n\n", markdown(&lines::goals(runs)));
    text += &list(&lines::dearer(results));
    for chart in charts {
        text += &format!("\n![{}](charts/{}.svg)\n", chart.title, chart.key);
    }
    if !results.curves.is_empty() {
        text += &format!("\n### How cost grows\n\n{}\n", markdown(&lines::curves(&results.curves)));
    }
    text += &format!(
        "\n### Spread and cost\n\nPer operation, but for the peak memory, which is the process's.\n\n{}\n",
        markdown(&lines::details(results))
    );
    text += &format!("\n### What the rows are\n\n{}\n", markdown(&lines::legend(results)));
    if !results.left_out.is_empty() {
        text += &format!("\n### Not measured\n\n{}", list(&results.left_out));
    }
    text
}

fn list(items: &[String]) -> String {
    items.iter().map(|item| format!("* {item}\n")).collect()
}

/// A table as Markdown has it.
fn markdown(lines: &Lines) -> String {
    let safe = |text: &String| text.replace('|', "\\|").replace(['\n', '\r'], " ");
    let mut table = Table::new();
    table
        .load_preset(ASCII_MARKDOWN)
        .set_header(lines.heads.iter().map(safe))
        .add_rows(lines.rows.iter().map(|row| row.iter().map(safe)));
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Left);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::samples::{results, row};

    #[test]
    fn what_is_written_by_hand_stays() {
        let old = format!("# Method\n\n{BEGIN}\nold figures\n{END}\n\nmore\n");
        let new = replaced(&old, "new figures\n").expect("the marks are there");
        assert_eq!(new, format!("# Method\n\n{BEGIN}\n\nnew figures\n\n{END}\n\nmore\n"));
        assert_eq!(replaced(&new, "new figures").as_deref(), Some(new.as_str()), "again");
    }

    #[test]
    fn the_book_has_the_marks() {
        let book = include_str!("../../../../../docs/benchmarks.md");
        assert!(replaced(book, "figures").is_some());
    }

    #[test]
    fn a_document_without_marks_is_left_alone() {
        assert_eq!(replaced("# Method\n", "figures"), None);
        assert_eq!(replaced(&format!("{END}\n{BEGIN}\n"), "figures"), None);
    }

    #[test]
    fn a_cell_cannot_break_a_table() {
        let lines = Lines {
            heads: vec!["a".into(), "b".into()],
            rows: vec![vec!["x|y".into(), "two\nlines".into()]],
        };
        let text = markdown(&lines);
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.contains("x\\|y") && text.contains("two lines"), "{text}");
        assert!(text.lines().all(|line| line.starts_with('|') && line.ends_with('|')), "{text}");
    }

    #[test]
    fn the_figures_and_the_charts_are_written_beside_each_other() {
        let docs = tempfile::tempdir().expect("there is a place for it");
        let file = docs.path().join("benchmarks.md");
        fs::write(&file, format!("before\n{BEGIN}\n{END}\nafter\n")).expect("can be written");
        let cells: &[(&str, &[f64])] = &[("filch", &[9.0]), ("tokio", &[3.0])];
        let mut results = results(vec![row("w", cells)]);
        results.curves.push(crate::scaling::samples::curve([1.0; 3]));
        let written = write(docs.path(), &results, &[&results, &results]).expect("can be written");
        let text = fs::read_to_string(&file).expect("was just written");
        for part in [
            "before\n",
            "after\n",
            "**loses** w: 9.00 ns against tokio",
            "go: not found",
            "| ×1.00 reached | ×1.00 reached |",
        ] {
            assert!(text.contains(part), "{part} is not in:\n{text}");
        }
        for file in &written[1..] {
            let name = file.file_name().and_then(|name| name.to_str()).expect("is a name");
            assert!(text.contains(name) && file.is_file(), "{name}");
        }
        assert_eq!(written.len(), 3, "{written:?}");
    }
}

//! Headings, paragraphs and tables, as wide as the terminal allows.

use std::io::{ErrorKind, Write as _};

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use textwrap::{Options, WordSeparator, WordSplitter};

/// Where standard output is not a terminal.
const DEFAULT_WIDTH: usize = 80;
/// Beyond this, lines are hard to read.
const MAX_WIDTH: usize = 110;

/// Wraps at spaces only, so that a path stays whole, and not between a number and its unit.
fn wrapped(text: &str) -> String {
    let options = Options::new(width())
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::fill(&glued(text), options).replace(GLUE, " ")
}

/// A space that is none for whoever breaks lines.
const GLUE: char = '\u{a0}';

/// Replaces the space between a number and its unit by [`GLUE`].
pub fn glued(text: &str) -> String {
    const UNITS: [&str; 7] = ["s", "ms", "µs", "KiB", "MiB", "GiB", "%"];
    let is_unit =
        |word: &str| UNITS.contains(&word.trim_end_matches(|c: char| ",.;:)".contains(c)));
    let mut glued = String::with_capacity(text.len());
    for word in text.split(' ') {
        if !glued.is_empty() {
            glued.push(if glued.ends_with(|c: char| c.is_ascii_digit()) && is_unit(word) {
                GLUE
            } else {
                ' '
            });
        }
        glued += word;
    }
    glued
}

fn width() -> usize {
    let terminal = Table::new().width().map(usize::from);
    // Not a terminal's: somebody's wish.
    let wished = || std::env::var("COLUMNS").ok()?.parse().ok().filter(|&columns| columns > 0);
    terminal.or_else(wished).unwrap_or(DEFAULT_WIDTH).min(MAX_WIDTH)
}

/// Prints text as it is. Where nobody is left to read the rest, as in `filch-contrast | head`, the program ends, and
/// quietly.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = writeln!(out, "{text}").and_then(|()| out.flush()) {
        if error.kind() != ErrorKind::BrokenPipe {
            eprintln!("error: standard output cannot be written: {error}");
        }
        std::process::exit(1);
    }
}

/// Prints an empty line.
pub fn blank() {
    print("");
}

/// Prints `text`, wrapped.
pub fn paragraph(text: &str) {
    print(&wrapped(text));
}

/// Prints `text`, wrapped and underlined.
pub fn heading(text: &str) {
    let wrapped = wrapped(text);
    let longest = wrapped.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    print(&format!("{wrapped}\n{}", "-".repeat(longest)));
}

/// Prints a table; the text of wide columns is wrapped.
pub fn table(heads: &[String], rows: impl Iterator<Item = Vec<String>>) {
    print(&new_table(heads, rows).to_string());
}

/// Prints figures: a table whose columns but the first are aligned to the right; where the terminal is too narrow for it,
/// a list.
pub fn figures(heads: &[String], rows: impl Iterator<Item = Vec<String>>) {
    let rows: Vec<Vec<String>> = rows.collect();
    print(&figures_within(width(), heads, &rows));
}

fn figures_within(width: usize, heads: &[String], rows: &[Vec<String>]) -> String {
    // The widest cell of each column, and a space on both sides.
    let columns = (0..heads.len()).map(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([heads[column].chars().count()]).max().unwrap_or(0) + 2
    });
    if columns.sum::<usize>() > width {
        return listed(heads, rows);
    }
    let mut table = new_table(heads, rows.iter().cloned());
    table.load_preset(NO_LINES).set_content_arrangement(ContentArrangement::Disabled);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// A line below the heads and nothing else: lines between columns would take a quarter of a narrow terminal.
const NO_LINES: &str = "     ─             ";

/// The same figures below each other.
fn listed(heads: &[String], rows: &[Vec<String>]) -> String {
    let mut lines = Vec::new();
    for row in rows {
        let (label, figures) = row.split_first().expect("the first column says what it is");
        lines.push(format!("* {label}"));
        let width = heads.iter().map(|head| head.chars().count()).max().unwrap_or(0);
        lines.extend(
            heads[1..]
                .iter()
                .zip(figures)
                .filter(|(_, figure)| *figure != "-")
                .map(|(head, figure)| format!("  {head:width$}  {figure}")),
        );
    }
    lines.join("\n")
}

fn new_table(heads: &[String], rows: impl Iterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table
        .load_preset(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width()).unwrap_or(u16::MAX))
        .set_header(heads)
        .add_rows(rows);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stays_with_its_unit() {
        assert_eq!(
            glued("took 1.02 s, or 3 % of 20 ms."),
            "took 1.02\u{a0}s, or 3\u{a0}% of 20\u{a0}ms."
        );
        assert_eq!(glued("2 workers, as ms"), "2 workers, as ms");
    }

    #[test]
    fn figures_that_do_not_fit_side_by_side_are_listed() {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let heads = texts(&["", "wall", "speed-up"]);
        let rows =
            [texts(&["event loop", "1.00 s", "×1.00"]), texts(&["2 workers", "500 ms", "-"])];
        let wide = figures_within(80, &heads, &rows);
        assert!(wide.contains(" event loop  1.00 s     ×1.00\n"), "{wide}");
        assert_eq!(
            figures_within(20, &heads, &rows),
            "* event loop\n  wall      1.00 s\n  speed-up  ×1.00\n* 2 workers\n  wall      500 ms"
        );
    }

    #[test]
    fn a_path_stays_whole() {
        let path = format!("{}/file", "long-name/".repeat(5));
        assert!(wrapped(&format!("{} {path} {path}", "word ".repeat(12))).contains(&path));
    }
}

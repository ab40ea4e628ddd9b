//! Headings, paragraphs and tables, as wide as the terminal allows.

use std::io::Write as _;

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
    Table::new().width().map_or(DEFAULT_WIDTH, usize::from).min(MAX_WIDTH)
}

/// Prints text as it is. Nobody is left to read the rest when this fails, as in `filch-contrast | head`: the program
/// ends then, and quietly.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
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

/// The same with every column but the first aligned to the right: for figures.
pub fn figures(heads: &[String], rows: impl Iterator<Item = Vec<String>>) {
    let mut table = new_table(heads, rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    print(&table.to_string());
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
    fn a_path_stays_whole() {
        let path = format!("{}/file", "long-name/".repeat(5));
        assert!(wrapped(&format!("{} {path} {path}", "word ".repeat(12))).contains(&path));
    }
}

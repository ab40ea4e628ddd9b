//! What was recorded, and what has changed since.

use comfy_table::{CellAlignment, Table, presets};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io;
use std::process::Command;

/// Where it is kept.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/counters.json");

/// Growth that is pointed out, as a share.
const TOLERATED: f64 = 0.05;

/// Instructions per operation, and what they depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub rustc: String,
    pub target: String,
    pub libc: String,
    pub valgrind: String,
    pub instructions: BTreeMap<String, f64>,
}

impl Record {
    /// Nothing yet, on this machine.
    pub fn here(valgrind: String) -> Self {
        Self {
            rustc: said("rustc", &["--version"]),
            target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
            libc: said("getconf", &["GNU_LIBC_VERSION"]),
            valgrind,
            instructions: BTreeMap::new(),
        }
    }

    /// What was recorded.
    ///
    /// # Errors
    /// If the file cannot be read or holds something else.
    pub fn read() -> io::Result<Self> {
        let text = fs::read_to_string(FILE).map_err(named)?;
        serde_json::from_str(&text).map_err(|error| named(error.into()))
    }

    /// Records it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self) -> io::Result<()> {
        fs::write(FILE, serde_json::to_string_pretty(self)? + "\n").map_err(named)
    }

    /// The table of both, and in words what grew.
    pub fn beside(&self, recorded: &Self) -> String {
        let mut table = Table::new();
        table.load_preset(presets::UTF8_FULL_CONDENSED);
        table.set_header(["instructions per operation", "recorded", "now", "change"]);
        let mut grown = String::new();
        for (path, now) in &self.instructions {
            let (before, change) = match recorded.instructions.get(path) {
                Some(before) => {
                    let growth = now / before - 1.0;
                    if growth > TOLERATED {
                        let _ = writeln!(grown, "!! {path} grew by {:.1} %", 100.0 * growth);
                    }
                    (format!("{before:.1}"), format!("{:+.1} %", rounded(100.0 * growth)))
                }
                None => ("-".to_owned(), "new".to_owned()),
            };
            table.add_row([path.clone(), before, format!("{now:.1}"), change]);
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        let mut text = format!("{table}\n");
        for path in recorded.instructions.keys() {
            if !self.instructions.contains_key(path) {
                let _ = writeln!(text, "!! {path} was recorded and is not counted any more");
            }
        }
        if self.depends_on() != recorded.depends_on() {
            let (now, before) = (self.depends_on().join(", "), recorded.depends_on().join(", "));
            let _ = writeln!(
                text,
                "!! Recorded with {before}; this is {now}. That alone changes counts."
            );
        }
        if grown.is_empty() {
            grown = format!("Nothing grew by more than {:.0} %.\n", 100.0 * TOLERATED);
        }
        text + &grown
    }

    fn depends_on(&self) -> [&str; 4] {
        [&self.rustc, &self.target, &self.libc, &self.valgrind]
    }
}

/// To a tenth, without the sign of a zero.
fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0 + 0.0
}

fn named(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{FILE}: {error}"))
}

/// The first line that a program prints.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().ok();
    let output = output.and_then(|output| String::from_utf8(output.stdout).ok());
    let line = output.as_deref().and_then(|text| text.lines().next());
    line.unwrap_or("unknown").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(rustc: &str, instructions: &[(&str, f64)]) -> Record {
        Record {
            rustc: rustc.to_owned(),
            target: "t".to_owned(),
            libc: "l".to_owned(),
            valgrind: "v".to_owned(),
            instructions: instructions.iter().map(|(path, n)| ((*path).to_owned(), *n)).collect(),
        }
    }

    #[test]
    fn growth_beyond_five_per_cent_is_pointed_out_and_other_changes_are_not() {
        let before = record("1", &[("grows", 100.0), ("shrinks", 100.0), ("stays", 100.0)]);
        let now = record("1", &[("grows", 106.0), ("shrinks", 50.0), ("stays", 104.9)]);
        let text = now.beside(&before);
        assert!(text.contains("!! grows grew by 6.0 %"), "{text}");
        assert_eq!(text.matches("!!").count(), 1, "{text}");
        assert!(before.beside(&before).contains("Nothing grew by more than 5 %"));
    }

    #[test]
    fn paths_that_come_and_go_are_named() {
        let text = record("1", &[("comes", 1.0)]).beside(&record("1", &[("goes", 1.0)]));
        assert!(text.contains("new"), "{text}");
        assert!(text.contains("!! goes was recorded and is not counted any more"), "{text}");
    }

    #[test]
    fn another_compiler_is_pointed_out() {
        let text = record("rustc 2", &[]).beside(&record("rustc 1", &[]));
        assert!(
            text.contains("Recorded with rustc 1, t, l, v; this is rustc 2, t, l, v"),
            "{text}"
        );
    }

    #[test]
    fn what_is_kept_names_every_path() {
        let kept = Record::read().unwrap();
        let paths: Vec<_> = kept.instructions.keys().map(String::as_str).collect();
        let mut known: Vec<_> = crate::paths::ALL.iter().map(|path| path.name).collect();
        known.sort_unstable();
        assert_eq!(paths, known);
    }
}

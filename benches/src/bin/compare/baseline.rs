//! What has changed since an earlier run: by the same rule by which runtimes are told apart.

use std::path::Path;

use crate::protocol::Figure;
use crate::results::Results;
use crate::statistics::Summary;
use crate::verdict::{Order, order, winner};

/// Reads the results of an earlier run.
///
/// # Errors
/// In words: when the file cannot be read or holds something else.
pub fn read(file: &Path) -> Result<Results, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| format!("is not what --json writes: {error}"))
}

/// A figure that is not what it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The row.
    pub label: String,
    /// The runtime.
    pub runtime: String,
    /// What is measured.
    pub figure: Figure,
    /// What it was.
    pub before: Summary,
    /// What it is.
    pub now: Summary,
    /// By what it was multiplied beside tokio, which the machine's mood changes alike; `None` without tokio's figures.
    pub beside_reference: Option<f64>,
}

/// What two runs say about each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// Figures beyond the spread of both runs.
    pub changes: Vec<Change>,
    /// How many figures were compared.
    pub compared: usize,
    /// Rows that have a winner in both runs.
    pub decided: usize,
    /// Those of them whose winner is another one now: the row, who it was, who it is.
    pub other_winner: Vec<(String, String, String)>,
}

/// Compares figure by figure; what only one of the runs has is left out, and so is a row of another size.
pub fn difference(before: &Results, now: &Results) -> Difference {
    let mut difference = Difference::default();
    for (row, figure) in now.lines() {
        let same =
            |old: &&crate::results::Row| old.workload == row.workload && old.size == row.size;
        let Some(old) = before.rows.iter().find(same) else { continue };
        if let (Some(was), Some(is)) = (winner(old, figure), winner(row, figure)) {
            difference.decided += 1;
            if was != is {
                difference.other_winner.push((row.label(figure), was, is));
            }
        }
        for cell in &row.cells {
            let (Some(then), Some(now)) =
                (old.summary(&cell.runtime, figure), cell.summary(figure))
            else {
                continue;
            };
            difference.compared += 1;
            if order(&then, &now) != Order::Tie {
                let beside = |row: &crate::results::Row, own: Summary| {
                    let reference = row.summary(crate::results::REFERENCE, figure)?.median;
                    (reference > 0.0 && own.median > 0.0).then(|| own.median / reference)
                };
                difference.changes.push(Change {
                    label: row.label(figure),
                    runtime: cell.runtime.clone(),
                    figure,
                    before: then,
                    now,
                    beside_reference: beside(row, now).zip(beside(old, then)).map(|(n, b)| n / b),
                });
            }
        }
    }
    difference
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::samples::{results, row};

    #[test]
    fn only_what_is_beyond_the_spread_has_changed() {
        let before = results(vec![
            row("quick", &[("filch", &[10.0, 11.0]), ("tokio", &[20.0, 22.0])]),
            row("gone", &[("filch", &[1.0])]),
        ]);
        let now = results(vec![
            row("quick", &[("filch", &[5.0, 5.5]), ("tokio", &[21.0, 23.0])]),
            row("new", &[("filch", &[1.0])]),
        ]);
        let found = difference(&before, &now);
        assert_eq!(found.compared, 2);
        let [change] = &found.changes[..] else { panic!("{:?}", found.changes) };
        assert_eq!((change.label.as_str(), change.runtime.as_str()), ("quick", "filch"));
        let beside = change.beside_reference.expect("tokio has both");
        assert!((beside - 0.5 * 21.0 / 22.0).abs() < 1e-9, "{beside}");
    }

    #[test]
    fn another_winner_is_named_where_both_runs_have_one() {
        let before = results(vec![
            row("a", &[("filch", &[10.0]), ("tokio", &[20.0])]),
            row("b", &[("filch", &[10.0]), ("tokio", &[10.1])]),
        ]);
        let now = results(vec![
            row("a", &[("filch", &[30.0]), ("tokio", &[20.0])]),
            row("b", &[("filch", &[10.0]), ("tokio", &[20.0])]),
        ]);
        let found = difference(&before, &now);
        assert_eq!(found.decided, 1);
        assert_eq!(found.other_winner, [("a".into(), "filch".into(), "tokio".into())]);
    }

    #[test]
    fn another_size_is_another_row() {
        let mut before = results(vec![row("a", &[("filch", &[10.0])])]);
        let now = before.clone();
        before.rows[0].size = 7;
        assert_eq!(difference(&before, &now), Difference::default());
    }

    #[test]
    fn a_file_of_another_kind_is_refused() {
        let file = tempfile::NamedTempFile::new().expect("there is a place for it");
        std::fs::write(file.path(), "{}").expect("can be written");
        assert!(read(file.path()).expect_err("no results").contains("--json"));
        assert!(read(Path::new("/nonexistent/file")).is_err());
    }
}

//! Who is better, and when nobody is.
//!
//! The rule: one runtime beats another where the intervals of their figures (see [`Summary`]) do not
//! overlap and their medians differ by at least 5 %. Everything else is a tie. Two runtimes that are
//! equally good end up on the same side of that rule twice in a row about once in a thousand times with
//! five processes each, so two full runs name the same winner in every row that is no tie.

use serde::{Deserialize, Serialize};

use crate::protocol::Figure;
use crate::results::Row;
use crate::statistics::Summary;

/// The runtime that the verdict is about.
pub const SUBJECT: &str = "filch";

/// Differences below this part of the larger figure are none.
const NOTICEABLE: f64 = 0.05;

/// How one figure stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// It is smaller: better.
    Smaller,
    /// Nobody can tell.
    Tie,
    /// It is larger: worse.
    Larger,
}

/// Compares by the rule.
pub fn order(a: &Summary, b: &Summary) -> Order {
    let larger = a.median.abs().max(b.median.abs());
    if (a.median - b.median).abs() < NOTICEABLE * larger || (a.low <= b.high && b.low <= a.high) {
        Order::Tie
    } else if a.median < b.median {
        Order::Smaller
    } else {
        Order::Larger
    }
}

/// What a row says about filch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Better than every other.
    Wins,
    /// Not worse than any, and not better than these.
    Ties(Vec<String>),
    /// Worse than these, the best of them first.
    Loses(Vec<String>),
    /// There is nothing to compare: filch or everybody else has no figure.
    Open,
}

/// Compares filch with everybody else who has a figure in the row.
pub fn verdict(row: &Row, figure: Figure) -> Verdict {
    let others = others(row, figure);
    let Some(subject) = row.summary(SUBJECT, figure).filter(|_| !others.is_empty()) else {
        return Verdict::Open;
    };
    let with = |wanted| {
        let mut found: Vec<_> =
            others.iter().filter(|(_, other)| order(&subject, other) == wanted).collect();
        found.sort_by(|a, b| a.1.median.total_cmp(&b.1.median));
        found.into_iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
    };
    let (better, equal) = (with(Order::Larger), with(Order::Tie));
    if !better.is_empty() {
        Verdict::Loses(better)
    } else if !equal.is_empty() {
        Verdict::Ties(equal)
    } else {
        Verdict::Wins
    }
}

/// The one runtime that beats every other; `None` where the best cannot be told apart.
pub fn winner(row: &Row, figure: Figure) -> Option<String> {
    let mut all = others(row, figure);
    all.extend(row.summary(SUBJECT, figure).map(|summary| (SUBJECT.to_owned(), summary)));
    let beats_all = |(name, one): &&(String, Summary)| {
        all.iter().all(|(other, two)| other == name || order(one, two) == Order::Smaller)
    };
    all.iter().filter(|_| all.len() > 1).find(beats_all).map(|(name, _)| name.clone())
}

/// Everybody with a figure who is not filch in another form: its event loop is filch too. Its runtime with
/// somebody else's channel (`filch+flume`) is a rival of its own channel.
fn others(row: &Row, figure: Figure) -> Vec<(String, Summary)> {
    let is_other = |name: &str| name != SUBJECT && !name.starts_with("filch_");
    row.cells
        .iter()
        .filter(|cell| is_other(&cell.runtime))
        .filter_map(|cell| Some((cell.runtime.clone(), cell.summary(figure)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::samples::row;

    fn summary(low: f64, median: f64, high: f64) -> Summary {
        Summary { median, low, high }
    }

    #[test]
    fn overlapping_intervals_are_a_tie() {
        assert_eq!(order(&summary(8.0, 10.0, 15.0), &summary(14.0, 20.0, 21.0)), Order::Tie);
    }

    #[test]
    fn a_difference_below_five_per_cent_is_a_tie() {
        assert_eq!(order(&summary(99.0, 100.0, 101.0), &summary(103.0, 104.0, 105.0)), Order::Tie);
    }

    #[test]
    fn a_clear_difference_has_a_winner_seen_from_both_sides() {
        let (small, large) = (summary(9.0, 10.0, 11.0), summary(19.0, 20.0, 21.0));
        assert_eq!(order(&small, &large), Order::Smaller);
        assert_eq!(order(&large, &small), Order::Larger);
    }

    #[test]
    fn figures_of_zero_and_below_can_be_compared() {
        let (none, some) = (summary(-2.0, 0.0, 1.0), summary(19.0, 20.0, 21.0));
        assert_eq!(order(&none, &some), Order::Smaller);
        assert_eq!(order(&none, &none), Order::Tie);
    }

    #[test]
    fn a_win_is_a_win_over_everybody() {
        let row = row("w", &[("filch", &[10.0, 11.0]), ("tokio", &[20.0, 21.0]), ("go", &[30.0])]);
        assert_eq!(verdict(&row, Figure::Time), Verdict::Wins);
        assert_eq!(winner(&row, Figure::Time).as_deref(), Some("filch"));
    }

    #[test]
    fn a_loss_names_everybody_who_is_better_and_the_best_first() {
        let cells: &[(&str, &[f64])] =
            &[("filch", &[30.0]), ("tokio", &[20.0]), ("go", &[10.0]), ("node", &[90.0])];
        let row = row("w", cells);
        assert_eq!(verdict(&row, Figure::Time), Verdict::Loses(vec!["go".into(), "tokio".into()]));
        assert_eq!(winner(&row, Figure::Time).as_deref(), Some("go"));
    }

    #[test]
    fn a_tie_is_no_win_and_has_no_winner() {
        let row = row("w", &[("filch", &[10.0]), ("tokio", &[10.1]), ("smol", &[20.0])]);
        assert_eq!(verdict(&row, Figure::Time), Verdict::Ties(vec!["tokio".into()]));
        assert_eq!(winner(&row, Figure::Time), None);
    }

    #[test]
    fn who_has_no_figure_does_not_take_part() {
        let alone = row("w", &[("filch", &[10.0]), ("tokio", &[])]);
        assert_eq!(verdict(&alone, Figure::Time), Verdict::Open);
        let without = row("w", &[("filch", &[]), ("tokio", &[1.0])]);
        assert_eq!(verdict(&without, Figure::Time), Verdict::Open);
    }
}

//! Figures in words: units that suit the size, three digits that matter.

use crate::protocol::Figure;
use crate::verdict::Verdict;

/// Nanoseconds, as `98.2 ns`, `4.51 µs`, `20.3 ms` or `1.02 s`.
pub fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        n if n >= 0.9995e9 => format!("{} s", digits(n / 1e9)),
        n if n >= 0.9995e6 => format!("{} ms", digits(n / 1e6)),
        n if n >= 0.9995e3 => format!("{} µs", digits(n / 1e3)),
        n => format!("{} ns", digits(n)),
    }
}

/// Bytes, as `130 B` or `4.1 MiB`.
pub fn bytes(bytes: f64) -> String {
    match bytes / 1024.0 {
        kib if kib >= 1024.0 => format!("{:.1} MiB", kib / 1024.0),
        kib if kib >= 10.0 => format!("{kib:.1} KiB"),
        _ => format!("{bytes:.0} B"),
    }
}

/// A figure with its unit.
pub fn value(figure: Figure, value: f64) -> String {
    match figure {
        Figure::Bytes => bytes(value),
        Figure::Time | Figure::P50 | Figure::P99 | Figure::Over => time(value),
    }
}

/// A number without a unit: three digits that matter, and none behind the third place.
pub fn digits(value: f64) -> String {
    let places = match value.abs() {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        _ => 2,
    };
    format!("{value:.places$}")
}

/// A ratio, or something counted per operation: small ones keep their digits.
pub fn rate(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        v if v < 0.0095 => format!("{v:.0e}"),
        v => digits(v),
    }
}

/// A part as `±3 %`.
pub fn spread(part: f64) -> String {
    format!("±{:.0} %", part * 100.0)
}

/// The verdict: losses are not said more quietly than wins.
pub fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Wins => "wins".to_owned(),
        Verdict::Ties(with) => format!("tie with {}", with.join(", ")),
        Verdict::Loses(to) => format!("LOSES to {}", to.join(", ")),
        Verdict::Open => "open".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_choose_their_unit() {
        let said = [0.5, 98.23, 999.7, 4_510.0, 20_300_000.0, 1.02e9].map(time);
        assert_eq!(said, ["0.50 ns", "98.2 ns", "1.00 µs", "4.51 µs", "20.3 ms", "1.02 s"]);
    }

    #[test]
    fn sizes_choose_theirs() {
        assert_eq!([130.4, 20_480.0, 4_300_000.0].map(bytes), ["130 B", "20.0 KiB", "4.1 MiB"]);
    }

    #[test]
    fn rare_things_are_not_rounded_to_nothing() {
        assert_eq!([0.0, 0.0004, 0.25, 12.0].map(rate), ["0", "4e-4", "0.25", "12.0"]);
    }

    #[test]
    fn a_loss_is_louder_than_a_win() {
        assert_eq!(verdict(&Verdict::Loses(vec!["go".into(), "smol".into()])), "LOSES to go, smol");
    }
}

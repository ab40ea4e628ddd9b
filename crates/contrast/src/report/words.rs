//! Figures in words: units that suit the size, at most three digits that matter.

/// Seconds, as `1.02 s`, `20.3 ms` or `17 µs`.
pub fn duration(seconds: f64) -> String {
    let with_unit = |value: f64, unit: &str| {
        let digits = match value {
            v if v >= 99.95 => 0,
            v if v >= 9.995 => 1,
            _ => 2,
        };
        format!("{value:.digits$} {unit}")
    };
    match seconds {
        s if s >= 0.9995 => with_unit(s, "s"),
        s if s >= 0.000_999_5 => with_unit(s * 1e3, "ms"),
        s => format!("{:.0} µs", s * 1e6),
    }
}

/// Bytes, as `4.1 MiB`, `121 MiB` or `344 B`.
pub fn bytes(bytes: u64) -> String {
    const KIB: f64 = 1024.0;
    let bytes = bytes as f64;
    let (value, unit) = match bytes {
        b if b >= 1000.0 * KIB * KIB => (b / KIB / KIB / KIB, "GiB"),
        b if b >= 1000.0 * KIB => (b / KIB / KIB, "MiB"),
        b if b >= 1000.0 => (b / KIB, "KiB"),
        b => return format!("{b:.0} B"),
    };
    if value >= 99.95 { format!("{value:.0} {unit}") } else { format!("{value:.1} {unit}") }
}

/// A factor, as `×1.94`; from ten on without decimals.
pub fn factor(factor: f64) -> String {
    if factor >= 9.995 { format!("×{factor:.0}") } else { format!("×{factor:.2}") }
}

/// A number and its noun: `1 worker`, `2 workers`.
pub fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// How much `a` differs from `b`, as `3 % more than` or `3 % less than`; `the same as` below half a percent.
pub fn compared(a: f64, b: f64) -> String {
    let percent = (a / b - 1.0) * 100.0;
    match percent {
        p if p.abs() < 0.5 => "the same as".to_owned(),
        p if p >= 200.0 => format!("{:.1} times", a / b),
        p if p > 0.0 => format!("{p:.0} % more than"),
        p => format!("{:.0} % less than", -p),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_choose_their_unit() {
        let said = [1000.0, 10.02, 1.0, 0.9996, 0.0203, 0.001, 0.000_017].map(duration);
        assert_eq!(said, ["1000 s", "10.0 s", "1.00 s", "1.00 s", "20.3 ms", "1.00 ms", "17 µs"]);
    }

    #[test]
    fn sizes_and_factors_choose_theirs() {
        let sizes = [512, 2_048, 4_300_000, 127_000_000, 3 << 30].map(bytes);
        assert_eq!(sizes, ["512 B", "2.0 KiB", "4.1 MiB", "121 MiB", "3.0 GiB"]);
        assert_eq!([0.98, 1.936, 998.7].map(factor), ["×0.98", "×1.94", "×999"]);
    }

    #[test]
    fn differences_are_said_in_percent() {
        let said = [(1.0, 1.001), (1.1, 1.0), (0.5, 1.0), (3.5, 1.0)].map(|(a, b)| compared(a, b));
        assert_eq!(said, ["the same as", "10 % more than", "50 % less than", "3.5 times"]);
    }
}

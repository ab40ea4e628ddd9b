//! What several measurements of the same thing come to.

/// The middle of `values`; of the two in the middle their mean. `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The value below which a part `q` of `values` lies, interpolated. `None` of nothing.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let place = q * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(low + (high - low) * place.fract())
}

/// From so many measurements on, the largest is left out of the interval.
const ENOUGH_TO_LEAVE_ONE_OUT: usize = 5;

/// Several measurements of one figure, each by a process of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The one in the middle.
    pub median: f64,
    /// The smallest.
    pub low: f64,
    /// The largest; of five or more the second largest. What disturbs a measurement only ever adds to
    /// it, so one disturbed process should not hide a difference that all others show.
    pub high: f64,
}

impl Summary {
    /// Sums up; `None` of nothing.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let left_out = usize::from(sorted.len() >= ENOUGH_TO_LEAVE_ONE_OUT);
        let high = *sorted.get(sorted.len().checked_sub(1 + left_out)?)?;
        Some(Self { median: median(&sorted)?, low: sorted[0], high })
    }

    /// Half the interval as a part of the median.
    pub fn spread(&self) -> f64 {
        if self.median > 0.0 { (self.high - self.low) / 2.0 / self.median } else { 0.0 }
    }
}

/// The exponent that fits best: y grows as x to its power, and is flat at 0. `None` below two points.
///
/// A line through the logarithms, by least squares.
pub fn exponent(points: &[(f64, f64)]) -> Option<f64> {
    let n = points.len() as f64;
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let (mean_x, mean_y) =
        (logs.iter().map(|p| p.0).sum::<f64>() / n, logs.iter().map(|p| p.1).sum::<f64>() / n);
    let across: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let along: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    (along > 0.0).then(|| across / along)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_the_mean_of_two() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn quantiles_lie_between_the_values() {
        let values: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!(quantile(&values, 0.99), Some(99.0));
        assert_eq!(quantile(&[1.0, 2.0], 0.25), Some(1.25));
        assert_eq!(quantile(&[7.0], 0.99), Some(7.0));
    }

    #[test]
    fn one_disturbed_process_of_five_does_not_widen_the_interval() {
        let quiet = Summary::of(&[10.0, 11.0, 12.0, 10.5, 99.0]).expect("not empty");
        assert_eq!(quiet, Summary { median: 11.0, low: 10.0, high: 12.0 });
        let few = Summary::of(&[10.0, 11.0, 99.0]).expect("not empty");
        assert_eq!(few.high, 99.0);
        assert_eq!(Summary::of(&[]), None);
    }

    #[test]
    fn the_exponent_tells_flat_from_linear() {
        let points = |y: fn(f64) -> f64| [1e3, 1e4, 1e5].map(|x| (x, y(x)));
        let near = |found: Option<f64>, expected: f64| {
            assert!((found.expect("three points") - expected).abs() < 1e-9);
        };
        near(exponent(&points(|_| 50.0)), 0.0);
        near(exponent(&points(|x| 3.0 * x)), 1.0);
        near(exponent(&points(|x| x.sqrt())), 0.5);
        assert_eq!(exponent(&[(1.0, 1.0)]), None);
    }
}

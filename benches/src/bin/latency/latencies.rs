//! The histogram: how many requests took how long.

use hdrhistogram::Histogram;
use serde::Serialize;
use std::time::Duration;

/// Latencies of 1 ns to a minute, each kept to three digits: within a thousandth of what it was.
#[derive(Debug, Clone)]
pub struct Latencies(Histogram<u64>);

/// The shares of requests that are reported: p50, p99, p99.9, p99.99.
const SHARES: [f64; 4] = [0.5, 0.99, 0.999, 0.9999];

/// A share is only reported if so many requests took longer: otherwise it is chance.
const BEYOND: f64 = 5.0;

/// What is reported of a histogram, in microseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Percentiles {
    pub requests: u64,
    pub p50: Option<f64>,
    pub p99: Option<f64>,
    pub p99_9: Option<f64>,
    pub p99_99: Option<f64>,
    pub max: f64,
}

impl Latencies {
    /// None yet.
    pub fn new() -> Self {
        let highest = Duration::from_secs(60).as_nanos() as u64;
        Self(Histogram::new_with_bounds(1, highest, 3).expect("the bounds are in order"))
    }

    /// One more; longer than a minute counts as a minute.
    pub fn record(&mut self, latency: Duration) {
        self.0.saturating_record(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
    }

    /// All of `other` as well.
    pub fn add(&mut self, other: &Self) {
        self.0.add(&other.0).expect("all have the same bounds");
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// The latency that this share of the requests did not exceed; `None` if too few are beyond it.
    pub fn at(&self, share: f64) -> Option<Duration> {
        let beyond = self.len() as f64 * (1.0 - share);
        // A little less than the bound, because 1.0 - 0.9999 is.
        (beyond > BEYOND - 1e-6).then(|| Duration::from_nanos(self.0.value_at_quantile(share)))
    }

    /// What is reported.
    pub fn percentiles(&self) -> Percentiles {
        let micros = |latency: Duration| latency.as_nanos() as f64 / 1e3;
        let [p50, p99, p99_9, p99_99] = SHARES.map(|share| self.at(share).map(micros));
        let max = micros(Duration::from_nanos(self.0.max()));
        Percentiles { requests: self.len(), p50, p99, p99_9, p99_99, max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(range: impl IntoIterator<Item = u64>) -> Latencies {
        let mut latencies = Latencies::new();
        range.into_iter().for_each(|millis| latencies.record(Duration::from_millis(millis)));
        latencies
    }

    /// Within a thousandth.
    #[track_caller]
    fn assert_near(latency: Option<Duration>, millis: f64) {
        let found = latency.expect("there are enough requests").as_secs_f64() * 1e3;
        assert!((found / millis - 1.0).abs() < 1e-3, "{found} ms, not {millis} ms");
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_list_within_a_thousandth() {
        let latencies = millis(1..=1_000);
        assert_near(latencies.at(0.5), 500.0);
        assert_near(latencies.at(0.99), 990.0);
        let all = latencies.percentiles();
        assert_eq!(all.requests, 1_000);
        assert!((all.max / 1e6 - 1.0).abs() < 1e-3);
    }

    #[test]
    fn a_percentile_that_few_requests_exceed_is_not_reported() {
        assert_eq!(millis(1..=499).at(0.99), None);
        assert_near(millis(1..=500).at(0.99), 495.0);
        assert!(millis((0..50_000).map(|n| 1 + n % 100)).at(0.9999).is_some());
        assert_eq!(Latencies::new().at(0.5), None);
    }

    #[test]
    fn adding_is_the_same_as_recording_in_one() {
        let mut first = millis(1..=600);
        first.add(&millis(601..=1_000));
        assert_eq!(first.len(), 1_000);
        assert_near(first.at(0.99), 990.0);
    }

    #[test]
    fn more_than_a_minute_counts_as_a_minute() {
        let latencies = millis([3_600_000]);
        assert!((latencies.percentiles().max / 60e6 - 1.0).abs() < 1e-3);
    }
}

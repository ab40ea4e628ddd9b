//! When each request is meant to be sent.
//!
//! A client that waits for an answer before it sends the next request asks a slow server fewer questions
//! and so leaves out just the requests that would have been slow: coordinated omission. Here the times
//! are fixed before the first request is sent.

use std::time::Duration;

/// Requests at a constant rate.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    rate: f64,
    warm_up: Duration,
    total: u64,
}

impl Schedule {
    /// `rate` requests a second: for `warm_up`, when they do not count, then for `measured`.
    pub fn new(rate: f64, warm_up: Duration, measured: Duration) -> Self {
        assert!(rate > 0.0, "a schedule needs a rate above 0");
        let total = (rate * (warm_up + measured).as_secs_f64()) as u64;
        Self { rate, warm_up, total: total.max(1) }
    }

    /// How long requests are sent before they count.
    pub fn warm_up(&self) -> Duration {
        self.warm_up
    }

    /// How many requests there are.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// When the request of this number is meant to be sent, from the start. It does not depend on what
    /// became of the others.
    pub fn intended(&self, number: u64) -> Duration {
        Duration::from_secs_f64(number as f64 / self.rate)
    }

    /// Whether it is measured.
    pub fn counts(&self, number: u64) -> bool {
        self.intended(number) >= self.warm_up
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn requests_are_evenly_spaced_and_do_not_drift() {
        let schedule = Schedule::new(30_000.0, Duration::ZERO, 10 * SECOND);
        assert_eq!(schedule.total(), 300_000);
        assert_eq!(schedule.intended(0), Duration::ZERO);
        assert_eq!(schedule.intended(30_000), SECOND);
        assert_eq!(schedule.intended(299_999).as_micros(), 9_999_966);
    }

    #[test]
    fn what_is_meant_for_the_warm_up_does_not_count() {
        let schedule = Schedule::new(1_000.0, SECOND / 2, SECOND);
        assert_eq!((0..schedule.total()).filter(|number| schedule.counts(*number)).count(), 1_000);
        assert!(!schedule.counts(499) && schedule.counts(500));
    }
}

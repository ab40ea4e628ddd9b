//! `interval`, `interval_at`, `Interval`, `MissedTickBehavior`.

mod support;

use filch_primitives::thread;
use filch_timer_wheel::{Instant, Interval, MissedTickBehavior, interval, interval_at};
use std::panic::catch_unwind;
use std::time::Duration;
use support::{HOUR, MS, bounded, by_hand};

const PERIOD: Duration = Duration::from_millis(20);

/// Ticks once, is held up for two and a half periods, and ticks five times more; the times are
/// those the ticks were due at, counted from the first.
async fn held_up(missed: MissedTickBehavior) -> (Vec<Duration>, Duration) {
    let mut interval = interval(PERIOD);
    interval.set_missed_tick_behavior(missed);
    let first = interval.tick().await;
    thread::sleep(PERIOD * 5 / 2);
    let mut ticks = vec![interval.tick().await - first];
    let resumed = first.elapsed();
    for _ in 0..4 {
        let due = interval.tick().await;
        assert!(due <= Instant::now(), "never early");
        ticks.push(due - first);
    }
    (ticks, resumed)
}

#[test]
fn burst_catches_up_on_the_grid() {
    bounded(|| {
        let (ticks, _) = by_hand(1).block_on(held_up(MissedTickBehavior::Burst));
        assert_eq!(ticks, (1..=5).map(|n| PERIOD * n).collect::<Vec<_>>());
    });
}

#[test]
fn delay_goes_on_a_period_after_the_late_tick() {
    bounded(|| {
        let (ticks, resumed) = by_hand(1).block_on(held_up(MissedTickBehavior::Delay));
        assert_eq!(ticks[0], PERIOD);
        // `resumed` was read just after the late tick.
        assert!(ticks[1] >= PERIOD * 5 / 2 + PERIOD);
        assert!(ticks[1] <= resumed + PERIOD);
        for pair in ticks[1..].windows(2) {
            assert!(pair[1] - pair[0] >= PERIOD);
        }
    });
}

#[test]
fn skip_goes_on_at_the_next_point_of_the_grid() {
    bounded(|| {
        let (ticks, _) = by_hand(1).block_on(held_up(MissedTickBehavior::Skip));
        assert_eq!(ticks[0], PERIOD);
        assert!(ticks[1] >= PERIOD * 3, "what was missed is dropped");
        for pair in ticks.windows(2) {
            assert!(pair[1] > pair[0]);
        }
        for tick in ticks {
            assert_eq!(tick.as_nanos() % PERIOD.as_nanos(), 0, "on the grid: {tick:?}");
        }
    });
}

#[test]
fn an_undisturbed_interval_stays_on_its_grid() {
    bounded(|| {
        by_hand(1).block_on(async {
            let mut interval = interval(MS * 2);
            let first = interval.tick().await;
            for n in 1..=20 {
                assert_eq!(interval.tick().await, first + MS * 2 * n);
            }
        });
    });
}

#[test]
fn the_first_tick_is_at_the_start() {
    bounded(|| {
        by_hand(1).block_on(async {
            let start = Instant::now() + MS * 7;
            let mut interval = interval_at(start, HOUR);
            assert_eq!(interval.tick().await, start);
            assert!(Instant::now() >= start);
        });
    });
}

#[test]
fn resets_choose_the_next_tick() {
    bounded(|| {
        by_hand(1).block_on(async {
            let mut interval = interval(MS * 4);
            interval.tick().await;

            let before = Instant::now();
            interval.reset();
            assert!(interval.tick().await - before >= MS * 4);

            interval.reset_after(HOUR);
            let before = Instant::now();
            interval.reset_immediately();
            let now = interval.tick().await;
            assert!(now >= before && now <= Instant::now());
            assert_eq!(interval.tick().await, now + MS * 4);

            let before = Instant::now();
            interval.reset_after(MS * 9);
            assert!(interval.tick().await - before >= MS * 9);

            let at = Instant::now() + MS * 3;
            interval.reset_at(at);
            assert_eq!(interval.tick().await, at);
        });
    });
}

#[test]
fn a_dropped_tick_is_not_lost() {
    bounded(|| {
        let timers = by_hand(1);
        timers.block_on(async {
            let mut interval = interval(MS * 5);
            let first = interval.tick().await;
            let mut ticks = Vec::new();
            while ticks.len() < 5 {
                // On a busy machine some are in time for it.
                ticks.extend(filch_timer_wheel::timeout(MS, interval.tick()).await.ok());
            }
            let grid: Vec<Instant> = (1..=5).map(|n| first + MS * 5 * n).collect();
            assert_eq!(ticks, grid);
        });
    });
}

#[test]
fn a_period_beyond_the_clock_ticks_once() {
    by_hand(1).block_on(async {
        let mut interval: Interval = interval(Duration::MAX);
        interval.tick().await;
        assert_eq!(interval.period(), Duration::MAX);
        interval.reset();
    });
}

#[test]
fn a_period_of_zero_is_refused_with_the_reason() {
    let timers = by_hand(1);
    let _entered = timers.handle(0).enter();
    let refused = catch_unwind(|| interval(Duration::ZERO)).unwrap_err();
    let message = *refused.downcast::<&str>().unwrap();
    assert!(message.contains("must not be zero"), "{message}");
}

//! `sleep`, `sleep_until`, `Sleep`.

mod support;

use filch_primitives::thread;
use filch_timer_wheel::{Instant, Sleep, TimersHandle, sleep, sleep_until};
use std::panic::catch_unwind;
use std::pin::Pin;
use std::task::{Poll, Waker};
use std::time::Duration;
use support::{Count, HOUR, MS, bounded, by_hand, poll, turn_until_fired};

#[test]
fn never_early_at_any_fraction_of_a_tick() {
    bounded(|| {
        let timers = by_hand(1);
        timers.block_on(async {
            for step in 0..300_u32 {
                let duration = Duration::from_nanos(1) + Duration::from_nanos(977) * step;
                let start = Instant::now();
                sleep(duration).await;
                assert!(start.elapsed() >= duration, "{duration:?} was cut short");
            }
        });
    });
}

#[test]
fn many_sleeps_end_in_the_order_of_their_deadlines() {
    bounded(|| {
        let timers = by_hand(1);
        let _entered = timers.handle(0).enter();
        let (count, waker) = Count::new();
        let start = Instant::now();
        let mut sleeps: Vec<Sleep> =
            (0..200).map(|n| sleep_until(start + MS * 30 + MS / 10 * (n * 7 % 200))).collect();
        for sleep in &mut sleeps {
            assert!(poll(sleep, &waker).is_pending());
        }
        while count.get() < sleeps.len() {
            turn_until_fired(&timers);
            let now = Instant::now();
            for sleep in sleeps.iter().filter(|sleep| sleep.is_elapsed()) {
                assert!(sleep.deadline() <= now, "never early");
            }
        }
        assert_eq!(count.get(), sleeps.len(), "each wakes once");
        assert!(timers.is_empty());
    });
}

#[test]
fn zero_and_the_past_are_over_at_the_first_poll() {
    let timers = by_hand(1);
    let _entered = timers.handle(0).enter();
    let now = Instant::now();
    for mut over in [sleep(Duration::ZERO), sleep_until(now), sleep_until(now - MS)] {
        assert_eq!(poll(&mut over, Waker::noop()), Poll::Ready(()));
        assert!(over.is_elapsed());
        assert_eq!(poll(&mut over, Waker::noop()), Poll::Ready(()), "and stay over");
    }
    assert_eq!(timers.next_deadline(), None, "the wheel was not needed");
}

#[test]
fn the_longest_duration_never_fires_and_overflows_nowhere() {
    let timers = by_hand(1);
    let _entered = timers.handle(0).enter();
    let (count, waker) = Count::new();
    let century = HOUR * 24 * 365 * 100;
    for duration in [Duration::MAX, Duration::MAX - Duration::from_nanos(1), century] {
        let mut never = sleep(duration);
        assert!(poll(&mut never, &waker).is_pending());
        assert!(timers.next_deadline().unwrap() > Instant::now() + HOUR * 24 * 365 * 99);
        timers.advance(Instant::now() + HOUR * 24 * 365 * 50, usize::MAX);
        assert_eq!(count.get(), 0);
        assert!(!never.is_elapsed());
    }
}

#[test]
fn a_sleep_that_is_not_polled_leaves_no_trace() {
    let timers = by_hand(1);
    let _entered = timers.handle(0).enter();
    drop(sleep(MS));
    let kept = sleep(MS);
    assert!(timers.is_empty());
    assert_eq!(timers.next_deadline(), None);
    drop(kept);
}

#[test]
fn dropping_an_armed_sleep_disarms_it_and_frees_its_waker() {
    let timers = by_hand(1);
    let _entered = timers.handle(0).enter();
    let (count, waker) = Count::new();
    let mut dropped = sleep(MS);
    assert!(poll(&mut dropped, &waker).is_pending());
    assert_eq!(timers.len(), 1);
    drop(dropped);
    drop(waker);
    assert!(timers.is_empty());
    assert_eq!(std::sync::Arc::strong_count(&count), 1);
    timers.advance(Instant::now() + HOUR, usize::MAX);
    assert_eq!(count.get(), 0);
}

#[test]
fn only_the_waker_of_the_last_poll_is_woken() {
    bounded(|| {
        let timers = by_hand(1);
        let _entered = timers.handle(0).enter();
        let (first, first_waker) = Count::new();
        let (second, second_waker) = Count::new();
        let mut moved = sleep(MS);
        assert!(poll(&mut moved, &first_waker).is_pending());
        assert!(poll(&mut moved, &second_waker).is_pending());
        assert!(poll(&mut moved, &second_waker).is_pending());
        assert_eq!(timers.len(), 1);
        assert_eq!(turn_until_fired(&timers), 1);
        assert_eq!((first.get(), second.get()), (0, 1));
        assert!(poll(&mut moved, &second_waker).is_ready());
    });
}

#[test]
fn reset_moves_an_armed_sleep_both_ways_without_another_poll() {
    bounded(|| {
        let timers = by_hand(1);
        let _entered = timers.handle(0).enter();
        let (count, waker) = Count::new();
        let mut timer = sleep(HOUR);
        assert!(poll(&mut timer, &waker).is_pending());
        let sooner = Instant::now() + MS * 5;
        Pin::new(&mut timer).reset(sooner);
        assert_eq!(timer.deadline(), sooner);
        assert_eq!(turn_until_fired(&timers), 1);
        assert!(Instant::now() >= sooner);
        assert_eq!(count.get(), 1);

        let mut timer = sleep(MS);
        assert!(poll(&mut timer, &waker).is_pending());
        Pin::new(&mut timer).reset(Instant::now() + HOUR);
        timers.advance(Instant::now() + MS * 100, usize::MAX);
        assert_eq!(count.get(), 1, "the old deadline is forgotten");
        assert!(poll(&mut timer, &waker).is_pending());
    });
}

#[test]
fn reset_brings_an_elapsed_sleep_back() {
    let timers = by_hand(1);
    let _entered = timers.handle(0).enter();
    let (count, waker) = Count::new();
    let mut timer = sleep(Duration::ZERO);
    assert!(poll(&mut timer, &waker).is_ready());
    let deadline = Instant::now() + HOUR;
    Pin::new(&mut timer).reset(deadline);
    assert!(!timer.is_elapsed());
    assert!(poll(&mut timer, &waker).is_pending());
    assert_eq!(timers.advance(deadline + MS, usize::MAX), 1);
    assert_eq!(count.get(), 1);
    // Fired, but the task has not come to poll it yet.
    assert!(timer.is_elapsed());
    Pin::new(&mut timer).reset(deadline + HOUR);
    assert!(!timer.is_elapsed());
    assert!(poll(&mut timer, &waker).is_pending());
}

#[test]
fn reset_into_the_past_is_over_at_the_next_poll() {
    let timers = by_hand(1);
    let _entered = timers.handle(0).enter();
    let mut timer = sleep(HOUR);
    assert!(poll(&mut timer, Waker::noop()).is_pending());
    Pin::new(&mut timer).reset(Instant::now());
    assert!(poll(&mut timer, Waker::noop()).is_ready());
    assert!(timers.is_empty());
}

#[test]
fn a_sleep_belongs_to_the_runtime_entered_when_it_was_made() {
    let home = by_hand(1);
    let abroad = by_hand(1);
    let mut timer = {
        let _entered = home.handle(0).enter();
        sleep(HOUR)
    };
    let _entered = abroad.handle(0).enter();
    assert!(poll(&mut timer, Waker::noop()).is_pending());
    assert_eq!((home.len(), abroad.len()), (1, 0));
    drop(timer);
    assert!(home.is_empty());
}

#[test]
fn a_sleep_may_be_polled_reset_and_dropped_on_other_threads() {
    bounded(|| {
        let timers = by_hand(2);
        let mut timer = {
            let _entered = timers.handle(1).enter();
            sleep(HOUR)
        };
        let (count, waker) = Count::new();
        timer = thread::spawn(move || {
            assert!(TimersHandle::try_current().is_none());
            assert!(poll(&mut timer, &waker).is_pending());
            Pin::new(&mut timer).reset(Instant::now() + MS);
            timer
        })
        .join()
        .unwrap();
        turn_until_fired(&timers);
        assert_eq!(count.get(), 1);
        thread::spawn(move || drop(timer)).join().unwrap();
    });
}

#[test]
fn the_types_cross_threads() {
    fn check<T: Send + Sync + Unpin>() {}
    check::<Sleep>();
    check::<TimersHandle>();
    check::<filch_timer_wheel::Interval>();
    check::<filch_timer_wheel::Timeout<std::future::Ready<()>>>();
}

#[test]
fn outside_a_runtime_the_panic_says_what_to_do() {
    let panics: [fn(); 4] = [
        || drop(sleep(MS)),
        || drop(sleep_until(Instant::now())),
        || drop(filch_timer_wheel::timeout(MS, std::future::pending::<()>())),
        || drop(filch_timer_wheel::interval(MS)),
    ];
    for make in panics {
        let message = *catch_unwind(make).unwrap_err().downcast::<&str>().unwrap();
        assert!(message.contains("no Filch runtime is entered"), "{message}");
        assert!(message.contains("Runtime::block_on"), "{message}");
    }
}

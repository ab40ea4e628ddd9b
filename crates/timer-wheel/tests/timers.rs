//! `Timers`: the driver's side, shards, shutdown, foreign wakers, many threads.

mod support;

use filch_primitives::sync::Mutex;
use filch_primitives::thread;
use filch_timer_wheel::{Instant, Sleep, Timers, TimersHandle, sleep, sleep_until};
use std::future::poll_fn;
use std::panic::catch_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use support::{Count, HOUR, MS, bounded, by_hand, poll, turn_until_fired};

/// Timers that write down what their driver is told.
fn recording(shards: usize) -> (Timers, Arc<Mutex<Vec<Instant>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    (Timers::new(shards, move |deadline| tell.lock().push(deadline)), told)
}

fn armed(deadline: Instant, waker: &Waker) -> Sleep {
    let mut timer = sleep_until(deadline);
    assert!(poll(&mut timer, waker).is_pending());
    timer
}

#[test]
fn the_driver_is_told_of_earlier_deadlines_only() {
    let (timers, told) = recording(2);
    let start = Instant::now();
    let _entered = timers.handle(0).enter();
    let _hour = armed(start + HOUR, Waker::noop());
    assert_eq!(told.lock().len(), 1, "nobody had promised anything");
    let _later = armed(start + HOUR * 2, Waker::noop());
    assert_eq!(told.lock().len(), 1);
    let _other = timers.handle(1).enter();
    let _later_elsewhere = armed(start + HOUR * 3, Waker::noop());
    assert_eq!(told.lock().len(), 1, "another shard's first, but not the earliest");
    let _earlier = armed(start + HOUR / 2, Waker::noop());
    assert_eq!(told.lock().len(), 2);

    let told = told.lock().clone();
    for (told, deadline) in told.iter().zip([start + HOUR, start + HOUR / 2]) {
        assert!(*told >= deadline, "told too early");
        assert!(*told <= deadline + MS, "a tick is no longer than that");
    }
    assert_eq!(timers.next_deadline(), Some(told[1]));
}

#[test]
fn arming_and_dropping_again_and_again_tells_once() {
    let (timers, told) = recording(1);
    let _entered = timers.handle(0).enter();
    for _ in 0..1000 {
        drop(armed(Instant::now() + HOUR, Waker::noop()));
    }
    assert_eq!(told.lock().len(), 1);
    assert!(timers.is_empty());
}

#[test]
fn after_it_was_read_the_next_deadline_is_told_again() {
    let (timers, told) = recording(1);
    let _entered = timers.handle(0).enter();
    let (count, waker) = Count::new();
    let deadline = Instant::now() + HOUR;
    let first = armed(deadline, &waker);
    assert_eq!(timers.advance(deadline + MS, usize::MAX), 1);
    assert_eq!(timers.next_deadline(), None);
    assert_eq!((count.get(), told.lock().len()), (1, 1));
    let _second = armed(deadline + HOUR, &waker);
    assert_eq!(told.lock().len(), 2, "the promise was for nothing at all");
    drop(first);
}

#[test]
fn a_reset_to_an_earlier_deadline_is_told() {
    let (timers, told) = recording(1);
    let _entered = timers.handle(0).enter();
    let now = Instant::now();
    let mut timer = armed(now + HOUR, Waker::noop());
    Pin::new(&mut timer).reset(now + HOUR / 2);
    assert_eq!(told.lock().len(), 2);
    Pin::new(&mut timer).reset(now + HOUR);
    assert_eq!(told.lock().len(), 2);
}

#[test]
fn an_idle_set_of_timers_asks_for_nothing_in_between() {
    let timers = by_hand(1);
    let _entered = timers.handle(0).enter();
    let (count, waker) = Count::new();
    for far in [HOUR / 240, HOUR / 60, HOUR, HOUR * 11, HOUR * 24 * 30] {
        let deadline = Instant::now() + far;
        let timer = armed(deadline, &waker);
        let next = timers.next_deadline().unwrap();
        assert!(next >= deadline && next < deadline + MS, "one wake-up, when it is due");
        assert_eq!(timers.advance(next - Duration::from_nanos(1), usize::MAX), 0, "never early");
        assert_eq!(timers.next_deadline(), Some(next));
        assert_eq!(timers.advance(next, usize::MAX), 1);
        drop(timer);
    }
    assert_eq!(count.get(), 5);
}

#[test]
fn any_thread_advances_any_shard() {
    bounded(|| {
        let timers = Arc::new(by_hand(3));
        let (count, waker) = Count::new();
        let mut sleeps = Vec::new();
        for shard in 0..7 {
            let _entered = timers.handle(shard).enter();
            let mut timer = sleep(MS);
            assert!(poll(&mut timer, &waker).is_pending());
            sleeps.push(timer);
        }
        let driver = Arc::clone(&timers);
        let turning = thread::spawn(move || {
            while driver.next_deadline().is_some() {
                turn_until_fired(&driver);
            }
        });
        turning.join().unwrap();
        assert_eq!(count.get(), sleeps.len());
    });
}

#[test]
fn a_burst_is_spread_over_calls_and_the_rest_is_due_at_once() {
    let timers = by_hand(1);
    let _entered = timers.handle(0).enter();
    let (count, waker) = Count::new();
    let deadline = Instant::now() + HOUR;
    let sleeps: Vec<Sleep> = (0..10_000).map(|_| armed(deadline, &waker)).collect();
    let now = deadline + MS;
    let mut calls = 0;
    while count.get() < sleeps.len() {
        assert!(timers.next_deadline().unwrap() <= now);
        let before = count.get();
        let fired = timers.advance(now, 100);
        assert!(fired <= 100, "one call is bounded");
        assert_eq!(count.get() - before, fired);
        calls += 1;
        assert!(calls < 1000, "every call makes progress");
    }
    assert_eq!(timers.next_deadline(), None);
}

#[test]
fn a_timer_that_is_due_does_not_wait_until_very_many_others_have_moved_down() {
    const LIMIT: usize = 56;
    for others in [1_000, 100_000] {
        let timers = by_hand(1);
        let _entered = timers.handle(0).enter();
        let (count, waker) = Count::new();
        let start = Instant::now();
        // Idle time-outs of 36 to 66 seconds: all of them in one slot of a high level, and the first of them soon due.
        let first = start + MS * 36_000;
        let span = MS * 30_000;
        let _idle: Vec<Sleep> =
            (0..others).map(|n| armed(first + span * n / others, &waker)).collect();
        while timers.advance(first - MS * 10, LIMIT) > 0 {}
        assert_eq!(count.get(), 0);
        let _short = armed(first + MS / 2, &waker);
        let now = first + MS;
        let due = 1 + (0..others).take_while(|&n| first + span * n / others <= now).count();
        let mut calls = 0;
        while count.get() < due {
            timers.advance(now, LIMIT);
            calls += 1;
            assert!(timers.next_deadline().unwrap() <= now || count.get() == due, "at once");
            assert!(calls <= 2 + others as usize / (10 * LIMIT), "{calls} calls, {others} others");
        }
    }
}

#[test]
fn shutdown_wakes_everything_and_polling_afterwards_says_why() {
    let timers = by_hand(2);
    let _entered = timers.handle(1).enter();
    let (count, waker) = Count::new();
    let mut waiting = armed(Instant::now() + HOUR, &waker);
    let _many: Vec<Sleep> = (1..200).map(|n| armed(Instant::now() + HOUR * n, &waker)).collect();
    timers.shutdown();
    assert_eq!(count.get(), 200);
    assert!(timers.is_empty());
    assert_eq!(timers.next_deadline(), None);

    let message = |result: std::thread::Result<Poll<()>>| {
        *result.expect_err("it would wait for ever").downcast::<&str>().unwrap()
    };
    let unwind = std::panic::AssertUnwindSafe(|| poll(&mut waiting, Waker::noop()));
    assert!(message(catch_unwind(unwind)).contains("has shut down"));
    let mut fresh = sleep(HOUR);
    let unwind = std::panic::AssertUnwindSafe(|| poll(&mut fresh, Waker::noop()));
    assert!(message(catch_unwind(unwind)).contains("has shut down"));
    // What has passed is over, here too; and the end is harmless.
    assert!(poll(&mut sleep(Duration::ZERO), Waker::noop()).is_ready());
    assert!(poll(&mut sleep_until(Instant::now() - MS), Waker::noop()).is_ready());
    timers.shutdown();
    drop(waiting);
}

#[test]
fn timers_and_handles_may_outlive_their_runtime() {
    let timers = by_hand(1);
    let handle = timers.handle(0);
    let (count, waker) = Count::new();
    let timer = {
        let _entered = handle.clone().enter();
        armed(Instant::now() + HOUR, &waker)
    };
    drop(timers);
    assert_eq!(count.get(), 1, "woken by the end");
    drop(timer);
    let _entered = handle.enter();
    drop(sleep(MS));
}

#[test]
fn entering_nests() {
    let (one, other) = (by_hand(1), by_hand(1));
    let _outer = one.handle(0).enter();
    {
        let _inner = other.handle(0).enter();
        let _timer = armed(Instant::now() + HOUR, Waker::noop());
        assert_eq!((one.len(), other.len()), (0, 1));
    }
    let _timer = armed(Instant::now() + HOUR, Waker::noop());
    assert_eq!((one.len(), other.len()), (1, 0));
    assert!(TimersHandle::try_current().is_some());
}

/// A waker that panics when it is woken, and when it is dropped.
struct Hostile;

impl Wake for Hostile {
    fn wake(self: Arc<Self>) {
        // The last reference goes during the unwinding: `Drop` sees that and holds its peace.
        panic!("woken");
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        if !thread::panicking() {
            panic!("dropped");
        }
    }
}

#[test]
fn a_waker_that_panics_keeps_nobody_else_asleep() {
    let timers = by_hand(1);
    let _entered = timers.handle(0).enter();
    let (count, waker) = Count::new();
    let deadline = Instant::now() + HOUR;
    let mut sleeps = Vec::new();
    for n in 0..100 {
        if n % 10 == 0 {
            sleeps.push(armed(deadline, &Waker::from(Arc::new(Hostile))));
        }
        sleeps.push(armed(deadline, &waker));
    }
    assert_eq!(timers.advance(deadline + MS, usize::MAX), 110);
    assert_eq!(count.get(), 100);
    for timer in &mut sleeps {
        assert!(poll(timer, Waker::noop()).is_ready());
    }

    // In `shutdown`, too.
    let _hostile = armed(deadline + HOUR, &Waker::from(Arc::new(Hostile)));
    let _friendly = armed(deadline + HOUR, &waker);
    timers.shutdown();
    assert_eq!(count.get(), 101);
}

#[test]
fn a_waker_that_panics_when_dropped_leaves_the_timers_in_order() {
    let timers = by_hand(1);
    let _entered = timers.handle(0).enter();
    let timer = armed(Instant::now() + HOUR, &Waker::from(Arc::new(Hostile)));
    assert!(catch_unwind(std::panic::AssertUnwindSafe(|| drop(timer))).is_err());
    assert!(timers.is_empty());

    let mut timer = armed(Instant::now() + HOUR, &Waker::from(Arc::new(Hostile)));
    let (count, waker) = Count::new();
    let replace = std::panic::AssertUnwindSafe(|| poll(&mut timer, &waker));
    assert!(catch_unwind(replace).is_err());
    assert_eq!(timers.advance(Instant::now() + HOUR * 2, usize::MAX), 1);
    assert_eq!(count.get(), 1, "the new waker had taken its place");
}

/// A waker that arms and drops timers of the same shard when it is woken.
struct Busy(TimersHandle);

impl Wake for Busy {
    fn wake(self: Arc<Self>) {
        let _entered = self.0.clone().enter();
        drop(armed(Instant::now() + HOUR, Waker::noop()));
    }
}

#[test]
fn a_waker_may_use_the_timers_that_wake_it() {
    bounded(|| {
        let timers = by_hand(1);
        let _entered = timers.handle(0).enter();
        let waker = Waker::from(Arc::new(Busy(timers.handle(0))));
        let deadline = Instant::now() + HOUR;
        let _sleeps: Vec<Sleep> = (0..10).map(|_| armed(deadline, &waker)).collect();
        assert_eq!(timers.advance(deadline + MS, usize::MAX), 10);
        let _sleeps: Vec<Sleep> = (0..10).map(|_| armed(deadline + HOUR, &waker)).collect();
        timers.advance(deadline + HOUR * 2, usize::MAX);
    });
}

#[test]
fn several_threads_block_on_the_same_timers() {
    bounded(|| {
        let timers = Arc::new(by_hand(1));
        let threads: Vec<_> = (0..4)
            .map(|n| {
                let timers = Arc::clone(&timers);
                thread::spawn(move || {
                    timers.block_on(async {
                        for round in 0..50_u32 {
                            let start = Instant::now();
                            let duration = Duration::from_micros(u64::from(round * 37 + n * 300));
                            sleep(duration).await;
                            assert!(start.elapsed() >= duration);
                        }
                    });
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(timers.is_empty());
    });
}

#[test]
fn a_timer_armed_elsewhere_ends_the_wait_of_block_on() {
    bounded(|| {
        let timers = by_hand(2);
        let elsewhere = timers.handle(1);
        let mut timer: Option<thread::JoinHandle<Sleep>> = None;
        timers.block_on(poll_fn(|context: &mut Context<'_>| {
            if timer.is_some() {
                // Woken, and this thread has nothing else to be woken by.
                return Poll::Ready(());
            }
            let (handle, waker) = (elsewhere.clone(), context.waker().clone());
            timer = Some(thread::spawn(move || {
                // Long enough for the other thread to be asleep, without any deadline.
                thread::sleep(MS * 20);
                let _entered = handle.enter();
                let mut timer = sleep(MS * 20);
                if poll(&mut timer, &waker).is_ready() {
                    waker.wake();
                }
                timer
            }));
            Poll::Pending
        }));
        assert!(timer.unwrap().join().unwrap().is_elapsed());
    });
}

#[test]
fn every_timer_of_many_threads_fires_once_or_is_cancelled() {
    bounded(|| {
        const THREADS: usize = 3;
        const ROUNDS: usize = 4000;
        let timers = Arc::new(by_hand(2));
        let (count, waker) = Count::new();
        let arming: Vec<_> = (0..THREADS)
            .map(|n| {
                let (timers, waker) = (Arc::clone(&timers), waker.clone());
                thread::spawn(move || {
                    let _entered = timers.handle(n).enter();
                    let mut fired = 0;
                    let mut kept: Vec<Sleep> = Vec::new();
                    for round in 0..ROUNDS {
                        let after = Duration::from_micros((round * 31 % 500) as u64);
                        let mut timer = sleep(after);
                        if poll(&mut timer, &waker).is_ready() {
                            continue;
                        }
                        match round % 4 {
                            0 => drop(timer),
                            1 => {
                                Pin::new(&mut timer).reset(Instant::now() + after);
                                kept.push(timer);
                            }
                            _ => kept.push(timer),
                        }
                        if kept.len() == 100 {
                            for mut timer in kept.drain(..) {
                                while poll(&mut timer, &waker).is_pending() {
                                    thread::yield_now();
                                }
                                assert!(Instant::now() >= timer.deadline(), "never early");
                                fired += 1;
                            }
                        }
                    }
                    fired
                })
            })
            .collect();
        while !arming.iter().all(|thread| thread.is_finished()) {
            timers.advance(Instant::now(), usize::MAX);
            if let Some(deadline) = timers.next_deadline() {
                assert!(deadline <= Instant::now() + HOUR);
            }
        }
        let fired: usize = arming.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert!(fired > 0);
        assert!(count.get() > 0);
        assert!(timers.is_empty(), "what was dropped is gone");
    });
}

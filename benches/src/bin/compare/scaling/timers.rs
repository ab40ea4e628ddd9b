//! A timer is armed and dropped, over and over, while as many others are pending as the size says.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use filch_benches::contestant::Contestant;
use filch_benches::workloads::{About, Entry, Measure, Outcome, Workload};

pub const NAME: &str = "pending_timers";
pub const ENTRY: Entry = Entry::threaded::<PendingTimers>();

const TIMES: u64 = 10_000;
/// None of them is due before the run is over.
const FIRST: Duration = Duration::from_secs(600);
/// How far apart the deadlines of the pending ones are.
const APART: Duration = Duration::from_micros(100);

struct PendingTimers;

impl Workload for PendingTimers {
    const ABOUT: About = About {
        name: NAME,
        group: "scaling",
        question: "What does a timer cost among many?",
        operation: "timer armed and dropped",
        measure: Measure::Time,
        size: 1_000,
        bench_size: None,
        tiny: 10,
        operations: |_| TIMES,
        goals: &[],
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let elapsed = contestant.block_on(async move { C::spawn(arm_among::<C>(size)).await });
        Outcome { elapsed, ..Outcome::default() }
    }
}

async fn arm_among<C: Contestant>(size: u64) -> Duration {
    let mut pending = Vec::new();
    for n in 0..size {
        let mut sleep = Box::pin(C::sleep(FIRST + APART * (n % 1_000_000) as u32));
        poll_once(sleep.as_mut()).await;
        pending.push(sleep);
    }
    let start = Instant::now();
    for n in 0..TIMES {
        poll_once(pin!(C::sleep(FIRST + APART * n as u32))).await;
    }
    start.elapsed()
}

/// A timer is armed by its first poll.
async fn poll_once(mut sleep: std::pin::Pin<&mut impl Future<Output = ()>>) {
    poll_fn(|cx| {
        assert!(sleep.as_mut().poll(cx).is_pending(), "it is far from due");
        Poll::Ready(())
    })
    .await;
}

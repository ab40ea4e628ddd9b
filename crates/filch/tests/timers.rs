//! Timers on whole runtimes: bursts, stuck workers, threads and runtimes that are not theirs, a process that is
//! stopped.

mod support;

use filch::runtime::{Builder, Runtime};
use filch::time::{Duration, Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};
use filch_primitives::atomic::{AtomicUsize, Ordering::SeqCst};
use filch_primitives::thread;
use std::pin::{Pin, pin};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use support::bounded;

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

/// Polls without being woken for it.
fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn both() -> [Runtime; 2] {
    [Builder::new_current_thread(), Builder::new_multi_thread()]
        .map(|mut builder| builder.build().unwrap())
}

#[test]
fn a_burst_of_timers_lets_other_tasks_in() {
    // Counted, not timed: how many timers' tasks run between two polls of one that only gives way.
    const BURST: usize = 50_000;
    bounded(|| {
        let runtime = Builder::new_current_thread().build().unwrap();
        // Ordering: SeqCst; a test, and simple.
        let worst = runtime.block_on(async {
            let deadline = Instant::now() + MS * 300;
            let fired = Arc::new(AtomicUsize::new(0));
            for _ in 0..BURST {
                let fired = fired.clone();
                filch::spawn(async move {
                    sleep_until(deadline).await;
                    assert!(Instant::now() >= deadline, "never early");
                    fired.fetch_add(1, SeqCst);
                });
            }
            let mut worst = 0;
            // Past the first polls of all of them.
            sleep_until(deadline - MS).await;
            while fired.load(SeqCst) < BURST {
                let before = fired.load(SeqCst);
                filch::task::yield_now().await;
                worst = worst.max(fired.load(SeqCst) - before);
            }
            worst
        });
        assert!(worst <= 2000, "{worst} timers went before a task that was waiting");
    });
}

#[test]
fn a_stuck_worker_holds_up_no_timer() {
    bounded(|| {
        let runtime = Builder::new_multi_thread().worker_threads(2).build().unwrap();
        runtime.block_on(async {
            let (free, stuck) = mpsc::channel::<()>();
            let (tell, told) = mpsc::channel();
            // The timer is in the wheel of the worker that then blocks in the same poll.
            filch::spawn(async move {
                let deadline = Instant::now() + MS * 20;
                let mut timer = pin!(sleep_until(deadline));
                std::future::poll_fn(|_| {
                    let waker = Waker::from(Arc::new(Tell(tell.clone())));
                    assert!(timer.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
                    Poll::Ready(())
                })
                .await;
                stuck.recv().unwrap();
            });
            let told = thread::spawn(move || told.recv().unwrap());
            // Returns while the worker is stuck, or not at all.
            told.join().unwrap();
            free.send(()).unwrap();
        });
    });
}

struct Tell(mpsc::Sender<()>);

impl std::task::Wake for Tell {
    fn wake(self: Arc<Self>) {
        let _ = self.0.send(());
    }
}

#[test]
fn a_timer_made_by_another_thread_works() {
    bounded(|| {
        for runtime in both() {
            let handle = runtime.handle().clone();
            let timer = thread::spawn(move || {
                let _entered = handle.enter();
                (Instant::now(), sleep(MS * 10))
            });
            let (start, timer) = timer.join().unwrap();
            runtime.block_on(timer);
            assert!(start.elapsed() >= MS * 10);
        }
    });
}

#[test]
fn a_timer_polled_on_another_runtime_works() {
    bounded(|| {
        for made_on in both() {
            for polled_on in both() {
                let mut timer = {
                    let _entered = made_on.enter();
                    Box::pin(sleep(MS * 10))
                };
                let start = Instant::now();
                // The one that it belongs to has to be driven, if it has a single thread.
                let driven = std::thread::scope(|scope| {
                    let (done, wait) = filch::sync::oneshot::channel::<()>();
                    let made_on = &made_on;
                    scope.spawn(move || made_on.block_on(wait));
                    polled_on.block_on(timer.as_mut());
                    done.send(())
                });
                driven.unwrap();
                assert!(start.elapsed() >= MS * 9);
                assert!(timer.is_elapsed());
            }
        }
    });
}

#[test]
fn timers_cancelled_by_another_worker_leave_nothing_behind() {
    bounded(|| {
        let runtime = Builder::new_multi_thread().worker_threads(2).build().unwrap();
        runtime.block_on(async {
            let (give, mut take) = filch::sync::mpsc::channel(16);
            let arming = filch::spawn(async move {
                for n in 0..20_000_u32 {
                    let mut timer = Box::pin(sleep(HOUR + MS * (n % 1000)));
                    assert!(poll(timer.as_mut()).is_pending());
                    give.send(timer).await.unwrap();
                }
            });
            let dropping = filch::spawn(async move { while take.recv().await.is_some() {} });
            arming.await.unwrap();
            dropping.await.unwrap();
        });
    });
}

#[test]
fn zero_past_and_endless_durations() {
    bounded(|| {
        for runtime in both() {
            runtime.block_on(async {
                assert!(poll(pin!(sleep(Duration::ZERO))).is_ready());
                let past = Instant::now().checked_sub(MS).unwrap();
                assert!(poll(pin!(sleep_until(past))).is_ready());
                let mut never = pin!(sleep(Duration::MAX));
                assert!(poll(never.as_mut()).is_pending());
                never.as_mut().reset(past);
                never.await;
                assert_eq!(timeout(Duration::MAX, async { 7 }).await, Ok(7));
                assert!(timeout(Duration::ZERO, std::future::pending::<()>()).await.is_err());
                assert!(timeout(MS, sleep(Duration::MAX)).await.is_err());
                let mut rare = interval(Duration::MAX);
                rare.tick().await;
                assert!(timeout(MS, rare.tick()).await.is_err(), "the second never comes");
            });
        }
    });
}

#[test]
fn the_slack_delays_and_never_hastens() {
    bounded(|| {
        for slack in [Duration::ZERO, MS * 5, Duration::MAX] {
            let mut builder = Builder::new_multi_thread();
            let runtime = builder.worker_threads(2).timer_slack(slack).build().unwrap();
            runtime.block_on(async {
                // With an endless slack, nothing after the first.
                let count = if slack == Duration::MAX { 1 } else { 200_u32 };
                let tasks: Vec<_> = (0..count)
                    .map(|n| {
                        filch::spawn(async move {
                            let deadline = Instant::now() + MS / 4 * n;
                            sleep_until(deadline).await;
                            assert!(Instant::now() >= deadline, "never early");
                        })
                    })
                    .collect();
                for task in tasks {
                    task.await.unwrap();
                }
            });
        }
    });
}

/// The child of the next test: tells what it sees while it is stopped and goes on.
#[cfg(unix)]
#[test]
#[ignore = "run by a_process_that_was_stopped_catches_up"]
fn stopped_child() {
    let runtime = Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let start = Instant::now();
        let mut ticks = interval(MS * 10);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let limited = filch::spawn(timeout(MS * 100, std::future::pending::<()>()));
        let sleeps = [90, 30, 60].map(|millis| {
            filch::spawn(async move {
                sleep_until(start + MS * millis).await;
                assert!(Instant::now() >= start + MS * millis, "never early");
            })
        });
        ticks.tick().await;
        // Before it is told: it may be stopped at once.
        let mut before = Instant::now();
        println!("stop me");
        loop {
            let due = ticks.tick().await;
            assert!(Instant::now() >= due, "never early");
            let now = Instant::now();
            let gap = now - std::mem::replace(&mut before, now);
            if gap >= MS * 300 {
                break;
            }
        }
        // On the old grid again, without the ticks that were missed.
        let next = ticks.tick().await;
        assert_eq!((next - start).as_nanos() / 1_000_000 % 10, 0);
        assert!(next + MS * 20 >= before, "those that were missed do not come");
        for task in sleeps {
            task.await.unwrap();
        }
        assert!(limited.await.unwrap().is_err());
        println!("caught up");
    });
}

#[cfg(unix)]
#[test]
fn a_process_that_was_stopped_catches_up() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "stopped_child", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut wait_for = |word: &str| lines.by_ref().any(|line| line.unwrap().contains(word));
    let signal = |name: &str| {
        let pid = child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    };
    assert!(wait_for("stop me"));
    signal("-STOP");
    std::thread::sleep(MS * 400);
    signal("-CONT");
    let caught_up = wait_for("caught up");
    assert!(child.wait().unwrap().success());
    assert!(caught_up);
}

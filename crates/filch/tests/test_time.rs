//! A paused clock, on both flavours: suites of timers take no time, and are exact.

mod support;

use filch::runtime::{Builder, EventLoop, Runtime};
use filch::time::{self, Duration, Instant, interval, sleep, timeout};
use std::sync::mpsc;
use support::bounded;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// Every flavour, paused, with 1 to 4 workers.
fn paused<F: Future + Send + 'static>(body: fn() -> F) {
    bounded(move || {
        for workers in 0..=4 {
            runtime(workers).block_on(body());
        }
        let event_loop =
            Builder::new_current_thread().start_paused(true).build_event_loop().unwrap();
        event_loop.block_on(body());
    });
}

fn runtime(workers: usize) -> Runtime {
    let mut builder = match workers {
        0 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(workers.max(1)).start_paused(true).build().unwrap()
}

#[test]
fn the_clock_jumps_to_the_next_deadline_exactly() {
    paused(|| async {
        let start = Instant::now();
        for millis in [1, 10, 999, 60_000, 3_600_000, 31_536_000_000] {
            let before = Instant::now();
            sleep(Duration::from_millis(millis)).await;
            assert_eq!(before.elapsed(), Duration::from_millis(millis));
        }
        assert!(start.elapsed() > HOUR * 24 * 365);
    });
}

#[test]
fn tasks_wake_up_in_the_order_of_their_deadlines() {
    paused(|| async {
        let start = Instant::now();
        let (tell, told) = mpsc::channel();
        let tasks: Vec<_> = (0..200_u64)
            .map(|n| {
                let tell = tell.clone();
                filch::spawn(async move {
                    let seconds = n * 37 % 200;
                    time::sleep_until(start + SECOND * (1 + seconds as u32)).await;
                    assert_eq!(start.elapsed(), SECOND * (1 + seconds as u32));
                    tell.send(seconds).unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let order: Vec<_> = told.try_iter().collect();
        assert!(order.is_sorted(), "{order:?}");
        assert_eq!(order.len(), 200);
    });
}

#[test]
fn the_clock_stands_while_anybody_works() {
    paused(|| async {
        let start = Instant::now();
        let timer = filch::spawn(sleep(SECOND));
        // Long enough for an idle worker to jump, if it did not know of this one.
        for _ in 0..20 {
            std::thread::sleep(Duration::from_millis(1));
            filch::task::yield_now().await;
            assert_eq!(Instant::now(), start);
        }
        let works = filch::spawn(async move {
            std::thread::sleep(Duration::from_millis(20));
            start.elapsed()
        });
        assert_eq!(works.await.unwrap(), Duration::ZERO);
        timer.await.unwrap();
        assert_eq!(start.elapsed(), SECOND);
    });
}

#[test]
fn the_clock_stands_during_a_blocking_call() {
    paused(|| async {
        let start = Instant::now();
        let timer = filch::spawn(sleep(SECOND));
        let call = filch::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(20)));
        timeout(SECOND / 2, call).await.expect("the call counts").unwrap();
        assert_eq!(Instant::now(), start);
        timer.await.unwrap();
    });
}

#[test]
fn the_clock_stands_during_block_in_place() {
    bounded(|| {
        for workers in 1..=3 {
            runtime(workers).block_on(async {
                let start = Instant::now();
                let timer = filch::spawn(sleep(SECOND));
                let call = filch::spawn(async move {
                    filch::task::block_in_place(|| {
                        std::thread::sleep(Duration::from_millis(20));
                    });
                    start.elapsed()
                });
                assert_eq!(call.await.unwrap(), Duration::ZERO);
                timer.await.unwrap();
                assert_eq!(start.elapsed(), SECOND);
            });
        }
    });
}

#[test]
fn a_task_that_ends_is_noticed_before_the_clock_jumps() {
    paused(|| async {
        for _ in 0..500 {
            let start = Instant::now();
            let task = filch::spawn(async { filch::task::yield_now().await });
            timeout(SECOND, task).await.expect("it is ready at once").unwrap();
            assert_eq!(Instant::now(), start);
        }
    });
}

/// Workers come to rest, and one of them looks whether the clock may jump, at the very moment when `block_on` begins.
#[test]
fn the_clock_stands_from_the_beginning() {
    bounded(|| {
        for round in 0..200 {
            let runtime = runtime(1 + round % 4);
            std::thread::sleep(Duration::from_micros(5 * (round as u64 % 50)));
            runtime.block_on(async {
                let task = filch::spawn(async { filch::task::yield_now().await });
                timeout(SECOND, task).await.expect("it is ready at once").unwrap();
            });
        }
    });
}

#[test]
fn messages_between_tasks_take_no_time() {
    paused(|| async {
        let start = Instant::now();
        let (ping, mut pings) = filch::sync::mpsc::channel::<u32>(1);
        let (pong, mut pongs) = filch::sync::mpsc::channel::<u32>(1);
        let echo = filch::spawn(async move {
            while let Some(n) = timeout(SECOND, pings.recv()).await.expect("no time passes") {
                pong.send(n).await.unwrap();
            }
        });
        for n in 0..1000 {
            ping.send(n).await.unwrap();
            assert_eq!(timeout(SECOND, pongs.recv()).await, Ok(Some(n)));
        }
        drop(ping);
        echo.await.unwrap();
        assert_eq!(Instant::now(), start);
    });
}

#[test]
fn an_interval_ticks_without_delay() {
    paused(|| async {
        let start = Instant::now();
        let mut interval = interval(SECOND);
        for n in 0..1000 {
            assert_eq!(interval.tick().await, start + SECOND * n);
            assert_eq!(Instant::now(), start + SECOND * n);
        }
    });
}

#[test]
fn a_timer_that_was_dropped_does_not_move_the_clock() {
    paused(|| async {
        let start = Instant::now();
        for n in 1..50 {
            assert_eq!(timeout(SECOND * n, std::future::ready(n)).await, Ok(n));
            let mut waiting = Box::pin(sleep(SECOND * n));
            assert!(futures_poll_once(&mut waiting).await.is_none());
        }
        sleep(HOUR).await;
        assert_eq!(start.elapsed(), HOUR);
    });
}

/// Polls once, as the task that it is in.
async fn futures_poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| match std::pin::Pin::new(&mut *future).poll(context) {
        std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}

#[test]
fn with_explicit_advance_nothing_happens_in_between() {
    paused(|| async {
        time::set_auto_advance(false);
        let start = Instant::now();
        let timer = filch::spawn(sleep(SECOND * 2));
        time::advance(SECOND).await;
        assert_eq!(start.elapsed(), SECOND);
        std::thread::sleep(Duration::from_millis(5));
        assert!(!timer.is_finished());
        time::advance(SECOND).await;
        timer.await.unwrap();
        assert_eq!(start.elapsed(), SECOND * 2);
        time::set_auto_advance(true);
        sleep(SECOND).await;
        assert_eq!(start.elapsed(), SECOND * 3);
    });
}

#[test]
fn advance_fires_everything_due_before_it_ends() {
    // With one thread it is also known that what was woken has been polled.
    bounded(|| {
        EventLoop::new().unwrap().block_on(async {
            time::pause();
            time::set_auto_advance(false);
            let tasks: Vec<_> = (1..=1000).map(|n| filch::spawn(sleep(SECOND * n))).collect();
            filch::task::yield_now().await;
            time::advance(SECOND * 700).await;
            filch::task::yield_now().await;
            let ended = tasks.iter().filter(|task| task.is_finished()).count();
            assert_eq!(ended, 700);
            time::advance(Duration::ZERO).await;
        });
    });
}

#[test]
fn timers_from_before_the_pause_keep_their_deadlines() {
    bounded(|| {
        for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
            builder.build().unwrap().block_on(async {
                let start = Instant::now();
                let early: Vec<_> = (1..=100)
                    .map(|n| {
                        filch::spawn(async move {
                            time::sleep_until(start + HOUR * n).await;
                            Instant::now()
                        })
                    })
                    .collect();
                filch::task::yield_now().await;
                time::pause();
                for (n, task) in (1..).zip(early) {
                    let late = task.await.unwrap() - (start + HOUR * n);
                    assert!(late < Duration::from_millis(1), "{late:?}");
                    assert!(Instant::now() >= start + HOUR * n, "never early");
                }
            });
        }
    });
}

#[test]
fn after_resume_the_clock_runs_from_where_it_stood() {
    paused(|| async {
        let start = Instant::now();
        sleep(HOUR).await;
        time::resume();
        let resumed = std::time::Instant::now();
        sleep(Duration::from_millis(30)).await;
        assert!(resumed.elapsed() >= Duration::from_millis(30), "it takes its time again");
        let elapsed = start.elapsed();
        assert!(elapsed >= HOUR + Duration::from_millis(30));
        time::pause();
        let paused = Instant::now();
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(Instant::now(), paused);
        assert!(paused >= start + elapsed, "never backwards");
        sleep(HOUR).await;
        assert_eq!(paused.elapsed(), HOUR);
    });
}

/// The alarm that a resumed clock needs may come while a worker looks whether the clock is to jump, and that look takes it.
#[test]
fn a_clock_that_is_resumed_while_a_worker_looks_at_it_wakes_who_sleeps() {
    bounded(|| {
        for workers in 1..=2 {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(workers).start_paused(true).timer_slack(Duration::ZERO);
            let runtime = builder.build().unwrap();
            runtime.block_on(async {
                for micros in 0..5_000 {
                    sleep(HOUR).await;
                    time::resume();
                    sleep(Duration::from_micros(micros % 50)).await;
                    time::pause();
                }
            });
        }
    });
}

#[cfg(unix)]
#[test]
fn what_arrives_from_outside_wins_over_a_jump() {
    use filch::io::{AsyncReadExt, AsyncWriteExt};
    paused(|| async {
        // Readable as soon as the other end was written to. What goes over TCP is on its way for a while, on
        // loopback too when the machine is busy, and a paused clock does not wait for it.
        let (mut client, mut server) = filch::net::UnixStream::pair().unwrap();
        let echo = filch::spawn(async move {
            let mut byte = [0];
            while server.read(&mut byte).await.unwrap() > 0 {
                server.write_all(&byte).await.unwrap();
            }
        });
        for n in 0..100 {
            let mut byte = [n];
            client.write_all(&byte).await.unwrap();
            timeout(SECOND, client.read_exact(&mut byte)).await.expect("it is ready").unwrap();
        }
        drop(client);
        echo.await.unwrap();
    });
}

#[test]
fn two_runtimes_have_two_clocks() {
    let machine = Builder::new_current_thread().build().unwrap();
    let paused = Builder::new_current_thread().start_paused(true).build().unwrap();
    paused.block_on(async { sleep(HOUR * 1000).await });
    let far = paused.block_on(async { Instant::now() });
    let near = machine.block_on(async { Instant::now() });
    assert!(far > near + HOUR * 999);
    let outside = Instant::now();
    assert!(outside < near + HOUR, "outside of any runtime it is the machine's");
}

#[test]
fn a_pause_that_makes_no_sense_says_why() {
    let message = |body: fn()| {
        let panic = std::panic::catch_unwind(body).expect_err("it panics");
        match panic.downcast::<String>() {
            Ok(message) => *message,
            Err(panic) => (*panic.downcast::<&str>().unwrap()).to_owned(),
        }
    };
    assert!(message(time::pause).contains("no Filch runtime is entered"));
    assert!(message(time::resume).contains("no Filch runtime is entered"));
    let resume = message(|| EventLoop::new().unwrap().block_on(async { time::resume() }));
    assert!(resume.contains("is not paused"), "{resume}");
    let advance =
        message(|| EventLoop::new().unwrap().block_on(async { time::advance(SECOND).await }));
    assert!(advance.contains("is not paused"), "{advance}");
    let twice = message(|| {
        EventLoop::new().unwrap().block_on(async {
            time::pause();
            time::pause();
        });
    });
    assert!(twice.contains("paused already"), "{twice}");
}

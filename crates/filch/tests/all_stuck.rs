//! The only worker is stuck in a poll: timers, sockets and tasks go on.

use filch::io::{AsyncReadExt, AsyncWriteExt};
use filch::net::{TcpListener, TcpStream};
use filch::runtime::{Builder, Runtime};
use filch::time::{Duration, Instant, interval, sleep};
use filch_primitives::atomic::{AtomicBool, Ordering};
use filch_primitives::sync::Arc;
use std::sync::mpsc;

/// How long a stuck poll waits for what it is stuck for.
const HUNG: Duration = Duration::from_secs(20);

fn one_worker() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).build().unwrap()
}

/// Spawns a task that blocks its worker until `ended` has something, and tells whether it got it.
fn stuck<T: Send + 'static>(
    runtime: &Runtime,
    ended: mpsc::Receiver<T>,
) -> filch::task::JoinHandle<bool> {
    let (tell, told) = mpsc::channel();
    let task = runtime.spawn(async move {
        tell.send(()).unwrap();
        ended.recv_timeout(HUNG).is_ok()
    });
    told.recv_timeout(HUNG).unwrap();
    task
}

#[test]
fn timers_fire() {
    let runtime = one_worker();
    let (end, ended) = mpsc::channel();
    // Armed before the worker is stuck, by the worker itself.
    runtime.spawn(async move {
        let mut ticks = interval(Duration::from_millis(5));
        for _ in 0..20 {
            ticks.tick().await;
        }
        end.send(()).unwrap();
    });
    assert!(runtime.block_on(stuck(&runtime, ended)).unwrap());
}

#[test]
fn sockets_are_served() {
    let runtime = one_worker();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            filch::spawn(async move {
                let mut byte = [0];
                while stream.read_exact(&mut byte).await.is_ok() {
                    stream.write_all(&byte).await.unwrap();
                }
            });
        }
    });
    let (end, ended) = mpsc::channel();
    let stuck = stuck(&runtime, ended);
    let client = filch_primitives::thread::spawn(move || {
        for byte in 0..50 {
            use std::io::{Read, Write};
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(HUNG)).unwrap();
            stream.write_all(&[byte]).unwrap();
            let mut echo = [0];
            stream.read_exact(&mut echo).unwrap();
            assert_eq!(echo[0], byte);
        }
        end.send(()).unwrap();
    });
    assert!(runtime.block_on(stuck).unwrap());
    client.join().unwrap();
}

#[test]
fn a_worker_that_sleeps_in_a_poll_holds_up_a_timer_for_milliseconds_only() {
    let runtime = one_worker();
    let late: Vec<_> = (0..10)
        .map(|_| {
            let (tell, told) = mpsc::channel();
            let timer = runtime.spawn(async move {
                tell.send(()).unwrap();
                let start = Instant::now();
                sleep(Duration::from_millis(5)).await;
                start.elapsed()
            });
            told.recv_timeout(HUNG).unwrap();
            let blocks = runtime.spawn(async { std::thread::sleep(Duration::from_millis(300)) });
            let took = runtime.block_on(timer).unwrap();
            runtime.block_on(blocks).unwrap();
            took
        })
        .collect();
    let mut sorted = late.clone();
    sorted.sort_unstable();
    assert!(
        sorted[5] < Duration::from_millis(200),
        "timers waited for the blocked worker: {late:?}"
    );
}

#[test]
fn the_same_with_a_connection_between_tasks_and_a_spare_that_goes() {
    let runtime = one_worker();
    for _ in 0..3 {
        let (end, ended) = mpsc::channel();
        let stuck = stuck(&runtime, ended);
        let talk = runtime.spawn(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let client = filch::spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.write_all(b"hello").await.unwrap();
            });
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut words = Vec::new();
            stream.read_to_end(&mut words).await.unwrap();
            client.await.unwrap();
            end.send(()).unwrap();
            words
        });
        assert_eq!(runtime.block_on(talk).unwrap(), b"hello");
        assert!(runtime.block_on(stuck).unwrap());
        let start = std::time::Instant::now();
        while runtime.metrics().num_spare_workers() > 0 {
            assert!(start.elapsed() < HUNG, "the spare stays");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    assert!(runtime.metrics().long_polls() >= 3);
}

#[test]
fn timers_fire_after_a_growth_that_failed() {
    let is_refused = Arc::new(AtomicBool::new(false));
    let refuses = is_refused.clone();
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .max_workers(1000)
        .spare_workers(0)
        .thread_name_fn(move || {
            // Ordering: Relaxed; a flag of one thread.
            let name = if refuses.load(Ordering::Relaxed) { "a zero byte: \0" } else { "worker" };
            name.to_owned()
        })
        .build()
        .unwrap();
    let (tick, ticks) = mpsc::channel();
    runtime.spawn(async move {
        while tick.send(()).is_ok() {
            sleep(Duration::from_millis(1)).await;
        }
    });
    for _ in 0..10 {
        ticks.recv_timeout(HUNG).unwrap();
        // Ordering: Relaxed; as above.
        is_refused.store(true, Ordering::Relaxed);
        runtime.set_workers(1000).unwrap_err();
        while ticks.try_recv().is_ok() {}
        for _ in 0..20 {
            ticks.recv_timeout(HUNG).expect("nobody watches the timers");
        }
    }
}

#[test]
fn one_task_after_the_other_is_taken_from_a_poll_that_waits_for_each() {
    for workers in [2, 4] {
        let runtime = Builder::new_multi_thread().worker_threads(workers).build().unwrap();
        let task = runtime.spawn(async {
            // If who takes them paused for twice as long each time, the last would wait for minutes.
            let waits_for_one = |_: &u32| {
                let (tell, told) = mpsc::channel();
                drop(filch::spawn(async move { tell.send(()).unwrap() }));
                told.recv_timeout(HUNG).is_ok()
            };
            (0..24).take_while(waits_for_one).count()
        });
        assert_eq!(runtime.block_on(task).unwrap(), 24, "{workers} workers");
    }
}

//! What lies outside the runtime: threads, blocking calls, sockets, files, processes, other runtimes.

use crate::census::eventually;
use crate::{Chance, MOST_WORKERS, POOL, WATCHDOG};
use filch::io::{AsyncReadExt, AsyncWriteExt};
use filch::net::{TcpListener, TcpStream, UnixStream};
use filch::runtime::{Builder, EventLoop, Handle};
use filch::sync::Notify;
use filch::time::{Duration, Instant, sleep, timeout};
use filch_primitives::thread;
use std::path::PathBuf;
use std::sync::Arc;

/// Short ones and long ones, in both pools; one that panics.
pub async fn blocking_calls(chance: &mut Chance) {
    let pool = Handle::current().blocking_pool(POOL).expect("was configured");
    let mut calls = Vec::new();
    for n in 0..30 {
        let pause = if chance.below(8) == 0 { chance.micros(2_000) } else { Duration::ZERO };
        let call = move || {
            thread::sleep(pause);
            n
        };
        calls.push(match chance.below(3) {
            0 => pool.submit(call).await.unwrap(),
            _ => filch::task::spawn_blocking(call),
        });
    }
    for (n, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap(), n);
    }
    let panics = filch::task::spawn_blocking(|| std::panic::resume_unwind(Box::new(())));
    assert!(panics.await.map(|()| unreachable!()).unwrap_err().is_panic());
}

/// Threads that are no workers spawn, join and wake.
pub async fn threads(chance: &mut Chance) {
    let called = Arc::new(Notify::new());
    let (handle, caller, tasks) = (Handle::current(), Arc::clone(&called), 1 + chance.below(50));
    let other = thread::spawn(move || {
        let spawned: Vec<_> = (0..tasks).map(|n| handle.spawn(async move { n })).collect();
        let sum: u64 = handle.block_on(async {
            let mut sum = 0;
            for task in spawned {
                sum += task.await.unwrap();
            }
            sum
        });
        caller.notify_one();
        sum
    });
    called.notified().await;
    let sum = filch::task::spawn_blocking(|| other.join().unwrap()).await.unwrap();
    assert_eq!(sum, tasks * (tasks - 1) / 2);
}

/// A pair of sockets that echo; some reads are given up, some pairs are left open to a task that is aborted.
pub async fn sockets(chance: &mut Chance) {
    let (mut near, mut far) = UnixStream::pair().unwrap();
    let echo = filch::spawn(async move {
        let mut buf = [0; 700];
        loop {
            let Ok(n) = far.read(&mut buf).await else { return };
            if n == 0 || far.write_all(&buf[..n]).await.is_err() {
                return;
            }
        }
    });
    for _ in 0..chance.below(30) {
        let sent: Vec<u8> = (0..1 + chance.below(2_000)).map(|n| n as u8).collect();
        near.write_all(&sent).await.unwrap();
        let mut got = Vec::new();
        let mut buf = [0; 512];
        while got.len() < sent.len() {
            if let Ok(n) = timeout(chance.micros(300), near.read(&mut buf)).await {
                got.extend_from_slice(&buf[..n.unwrap()]);
            }
        }
        assert_eq!(got, sent);
    }
    if chance.below(2) == 0 {
        echo.abort();
    }
    drop(near);
    let _ = echo.await;
}

/// Written, read, taken away again.
pub async fn files(chance: &mut Chance) {
    let name = format!("soak-{}-{:x}", std::process::id(), chance.below(u64::MAX));
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let content: Vec<u8> = (0..chance.below(100_000)).map(|n| n as u8).collect();
    let mut file = filch::fs::File::create(&path).await.unwrap();
    file.write_all(&content).await.unwrap();
    file.flush().await.unwrap();
    drop(file);
    assert_eq!(filch::fs::read(&path).await.unwrap(), content);
    filch::fs::remove_file(&path).await.unwrap();
}

/// More or fewer of them.
pub fn workers(chance: &mut Chance) {
    let count = 1 + chance.below(MOST_WORKERS);
    Handle::current().set_workers(count as usize).unwrap();
}

/// A runtime inside of the other, that ends in one of the ways there are, with tasks that do not end by themselves.
/// A handle and a waker outlive it.
pub async fn runtimes(chance: &mut Chance) {
    let (kind, end) = (chance.below(3), chance.below(3));
    let call = filch::task::spawn_blocking(move || {
        if kind == 0 {
            let event_loop = EventLoop::new().unwrap();
            event_loop.block_on(async {
                filch::spawn(std::future::pending::<()>());
                sleep(Duration::from_micros(300)).await;
            });
            return;
        }
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).start_paused(kind == 1).build().unwrap();
        let called = Arc::new(Notify::new());
        let waits = Arc::clone(&called);
        for _ in 0..20 {
            let waits = Arc::clone(&waits);
            drop(runtime.spawn(async move {
                waits.notified().await;
                std::future::pending::<()>().await;
            }));
        }
        runtime.block_on(async {
            // An hour, on a clock that jumps; or a moment.
            let pause =
                if kind == 1 { Duration::from_secs(3600) } else { Duration::from_micros(300) };
            let start = Instant::now();
            sleep(pause).await;
            assert!(start.elapsed() >= pause);
        });
        let handle = runtime.handle().clone();
        match end {
            0 => drop(runtime),
            1 => drop(runtime.shutdown(Duration::from_millis(1))),
            _ => runtime.shutdown_background(),
        }
        called.notify_waiters();
        eventually("its tasks are cancelled", || handle.metrics().num_alive_tasks() == 0);
    });
    call.await.unwrap();
}

/// One over TCP.
pub async fn a_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = filch::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"hello").await.unwrap();
    });
    let mut greeting = String::new();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let read = stream.read_to_string(&mut greeting);
    timeout(WATCHDOG, read).await.expect("a connection hangs").unwrap();
    assert_eq!(greeting, "hello");
    server.await.unwrap();
}

/// A child that says something, and one that is killed.
pub async fn a_process() {
    let output = filch::process::Command::new("echo").arg("hello").output();
    let output = timeout(WATCHDOG, output).await.expect("a child hangs").unwrap();
    assert_eq!(output.stdout, b"hello\n");
    let mut child = filch::process::Command::new("sleep").arg("60").spawn().unwrap();
    child.kill().await.unwrap();
}

//! The hot paths, each as one task that does so many operations in a row, on one worker.

use filch::io::{AsyncReadExt, AsyncWriteExt};
use filch::net::{TcpListener, TcpStream};
use filch::runtime::Builder;
use filch::sync::{Mutex, Notify, mpsc, oneshot};
use filch::time::{Duration, sleep};
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

/// A path.
#[derive(Debug, Clone, Copy)]
pub struct Path {
    pub name: &'static str,
    /// How many operations are counted: enough for what happens rarely to even out.
    pub operations: u64,
    task: fn(u64) -> Pin<Box<dyn Future<Output = ()> + Send>>,
}

macro_rules! paths {
    ($($name:ident: $operations:literal,)*) => {
        /// All of them.
        pub const ALL: &[Path] = &[$(Path {
            name: stringify!($name),
            operations: $operations,
            task: |operations| Box::pin($name(operations)),
        }),*];
    };
}

paths! {
    spawn_join: 20_000,
    spawn_detached: 20_000,
    chained_spawn: 20_000,
    ping_pong: 10_000,
    yield_now: 50_000,
    oneshot: 50_000,
    mpsc_send_recv: 50_000,
    mutex_lock_unlock: 100_000,
    mutex_handed_over: 20_000,
    notify_there_and_back: 20_000,
    scope_child: 20_000,
    timer_arm_drop: 20_000,
    tcp_echo: 2_000,
}

impl Path {
    /// Does it so many times.
    ///
    /// # Errors
    /// If the runtime cannot be made.
    pub fn run(&self, operations: u64) -> io::Result<()> {
        let runtime = Builder::new_multi_thread().worker_threads(1).seed(1).build()?;
        runtime.block_on(runtime.spawn((self.task)(operations))).map_err(io::Error::other)
    }
}

/// Spawns an empty task and awaits it.
async fn spawn_join(operations: u64) {
    for _ in 0..operations {
        filch::spawn(async {}).await.expect("the task ends well");
    }
}

/// Spawns an empty task that nobody awaits. Each hundred may run before the next are spawned, so that
/// the queue does not overflow: that is another path.
async fn spawn_detached(operations: u64) {
    for number in 1..=operations {
        drop(filch::spawn(async {}));
        if number % 100 == 0 {
            filch::task::yield_now().await;
        }
    }
}

/// Each task spawns the next one.
async fn chained_spawn(operations: u64) {
    fn next(left: u64, done: oneshot::Sender<()>) {
        if left == 0 {
            done.send(()).expect("somebody waits");
        } else {
            drop(filch::spawn(async move { next(left - 1, done) }));
        }
    }
    let (done, all_done) = oneshot::channel();
    next(operations, done);
    all_done.await.expect("the last task sends");
}

/// Asks a task of its own a question, and gets the answer: two spawns, two one-shot channels.
async fn ping_pong(operations: u64) {
    for _ in 0..operations {
        let (ping, pinged) = oneshot::channel();
        let (pong, ponged) = oneshot::channel();
        let asker = filch::spawn(async move {
            ping.send(()).expect("the other one waits");
            ponged.await.expect("the other one answers");
        });
        drop(filch::spawn(async move {
            pinged.await.expect("the asker asks");
            pong.send(()).expect("the asker waits");
        }));
        asker.await.expect("the task ends well");
    }
}

/// Gives way, with no other task there.
async fn yield_now(operations: u64) {
    for _ in 0..operations {
        filch::task::yield_now().await;
    }
}

/// Makes a one-shot channel, sends, receives what is there.
async fn oneshot(operations: u64) {
    for number in 0..operations {
        let (sender, receiver) = oneshot::channel();
        sender.send(number).expect("the receiver is there");
        receiver.await.expect("the sender has sent");
    }
}

/// Sends a message, and receives it.
async fn mpsc_send_recv(operations: u64) {
    let (sender, mut receiver) = mpsc::channel(64);
    for number in 0..operations {
        sender.send(number).await.expect("the receiver is there");
        receiver.recv().await.expect("the sender has sent");
    }
}

/// Locks what nobody else wants, and unlocks it.
async fn mutex_lock_unlock(operations: u64) {
    let mutex = Mutex::new(0_u64);
    for _ in 0..operations {
        *mutex.lock().await += 1;
    }
}

/// Two tasks pass a lock to and fro: each gives way with the lock in its hand, so the other always waits for it.
async fn mutex_handed_over(operations: u64) {
    let mutex = Arc::new(Mutex::new(0_u64));
    let tasks = [(); 2].map(|()| {
        let mutex = mutex.clone();
        filch::spawn(async move {
            for _ in 0..operations / 2 {
                let mut number = mutex.lock().await;
                filch::task::yield_now().await;
                *number += 1;
            }
        })
    });
    for task in tasks {
        task.await.expect("the task ends well");
    }
}

/// Two tasks notify each other in turn.
async fn notify_there_and_back(operations: u64) {
    let ping = Arc::new((Notify::new(), Notify::new()));
    let pong = ping.clone();
    let server = filch::spawn(async move {
        for _ in 0..operations {
            ping.0.notified().await;
            ping.1.notify_one();
        }
    });
    for _ in 0..operations {
        pong.0.notify_one();
        pong.1.notified().await;
    }
    server.await.expect("the task ends well");
}

/// Spawns an empty child into a scope, which waits for all of them: beside `spawn_join`, what the scope adds.
async fn scope_child(operations: u64) {
    let scope = filch::task::scope(async |s| {
        for _ in 0..operations {
            s.spawn(async {});
        }
    });
    scope.await.expect("the children end well");
}

/// Arms a timer that never goes off, as most time-outs do not, and drops it.
async fn timer_arm_drop(operations: u64) {
    for _ in 0..operations {
        let mut timer = pin!(sleep(Duration::from_secs(60)));
        poll_fn(|cx| {
            assert!(timer.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
    }
}

/// A round trip of 64 bytes over loopback TCP, client and server on the one worker.
async fn tcp_echo(operations: u64) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    drop(filch::spawn(async move {
        let (mut stream, _peer) = listener.accept().await.expect("a client connects");
        let mut message = [0; 64];
        while stream.read_exact(&mut message).await.is_ok() {
            stream.write_all(&message).await.expect("the client reads");
        }
    }));
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    let mut message = [7; 64];
    for _ in 0..operations {
        stream.write_all(&message).await.expect("the server reads");
        stream.read_exact(&mut message).await.expect("the server answers");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_comes_to_its_end() {
        for path in ALL {
            path.run(250).unwrap();
        }
    }
}

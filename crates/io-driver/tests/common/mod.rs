//! A small executor for these tests: threads that all wait on one driver.
#![allow(dead_code, reason = "every test file uses its own part")]

use filch_io::{AsyncRead, AsyncWrite, ReadBuf};
use filch_io_driver::net::{TcpListener, TcpStream};
use filch_io_driver::{Driver, DriverHandle};
use filch_primitives::atomic::{AtomicBool, Ordering};
use filch_primitives::sync::Mutex;
use filch_primitives::thread::{self, JoinHandle};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

/// No wait in these tests is longer.
pub const WATCHDOG: Duration = Duration::from_secs(20);

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

struct Task {
    job: Mutex<Option<Job>>,
    is_queued: AtomicBool,
    pool: Arc<Queue>,
}

struct Queue {
    tasks: Mutex<VecDeque<Arc<Task>>>,
    is_over: AtomicBool,
    driver: DriverHandle,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        // Ordering: AcqRel; pairs with the store in `run`: the next poll sees what led to this wake.
        if !self.is_queued.swap(true, Ordering::AcqRel) {
            let pool = Arc::clone(&self.pool);
            pool.tasks.lock().push_back(self);
            pool.driver.unpark_one();
        }
    }
}

/// Threads that run tasks and wait on the driver in between.
pub struct Pool {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
    pub driver: Arc<Driver>,
}

impl Pool {
    pub fn new(threads: usize) -> Self {
        let driver = Arc::new(Driver::new().unwrap());
        let queue = Arc::new(Queue {
            tasks: Mutex::default(),
            is_over: AtomicBool::new(false),
            driver: driver.handle().clone(),
        });
        let threads = (0..threads)
            .map(|_| {
                let queue = Arc::clone(&queue);
                thread::spawn(move || run(&queue))
            })
            .collect();
        Self { queue, threads, driver }
    }

    pub fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Receiver<T> {
        let (sender, receiver) = channel();
        let job: Job = Box::pin(async move {
            let _ = sender.send(future.await);
        });
        let task = Task {
            job: Mutex::new(Some(job)),
            is_queued: AtomicBool::new(false),
            pool: Arc::clone(&self.queue),
        };
        Arc::new(task).wake();
        receiver
    }

    /// Spawns it and waits for its output.
    pub fn run<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> T {
        self.spawn(future).recv_timeout(WATCHDOG).expect("the task ends before the watchdog")
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // Ordering: Release; pairs with the Acquire in `run`.
        self.queue.is_over.store(true, Ordering::Release);
        self.queue.driver.unpark_one();
        for thread in self.threads.drain(..) {
            let result = thread.join();
            assert!(result.is_ok() || thread::panicking(), "a thread of the pool panicked");
        }
        let left = std::mem::take(&mut *self.queue.tasks.lock());
        drop(left);
    }
}

fn run(queue: &Arc<Queue>) {
    let _entered = queue.driver.enter();
    loop {
        // Ordering: Acquire; pairs with the Release in `drop`.
        if queue.is_over.load(Ordering::Acquire) {
            queue.driver.unpark_one();
            return;
        }
        let (task, is_more) = {
            let mut tasks = queue.tasks.lock();
            (tasks.pop_front(), !tasks.is_empty())
        };
        if is_more {
            // Two unparks may have been one: whoever is awake wakes the next.
            queue.driver.unpark_one();
        }
        let Some(task) = task else {
            queue.driver.wait(None);
            continue;
        };
        // Ordering: AcqRel; pairs with the swap in `wake`.
        task.is_queued.swap(false, Ordering::AcqRel);
        let waker = Waker::from(Arc::clone(&task));
        let mut job = task.job.lock();
        if let Some(future) = job.as_mut() {
            if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                *job = None;
            }
        }
        drop(job);
        queue.driver.turn();
    }
}

/// One read into `buf`.
pub async fn read<R: AsyncRead + Unpin>(from: &mut R, buf: &mut [u8]) -> io::Result<usize> {
    let mut buf = ReadBuf::new(buf);
    poll_fn(|cx| Pin::new(&mut *from).poll_read(cx, &mut buf)).await?;
    Ok(buf.filled().len())
}

pub async fn read_exact<R: AsyncRead + Unpin>(from: &mut R, buf: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while filled < buf.len() {
        match read(from, &mut buf[filled..]).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => filled += n,
        }
    }
    Ok(())
}

pub async fn read_to_end<R: AsyncRead + Unpin>(from: &mut R) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    let mut buf = [0; 4096];
    loop {
        match read(from, &mut buf).await? {
            0 => return Ok(all),
            n => all.extend_from_slice(&buf[..n]),
        }
    }
}

pub async fn write_all<W: AsyncWrite + Unpin>(to: &mut W, mut data: &[u8]) -> io::Result<()> {
    while !data.is_empty() {
        let n = poll_fn(|cx| Pin::new(&mut *to).poll_write(cx, data)).await?;
        data = &data[n..];
    }
    Ok(())
}

pub async fn shutdown<W: AsyncWrite + Unpin>(to: &mut W) -> io::Result<()> {
    poll_fn(|cx| Pin::new(&mut *to).poll_shutdown(cx)).await
}

/// Both ends of a connection.
pub async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (far, _) = listener.accept().await.unwrap();
    (near, far)
}

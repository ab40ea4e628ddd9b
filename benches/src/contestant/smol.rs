//! smol: an executor from a crate, channels and locks from others.

use super::Contestant;
use super::subjects::{Channel, Datagram, File, Mutex, Notify, Oneshot, RwLock, Semaphore, Stream};
use event_listener::Event;
use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// smol's executor, on as many threads as the others have workers. `smol::spawn` would run on one
/// thread only, and its number of threads is an environment variable.
#[derive(Debug)]
pub struct Smol {
    executor: &'static smol::Executor<'static>,
    stop: Option<async_channel::Sender<()>>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

thread_local! {
    static EXECUTOR: Cell<Option<&'static smol::Executor<'static>>> = const { Cell::new(None) };
}

fn executor() -> &'static smol::Executor<'static> {
    EXECUTOR.get().expect("inside the contestant")
}

impl Drop for Smol {
    fn drop(&mut self) {
        drop(self.stop.take());
        for thread in self.threads.drain(..) {
            thread.join().expect("the thread ends well");
        }
    }
}

impl Contestant for Smol {
    const NAME: &'static str = "smol";
    type Join<T: Send + 'static> = smol::Task<T>;
    type Spawner = &'static smol::Executor<'static>;
    type Oneshot = AsyncChannel;
    type Channel = AsyncChannel;
    type Mutex = async_lock::Mutex<u64>;
    type RwLock = async_lock::RwLock<u64>;
    type Semaphore = async_lock::Semaphore;
    type Notify = Signal;
    type Stream = smol::net::TcpStream;
    type Datagram = smol::net::UdpSocket;
    type File = smol::fs::File;

    fn new(workers: usize) -> Self {
        // Leaked, because its tasks reach it through a thread-local: a few hundred bytes per runtime.
        let executor: &'static smol::Executor<'static> = Box::leak(Box::default());
        let (stop, stopped) = async_channel::bounded::<()>(1);
        let run = |_| {
            let stopped = stopped.clone();
            std::thread::spawn(move || {
                EXECUTOR.set(Some(executor));
                let _closed = smol::block_on(executor.run(stopped.recv()));
            })
        };
        Self { executor, stop: Some(stop), threads: (0..workers).map(run).collect() }
    }

    fn workers(&self) -> usize {
        self.threads.len()
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        let before = EXECUTOR.replace(Some(self.executor));
        let output = smol::block_on(future);
        EXECUTOR.set(before);
        output
    }

    fn spawner(&self) -> Self::Spawner {
        self.executor
    }

    #[inline]
    fn spawn_from<F>(spawner: &Self::Spawner, future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        spawner.spawn(future)
    }

    #[inline]
    fn spawn<F>(future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        executor().spawn(future)
    }

    fn detach<T: Send + 'static>(join: Self::Join<T>) {
        join.detach();
    }

    async fn yield_now() {
        smol::future::yield_now().await;
    }

    fn spawn_blocking<F, T>(work: F) -> impl Future<Output = T> + Send
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        smol::unblock(work)
    }

    fn sleep(duration: Duration) -> impl Future<Output = ()> + Send {
        let timer = smol::Timer::after(duration);
        async move {
            timer.await;
        }
    }

    async fn timeout<F: Future + Send>(limit: Duration, future: F) -> Option<F::Output> {
        let in_time = async { Some(future.await) };
        let too_late = async {
            smol::Timer::after(limit).await;
            None
        };
        smol::future::or(in_time, too_late).await
    }
}

/// The channel of smol's authors, which serves for one message too.
#[derive(Debug)]
pub struct AsyncChannel;

impl Oneshot for AsyncChannel {
    type Sender<T: Send + 'static> = async_channel::Sender<T>;
    type Receiver<T: Send + 'static> = async_channel::Receiver<T>;

    fn channel<T: Send + 'static>() -> (Self::Sender<T>, Self::Receiver<T>) {
        async_channel::bounded(1)
    }

    fn send<T: Send + 'static>(sender: Self::Sender<T>, value: T) {
        assert!(sender.try_send(value).is_ok(), "the receiver waits");
    }

    async fn receive<T: Send + 'static>(receiver: Self::Receiver<T>) -> T {
        receiver.recv().await.expect("the sender sends")
    }
}

impl Channel for AsyncChannel {
    type Sender<T: Send + 'static> = async_channel::Sender<T>;
    type Receiver<T: Send + 'static> = async_channel::Receiver<T>;

    fn bounded<T: Send + 'static>(capacity: usize) -> (Self::Sender<T>, Self::Receiver<T>) {
        async_channel::bounded(capacity)
    }

    async fn send<T: Send + 'static>(sender: &Self::Sender<T>, value: T) {
        assert!(sender.send(value).await.is_ok(), "the receiver is there");
    }

    async fn receive<T: Send + 'static>(receiver: &mut Self::Receiver<T>) -> Option<T> {
        receiver.recv().await.ok()
    }
}

impl Mutex for async_lock::Mutex<u64> {
    fn new() -> Self {
        Self::new(0)
    }

    async fn increment(&self, during: impl Future<Output = ()> + Send) {
        let mut number = self.lock().await;
        *number += 1;
        during.await;
    }

    async fn get(&self) -> u64 {
        *self.lock().await
    }
}

impl RwLock for async_lock::RwLock<u64> {
    fn new() -> Self {
        Self::new(0)
    }

    async fn read(&self, during: impl Future<Output = ()> + Send) -> u64 {
        let number = self.read().await;
        during.await;
        *number
    }

    async fn increment(&self, during: impl Future<Output = ()> + Send) {
        let mut number = self.write().await;
        *number += 1;
        during.await;
    }
}

impl Semaphore for async_lock::Semaphore {
    fn new(permits: usize) -> Self {
        Self::new(permits)
    }

    async fn with_permit(&self, during: impl Future<Output = ()> + Send) {
        let _permit = self.acquire().await;
        during.await;
    }
}

/// A flag and its event, which is how `event-listener` is meant to be used.
#[derive(Debug, Default)]
pub struct Signal {
    set: AtomicBool,
    event: Event,
}

impl Notify for Signal {
    fn new() -> Self {
        Self::default()
    }

    fn notify_one(&self) {
        // Ordering: Release; what came before is visible to the one who takes the flag.
        self.set.store(true, Ordering::Release);
        self.event.notify(1);
    }

    async fn notified(&self) {
        // Ordering: Acquire; pairs with the Release in `notify_one`.
        while !self.set.swap(false, Ordering::Acquire) {
            let listener = self.event.listen();
            // Ordering: Acquire, as above. Between the first look and `listen` it may have been set.
            if self.set.swap(false, Ordering::Acquire) {
                return;
            }
            listener.await;
        }
    }
}

impl Stream for smol::net::TcpStream {
    type Listener = smol::net::TcpListener;

    async fn listen() -> io::Result<(Self::Listener, SocketAddr)> {
        let listener = smol::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    }

    async fn accept(listener: &Self::Listener) -> io::Result<Self> {
        let (stream, _peer) = listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = Self::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        smol::io::AsyncReadExt::read_exact(self, buffer).await
    }

    async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        smol::io::AsyncWriteExt::write_all(self, bytes).await
    }
}

impl Datagram for smol::net::UdpSocket {
    async fn bind() -> io::Result<(Self, SocketAddr)> {
        let socket = Self::bind("127.0.0.1:0").await?;
        let address = socket.local_addr()?;
        Ok((socket, address))
    }

    async fn send_to(&self, bytes: &[u8], to: SocketAddr) -> io::Result<usize> {
        self.send_to(bytes, to).await
    }

    async fn receive_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.recv_from(buffer).await
    }
}

impl File for smol::fs::File {
    async fn open(path: &Path) -> io::Result<Self> {
        Self::open(path).await
    }

    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        smol::io::AsyncReadExt::read(self, buffer).await
    }

    async fn read_whole(path: &Path) -> io::Result<Vec<u8>> {
        smol::fs::read(path).await
    }
}

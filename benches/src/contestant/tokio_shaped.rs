//! filch and tokio: they have the same names, so one text serves both, with many threads and with one.

use super::Contestant;
use super::subjects::{
    Broadcast, Channel, Datagram, File, Mutex, Notify, Oneshot, Resettable, RwLock, Semaphore,
    Stream, Watch,
};
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// What both flavours of a library have in common: its handle and its subjects.
macro_rules! library {
    ($library:ident, $join:ident, $marker:ident) => {
        #[doc = concat!("A handle of ", stringify!($library), " that passes panics on.")]
        #[derive(Debug)]
        pub struct $join<T>($library::task::JoinHandle<T>);

        impl<T> Future for $join<T> {
            type Output = T;

            fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
                Pin::new(&mut self.0).poll(cx).map(|output| output.expect("the task ends well"))
            }
        }

        #[doc = concat!("The channels of ", stringify!($library), ".")]
        #[derive(Debug)]
        pub struct $marker;

        impl Oneshot for $marker {
            type Sender<T: Send + 'static> = $library::sync::oneshot::Sender<T>;
            type Receiver<T: Send + 'static> = $library::sync::oneshot::Receiver<T>;

            fn channel<T: Send + 'static>() -> (Self::Sender<T>, Self::Receiver<T>) {
                $library::sync::oneshot::channel()
            }

            fn send<T: Send + 'static>(sender: Self::Sender<T>, value: T) {
                assert!(sender.send(value).is_ok(), "the receiver waits");
            }

            async fn receive<T: Send + 'static>(receiver: Self::Receiver<T>) -> T {
                receiver.await.expect("the sender sends")
            }
        }

        impl Channel for $marker {
            type Sender<T: Send + 'static> = $library::sync::mpsc::Sender<T>;
            type Receiver<T: Send + 'static> = $library::sync::mpsc::Receiver<T>;

            fn bounded<T: Send + 'static>(capacity: usize) -> (Self::Sender<T>, Self::Receiver<T>) {
                $library::sync::mpsc::channel(capacity)
            }

            async fn send<T: Send + 'static>(sender: &Self::Sender<T>, value: T) {
                assert!(sender.send(value).await.is_ok(), "the receiver is there");
            }

            async fn receive<T: Send + 'static>(receiver: &mut Self::Receiver<T>) -> Option<T> {
                receiver.recv().await
            }
        }

        impl Mutex for $library::sync::Mutex<u64> {
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

        impl RwLock for $library::sync::RwLock<u64> {
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

        impl Broadcast for $marker {
            type Sender = $library::sync::broadcast::Sender<u64>;
            type Receiver = $library::sync::broadcast::Receiver<u64>;

            fn channel(capacity: usize, receivers: usize) -> (Self::Sender, Vec<Self::Receiver>) {
                let (sender, first) = $library::sync::broadcast::channel(capacity);
                let more = (1..receivers).map(|_| sender.subscribe());
                let receivers = std::iter::once(first).chain(more).collect();
                (sender, receivers)
            }

            fn send(sender: &Self::Sender, value: u64) {
                assert!(sender.send(value).is_ok(), "the receivers are there");
            }

            async fn receive(receiver: &mut Self::Receiver) -> Option<u64> {
                use $library::sync::broadcast::error::RecvError;
                match receiver.recv().await {
                    Ok(value) => Some(value),
                    Err(RecvError::Closed) => None,
                    Err(RecvError::Lagged(missed)) => panic!("{missed} messages are missing"),
                }
            }
        }

        impl Watch for $marker {
            type Sender = $library::sync::watch::Sender<u64>;
            type Receiver = $library::sync::watch::Receiver<u64>;

            fn channel() -> (Self::Sender, Self::Receiver) {
                $library::sync::watch::channel(0)
            }

            fn send(sender: &Self::Sender, value: u64) {
                assert!(sender.send(value).is_ok(), "the receivers are there");
            }

            async fn changed(receiver: &mut Self::Receiver) -> u64 {
                receiver.changed().await.expect("the sender is there");
                *receiver.borrow_and_update()
            }
        }

        impl Resettable for Pin<Box<$library::time::Sleep>> {
            async fn armed(after: Duration) -> Self {
                let mut sleep = Box::pin($library::time::sleep(after));
                poll_fn(|cx| {
                    assert!(sleep.as_mut().poll(cx).is_pending(), "it is far from due");
                    Poll::Ready(())
                })
                .await;
                sleep
            }

            fn reset(&mut self, after: Duration) {
                let deadline = $library::time::Instant::now() + after;
                self.as_mut().reset(deadline);
            }
        }

        impl Semaphore for $library::sync::Semaphore {
            fn new(permits: usize) -> Self {
                Self::new(permits)
            }

            async fn with_permit(&self, during: impl Future<Output = ()> + Send) {
                let _permit = self.acquire().await.expect("the semaphore stays open");
                during.await;
            }
        }

        impl Notify for $library::sync::Notify {
            fn new() -> Self {
                Self::new()
            }

            fn notify_one(&self) {
                self.notify_one();
            }

            async fn notified(&self) {
                self.notified().await;
            }
        }

        impl Stream for $library::net::TcpStream {
            type Listener = $library::net::TcpListener;

            async fn listen() -> io::Result<(Self::Listener, SocketAddr)> {
                let listener = $library::net::TcpListener::bind("127.0.0.1:0").await?;
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
                $library::io::AsyncReadExt::read_exact(self, buffer).await.map(drop)
            }

            async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
                $library::io::AsyncWriteExt::write_all(self, bytes).await
            }
        }

        impl Datagram for $library::net::UdpSocket {
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

        impl File for $library::fs::File {
            async fn open(path: &Path) -> io::Result<Self> {
                Self::open(path).await
            }

            async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                $library::io::AsyncReadExt::read(self, buffer).await
            }

            async fn read_whole(path: &Path) -> io::Result<Vec<u8>> {
                $library::fs::read(path).await
            }
        }
    };
}

/// One flavour of it.
macro_rules! flavour {
    ($contestant:ident, $name:literal, $library:ident, $join:ident, $marker:ident,
     $runtime:ty, $start:expr) => {
        #[doc = concat!("The contestant `", $name, "`.")]
        #[derive(Debug)]
        pub struct $contestant {
            runtime: $runtime,
            workers: usize,
        }

        impl Contestant for $contestant {
            const NAME: &'static str = $name;
            type Join<T: Send + 'static> = $join<T>;
            type Spawner = $library::runtime::Handle;
            type Oneshot = $marker;
            type Channel = $marker;
            type Mutex = $library::sync::Mutex<u64>;
            type RwLock = $library::sync::RwLock<u64>;
            type Semaphore = $library::sync::Semaphore;
            type Notify = $library::sync::Notify;
            type Stream = $library::net::TcpStream;
            type Datagram = $library::net::UdpSocket;
            type File = $library::fs::File;

            fn new(workers: usize) -> Self {
                let start: fn(usize) -> (io::Result<$runtime>, usize) = $start;
                let (runtime, workers) = start(workers);
                Self { runtime: runtime.expect("the runtime starts"), workers }
            }

            fn workers(&self) -> usize {
                self.workers
            }

            fn block_on<F: Future>(&self, future: F) -> F::Output {
                self.runtime.block_on(future)
            }

            fn spawner(&self) -> Self::Spawner {
                self.runtime.handle().clone()
            }

            #[inline]
            fn spawn_from<F>(spawner: &Self::Spawner, future: F) -> Self::Join<F::Output>
            where
                F: Future + Send + 'static,
                F::Output: Send + 'static,
            {
                $join(spawner.spawn(future))
            }

            #[inline]
            fn spawn<F>(future: F) -> Self::Join<F::Output>
            where
                F: Future + Send + 'static,
                F::Output: Send + 'static,
            {
                $join($library::spawn(future))
            }

            fn detach<T: Send + 'static>(join: Self::Join<T>) {
                drop(join);
            }

            async fn yield_now() {
                $library::task::yield_now().await;
            }

            fn spawn_blocking<F, T>(work: F) -> impl Future<Output = T> + Send
            where
                F: FnOnce() -> T + Send + 'static,
                T: Send + 'static,
            {
                $join($library::task::spawn_blocking(work))
            }

            fn sleep(duration: Duration) -> impl Future<Output = ()> + Send {
                $library::time::sleep(duration)
            }

            async fn timeout<F: Future + Send>(limit: Duration, future: F) -> Option<F::Output> {
                $library::time::timeout(limit, future).await.ok()
            }
        }
    };
}

/// What a service would keep of each thread: 128 KiB, which stay in a cache of the second level.
const RECORDED_EVENTS: usize = 1 << 14;

library!(filch, FilchJoin, FilchChannels);
library!(tokio, TokioJoin, TokioChannels);

flavour!(Filch, "filch", filch, FilchJoin, FilchChannels, filch::runtime::Runtime, |workers| {
    use filch::runtime::Builder;
    (Builder::new_multi_thread().worker_threads(workers).enable_all().build(), workers)
});
flavour!(
    FilchRecorded,
    "filch_recorded",
    filch,
    FilchJoin,
    FilchChannels,
    filch::runtime::Runtime,
    |workers| {
        use filch::runtime::Builder;
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(workers).record(RECORDED_EVENTS).build();
        if let Some(recorder) = runtime.as_ref().ok().and_then(|runtime| runtime.recorder()) {
            recorder.start();
        }
        (runtime, workers)
    }
);
flavour!(
    FilchLoop,
    "filch_loop",
    filch,
    FilchJoin,
    FilchChannels,
    filch::runtime::EventLoop,
    |_| (filch::runtime::EventLoop::new(), 1)
);
flavour!(Tokio, "tokio", tokio, TokioJoin, TokioChannels, tokio::runtime::Runtime, |workers| {
    use tokio::runtime::Builder;
    (Builder::new_multi_thread().worker_threads(workers).enable_all().build(), workers)
});
flavour!(
    TokioCurrent,
    "tokio_current",
    tokio,
    TokioJoin,
    TokioChannels,
    tokio::runtime::Runtime,
    |_| (tokio::runtime::Builder::new_current_thread().enable_all().build(), 1)
);

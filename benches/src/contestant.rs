//! The runtimes, behind one small trait: each does the work in its own way.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A runtime that takes part.
pub trait Contestant: 'static {
    /// Its name.
    const NAME: &'static str;
    /// Awaits a task's output.
    type Join<T: Send + 'static>: Future<Output = T> + Send;
    /// The sending half of a channel for one message.
    type OneshotSender<T: Send + 'static>: Send + 'static;
    /// The receiving half.
    type OneshotReceiver<T: Send + 'static>: Send + 'static;
    /// A stream socket.
    type Stream: Send + 'static;
    /// A listening socket.
    type Listener: Send + Sync + 'static;

    /// A runtime with `workers` workers.
    fn new(workers: usize) -> Self;
    /// Waits for a future on the calling thread.
    fn block_on<F: Future>(&self, future: F) -> F::Output;
    /// Spawns from inside the runtime.
    fn spawn<F>(future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;
    /// Lets the task go.
    fn detach<T: Send + 'static>(join: Self::Join<T>);
    /// Gives way to other tasks.
    fn yield_now() -> impl Future<Output = ()> + Send;
    /// A channel for one message.
    fn oneshot<T: Send + 'static>() -> (Self::OneshotSender<T>, Self::OneshotReceiver<T>);
    /// Sends it.
    fn send<T: Send + 'static>(sender: Self::OneshotSender<T>, value: T);
    /// Receives it.
    fn receive<T: Send + 'static>(
        receiver: Self::OneshotReceiver<T>,
    ) -> impl Future<Output = T> + Send;
    /// Listens on a free port of the loopback interface.
    fn listen() -> impl Future<Output = io::Result<(Self::Listener, SocketAddr)>> + Send;
    /// Accepts one connection.
    fn accept(listener: &Self::Listener) -> impl Future<Output = io::Result<Self::Stream>> + Send;
    /// Connects.
    fn connect(address: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>> + Send;
    /// Reads until the buffer is full.
    fn read_exact(
        stream: &mut Self::Stream,
        buffer: &mut [u8],
    ) -> impl Future<Output = io::Result<()>> + Send;
    /// Writes all of it.
    fn write_all(
        stream: &mut Self::Stream,
        bytes: &[u8],
    ) -> impl Future<Output = io::Result<()>> + Send;
}

/// filch and tokio have the same names, so one text serves both.
macro_rules! tokio_shaped {
    ($contestant:ident, $join:ident, $runtime:ident) => {
        #[doc = concat!("The multi-threaded runtime of ", stringify!($runtime), ".")]
        #[derive(Debug)]
        pub struct $contestant($runtime::runtime::Runtime);

        #[doc = concat!("A handle of ", stringify!($runtime), " that passes panics on.")]
        #[derive(Debug)]
        pub struct $join<T>($runtime::task::JoinHandle<T>);

        impl<T> Future for $join<T> {
            type Output = T;

            fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
                Pin::new(&mut self.0).poll(cx).map(|output| output.expect("the task ends well"))
            }
        }

        impl Contestant for $contestant {
            const NAME: &'static str = stringify!($runtime);
            type Join<T: Send + 'static> = $join<T>;
            type OneshotSender<T: Send + 'static> = $runtime::sync::oneshot::Sender<T>;
            type OneshotReceiver<T: Send + 'static> = $runtime::sync::oneshot::Receiver<T>;
            type Stream = $runtime::net::TcpStream;
            type Listener = $runtime::net::TcpListener;

            fn new(workers: usize) -> Self {
                let runtime = $runtime::runtime::Builder::new_multi_thread()
                    .worker_threads(workers)
                    .enable_all()
                    .build();
                Self(runtime.expect("the runtime starts"))
            }

            fn block_on<F: Future>(&self, future: F) -> F::Output {
                self.0.block_on(future)
            }

            fn spawn<F>(future: F) -> Self::Join<F::Output>
            where
                F: Future + Send + 'static,
                F::Output: Send + 'static,
            {
                $join($runtime::spawn(future))
            }

            fn detach<T: Send + 'static>(join: Self::Join<T>) {
                drop(join);
            }

            async fn yield_now() {
                $runtime::task::yield_now().await;
            }

            fn oneshot<T: Send + 'static>() -> (Self::OneshotSender<T>, Self::OneshotReceiver<T>) {
                $runtime::sync::oneshot::channel()
            }

            fn send<T: Send + 'static>(sender: Self::OneshotSender<T>, value: T) {
                assert!(sender.send(value).is_ok(), "the receiver waits");
            }

            async fn receive<T: Send + 'static>(receiver: Self::OneshotReceiver<T>) -> T {
                receiver.await.expect("the sender sends")
            }

            async fn listen() -> io::Result<(Self::Listener, SocketAddr)> {
                let listener = $runtime::net::TcpListener::bind("127.0.0.1:0").await?;
                let address = listener.local_addr()?;
                Ok((listener, address))
            }

            async fn accept(listener: &Self::Listener) -> io::Result<Self::Stream> {
                let (stream, _peer) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(stream)
            }

            async fn connect(address: SocketAddr) -> io::Result<Self::Stream> {
                let stream = $runtime::net::TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Ok(stream)
            }

            async fn read_exact(stream: &mut Self::Stream, buffer: &mut [u8]) -> io::Result<()> {
                use $runtime::io::AsyncReadExt;
                stream.read_exact(buffer).await.map(drop)
            }

            async fn write_all(stream: &mut Self::Stream, bytes: &[u8]) -> io::Result<()> {
                use $runtime::io::AsyncWriteExt;
                stream.write_all(bytes).await
            }
        }
    };
}

tokio_shaped!(Filch, FilchJoin, filch);
tokio_shaped!(Tokio, TokioJoin, tokio);

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
    type OneshotSender<T: Send + 'static> = async_channel::Sender<T>;
    type OneshotReceiver<T: Send + 'static> = async_channel::Receiver<T>;
    type Stream = smol::net::TcpStream;
    type Listener = smol::net::TcpListener;

    fn new(workers: usize) -> Self {
        // Leaked, because its tasks reach it through a thread-local: a few hundred bytes per bench.
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

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        let before = EXECUTOR.replace(Some(self.executor));
        let output = smol::block_on(future);
        EXECUTOR.set(before);
        output
    }

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

    fn oneshot<T: Send + 'static>() -> (Self::OneshotSender<T>, Self::OneshotReceiver<T>) {
        async_channel::bounded(1)
    }

    fn send<T: Send + 'static>(sender: Self::OneshotSender<T>, value: T) {
        assert!(sender.try_send(value).is_ok(), "the receiver waits");
    }

    async fn receive<T: Send + 'static>(receiver: Self::OneshotReceiver<T>) -> T {
        receiver.recv().await.expect("the sender sends")
    }

    async fn listen() -> io::Result<(Self::Listener, SocketAddr)> {
        let listener = smol::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    }

    async fn accept(listener: &Self::Listener) -> io::Result<Self::Stream> {
        let (stream, _peer) = listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn connect(address: SocketAddr) -> io::Result<Self::Stream> {
        let stream = smol::net::TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn read_exact(stream: &mut Self::Stream, buffer: &mut [u8]) -> io::Result<()> {
        use smol::io::AsyncReadExt;
        stream.read_exact(buffer).await
    }

    async fn write_all(stream: &mut Self::Stream, bytes: &[u8]) -> io::Result<()> {
        use smol::io::AsyncWriteExt;
        stream.write_all(bytes).await
    }
}

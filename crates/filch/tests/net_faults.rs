//! What networks do to a service: silence, slowness, resets, aborts. Nothing hangs, spins or is lost.
#![cfg(target_os = "linux")]

#[path = "support/descriptors.rs"]
mod descriptors;

use descriptors::open_descriptors;
use filch::io::unix::AsyncFd;
use filch::io::{AsyncReadExt, AsyncWriteExt, Interest};
use filch::net::{TcpListener, TcpStream, UdpSocket, UnixDatagram, UnixStream};
use filch::runtime::{Builder, Runtime};
use filch::task::JoinHandle;
use filch::time::{sleep, timeout};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::sync::Mutex;
use std::fs;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

const WATCHDOG: Duration = Duration::from_secs(30);
const SOON: Duration = Duration::from_millis(20);

/// Descriptors are counted in the whole process: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Runs it on both kinds of runtime.
fn on_each<F: Future<Output = ()> + Send + 'static>(test: impl Fn() -> F) {
    let _alone = ALONE.lock();
    let bounded = |test| async move { timeout(WATCHDOG, test).await.expect("it hangs") };
    let runtime = runtime();
    let task = runtime.spawn(bounded(test()));
    runtime.block_on(task).unwrap();
    Builder::new_current_thread().enable_all().build().unwrap().block_on(bounded(test()));
}

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (near, listener.accept().await.unwrap().0)
}

fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|i| (i * 7 + i / 251) as u8).collect()
}

#[test]
fn a_writer_to_a_peer_that_does_not_read_waits_without_spinning_and_loses_nothing() {
    on_each(async || {
        const BYTES: usize = 16 << 20;
        let (near, mut far) = pair().await;
        let polls = Arc::new(AtomicUsize::new(0));
        let written = filch::spawn({
            let polls = Arc::clone(&polls);
            async move {
                let mut near = near;
                let data = bytes(BYTES);
                let mut writing = pin!(near.write_all(&data));
                poll_fn(|cx| {
                    // Ordering: Relaxed; a mere count.
                    polls.fetch_add(1, Ordering::Relaxed);
                    writing.as_mut().poll(cx)
                })
                .await
            }
        });
        // Until the buffers of both ends are full, and then some.
        let mut before = usize::MAX;
        // Ordering: Relaxed; as above.
        while before != polls.load(Ordering::Relaxed) {
            before = polls.load(Ordering::Relaxed);
            sleep(SOON * 5).await;
        }
        assert!(!written.is_finished());
        let mut received = vec![0; BYTES];
        far.read_exact(&mut received).await.unwrap();
        assert!(received == bytes(BYTES));
        written.await.unwrap().unwrap();
    });
}

#[test]
fn two_hundred_clients_that_send_a_byte_at_a_time_hold_up_nobody() {
    on_each(async || {
        const CLIENTS: usize = 200;
        const BYTES: usize = 20;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = filch::spawn(async move {
            let mut echoes = Vec::new();
            for _ in 0..=CLIENTS {
                let (mut stream, _) = listener.accept().await.unwrap();
                echoes.push(filch::spawn(async move {
                    let mut all = Vec::new();
                    stream.read_to_end(&mut all).await.unwrap();
                    stream.write_all(&all).await.unwrap();
                }));
            }
            for echo in echoes {
                echo.await.unwrap();
            }
        });
        let slow: Vec<JoinHandle<()>> = (0..CLIENTS)
            .map(|_| {
                filch::spawn(async move {
                    let mut stream = TcpStream::connect(address).await.unwrap();
                    stream.set_nodelay(true).unwrap();
                    for byte in bytes(BYTES) {
                        stream.write_all(&[byte]).await.unwrap();
                        sleep(SOON).await;
                    }
                    finish(stream, &bytes(BYTES)).await;
                })
            })
            .collect();
        // One in a hurry among them.
        let mut quick = TcpStream::connect(address).await.unwrap();
        quick.write_all(&bytes(1000)).await.unwrap();
        finish(quick, &bytes(1000)).await;
        for client in slow {
            client.await.unwrap();
        }
        server.await.unwrap();
    });
}

/// Ends the output and expects it as an echo.
async fn finish(mut stream: TcpStream, sent: &[u8]) {
    stream.shutdown().await.unwrap();
    let mut echoed = Vec::new();
    stream.read_to_end(&mut echoed).await.unwrap();
    assert_eq!(echoed, sent);
}

#[test]
fn a_reset_ends_whoever_waits_in_either_direction() {
    on_each(async || {
        let (near, far) = pair().await;
        let (mut read, mut write) = near.into_split();
        let reader = filch::spawn(async move { read.read(&mut [0; 8]).await });
        let writer = filch::spawn(async move { write.write_all(&bytes(64 << 20)).await });
        sleep(SOON).await;
        far.set_zero_linger().unwrap();
        drop(far);
        // The system tells the reason once; to the other it says that all is over.
        let read = reader.await.unwrap().map_err(|error| error.kind());
        let written = writer.await.unwrap().unwrap_err().kind();
        match read {
            Err(error) => assert_eq!(error, io::ErrorKind::ConnectionReset),
            Ok(n) => assert_eq!((n, written), (0, io::ErrorKind::ConnectionReset)),
        }
        assert!(matches!(written, io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe));
    });
}

#[test]
fn an_aborted_read_takes_no_byte_and_an_aborted_accept_no_connection() {
    on_each(async || {
        let (mut near, mut far) = pair().await;
        let data = bytes(200_000);
        let sender = filch::spawn(async move {
            for piece in data.chunks(777) {
                far.write_all(piece).await.unwrap();
                filch::task::yield_now().await;
            }
        });
        let mut received = Vec::new();
        let mut buf = [0; 512];
        loop {
            // Most of these end before anything has come.
            match timeout(Duration::from_micros(50), near.read(&mut buf)).await {
                Err(_elapsed) => {}
                Ok(Ok(0)) => break,
                Ok(n) => received.extend_from_slice(&buf[..n.unwrap()]),
            }
        }
        sender.await.unwrap();
        assert!(received == bytes(200_000));

        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let address = listener.local_addr().unwrap();
        for _ in 0..50 {
            let aborted = filch::spawn({
                let listener = Arc::clone(&listener);
                async move { listener.accept().await.unwrap() }
            });
            let client = filch::spawn(TcpStream::connect(address));
            aborted.abort();
            let accepted = aborted.await;
            let mut client = client.await.unwrap().unwrap();
            // Whoever has the connection answers.
            let (mut stream, _) = match accepted {
                Ok(accepted) => accepted,
                Err(_cancelled) => listener.accept().await.unwrap(),
            };
            stream.write_all(b"x").await.unwrap();
            assert_eq!(client.read_u8().await.unwrap(), b'x');
        }
    });
}

#[test]
fn an_aborted_datagram_was_sent_whole_or_not_at_all() {
    on_each(async || {
        let (near, far) = UnixDatagram::pair().unwrap();
        let near = Arc::new(near);
        let mut ends = Vec::new();
        for n in 0..200_u8 {
            let near = Arc::clone(&near);
            let sender = filch::spawn(async move { near.send(&[n; 100]).await.unwrap() });
            if n % 3 == 0 {
                filch::task::yield_now().await;
            }
            sender.abort();
            ends.push(sender);
            while let Ok(n) = far.try_recv(&mut [0; 200]) {
                assert_eq!(n, 100);
            }
        }
        for end in ends {
            let _sent_or_cancelled = end.await;
        }
        assert_eq!(near.send(b"more").await.unwrap(), 4);
        loop {
            match far.recv(&mut [0; 200]).await.unwrap() {
                4 => break,
                n => assert_eq!(n, 100),
            }
        }
    });
}

#[test]
fn a_descriptor_closed_under_us_is_an_error_and_harms_nobody_else() {
    on_each(async || {
        let (near, far) = std::os::unix::net::UnixStream::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        let (mut other, mut other_far) = UnixStream::pair().unwrap();
        let raw = near.as_raw_fd();
        let watched = AsyncFd::new(raw).unwrap();
        drop(watched.writable().await.unwrap());
        drop(near);
        let result = watched.async_io(Interest::WRITABLE, |_raw| {
            // As an operation on the number that was closed.
            Err::<(), _>(io::Error::from_raw_os_error(9))
        });
        assert_eq!(result.await.unwrap_err().raw_os_error(), Some(9));
        drop(watched);
        assert_eq!(AsyncFd::new(-1).unwrap_err().raw_os_error(), Some(9));
        drop(far);
        other.write_all(b"on we go").await.unwrap();
        other_far.read_exact(&mut [0; 8]).await.unwrap();
    });
}

#[test]
fn an_error_of_one_datagram_does_not_end_the_socket() {
    on_each(async || {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let gone = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        socket.connect(gone).await.unwrap();
        socket.send(b"nobody there").await.unwrap();
        let error = timeout(WATCHDOG, socket.recv(&mut [0; 8])).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(peer.local_addr().unwrap()).await.unwrap();
        socket.send(b"somebody").await.unwrap();
        assert_eq!(peer.recv(&mut [0; 8]).await.unwrap(), 8);
        assert!(socket.send(&[0; 70_000]).await.is_err(), "no datagram is as large");
        socket.send(b"").await.unwrap();
        assert_eq!(peer.recv(&mut [0; 8]).await.unwrap(), 0);
    });
}

#[test]
fn without_descriptors_nobody_is_accepted_or_connected_and_others_go_on() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    on_each(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mut near, mut far) = pair().await;
        let waiting = std::net::TcpStream::connect(address).unwrap();

        let before = getrlimit(Resource::Nofile);
        let limit = open_descriptors() as u64 + 50;
        setrlimit(Resource::Nofile, Rlimit { current: Some(limit), ..before }).unwrap();
        let taken: Vec<_> = std::iter::from_fn(|| fs::File::open("/dev/null").ok()).collect();
        let refused = listener.accept().await.unwrap_err();
        let unconnected = TcpStream::connect(address).await.unwrap_err();
        // Those who are connected do not notice.
        near.write_all(b"hello").await.unwrap();
        far.read_exact(&mut [0; 5]).await.unwrap();
        drop(taken);
        setrlimit(Resource::Nofile, before).unwrap();

        assert_eq!(refused.raw_os_error(), Some(24), "{refused}");
        assert_eq!(unconnected.raw_os_error(), Some(24), "{unconnected}");
        // It was not lost, although nothing new has happened to the listener.
        let (_, peer) = listener.accept().await.unwrap();
        assert_eq!(peer, waiting.local_addr().unwrap());
        drop(TcpStream::connect(address).await.unwrap());
        listener.accept().await.unwrap();
    });
}

#[test]
fn dropping_a_runtime_with_a_thousand_open_sockets_frees_every_descriptor() {
    let _alone = ALONE.lock();
    let before = open_descriptors();
    let runtime = runtime();
    let connected = Arc::new(AtomicUsize::new(0));
    let address: SocketAddr = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connected = Arc::clone(&connected);
        filch::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                // Ordering: Relaxed; a mere count.
                connected.fetch_add(1, Ordering::Relaxed);
                filch::spawn(async move { stream.read(&mut [0; 8]).await });
            }
        });
        address
    });
    runtime.block_on(async {
        for n in 0..500 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            // Some wait, some do not; in tasks that end with the runtime.
            filch::spawn(async move {
                if n % 2 == 0 {
                    let _ = stream.read(&mut [0; 8]).await;
                }
                std::future::pending::<()>().await;
                drop(stream);
            });
        }
        // Ordering: Relaxed; as above.
        while connected.load(Ordering::Relaxed) < 500 {
            sleep(Duration::from_millis(1)).await;
        }
    });
    assert!(open_descriptors() >= before + 1000);
    drop(runtime);
    assert_eq!(open_descriptors(), before);
}

#[test]
fn a_socket_that_outlives_its_runtime_returns_errors_and_closes() {
    let _alone = ALONE.lock();
    let before = open_descriptors();
    let runtime = runtime();
    let (mut near, far) = runtime.block_on(pair());
    drop(runtime);
    let other = Builder::new_current_thread().enable_all().build().unwrap();
    let error = other.block_on(near.read(&mut [0; 8])).unwrap_err();
    assert!(error.to_string().contains("shut down"), "{error}");
    drop(other);
    drop((near, far));
    assert_eq!(open_descriptors(), before);
}

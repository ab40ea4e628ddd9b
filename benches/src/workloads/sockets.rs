//! What do sockets cost beside the echo: a connection, many bytes, datagrams?

use super::{About, Entry, Goal, Measure, Outcome, Workload, as_many};
use crate::contestant::Contestant;
use crate::contestant::subjects::{Channel, Datagram, Stream};
use std::time::Instant;

pub(super) const ENTRIES: &[Entry] = &[
    Entry::everyone::<Accept>(),
    Entry::everyone::<Transfer>(),
    Entry::everyone::<UdpEcho>(),
    Entry::everyone::<OpenConnections>(),
];

const SOCKET: About = About {
    name: "",
    group: "sockets",
    question: "What do sockets cost beside the echo: a connection, many bytes, datagrams?",
    operation: "",
    measure: Measure::Time,
    size: 2_000,
    bench_size: Some(100),
    tiny: 4,
    operations: as_many,
    goals: &[],
};

/// Connections are opened and closed, one after the other; a task accepts them, and each has a task that
/// reads its end.
struct Accept;

impl Workload for Accept {
    const ABOUT: About = About {
        name: "accept",
        operation: "connection: opened, accepted, closed by both",
        ..SOCKET
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let elapsed = contestant.block_on(async move {
            let (listener, address) = C::Stream::listen().await.expect("a port is free");
            let server = C::spawn(async move {
                for _ in 0..size {
                    let mut stream = C::Stream::accept(&listener).await.expect("a client connects");
                    C::detach(C::spawn(async move {
                        assert!(stream.read_exact(&mut [0]).await.is_err(), "it is closed");
                    }));
                }
            });
            let start = Instant::now();
            let client = C::spawn(async move {
                for _ in 0..size {
                    drop(C::Stream::connect(address).await.expect("the server listens"));
                }
            });
            client.await;
            server.await;
            start.elapsed()
        });
        Outcome { elapsed, ..Outcome::default() }
    }
}

const CHUNK: usize = 64 * 1024;

/// One task writes, another reads.
struct Transfer;

impl Workload for Transfer {
    const ABOUT: About = About {
        name: "transfer",
        operation: "64 KiB from one end of a connection to the other",
        size: 10_000,
        ..SOCKET
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let elapsed = contestant.block_on(async move {
            let (listener, address) = C::Stream::listen().await.expect("a port is free");
            let mut writer = C::Stream::connect(address).await.expect("the server listens");
            let mut reader = C::Stream::accept(&listener).await.expect("a client connects");
            let start = Instant::now();
            let write = C::spawn(async move {
                let chunk = vec![7; CHUNK];
                for _ in 0..size {
                    writer.write_all(&chunk).await.expect("the other end reads");
                }
            });
            let read = C::spawn(async move {
                let mut chunk = vec![0; CHUNK];
                for _ in 0..size {
                    reader.read_exact(&mut chunk).await.expect("the other end writes");
                }
            });
            write.await;
            read.await;
            start.elapsed()
        });
        Outcome { elapsed, ..Outcome::default() }
    }
}

const MESSAGE: usize = 64;

/// A datagram there and back, one at a time: loopback loses none that a socket has room for.
struct UdpEcho;

impl Workload for UdpEcho {
    const ABOUT: About = About {
        name: "udp_echo",
        operation: "datagram of 64 bytes there and back",
        size: 20_000,
        bench_size: Some(1_000),
        ..SOCKET
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let elapsed = contestant.block_on(async move {
            let (server, address) = C::Datagram::bind().await.expect("a port is free");
            let (client, _) = C::Datagram::bind().await.expect("a port is free");
            let serve = C::spawn(async move {
                let mut message = [0; MESSAGE];
                for _ in 0..size {
                    let (bytes, from) = server.receive_from(&mut message).await.expect("it comes");
                    server.send_to(&message[..bytes], from).await.expect("it goes out");
                }
            });
            let start = Instant::now();
            let ask = C::spawn(async move {
                let mut message = [7; MESSAGE];
                for _ in 0..size {
                    client.send_to(&message, address).await.expect("it goes out");
                    client.receive_from(&mut message).await.expect("it comes");
                }
            });
            ask.await;
            serve.await;
            start.elapsed()
        });
        Outcome { elapsed, ..Outcome::default() }
    }
}

/// Connections that are open and say nothing: on each end a task waits to read.
struct OpenConnections;

impl Workload for OpenConnections {
    const ABOUT: About = About {
        name: "open_connections",
        operation: "socket of an open connection, and the task that waits to read from it",
        measure: Measure::Memory,
        size: 8_000,
        bench_size: None,
        operations: |connections| 2 * connections,
        goals: &[Goal::tokio(0.6)],
        ..SOCKET
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        contestant.block_on(async move {
            let before = super::memory::resident();
            let start = Instant::now();
            let (listener, address) = C::Stream::listen().await.expect("a port is free");
            let (ready, mut all_ready) = C::Channel::bounded::<()>(1);
            let wait = |mut stream: C::Stream, ready: Ready<C>| async move {
                C::Channel::send(&ready, ()).await;
                drop(ready);
                assert!(stream.read_exact(&mut [0]).await.is_err(), "nobody writes");
            };
            // One after the other: the queue of a listening socket is short.
            for _ in 0..size {
                let client = C::Stream::connect(address).await.expect("the server listens");
                let server = C::Stream::accept(&listener).await.expect("a client connects");
                C::detach(C::spawn(wait(client, ready.clone())));
                C::detach(C::spawn(wait(server, ready.clone())));
            }
            drop(ready);
            while C::Channel::receive(&mut all_ready).await.is_some() {}
            let bytes = super::memory::growth_since(before);
            Outcome { elapsed: start.elapsed(), bytes, samples: Vec::new() }
        })
    }
}

type Ready<C> = <<C as Contestant>::Channel as Channel>::Sender<()>;

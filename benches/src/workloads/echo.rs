//! What does a round trip of 64 bytes over loopback TCP cost, client and server in one process?

use super::{About, Candidate, Entry, Goal, Measure, On, Outcome, Workload};
use crate::contestant::subjects::Stream;
use crate::contestant::{Contestant, Filch, FilchLoop, Monoio, Smol, Tokio, TokioCurrent};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub(super) const ENTRIES: &[Entry] = &[Echo::<1>::ENTRY, Echo::<64>::ENTRY, Echo::<1_000>::ENTRY];

const MESSAGE: usize = 64;

type Listener<C> = <<C as Contestant>::Stream as Stream>::Listener;

async fn serve<C: Contestant>(listener: Listener<C>, connections: u64) {
    for _ in 0..connections {
        let mut stream = C::Stream::accept(&listener).await.expect("a client connects");
        C::detach(C::spawn(async move {
            let mut message = [0; MESSAGE];
            while stream.read_exact(&mut message).await.is_ok() {
                stream.write_all(&message).await.expect("the client reads");
            }
        }));
    }
}

/// Connects, and makes sure that the server has accepted.
async fn connect<C: Contestant>(address: SocketAddr) -> C::Stream {
    let mut stream = C::Stream::connect(address).await.expect("the server listens");
    ask::<C>(&mut stream, 1).await;
    stream
}

/// The time of each round trip.
async fn ask<C: Contestant>(stream: &mut C::Stream, round_trips: u64) -> Vec<Duration> {
    let mut message = [7; MESSAGE];
    let mut trips = Vec::with_capacity(round_trips as usize);
    // The end of one is the beginning of the next: the clock is read once for each.
    let mut begun = Instant::now();
    for _ in 0..round_trips {
        stream.write_all(&message).await.expect("the server reads");
        stream.read_exact(&mut message).await.expect("the server answers");
        let ended = Instant::now();
        trips.push(ended - begun);
        begun = ended;
    }
    trips
}

fn echo<C: Contestant>(contestant: &C, connections: u64, size: u64) -> Outcome {
    contestant.block_on(async {
        let (listener, address) = C::Stream::listen().await.expect("a port is free");
        let server = C::spawn(serve::<C>(listener, connections));
        let mut streams = Vec::new();
        for _ in 0..connections {
            streams.push(connect::<C>(address).await);
        }
        server.await;

        let start = Instant::now();
        let ask = |mut stream| async move { ask::<C>(&mut stream, size).await };
        let clients: Vec<_> = streams.into_iter().map(|stream| C::spawn(ask(stream))).collect();
        let mut samples = Vec::with_capacity((size * connections) as usize);
        for client in clients {
            samples.extend(client.await);
        }
        Outcome { elapsed: start.elapsed(), samples, bytes: None }
    })
}

/// So many connections, each with one message on its way.
struct Echo<const CONNECTIONS: u64>;

impl<const CONNECTIONS: u64> Echo<CONNECTIONS> {
    const ENTRY: Entry = Entry { about: Self::ABOUT, candidates: Self::CANDIDATES };

    /// Every runtime, and a thread per core with nothing to steal.
    const CANDIDATES: &'static [Candidate] = &[
        Candidate::of::<Self, Filch>(),
        Candidate::of::<Self, FilchLoop>(),
        Candidate::of::<Self, Tokio>(),
        Candidate::of::<Self, TokioCurrent>(),
        Candidate::of::<Self, Smol>(),
        Candidate {
            name: Monoio::NAME,
            start: |workers| {
                Box::new(On { contestant: Monoio::new(workers), run: on_monoio::<CONNECTIONS> })
            },
        },
    ];
}

fn on_monoio<const CONNECTIONS: u64>(monoio: &Monoio, size: u64) -> Outcome {
    let (elapsed, samples) = monoio.echo(CONNECTIONS, size, MESSAGE);
    Outcome { elapsed, samples, bytes: None }
}

impl<const CONNECTIONS: u64> Workload for Echo<CONNECTIONS> {
    const ABOUT: About = About {
        name: match CONNECTIONS {
            1 => "echo_1_connection",
            64 => "echo_64_connections",
            _ => "echo_1000_connections",
        },
        group: "echo",
        question: "What does a round trip of 64 bytes over loopback TCP cost, client and server in one process?",
        operation: "round trip",
        measure: Measure::Trips,
        size: match CONNECTIONS {
            1 => 20_000,
            64 => 2_000,
            _ => 200,
        },
        bench_size: Some(match CONNECTIONS {
            1 => 1_000,
            64 => 100,
            _ => 10,
        }),
        tiny: 2,
        operations: |size| size * CONNECTIONS,
        goals: match CONNECTIONS {
            1 => &[Goal::tokio(0.9)],
            // Two sends and two receives, and the waits, which many share.
            64 => &[Goal::tokio(0.86), Goal::syscalls(4.5)],
            _ => &[],
        },
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        echo(contestant, CONNECTIONS, size)
    }
}

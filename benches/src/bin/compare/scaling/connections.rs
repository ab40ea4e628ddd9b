//! Round trips over as many connections as the size says. Their number is the same for every size, or a long curve would take an hour.

use std::time::Instant;

use filch_benches::contestant::Contestant;
use filch_benches::contestant::subjects::Stream;
use filch_benches::workloads::{About, Entry, Measure, Outcome, Workload};

pub const NAME: &str = "connections";
pub const ENTRY: Entry = Entry::threaded::<Connections>();

const ROUND_TRIPS: u64 = 16_000;
const MESSAGE: usize = 64;

/// Each connection makes so many round trips.
fn share(connections: u64) -> u64 {
    ROUND_TRIPS.div_ceil(connections)
}

struct Connections;

impl Workload for Connections {
    const ABOUT: About = About {
        name: NAME,
        group: "scaling",
        question: "What does a round trip cost among many connections?",
        operation: "round trip",
        measure: Measure::Time,
        size: 1_000,
        bench_size: None,
        tiny: 4,
        operations: |size| size * share(size),
        goals: &[],
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let elapsed = contestant.block_on(async {
            let (listener, address) = C::Stream::listen().await.expect("a port is free");
            let mut clients = Vec::new();
            // One after the other: the queue of a listening socket is short.
            for _ in 0..size {
                let (accepted, connected) = both::<C>(&listener, address).await;
                C::detach(C::spawn(serve(accepted)));
                clients.push(connected);
            }
            let start = Instant::now();
            let ask = |client| C::spawn(ask(client, share(size)));
            let clients: Vec<_> = clients.into_iter().map(ask).collect();
            for client in clients {
                client.await;
            }
            start.elapsed()
        });
        Outcome { elapsed, ..Outcome::default() }
    }
}

type Listener<C> = <<C as Contestant>::Stream as Stream>::Listener;

/// Both ends of a new connection.
async fn both<C: Contestant>(
    listener: &Listener<C>,
    address: std::net::SocketAddr,
) -> (C::Stream, C::Stream) {
    // The kernel completes a connection before anybody accepts it.
    let connected = C::Stream::connect(address).await.expect("there is a listener");
    let accepted = C::Stream::accept(listener).await.expect("a client connects");
    (accepted, connected)
}

async fn serve(mut stream: impl Stream) {
    let mut message = [0; MESSAGE];
    while stream.read_exact(&mut message).await.is_ok() {
        stream.write_all(&message).await.expect("the client reads");
    }
}

async fn ask(mut stream: impl Stream, round_trips: u64) {
    let mut message = [7; MESSAGE];
    for _ in 0..round_trips {
        stream.write_all(&message).await.expect("the server reads");
        stream.read_exact(&mut message).await.expect("the server answers");
    }
}

//! What does a round trip of 64 bytes over loopback TCP cost, client and server in one process: with 64
//! connections at work, and with one?

use criterion::{criterion_group, criterion_main};
use filch_benches::contestant::Contestant;
use filch_benches::{Workload, compare};
use std::net::SocketAddr;

const MESSAGE: usize = 64;

async fn serve<C: Contestant>(listener: C::Listener, connections: u64) {
    for _ in 0..connections {
        let mut stream = C::accept(&listener).await.expect("a client connects");
        C::detach(C::spawn(async move {
            let mut message = [0; MESSAGE];
            while C::read_exact(&mut stream, &mut message).await.is_ok() {
                C::write_all(&mut stream, &message).await.expect("the client reads");
            }
        }));
    }
}

async fn ask<C: Contestant>(address: SocketAddr, round_trips: u64) {
    let mut stream = C::connect(address).await.expect("the server listens");
    let mut message = [7; MESSAGE];
    for _ in 0..round_trips {
        C::write_all(&mut stream, &message).await.expect("the server reads");
        C::read_exact(&mut stream, &mut message).await.expect("the server answers");
    }
}

fn echo<C: Contestant>(contestant: &C, connections: u64, round_trips: u64) {
    contestant.block_on(async {
        let (listener, address) = C::listen().await.expect("a port is free");
        let server = C::spawn(serve::<C>(listener, connections));
        let clients: Vec<_> =
            (0..connections).map(|_| C::spawn(ask::<C>(address, round_trips))).collect();
        for client in clients {
            client.await;
        }
        server.await;
    });
}

struct Many;

impl Workload for Many {
    const NAME: &'static str = "echo_64_connections";
    const OPERATIONS: u64 = 64 * 100;

    fn run<C: Contestant>(contestant: &C) {
        echo(contestant, 64, 100);
    }
}

struct One;

impl Workload for One {
    const NAME: &'static str = "echo_1_connection";
    const OPERATIONS: u64 = 1_000;

    fn run<C: Contestant>(contestant: &C) {
        echo(contestant, 1, Self::OPERATIONS);
    }
}

criterion_group!(benches, compare::<Many>, compare::<One>);
criterion_main!(benches);

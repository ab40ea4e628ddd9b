//! What do sockets cost beside the echo: a connection, many bytes, datagrams?

use criterion::{Criterion, criterion_group, criterion_main};

fn sockets(criterion: &mut Criterion) {
    filch_benches::measure(criterion, "sockets");
}

criterion_group!(benches, sockets);
criterion_main!(benches);

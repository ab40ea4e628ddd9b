//! What does a round trip over loopback TCP cost?

use criterion::{Criterion, criterion_group, criterion_main};

fn echo(criterion: &mut Criterion) {
    filch_benches::measure(criterion, "echo");
}

criterion_group!(benches, echo);
criterion_main!(benches);

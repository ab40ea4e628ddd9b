//! What does a task cost, from its spawning to its end?

use criterion::{Criterion, criterion_group, criterion_main};

fn spawn(criterion: &mut Criterion) {
    filch_benches::measure(criterion, "spawn");
}

criterion_group!(benches, spawn);
criterion_main!(benches);

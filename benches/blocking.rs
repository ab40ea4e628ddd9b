//! What does a blocking call cost, there and back?

use criterion::{Criterion, criterion_group, criterion_main};

fn blocking(criterion: &mut Criterion) {
    filch_benches::measure(criterion, "blocking");
}

criterion_group!(benches, blocking);
criterion_main!(benches);

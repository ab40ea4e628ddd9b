//! What does it cost that no child outlives its parent?

use criterion::{Criterion, criterion_group, criterion_main};

fn scope(criterion: &mut Criterion) {
    filch_benches::measure(criterion, "scope");
}

criterion_group!(benches, scope);
criterion_main!(benches);

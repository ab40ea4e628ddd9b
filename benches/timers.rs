//! What does a timer cost?

use criterion::{Criterion, criterion_group, criterion_main};

fn timers(criterion: &mut Criterion) {
    filch_benches::measure(criterion, "timers");
}

criterion_group!(benches, timers);
criterion_main!(benches);

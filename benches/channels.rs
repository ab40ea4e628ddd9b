//! What does a message cost, from task to task?

use criterion::{Criterion, criterion_group, criterion_main};

fn channels(criterion: &mut Criterion) {
    filch_benches::measure(criterion, "channels");
}

criterion_group!(benches, channels);
criterion_main!(benches);

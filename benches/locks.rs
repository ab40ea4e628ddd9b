//! What does a lock cost, a permit, a notification: free, and fought for?

use criterion::{Criterion, criterion_group, criterion_main};

fn locks(criterion: &mut Criterion) {
    filch_benches::measure(criterion, "locks");
}

criterion_group!(benches, locks);
criterion_main!(benches);

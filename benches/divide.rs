//! What does it cost to divide work into tasks, down to almost nothing?

use criterion::{Criterion, criterion_group, criterion_main};

fn divide(criterion: &mut Criterion) {
    filch_benches::measure(criterion, "divide");
}

criterion_group!(benches, divide);
criterion_main!(benches);

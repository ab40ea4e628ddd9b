//! What does it cost to go from one task to another?

use criterion::{Criterion, criterion_group, criterion_main};

fn switch(criterion: &mut Criterion) {
    filch_benches::measure(criterion, "switch");
}

criterion_group!(benches, switch);
criterion_main!(benches);

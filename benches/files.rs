//! What does it cost to read files that the kernel has in memory?

use criterion::{Criterion, criterion_group, criterion_main};

fn files(criterion: &mut Criterion) {
    filch_benches::measure(criterion, "files");
}

criterion_group!(benches, files);
criterion_main!(benches);

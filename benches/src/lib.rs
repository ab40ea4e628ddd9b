//! What the benches have in common: the contestants, and how a group is run.
//!
//! Each contestant does the same work with its own spawn, its own channels and its own sockets, on the
//! same number of workers. They take turns inside one run of one program, so that a ratio between two of
//! them holds even where the machine's speed drifts.

pub mod contestant;

use contestant::{Contestant, Filch, Smol, Tokio};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use std::time::Duration;

/// The number of workers that every contestant gets, unless a bench asks about that number.
pub const WORKERS: usize = 2;

/// One workload: what it is called, how many operations one run of it is, and the run.
pub trait Workload {
    /// The name in the field.
    const NAME: &'static str;
    /// How many operations one run is; figures are per operation.
    const OPERATIONS: u64;

    /// Runs it once.
    fn run<C: Contestant>(contestant: &C);
}

/// Measures `W` on every contestant, in one group.
pub fn compare<W: Workload>(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(W::NAME);
    group
        .throughput(Throughput::Elements(W::OPERATIONS))
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    measure::<W, Filch>(&mut group);
    measure::<W, Tokio>(&mut group);
    measure::<W, Smol>(&mut group);
    group.finish();
}

fn measure<W: Workload, C: Contestant>(group: &mut BenchmarkGroup<'_, WallTime>) {
    let contestant = C::new(WORKERS);
    group.bench_function(C::NAME, |bencher| bencher.iter(|| W::run(&contestant)));
}

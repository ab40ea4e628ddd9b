//! What the benches have in common: the contestants, the workloads, and how a group is run.
//!
//! Each contestant does the same work with its own spawn, its own channels and its own sockets, on the
//! same number of workers.

pub mod contestant;
pub mod neighbours;
pub mod workloads;

use criterion::{Criterion, SamplingMode, Throughput};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::time::Duration;

/// The number of workers that every contestant gets, unless a bench asks about that number.
pub const WORKERS: usize = 2;

/// Lets this process open as many files as it is allowed to, and says how many.
pub fn raise_file_limit() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 0 };
    match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    }
}

/// Measures the workloads of `group` with criterion: the contestants one after the other for each
/// workload, so that a ratio between two of them holds even where the machine's speed drifts.
pub fn measure(criterion: &mut Criterion, group: &str) {
    raise_file_limit();
    for entry in workloads::all().filter(|entry| entry.about.group == group) {
        let Some(size) = entry.about.bench_size else { continue };
        let mut bench = criterion.benchmark_group(format!("{group}/{}", entry.about.name));
        bench
            .throughput(Throughput::Elements((entry.about.operations)(size)))
            // Flat: a run may need far more time to prepare than it takes.
            .sampling_mode(SamplingMode::Flat)
            .sample_size(10)
            .warm_up_time(Duration::from_millis(200))
            .measurement_time(Duration::from_secs(1));
        for candidate in entry.candidates {
            let mut runner = (candidate.start)(WORKERS);
            bench.bench_function(candidate.name, |bencher| {
                bencher.iter_custom(|runs| (0..runs).map(|_| runner.run(size).elapsed).sum());
            });
        }
        bench.finish();
    }
}

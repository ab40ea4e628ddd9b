//! What a piece of work cost this process.
//!
//! A cell runs in a process of its own, so the process's CPU time, peak memory and threads are the cell's.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Started before the work, read after it.
#[derive(Debug)]
pub struct Stopwatch {
    wall: Instant,
    cpu: Duration,
}

/// What the stopwatch saw.
#[derive(Clone, Copy, Debug)]
pub struct Elapsed {
    /// Time that went by.
    pub wall: Duration,
    /// Time that the threads of this process spent computing, in the kernel too.
    pub cpu: Duration,
}

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Self { wall: Instant::now(), cpu: cpu_time() }
    }

    /// Reads without stopping.
    pub fn read(&self) -> Elapsed {
        Elapsed { wall: self.wall.elapsed(), cpu: cpu_time().saturating_sub(self.cpu) }
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    // The clock starts at zero with the process: neither part is ever negative.
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The most memory that was resident at a time since this process started, in bytes; `None` where `/proc` does not say.
///
/// Not `getrusage`: its figure survives `exec`, so it would be the parent's where that was larger.
pub fn peak_memory() -> Option<u64> {
    memory("VmHWM:")
}

/// The memory that is resident now, in bytes; `None` where `/proc` does not say.
pub fn resident_memory() -> Option<u64> {
    memory("VmRSS:")
}

fn memory(figure: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static COUNTED: Cell<bool> = const { Cell::new(false) };
}

/// Called by the work itself, wherever it may have changed its thread: counts the calling thread, once.
pub fn working_here() {
    if !COUNTED.replace(true) {
        // Ordering: Relaxed; a plain count. Whoever reads it has joined the work before, which orders the two.
        THREADS.fetch_add(1, Ordering::Relaxed);
    }
}

/// How many threads have called [`working_here`].
pub fn threads_that_worked() -> usize {
    THREADS.load(Ordering::Relaxed)
}

static STOLEN: OnceLock<u64> = OnceLock::new();

/// Called when a runtime with workers has done its work: how many tasks they took from each other.
pub fn stole(tasks: u64) {
    let _ = STOLEN.set(tasks);
}

/// What was told to [`stole`]; `None` where nothing can be stolen.
pub fn stolen_tasks() -> Option<u64> {
    STOLEN.get().copied()
}

/// The middle of `values`; of the two in the middle their mean. `None` of nothing.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        length if length % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

/// Half the distance between the smallest and the largest of `values`, as a part of their median.
pub fn spread(values: impl IntoIterator<Item = f64> + Clone) -> Option<f64> {
    let middle = median(values.clone())?;
    let (low, high) = values
        .into_iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    (middle > 0.0).then(|| (high - low) / 2.0 / middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_the_mean_of_two() {
        assert_eq!(median([]), None);
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn the_spread_is_half_the_range_over_the_median() {
        assert_eq!(spread([1.0]), Some(0.0));
        assert_eq!(spread([1.0, 2.0, 3.0]), Some(0.5));
        assert_eq!(spread([]), None);
    }

    #[test]
    fn computing_costs_cpu_time() {
        let watch = Stopwatch::start();
        while watch.read().cpu < Duration::from_millis(5) {
            std::hint::spin_loop();
        }
        assert!(watch.read().wall > Duration::ZERO);
    }

    #[test]
    fn a_thread_is_counted_once() {
        let before = threads_that_worked();
        std::thread::scope(|threads| {
            for _ in 0..3 {
                threads.spawn(|| {
                    working_here();
                    working_here();
                });
            }
        });
        assert_eq!(threads_that_worked() - before, 3);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn peak_memory_grows_with_what_is_touched() {
        const SIZE: u64 = 32 << 20;
        let touched = vec![1_u8; SIZE as usize];
        assert!(peak_memory().expect("/proc is there") >= SIZE, "{}", touched[touched.len() / 2]);
    }
}

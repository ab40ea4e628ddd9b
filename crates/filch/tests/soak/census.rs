//! What the process holds: memory, threads, descriptors; and whether that grows.

use crate::descriptors::open_descriptors;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::thread;
use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::time::{Duration, Instant};

/// Counts the bytes that are allocated: the memory that the system has given changes with the allocator's mood.
struct Counting;

static LIVE_BYTES: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is left to `System`; the count is on the side.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Ordering: Relaxed; a mere count.
        LIVE_BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: by the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // Ordering: Relaxed; as above.
        LIVE_BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: by the caller's promise.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Waits, for a minute at most.
#[track_caller]
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < end, "not after a minute: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

pub fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// What the system has given, in bytes; for people: it is not compared.
fn resident() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = pages.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

#[derive(Clone, Copy, Debug, Default)]
struct Held {
    bytes: usize,
    threads: usize,
    descriptors: usize,
}

impl Held {
    fn now() -> Self {
        // Ordering: Relaxed; a mere count.
        let bytes = LIVE_BYTES.load(Ordering::Relaxed);
        Self { bytes, threads: threads(), descriptors: open_descriptors() }
    }

    fn least(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.min(other.bytes),
            threads: self.threads.min(other.threads),
            descriptors: self.descriptors.min(other.descriptors),
        }
    }
}

/// The least that was held between laps, in each fifth of the run: a runtime that is still ending, or blocking calls
/// that have met, are no growth; what has leaked is there after every lap.
pub struct Census {
    fifth: Duration,
    least: [Option<Held>; 5],
    next_line: Duration,
}

impl Census {
    pub fn new(length: Duration) -> Self {
        Self { fifth: length / 5, least: Default::default(), next_line: Duration::ZERO }
    }

    /// After lap number `lap`. Says so from time to time.
    pub fn take(&mut self, lap: usize, elapsed: Duration) {
        let held = Held::now();
        let index = (elapsed.as_nanos() / self.fifth.as_nanos().max(1)).min(4) as usize;
        self.least[index] = Some(self.least[index].map_or(held, |least| least.least(held)));
        if elapsed >= self.next_line {
            let Held { bytes, threads, descriptors } = held;
            let (bytes, resident) = (bytes >> 10, resident() >> 10);
            println!(
                "{:6} s, lap {lap}: {bytes} KiB allocated, {resident} KiB resident, {threads} threads, \
                 {descriptors} descriptors",
                elapsed.as_secs()
            );
            self.next_line =
                elapsed + self.fifth.clamp(Duration::from_secs(1), Duration::from_secs(60));
        }
    }

    /// What the last fifth held more of than the first, beyond what tables that have grown to their size account for.
    pub fn growth(&self) -> Vec<String> {
        println!("the least between laps, by fifths of the run: {:#?}", self.least);
        let mut taken = self.least.iter().flatten();
        let first = taken.next().expect("a lap has ended");
        let last = taken.next_back().unwrap_or(first);
        let mut grown = Vec::new();
        if last.bytes > first.bytes + first.bytes / 5 + (256 << 10) {
            grown.push(format!("{} bytes allocated at first, {} at last", first.bytes, last.bytes));
        }
        // Runtimes that are ending, and blocking calls, may be there at the end of a lap.
        if last.threads > first.threads + 64 {
            grown.push(format!("{} threads at first, {} at last", first.threads, last.threads));
        }
        if last.descriptors > first.descriptors + 32 {
            grown.push(format!(
                "{} descriptors at first, {} at last",
                first.descriptors, last.descriptors
            ));
        }
        grown
    }
}

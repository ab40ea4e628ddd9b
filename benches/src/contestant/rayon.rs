//! rayon: no tasks that wait, but the yardstick for dividing work.

/// A thread pool of rayon's, for the workloads that only divide.
#[derive(Debug)]
pub struct Rayon(rayon::ThreadPool);

impl Rayon {
    /// Its name.
    pub const NAME: &'static str = "rayon";

    /// A pool with `workers` threads.
    pub fn new(workers: usize) -> Self {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(workers).build();
        Self(pool.expect("the pool starts"))
    }

    /// Calls `work` inside of the pool.
    pub fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.0.install(work)
    }
}

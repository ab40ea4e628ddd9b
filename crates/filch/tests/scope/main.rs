//! Structured concurrency: one file per situation.

mod basic;
mod cancel;
mod deadline;
mod dropped;
mod inherit;
mod local;
mod nested;
mod panic;

use filch::runtime::{Builder, Runtime};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// After how long a test counts as hung.
const HUNG: Duration = Duration::from_secs(30);

/// Runs `body` on a thread of its own, and panics if it has not ended in [`HUNG`].
#[track_caller]
fn bounded(body: impl FnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel::<()>();
    let thread = std::thread::Builder::new()
        .spawn(move || {
            let _done = done;
            body();
        })
        .unwrap();
    if ended.recv_timeout(HUNG) == Err(mpsc::RecvTimeoutError::Timeout) {
        panic!("the test hung for {HUNG:?}");
    }
    if let Err(payload) = thread.join() {
        std::panic::resume_unwind(payload);
    }
}

/// Runs `test` on one thread, on 1 and on 4 workers; there both from `block_on` and as a task.
#[track_caller]
fn each<F: Future<Output = ()> + Send + 'static>(test: impl Fn() -> F + Send + 'static) {
    bounded(move || {
        let single = Builder::new_current_thread().enable_all().build().unwrap();
        single.block_on(test());
        for workers in [1, 4] {
            let runtime = multi(workers);
            runtime.block_on(test());
            runtime.block_on(runtime.spawn(test())).unwrap();
        }
    });
}

fn multi(workers: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(workers).enable_all().build().unwrap()
}

/// Counts the drops of its clones' guards.
#[derive(Clone, Default)]
struct Drops(Arc<AtomicUsize>);

impl Drops {
    /// Counts when it is dropped.
    fn guard(&self) -> DropGuard {
        DropGuard(self.clone())
    }

    fn count(&self) -> usize {
        // Ordering: Acquire; pairs with the Release of the drops.
        self.0.load(Ordering::Acquire)
    }
}

struct DropGuard(Drops);

impl Drop for DropGuard {
    fn drop(&mut self) {
        // Ordering: Release; pairs with the Acquire in `count`.
        self.0.0.fetch_add(1, Ordering::Release);
    }
}

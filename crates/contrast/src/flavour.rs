//! The two flavours of the runtime behind one verb, so that each piece of work is written once.

use std::io;

use filch::runtime::{Builder, EventLoop};

use crate::measure::stole;

/// On what a future runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// One thread, one queue, first in first out.
    EventLoop,
    /// That many workers, which steal from each other.
    Workers(usize),
}

impl Flavour {
    /// Builds the runtime, runs `main` on it to its end, and drops the runtime: tasks that are left are cancelled.
    ///
    /// # Errors
    /// When the runtime cannot be built, with the operating system's reason.
    pub fn run<F: Future>(self, main: F) -> io::Result<F::Output> {
        match self {
            Self::EventLoop => Ok(EventLoop::new()?.block_on(main)),
            Self::Workers(workers) => {
                let runtime =
                    Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
                let done = runtime.block_on(main);
                stole(runtime.metrics().stolen_tasks());
                Ok(done)
            }
        }
    }
}

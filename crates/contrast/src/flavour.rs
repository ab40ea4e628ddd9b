//! The two flavours of the runtime behind one verb, so that each piece of work is written once.

use std::io;

use filch::record::Recorder;
use filch::runtime::Builder;

use crate::measure::stole;
use crate::timeline;

/// Of a run that is recorded: more than a shortened one has, in 2 or 4 MB for each thread.
const EVENTS_PER_THREAD: usize = 1 << 18;

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
        let events = if timeline::is_recording() { EVENTS_PER_THREAD } else { 0 };
        match self {
            Self::EventLoop => {
                let event_loop =
                    Builder::new_current_thread().enable_all().record(events).build_event_loop()?;
                Ok(recorded(event_loop.recorder(), || event_loop.block_on(main)))
            }
            Self::Workers(workers) => {
                let runtime = Builder::new_multi_thread()
                    .worker_threads(workers)
                    // As many threads as the column says: a spare would make two of one that is stuck.
                    .spare_workers(0)
                    .enable_all()
                    .record(events)
                    .build()?;
                let done = recorded(runtime.recorder(), || runtime.block_on(main));
                stole(runtime.metrics().stolen_tasks());
                Ok(done)
            }
        }
    }
}

/// Runs `work`, recorded if there is a recorder.
fn recorded<T>(recorder: Option<Recorder>, work: impl FnOnce() -> T) -> T {
    let Some(recorder) = recorder else { return work() };
    recorder.start();
    let done = work();
    timeline::keep(recorder.stop());
    done
}

//! The workloads, each written once, by the names and with the parameters that the field gave them.
//!
//! | who | starts here |
//! |---|---|
//! | writes a workload | [`Workload`], [`About`], [`Outcome`]; then a line in the module's `ENTRIES` |
//! | runs workloads by name | [`all`], [`find`], [`Entry::start`], [`Runner::run`] |
//!
//! ```
//! use filch_benches::workloads;
//!
//! let entry = workloads::find("yield_alone").unwrap();
//! let mut runner = entry.start("filch", 2).unwrap();
//! let size = 100;
//! let outcome = runner.run(size);
//! let each = outcome.elapsed / (entry.about.operations)(size) as u32;
//! println!("{}: {each:?} for each {}", entry.about.name, entry.about.operation);
//! ```
//!
//! The text of a workload is the same for all, the means are each runtime's own: its spawn, its channels,
//! its locks, its sockets. What one run prepares (connections, busy tasks, threads) is outside of the time
//! that it reports. Where an event loop cannot do the work (spawning from outside while it runs), it is left
//! out; where it can only do it badly (a child of a task that blocks), it stays in.

mod blocking;
mod channels;
mod divide;
mod echo;
mod files;
mod goal;
mod latency;
mod locks;
mod memory;
mod remote;
mod scope;
mod sockets;
mod spawn;
mod switch;
mod timers;

use crate::contestant::{Contestant, Filch, FilchLoop, FilchRecorded, Smol, Tokio, TokioCurrent};
use std::time::{Duration, Instant};

pub use goal::{Bound, Goal, Of};

/// A workload: what it is about, and one run of it.
pub trait Workload: 'static {
    /// What is known before the run.
    const ABOUT: About;

    /// Runs it once.
    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome;
}

/// What is known of a workload before it runs.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The name in the field.
    pub name: &'static str,
    /// The group, one word: also the name of the file with the criterion bench.
    pub group: &'static str,
    /// What the group's readers ask.
    pub question: &'static str,
    /// What one operation is.
    pub operation: &'static str,
    /// What is measured.
    pub measure: Measure,
    /// The field's size.
    pub size: u64,
    /// A size for criterion, where one run is a few milliseconds; `None` where no such size says
    /// anything, or where the run is no time.
    pub bench_size: Option<u64>,
    /// A size that only shows that it works.
    pub tiny: u64,
    /// How many operations a run of a size is.
    pub operations: fn(size: u64) -> u64,
    /// What filch wants to be.
    pub goals: &'static [Goal],
}

/// What a workload measures.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Measure {
    /// The headline is [`Outcome::elapsed`] per operation.
    Time,
    /// The same, and each operation's own time is in [`Outcome::samples`]: many are on their way at once.
    Trips,
    /// The headline is the median of [`Outcome::samples`]; the tail counts too. `elapsed` is their sum.
    Latency,
    /// The headline is [`Outcome::bytes`] per operation, in a process that ran nothing else before.
    /// `elapsed` is what the workload took beyond the time that it had to wait.
    Memory,
}

/// What one run gave.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The time that counts: without what came before and after.
    pub elapsed: Duration,
    /// One per operation where that is the question, unsorted; else empty.
    pub samples: Vec<Duration>,
    /// By how much the resident memory grew, where that is the question and the system tells.
    pub bytes: Option<u64>,
}

impl Outcome {
    /// The time that `work` takes.
    pub fn time(work: impl FnOnce()) -> Self {
        let start = Instant::now();
        work();
        Self { elapsed: start.elapsed(), ..Self::default() }
    }

    /// A workload that measured each operation.
    pub fn samples(samples: Vec<Duration>) -> Self {
        Self { elapsed: samples.iter().sum(), samples, ..Self::default() }
    }
}

/// A workload and those who do it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The workload.
    pub about: About,
    /// Those who do it, filch first.
    pub candidates: &'static [Candidate],
}

impl Entry {
    /// The workload on the runtime of that name with `workers` workers, ready to run; `None` if there
    /// is no such candidate.
    pub fn start(&self, runtime: &str, workers: usize) -> Option<Box<dyn Runner>> {
        let candidate = self.candidates.iter().find(|candidate| candidate.name == runtime)?;
        Some((candidate.start)(workers))
    }
}

/// Who does a workload.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// The name of the runtime; with a guest's channel: `filch+flume`.
    pub name: &'static str,
    /// Starts the runtime with that many workers; it ends with the runner.
    pub start: fn(workers: usize) -> Box<dyn Runner>,
}

/// A workload on a runtime that stands ready.
pub trait Runner {
    /// Runs it once.
    fn run(&mut self, size: u64) -> Outcome;
}

impl Candidate {
    /// `C` does `W`.
    const fn of<W: Workload, C: Contestant>() -> Self {
        Self::named::<W, C>(C::NAME)
    }

    /// The same under another name.
    const fn named<W: Workload, C: Contestant>(name: &'static str) -> Self {
        Self {
            name,
            start: |workers| Box::new(On { contestant: C::new(workers), run: W::run::<C> }),
        }
    }
}

struct On<C> {
    contestant: C,
    run: fn(&C, u64) -> Outcome,
}

impl<C> Runner for On<C> {
    fn run(&mut self, size: u64) -> Outcome {
        (self.run)(&self.contestant, size)
    }
}

/// Who does `W`, by kind.
struct Field<W>(W);

impl<W: Workload> Field<W> {
    /// Those with several threads.
    const THREADED: &'static [Candidate] =
        &[Candidate::of::<W, Filch>(), Candidate::of::<W, Tokio>(), Candidate::of::<W, Smol>()];
    /// Those, and those with one thread.
    const EVERYONE: &'static [Candidate] = &[
        Candidate::of::<W, Filch>(),
        Candidate::of::<W, FilchLoop>(),
        Candidate::of::<W, Tokio>(),
        Candidate::of::<W, TokioCurrent>(),
        Candidate::of::<W, Smol>(),
    ];
}

impl<W: Workload> Field<W> {
    /// Everyone, and filch with its recorder on.
    const RECORDED: &'static [Candidate] = &[
        Candidate::of::<W, Filch>(),
        Candidate::of::<W, FilchRecorded>(),
        Candidate::of::<W, FilchLoop>(),
        Candidate::of::<W, Tokio>(),
        Candidate::of::<W, TokioCurrent>(),
        Candidate::of::<W, Smol>(),
    ];
}

impl Entry {
    /// The workload on every runtime, and on filch with its recorder on.
    pub const fn recorded<W: Workload>() -> Self {
        Self { about: W::ABOUT, candidates: Field::<W>::RECORDED }
    }

    /// The workload on every runtime.
    pub const fn everyone<W: Workload>() -> Self {
        Self { about: W::ABOUT, candidates: Field::<W>::EVERYONE }
    }

    /// The workload on every runtime that has several threads.
    pub const fn threaded<W: Workload>() -> Self {
        Self { about: W::ABOUT, candidates: Field::<W>::THREADED }
    }
}

/// A static, so that all of it is compiled here, once, and not again in each program.
static GROUPS: [&[Entry]; 14] = [
    spawn::ENTRIES,
    remote::ENTRIES,
    switch::ENTRIES,
    divide::ENTRIES,
    latency::ENTRIES,
    blocking::ENTRIES,
    timers::ENTRIES,
    channels::ENTRIES,
    locks::ENTRIES,
    scope::ENTRIES,
    echo::ENTRIES,
    sockets::ENTRIES,
    files::ENTRIES,
    memory::ENTRIES,
];

/// All workloads, by group.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    GROUPS.into_iter().flatten()
}

/// The workload of that name.
pub fn find(name: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.about.name == name)
}

/// For workloads whose size is their number of operations.
const fn as_many(size: u64) -> u64 {
    size
}

/// Spawns so many tasks and awaits them.
async fn at_once<C, F>(tasks: u64, task: impl Fn() -> F)
where
    C: Contestant,
    F: Future<Output = ()> + Send + 'static,
{
    let tasks: Vec<_> = (0..tasks).map(|_| C::spawn(task())).collect();
    for task in tasks {
        task.await;
    }
}

/// Computes for that long.
fn spin(duration: Duration) {
    let start = Instant::now();
    while start.elapsed() < duration {
        std::hint::spin_loop();
    }
}

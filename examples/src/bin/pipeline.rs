//! How do I keep all cores at work on a stream of files, and memory small?
//!
//! Stages joined by channels: find the files, read them, hash and compress them, write a report. A channel
//! that is full holds up the stage before it, so that a slow stage is never flooded (back-pressure). The
//! same code runs on one event loop and on N workers, and both times are printed: the stages that wait are
//! as fast on one thread, the one that computes is not.
//!
//! ```sh
//! cargo run --release -p filch-examples --bin pipeline -- --report /tmp/report.tsv crates
//! ```

use clap::Parser;
use filch::fs;
use filch::runtime::Builder;
use filch::sync::mpsc::{Receiver, Sender, channel};
use filch::task::{ScopeError, TaskGroup, try_scope};
use filch_examples::Failure;
use filch_examples::service::at_least_one;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

/// How many items wait between two stages.
const WAITING: usize = 4;

/// Hashes and compresses the files below a directory, on one event loop and on N workers.
#[derive(Parser)]
struct Options {
    /// The directory
    directory: PathBuf,

    /// Where to write the report: path, length, length when compressed, SHA-256
    #[arg(long, value_name = "FILE")]
    report: PathBuf,

    /// How many workers to compare with; unless given: one per core
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    workers: Option<usize>,
}

/// A file that was read.
struct Read {
    path: PathBuf,
    bytes: Vec<u8>,
    _counted: Counted,
}

/// How many files are in memory, and how many there were at most.
#[derive(Default)]
struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
}

/// One of them, for as long as it is there.
struct Counted(Arc<Gauge>);

impl Counted {
    fn one_more(gauge: &Arc<Gauge>) -> Self {
        let now = 1 + gauge.now.fetch_add(1, Relaxed);
        gauge.most.fetch_max(now, Relaxed);
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Relaxed);
    }
}

/// A line of the report.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    path: PathBuf,
    length: usize,
    compressed: usize,
    hash: String,
}

fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let workers = options.workers.unwrap_or_else(|| available_parallelism().map_or(1, usize::from));

    let event_loop = Builder::new_current_thread().build()?;
    let alone = event_loop.block_on(timed("one event loop", &options, 1))?;
    drop(event_loop);

    let runtime = Builder::new_multi_thread().worker_threads(workers).build()?;
    let together = runtime.block_on(timed(&format!("{workers} workers"), &options, workers))?;
    println!("speed-up: ×{:.2}", alone.as_secs_f64() / together.as_secs_f64());
    Ok(())
}

async fn timed(on: &str, options: &Options, computing: usize) -> Result<Duration, Failure> {
    let start = Instant::now();
    let gauge = Arc::<Gauge>::default();
    let (directory, report) = (options.directory.clone(), options.report.clone());
    let files = pipeline(directory, report, computing, gauge.clone()).await?;
    let (took, most) = (start.elapsed(), gauge.most.load(Relaxed));
    println!("{files} files on {on}: {took:.1?}, at most {most} in memory at a time");
    Ok(took)
}

/// The stages, each a child of one scope: the first error ends them all, and none is left behind.
async fn pipeline(
    directory: PathBuf,
    report: PathBuf,
    computing: usize,
    gauge: Arc<Gauge>,
) -> Result<usize, ScopeError<io::Error>> {
    try_scope(async move |s| {
        let (found, paths) = channel(WAITING);
        let (read, files) = channel(WAITING);
        let (crunched, lines) = channel(WAITING);
        s.named("find").try_spawn(find(directory, found));
        s.named("read").try_spawn(read_all(paths, read, gauge));
        s.named("crunch").spawn(crunch_all(files, crunched, computing));
        write(report, lines).await
    })
    .await
}

/// Below `directory`, every file; links are not followed, so there are no cycles.
async fn find(directory: PathBuf, found: Sender<PathBuf>) -> io::Result<()> {
    let mut directories = vec![directory];
    while let Some(directory) = directories.pop() {
        let mut entries =
            fs::read_dir(&directory).await.map_err(|error| about(&directory, error))?;
        while let Some(entry) = entries.next_entry().await? {
            let kind = entry.file_type().await?;
            if kind.is_dir() {
                directories.push(entry.path());
            } else if kind.is_file() && found.send(entry.path()).await.is_err() {
                return Ok(()); // the stage behind has failed, and says why
            }
        }
    }
    Ok(())
}

async fn read_all(
    mut paths: Receiver<PathBuf>,
    read: Sender<Read>,
    gauge: Arc<Gauge>,
) -> io::Result<()> {
    while let Some(path) = paths.recv().await {
        let _counted = Counted::one_more(&gauge);
        let bytes = fs::read(&path).await.map_err(|error| about(&path, error))?;
        if read.send(Read { path, bytes, _counted }).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// The stage that computes: a task per file, `computing` at a time.
async fn crunch_all(mut files: Receiver<Read>, crunched: Sender<Line>, computing: usize) {
    let group = TaskGroup::new().limit(computing);
    let end = group.run(async |s| {
        while let Some(file) = files.recv().await {
            s.ready().await;
            let crunched = crunched.clone();
            s.spawn(async move {
                // It keeps its thread for as long as it takes: other workers take over what waits there.
                let line = crunch(&file);
                drop(file); // what goes on from here is small
                let _ = crunched.send(line).await; // it fails if the writer is gone
            });
        }
    });
    if let Err(error) = end.await {
        panic!("{error}"); // it can be nothing else: `crunch` panicked
    }
}

fn crunch(Read { path, bytes, .. }: &Read) -> Line {
    let mut hash = String::new();
    for byte in Sha256::digest(bytes) {
        let _ = write!(hash, "{byte:02x}"); // into a String it cannot fail
    }
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    let compressed = encoder.write_all(bytes).and_then(|()| encoder.finish());
    let compressed = compressed.expect("writing to a Vec does not fail").len();
    Line { path: path.clone(), length: bytes.len(), compressed, hash }
}

/// The lines come in the order in which they were done; the report has them in the order of their paths.
async fn write(report: PathBuf, mut lines: Receiver<Line>) -> io::Result<usize> {
    let mut all = Vec::new();
    while let Some(line) = lines.recv().await {
        all.push(line);
    }
    all.sort();
    let mut text = String::new();
    for Line { path, length, compressed, hash } in &all {
        let _ = writeln!(text, "{}\t{length}\t{compressed}\t{hash}", path.display());
    }
    fs::write(&report, text).await.map_err(|error| about(&report, error))?;
    Ok(all.len())
}

/// An error of the operating system's does not say which file it is about.
fn about(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

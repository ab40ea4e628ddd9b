//! What does it cost to read files that the kernel has in memory?

use super::{About, Entry, Goal, Measure, Outcome, Workload};
use crate::contestant::Contestant;
use crate::contestant::subjects::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

pub(super) const ENTRIES: &[Entry] =
    &[Entry::everyone::<ReadSmall>(), Entry::everyone::<ReadLarge>()];

const FILES: About = About {
    name: "",
    group: "files",
    question: "What does it cost to read files that the kernel has in memory?",
    operation: "",
    measure: Measure::Time,
    size: 10_000,
    bench_size: Some(500),
    tiny: 4,
    operations: super::as_many,
    goals: &[Goal::tokio(1.0)],
};

/// How many tasks read at a time.
const TASKS: u64 = 64;

/// So many files of one kibibyte each, in a directory that goes away again.
fn small_files(files: u64) -> (tempfile::TempDir, Vec<PathBuf>) {
    let directory = tempfile::tempdir().expect("a directory for temporary files");
    let paths: Vec<_> = (0..files).map(|n| directory.path().join(n.to_string())).collect();
    for path in &paths {
        std::fs::write(path, [7; 1024]).expect("there is room for small files");
    }
    (directory, paths)
}

/// 64 tasks read small files, one after the other each, whole.
struct ReadSmall;

impl Workload for ReadSmall {
    const ABOUT: About =
        About { name: "read_small_files", operation: "file of 1 KiB, read whole", ..FILES };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let (_directory, paths) = small_files(size);
        let paths: Arc<[PathBuf]> = paths.into();
        let elapsed = contestant.block_on(async {
            let start = Instant::now();
            let read = |first: u64| {
                let paths = Arc::clone(&paths);
                async move {
                    let mut bytes = 0;
                    for path in paths.iter().skip(first as usize).step_by(TASKS as usize) {
                        bytes += C::File::read_whole(path).await.expect("it is there").len();
                    }
                    bytes
                }
            };
            let tasks: Vec<_> = (0..TASKS).map(|first| C::spawn(read(first))).collect();
            let mut bytes = 0;
            for task in tasks {
                bytes += task.await;
            }
            assert_eq!(bytes as u64, size * 1024);
            start.elapsed()
        });
        Outcome { elapsed, ..Outcome::default() }
    }
}

/// What is read of a large file at a time.
const CHUNK: usize = 64 * 1024;

/// One task reads one large file from its beginning to its end.
struct ReadLarge;

impl Workload for ReadLarge {
    const ABOUT: About = About {
        name: "read_large_file",
        operation: "64 KiB of one file, read in order",
        size: 2_000,
        ..FILES
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let directory = tempfile::tempdir().expect("a directory for temporary files");
        let path = directory.path().join("large");
        std::fs::write(&path, vec![7; CHUNK * size as usize]).expect("there is room for the file");
        let elapsed = contestant.block_on(async {
            let start = Instant::now();
            let reader = C::spawn(async move {
                let mut file = C::File::open(&path).await.expect("it is there");
                let mut buffer = vec![0; CHUNK];
                let mut bytes = 0;
                loop {
                    match file.read(&mut buffer).await.expect("it can be read") {
                        0 => return bytes,
                        read => bytes += read,
                    }
                }
            });
            assert_eq!(reader.await, CHUNK * size as usize);
            start.elapsed()
        });
        Outcome { elapsed, ..Outcome::default() }
    }
}

//! *Files, CPU-bound*: must show what concurrency cannot give. Hashing and compressing is computing: an event loop
//! takes as long for it as one task after the other, N workers on N cores are N times as fast.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};

use super::{
    ALL_COLUMNS, Prepared, Row, RowName, SAME_WITHIN, Shown, USUAL_FIGURES, Verdict, on_threads,
};
use crate::cell::{self, CellArgs, Column, Means, Sample};
use crate::input::{Failures, Search, find};
use crate::measure::{Stopwatch, working_here};
use crate::measured::Measured;
use crate::plan::Plan;
use crate::report::words::{bytes, counted, duration, factor};

pub const ROW: Row = Row {
    title: "Files, CPU-bound",
    columns: ALL_COLUMNS,
    figures: USUAL_FIGURES,
    prepare,
    cell,
    verdict,
};

/// Threads at a time in the thread column: with one per file, a large tree would meet the system's limit.
const THREADS_AT_ONCE: usize = 512;
/// Tasks at most, however small the files are.
const MOST_TASKS: usize = 100_000;
/// How much of a file is in memory at a time, in bytes.
const CHUNK: usize = 64 * 1024;
/// N workers are to be this near to N times as fast, as a part of N.
const NEAR_TO_N: f64 = 0.8;

/// How long one task after the other should take, in seconds: long enough to measure.
fn wanted_seconds(quick: bool) -> f64 {
    if quick { 0.4 } else { 1.2 }
}

fn prepare(plan: &Plan) -> Result<Prepared, String> {
    let found = find(&plan.path, Search::up_to(plan.limit_mib, plan.sources_only));
    let mut unreadable: Vec<_> = found.unreadable.named().collect();
    if found.files.is_empty() {
        return match unreadable.first() {
            Some(first) => Err(format!("{} cannot be read: {}", first.path, first.reason)),
            None => Err(format!(
                "there is no file to read at {}",
                plan.path.display()
            )),
        };
    }

    let mut args: Vec<std::ffi::OsString> = vec![
        "--path".into(),
        plan.path.clone().into(),
        "--limit".into(),
        plan.limit_mib.to_string().into(),
    ];
    if plan.sources_only {
        args.push("--sources-only".into());
    }
    // One pass, to learn how many make a measurement, and what cannot be read.
    let pass = cell::run_in_child(
        RowName::Files,
        Column::Sequential,
        &args,
        Duration::from_secs(24 * 3600),
    )?;
    unreadable.extend(pass.unreadable);
    unreadable.sort_unstable();
    unreadable.dedup();
    let readable = found.files.len().saturating_sub(unreadable.len());
    if readable == 0 {
        return Err(format!(
            "none of the {} at {} can be read",
            counted(found.files.len(), "file"),
            plan.path.display()
        ));
    }

    let most_passes = (MOST_TASKS / found.files.len()).max(1);
    let passes = (wanted_seconds(plan.quick) / pass.wall_s)
        .ceil()
        .clamp(1.0, most_passes as f64) as usize;
    args.extend(["--passes".into(), passes.to_string().into()]);

    let mut work = format!(
        "Read, hash (SHA-256) and compress {} below {}, {}{}; a task per file.",
        counted(found.files.len(), "file"),
        plan.path.display(),
        bytes(found.bytes),
        if passes > 1 {
            format!(", {passes} times over")
        } else {
            String::new()
        },
    );
    if found.limited || found.too_large > 0 {
        work += &format!(
            " There is more than that: --limit {} MiB was reached.",
            plan.limit_mib
        );
    }
    if found.not_files > 0 {
        work += &format!(
            " {} left out (links, sockets, devices).",
            counted(found.not_files, "special file")
        );
    }
    let limit_s = 120 + (pass.wall_s * passes as f64 * 20.0) as u64;
    Ok(Prepared {
        work,
        args,
        limit_s,
        unreadable,
        ..Prepared::default()
    })
}

fn cell(args: &CellArgs) -> Result<Sample, String> {
    let found = find(&args.path, Search::up_to(args.limit, args.sources_only));
    let work = Arc::new(Work {
        files: found.files,
        digests: AtomicU64::new(0),
        failures: Mutex::default(),
    });
    let (files, passes) = (work.files.len(), args.passes);
    let tasks = files * passes;

    let watch = Stopwatch::start();
    match args.means() {
        Means::Sequential => (0..tasks).for_each(|task| work.process(task % files)),
        Means::Threads => on_threads::run_each(tasks, THREADS_AT_ONCE, |task| {
            work.process(task % files);
            Ok(())
        })?,
        Means::Tasks(flavour) => flavour
            .run(async {
                let tasks: Vec<_> = (0..tasks)
                    .map(|task| {
                        let work = Arc::clone(&work);
                        filch::spawn(async move { work.process(task % files) })
                    })
                    .collect();
                for task in tasks {
                    task.await.map_err(|error| error.to_string())?;
                }
                Ok(())
            })
            .map_err(|error| error.to_string())
            .and_then(|done| done)?,
    }

    let mut sample = Sample::of_all_work(&watch, tasks);
    sample.digest = Some(format!("{:016x}", work.digests.load(Ordering::Relaxed)));
    sample.unreadable = work
        .failures
        .lock()
        .expect("no holder panics")
        .named()
        .collect();
    Ok(sample)
}

/// What the tasks share.
struct Work {
    files: Vec<PathBuf>,
    /// The sum of the first eight bytes of every digest: the same for the same work in any order.
    digests: AtomicU64,
    failures: Mutex<Failures>,
}

impl Work {
    /// Hashes and compresses one file. Deliberately a plain function without an await: that is what computing is.
    fn process(&self, file: usize) {
        working_here();
        let path = &self.files[file];
        match hash_and_compress(path) {
            // Ordering: Relaxed; a plain sum, read after the work was joined.
            Ok(digest) => drop(self.digests.fetch_add(digest, Ordering::Relaxed)),
            Err(error) => self
                .failures
                .lock()
                .expect("no holder panics")
                .add(path, &error),
        }
    }
}

/// Returns the first eight bytes of the digest; the compressed bytes are counted into it and thrown away.
fn hash_and_compress(path: &Path) -> io::Result<u64> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut compressed = DeflateEncoder::new(Counted(0), Compression::default());
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = match file.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hash.update(&chunk[..read]);
        compressed.write_all(&chunk[..read])?;
    }
    let length = compressed.finish()?.0;
    let digest = hash.finalize();
    let (first, _) = digest.split_first_chunk().expect("a digest has 32 bytes");
    Ok(u64::from_le_bytes(*first).wrapping_add(length))
}

/// Counts the bytes that are written to it.
struct Counted(u64);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn verdict(measured: &Measured) -> Verdict {
    let (Some(sequential), Some(event_loop), Some(workers)) = (
        measured.wall(Column::Sequential),
        measured.wall(Column::EventLoop),
        measured.workers_wall(),
    ) else {
        return Verdict::incomplete();
    };
    let label = measured.workers_label();
    let words = format!(
        "One file after the other took {}, the event loop {}: computing is not waiting, and one thread computes one thing at a time. {label} took {}, {} of sequential.",
        duration(sequential),
        duration(event_loop),
        duration(workers),
        factor(sequential / workers),
    );
    let at_once = measured.workers.min(measured.cores);
    if at_once < 2 {
        let why = if measured.cores < 2 {
            "This process may use one core only"
        } else {
            "There is only one worker"
        };
        return Verdict {
            shown: Shown::Undecided,
            words: format!("{words} {why}: parallelism cannot be seen in this run."),
        };
    }
    let no_faster = event_loop >= sequential * (1.0 - SAME_WITHIN);
    let near = sequential / workers >= at_once as f64 * NEAR_TO_N;
    let most = if measured.workers > measured.cores {
        format!(
            " ({} cannot be more than {at_once} times as fast on {}.)",
            label,
            counted(measured.cores, "core")
        )
    } else {
        String::new()
    };
    let judged = match (no_faster, near) {
        (true, true) => format!("That is parallelism: {} compute at the same time.", counted(at_once, "core")),
        (true, false) => format!("Less than was to be shown, which is nearly ×{at_once}: too few files, one very large file, or cores that are busy with something else."),
        (false, _) => "Not what was to be shown: the event loop should be no faster than one file after the other. Something else may have used this machine's cores.".to_owned(),
    };
    Verdict {
        shown: if no_faster && near {
            Shown::Yes
        } else {
            Shown::No
        },
        words: format!("{words} {judged}{most}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_depends_on_every_byte_of_a_file_of_several_chunks() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("file");
        let mut content = vec![7; CHUNK * 2 + 1];
        let digest = |content: &[u8]| {
            std::fs::write(&path, content).expect("can be written");
            hash_and_compress(&path).expect("can be read")
        };
        let before = digest(&content);
        assert_eq!(digest(&content), before);
        *content.last_mut().expect("not empty") = 8;
        assert_ne!(digest(&content), before);
    }

    #[test]
    fn a_directory_cannot_be_hashed() {
        assert!(hash_and_compress(Path::new(".")).is_err());
    }
}

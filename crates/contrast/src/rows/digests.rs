//! The computing of the *files* row: SHA-256 and deflate, over files.

use std::cell::RefCell;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};

use crate::input::{Failures, Unreadable};
use crate::measure::working_here;

/// How much of a file is in memory at a time, in bytes.
const CHUNK: usize = 64 * 1024;

/// Files, and what came of reading them so far. The tasks share one.
pub struct Digests {
    files: Vec<PathBuf>,
    /// The sum of the first eight bytes of every digest: the same for the same work in any order.
    sum: AtomicU64,
    failures: Mutex<Failures>,
}

impl Digests {
    /// Nothing is read yet.
    pub fn of(files: Vec<PathBuf>) -> Self {
        Self { files, sum: AtomicU64::new(0), failures: Mutex::default() }
    }

    /// How many files there are.
    pub fn files(&self) -> usize {
        self.files.len()
    }

    /// The sum so far, in hexadecimal.
    pub fn sum(&self) -> String {
        format!("{:016x}", self.sum.load(Ordering::Relaxed))
    }

    /// What could not be read so far.
    pub fn unreadable(&self) -> Vec<Unreadable> {
        self.failures.lock().expect("no holder panics").named().collect()
    }

    /// Hashes and compresses file number `file`. Deliberately a plain function without an await: that is what computing is.
    pub fn process(&self, file: usize) {
        working_here();
        let path = &self.files[file];
        match hash_and_compress(path) {
            // Ordering: Relaxed; a plain sum, read after the work was joined.
            Ok(digest) => drop(self.sum.fetch_add(digest, Ordering::Relaxed)),
            Err(error) => self.failures.lock().expect("no holder panics").add(path, &error),
        }
    }
}

/// What a thread needs for a file, and keeps for the next one.
///
/// A compressor has some 300 KiB of tables. Allocated for each file, they come from the kernel and go back to it each
/// time: page faults and interrupts to the other cores, which took a fifth of the time on two workers.
struct Tools {
    compressor: DeflateEncoder<Counted>,
    chunk: Vec<u8>,
}

thread_local! {
    static TOOLS: RefCell<Tools> = RefCell::new(Tools {
        compressor: DeflateEncoder::new(Counted(0), Compression::default()),
        chunk: vec![0; CHUNK],
    });
}

/// Returns the first eight bytes of the digest; the compressed bytes are counted and thrown away.
fn hash_and_compress(path: &Path) -> io::Result<u64> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    TOOLS.with_borrow_mut(|Tools { compressor, chunk }| {
        loop {
            let read = match file.read(chunk) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    compressor.reset(Counted(0))?;
                    return Err(error);
                }
            };
            hash.update(&chunk[..read]);
            compressor.write_all(&chunk[..read])?;
        }
        black_box(compressor.reset(Counted(0))?.0);
        let digest = hash.finalize();
        let (first, _) = digest.split_first_chunk().expect("a digest has 32 bytes");
        Ok(u64::from_le_bytes(*first))
    })
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

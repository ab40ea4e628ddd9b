//! Reads of an open file.

use super::{LARGEST, done};
use filch_io::ReadBuf;
use filch_primitives::atomic::{AtomicBool, Ordering};
use std::fs::File as StdFile;

/// What is known about reading one file without waiting.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    is_refused: AtomicBool,
}

impl Reads {
    /// Whether reads of this file may be inline at all, as far as one knows.
    pub(crate) fn are_possible(&self) -> bool {
        // Ordering: Relaxed; a hint, and whoever misses it asks in vain once more.
        cfg!(target_os = "linux") && !self.is_refused.load(Ordering::Relaxed)
    }

    /// From here on nobody asks.
    pub(crate) fn refuse(&self) {
        // Ordering: Relaxed; see `are_possible`.
        self.is_refused.store(true, Ordering::Relaxed);
    }

    /// Reads into `buf`, from `offset` or else from the file's position, which moves.
    pub(crate) fn read(
        &self,
        file: &StdFile,
        offset: Option<u64>,
        buf: &mut [u8],
    ) -> Option<usize> {
        if !self.are_possible() {
            return None;
        }
        let length = buf.len().min(LARGEST);
        match read(file, offset, &mut buf[..length]) {
            Outcome::Read(count) => {
                done();
                Some(count)
            }
            Outcome::Later => None,
            Outcome::Refused => {
                self.refuse();
                None
            }
        }
    }

    /// As [`read`](Self::read), at the position, into what is unfilled.
    pub(crate) fn read_into(&self, file: &StdFile, buf: &mut ReadBuf<'_>) -> Option<usize> {
        if !self.are_possible() {
            return None;
        }
        let length = buf.remaining().min(LARGEST);
        let count = self.read(file, None, buf.initialize_unfilled_to(length))?;
        buf.advance(count);
        Some(count)
    }
}

enum Outcome {
    Read(usize),
    /// It would have to wait, or the error is better found out by a hop.
    Later,
    /// This file system, or this kernel, never does it.
    Refused,
}

#[cfg(target_os = "linux")]
fn read(file: &StdFile, offset: Option<u64>, buf: &mut [u8]) -> Outcome {
    use rustix::fs::{fstat, tell};
    use rustix::io::{Errno, ReadWriteFlags, preadv2};
    use std::io::IoSliceMut;

    const POSITION: u64 = u64::MAX;
    if offset == Some(POSITION) {
        return Outcome::Later;
    }
    let at = offset.unwrap_or(POSITION);
    match preadv2(file, &mut [IoSliceMut::new(buf)], at, ReadWriteFlags::NOWAIT) {
        Ok(0) => {
            // Some kernels (5.9, 5.10) say so of a page that is not cached, too.
            let position = offset.map_or_else(|| tell(file), Ok);
            match (position, fstat(file)) {
                (Ok(position), Ok(stat)) if 0 < stat.st_size && stat.st_size as u64 <= position => {
                    Outcome::Read(0)
                }
                _ => Outcome::Later,
            }
        }
        Ok(count) => Outcome::Read(count),
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL | Errno::PERM | Errno::SPIPE) => {
            Outcome::Refused
        }
        Err(_) => Outcome::Later,
    }
}

#[cfg(not(target_os = "linux"))]
fn read(_file: &StdFile, _offset: Option<u64>, _buf: &mut [u8]) -> Outcome {
    Outcome::Refused
}

//! Reads that need no hop: the page cache has the bytes.
//!
//! Linux can be asked to read only what it can read without waiting. Most reads are of this kind, and
//! copying some kilobytes costs less than any way to another thread and back.

use filch_io::ReadBuf;
use filch_primitives::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::fs::File as StdFile;
use std::task::{Context, Poll};

/// At most so many bytes in one go, so that a poll stays short: some 20 µs.
const LARGEST: usize = 128 << 10;

/// After so many reads that did not have to wait, the others get a turn.
const STREAK: usize = 32;

/// What is known about reading one file without waiting.
#[derive(Debug, Default)]
pub(super) struct Inline {
    is_refused: AtomicBool,
    streak: AtomicUsize,
}

impl Inline {
    /// Whether reads of this file may be inline at all, as far as one knows.
    pub(super) fn is_possible(&self) -> bool {
        // Ordering: Relaxed; a hint, and whoever misses it asks in vain once more.
        cfg!(target_os = "linux") && !self.is_refused.load(Ordering::Relaxed)
    }

    /// From here on nobody asks.
    pub(super) fn refuse(&self) {
        // Ordering: Relaxed; see `is_possible`.
        self.is_refused.store(true, Ordering::Relaxed);
    }

    /// Reads into `buf`, from `offset` or else from the file's position, which moves.
    ///
    /// `None`: that would have to wait, or is refused, or fails in a way that a hop is to find out.
    pub(super) fn read(
        &self,
        file: &StdFile,
        offset: Option<u64>,
        buf: &mut [u8],
    ) -> Option<usize> {
        if !self.is_possible() {
            return None;
        }
        let length = buf.len().min(LARGEST);
        let outcome = read(file, offset, &mut buf[..length]);
        if outcome == Outcome::Refused {
            self.refuse();
        }
        if let Outcome::Read(count) = outcome { Some(count) } else { None }
    }

    /// As [`read`](Self::read), at the position, into what is unfilled.
    pub(super) fn read_into(&self, file: &StdFile, buf: &mut ReadBuf<'_>) -> Option<usize> {
        let length = buf.remaining().min(LARGEST);
        self.is_possible().then(|| self.read(file, None, buf.initialize_unfilled_to(length)))?
    }

    /// Pending once in a while: a task that reads from the page cache only would never give way.
    pub(super) fn poll_turn(&self, cx: &mut Context<'_>) -> Poll<()> {
        // Ordering: Relaxed; a count that nothing hangs on.
        if (self.streak.fetch_add(1, Ordering::Relaxed) + 1) % STREAK != 0 {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

#[derive(Debug, PartialEq)]
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

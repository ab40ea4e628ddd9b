//! What needs no hop: the kernel has it in memory, and says so instead of waiting for a disk.
//!
//! Linux can be asked to look up a path, and to read, only as far as it can without waiting. Most files that
//! a service opens are of this kind, and copying some kilobytes costs less than any way to another
//! thread and back. `None` always means: that takes a hop, which also finds out about errors.

#[cfg(target_os = "linux")]
mod path;
mod read;

#[cfg(target_os = "linux")]
pub(crate) use path::{metadata, open, read};
pub(crate) use read::Reads;

use filch_executor::Handle;
use filch_primitives::Budget;
use std::future::poll_fn;
use std::task::{Context, Poll};

/// At most so many bytes in one go, so that a poll stays short: some 20 µs.
const LARGEST: usize = 128 << 10;

/// What an operation takes of the task's budget: as much as so many messages.
const UNITS: u32 = 4;

/// An operation was done inline.
fn done() {
    Budget::spend(UNITS);
}

/// Pending when the task's budget is used up: a task that needs no hop would never give way.
///
/// # Panics
/// If no runtime is entered on this thread: whether one is needed must not depend on what is in memory.
pub(crate) fn poll_turn(cx: &mut Context<'_>) -> Poll<()> {
    Handle::current();
    Budget::poll_left(cx)
}

/// As [`poll_turn`], to be awaited before trying.
pub(crate) async fn turn() {
    poll_fn(poll_turn).await;
}

#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::{metadata, open, read};

/// Nothing can be had without waiting.
#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::fs::{File, Metadata};
    use std::path::Path;

    pub(crate) fn metadata(_path: &Path) -> Option<Metadata> {
        None
    }

    pub(crate) fn open(_path: &Path) -> Option<File> {
        None
    }

    pub(crate) fn read(_path: &Path) -> Option<Vec<u8>> {
        None
    }
}

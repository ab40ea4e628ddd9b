//! What is at a path, as far as it is in memory.
//!
//! A path is first opened as a place (`O_PATH`), which touches nothing: what is there is opened itself only if
//! it is a regular file, on a file system that has what it needs in memory then. A FIFO would notice, and
//! a server somewhere would have to be asked.

use super::{LARGEST, done};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, Stat, fcntl_setfl, fstat, fstatfs, openat2};
use rustix::io::{ReadWriteFlags, preadv2};
use std::fs::{File, Metadata};
use std::io::IoSliceMut;
use std::os::fd::OwnedFd;
use std::path::Path;

/// File systems whose inodes, once looked up, are in memory.
const LOCAL: [u32; 6] = [
    0x0000_ef53, // ext2, ext3, ext4
    0x5846_5342, // xfs
    0x9123_683e, // btrfs
    0xf2f5_2010, // f2fs
    0x0102_1994, // tmpfs
    0x794c_7630, // overlayfs
];

/// What the file system knows about a path; symbolic links are followed.
pub(crate) fn metadata(path: &Path) -> Option<Metadata> {
    let metadata = File::from(place(path)?).metadata().ok()?;
    done();
    Some(metadata)
}

/// Opens a regular file for reading.
pub(crate) fn open(path: &Path) -> Option<File> {
    let (file, _) = open_with_stat(path)?;
    fcntl_setfl(&file, OFlags::empty()).ok()?;
    done();
    Some(file.into())
}

/// Reads a whole file, if it is small.
pub(crate) fn read(path: &Path) -> Option<Vec<u8>> {
    let (file, stat) = open_with_stat(path)?;
    let size = usize::try_from(stat.st_size).ok()?;
    if size == 0 || size > LARGEST {
        return None;
    }
    // One byte more: a file that has grown is left to a hop.
    let mut bytes = vec![0; size + 1];
    let count =
        preadv2(&file, &mut [IoSliceMut::new(&mut bytes)], 0, ReadWriteFlags::NOWAIT).ok()?;
    if count != size {
        return None;
    }
    bytes.truncate(size);
    done();
    Some(bytes)
}

/// The place that a path leads to, on a local file system.
fn place(path: &Path) -> Option<OwnedFd> {
    let place = look_up(path, OFlags::PATH)?;
    let kind = fstatfs(&place).ok()?.f_type;
    LOCAL.contains(&(kind as u32)).then_some(place)
}

/// A regular file, open for reading and non-blocking.
fn open_with_stat(path: &Path) -> Option<(OwnedFd, Stat)> {
    let before = fstat(place(path)?).ok()?;
    if !is_regular(&before) {
        return None;
    }
    // Non-blocking, in case of a lease, or that it has become another thing since.
    let file = look_up(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)?;
    let stat = fstat(&file).ok()?;
    is_regular(&stat).then_some((file, stat))
}

fn look_up(path: &Path, flags: OFlags) -> Option<OwnedFd> {
    openat2(CWD, path, flags | OFlags::CLOEXEC, Mode::empty(), ResolveFlags::CACHED).ok()
}

fn is_regular(stat: &Stat) -> bool {
    rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_memory_is_read_without_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, "hello").unwrap();
        let local = place(&path).is_some();
        assert_eq!(read(&path).is_some(), local);
        assert_eq!(open(&path).is_some(), local);
        assert!(read(&path).is_none_or(|bytes| bytes == b"hello"));
        assert!(metadata(&path).is_none_or(|metadata| metadata.len() == 5));
    }

    #[test]
    fn what_is_no_regular_file_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        rustix::fs::mkfifoat(CWD, &fifo, 0o600.into()).unwrap();
        assert!(read(&fifo).is_none() && open(&fifo).is_none());
        assert!(read(dir.path()).is_none() && open(dir.path()).is_none());
        assert!(read(Path::new("/dev/zero")).is_none());
        assert!(read(Path::new("/proc/self/status")).is_none());
        assert!(read(&dir.path().join("missing")).is_none());
    }

    #[test]
    fn an_empty_and_a_large_file_take_a_hop() {
        let dir = tempfile::tempdir().unwrap();
        for size in [0, LARGEST + 1] {
            let path = dir.path().join(size.to_string());
            std::fs::write(&path, vec![0; size]).unwrap();
            assert!(read(&path).is_none());
        }
    }
}

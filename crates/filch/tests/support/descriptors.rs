//! Which descriptors this process holds.

use std::fs;

/// How many are open. Not those into `/proc`: the look itself has one, and the C library's allocator opens one
/// of its own when it first gives memory back, on whatever thread.
pub fn open_descriptors() -> usize {
    let is_ours = |fd: &fs::DirEntry| {
        // Closed since it was listed: not open.
        fs::read_link(fd.path()).is_ok_and(|target| !target.starts_with("/proc"))
    };
    fs::read_dir("/proc/self/fd").unwrap().map(Result::unwrap).filter(is_ours).count()
}

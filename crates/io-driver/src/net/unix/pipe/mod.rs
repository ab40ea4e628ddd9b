//! Pipes, with a name in the file system or without.
//!
//! ```
//! use filch_io_driver::{Driver, net::unix::pipe};
//!
//! # Driver::new()?.block_on(async {
//! let (sender, receiver) = pipe::pipe()?;
//! sender.try_write(b"hello")?;
//! receiver.readable().await?;
//! assert_eq!(receiver.try_read(&mut [0; 8])?, 5);
//! # std::io::Result::Ok(()) })?;
//! # std::io::Result::Ok(())
//! ```

/// How the examples of [`Sender`] begin, hidden: `stream` writes to `peer`.
macro_rules! sending {
    () => {
        "# use filch_io_driver::{Driver, Interest, net::unix::pipe};
# Driver::new()?.block_on(async {
# let (mut stream, mut peer) = pipe::pipe()?;"
    };
}

/// How the examples of [`Receiver`] begin, hidden: `stream` reads from `peer`.
macro_rules! receiving {
    () => {
        "# use filch_io_driver::{Driver, Interest, net::unix::pipe};
# Driver::new()?.block_on(async {
# let (mut peer, mut stream) = pipe::pipe()?;"
    };
}

/// As [`receiving`], and something has been written.
macro_rules! received {
    () => {
        concat!(receiving!(), "\n# peer.try_write(b\"hello\")?;")
    };
}

mod open;
mod receiver;
mod sender;

pub use open::OpenOptions;
pub use receiver::Receiver;
pub use sender::Sender;

use rustix::fs::{FileType, OFlags};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

/// An anonymous pipe: what the [`Sender`] writes, the [`Receiver`] reads.
///
/// # Errors
/// If the process has no descriptors left, or the driver was shut down.
///
/// # Panics
/// If no driver is entered on this thread.
///
/// ```
#[doc = sending!()]
/// stream.try_write(b"hello")?;
/// drop(stream);
/// peer.readable().await?;
/// assert_eq!(peer.try_read(&mut [0; 8])?, 5);
/// assert_eq!(peer.try_read(&mut [0; 8])?, 0); // the end
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn pipe() -> io::Result<(Sender, Receiver)> {
    let (read, write) = descriptors()?;
    Ok((Sender::from_file_unchecked(write.into())?, Receiver::from_file_unchecked(read.into())?))
}

#[cfg(target_os = "linux")]
fn descriptors() -> io::Result<(OwnedFd, OwnedFd)> {
    use rustix::pipe::{PipeFlags, pipe_with};
    Ok(pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?)
}

/// Not every system can do that in one step; a process that is started in between inherits them.
#[cfg(not(target_os = "linux"))]
fn descriptors() -> io::Result<(OwnedFd, OwnedFd)> {
    let (read, write) = rustix::pipe::pipe()?;
    rustix::io::fcntl_setfd(&read, rustix::io::FdFlags::CLOEXEC)?;
    rustix::io::fcntl_setfd(&write, rustix::io::FdFlags::CLOEXEC)?;
    Ok((read, write))
}

/// Which end of a pipe a file must be.
#[derive(Debug, Clone, Copy)]
enum End {
    Reading,
    Writing,
}

/// Whether it is a pipe, and open in the right direction.
fn check(file: &File, end: End) -> io::Result<()> {
    let stat = rustix::fs::fstat(file)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::Fifo {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the file is not a pipe"));
    }
    let access = rustix::fs::fcntl_getfl(file)? & OFlags::RWMODE;
    let (wanted, problem) = match end {
        End::Reading => (OFlags::RDONLY, "the pipe is not open for reading"),
        End::Writing => (OFlags::WRONLY, "the pipe is not open for writing"),
    };
    if access == wanted || access == OFlags::RDWR {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, problem))
    }
}

fn set_nonblocking(file: &File, is_nonblocking: bool) -> io::Result<()> {
    let mut flags = rustix::fs::fcntl_getfl(file)?;
    if flags.contains(OFlags::NONBLOCK) != is_nonblocking {
        flags.set(OFlags::NONBLOCK, is_nonblocking);
        rustix::fs::fcntl_setfl(file, flags)?;
    }
    Ok(())
}

/// Gives the descriptor to somebody who expects operations to block.
fn into_blocking(file: File) -> io::Result<OwnedFd> {
    set_nonblocking(&file, false)?;
    Ok(file.into())
}

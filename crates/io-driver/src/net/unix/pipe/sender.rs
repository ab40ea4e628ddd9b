//! The end that writes.

use super::{End, check, into_blocking, set_nonblocking};
use crate::interest::Interest;
use crate::net::methods::{async_write, raw_handles, readiness, writes};
use crate::ready::Ready;
use crate::source::Source;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

/// The end of a pipe that writes; made by [`pipe`](super::pipe) or [`OpenOptions`](super::OpenOptions).
///
/// Dropping the last one ends the input of the other end. Writing after the last
/// [`Receiver`](super::Receiver) is gone is a [`BrokenPipe`](io::ErrorKind::BrokenPipe).
///
/// ```
#[doc = sending!()]
/// assert_eq!(stream.try_write(b"hello")?, 5);
/// drop(peer);
/// assert_eq!(stream.try_write(b"hello").unwrap_err().kind(), std::io::ErrorKind::BrokenPipe);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Sender {
    source: Source<File>,
}

impl Sender {
    /// Takes over an open pipe, and puts it in non-blocking mode.
    ///
    /// # Errors
    /// If it is no pipe or not open for writing ([`InvalidInput`](io::ErrorKind::InvalidInput)), or if the
    /// driver cannot take it.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// ```
    #[doc = sending!()]
    /// let file = std::fs::File::from(stream.into_blocking_fd()?);
    /// let sender = pipe::Sender::from_file(file)?;
    /// assert_eq!(sender.try_write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn from_file(file: File) -> io::Result<Self> {
        check(&file, End::Writing)?;
        Self::from_file_unchecked(file)
    }

    /// As [`from_file`](Self::from_file), from a descriptor.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// As there.
    ///
    /// ```
    #[doc = sending!()]
    /// let sender = pipe::Sender::from_owned_fd(stream.into_blocking_fd()?)?;
    /// assert_eq!(sender.try_write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn from_owned_fd(fd: OwnedFd) -> io::Result<Self> {
        Self::from_file(fd.into())
    }

    /// As [`from_file`](Self::from_file), without looking at what it is: a terminal, for instance, or
    /// another device that can be watched.
    ///
    /// # Errors
    /// If the driver cannot take it.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// ```
    #[doc = sending!()]
    /// let file = std::fs::File::from(stream.into_nonblocking_fd()?);
    /// let sender = pipe::Sender::from_file_unchecked(file)?;
    /// assert_eq!(sender.try_write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn from_file_unchecked(file: File) -> io::Result<Self> {
        set_nonblocking(&file, true)?;
        Ok(Self { source: Source::new(file, Interest::WRITABLE, Ready::WRITABLE)? })
    }

    /// As [`from_file_unchecked`](Self::from_file_unchecked), from a descriptor.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// As there.
    ///
    /// ```
    #[doc = sending!()]
    /// let sender = pipe::Sender::from_owned_fd_unchecked(stream.into_nonblocking_fd()?)?;
    /// assert_eq!(sender.try_write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn from_owned_fd_unchecked(fd: OwnedFd) -> io::Result<Self> {
        Self::from_file_unchecked(fd.into())
    }

    /// Gives the descriptor away, in blocking mode: to a child process, for instance.
    ///
    /// # Errors
    /// What the operating system says; the descriptor is closed then.
    ///
    /// ```
    #[doc = sending!()]
    /// use std::io::Write;
    /// let mut file = std::fs::File::from(stream.into_blocking_fd()?);
    /// file.write_all(b"hello")?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn into_blocking_fd(self) -> io::Result<OwnedFd> {
        into_blocking(self.source.into_io()?)
    }

    /// Gives the descriptor away, still in non-blocking mode.
    ///
    /// # Errors
    /// As [`into_blocking_fd`](Self::into_blocking_fd).
    ///
    /// ```
    #[doc = sending!()]
    /// let fd: std::os::fd::OwnedFd = stream.into_nonblocking_fd()?;
    /// # let _ = fd;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn into_nonblocking_fd(self) -> io::Result<OwnedFd> {
        Ok(self.source.into_io()?.into())
    }

    readiness!(sending, "stream", "Interest::WRITABLE", "stream.try_write(b\"hello\")");
    writes!(sending);
}

// A pipe ends when its last sender is dropped; there is nothing to end before.
async_write!(Sender; |_sender| Ok(()));
raw_handles!(Sender);

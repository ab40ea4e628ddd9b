//! The end that reads.

use super::{End, check, into_blocking, set_nonblocking};
use crate::interest::Interest;
use crate::net::methods::{async_read, raw_handles, readiness, reads};
use crate::ready::Ready;
use crate::source::Source;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

/// The end of a pipe that reads; made by [`pipe`](super::pipe) or [`OpenOptions`](super::OpenOptions).
///
/// Its input ends when the last [`Sender`](super::Sender) is gone. A named pipe goes on when somebody opens
/// it for writing again.
///
/// ```
#[doc = receiving!()]
/// peer.try_write(b"hello")?;
/// stream.readable().await?;
/// assert_eq!(stream.try_read(&mut [0; 8])?, 5);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Receiver {
    source: Source<File>,
}

impl Receiver {
    /// Takes over an open pipe, and puts it in non-blocking mode.
    ///
    /// # Errors
    /// If it is no pipe or not open for reading ([`InvalidInput`](io::ErrorKind::InvalidInput)), or if the
    /// driver cannot take it.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// ```
    #[doc = received!()]
    /// let file = std::fs::File::from(stream.into_blocking_fd()?);
    /// let receiver = pipe::Receiver::from_file(file)?;
    /// receiver.readable().await?;
    /// assert_eq!(receiver.try_read(&mut [0; 8])?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn from_file(file: File) -> io::Result<Self> {
        check(&file, End::Reading)?;
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
    #[doc = received!()]
    /// let receiver = pipe::Receiver::from_owned_fd(stream.into_blocking_fd()?)?;
    /// receiver.readable().await?;
    /// assert_eq!(receiver.try_read(&mut [0; 8])?, 5);
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
    #[doc = received!()]
    /// let file = std::fs::File::from(stream.into_nonblocking_fd()?);
    /// let receiver = pipe::Receiver::from_file_unchecked(file)?;
    /// receiver.readable().await?;
    /// assert_eq!(receiver.try_read(&mut [0; 8])?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn from_file_unchecked(file: File) -> io::Result<Self> {
        set_nonblocking(&file, true)?;
        // What is there already is reported as the first event.
        Ok(Self { source: Source::new(file, Interest::READABLE, Ready::EMPTY)? })
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
    #[doc = received!()]
    /// let receiver = pipe::Receiver::from_owned_fd_unchecked(stream.into_nonblocking_fd()?)?;
    /// receiver.readable().await?;
    /// assert_eq!(receiver.try_read(&mut [0; 8])?, 5);
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
    #[doc = received!()]
    /// use std::io::Read;
    /// let mut file = std::fs::File::from(stream.into_blocking_fd()?);
    /// file.read_exact(&mut [0; 5])?;
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
    #[doc = receiving!()]
    /// let fd: std::os::fd::OwnedFd = stream.into_nonblocking_fd()?;
    /// # let _ = fd;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn into_nonblocking_fd(self) -> io::Result<OwnedFd> {
        Ok(self.source.into_io()?.into())
    }

    readiness!(received, "stream", "Interest::READABLE", "stream.try_read(&mut [0; 8])");
    reads!(receiving);
}

async_read!(Receiver);
raw_handles!(Receiver);

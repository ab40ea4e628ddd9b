//! A file descriptor of somebody else's, watched by the driver.

use super::AsyncFdTryNewError;
use crate::driver::DriverHandle;
use crate::interest::Interest;
use crate::ready::Ready;
use crate::registration::Registration;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

/// Waits for a file descriptor: an inotify, a device, a socket of a C library.
///
/// The driver says when the descriptor is ready; reading and writing are the owner's, and must not block
/// (`O_NONBLOCK`). An operation that blocks all the same has to be told to the driver, or nobody is woken
/// again: [`async_io`](Self::async_io) and [`try_io`](super::AsyncFdReadyGuard::try_io) do that.
///
/// The descriptor must stay open, and be the same, for as long as `T` is in here: once it is closed the
/// kernel reports nothing any more, and whoever waits is not woken. Regular files are always ready for the
/// kernel and cannot be watched. Dropping takes the descriptor out of the driver, then drops `T`.
///
/// ```
#[doc = watched!()]
/// far.write_all(b"hello")?;
/// let mut buf = [0; 8];
/// let n = loop {
///     let mut guard = fd.readable().await?;
///     match guard.try_io(|fd| fd.get_ref().read(&mut buf)) {
///         Ok(result) => break result?,
///         Err(_would_block) => continue,
///     }
/// };
/// assert_eq!(&buf[..n], b"hello");
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub struct AsyncFd<T: AsRawFd> {
    /// `None` only after `into_inner`.
    pub(super) inner: Option<T>,
    pub(super) registration: Registration,
}

/// Both directions, and what comes with reading.
const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);

impl<T: AsRawFd> AsyncFd<T> {
    /// Watches a descriptor for reading and writing.
    ///
    /// # Errors
    /// If the driver was shut down, or the operating system refuses: the descriptor is not open, is
    /// watched already, or is a regular file. `inner` is dropped then; see [`try_new`](Self::try_new).
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// ```
    #[doc = watched!()]
    /// let fd = AsyncFd::new(far)?;
    /// fd.writable().await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn new(inner: T) -> io::Result<Self> {
        Self::with_interest(inner, BOTH)
    }

    /// Watches a descriptor for `interest` only: what else happens to it wakes nobody, but for errors and
    /// hang-ups.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    ///
    /// # Panics
    /// As [`new`](Self::new).
    ///
    /// ```
    #[doc = watched!()]
    /// let fd = AsyncFd::with_interest(far, Interest::WRITABLE)?;
    /// fd.writable().await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn with_interest(inner: T, interest: Interest) -> io::Result<Self> {
        Self::try_with_interest(inner, interest).map_err(|error| error.cause)
    }

    /// As [`new`](Self::new); the error gives `inner` back.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    ///
    /// # Panics
    /// As [`new`](Self::new).
    ///
    /// ```
    #[doc = watched!()]
    /// let file = std::fs::File::open("/proc/self/exe")?;
    /// let (file, cause) = AsyncFd::try_new(file).unwrap_err().into_parts();
    /// assert_eq!(cause.kind(), io::ErrorKind::PermissionDenied); // a regular file
    /// # let _ = file;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn try_new(inner: T) -> Result<Self, AsyncFdTryNewError<T>> {
        Self::try_with_interest(inner, BOTH)
    }

    /// As [`with_interest`](Self::with_interest); the error gives `inner` back.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    ///
    /// # Panics
    /// As [`new`](Self::new).
    ///
    /// ```
    #[doc = watched!()]
    /// let fd = AsyncFd::try_with_interest(far, Interest::READABLE)
    ///     .map_err(|error| error.into_parts().1)?;
    /// # let _ = fd;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn try_with_interest(inner: T, interest: Interest) -> Result<Self, AsyncFdTryNewError<T>> {
        let driver = DriverHandle::current();
        // What is ready already is reported as the first event.
        let registered =
            with_borrowed(inner.as_raw_fd(), |fd| driver.register(fd, interest, Ready::EMPTY));
        match registered {
            Ok(key) => {
                Ok(Self { inner: Some(inner), registration: Registration::new(driver, key) })
            }
            Err(cause) => Err(AsyncFdTryNewError { inner, cause }),
        }
    }

    /// What is watched.
    ///
    /// ```
    #[doc = watched!()]
    /// far.write_all(b"hello")?;
    /// fd.readable().await?.retain_ready();
    /// assert_eq!(fd.get_ref().read(&mut [0; 8])?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn get_ref(&self) -> &T {
        self.inner.as_ref().expect("an AsyncFd has its object until it is taken apart")
    }

    /// What is watched; its descriptor must not be replaced.
    ///
    /// ```
    #[doc = watched!()]
    /// assert_eq!(fd.get_mut().write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.as_mut().expect("an AsyncFd has its object until it is taken apart")
    }

    /// Stops watching, and gives back what was watched.
    ///
    /// ```
    #[doc = watched!()]
    /// let near: UnixStream = fd.into_inner();
    /// # let _ = near;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn into_inner(mut self) -> T {
        self.take().expect("an AsyncFd has its object until it is taken apart")
    }

    fn take(&mut self) -> Option<T> {
        let inner = self.inner.take()?;
        let (driver, key) = (self.registration.driver(), self.registration.key());
        // One that was closed meanwhile has left the driver by itself.
        let removed = with_borrowed(inner.as_raw_fd(), |fd| Ok(driver.deregister(fd, key)));
        if removed.is_err() {
            driver.registry().remove(key);
        }
        Some(inner)
    }
}

/// For one call into the kernel, which returns an error if the descriptor is not open.
fn with_borrowed<R>(
    fd: RawFd,
    call: impl FnOnce(BorrowedFd<'_>) -> io::Result<R>,
) -> io::Result<R> {
    if fd < 0 {
        return Err(rustix::io::Errno::BADF.into());
    }
    // SAFETY: it is not -1, and its owner, who must keep it open, is borrowed by the callers; if it was
    // closed all the same, the one thing that happens to it is an `epoll_ctl`, which touches no file.
    call(unsafe { BorrowedFd::borrow_raw(fd) })
}

impl<T: AsRawFd> Drop for AsyncFd<T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

impl<T: AsRawFd> AsRawFd for AsyncFd<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.get_ref().as_raw_fd()
    }
}

impl<T: AsRawFd + AsFd> AsFd for AsyncFd<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get_ref().as_fd()
    }
}

impl<T: AsRawFd + fmt::Debug> fmt::Debug for AsyncFd<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncFd").field("inner", &self.inner).finish_non_exhaustive()
    }
}

//! What a wait for a descriptor has seen, for its owner to confirm or to take back.

use super::{AsyncFd, TryIoError};
use crate::readiness::Observed;
use crate::ready::Ready;
use crate::registration::unless_closed;
use std::fmt;
use std::io;
use std::os::fd::AsRawFd;

/// The descriptor was seen to be ready. Dropping the guard leaves it at that.
///
/// ```
#[doc = watched!()]
/// far.write_all(b"hello")?;
/// let mut guard = fd.readable().await?;
/// let result = guard.try_io(|fd| fd.get_ref().read(&mut [0; 8]));
/// assert_eq!(result.expect("there is something to read")?, 5);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[must_use = "an operation that blocks has to be told to the guard: see `try_io`"]
pub struct AsyncFdReadyGuard<'a, T: AsRawFd> {
    fd: &'a AsyncFd<T>,
    /// `None` once nothing of it stands any more.
    observed: Option<Observed>,
}

/// As [`AsyncFdReadyGuard`], with mutable access.
///
/// ```
#[doc = watched!()]
/// far.write_all(b"hello")?;
/// let mut guard = fd.readable_mut().await?;
/// let result = guard.try_io(|fd| fd.get_mut().read(&mut [0; 8]));
/// assert_eq!(result.expect("there is something to read")?, 5);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[must_use = "an operation that blocks has to be told to the guard: see `try_io`"]
pub struct AsyncFdReadyMutGuard<'a, T: AsRawFd> {
    fd: &'a mut AsyncFd<T>,
    observed: Option<Observed>,
}

impl<'a, T: AsRawFd> AsyncFdReadyGuard<'a, T> {
    pub(super) fn new(fd: &'a AsyncFd<T>, observed: Observed) -> Self {
        Self { fd, observed: Some(observed) }
    }

    /// What is watched, together with the watch.
    ///
    /// ```
    #[doc = watched!()]
    /// let guard = fd.writable().await?;
    /// assert_eq!(guard.get_ref().get_ref().write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn get_ref(&self) -> &'a AsyncFd<T> {
        self.fd
    }

    /// What is watched.
    ///
    /// ```
    #[doc = watched!()]
    /// let guard = fd.writable().await?;
    /// assert_eq!(guard.get_inner().write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn get_inner(&self) -> &'a T {
        self.fd.get_ref()
    }

    /// Runs `operation`; if it blocks, the readiness that led to it is taken back: wait again then.
    ///
    /// # Errors
    /// [`TryIoError`] if the operation would have blocked. Its other errors are in the inner result.
    ///
    /// ```
    #[doc = watched!()]
    /// far.write_all(b"hello")?;
    /// let mut guard = fd.readable().await?;
    /// assert!(guard.try_io(|fd| fd.get_ref().read(&mut [0; 8])).is_ok());
    /// assert!(guard.try_io(|fd| fd.get_ref().read(&mut [0; 8])).is_err());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_io<R>(
        &mut self,
        operation: impl FnOnce(&'a AsyncFd<T>) -> io::Result<R>,
    ) -> Result<io::Result<R>, TryIoError> {
        let result = operation(self.fd);
        self.judge(result)
    }
}

impl<'a, T: AsRawFd> AsyncFdReadyMutGuard<'a, T> {
    pub(super) fn new(fd: &'a mut AsyncFd<T>, observed: Observed) -> Self {
        Self { fd, observed: Some(observed) }
    }

    /// What is watched, together with the watch.
    ///
    /// ```
    #[doc = watched!()]
    /// let guard = fd.writable_mut().await?;
    /// assert_eq!(guard.get_ref().get_ref().write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn get_ref(&self) -> &AsyncFd<T> {
        self.fd
    }

    /// What is watched, together with the watch, mutably.
    ///
    /// ```
    #[doc = watched!()]
    /// let mut guard = fd.writable_mut().await?;
    /// assert_eq!(guard.get_mut().get_mut().write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn get_mut(&mut self) -> &mut AsyncFd<T> {
        self.fd
    }

    /// What is watched.
    ///
    /// ```
    #[doc = watched!()]
    /// let guard = fd.writable_mut().await?;
    /// assert_eq!(guard.get_inner().write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn get_inner(&self) -> &T {
        self.fd.get_ref()
    }

    /// What is watched, mutably.
    ///
    /// ```
    #[doc = watched!()]
    /// let mut guard = fd.writable_mut().await?;
    /// assert_eq!(guard.get_inner_mut().write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn get_inner_mut(&mut self) -> &mut T {
        self.fd.get_mut()
    }

    /// As [`AsyncFdReadyGuard::try_io`].
    ///
    /// # Errors
    /// As there.
    ///
    /// ```
    #[doc = watched!()]
    /// far.write_all(b"hello")?;
    /// let mut guard = fd.readable_mut().await?;
    /// assert!(guard.try_io(|fd| fd.get_mut().read(&mut [0; 8])).is_ok());
    /// assert!(guard.try_io(|fd| fd.get_mut().read(&mut [0; 8])).is_err());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_io<R>(
        &mut self,
        operation: impl FnOnce(&mut AsyncFd<T>) -> io::Result<R>,
    ) -> Result<io::Result<R>, TryIoError> {
        let result = operation(self.fd);
        self.judge(result)
    }
}

/// What both guards do with what was seen.
macro_rules! judgement {
    ($guard:ident) => {
        impl<T: AsRawFd> $guard<'_, T> {
            /// Takes back all that was seen, unless something new has come since: the next wait waits.
            ///
            /// Only for who has seen an operation block; otherwise nobody may ever be woken again.
            ///
            /// ```
            #[doc = watched!()]
            /// far.write_all(b"hello")?;
            /// let mut guard = fd.readable().await?;
            /// while guard.get_inner().read(&mut [0; 2]).is_ok() {}
            /// guard.clear_ready(); // everything was read
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn clear_ready(&mut self) {
                if let Some(observed) = self.observed.take() {
                    // After an error the next operation meets it.
                    let _ = self.fd.registration.clear(observed, unless_closed(observed.ready));
                }
            }

            /// As [`clear_ready`](Self::clear_ready), for `ready` only.
            ///
            /// ```
            #[doc = watched!()]
            /// let mut guard = fd.ready(Interest::READABLE | Interest::WRITABLE).await?;
            /// guard.clear_ready_matching(Ready::READABLE);
            /// assert!(!guard.ready().is_readable());
            /// assert!(guard.ready().is_writable());
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn clear_ready_matching(&mut self, ready: Ready) {
                if let Some(observed) = &mut self.observed {
                    let gone = unless_closed(observed.ready & ready);
                    // After an error the next operation meets it.
                    let _ = self.fd.registration.clear(*observed, gone);
                    observed.ready -= ready;
                }
            }

            /// Leaves what was seen as it is, as dropping the guard does.
            ///
            /// ```
            #[doc = watched!()]
            /// fd.writable().await?.retain_ready();
            /// fd.writable().await?.retain_ready(); // at once
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn retain_ready(&mut self) {}

            /// What was seen, of what was asked for, and was not taken back.
            ///
            /// ```
            #[doc = watched!()]
            /// assert!(fd.writable().await?.ready().is_writable());
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn ready(&self) -> Ready {
                self.observed.map_or(Ready::EMPTY, |observed| observed.ready)
            }

            fn judge<R>(&mut self, result: io::Result<R>) -> Result<io::Result<R>, TryIoError> {
                match result {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        self.clear_ready();
                        Err(TryIoError::new())
                    }
                    result => Ok(result),
                }
            }
        }

        impl<T: AsRawFd + fmt::Debug> fmt::Debug for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($guard))
                    .field("fd", &self.fd)
                    .field("ready", &self.ready())
                    .finish()
            }
        }
    };
}

judgement!(AsyncFdReadyGuard);
judgement!(AsyncFdReadyMutGuard);

//! Why a descriptor is not watched, or not ready.

use std::error::Error;
use std::fmt;
use std::io;

/// A descriptor could not be watched; here is its owner again.
///
/// ```
#[doc = watched!()]
/// let error = AsyncFd::try_new(std::fs::File::open("/proc/self/exe")?).unwrap_err();
/// assert!(error.to_string().contains("cannot be watched"));
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub struct AsyncFdTryNewError<T> {
    pub(super) inner: T,
    pub(super) cause: io::Error,
}

impl<T> AsyncFdTryNewError<T> {
    /// What was to be watched, and why it is not.
    ///
    /// ```
    #[doc = watched!()]
    /// let file = std::fs::File::open("/proc/self/exe")?;
    /// let (_file, _cause) = AsyncFd::try_new(file).unwrap_err().into_parts();
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn into_parts(self) -> (T, io::Error) {
        (self.inner, self.cause)
    }
}

impl<T> fmt::Display for AsyncFdTryNewError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the file descriptor cannot be watched: {}", self.cause)
    }
}

impl<T> fmt::Debug for AsyncFdTryNewError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsyncFdTryNewError").field(&self.cause).finish()
    }
}

impl<T> Error for AsyncFdTryNewError<T> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.cause)
    }
}

impl<T> From<AsyncFdTryNewError<T>> for io::Error {
    fn from(error: AsyncFdTryNewError<T>) -> Self {
        error.cause
    }
}

/// The operation would have blocked.
///
/// ```
#[doc = watched!()]
/// let mut guard = fd.writable().await?;
/// let error = guard.try_io(|fd| fd.get_ref().read(&mut [0; 8])).unwrap_err();
/// assert_eq!(error.to_string(), "the operation would block");
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct TryIoError(());

impl TryIoError {
    pub(super) fn new() -> Self {
        Self(())
    }
}

impl fmt::Display for TryIoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operation would block")
    }
}

impl Error for TryIoError {}

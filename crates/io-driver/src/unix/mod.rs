//! Anything with a file descriptor that can be waited for.
//!
//! ```
//! use filch_io_driver::{Driver, Interest, unix::AsyncFd};
//! use std::{io::{Read, Write}, os::unix::net::UnixStream};
//!
//! # Driver::new()?.block_on(async {
//! let (near, mut far) = UnixStream::pair()?;
//! near.set_nonblocking(true)?;
//! let fd = AsyncFd::new(near)?;
//! far.write_all(b"hello")?;
//! let n = fd.async_io(Interest::READABLE, |mut near| near.read(&mut [0; 8])).await?;
//! assert_eq!(n, 5);
//! # std::io::Result::Ok(()) })?;
//! # std::io::Result::Ok(())
//! ```

/// How the examples in here begin, hidden: `fd` watches one end of a pair of sockets, `far` is the other.
macro_rules! watched {
    () => {
        "# use filch_io_driver::{Driver, Interest, Ready, unix::AsyncFd};
# use std::{io::{self, Read, Write}, os::unix::net::UnixStream};
# Driver::new()?.block_on(async {
# let (near, mut far) = UnixStream::pair()?;
# near.set_nonblocking(true)?;
# let mut fd = AsyncFd::new(near)?;"
    };
}

mod async_fd;
mod error;
mod guard;
mod wait;

pub use async_fd::AsyncFd;
pub use error::{AsyncFdTryNewError, TryIoError};
pub use guard::{AsyncFdReadyGuard, AsyncFdReadyMutGuard};

//! Sockets and pipes within one machine.
//!
//! On Linux a path that begins with a zero byte is an abstract name: it is in no file system.
//!
//! ```
//! use filch_io_driver::{Driver, net::{UnixListener, UnixStream}};
//!
//! # Driver::new()?.block_on(async {
//! # let directory = tempfile::tempdir()?;
//! let path = directory.path().join("socket");
//! let listener = UnixListener::bind(&path)?;
//! let client = UnixStream::connect(&path).await?;
//! let (server, _address) = listener.accept().await?;
//! client.try_write(b"hello")?;
//! server.readable().await?;
//! assert_eq!(server.try_read(&mut [0; 8])?, 5);
//! # std::io::Result::Ok(()) })?;
//! # std::io::Result::Ok(())
//! ```

/// How the examples of streams begin, hidden: `stream` and `peer` are the two ends of a connection.
macro_rules! paired {
    () => {
        "# use filch_io_driver::{Driver, Interest, net::{UnixListener, UnixStream}};
# Driver::new()?.block_on(async {
# let (mut stream, mut peer) = UnixStream::pair()?;"
    };
}

/// As [`paired`], with the halves `read` and `write` of `stream`, which borrow it.
macro_rules! split {
    () => {
        concat!(paired!(), "\n# let (mut read, mut write) = stream.split();")
    };
}

/// As [`split`], with halves that own the stream.
macro_rules! into_split {
    () => {
        concat!(paired!(), "\n# let (mut read, mut write) = stream.into_split();")
    };
}

/// How other examples begin, hidden: `path` is free.
macro_rules! scratch {
    () => {
        "# use filch_io_driver::{Driver, Interest};
# use filch_io_driver::net::{UnixDatagram, UnixListener, UnixStream, unix::UnixSocket};
# let directory = tempfile::tempdir()?;
# let path = directory.path().join(\"socket\");
# Driver::new()?.block_on(async {"
    };
}

mod borrowed;
mod credentials;
mod datagram;
mod listener;
mod owned;
pub mod pipe;
mod socket;
mod stream;

pub use borrowed::{ReadHalf, WriteHalf};
#[cfg(any(target_os = "linux", target_os = "android"))]
pub use credentials::UCred;
pub use credentials::{gid_t, pid_t, uid_t};
pub use datagram::UnixDatagram;
pub use listener::UnixListener;
pub use owned::{OwnedReadHalf, OwnedWriteHalf, ReuniteError};
pub use socket::UnixSocket;
pub use std::os::unix::net::SocketAddr;
pub use stream::UnixStream;

use socket2::SockAddr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The address of a path, or of an abstract name.
///
/// # Errors
/// It is too long; or there is a zero byte inside, where the system would take the path to end.
fn to_address(path: &Path) -> io::Result<SockAddr> {
    let bytes = path.as_os_str().as_bytes();
    let is_abstract =
        cfg!(any(target_os = "linux", target_os = "android")) && bytes.first() == Some(&0);
    if !is_abstract && bytes.contains(&0) {
        let message = "a path of a socket has a zero byte inside";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    SockAddr::unix(path)
}

/// What the system says about an address, as std's type; one that std cannot make is unnamed: a path that
/// fills the address, without a zero byte at its end.
pub(crate) fn address(address: &SockAddr) -> io::Result<SocketAddr> {
    if let Some(path) = address.as_pathname() {
        // `as_unix` panics at what std does not make.
        return SocketAddr::from_pathname(path).or_else(|_| unnamed());
    }
    #[cfg(target_os = "linux")]
    if let Some(name) = address.as_abstract_namespace() {
        use std::os::linux::net::SocketAddrExt;
        return SocketAddr::from_abstract_name(name).or_else(|_| unnamed());
    }
    unnamed()
}

/// The address of a socket that has none.
fn unnamed() -> io::Result<SocketAddr> {
    SocketAddr::from_pathname("")
}

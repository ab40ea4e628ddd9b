//! Sockets.
//!
//! Every type belongs to the driver that is entered where it is made, and lives on after it: its
//! operations then return errors.
//!
//! ```
//! # filch_io_driver::Driver::new()?.block_on(async {
//! # use filch_io_driver::net::{TcpListener, TcpStream};
//! let listener = TcpListener::bind("localhost:0").await?;
//! let client = TcpStream::connect(listener.local_addr()?).await?;
//! let (server, address) = listener.accept().await?;
//! assert_eq!(client.local_addr()?, address);
//! # std::io::Result::Ok(()) })?;
//! # std::io::Result::Ok(())
//! ```

mod addr;
mod resolve;
pub mod tcp;

pub use addr::{ToSocketAddrs, lookup_host};
pub use tcp::{TcpListener, TcpStream};

/// Lets the operating system's handle of a socket type be borrowed.
macro_rules! raw_handles {
    ($socket:ty) => {
        #[cfg(unix)]
        impl std::os::fd::AsRawFd for $socket {
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                std::os::fd::AsRawFd::as_raw_fd(&*self.source)
            }
        }

        #[cfg(unix)]
        impl std::os::fd::AsFd for $socket {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                std::os::fd::AsFd::as_fd(&*self.source)
            }
        }

        #[cfg(windows)]
        impl std::os::windows::io::AsRawSocket for $socket {
            fn as_raw_socket(&self) -> std::os::windows::io::RawSocket {
                std::os::windows::io::AsRawSocket::as_raw_socket(&*self.source)
            }
        }

        #[cfg(windows)]
        impl std::os::windows::io::AsSocket for $socket {
            fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
                std::os::windows::io::AsSocket::as_socket(&*self.source)
            }
        }
    };
}
use raw_handles;

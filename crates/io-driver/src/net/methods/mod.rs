//! What kinds of sockets have in common: methods, each with an example, written once.
//!
//! A type that uses these macros has a field `source`. `$example` names the macro with which its examples
//! begin: `stream` is what the methods are called on, `peer` is what it is connected to.

mod datagrams;
mod half;
mod halves;
mod options;
mod readiness;
mod streams;

pub(super) use datagrams::datagrams;
pub(super) use half::{read_half, write_half};
pub(super) use halves::{borrowed_halves, owned_halves};
pub(super) use options::options;
pub(super) use readiness::readiness;
pub(super) use streams::{async_read, async_write, reads, writes};

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
pub(super) use raw_handles;

//! # filch-io-driver: readiness from the operating system to wakers
//!
//! A [`Driver`] waits on epoll (elsewhere on what [polling](https://docs.rs/polling) offers) and wakes the
//! tasks whose sockets can go on. [`net`] holds those sockets. No executor is in here: tasks are known by
//! their [`Waker`](std::task::Waker), and whoever is idle calls [`Driver::wait`].
//!
//! | file | what it holds |
//! |---|---|
//! | `driver.rs` | wait, turn, unpark, deadline, shutdown; the driver that is current on a thread |
//! | `selector/` | the operating system: epoll on Linux, polling's portable calls elsewhere |
//! | `deadline.rs` | protocol: the earliest deadline and the one alarm |
//! | `registry.rs` | the slots of all sources, found by key without a lock |
//! | `readiness/` | protocol: one source's word, and who waits for it |
//! | `waiters.rs` | those who wait beyond the first reader and writer |
//! | `registration.rs`, `source/` | a source's place in the driver; that and the socket, with optimistic I/O |
//! | `unix/` | `AsyncFd`: a file descriptor of somebody else's |
//! | `resolver/` | names to addresses, on threads of its own |
//! | `net/` | addresses and sockets: TCP, UDP, Unix; pipes |
//!
//! ```
//! use filch_io_driver::{Driver, net::{TcpListener, TcpStream}};
//!
//! let driver = Driver::new()?;
//! driver.block_on(async {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let client = TcpStream::connect(listener.local_addr()?).await?;
//!     let (server, _) = listener.accept().await?;
//!     client.try_write(b"hello")?;
//!     server.readable().await?;
//!     let mut buf = [0; 16];
//!     let n = server.try_read(&mut buf)?;
//!     assert_eq!(&buf[..n], b"hello");
//!     std::io::Result::Ok(())
//! })?;
//! # std::io::Result::Ok(())
//! ```

mod block_on;
mod deadline;
mod driver;
mod interest;
pub mod net;
mod pages;
mod readiness;
mod ready;
mod registration;
mod registry;
mod resolver;
mod selector;
mod source;
#[cfg(unix)]
pub mod unix;
mod unparks;
mod waiters;

pub use driver::{Driver, DriverHandle, EnterGuard};
pub use interest::Interest;
pub use ready::Ready;

/// The protocol files, for the models in `loom-tests`.
#[cfg(filch_loom)]
#[doc(hidden)]
pub mod model {
    pub mod deadline {
        pub use crate::deadline::*;
    }
    pub mod pages {
        pub use crate::pages::*;
    }
    pub mod readiness {
        pub use crate::readiness::*;
    }
    pub mod registry {
        pub use crate::ready::Ready;
        pub use crate::registry::*;
    }
    pub mod unparks {
        pub use crate::unparks::*;
    }
}

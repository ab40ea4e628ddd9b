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
mod methods;
pub mod tcp;
mod udp;
#[cfg(unix)]
pub mod unix;

pub use addr::{ToSocketAddrs, lookup_host};
pub use tcp::{TcpListener, TcpSocket, TcpStream};
pub use udp::UdpSocket;
#[cfg(unix)]
pub use unix::{UnixDatagram, UnixListener, UnixStream};

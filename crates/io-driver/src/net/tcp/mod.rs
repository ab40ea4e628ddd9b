//! TCP.
//!
//! ```
//! # filch_io_driver::Driver::new()?.block_on(async {
//! # use filch_io_driver::net::{TcpListener, TcpStream};
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let client = TcpStream::connect(listener.local_addr()?).await?;
//! let (server, _address) = listener.accept().await?;
//! let (_input, output) = client.into_split();
//! output.try_write(b"hello")?;
//! server.readable().await?;
//! assert_eq!(server.try_read(&mut [0; 8])?, 5);
//! # std::io::Result::Ok(()) })?;
//! # std::io::Result::Ok(())
//! ```

/// How the examples in here begin, hidden: `stream` and `peer` are the two ends of a connection.
macro_rules! connected {
    () => {
        "# use filch_io_driver::{Driver, Interest, net::{TcpListener, TcpStream}};
# Driver::new()?.block_on(async {
# let listener = TcpListener::bind(\"127.0.0.1:0\").await?;
# let mut stream = TcpStream::connect(listener.local_addr()?).await?;
# let (mut peer, _) = listener.accept().await?;"
    };
}

mod listener;
mod split;
mod split_owned;
mod stream;

pub use listener::TcpListener;
pub use split::{ReadHalf, WriteHalf};
pub use split_owned::{OwnedReadHalf, OwnedWriteHalf, ReuniteError};
pub use stream::TcpStream;

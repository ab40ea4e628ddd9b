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

/// As [`connected`], with the halves `read` and `write` of `stream`, which borrow it.
macro_rules! split {
    () => {
        concat!(connected!(), "\n# let (mut read, mut write) = stream.split();")
    };
}

/// As [`split`], with halves that own the stream.
macro_rules! into_split {
    () => {
        concat!(connected!(), "\n# let (mut read, mut write) = stream.into_split();")
    };
}

/// Looking at input without consuming it, for a half.
macro_rules! peek {
    ($half:ty, $example:ident) => {
        impl $half {
            /// As [`TcpStream::peek`](super::TcpStream::peek).
            ///
            /// # Errors
            /// As there.
            ///
            /// # Cancel safety
            /// As there.
            ///
            /// ```
            #[doc = $example!()]
            /// peer.try_write(b"hello")?;
            /// assert_eq!(read.peek(&mut [0; 8]).await?, 5);
            /// assert_eq!(read.try_read(&mut [0; 8])?, 5);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub async fn peek(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
                self.stream().peek(buf).await
            }

            /// As [`TcpStream::poll_peek`](super::TcpStream::poll_peek).
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = $example!()]
            /// peer.try_write(b"hello")?;
            /// let mut buf = [0; 8];
            /// let mut buf = filch_io::ReadBuf::new(&mut buf);
            /// std::future::poll_fn(|cx| read.poll_peek(cx, &mut buf)).await?;
            /// assert_eq!(buf.filled(), b"hello");
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn poll_peek(
                &mut self,
                cx: &mut std::task::Context<'_>,
                buf: &mut filch_io::ReadBuf<'_>,
            ) -> std::task::Poll<std::io::Result<usize>> {
                self.stream().poll_peek(cx, buf)
            }
        }
    };
}
use peek;

mod borrowed;
mod listener;
mod options;
mod owned;
mod socket;
mod stream;

pub use borrowed::{ReadHalf, WriteHalf};
pub use listener::TcpListener;
pub use owned::{OwnedReadHalf, OwnedWriteHalf, ReuniteError};
pub use socket::TcpSocket;
pub use stream::TcpStream;

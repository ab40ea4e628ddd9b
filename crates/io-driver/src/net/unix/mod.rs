//! Sockets and pipes within one machine.
//!
//! ```
//! use filch_io_driver::{Driver, net::unix::pipe};
//!
//! # Driver::new()?.block_on(async {
//! let (sender, receiver) = pipe::pipe()?;
//! sender.try_write(b"hello")?;
//! receiver.readable().await?;
//! assert_eq!(receiver.try_read(&mut [0; 8])?, 5);
//! # std::io::Result::Ok(()) })?;
//! # std::io::Result::Ok(())
//! ```

pub mod pipe;

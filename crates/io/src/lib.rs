//! # filch-io: asynchronous reading and writing
//!
//! Traits, extension methods and buffers in the shape that Rust users know. This crate knows no
//! operating system and no runtime: sockets and files implement its traits elsewhere, and any
//! executor can drive them.
//!
//! ```
//! use filch_io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
//! # futures_lite::future::block_on(async {
//! let (client, mut server) = filch_io::duplex(1024);
//! server.write_all(b"one line\n").await?;
//!
//! let mut lines = BufReader::new(client).lines();
//! assert_eq!(lines.next_line().await?.as_deref(), Some("one line"));
//! # std::io::Result::Ok(()) }).unwrap();
//! ```
//!
//! | to | implement | call |
//! |---|---|---|
//! | read | [`AsyncRead`] into a [`ReadBuf`] | [`AsyncReadExt`] |
//! | read lines and pieces | [`AsyncBufRead`], or wrap in [`BufReader`] | [`AsyncBufReadExt`] |
//! | write | [`AsyncWrite`] | [`AsyncWriteExt`], perhaps through [`BufWriter`] |
//! | move the position | [`AsyncSeek`] | [`AsyncSeekExt`] |
//! | connect a reader with a writer | | [`copy`], [`copy_buf`], [`copy_bidirectional`] |
//! | take a stream apart, put one together | | [`split`], [`join`] |
//! | give a stream to the crate hyper | | `FilchIo`, under the feature `hyper` |
//! | cross over to the traits of futures-io | | `compat`, under the feature `futures-io` |
//! | test without a network | | [`duplex`], [`simplex`], [`empty`], [`repeat`], [`sink`] |
//!
//! Every method says under *Cancel safety* what happens to the data when its future is dropped
//! half-way, as `select!` and timeouts do.

mod async_buf_read;
mod async_read;
mod async_seek;
mod async_write;
mod buf_read_ext;
mod buffered;
mod chain;
#[cfg(feature = "futures-io")]
pub mod compat;
mod copy;
mod duplex;
mod endless;
mod fill;
#[cfg(feature = "hyper")]
mod hyper;
mod interrupted;
mod join;
mod pipe;
mod read_buf;
mod read_ext;
mod seek_ext;
mod split;
mod take;
mod utf8;
mod write_ext;

pub use async_buf_read::AsyncBufRead;
pub use async_read::AsyncRead;
pub use async_seek::AsyncSeek;
pub use async_write::AsyncWrite;
pub use buf_read_ext::{AsyncBufReadExt, Lines, Split};
pub use buffered::{BufReader, BufStream, BufWriter};
pub use chain::Chain;
pub use copy::{copy, copy_bidirectional, copy_bidirectional_with_sizes, copy_buf};
pub use duplex::{DuplexStream, SimplexStream, duplex, simplex};
pub use endless::{Empty, Repeat, Sink, empty, repeat, sink};
// Not as a module: under `use filch_io::*` it would hide the crate hyper.
#[cfg(feature = "hyper")]
pub use hyper::FilchIo;
pub use join::{Join, join};
pub use read_buf::ReadBuf;
pub use read_ext::AsyncReadExt;
pub use seek_ext::AsyncSeekExt;
pub use split::{ReadHalf, WriteHalf, split};
pub use std::io::{Error, ErrorKind, Result, SeekFrom};
pub use take::Take;
pub use write_ext::AsyncWriteExt;

/// The futures that the extension methods return, for who needs to name one.
pub mod futures {
    pub use crate::buf_read_ext::{FillBuf, ReadLine, ReadUntil};
    pub use crate::read_ext::{Read, ReadBufMut, ReadExact, ReadNumber, ReadToEnd, ReadToString};
    pub use crate::seek_ext::Seek;
    pub use crate::write_ext::{
        Flush, Shutdown, Write, WriteAll, WriteAllBuf, WriteBuf, WriteNumber, WriteVectored,
    };
}

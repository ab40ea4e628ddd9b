//! [`AsyncWriteExt`]: what can be done with every writer.

mod flush;
mod write;
mod write_all;
mod write_buf;
mod write_number;

pub use flush::{Flush, Shutdown};
pub use write::{Write, WriteVectored};
pub use write_all::WriteAll;
pub(crate) use write_all::poll_write_some;
pub use write_buf::{WriteAllBuf, WriteBuf};
pub use write_number::WriteNumber;

use crate::AsyncWrite;
use bytes::Buf;
use std::io::IoSlice;

/// One method per kind of number: name, type, size in bytes, how it is encoded, in what order.
macro_rules! write_numbers {
    ($($name:ident: $type:ident, $size:literal, $encode:ident, $order:literal;)*) => {$(
        #[doc = concat!("Writes a `", stringify!($type), "`", $order, ".")]
        ///
        /// # Errors
        /// [`WriteZero`](std::io::ErrorKind::WriteZero) if the writer takes no more bytes; those of
        /// the destination.
        ///
        /// # Cancel safety
        /// Not cancel safe beyond one byte: nobody knows how many bytes had been written.
        ///
        /// ```
        /// use filch_io::AsyncWriteExt;
        /// # futures_lite::future::block_on(async {
        /// let mut writer = Vec::new();
        #[doc = concat!("writer.", stringify!($name), "(7_", stringify!($type), ").await?;")]
        #[doc = concat!("assert_eq!(writer, 7_", stringify!($type), ".", stringify!($encode), "());")]
        /// # std::io::Result::Ok(()) }).unwrap();
        /// ```
        fn $name(&mut self, n: $type) -> WriteNumber<'_, Self, $size>
        where
            Self: Unpin,
        {
            WriteNumber::new(self, n.$encode())
        }
    )*};
}

/// Methods of every [`AsyncWrite`]; bring the trait into scope and call them.
///
/// Those that may take several writes try again after
/// [`Interrupted`](std::io::ErrorKind::Interrupted).
pub trait AsyncWriteExt: AsyncWrite {
    /// Writes once: waits until there is room, writes what fits, says how many bytes of `buf`.
    ///
    /// 0, although `buf` is not empty, means that the writer takes no more.
    ///
    /// # Errors
    /// Those of the destination; nothing was written then.
    ///
    /// # Cancel safety
    /// Cancel safe: if another branch of a `select!` completes first, nothing was written.
    ///
    /// ```
    /// use filch_io::AsyncWriteExt;
    /// # futures_lite::future::block_on(async {
    /// let mut space = [0; 4];
    /// let mut writer = std::io::Cursor::new(&mut space[..]);
    /// assert_eq!(writer.write(b"sixsix").await?, 4);
    /// assert_eq!(&space, b"sixs");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn write<'a>(&'a mut self, buf: &'a [u8]) -> Write<'a, Self>
    where
        Self: Unpin,
    {
        Write { writer: self, buf }
    }

    /// As [`write`](Self::write), from several buffers in order.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    ///
    /// # Cancel safety
    /// Cancel safe: if another branch of a `select!` completes first, nothing was written.
    ///
    /// ```
    /// use filch_io::AsyncWriteExt;
    /// use std::io::IoSlice;
    /// # futures_lite::future::block_on(async {
    /// let mut writer = Vec::new();
    /// let n = writer.write_vectored(&[IoSlice::new(b"head "), IoSlice::new(b"body")]).await?;
    /// assert_eq!(&writer[..n], b"head body");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn write_vectored<'a, 'b>(&'a mut self, bufs: &'a [IoSlice<'b>]) -> WriteVectored<'a, 'b, Self>
    where
        Self: Unpin,
    {
        WriteVectored { writer: self, bufs }
    }

    /// Writes once from `buf`, a `Bytes`, a `Cursor` or another [`Buf`], and advances it.
    ///
    /// 0 means that `buf` is empty, or that the writer takes no more. A `Buf` in several pieces is
    /// written with one vectored write where the writer has that.
    ///
    /// # Errors
    /// Those of the destination; nothing was written then.
    ///
    /// # Cancel safety
    /// Cancel safe: if another branch of a `select!` completes first, nothing was written.
    ///
    /// ```
    /// use filch_io::AsyncWriteExt;
    /// # futures_lite::future::block_on(async {
    /// let (mut writer, mut buf) = (Vec::new(), bytes::Bytes::from("data"));
    /// while writer.write_buf(&mut buf).await? > 0 {}
    /// assert_eq!((&writer[..], buf.len()), (&b"data"[..], 0));
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn write_buf<'a, B>(&'a mut self, buf: &'a mut B) -> WriteBuf<'a, Self, B>
    where
        Self: Unpin,
        B: Buf + ?Sized,
    {
        WriteBuf { writer: self, buf }
    }

    /// Writes all of `buf` and advances it to its end.
    ///
    /// # Errors
    /// [`WriteZero`](std::io::ErrorKind::WriteZero) if the writer takes no more bytes; those of the
    /// destination. `buf` holds what was not written.
    ///
    /// # Cancel safety
    /// Cancel safe as long as `buf` is kept: it holds what was not written; call again to go on.
    ///
    /// ```
    /// use filch_io::AsyncWriteExt;
    /// # futures_lite::future::block_on(async {
    /// let (mut writer, mut buf) = (Vec::new(), bytes::Bytes::from("data"));
    /// writer.write_all_buf(&mut buf).await?;
    /// assert_eq!(writer, b"data");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn write_all_buf<'a, B>(&'a mut self, buf: &'a mut B) -> WriteAllBuf<'a, Self, B>
    where
        Self: Unpin,
        B: Buf + ?Sized,
    {
        WriteAllBuf { writer: self, buf }
    }

    /// Writes all of `buf`.
    ///
    /// # Errors
    /// [`WriteZero`](std::io::ErrorKind::WriteZero) if the writer takes no more bytes; those of the
    /// destination. Nobody knows how much was written before.
    ///
    /// # Cancel safety
    /// Not cancel safe: nobody knows how much had been written. See
    /// [`write_all_buf`](Self::write_all_buf).
    ///
    /// ```
    /// use filch_io::AsyncWriteExt;
    /// # futures_lite::future::block_on(async {
    /// let mut writer = Vec::new();
    /// writer.write_all(b"every byte").await?;
    /// assert_eq!(writer, b"every byte");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn write_all<'a>(&'a mut self, buf: &'a [u8]) -> WriteAll<'a, Self>
    where
        Self: Unpin,
    {
        WriteAll { writer: self, rest: buf }
    }

    write_numbers! {
        write_u8: u8, 1, to_be_bytes, "";
        write_i8: i8, 1, to_be_bytes, "";
        write_u16: u16, 2, to_be_bytes, ", most significant byte first";
        write_i16: i16, 2, to_be_bytes, ", most significant byte first";
        write_u32: u32, 4, to_be_bytes, ", most significant byte first";
        write_i32: i32, 4, to_be_bytes, ", most significant byte first";
        write_u64: u64, 8, to_be_bytes, ", most significant byte first";
        write_i64: i64, 8, to_be_bytes, ", most significant byte first";
        write_u128: u128, 16, to_be_bytes, ", most significant byte first";
        write_i128: i128, 16, to_be_bytes, ", most significant byte first";
        write_f32: f32, 4, to_be_bytes, ", most significant byte first";
        write_f64: f64, 8, to_be_bytes, ", most significant byte first";
        write_u16_le: u16, 2, to_le_bytes, ", least significant byte first";
        write_i16_le: i16, 2, to_le_bytes, ", least significant byte first";
        write_u32_le: u32, 4, to_le_bytes, ", least significant byte first";
        write_i32_le: i32, 4, to_le_bytes, ", least significant byte first";
        write_u64_le: u64, 8, to_le_bytes, ", least significant byte first";
        write_i64_le: i64, 8, to_le_bytes, ", least significant byte first";
        write_u128_le: u128, 16, to_le_bytes, ", least significant byte first";
        write_i128_le: i128, 16, to_le_bytes, ", least significant byte first";
        write_f32_le: f32, 4, to_le_bytes, ", least significant byte first";
        write_f64_le: f64, 8, to_le_bytes, ", least significant byte first";
    }

    /// Hands on whatever the writer still buffers.
    ///
    /// # Errors
    /// Those of the destination.
    ///
    /// # Cancel safety
    /// Cancel safe: what was not handed on is still buffered; call again to go on.
    ///
    /// ```
    /// use filch_io::{AsyncWriteExt, BufWriter};
    /// # futures_lite::future::block_on(async {
    /// let mut writer = BufWriter::new(Vec::new());
    /// writer.write_all(b"soon").await?;
    /// assert!(writer.get_ref().is_empty());
    /// writer.flush().await?;
    /// assert_eq!(writer.get_ref(), b"soon");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn flush(&mut self) -> Flush<'_, Self>
    where
        Self: Unpin,
    {
        Flush { writer: self }
    }

    /// Flushes, then tells the other side that nothing more will be written.
    ///
    /// # Errors
    /// Those of the destination.
    ///
    /// # Cancel safety
    /// Cancel safe: call again to go on.
    ///
    /// ```
    /// use filch_io::{AsyncReadExt, AsyncWriteExt};
    /// # futures_lite::future::block_on(async {
    /// let (mut near, mut far) = filch_io::duplex(64);
    /// near.write_all(b"bye").await?;
    /// near.shutdown().await?;
    /// let mut text = String::new();
    /// far.read_to_string(&mut text).await?;
    /// assert_eq!(text, "bye");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn shutdown(&mut self) -> Shutdown<'_, Self>
    where
        Self: Unpin,
    {
        Shutdown { writer: self }
    }
}

impl<W: AsyncWrite + ?Sized> AsyncWriteExt for W {}

//! [`AsyncReadExt`]: what can be done with every reader.

mod read;
mod read_buf_mut;
mod read_exact;
mod read_number;
mod read_to_end;
mod read_to_string;

pub use read::Read;
pub use read_buf_mut::ReadBufMut;
pub use read_exact::ReadExact;
pub use read_number::ReadNumber;
pub use read_to_end::ReadToEnd;
pub use read_to_string::ReadToString;

use crate::{AsyncRead, Chain, ReadBuf, Take};
use bytes::BufMut;

/// One method per kind of number: name, type, size in bytes, how it is decoded and encoded, in what order.
macro_rules! read_numbers {
    ($($name:ident: $type:ident, $size:literal, $decode:ident $encode:ident, $order:literal;)*) => {$(
        #[doc = concat!("Reads a `", stringify!($type), "`", $order, ".")]
        ///
        /// # Errors
        /// [`UnexpectedEof`](std::io::ErrorKind::UnexpectedEof) if the source ends before the last
        /// byte; those of the source.
        ///
        /// # Cancel safety
        /// Not cancel safe beyond one byte: bytes that had arrived are lost with the future.
        ///
        /// ```
        /// use filch_io::AsyncReadExt;
        /// # futures_lite::future::block_on(async {
        #[doc = concat!("let mut reader: &[u8] = &7_", stringify!($type), ".", stringify!($encode), "();")]
        #[doc = concat!("assert_eq!(reader.", stringify!($name), "().await?, 7_", stringify!($type), ");")]
        /// # std::io::Result::Ok(()) }).unwrap();
        /// ```
        fn $name(&mut self) -> ReadNumber<'_, Self, $type, $size>
        where
            Self: Unpin,
        {
            ReadNumber::new(self, $type::$decode)
        }
    )*};
}

/// Methods of every [`AsyncRead`]; bring the trait into scope and call them.
///
/// Those that may take several reads try again after
/// [`Interrupted`](std::io::ErrorKind::Interrupted).
pub trait AsyncReadExt: AsyncRead {
    /// Reads this one to its end, then `next`.
    ///
    /// ```
    /// use filch_io::AsyncReadExt;
    /// # futures_lite::future::block_on(async {
    /// let mut text = String::new();
    /// b"head ".chain(&b"tail"[..]).read_to_string(&mut text).await?;
    /// assert_eq!(text, "head tail");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn chain<R: AsyncRead>(self, next: R) -> Chain<Self, R>
    where
        Self: Sized,
    {
        Chain::new(self, next)
    }

    /// Reads once: waits until there is something, takes what is there, says how many bytes.
    ///
    /// 0 means end of file, or that `buf` is empty. Fewer bytes than `buf` has room for are normal.
    ///
    /// # Errors
    /// Those of the source; nothing was read then.
    ///
    /// # Cancel safety
    /// Cancel safe: if another branch of a `select!` completes first, nothing was read.
    ///
    /// ```
    /// use filch_io::AsyncReadExt;
    /// # futures_lite::future::block_on(async {
    /// let mut reader: &[u8] = b"five!";
    /// let mut buf = [0; 16];
    /// let n = reader.read(&mut buf).await?;
    /// assert_eq!(&buf[..n], b"five!");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn read<'a>(&'a mut self, buf: &'a mut [u8]) -> Read<'a, Self>
    where
        Self: Unpin,
    {
        Read { reader: self, buf }
    }

    /// Reads once and appends to `buf`, a `Vec<u8>`, a `BytesMut` or another [`BufMut`].
    ///
    /// 0 means end of file, or that `buf` has no room (a `Vec` or `BytesMut` makes room itself).
    ///
    /// # Errors
    /// Those of the source; nothing was read then.
    ///
    /// # Cancel safety
    /// Cancel safe: if another branch of a `select!` completes first, nothing was read.
    ///
    /// ```
    /// use filch_io::AsyncReadExt;
    /// # futures_lite::future::block_on(async {
    /// let mut reader: &[u8] = b"abc";
    /// let mut buf = bytes::BytesMut::new();
    /// while reader.read_buf(&mut buf).await? > 0 {}
    /// assert_eq!(&buf[..], b"abc");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn read_buf<'a, B>(&'a mut self, buf: &'a mut B) -> ReadBufMut<'a, Self, B>
    where
        Self: Unpin,
        B: BufMut + ?Sized,
    {
        ReadBufMut { reader: self, buf }
    }

    /// Fills `buf` to the last byte; says how many that were.
    ///
    /// # Errors
    /// [`UnexpectedEof`](std::io::ErrorKind::UnexpectedEof) if the source ends earlier; those of
    /// the source. What `buf` holds then is unspecified.
    ///
    /// # Cancel safety
    /// Not cancel safe: what had been read is in `buf`, but nobody knows how much it was.
    ///
    /// ```
    /// use filch_io::{AsyncReadExt, ErrorKind};
    /// # futures_lite::future::block_on(async {
    /// let mut reader: &[u8] = b"headerbody";
    /// let mut header = [0; 6];
    /// reader.read_exact(&mut header).await?;
    /// assert_eq!(&header, b"header");
    /// assert_eq!(reader.read_exact(&mut header).await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn read_exact<'a>(&'a mut self, buf: &'a mut [u8]) -> ReadExact<'a, Self>
    where
        Self: Unpin,
    {
        ReadExact { reader: self, buf: ReadBuf::new(buf) }
    }

    read_numbers! {
        read_u8: u8, 1, from_be_bytes to_be_bytes, "";
        read_i8: i8, 1, from_be_bytes to_be_bytes, "";
        read_u16: u16, 2, from_be_bytes to_be_bytes, ", most significant byte first";
        read_i16: i16, 2, from_be_bytes to_be_bytes, ", most significant byte first";
        read_u32: u32, 4, from_be_bytes to_be_bytes, ", most significant byte first";
        read_i32: i32, 4, from_be_bytes to_be_bytes, ", most significant byte first";
        read_u64: u64, 8, from_be_bytes to_be_bytes, ", most significant byte first";
        read_i64: i64, 8, from_be_bytes to_be_bytes, ", most significant byte first";
        read_u128: u128, 16, from_be_bytes to_be_bytes, ", most significant byte first";
        read_i128: i128, 16, from_be_bytes to_be_bytes, ", most significant byte first";
        read_f32: f32, 4, from_be_bytes to_be_bytes, ", most significant byte first";
        read_f64: f64, 8, from_be_bytes to_be_bytes, ", most significant byte first";
        read_u16_le: u16, 2, from_le_bytes to_le_bytes, ", least significant byte first";
        read_i16_le: i16, 2, from_le_bytes to_le_bytes, ", least significant byte first";
        read_u32_le: u32, 4, from_le_bytes to_le_bytes, ", least significant byte first";
        read_i32_le: i32, 4, from_le_bytes to_le_bytes, ", least significant byte first";
        read_u64_le: u64, 8, from_le_bytes to_le_bytes, ", least significant byte first";
        read_i64_le: i64, 8, from_le_bytes to_le_bytes, ", least significant byte first";
        read_u128_le: u128, 16, from_le_bytes to_le_bytes, ", least significant byte first";
        read_i128_le: i128, 16, from_le_bytes to_le_bytes, ", least significant byte first";
        read_f32_le: f32, 4, from_le_bytes to_le_bytes, ", least significant byte first";
        read_f64_le: f64, 8, from_le_bytes to_le_bytes, ", least significant byte first";
    }

    /// Reads until end of file and appends to `buf`; says how many bytes.
    ///
    /// # Errors
    /// Those of the source; what was read before stays in `buf`.
    ///
    /// # Cancel safety
    /// What had been read is in `buf`; call again to go on. Only the count is lost.
    ///
    /// ```
    /// use filch_io::AsyncReadExt;
    /// # futures_lite::future::block_on(async {
    /// let mut reader: &[u8] = b"the end";
    /// let mut all = Vec::new();
    /// assert_eq!(reader.read_to_end(&mut all).await?, 7);
    /// assert_eq!(all, b"the end");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn read_to_end<'a>(&'a mut self, buf: &'a mut Vec<u8>) -> ReadToEnd<'a, Self>
    where
        Self: Unpin,
    {
        ReadToEnd::new(self, buf)
    }

    /// Reads until end of file and appends to `text`; says how many bytes.
    ///
    /// # Errors
    /// [`InvalidData`](std::io::ErrorKind::InvalidData) if it is not UTF-8; those of the source.
    /// `text` is as it was before, and what was read is lost: read bytes with
    /// [`read_to_end`](Self::read_to_end) where that matters.
    ///
    /// # Cancel safety
    /// Not cancel safe: what had been read is lost, `text` is as it was before.
    ///
    /// ```
    /// use filch_io::AsyncReadExt;
    /// # futures_lite::future::block_on(async {
    /// let mut reader = "größer".as_bytes();
    /// let mut text = String::from("> ");
    /// assert_eq!(reader.read_to_string(&mut text).await?, 8);
    /// assert_eq!(text, "> größer");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn read_to_string<'a>(&'a mut self, text: &'a mut String) -> ReadToString<'a, Self>
    where
        Self: Unpin,
    {
        ReadToString::new(self, text)
    }

    /// A reader that ends after `limit` bytes of this one.
    ///
    /// Take from `&mut reader` to go on with the rest afterwards.
    ///
    /// ```
    /// use filch_io::AsyncReadExt;
    /// # futures_lite::future::block_on(async {
    /// let mut reader: &[u8] = b"0123456789";
    /// let mut text = String::new();
    /// (&mut reader).take(4).read_to_string(&mut text).await?;
    /// assert_eq!(text, "0123");
    /// assert_eq!(reader.read_u8().await?, b'4');
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn take(self, limit: u64) -> Take<Self>
    where
        Self: Sized,
    {
        Take::new(self, limit)
    }
}

impl<R: AsyncRead + ?Sized> AsyncReadExt for R {}

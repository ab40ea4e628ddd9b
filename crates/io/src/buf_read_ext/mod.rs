//! [`AsyncBufReadExt`]: what can be done with every buffered reader.

mod fill_buf;
mod lines;
mod read_line;
mod read_until;
mod split;

pub use fill_buf::FillBuf;
pub use lines::Lines;
pub use read_line::ReadLine;
pub use read_until::ReadUntil;
pub use split::Split;

use crate::AsyncBufRead;
use std::pin::Pin;

/// Methods of every [`AsyncBufRead`]; bring the trait into scope and call them.
///
/// Those that may take several reads try again after
/// [`Interrupted`](std::io::ErrorKind::Interrupted).
pub trait AsyncBufReadExt: AsyncBufRead {
    /// Reads up to and including the next `delimiter` (or to end of file) and appends that to
    /// `buf`; says how many bytes, 0 at end of file.
    ///
    /// # Errors
    /// Those of the source; what was read before stays in `buf`.
    ///
    /// # Cancel safety
    /// What had been read is in `buf`; call again to go on. Only the count is lost.
    ///
    /// ```
    /// use filch_io::AsyncBufReadExt;
    /// # futures_lite::future::block_on(async {
    /// let mut reader: &[u8] = b"key=value";
    /// let mut key = Vec::new();
    /// assert_eq!(reader.read_until(b'=', &mut key).await?, 4);
    /// assert_eq!(key, b"key=");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn read_until<'a>(&'a mut self, delimiter: u8, buf: &'a mut Vec<u8>) -> ReadUntil<'a, Self>
    where
        Self: Unpin,
    {
        ReadUntil { reader: self, delimiter, buf, read: 0 }
    }

    /// Reads up to and including the next `\n` (or to end of file) and appends that to `text`; says
    /// how many bytes, 0 at end of file.
    ///
    /// # Errors
    /// [`InvalidData`](std::io::ErrorKind::InvalidData) if the line is not UTF-8: it has been read
    /// to its end, `text` is as it was before, and the next call reads the next line. Those of the
    /// source: what was read before stays in `text`.
    ///
    /// # Cancel safety
    /// What had been read is in `text`; call again to go on. What is lost, besides the count, is a
    /// last character that had arrived in part, and the rest of a line that is not UTF-8.
    /// [`Lines::next_line`] loses nothing.
    ///
    /// ```
    /// use filch_io::AsyncBufReadExt;
    /// # futures_lite::future::block_on(async {
    /// let mut reader: &[u8] = b"first\nsecond\n";
    /// let mut line = String::new();
    /// while reader.read_line(&mut line).await? > 0 {}
    /// assert_eq!(line, "first\nsecond\n");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn read_line<'a>(&'a mut self, text: &'a mut String) -> ReadLine<'a, Self>
    where
        Self: Unpin,
    {
        ReadLine::new(self, text)
    }

    /// The pieces between `delimiter`s, by [`Split::next_segment`].
    ///
    /// ```
    /// use filch_io::AsyncBufReadExt;
    /// # futures_lite::future::block_on(async {
    /// let mut words = std::io::Cursor::new("to be").split(b' ');
    /// assert_eq!(words.next_segment().await?.unwrap(), b"to");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn split(self, delimiter: u8) -> Split<Self>
    where
        Self: Sized + Unpin,
    {
        Split::new(self, delimiter)
    }

    /// Borrows what is buffered; reads more first if that is nothing. Empty means end of file.
    ///
    /// Say with [`consume`](Self::consume) how much of it was used.
    ///
    /// # Errors
    /// Those of the source.
    ///
    /// # Panics
    /// If the reader, asked twice, does not lend again what it had buffered.
    ///
    /// # Cancel safety
    /// Cancel safe: what was read stays buffered.
    ///
    /// ```
    /// use filch_io::{AsyncBufReadExt, BufReader};
    /// # futures_lite::future::block_on(async {
    /// let mut reader = BufReader::new(&b"lent"[..]);
    /// assert_eq!(reader.fill_buf().await?, b"lent");
    /// reader.consume(3);
    /// assert_eq!(reader.fill_buf().await?, b"t");
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn fill_buf(&mut self) -> FillBuf<'_, Self>
    where
        Self: Unpin,
    {
        FillBuf { reader: Some(self) }
    }

    /// Forgets the first `amount` bytes of what [`fill_buf`](Self::fill_buf) lent: they were used.
    ///
    /// ```
    /// use filch_io::AsyncBufReadExt;
    /// let mut reader: &[u8] = b"abc";
    /// AsyncBufReadExt::consume(&mut reader, 2);
    /// assert_eq!(reader, b"c");
    /// ```
    fn consume(&mut self, amount: usize)
    where
        Self: Unpin,
    {
        Pin::new(self).consume(amount);
    }

    /// The lines, without their ends, by [`Lines::next_line`].
    ///
    /// ```
    /// use filch_io::AsyncBufReadExt;
    /// # futures_lite::future::block_on(async {
    /// let mut lines = b"a\nb\n".lines();
    /// while let Some(line) = lines.next_line().await? {
    ///     assert_eq!(line.len(), 1);
    /// }
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn lines(self) -> Lines<Self>
    where
        Self: Sized,
    {
        Lines::new(self)
    }
}

impl<R: AsyncBufRead + ?Sized> AsyncBufReadExt for R {}

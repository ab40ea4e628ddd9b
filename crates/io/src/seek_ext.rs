//! [`AsyncSeekExt`] and [`Seek`].

use crate::AsyncSeek;
use std::future::Future;
use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Methods of every [`AsyncSeek`]; bring the trait into scope and call them.
pub trait AsyncSeekExt: AsyncSeek {
    /// Moves to `position`; says where that is, in bytes from the start.
    ///
    /// Beyond the end is allowed, before the start is not.
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for a position before the start; those of the
    /// stream, also that of an earlier seek which was cancelled.
    ///
    /// # Cancel safety
    /// Not cancel safe: whether the position has changed is unknown. Seek again.
    ///
    /// ```
    /// use filch_io::{AsyncReadExt, AsyncSeekExt, SeekFrom};
    /// # futures_lite::future::block_on(async {
    /// let mut file = std::io::Cursor::new(b"0123456789");
    /// file.seek(SeekFrom::Start(4)).await?;
    /// assert_eq!(file.read_u8().await?, b'4');
    /// assert_eq!(file.seek(SeekFrom::Current(-2)).await?, 3);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn seek(&mut self, position: SeekFrom) -> Seek<'_, Self>
    where
        Self: Unpin,
    {
        Seek { stream: self, position: Some(position) }
    }

    /// Moves to the start.
    ///
    /// # Errors
    /// Those of the stream.
    ///
    /// # Cancel safety
    /// As [`seek`](Self::seek).
    ///
    /// ```
    /// use filch_io::{AsyncReadExt, AsyncSeekExt};
    /// # futures_lite::future::block_on(async {
    /// let mut file = std::io::Cursor::new(b"ab");
    /// file.read_u16().await?;
    /// assert_eq!(file.rewind().await?, 0);
    /// assert_eq!(file.read_u8().await?, b'a');
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn rewind(&mut self) -> Seek<'_, Self>
    where
        Self: Unpin,
    {
        self.seek(SeekFrom::Start(0))
    }

    /// Where the stream stands, in bytes from the start.
    ///
    /// # Errors
    /// Those of the stream.
    ///
    /// # Cancel safety
    /// As [`seek`](Self::seek).
    ///
    /// ```
    /// use filch_io::{AsyncReadExt, AsyncSeekExt};
    /// # futures_lite::future::block_on(async {
    /// let mut file = std::io::Cursor::new(b"abc");
    /// file.read_u16().await?;
    /// assert_eq!(file.stream_position().await?, 2);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    fn stream_position(&mut self) -> Seek<'_, Self>
    where
        Self: Unpin,
    {
        self.seek(SeekFrom::Current(0))
    }
}

impl<S: AsyncSeek + ?Sized> AsyncSeekExt for S {}

/// Moves a position; made by [`AsyncSeekExt::seek`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited or polled"]
pub struct Seek<'a, S: ?Sized> {
    stream: &'a mut S,
    /// `None` once the seek has started.
    position: Option<SeekFrom>,
}

impl<S: AsyncSeek + Unpin + ?Sized> Future for Seek<'_, S> {
    type Output = io::Result<u64>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let me = &mut *self;
        let mut stream = Pin::new(&mut *me.stream);
        if let Some(position) = me.position {
            // A seek that was cancelled may still be under way.
            ready!(stream.as_mut().poll_complete(cx))?;
            stream.as_mut().start_seek(position)?;
            me.position = None;
        }
        stream.poll_complete(cx)
    }
}

//! [`Split`].

use super::read_until::poll_until;
use crate::AsyncBufRead;
use pin_project_lite::pin_project;
use std::future::poll_fn;
use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// The pieces of a reader between delimiters; made by
    /// [`AsyncBufReadExt::split`](crate::AsyncBufReadExt::split).
    #[derive(Debug)]
    #[must_use = "segments are read by next_segment"]
    pub struct Split<R> {
        #[pin]
        reader: R,
        delimiter: u8,
        segment: Vec<u8>,
        read: usize,
    }
}

impl<R> Split<R> {
    pub(super) fn new(reader: R, delimiter: u8) -> Self {
        Self { reader, delimiter, segment: Vec::new(), read: 0 }
    }
}

impl<R: AsyncBufRead> Split<R> {
    /// The next segment without its delimiter; `None` at end of file.
    ///
    /// # Errors
    /// Those of the source; the beginning of the segment is kept.
    ///
    /// # Cancel safety
    /// Cancel safe: the beginning of a segment is kept here and goes into what the next call
    /// yields.
    ///
    /// ```
    /// use filch_io::AsyncBufReadExt;
    /// # futures_lite::future::block_on(async {
    /// let mut fields = std::io::Cursor::new("a,,b").split(b',');
    /// let mut seen = Vec::new();
    /// while let Some(field) = fields.next_segment().await? {
    ///     seen.push(field);
    /// }
    /// assert_eq!(seen, [&b"a"[..], b"", b"b"]);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn next_segment(&mut self) -> io::Result<Option<Vec<u8>>>
    where
        R: Unpin,
    {
        poll_fn(|cx| Pin::new(&mut *self).poll_next_segment(cx)).await
    }

    /// As [`next_segment`](Self::next_segment), for an implementation of `Stream` or `Future`.
    ///
    /// `Pending` keeps the beginning of the segment; the task of `cx` is woken when there is more.
    ///
    /// # Errors
    /// As [`next_segment`](Self::next_segment).
    pub fn poll_next_segment(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Option<Vec<u8>>>> {
        let me = self.project();
        let segment = me.segment;
        ready!(poll_until(me.reader, cx, *me.delimiter, me.read, |piece| {
            segment.extend_from_slice(piece);
        }))?;
        if mem::take(me.read) == 0 {
            return Poll::Ready(Ok(None));
        }
        let mut segment = mem::take(segment);
        if segment.last() == Some(me.delimiter) {
            segment.pop();
        }
        Poll::Ready(Ok(Some(segment)))
    }
}

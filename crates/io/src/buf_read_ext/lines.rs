//! [`Lines`].

use super::read_line::Line;
use crate::AsyncBufRead;
use pin_project_lite::pin_project;
use std::future::poll_fn;
use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// The lines of a reader; made by [`AsyncBufReadExt::lines`](crate::AsyncBufReadExt::lines).
    #[derive(Debug)]
    #[must_use = "lines are read by next_line"]
    pub struct Lines<R> {
        #[pin]
        reader: R,
        line: String,
        progress: Line,
    }
}

impl<R> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, line: String::new(), progress: Line::default() }
    }

    /// The reader behind.
    pub fn get_ref(&self) -> &R {
        &self.reader
    }

    /// The reader behind. What is read from it directly is missing here.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.reader
    }

    /// The reader behind. The beginning of a line that has not ended is lost.
    pub fn into_inner(self) -> R {
        self.reader
    }
}

impl<R: AsyncBufRead> Lines<R> {
    /// The next line without its `\n` or `\r\n`; `None` at end of file.
    ///
    /// # Errors
    /// [`InvalidData`](io::ErrorKind::InvalidData) if the line is not UTF-8 (it is skipped: the
    /// next call yields the next line); those of the source.
    ///
    /// # Cancel safety
    /// Cancel safe: the beginning of a line is kept here and goes into what the next call yields.
    ///
    /// ```
    /// use filch_io::AsyncBufReadExt;
    /// # futures_lite::future::block_on(async {
    /// let mut lines = b"one\r\ntwo".lines();
    /// assert_eq!(lines.next_line().await?.as_deref(), Some("one"));
    /// assert_eq!(lines.next_line().await?.as_deref(), Some("two"));
    /// assert_eq!(lines.next_line().await?, None);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    pub async fn next_line(&mut self) -> io::Result<Option<String>>
    where
        R: Unpin,
    {
        poll_fn(|cx| Pin::new(&mut *self).poll_next_line(cx)).await
    }

    /// As [`next_line`](Self::next_line), for an implementation of `Stream` or `Future`.
    ///
    /// `Pending` keeps the beginning of the line; the task of `cx` is woken when there is more.
    ///
    /// # Errors
    /// As [`next_line`](Self::next_line).
    pub fn poll_next_line(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Option<String>>> {
        let me = self.project();
        if ready!(me.progress.poll(me.reader, cx, me.line))? == 0 {
            return Poll::Ready(Ok(None));
        }
        let mut line = mem::take(me.line);
        if line.ends_with('\n') {
            line.pop();
            if line.ends_with('\r') {
                line.pop();
            }
        }
        Poll::Ready(Ok(Some(line)))
    }
}

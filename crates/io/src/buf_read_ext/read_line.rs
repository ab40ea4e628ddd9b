//! [`ReadLine`].

use super::read_until::poll_until;
use crate::AsyncBufRead;
use crate::utf8::Utf8Pieces;
use std::future::Future;
use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Reads a line of text; made by [`AsyncBufReadExt::read_line`](crate::AsyncBufReadExt::read_line).
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited or polled"]
pub struct ReadLine<'a, R: ?Sized> {
    reader: &'a mut R,
    text: &'a mut String,
    progress: Line,
}

impl<'a, R: ?Sized> ReadLine<'a, R> {
    pub(super) fn new(reader: &'a mut R, text: &'a mut String) -> Self {
        let progress = Line { start: text.len(), ..Line::default() };
        Self { reader, text, progress }
    }
}

impl<R: AsyncBufRead + Unpin + ?Sized> Future for ReadLine<'_, R> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let me = &mut *self;
        me.progress.poll(Pin::new(&mut *me.reader), cx, me.text)
    }
}

/// How far reading a line has come.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Where in the text it begins.
    start: usize,
    pieces: Utf8Pieces,
    read: usize,
}

impl Line {
    /// Appends a line to `text`; says how many bytes it has. Afterwards it is ready for another one
    /// that begins where this one did.
    pub(super) fn poll<R: AsyncBufRead + ?Sized>(
        &mut self,
        reader: Pin<&mut R>,
        cx: &mut Context<'_>,
        text: &mut String,
    ) -> Poll<io::Result<usize>> {
        let pieces = &mut self.pieces;
        ready!(poll_until(reader, cx, b'\n', &mut self.read, |piece| {
            pieces.push(piece, text)
        }))?;
        let read = mem::take(&mut self.read);
        if self.pieces.finish() {
            return Poll::Ready(Ok(read));
        }
        text.truncate(self.start);
        let message = format!("a line of {read} bytes is not valid UTF-8");
        Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, message)))
    }
}

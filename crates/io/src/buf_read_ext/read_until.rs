//! [`ReadUntil`].

use crate::AsyncBufRead;
use crate::interrupted::is_interrupted;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Reads up to a delimiter; made by
/// [`AsyncBufReadExt::read_until`](crate::AsyncBufReadExt::read_until).
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited or polled"]
pub struct ReadUntil<'a, R: ?Sized> {
    pub(super) reader: &'a mut R,
    pub(super) delimiter: u8,
    pub(super) buf: &'a mut Vec<u8>,
    pub(super) read: usize,
}

impl<R: AsyncBufRead + Unpin + ?Sized> Future for ReadUntil<'_, R> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let me = &mut *self;
        let reader = Pin::new(&mut *me.reader);
        ready!(poll_until(reader, cx, me.delimiter, &mut me.read, |piece| {
            me.buf.extend_from_slice(piece);
        }))?;
        Poll::Ready(Ok(me.read))
    }
}

/// Hands to `take`, piece by piece, what comes up to and including `delimiter`, or up to the end.
///
/// Every piece is counted in `read` and consumed as soon as it is taken, so that giving up between
/// two polls loses nothing that `take` kept.
pub(super) fn poll_until<R: AsyncBufRead + ?Sized>(
    mut reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    delimiter: u8,
    read: &mut usize,
    mut take: impl FnMut(&[u8]),
) -> Poll<io::Result<()>> {
    loop {
        let buffered = match ready!(reader.as_mut().poll_fill_buf(cx)) {
            Ok(buffered) => buffered,
            Err(error) if is_interrupted(&error) => continue,
            Err(error) => return Poll::Ready(Err(error)),
        };
        let found = memchr::memchr(delimiter, buffered);
        let piece = &buffered[..found.map_or(buffered.len(), |at| at + 1)];
        let used = piece.len();
        take(piece);
        reader.as_mut().consume(used);
        *read += used;
        if found.is_some() || used == 0 {
            return Poll::Ready(Ok(()));
        }
    }
}

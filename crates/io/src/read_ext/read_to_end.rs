//! [`ReadToEnd`].

use crate::fill::poll_read_into;
use crate::interrupted::retry;
use crate::{AsyncRead, ReadBuf};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Reads everything; made by [`AsyncReadExt::read_to_end`](crate::AsyncReadExt::read_to_end).
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited or polled"]
pub struct ReadToEnd<'a, R: ?Sized> {
    reader: &'a mut R,
    buf: &'a mut Vec<u8>,
    progress: ToEnd,
}

impl<'a, R: ?Sized> ReadToEnd<'a, R> {
    pub(super) fn new(reader: &'a mut R, buf: &'a mut Vec<u8>) -> Self {
        let progress = ToEnd::new(buf);
        Self { reader, buf, progress }
    }
}

impl<R: AsyncRead + Unpin + ?Sized> Future for ReadToEnd<'_, R> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let me = &mut *self;
        me.progress.poll(Pin::new(&mut *me.reader), cx, me.buf)
    }
}

/// The smallest room worth a read, in bytes.
const PROBE: usize = 32;
/// The largest room offered to the first read, in bytes.
const FIRST_WINDOW: usize = 32 * 1024;

/// How far reading to the end has come.
#[derive(Debug)]
pub(super) struct ToEnd {
    /// The capacity that the caller chose: perhaps exactly what is needed.
    given: usize,
    /// The room offered to one read. It grows with what the reader fills, because a reader may zero
    /// all of it first: a large spare capacity must not be zeroed for every small read.
    window: usize,
    read: usize,
}

impl ToEnd {
    pub(super) fn new(buf: &Vec<u8>) -> Self {
        Self { given: buf.capacity(), window: FIRST_WINDOW, read: 0 }
    }

    pub(super) fn poll<R: AsyncRead + ?Sized>(
        &mut self,
        mut reader: Pin<&mut R>,
        cx: &mut Context<'_>,
        buf: &mut Vec<u8>,
    ) -> Poll<io::Result<usize>> {
        loop {
            let full = buf.len() == buf.capacity();
            let read = if full && buf.capacity() == self.given && buf.capacity() >= PROBE {
                // Perhaps the buffer was just large enough: find out before it is doubled.
                let mut probe = [0; PROBE];
                let mut probe = ReadBuf::new(&mut probe);
                ready!(retry(|| reader.as_mut().poll_read(cx, &mut probe)))?;
                buf.extend_from_slice(probe.filled());
                probe.filled().len()
            } else {
                buf.reserve(PROBE);
                ready!(retry(|| poll_read_into(reader.as_mut(), cx, buf, self.window)))?
            };
            if read == 0 {
                return Poll::Ready(Ok(self.read));
            }
            if read == self.window {
                self.window = self.window.saturating_mul(2);
            }
            self.read += read;
        }
    }
}

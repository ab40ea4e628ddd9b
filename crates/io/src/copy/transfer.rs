//! [`Transfer`]: one direction of a copy.

use super::{ROUNDS, give_way};
use crate::interrupted::retry;
use crate::write_ext::poll_write_some;
use crate::{AsyncRead, AsyncWrite, ReadBuf};
use filch_primitives::Budget;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// What is under way from a reader to a writer.
#[derive(Debug)]
pub(super) struct Transfer {
    buf: Box<[u8]>,
    /// Read and not yet written: `buf[start..end]`.
    start: usize,
    end: usize,
    /// How the reader ended, once it has.
    ended: Option<io::Result<()>>,
    /// Something was written since the last flush.
    unflushed: bool,
    copied: u64,
}

impl Transfer {
    /// With a buffer of `capacity` bytes.
    pub(super) fn new(capacity: usize) -> Self {
        let buf = vec![0; capacity].into_boxed_slice();
        Self { buf, start: 0, end: 0, ended: None, unflushed: false, copied: 0 }
    }

    /// Goes on until everything is written and flushed; says how many bytes that were.
    pub(super) fn poll<R, W>(
        &mut self,
        mut reader: Pin<&mut R>,
        mut writer: Pin<&mut W>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<u64>>
    where
        R: AsyncRead + ?Sized,
        W: AsyncWrite + ?Sized,
    {
        for _ in 0..ROUNDS {
            ready!(Budget::take(cx));
            let filled = self.poll_fill(reader.as_mut(), cx);
            if self.start < self.end {
                let rest = &self.buf[self.start..self.end];
                let written = ready!(poll_write_some(writer.as_mut(), cx, rest))?;
                self.start += written;
                self.copied += written as u64;
                self.unflushed = true;
                continue;
            }
            if self.unflushed || self.ended.is_some() {
                ready!(writer.as_mut().poll_flush(cx))?;
                self.unflushed = false;
            }
            ready!(filled);
            if let Some(ended) = self.ended.take() {
                return Poll::Ready(ended.map(|()| self.copied));
            }
        }
        give_way(cx)
    }

    /// Reads once into what room there is. Ready with nothing buffered: the reader has ended.
    fn poll_fill<R: AsyncRead + ?Sized>(
        &mut self,
        mut reader: Pin<&mut R>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        if self.end == self.buf.len() || self.ended.is_some() {
            return Poll::Ready(());
        }
        let mut room = ReadBuf::new(&mut self.buf[self.end..]);
        match ready!(retry(|| reader.as_mut().poll_read(cx, &mut room))) {
            Ok(()) if room.filled().is_empty() => self.ended = Some(Ok(())),
            Ok(()) => self.end += room.filled().len(),
            Err(error) => self.ended = Some(Err(error)),
        }
        Poll::Ready(())
    }
}

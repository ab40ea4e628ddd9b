//! A file as a stream: reading, writing and seeking at its position.

use super::File;
use crate::inline;
use filch_io::{AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};
use filch_primitives::Budget;
use std::io::{self, IoSlice, Seek, SeekFrom};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// How many bytes a hop reads at least, where each read needs one.
const READ_AHEAD: usize = 64 << 10;

impl AsyncRead for File {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        // A seek that was not awaited to its end is void.
        this.seek = None;
        // What was written may be what is read.
        ready!(this.writes.poll_flush(cx))?;
        loop {
            ready!(inline::poll_turn(cx));
            if let Some(outcome) = ready!(this.ahead.poll_unread(cx, buf)) {
                Budget::spend(1);
                return Poll::Ready(outcome);
            }
            let asked = buf.remaining();
            if this.inline.read_into(&this.file, buf).is_some() {
                return Poll::Ready(Ok(()));
            }
            // Where the next read will be inline, the kernel reads ahead, and the position stays exact. It
            // has to stay so where a clone goes on from it.
            let is_exact = this.inline.are_possible() || this.is_cloned();
            let want = if is_exact { asked } else { asked.max(READ_AHEAD) };
            this.ahead.start(&this.file, want.min(this.max_buf_size));
        }
    }
}

impl AsyncWrite for File {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.seek = None;
        ready!(self.poll_give_back(cx))?;
        self.writes.poll_write(cx, bufs, self.max_buf_size, || Arc::clone(&self.file))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Ready when every byte has been handed to the operating system; that it reaches the disk is what
    /// [`File::sync_all`] waits for.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writes.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

impl AsyncSeek for File {
    /// A seek that was started earlier and not completed is replaced.
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        self.seek = Some(position);
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let this = self.get_mut();
        let outcome = ready!(this.poll_position(cx));
        let position = this.seek.take().unwrap_or(SeekFrom::Current(0));
        // Inline: it sets a number. Only the end of a file on a network may be asked for there.
        Poll::Ready(outcome.and_then(|()| (&*this.file).seek(position)))
    }
}

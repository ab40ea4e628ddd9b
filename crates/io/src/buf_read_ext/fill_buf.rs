//! [`FillBuf`].

use crate::AsyncBufRead;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Borrows a reader's buffer; made by
/// [`AsyncBufReadExt::fill_buf`](crate::AsyncBufReadExt::fill_buf).
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited or polled"]
pub struct FillBuf<'a, R: ?Sized> {
    /// `None` after completion: the buffer is lent for as long as the reader was.
    pub(super) reader: Option<&'a mut R>,
}

impl<'a, R: AsyncBufRead + Unpin + ?Sized> Future for FillBuf<'a, R> {
    type Output = io::Result<&'a [u8]>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&'a [u8]>> {
        let reader = self.reader.as_mut().expect("FillBuf polled after completion");
        if ready!(Pin::new(&mut **reader).poll_fill_buf(cx))?.is_empty() {
            self.reader = None;
            return Poll::Ready(Ok(&[]));
        }
        // Asked again, now for a borrow that outlives this call. What is buffered is lent again.
        let reader = self.reader.take().expect("it was there a moment ago");
        let lent = Pin::new(reader).poll_fill_buf(cx);
        assert!(lent.is_ready(), "an AsyncBufRead did not lend again what it had buffered");
        lent
    }
}

//! [`ReadToString`].

use super::read_to_end::ToEnd;
use crate::AsyncRead;
use std::future::Future;
use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Reads everything as text; made by
/// [`AsyncReadExt::read_to_string`](crate::AsyncReadExt::read_to_string).
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited or polled"]
pub struct ReadToString<'a, R: ?Sized> {
    reader: &'a mut R,
    text: &'a mut String,
    bytes: Vec<u8>,
    progress: ToEnd,
}

impl<'a, R: ?Sized> ReadToString<'a, R> {
    pub(super) fn new(reader: &'a mut R, text: &'a mut String) -> Self {
        // The common case, an empty string, lends its capacity and is spared the copy.
        let bytes = if text.is_empty() { mem::take(text).into_bytes() } else { Vec::new() };
        let progress = ToEnd::new(&bytes);
        Self { reader, text, bytes, progress }
    }
}

impl<R: AsyncRead + Unpin + ?Sized> Future for ReadToString<'_, R> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let me = &mut *self;
        let read = ready!(me.progress.poll(Pin::new(&mut *me.reader), cx, &mut me.bytes))?;
        let text = String::from_utf8(mem::take(&mut me.bytes))
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.utf8_error()))?;
        if me.text.is_empty() {
            *me.text = text;
        } else {
            me.text.push_str(&text);
        }
        Poll::Ready(Ok(read))
    }
}

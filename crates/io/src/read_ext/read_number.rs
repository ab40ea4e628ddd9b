//! [`ReadNumber`].

use super::read_exact::poll_fill;
use crate::{AsyncRead, ReadBuf};
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Reads an `N`-byte number; made by the `read_u16`, `read_f64_le` ... methods of
/// [`AsyncReadExt`](crate::AsyncReadExt).
#[must_use = "futures do nothing unless awaited or polled"]
pub struct ReadNumber<'a, R: ?Sized, T, const N: usize> {
    reader: &'a mut R,
    bytes: [u8; N],
    read: usize,
    decode: fn([u8; N]) -> T,
}

impl<'a, R: ?Sized, T, const N: usize> ReadNumber<'a, R, T, N> {
    pub(super) fn new(reader: &'a mut R, decode: fn([u8; N]) -> T) -> Self {
        Self { reader, bytes: [0; N], read: 0, decode }
    }
}

impl<R, T, const N: usize> Future for ReadNumber<'_, R, T, N>
where
    R: AsyncRead + Unpin + ?Sized,
{
    type Output = io::Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let me = &mut *self;
        let mut buf = ReadBuf::new(&mut me.bytes);
        buf.set_filled(me.read);
        let filled = poll_fill(Pin::new(&mut *me.reader), cx, &mut buf);
        me.read = buf.filled().len();
        filled.map_ok(|()| (me.decode)(me.bytes))
    }
}

impl<R: fmt::Debug + ?Sized, T, const N: usize> fmt::Debug for ReadNumber<'_, R, T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadNumber")
            .field("reader", &self.reader)
            .field("bytes", &&self.bytes[..self.read])
            .finish_non_exhaustive()
    }
}

//! [`AsyncBufRead`], and who lends its buffer by delegating.

use crate::AsyncRead;
use std::io;
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A reader with a buffer inside, which it lends.
///
/// Call the methods of [`AsyncBufReadExt`](crate::AsyncBufReadExt); wrap any reader in a
/// [`BufReader`](crate::BufReader) to have them.
///
/// ```
/// use filch_io::AsyncBufReadExt;
/// # futures_lite::future::block_on(async {
/// let mut bytes: &[u8] = b"one\ntwo\n";
/// let mut line = String::new();
/// bytes.read_line(&mut line).await?;
/// assert_eq!(line, "one\n");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub trait AsyncBufRead: AsyncRead {
    /// Lends what is buffered; reads more first if that is nothing.
    ///
    /// An empty slice means end of file. Say with [`consume`](Self::consume) how much was used:
    /// the rest is lent again next time.
    ///
    /// # Errors
    /// Those of the source; never `WouldBlock` nor `Interrupted`.
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>>;

    /// Forgets the first `amount` buffered bytes: they were used.
    ///
    /// `amount` must not be more than [`poll_fill_buf`](Self::poll_fill_buf) lent; what happens
    /// otherwise is up to the reader (a panic, or nothing).
    fn consume(self: Pin<&mut Self>, amount: usize);
}

impl<T: AsyncBufRead + Unpin + ?Sized> AsyncBufRead for Box<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Pin::new(&mut **self.get_mut()).poll_fill_buf(cx)
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        Pin::new(&mut **self).consume(amount);
    }
}

impl<T: AsyncBufRead + Unpin + ?Sized> AsyncBufRead for &mut T {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Pin::new(&mut **self.get_mut()).poll_fill_buf(cx)
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        Pin::new(&mut **self).consume(amount);
    }
}

impl<P> AsyncBufRead for Pin<P>
where
    P: DerefMut<Target: AsyncBufRead>,
{
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.as_deref_mut().poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        self.as_deref_mut().consume(amount);
    }
}

/// The slice is its own buffer.
impl AsyncBufRead for &[u8] {
    fn poll_fill_buf(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Poll::Ready(Ok(*self))
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        *self = &self[amount..];
    }
}

/// The bytes from the position on are the buffer.
impl<T: AsRef<[u8]> + Unpin> AsyncBufRead for io::Cursor<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Poll::Ready(io::BufRead::fill_buf(self.get_mut()))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        io::BufRead::consume(self.get_mut(), amount);
    }
}

//! [`copy_buf`].

use super::{ROUNDS, give_way};
use crate::interrupted::is_interrupted;
use crate::write_ext::poll_write_some;
use crate::{AsyncBufRead, AsyncWrite};
use filch_primitives::Budget;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Copies everything from `reader`'s own buffer to `writer`; says how many bytes, and flushes.
///
/// Nothing is copied in between. The writer is flushed whenever the reader has nothing to offer.
///
/// # Errors
/// Those of both sides. `reader` still holds what was not written.
///
/// # Cancel safety
/// Cancel safe: `reader` still holds what was not written; call again to go on. Only the count is
/// lost.
///
/// ```
/// use filch_io::BufReader;
/// # futures_lite::future::block_on(async {
/// let mut reader = BufReader::new(&b"all of it"[..]);
/// let mut writer = Vec::new();
/// assert_eq!(filch_io::copy_buf(&mut reader, &mut writer).await?, 9);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub async fn copy_buf<R, W>(reader: &mut R, writer: &mut W) -> io::Result<u64>
where
    R: AsyncBufRead + Unpin + ?Sized,
    W: AsyncWrite + Unpin + ?Sized,
{
    let mut progress = Progress { copied: 0, unflushed: false };
    poll_fn(|cx| progress.poll(Pin::new(&mut *reader), Pin::new(&mut *writer), cx)).await
}

struct Progress {
    copied: u64,
    /// Something was written since the last flush.
    unflushed: bool,
}

impl Progress {
    fn poll<R, W>(
        &mut self,
        mut reader: Pin<&mut R>,
        mut writer: Pin<&mut W>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<u64>>
    where
        R: AsyncBufRead + ?Sized,
        W: AsyncWrite + ?Sized,
    {
        for _ in 0..ROUNDS {
            ready!(Budget::take(cx));
            match reader.as_mut().poll_fill_buf(cx) {
                Poll::Ready(Ok(bytes)) if !bytes.is_empty() => {
                    let written = ready!(poll_write_some(writer.as_mut(), cx, bytes))?;
                    reader.as_mut().consume(written);
                    self.copied += written as u64;
                    self.unflushed = true;
                }
                Poll::Ready(Ok(_)) => {
                    ready!(writer.as_mut().poll_flush(cx))?;
                    return Poll::Ready(Ok(self.copied));
                }
                Poll::Ready(Err(error)) if is_interrupted(&error) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    if self.unflushed {
                        ready!(writer.as_mut().poll_flush(cx))?;
                        self.unflushed = false;
                    }
                    return Poll::Pending;
                }
            }
        }
        give_way(cx)
    }
}

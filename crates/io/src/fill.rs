//! Reading into memory that was not initialised: the crate's unsafe code besides [`ReadBuf`].

use crate::{AsyncRead, ReadBuf};
use bytes::BufMut;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Reads once, at most `limit` bytes, and appends them to `buf`'s next chunk; says how many.
///
/// 0 means end of file, or that `buf` has no room.
pub(crate) fn poll_read_into<R, B>(
    reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    buf: &mut B,
    limit: usize,
) -> Poll<io::Result<usize>>
where
    R: AsyncRead + ?Sized,
    B: BufMut + ?Sized,
{
    let chunk = buf.chunk_mut();
    let len = chunk.len().min(limit);
    // SAFETY: `ReadBuf` never writes an uninitialised byte over an initialised one.
    let chunk = unsafe { chunk.as_uninit_slice_mut() };
    let mut part = ReadBuf::uninit(&mut chunk[..len]);
    let start = part.filled().as_ptr();
    ready!(reader.poll_read(cx, &mut part))?;
    let read = filled_since(&part, start, len);
    // SAFETY: the first `read` bytes of the chunk are the filled ones of `part`: initialised.
    unsafe { buf.advance_mut(read) };
    Poll::Ready(Ok(read))
}

/// Reads once, at most `limit` bytes, and appends them to `buf`; says how many.
pub(crate) fn poll_read_part<R: AsyncRead + ?Sized>(
    reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
    limit: usize,
) -> Poll<io::Result<usize>> {
    let mut part = buf.take(limit);
    let start = part.filled().as_ptr();
    let len = part.capacity();
    ready!(reader.poll_read(cx, &mut part))?;
    let read = filled_since(&part, start, len);
    let initialized = part.initialized().len();
    // SAFETY: `part` lies at the start of the unfilled memory, and its first `initialized` bytes
    // hold values.
    unsafe { buf.assume_init(initialized) };
    buf.advance(read);
    Poll::Ready(Ok(read))
}

/// How many bytes a reader put into `part`, which began at `start` and had room for `len`.
///
/// A reader is safe code and could put another `ReadBuf` in the place of the one it was lent: what
/// that one says must not be believed about our memory.
#[track_caller]
pub(crate) fn filled_since(part: &ReadBuf<'_>, start: *const u8, len: usize) -> usize {
    let replaced = part.initialized().as_ptr() != start || part.capacity() != len;
    assert!(!replaced, "a reader replaced the ReadBuf that it was given to fill");
    part.filled().len()
}

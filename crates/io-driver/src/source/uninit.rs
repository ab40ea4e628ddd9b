//! Memory that may be uninitialised, and is not made so.

use bytes::BufMut;
use filch_io::ReadBuf;
use std::io;
use std::mem::MaybeUninit;

/// Reads into what is unfilled.
///
/// # Safety
/// `read` initialises as many bytes as it returns, from the beginning, and writes nothing else.
pub(crate) unsafe fn fill<R>(
    buf: &mut ReadBuf<'_>,
    read: impl FnOnce(&mut [MaybeUninit<u8>]) -> io::Result<(usize, R)>,
) -> io::Result<(usize, R)> {
    // SAFETY: nothing in it is made uninitialised, by the caller's promise.
    let unfilled = unsafe { buf.unfilled_mut() };
    let (got, more) = read(unfilled)?;
    // SAFETY: so many bytes were written, by the caller's promise.
    unsafe { buf.assume_init(got) };
    buf.advance(got);
    Ok((got, more))
}

/// Reads into the spare room of a growing buffer.
///
/// # Safety
/// As [`fill`].
pub(crate) unsafe fn extend<R>(
    buf: &mut (impl BufMut + ?Sized),
    read: impl FnOnce(&mut [MaybeUninit<u8>]) -> io::Result<(usize, R)>,
) -> io::Result<(usize, R)> {
    // SAFETY: nothing in it is made uninitialised, by the caller's promise.
    let spare = unsafe { buf.chunk_mut().as_uninit_slice_mut() };
    let (got, more) = read(spare)?;
    // SAFETY: so many bytes were written, by the caller's promise.
    unsafe { buf.advance_mut(got) };
    Ok((got, more))
}

//! The marks of a `ReadBuf`, and a reader that tampers with one.

use crate::script::block_on;
use bytes::BufMut;
use filch_io::{AsyncRead, AsyncReadExt, ReadBuf};
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};

fn marks(buf: &ReadBuf<'_>) -> (usize, usize, usize) {
    (buf.filled().len(), buf.initialized().len(), buf.capacity())
}

#[test]
fn marks_move_as_documented() {
    let mut space = [MaybeUninit::uninit(); 8];
    let mut buf = ReadBuf::uninit(&mut space);
    assert_eq!(marks(&buf), (0, 0, 8));
    buf.put_slice(b"abc");
    assert_eq!(marks(&buf), (3, 3, 8));
    assert_eq!(buf.initialize_unfilled_to(2), [0, 0]);
    assert_eq!(marks(&buf), (3, 5, 8));
    buf.advance(1);
    buf.clear();
    assert_eq!(marks(&buf), (0, 5, 8));
    assert_eq!(buf.initialized(), b"abc\0\0");
    buf.set_filled(5);
    buf.filled_mut()[0] = b'X';
    assert_eq!(buf.initialize_unfilled().len(), 3);
    assert_eq!((buf.filled(), marks(&buf)), (&b"Xbc\0\0"[..], (5, 8, 8)));
    assert_eq!(format!("{buf:?}"), "ReadBuf { filled: 5, initialized: 8, capacity: 8 }");
}

#[test]
fn bytes_that_were_initialised_are_not_zeroed_again() {
    let mut space = *b"abcd";
    let mut buf = ReadBuf::new(&mut space);
    assert_eq!(buf.initialize_unfilled(), b"abcd");
    buf.initialized_mut()[3] = b'!';
    buf.advance(4);
    assert_eq!(buf.filled(), b"abc!");
}

#[test]
fn a_part_knows_what_is_initialised_in_it() {
    let mut space = [MaybeUninit::uninit(); 8];
    let mut buf = ReadBuf::uninit(&mut space);
    buf.initialize_unfilled_to(4);
    buf.set_filled(2);
    assert_eq!(marks(&buf.take(1)), (0, 1, 1));
    assert_eq!(marks(&buf.take(4)), (0, 2, 4));
    assert_eq!(marks(&buf.take(99)), (0, 2, 6));
}

#[test]
fn it_is_a_buf_mut() {
    let mut space = [MaybeUninit::uninit(); 4];
    let mut buf = ReadBuf::uninit(&mut space);
    buf.put_u16(0x6162);
    assert_eq!((buf.filled(), buf.remaining_mut()), (&b"ab"[..], 2));
}

#[test]
#[should_panic = "5 bytes put into a ReadBuf that has 4 left"]
fn too_much_does_not_fit() {
    ReadBuf::new(&mut [0; 4]).put_slice(b"abcde");
}

#[test]
#[should_panic = "2 bytes of a ReadBuf declared filled, but only 1 are initialised"]
fn what_was_never_written_cannot_be_filled() {
    let mut space = [MaybeUninit::uninit(); 4];
    let mut buf = ReadBuf::uninit(&mut space);
    buf.put_slice(b"a");
    buf.advance(1);
}

#[test]
#[should_panic = "5 bytes asked of a ReadBuf that has 4 left"]
fn more_than_there_is_cannot_be_initialised() {
    ReadBuf::new(&mut [0; 4]).initialize_unfilled_to(5);
}

/// Puts another buffer in the place of the one it was given.
pub(crate) struct Swindler;

impl AsyncRead for Swindler {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        *buf = ReadBuf::new(&mut []);
        Poll::Ready(Ok(()))
    }
}

#[test]
#[should_panic = "a reader replaced the ReadBuf that it was given to fill"]
fn a_replaced_buffer_is_noticed_before_memory_is_trusted() {
    let _ = block_on(Swindler.read_to_end(&mut Vec::new()));
}

#[test]
#[should_panic = "a reader replaced the ReadBuf that it was given to fill"]
fn a_replaced_part_is_noticed_before_memory_is_trusted() {
    let _ = block_on(Swindler.take(8).read(&mut [0; 16]));
}

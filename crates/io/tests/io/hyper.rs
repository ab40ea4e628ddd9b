//! The adapter to hyper's traits: what each side sees of the other.

use crate::read_buf::Swindler;
use crate::script::{Reader, Writer, block_on};
use filch_io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, FilchIo};
use hyper::rt::{Read, ReadBuf, Write};
use std::future::poll_fn;
use std::io::{ErrorKind, IoSlice, Result};
use std::mem::MaybeUninit;
use std::pin::Pin;

/// Reads once, as hyper does: into memory of which nothing is known, behind what is there already.
fn read_once(reader: &mut FilchIo<Reader>, space: usize) -> Result<Vec<u8>> {
    let mut space = vec![MaybeUninit::uninit(); space + 1];
    let mut buf = ReadBuf::uninit(&mut space);
    buf.unfilled().put_slice(b">");
    block_on(poll_fn(|cx| Pin::new(&mut *reader).poll_read(cx, buf.unfilled())))?;
    Ok(buf.filled().to_vec())
}

#[test]
fn hyper_reads_what_is_there_then_the_end() {
    let mut reader = FilchIo::new(Reader::new().pending().bytes("abcde").pending());
    assert_eq!(read_once(&mut reader, 3).unwrap(), b">abc");
    assert_eq!(read_once(&mut reader, 3).unwrap(), b">de");
    assert_eq!(read_once(&mut reader, 3).unwrap(), b">");
    assert_eq!(reader.inner().polls, 5);
}

#[test]
fn hyper_sees_the_error_of_a_read_and_no_bytes() {
    let mut reader = FilchIo::new(Reader::new().error(ErrorKind::ConnectionReset).bytes("x"));
    assert_eq!(read_once(&mut reader, 3).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(read_once(&mut reader, 3).unwrap(), b">x");
}

#[test]
#[should_panic = "a reader replaced the ReadBuf that it was given to fill"]
fn a_replaced_buffer_is_noticed_before_hyper_trusts_its_memory() {
    let mut space = [MaybeUninit::uninit(); 16];
    let mut buf = ReadBuf::uninit(&mut space);
    let _ =
        block_on(poll_fn(|cx| Pin::new(&mut FilchIo::new(Swindler)).poll_read(cx, buf.unfilled())));
}

#[test]
fn what_hyper_writes_arrives_vectored_where_the_writer_can() {
    let mut writer = FilchIo::new(Vec::new());
    assert!(Write::is_write_vectored(&writer));
    assert!(!Write::is_write_vectored(&FilchIo::new(Writer::new())));
    let parts = [IoSlice::new(b"he"), IoSlice::new(b"llo")];
    let written =
        block_on(poll_fn(|cx| Write::poll_write_vectored(Pin::new(&mut writer), cx, &parts)));
    assert_eq!(written.unwrap(), 5);
    assert_eq!(writer.into_inner(), b"hello");
}

#[test]
fn there_and_back_is_the_same_stream() {
    // A stream as hyper holds it, as an upgrade hands it back.
    let reader = Reader::new().trickle("first").bytes(" second");
    let mut back = FilchIo::new(FilchIo::new(reader));
    let mut text = String::from("0: ");
    block_on(back.read_to_string(&mut text)).unwrap();
    assert_eq!(text, "0: first second");

    let mut back = FilchIo::new(FilchIo::new(Writer::new()));
    assert!(!AsyncWrite::is_write_vectored(&back));
    block_on(async {
        back.write_all(b"hello").await?;
        back.flush().await?;
        back.shutdown().await
    })
    .unwrap();
    assert_eq!(back.into_inner().into_inner().log, ["hello", "flush", "shutdown"]);
}

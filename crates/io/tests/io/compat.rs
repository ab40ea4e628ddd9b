//! The adapter to futures-io's traits: what each side sees of the other.

use crate::read_buf::Swindler;
use crate::script::{Reader, Writer, block_on};
use filch_io::compat::Compat;
use filch_io::{AsyncReadExt, AsyncWriteExt, BufReader, ReadBuf};
use futures_lite::{AsyncBufReadExt as _, AsyncWriteExt as _};
use std::future::poll_fn;
use std::io::{ErrorKind, IoSlice, Result};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};

#[test]
fn theirs_reads_what_is_there_then_the_end() {
    let mut reader = Compat::new(Reader::new().trickle("ab").bytes("cde"));
    let mut text = String::new();
    block_on(futures_lite::AsyncReadExt::read_to_string(&mut reader, &mut text)).unwrap();
    assert_eq!(text, "abcde");

    let mut reader = Compat::new(Reader::new().error(ErrorKind::ConnectionReset));
    let error = block_on(futures_lite::AsyncReadExt::read(&mut reader, &mut [0; 4])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn there_and_back_is_the_same_stream() {
    let reader = Reader::new().trickle("first").bytes(" second");
    let mut back = Compat::new(Compat::new(reader));
    let mut text = String::from("0: ");
    block_on(AsyncReadExt::read_to_string(&mut back, &mut text)).unwrap();
    assert_eq!(text, "0: first second");

    let mut back = Compat::new(Compat::new(Writer::new()));
    block_on(async {
        AsyncWriteExt::write_all(&mut back, b"hello").await?;
        AsyncWriteExt::flush(&mut back).await?;
        AsyncWriteExt::shutdown(&mut back).await
    })
    .unwrap();
    assert_eq!(back.into_inner().into_inner().log, ["hello", "flush", "shutdown"]);
}

#[test]
fn closing_is_shutting_down() {
    let mut writer = Compat::new(Writer::new());
    block_on(async {
        futures_lite::AsyncWriteExt::write_all(&mut writer, b"hello").await?;
        writer.close().await
    })
    .unwrap();
    assert_eq!(writer.into_inner().log, ["hello", "shutdown"]);
}

#[test]
fn several_buffers_go_through_both_ways() {
    let mut writer = Compat::new(Compat::new(Vec::new()));
    let parts = [IoSlice::new(b"he"), IoSlice::new(b"llo")];
    let written = block_on(poll_fn(|cx| {
        filch_io::AsyncWrite::poll_write_vectored(Pin::new(&mut writer), cx, &parts)
    }));
    assert_eq!(written.unwrap(), 5);
    assert_eq!(writer.into_inner().into_inner(), b"hello");
}

#[test]
fn a_buffer_stays_one() {
    let mut lines = Compat::new(BufReader::new(Reader::new().bytes("one\ntwo"))).lines();
    let next = block_on(futures_lite::StreamExt::next(&mut lines)).unwrap();
    assert_eq!(next.unwrap(), "one");
}

#[test]
#[should_panic = "a reader replaced the ReadBuf that it was given to fill"]
fn a_replaced_buffer_is_noticed_before_its_length_is_told() {
    let _ = block_on(futures_lite::AsyncReadExt::read(&mut Compat::new(Swindler), &mut [0; 16]));
}

/// Says that it has read more than there was room for.
struct Boaster;

impl futures_lite::AsyncRead for Boaster {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        Poll::Ready(Ok(buf.len() + 1))
    }
}

#[test]
#[should_panic = "a reader claims 5 bytes where there was room for 4"]
fn more_than_there_was_room_for_is_not_believed() {
    let mut space = [MaybeUninit::uninit(); 8];
    let mut buf = ReadBuf::uninit(&mut space);
    let _ = block_on(Compat::new(Boaster).read_buf(&mut buf.take(4)));
}

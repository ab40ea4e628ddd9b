//! Futures can be moved, and sent where their parts can.

use filch_io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncSeekExt, AsyncWrite, AsyncWriteExt, BufReader,
    BufStream, BufWriter, DuplexStream, Lines, ReadBuf, ReadHalf, SimplexStream, Split, Take,
    WriteHalf, copy, copy_bidirectional, copy_buf,
};
use std::io::Cursor;
use std::pin::Pin;

fn is_send_sync_unpin<T: Send + Sync + Unpin>() {}
fn is_unpin<T: Unpin>(_: &T) {}
fn is_send<T: Send>(_: T) {}

#[test]
fn types_are_send_sync_and_unpin() {
    is_send_sync_unpin::<ReadBuf<'_>>();
    is_send_sync_unpin::<DuplexStream>();
    is_send_sync_unpin::<SimplexStream>();
    is_send_sync_unpin::<ReadHalf<DuplexStream>>();
    is_send_sync_unpin::<WriteHalf<DuplexStream>>();
    is_send_sync_unpin::<BufReader<DuplexStream>>();
    is_send_sync_unpin::<BufWriter<DuplexStream>>();
    is_send_sync_unpin::<BufStream<DuplexStream>>();
    is_send_sync_unpin::<Lines<BufReader<DuplexStream>>>();
    is_send_sync_unpin::<Split<BufReader<DuplexStream>>>();
    is_send_sync_unpin::<Take<DuplexStream>>();
}

#[test]
fn futures_are_send_and_those_of_methods_are_unpin() {
    let (mut reader, mut writer) = (Cursor::new(Vec::new()), Vec::new());
    is_unpin(&reader.read_u16());
    is_unpin(&reader.read_line(&mut String::new()));
    is_unpin(&reader.rewind());
    is_unpin(&writer.write_all(b""));
    is_send(reader.read_to_string(&mut String::new()));
    is_send(reader.fill_buf());
    is_send(copy(&mut reader, &mut writer));
    is_send(copy_buf(&mut reader, &mut writer));
    let (mut a, mut b) = filch_io::duplex(1);
    is_send(copy_bidirectional(&mut a, &mut b));
}

#[test]
fn trait_objects_and_pinned_pointers_read_and_write() {
    futures_lite::future::block_on(async {
        let mut reader: Box<dyn AsyncRead + Unpin> = Box::new(&b"abcd"[..]);
        assert_eq!(reader.read_u8().await.unwrap(), b'a');
        let by_ref: &mut (dyn AsyncRead + Unpin) = &mut reader;
        assert_eq!(by_ref.read_u8().await.unwrap(), b'b');
        let mut pinned: Pin<Box<dyn AsyncRead>> = Box::pin(reader);
        assert_eq!(pinned.as_mut().read_u8().await.unwrap(), b'c');
        assert_eq!(pinned.read_u8().await.unwrap(), b'd');

        let mut bytes = Vec::new();
        let mut writer: Pin<&mut (dyn AsyncWrite + Unpin)> = Pin::new(&mut bytes);
        assert!(writer.is_write_vectored());
        writer.write_all(b"xy").await.unwrap();
        assert_eq!(bytes, b"xy");
    });
}

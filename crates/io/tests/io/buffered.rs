//! What passes the buffers by, what waits in them, and what a seek does to them.

use crate::script::{Reader, Writer, block_on};
use filch_io::{
    AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufReader, BufStream, BufWriter,
    ErrorKind, SeekFrom,
};
use std::io::{Cursor, IoSlice};

#[test]
fn small_reads_share_one_poll_and_large_ones_pass_by() {
    block_on(async {
        let mut reader = BufReader::with_capacity(4, Reader::new().bytes("abcdefghij"));
        for byte in *b"abcd" {
            assert_eq!(reader.read_u8().await.unwrap(), byte);
        }
        assert_eq!(reader.get_ref().polls, 1);
        let mut buf = [0; 6];
        assert_eq!(reader.read(&mut buf).await.unwrap(), 6);
        assert_eq!((reader.buffer(), reader.get_ref().polls), (&b""[..], 2));
    });
}

#[test]
fn small_writes_wait_and_large_ones_pass_by() {
    block_on(async {
        let mut writer = BufWriter::with_capacity(4, Writer::new());
        writer.write_all(b"ab").await.unwrap();
        writer.write_all(b"cd").await.unwrap();
        assert!(writer.get_ref().log.is_empty());
        writer.write_all(b"e").await.unwrap();
        assert_eq!(writer.get_ref().log, ["abcd"]);
        writer.write_all(b"fghij").await.unwrap();
        assert_eq!(writer.get_ref().log, ["abcd", "e", "fghij"]);
        writer.write_all(b"k").await.unwrap();
        writer.shutdown().await.unwrap();
        assert_eq!(writer.get_ref().log[3..], ["k", "shutdown"]);
    });
}

#[test]
fn a_vectored_write_is_gathered_or_passed_on() {
    block_on(async {
        let bufs = [IoSlice::new(b""), IoSlice::new(b"ab"), IoSlice::new(b"cde")];
        for (capacity, target, taken, log) in [
            (8, Writer::new(), 5, &[][..]),
            (4, Writer::new().vectored(), 5, &["abcde"][..]),
            (4, Writer::new(), 2, &[][..]),
            (2, Writer::new(), 2, &["ab"][..]),
        ] {
            let mut writer = BufWriter::with_capacity(capacity, target);
            assert_eq!(writer.write_vectored(&bufs).await.unwrap(), taken, "{capacity}");
            assert_eq!(writer.get_ref().log, log, "{capacity}");
        }
    });
}

#[test]
fn a_buffer_of_no_bytes_is_no_buffer() {
    block_on(async {
        let mut reader = BufReader::with_capacity(0, &b"ab"[..]);
        assert_eq!(reader.read_u16().await.unwrap(), u16::from_be_bytes(*b"ab"));
        let mut writer = BufWriter::with_capacity(0, Writer::new());
        writer.write_all(b"ab").await.unwrap();
        assert_eq!(writer.get_ref().log, ["ab"]);
    });
}

#[test]
fn a_seek_in_a_buffered_reader_counts_from_what_was_read() {
    block_on(async {
        let mut reader = BufReader::with_capacity(4, Cursor::new(b"0123456789"));
        assert_eq!(reader.read_u8().await.unwrap(), b'0');
        assert_eq!(reader.stream_position().await.unwrap(), 1);
        assert_eq!(reader.seek(SeekFrom::Current(2)).await.unwrap(), 3);
        assert_eq!(reader.read_u8().await.unwrap(), b'3');
        assert_eq!(reader.seek(SeekFrom::Current(-2)).await.unwrap(), 2);
        assert_eq!(reader.read_u8().await.unwrap(), b'2');
        assert_eq!(reader.seek(SeekFrom::End(-1)).await.unwrap(), 9);
        assert_eq!(reader.read_u8().await.unwrap(), b'9');
    });
}

#[test]
fn a_seek_that_fails_leaves_the_buffer_alone() {
    block_on(async {
        let mut reader = BufReader::with_capacity(4, Cursor::new(b"0123456789"));
        reader.read_u8().await.unwrap();
        for offset in [-2, i64::MIN] {
            let error = reader.seek(SeekFrom::Current(offset)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert_eq!(reader.buffer(), b"123");
        }
    });
}

#[test]
fn a_seek_in_a_buffered_writer_writes_first() {
    block_on(async {
        let mut writer = BufWriter::new(Cursor::new(Vec::new()));
        writer.write_all(b"abcdef").await.unwrap();
        assert_eq!(writer.seek(SeekFrom::Start(1)).await.unwrap(), 1);
        writer.write_all(b"X").await.unwrap();
        assert_eq!(writer.seek(SeekFrom::Current(1)).await.unwrap(), 3);
        writer.write_all(b"Y").await.unwrap();
        writer.flush().await.unwrap();
        assert_eq!(writer.into_inner().into_inner(), b"aXcYef");
    });
}

#[test]
fn a_buffered_stream_buffers_both_ways() {
    block_on(async {
        let (near, mut far) = filch_io::duplex(64);
        let mut stream = BufStream::with_capacity(16, 16, near);
        far.write_all(b"one\ntwo\n").await.unwrap();
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        stream.write_all(b"answer").await.unwrap();
        stream.flush().await.unwrap();
        let mut answer = [0; 6];
        far.read_exact(&mut answer).await.unwrap();
        assert_eq!((&line[..], &answer), ("one\n", b"answer"));
    });
}

#[test]
fn either_nesting_of_buffers_becomes_a_stream_without_losing_any() {
    block_on(async {
        let duplex = || Cursor::new(b"abcd".to_vec());
        let mut inside = BufReader::new(BufWriter::new(duplex()));
        inside.read_u8().await.unwrap();
        inside.write_all(b"w").await.unwrap();
        let mut stream = BufStream::from(inside);
        assert_eq!(stream.read_u8().await.unwrap(), b'b');
        stream.flush().await.unwrap();
        assert_eq!(stream.into_inner().into_inner(), b"abcdw");

        let mut outside = BufWriter::new(BufReader::new(duplex()));
        outside.read_u8().await.unwrap();
        outside.write_all(b"w").await.unwrap();
        let mut stream = BufStream::from(outside);
        assert_eq!(stream.read_u8().await.unwrap(), b'b');
        stream.flush().await.unwrap();
        assert_eq!(stream.into_inner().into_inner(), b"abcdw");
    });
}

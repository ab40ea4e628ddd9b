//! Data that arrives byte by byte, with waiting in between.

use crate::script::{Reader, Writer, block_on};
use filch_io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use std::io::IoSlice;

#[test]
fn read_returns_what_is_there() {
    block_on(async {
        let mut reader = Reader::new().bytes("ab").pending().bytes("c");
        let mut buf = [0; 8];
        assert_eq!(reader.read(&mut buf).await.unwrap(), 2);
        assert_eq!(reader.read(&mut buf).await.unwrap(), 1);
        assert_eq!(reader.read(&mut buf).await.unwrap(), 0);
        assert_eq!(&buf[..2], b"cb");
    });
}

#[test]
fn read_exact_waits_for_the_last_byte() {
    block_on(async {
        let mut reader = Reader::new().bytes("ab").trickle("cd").bytes("efgh");
        let mut buf = [0; 6];
        assert_eq!(reader.read_exact(&mut buf).await.unwrap(), 6);
        assert_eq!(&buf, b"abcdef");
        assert_eq!(reader.read_exact(&mut []).await.unwrap(), 0);
        assert_eq!(reader.read_u16().await.unwrap(), u16::from_be_bytes(*b"gh"));
    });
}

#[test]
fn numbers_survive_being_cut_anywhere() {
    block_on(async {
        let mut bytes = Vec::new();
        bytes.write_u64(0x0102_0304_0506_0708).await.unwrap();
        bytes.write_i32_le(-2).await.unwrap();
        bytes.write_f64(0.1).await.unwrap();
        bytes.write_u128_le(7 << 100).await.unwrap();
        assert_eq!(&bytes[..12], [1, 2, 3, 4, 5, 6, 7, 8, 0xfe, 0xff, 0xff, 0xff]);

        let mut reader = Reader::new().trickle(&bytes);
        assert_eq!(reader.read_u64().await.unwrap(), 0x0102_0304_0506_0708);
        assert_eq!(reader.read_i32_le().await.unwrap(), -2);
        assert_eq!(reader.read_f64().await.unwrap(), 0.1);
        assert_eq!(reader.read_u128_le().await.unwrap(), 7 << 100);
    });
}

#[test]
fn read_to_end_appends_everything() {
    block_on(async {
        let large: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
        let mut reader = Reader::new().trickle("abc").bytes(&large).pending();
        let mut all = b"> ".to_vec();
        assert_eq!(reader.read_to_end(&mut all).await.unwrap(), large.len() + 3);
        assert_eq!(&all[..5], b"> abc");
        assert_eq!(&all[5..], large);
    });
}

#[test]
fn read_to_end_into_a_buffer_that_just_fits_does_not_grow_it() {
    block_on(async {
        let mut all = Vec::with_capacity(100);
        let capacity = all.capacity();
        let bytes = vec![1; capacity];
        Reader::new().bytes(&bytes).read_to_end(&mut all).await.unwrap();
        assert_eq!((all.len(), all.capacity()), (capacity, capacity));

        let mut longer = bytes.clone();
        longer.push(2);
        let mut all = Vec::with_capacity(100);
        Reader::new().bytes(&longer).read_to_end(&mut all).await.unwrap();
        assert_eq!(all, longer);
    });
}

#[test]
fn read_buf_appends_what_is_there_and_respects_the_end_of_a_fixed_buffer() {
    block_on(async {
        let mut reader = Reader::new().pending().bytes("abcdef");
        let mut space = [0; 4];
        let mut fixed = &mut space[..];
        assert_eq!(reader.read_buf(&mut fixed).await.unwrap(), 4);
        assert_eq!(reader.read_buf(&mut fixed).await.unwrap(), 0);
        let mut grows = bytes::BytesMut::from("> ");
        assert_eq!(reader.read_buf(&mut grows).await.unwrap(), 2);
        assert_eq!((&space, &grows[..]), (b"abcd", &b"> ef"[..]));
    });
}

#[test]
fn lines_and_segments_are_whole_however_they_arrive() {
    block_on(async {
        let text = "eins\r\nzwölf\n\n🦀 ohne Ende";
        let mut lines = BufReader::new(Reader::new().trickle(text)).lines();
        let mut seen = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            seen.push(line);
        }
        assert_eq!(seen, ["eins", "zwölf", "", "🦀 ohne Ende"]);

        let mut segments = BufReader::new(Reader::new().trickle(",ab,,c,")).split(b',');
        let mut seen = Vec::new();
        while let Some(segment) = segments.next_segment().await.unwrap() {
            seen.push(segment);
        }
        assert_eq!(seen, [&b""[..], b"ab", b"", b"c"]);
    });
}

#[test]
fn fill_buf_waits_and_lends_until_consumed() {
    block_on(async {
        let mut reader = BufReader::new(Reader::new().pending().bytes("abc").pending().bytes("d"));
        assert_eq!(reader.fill_buf().await.unwrap(), b"abc");
        AsyncBufReadExt::consume(&mut reader, 1);
        assert_eq!(reader.fill_buf().await.unwrap(), b"bc");
        AsyncBufReadExt::consume(&mut reader, 2);
        assert_eq!(reader.fill_buf().await.unwrap(), b"d");
        AsyncBufReadExt::consume(&mut reader, 1);
        assert_eq!(reader.fill_buf().await.unwrap(), b"");
    });
}

#[test]
fn write_all_goes_on_after_short_writes() {
    block_on(async {
        let mut writer = Writer::new().takes(1).pending().takes(2);
        writer.write_all(b"abcdef").await.unwrap();
        assert_eq!(writer.log, ["a", "bc", "def"]);

        let mut writer = Writer::new().takes(1).pending();
        writer.write_u32(u32::from_be_bytes(*b"wxyz")).await.unwrap();
        assert_eq!(writer.log, ["w", "xyz"]);
    });
}

#[test]
fn a_buf_in_pieces_is_written_at_once_where_the_writer_can() {
    use bytes::Buf;
    block_on(async {
        let pieces = || bytes::Bytes::from("head ").chain(bytes::Bytes::from("body"));

        let mut writer = Writer::new();
        writer.write_all_buf(&mut pieces()).await.unwrap();
        assert_eq!(writer.log, ["head ", "body"]);

        let mut writer = Writer::new().vectored().takes(7);
        let mut buf = pieces();
        assert_eq!(writer.write_buf(&mut buf).await.unwrap(), 7);
        assert_eq!(buf.remaining(), 2);
        writer.write_all_buf(&mut buf).await.unwrap();
        assert_eq!(writer.log, ["head bo", "dy"]);
    });
}

#[test]
fn a_vectored_write_to_a_plain_writer_takes_the_first_buffer_that_is_not_empty() {
    block_on(async {
        let mut writer = Writer::new();
        let bufs = [IoSlice::new(b""), IoSlice::new(b"ab"), IoSlice::new(b"cd")];
        assert_eq!(writer.write_vectored(&bufs).await.unwrap(), 2);
        assert_eq!(writer.log, ["ab"]);
    });
}

#[test]
fn take_and_chain_keep_their_borders() {
    block_on(async {
        let source = Reader::new().trickle("abc").bytes("defg");
        let mut joined = source.take(5).chain(Reader::new().pending().bytes("XYZ"));
        let mut text = String::new();
        joined.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "abcdeXYZ");
        let (first, _) = joined.into_inner();
        assert_eq!(first.limit(), 0);
        let mut rest = String::new();
        first.into_inner().read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "fg");

        let mut lines = BufReader::new(&b"one\ntwo\n"[..]).take(6).chain(&b"!\nlast"[..]).lines();
        assert_eq!(lines.next_line().await.unwrap().unwrap(), "one");
        assert_eq!(lines.next_line().await.unwrap().unwrap(), "tw!");
        assert_eq!(lines.next_line().await.unwrap().unwrap(), "last");
        assert_eq!(lines.next_line().await.unwrap(), None);
    });
}

#[test]
fn a_read_into_no_room_does_not_end_the_first_of_a_chain() {
    block_on(async {
        let mut joined = Reader::new().bytes("a").chain(Reader::new().bytes("b"));
        assert_eq!(joined.read(&mut []).await.unwrap(), 0);
        let mut text = String::new();
        joined.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "ab");
    });
}

//! What is left of the data when a future is dropped half-way: as its documentation says.

use crate::script::{Reader, Writer, block_on, poll_once};
use filch_io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy, copy_buf};

#[test]
fn read_loses_nothing() {
    let mut reader = Reader::new().pending().bytes("ab");
    let mut buf = [0; 4];
    assert!(poll_once(reader.read(&mut buf)).is_pending());
    assert_eq!(block_on(reader.read(&mut buf)).unwrap(), 2);
}

#[test]
fn read_until_goes_on_where_it_stopped() {
    let mut reader = BufReader::new(Reader::new().bytes("ab").pending().bytes("c,d"));
    let mut field = Vec::new();
    assert!(poll_once(reader.read_until(b',', &mut field)).is_pending());
    assert_eq!(field, b"ab");
    assert_eq!(block_on(reader.read_until(b',', &mut field)).unwrap(), 2);
    assert_eq!(field, b"abc,");
}

#[test]
fn read_line_goes_on_where_it_stopped() {
    let mut reader = BufReader::new(Reader::new().bytes("grö").pending().bytes("ßer\nrest"));
    let mut line = String::from("> ");
    assert!(poll_once(reader.read_line(&mut line)).is_pending());
    assert_eq!(line, "> grö");
    assert_eq!(block_on(reader.read_line(&mut line)).unwrap(), 5);
    assert_eq!(line, "> größer\n");
}

#[test]
fn read_line_loses_a_character_that_had_arrived_in_part() {
    let (head, tail) = "a€b\n".as_bytes().split_at(2);
    let mut reader = BufReader::new(Reader::new().bytes(head).pending().bytes(tail));
    let mut line = String::new();
    assert!(poll_once(reader.read_line(&mut line)).is_pending());
    assert_eq!(line, "a");
    assert!(block_on(reader.read_line(&mut line)).is_err());
}

#[test]
fn lines_and_segments_lose_nothing() {
    let (head, tail) = "a€b\nc".as_bytes().split_at(2);
    let mut lines = BufReader::new(Reader::new().bytes(head).pending().bytes(tail)).lines();
    assert!(poll_once(lines.next_line()).is_pending());
    assert_eq!(block_on(lines.next_line()).unwrap().as_deref(), Some("a€b"));

    let mut segments = BufReader::new(Reader::new().bytes("a").pending().bytes("b,c")).split(b',');
    assert!(poll_once(segments.next_segment()).is_pending());
    assert_eq!(block_on(segments.next_segment()).unwrap().as_deref(), Some(&b"ab"[..]));
}

#[test]
fn read_to_end_keeps_what_it_has_and_read_to_string_leaves_the_text_as_it_was() {
    let source = || Reader::new().bytes("ab").pending().bytes("cd");
    let (mut reader, mut all) = (source(), Vec::new());
    assert!(poll_once(reader.read_to_end(&mut all)).is_pending());
    block_on(reader.read_to_end(&mut all)).unwrap();
    assert_eq!(all, b"abcd");

    let (mut reader, mut text) = (source(), String::from("> "));
    assert!(poll_once(reader.read_to_string(&mut text)).is_pending());
    assert_eq!(text, "> ");
    block_on(reader.read_to_string(&mut text)).unwrap();
    assert_eq!(text, "> cd");
}

#[test]
fn write_all_buf_goes_on_where_it_stopped() {
    let mut writer = Writer::new().takes(2).pending();
    let mut buf = bytes::Bytes::from("abcd");
    assert!(poll_once(writer.write_all_buf(&mut buf)).is_pending());
    assert_eq!(&buf[..], b"cd");
    block_on(writer.write_all_buf(&mut buf)).unwrap();
    assert_eq!(writer.log, ["ab", "cd"]);
}

#[test]
fn copy_buf_goes_on_where_it_stopped_and_copy_loses_what_it_held() {
    let mut reader = BufReader::new(&b"abcd"[..]);
    let mut writer = Writer::new().takes(1).pending();
    assert!(poll_once(copy_buf(&mut reader, &mut writer)).is_pending());
    assert_eq!(block_on(copy_buf(&mut reader, &mut writer)).unwrap(), 3);
    assert_eq!(writer.log, ["a", "bcd", "flush"]);

    let mut reader = &b"abcd"[..];
    let mut writer = Writer::new().takes(1).pending();
    assert!(poll_once(copy(&mut reader, &mut writer)).is_pending());
    assert_eq!(block_on(copy(&mut reader, &mut writer)).unwrap(), 0);
    assert_eq!(writer.log, ["a", "flush"]);
}

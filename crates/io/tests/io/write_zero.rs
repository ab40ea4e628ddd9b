//! A writer that takes no more bytes.

use crate::script::{Writer, block_on};
use filch_io::{AsyncWriteExt, BufWriter, ErrorKind, copy};
use std::io::Cursor;

#[test]
fn everything_that_must_write_fails() {
    block_on(async {
        let error = Writer::new().takes(2).takes(0).write_all(b"abc").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WriteZero);
        let error = Writer::new().takes(1).takes(0).write_u16(1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WriteZero);
        let error = copy(&mut &b"abc"[..], &mut Writer::new().takes(0)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WriteZero);
    });
}

#[test]
fn write_all_buf_keeps_what_was_not_written() {
    block_on(async {
        let mut buf = bytes::Bytes::from("abc");
        let error = Writer::new().takes(2).takes(0).write_all_buf(&mut buf).await.unwrap_err();
        assert_eq!((error.kind(), &buf[..]), (ErrorKind::WriteZero, &b"c"[..]));
    });
}

#[test]
fn a_buffered_writer_keeps_what_was_not_written() {
    block_on(async {
        let mut writer = BufWriter::new(Writer::new().takes(2).takes(0));
        writer.write_all(b"abc").await.unwrap();
        assert_eq!(writer.flush().await.unwrap_err().kind(), ErrorKind::WriteZero);
        assert_eq!(writer.buffer(), b"c");
        writer.flush().await.unwrap();
        assert_eq!(writer.get_ref().log, ["ab", "", "c", "flush"]);
    });
}

#[test]
fn a_full_slice_takes_no_more() {
    block_on(async {
        let mut writer = Cursor::new([0; 2]);
        assert_eq!(writer.write(b"abc").await.unwrap(), 2);
        assert_eq!(writer.write_all(b"c").await.unwrap_err().kind(), ErrorKind::WriteZero);
        assert_eq!(writer.into_inner(), *b"ab");
    });
}

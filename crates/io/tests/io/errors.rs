//! Errors of the source or destination in the middle of something.

use crate::script::{Reader, Writer, block_on};
use filch_io::{
    AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, BufWriter, ErrorKind, copy, copy_buf,
};

#[test]
fn what_takes_several_reads_or_writes_goes_on_after_an_interruption() {
    let interrupted = ErrorKind::Interrupted;
    let source = || Reader::new().bytes("ab").error(interrupted).error(interrupted).bytes("c\nd");
    let target = || Writer::new().takes(1).error(interrupted);
    block_on(async {
        let mut buf = [0; 4];
        source().read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"abc\n");
        assert_eq!(source().read_u32().await.unwrap(), u32::from_be_bytes(buf));
        assert_eq!(source().read_to_end(&mut Vec::new()).await.unwrap(), 5);
        assert_eq!(BufReader::new(source()).read_line(&mut String::new()).await.unwrap(), 4);

        let (mut plain, mut vectored) = (target(), target().vectored());
        plain.write_all(b"abc").await.unwrap();
        vectored.write_all_buf(&mut &b"abc"[..]).await.unwrap();
        assert_eq!(plain.log, ["a", "bc"]);
        assert_eq!(vectored.log, ["a", "bc"]);

        assert_eq!(copy(&mut source(), &mut target()).await.unwrap(), 5);
        assert_eq!(copy_buf(&mut BufReader::new(source()), &mut target()).await.unwrap(), 5);
    });
}

#[test]
fn an_error_leaves_what_was_read_to_the_end_so_far() {
    block_on(async {
        let mut reader = Reader::new().bytes("ab").error(ErrorKind::TimedOut).bytes("cd");
        let mut all = Vec::new();
        let error = reader.read_to_end(&mut all).await.unwrap_err();
        assert_eq!((error.kind(), &all[..]), (ErrorKind::TimedOut, &b"ab"[..]));
        assert_eq!(reader.read_to_end(&mut all).await.unwrap(), 2);
        assert_eq!(all, b"abcd");
    });
}

#[test]
fn read_until_and_read_line_keep_what_they_have() {
    block_on(async {
        let source = || Reader::new().bytes("ab").error(ErrorKind::TimedOut).bytes("c\nd");
        let (mut reader, mut bytes) = (BufReader::new(source()), Vec::new());
        let error = reader.read_until(b'\n', &mut bytes).await.unwrap_err();
        assert_eq!((error.kind(), &bytes[..]), (ErrorKind::TimedOut, &b"ab"[..]));
        reader.read_until(b'\n', &mut bytes).await.unwrap();
        assert_eq!(bytes, b"abc\n");

        let (mut reader, mut text) = (BufReader::new(source()), String::new());
        let error = reader.read_line(&mut text).await.unwrap_err();
        assert_eq!((error.kind(), &text[..]), (ErrorKind::TimedOut, "ab"));
        reader.read_line(&mut text).await.unwrap();
        assert_eq!(text, "abc\n");
    });
}

#[test]
fn lines_go_on_with_the_line_that_an_error_cut() {
    block_on(async {
        let source = Reader::new().bytes(b"a\xc3").error(ErrorKind::TimedOut).bytes(b"\xb6\n");
        let mut lines = BufReader::new(source).lines();
        assert_eq!(lines.next_line().await.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("aö"));
    });
}

#[test]
fn read_to_string_leaves_the_text_as_it_was() {
    block_on(async {
        let mut text = String::from("> ");
        let mut reader = Reader::new().bytes("ab").error(ErrorKind::ConnectionReset);
        let error = reader.read_to_string(&mut text).await.unwrap_err();
        assert_eq!((error.kind(), &text[..]), (ErrorKind::ConnectionReset, "> "));
    });
}

#[test]
fn copy_writes_what_was_read_before_the_reader_failed() {
    block_on(async {
        let mut reader = Reader::new().bytes("ab").error(ErrorKind::ConnectionReset);
        let mut writer = Writer::new().pending();
        let error = copy(&mut reader, &mut writer).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert_eq!(writer.log, ["ab", "flush"]);
    });
}

#[test]
fn a_buffered_writer_writes_nothing_twice_after_an_error() {
    block_on(async {
        let target = Writer::new().takes(2).error(ErrorKind::TimedOut).takes(1);
        let mut writer = BufWriter::new(target);
        writer.write_all(b"abcde").await.unwrap();
        assert_eq!(writer.flush().await.unwrap_err().kind(), ErrorKind::TimedOut);
        writer.flush().await.unwrap();
        assert_eq!(writer.get_ref().log, ["ab", "c", "de", "flush"]);
    });
}

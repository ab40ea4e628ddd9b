//! Text that is not UTF-8: what is lost, and where reading goes on.

use crate::script::{Reader, block_on};
use filch_io::{AsyncBufReadExt, AsyncReadExt, BufReader, ErrorKind};

#[test]
fn read_line_skips_the_line_and_leaves_the_text_as_it_was() {
    block_on(async {
        let bytes = b"good\nb\xffd\nnext\n";
        for source in [Reader::new().bytes(bytes), Reader::new().trickle(bytes)] {
            let mut reader = BufReader::new(source);
            let mut text = String::new();
            assert_eq!(reader.read_line(&mut text).await.unwrap(), 5);
            let error = reader.read_line(&mut text).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData);
            assert_eq!(text, "good\n");
            assert_eq!(reader.read_line(&mut text).await.unwrap(), 5);
            assert_eq!(text, "good\nnext\n");
        }
    });
}

#[test]
fn lines_skip_the_line() {
    block_on(async {
        let mut lines = BufReader::new(Reader::new().trickle(b"a\xe2\x82\nb\n")).lines();
        let error = lines.next_line().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("b"));
        assert_eq!(lines.next_line().await.unwrap(), None);
    });
}

#[test]
fn a_character_cut_off_by_the_end_is_invalid() {
    block_on(async {
        let mut reader = BufReader::new(Reader::new().bytes(b"caf\xc3"));
        let mut text = String::from("> ");
        let error = reader.read_line(&mut text).await.unwrap_err();
        assert_eq!((error.kind(), &text[..]), (ErrorKind::InvalidData, "> "));
    });
}

#[test]
fn read_to_string_leaves_the_text_as_it_was() {
    block_on(async {
        for before in ["", "> "] {
            let mut text = String::from(before);
            let mut reader = Reader::new().bytes(b"ok").pending().bytes(b"\xff");
            let error = reader.read_to_string(&mut text).await.unwrap_err();
            assert_eq!((error.kind(), &text[..]), (ErrorKind::InvalidData, before));
        }
    });
}

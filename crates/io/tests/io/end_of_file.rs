//! A source that ends too early, and what is known then.

use crate::script::{Reader, block_on};
use filch_io::{AsyncBufReadExt, AsyncReadExt, BufReader, ErrorKind};

#[test]
fn read_exact_says_how_much_was_missing() {
    block_on(async {
        let mut reader = Reader::new().bytes("ab").pending();
        let error = reader.read_exact(&mut [0; 5]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert_eq!(error.to_string(), "end of file, 3 bytes early");
    });
}

#[test]
fn a_number_cut_off_is_an_unexpected_end() {
    block_on(async {
        let error = Reader::new().trickle([1, 2, 3]).read_u32().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        let error = Reader::new().read_u8().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    });
}

#[test]
fn the_last_line_needs_no_end() {
    block_on(async {
        let mut reader = BufReader::new(Reader::new().bytes("last").pending());
        let mut line = String::new();
        assert_eq!(reader.read_line(&mut line).await.unwrap(), 4);
        assert_eq!(reader.read_line(&mut line).await.unwrap(), 0);
        assert_eq!(line, "last");
    });
}

#[test]
fn nothing_is_the_end_for_everyone() {
    block_on(async {
        let mut reader = BufReader::new(Reader::new());
        assert_eq!(reader.read(&mut [0; 4]).await.unwrap(), 0);
        assert_eq!(reader.read_to_end(&mut Vec::new()).await.unwrap(), 0);
        assert_eq!(reader.read_to_string(&mut String::new()).await.unwrap(), 0);
        assert_eq!(reader.read_until(b'x', &mut Vec::new()).await.unwrap(), 0);
        assert_eq!((&mut reader).lines().next_line().await.unwrap(), None);
        assert_eq!(reader.split(b'x').next_segment().await.unwrap(), None);
    });
}

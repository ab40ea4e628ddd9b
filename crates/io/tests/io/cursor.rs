//! Memory as a file.

use crate::script::block_on;
use filch_io::{
    AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, ErrorKind, SeekFrom, empty,
};
use std::io::Cursor;

#[test]
fn reading_beyond_the_end_is_end_of_file() {
    block_on(async {
        let mut file = Cursor::new(b"abc");
        for position in [3, 4, u64::MAX] {
            file.set_position(position);
            assert_eq!(file.read(&mut [0; 4]).await.unwrap(), 0);
            assert_eq!(file.fill_buf().await.unwrap(), b"");
        }
    });
}

#[test]
fn writing_overwrites_and_grows() {
    block_on(async {
        let mut file = Cursor::new(b"abc".to_vec());
        file.seek(SeekFrom::Start(2)).await.unwrap();
        file.write_all(b"XY").await.unwrap();
        file.seek(SeekFrom::End(1)).await.unwrap();
        file.write_u8(b'!').await.unwrap();
        assert_eq!(file.into_inner(), b"abXY\0!");
    });
}

#[test]
fn seeking_before_the_start_fails_and_moves_nothing() {
    block_on(async {
        let mut file = Cursor::new(b"abc");
        file.set_position(1);
        let error = file.seek(SeekFrom::Current(-2)).await.unwrap_err();
        assert_eq!((error.kind(), file.position()), (ErrorKind::InvalidInput, 1));
    });
}

#[test]
fn empty_is_empty_everywhere() {
    block_on(async {
        assert_eq!(empty().seek(SeekFrom::Start(7)).await.unwrap(), 0);
        assert_eq!(empty().lines().next_line().await.unwrap(), None);
        empty().write_all(b"anything").await.unwrap();
    });
}

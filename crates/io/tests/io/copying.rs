//! Copies: when they flush, when they give way, how they end.

use crate::script::{Reader, Writer, block_on, poll_once};
use filch_io::{
    AsyncReadExt, AsyncWriteExt, BufReader, ErrorKind, copy, copy_bidirectional,
    copy_bidirectional_with_sizes, copy_buf, duplex, join, repeat, sink,
};
use std::io::Cursor;

#[test]
fn what_was_copied_is_flushed_while_the_reader_has_nothing() {
    block_on(async {
        let source = || Reader::new().bytes("ab").pending().bytes("c");
        let mut writer = Writer::new();
        assert_eq!(copy(&mut source(), &mut writer).await.unwrap(), 3);
        assert_eq!(writer.log, ["ab", "flush", "c", "flush"]);

        let mut writer = Writer::new();
        assert_eq!(copy_buf(&mut BufReader::new(source()), &mut writer).await.unwrap(), 3);
        assert_eq!(writer.log, ["ab", "flush", "c", "flush"]);
    });
}

#[test]
fn more_than_a_buffer_arrives_whole_through_short_writes() {
    block_on(async {
        let bytes: Vec<u8> = (0..100_000_u32).map(|n| (n / 7) as u8).collect();
        let (mut near, mut far) = duplex(1000);
        let sending = async {
            let copied = copy(&mut &bytes[..], &mut near).await.unwrap();
            near.shutdown().await.unwrap();
            copied
        };
        let mut received = Vec::new();
        let receiving = far.read_to_end(&mut received);
        let (copied, read) = futures_lite::future::zip(sending, receiving).await;
        assert_eq!((copied, read.unwrap()), (100_000, 100_000));
        assert_eq!(received, bytes);
    });
}

#[test]
fn a_copy_that_never_waits_gives_way() {
    assert!(poll_once(copy(&mut repeat(1), &mut sink())).is_pending());
    let mut endless = BufReader::new(repeat(1));
    assert!(poll_once(copy_buf(&mut endless, &mut sink())).is_pending());
}

#[test]
fn one_direction_ends_and_the_other_goes_on() {
    block_on(async {
        let (mut client, mut front) = duplex(4);
        let (mut back, mut server) = duplex(4);
        let proxy = copy_bidirectional(&mut front, &mut back);
        let peers = async {
            client.write_all(b"question").await.unwrap();
            client.shutdown().await.unwrap();
            let mut text = String::new();
            client.read_to_string(&mut text).await.unwrap();
            text
        };
        let serve = async {
            let mut text = String::new();
            server.read_to_string(&mut text).await.unwrap();
            server.write_all(b"the answer").await.unwrap();
            drop(server);
            text
        };
        let both = futures_lite::future::zip(serve, peers);
        let (copied, (question, answer)) = futures_lite::future::zip(proxy, both).await;
        assert_eq!(copied.unwrap(), (8, 10));
        assert_eq!((&question[..], &answer[..]), ("question", "the answer"));
    });
}

#[test]
fn both_sides_are_shut_down_after_what_was_copied() {
    block_on(async {
        let mut a = join(Reader::new().trickle("ab"), Writer::new());
        let mut b = join(Reader::new().bytes("xyz"), Writer::new().takes(1));
        assert_eq!(copy_bidirectional_with_sizes(&mut a, &mut b, 1, 2).await.unwrap(), (2, 3));
        assert_eq!(a.writer().log, ["xy", "z", "flush", "shutdown"]);
        assert_eq!(b.writer().log, ["a", "flush", "b", "flush", "shutdown"]);
    });
}

#[test]
fn an_error_of_either_side_stops_both_directions() {
    block_on(async {
        let mut a = join(Reader::new().pending().error(ErrorKind::TimedOut), Writer::new());
        let mut b = join(repeat(0), Cursor::new([0; 16]));
        assert_eq!(
            copy_bidirectional(&mut a, &mut b).await.unwrap_err().kind(),
            ErrorKind::TimedOut
        );
    });
}

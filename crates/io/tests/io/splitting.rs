//! Two halves of one stream, and one stream of two parts.

use crate::script::{Writer, block_on};
use filch_io::{AsyncReadExt, AsyncWriteExt, duplex, join, split};

#[test]
fn halves_work_from_two_threads() {
    let (near, far) = duplex(3);
    let (mut reader, mut writer) = split(near);
    let (mut echo_reader, mut echo_writer) = split(far);
    let mut received = Vec::new();
    std::thread::scope(|threads| {
        threads.spawn(move || {
            block_on(async move {
                filch_io::copy(&mut echo_reader, &mut echo_writer).await.unwrap();
                echo_writer.shutdown().await.unwrap();
            });
        });
        threads.spawn(move || {
            block_on(async move {
                writer.write_all(&[9; 1000]).await.unwrap();
                writer.shutdown().await.unwrap();
            });
        });
        block_on(reader.read_to_end(&mut received)).unwrap();
    });
    assert_eq!(received, [9; 1000]);
}

#[test]
fn halves_become_the_stream_again() {
    let (reader, writer) = split(join(&b"abc"[..], Writer::new().vectored()));
    assert!(reader.is_pair_of(&writer) && writer.is_pair_of(&reader));
    assert!(filch_io::AsyncWrite::is_write_vectored(&writer));
    let (rest, _) = reader.unsplit(writer).into_inner();
    assert_eq!(rest, b"abc");
}

#[test]
#[should_panic = "unsplit of two halves that are not of one stream"]
fn halves_of_two_streams_do_not_fit() {
    let ((one, _), (_, two)) = (split(duplex(1).0), split(duplex(1).0));
    one.unsplit(two);
}

#[test]
fn a_joined_stream_reads_here_and_writes_there() {
    block_on(async {
        let mut stream = join(&b"in"[..], Vec::new());
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        stream.write_all(b"out").await.unwrap();
        assert_eq!((&text[..], stream.into_inner().1), ("in", b"out".to_vec()));
    });
}

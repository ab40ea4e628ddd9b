//! Connections in memory: back-pressure, wake-ups, and an end that goes away.

use crate::script::{block_on, poll_once};
use filch_io::{
    AsyncReadExt, AsyncWriteExt, DuplexStream, ErrorKind, SimplexStream, duplex, simplex, split,
};
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};

/// Whether it was woken can be seen at its reference count.
struct Flag;

impl Wake for Flag {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn a_full_pipe_makes_the_writer_wait_and_a_read_wakes_it() {
    let (mut near, mut far) = duplex(4);
    let flag = Arc::new(Flag);
    let waker = Waker::from(Arc::clone(&flag));
    block_on(near.write_all(b"abcd")).unwrap();
    let mut write = pin!(near.write(b"ef"));
    assert!(write.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(Arc::strong_count(&flag), 3, "the waker is kept");
    assert_eq!(block_on(far.read_u8()).unwrap(), b'a');
    assert_eq!(Arc::strong_count(&flag), 2, "the waker was used");
    assert_eq!(block_on(write).unwrap(), 1);
    let mut buf = [0; 8];
    assert_eq!(block_on(far.read(&mut buf)).unwrap(), 4);
    assert_eq!(&buf[..4], b"bcde");
}

#[test]
fn an_empty_pipe_makes_the_reader_wait_and_a_write_wakes_it() {
    let (mut near, mut far) = duplex(4);
    let flag = Arc::new(Flag);
    let waker = Waker::from(Arc::clone(&flag));
    let mut read = pin!(far.read_u8());
    assert!(read.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    block_on(near.write_u8(7)).unwrap();
    assert_eq!(Arc::strong_count(&flag), 2);
    assert_eq!(block_on(read).unwrap(), 7);
}

#[test]
fn after_a_shutdown_the_rest_is_read_then_the_end() {
    let (mut near, mut far) = duplex(8);
    block_on(async {
        near.write_all(b"rest").await.unwrap();
        near.shutdown().await.unwrap();
        assert_eq!(near.write(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        let mut text = String::new();
        far.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "rest");
        far.write_u8(1).await.unwrap();
        assert_eq!(near.read_u8().await.unwrap(), 1);
    });
}

#[test]
fn dropping_an_end_wakes_the_other() {
    let (near, mut far) = duplex(1);
    block_on(far.write_u8(0)).unwrap();
    let flag = Arc::new(Flag);
    let waker = Waker::from(Arc::clone(&flag));
    let cx = &mut Context::from_waker(&waker);
    assert!(pin!(far.read_u8()).poll(cx).is_pending());
    assert!(pin!(far.write(b"x")).poll(cx).is_pending());
    assert_eq!(Arc::strong_count(&flag), 4);
    drop(near);
    assert_eq!(Arc::strong_count(&flag), 2);
    assert_eq!(block_on(far.read(&mut [0; 4])).unwrap(), 0);
    assert_eq!(block_on(far.write(b"x")).unwrap_err().kind(), ErrorKind::BrokenPipe);
}

/// A waker that owns an end of the very pipe that wakes it.
struct OwnsAnEnd(#[expect(dead_code, reason = "it is there to be dropped")] DuplexStream);

impl Wake for OwnsAnEnd {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn a_waker_that_drops_an_end_does_not_deadlock() {
    let (mut near, far) = duplex(1);
    let (other, _far) = duplex(1);
    let owner = Arc::new(OwnsAnEnd(far));
    let gone: Weak<OwnsAnEnd> = Arc::downgrade(&owner);
    let waker = Waker::from(owner);
    assert!(pin!(near.read_u8()).poll(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    assert!(gone.upgrade().is_some(), "only the pipe keeps it");

    // Replaced, it is dropped, and with it the far end, which closes the pipe.
    assert!(poll_once(near.read_u8()).is_pending());
    assert!(gone.upgrade().is_none());
    assert_eq!(block_on(near.read(&mut [0; 1])).unwrap(), 0);
    drop(other);
}

#[test]
fn empty_reads_and_writes_never_wait() {
    let (mut near, _far) = duplex(1);
    assert!(matches!(poll_once(near.read(&mut [])), Poll::Ready(Ok(0))));
    block_on(near.write_u8(0)).unwrap();
    assert!(matches!(poll_once(near.write(b"")), Poll::Ready(Ok(0))));
}

#[test]
fn bytes_keep_their_order_around_the_ring_and_between_threads() {
    for pipe in [1, 3, 7, 64] {
        let (mut near, mut far) = duplex(pipe);
        let bytes: Vec<u8> = (0..10_000_u32).map(|n| (n % 251) as u8).collect();
        let sent = bytes.clone();
        let mut received = Vec::new();
        std::thread::scope(|threads| {
            threads.spawn(move || {
                block_on(async move {
                    for piece in sent.chunks(5) {
                        near.write_all(piece).await.unwrap();
                    }
                });
            });
            block_on(far.read_to_end(&mut received)).unwrap();
        });
        assert_eq!(received, bytes);
    }
}

#[test]
fn a_simplex_ends_with_the_shutdown_of_its_writer() {
    block_on(async {
        let (mut reader, mut writer) = simplex(16);
        writer.write_all(b"abc").await.unwrap();
        writer.shutdown().await.unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "abc");
    });
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a test's waker panics, as it should");
    }
}

#[test]
fn a_waker_that_panics_keeps_nobody_else_from_hearing_that_the_other_end_is_gone() {
    let (near, far) = duplex(1);
    let (mut reader, mut writer) = split(far);
    block_on(writer.write_all(b"a")).unwrap();
    let (panics, flag) = (Waker::from(Arc::new(Panics)), Arc::new(Flag));
    let mut read = pin!(reader.read_u8());
    assert!(read.as_mut().poll(&mut Context::from_waker(&panics)).is_pending());
    let waker = Waker::from(Arc::clone(&flag));
    let mut write = pin!(writer.write_all(b"b"));
    assert!(write.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(Arc::strong_count(&flag), 3, "the waker is kept");
    drop(near);
    assert_eq!(Arc::strong_count(&flag), 2, "the waker was used");
    assert_eq!(block_on(write).unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert_eq!(block_on(read).unwrap_err().kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn a_pipe_that_closes_wakes_the_writer_although_the_waker_of_the_reader_panics() {
    // Without room, both wait.
    let mut pipe = SimplexStream::new_unsplit(0);
    let (panics, flag) = (Waker::from(Arc::new(Panics)), Arc::new(Flag));
    assert!(pin!(pipe.read_u8()).poll(&mut Context::from_waker(&panics)).is_pending());
    let waker = Waker::from(Arc::clone(&flag));
    assert!(pin!(pipe.write_all(b"a")).poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(Arc::strong_count(&flag), 3, "the waker is kept");
    block_on(pipe.shutdown()).unwrap();
    assert_eq!(Arc::strong_count(&flag), 2, "the waker was used");
}

#[test]
fn what_was_read_is_not_lost_because_the_waker_of_the_writer_panics() {
    let (mut near, mut far) = duplex(1);
    let panics = Waker::from(Arc::new(Panics));
    block_on(near.write_u8(1)).unwrap();
    assert!(pin!(near.write_u8(2)).poll(&mut Context::from_waker(&panics)).is_pending());
    assert_eq!(block_on(far.read_u8()).unwrap(), 1);
}

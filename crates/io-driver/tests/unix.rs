//! Unix sockets, pipes, and descriptors of somebody else's.
#![cfg(target_os = "linux")]

mod common;

use common::*;
use filch_io_driver::net::unix::pipe;
use filch_io_driver::net::{UnixDatagram, UnixListener, UnixStream};
use filch_io_driver::unix::AsyncFd;
use filch_io_driver::{Driver, Interest};
use std::io::{self, Read, Write};
use std::os::linux::net::SocketAddrExt;
use std::sync::Arc;

fn assert_shared<T: Send + Sync>() {}

#[test]
fn all_of_them_can_move_between_threads() {
    assert_shared::<UnixListener>();
    assert_shared::<UnixStream>();
    assert_shared::<UnixDatagram>();
    assert_shared::<pipe::Sender>();
    assert_shared::<pipe::Receiver>();
    assert_shared::<AsyncFd<std::os::fd::OwnedFd>>();
}

#[test]
fn a_stream_echoes_every_byte_and_ends_with_its_peer() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let pool = Pool::new(2);
    let data: Vec<u8> = (0..3_000_000_u32).map(|i| (i * 7 + i / 251) as u8).collect();
    let expected = data.clone();
    let (listener, client) = pool.run(async move {
        (UnixListener::bind(&path).unwrap(), UnixStream::connect(&path).await.unwrap())
    });
    let echo = pool.spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (mut read_half, mut write_half) = stream.into_split();
        let mut buf = vec![0; 10_000];
        loop {
            match read(&mut read_half, &mut buf).await.unwrap() {
                0 => return,
                n => write_all(&mut write_half, &buf[..n]).await.unwrap(),
            }
        }
    });
    let (mut input, mut output) = client.into_split();
    let sent = pool.spawn(async move { write_all(&mut output, &data).await.unwrap() });
    let echoed = pool.run(async move { read_to_end(&mut input).await.unwrap() });
    assert!(echoed == expected);
    sent.recv_timeout(WATCHDOG).unwrap();
    echo.recv_timeout(WATCHDOG).unwrap();
}

#[test]
fn what_comes_behind_a_descriptor_is_not_forgotten() {
    use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
    Pool::new(1).run(async {
        let (near, far) = std::os::unix::net::UnixStream::pair().unwrap();
        let mut near = UnixStream::from_std(near).unwrap();
        near.readable().await.unwrap();
        let fds = [std::os::fd::AsFd::as_fd(&far)];
        let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut message = SendAncillaryBuffer::new(&mut space);
        assert!(message.push(SendAncillaryMessage::ScmRights(&fds)));
        let slices = [io::IoSlice::new(b"with")];
        sendmsg(&far, &slices, &mut message, SendFlags::empty()).unwrap();
        (&far).write_all(b"without").unwrap();
        // The first read is short, although more is there, and no event is to come for it.
        let mut all = [0; 11];
        read_exact(&mut near, &mut all).await.unwrap();
        assert_eq!(&all, b"withwithout");
    });
}

#[test]
fn an_abstract_name_is_told() {
    let driver = Driver::new().unwrap();
    driver.block_on(async {
        let name = format!("filch-test-{}", std::process::id());
        let path = format!("\0{name}");
        let listener = UnixListener::bind(&path).unwrap();
        assert_eq!(listener.local_addr().unwrap().as_abstract_name(), Some(name.as_bytes()));
        let client = UnixStream::connect(&path).await.unwrap();
        let (_server, address) = listener.accept().await.unwrap();
        assert!(address.is_unnamed());
        assert_eq!(client.peer_addr().unwrap().as_abstract_name(), Some(name.as_bytes()));
    });
}

#[test]
fn a_listener_whose_backlog_is_full_is_an_error_that_passes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let driver = Driver::new().unwrap();
    driver.block_on(async {
        let socket = filch_io_driver::net::unix::UnixSocket::new_stream().unwrap();
        socket.bind(&path).unwrap();
        let listener = socket.listen(1).unwrap();
        let mut streams = Vec::new();
        let error = loop {
            match UnixStream::connect(&path).await {
                Ok(stream) => streams.push(stream),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        listener.accept().await.unwrap();
        UnixStream::connect(&path).await.unwrap();
    });
}

#[test]
fn a_full_pipe_waits_for_its_reader_and_ends_with_it() {
    let pool = Pool::new(2);
    let (mut sender, mut receiver) = pool.run(async { pipe::pipe().unwrap() });
    let data = vec![7; 1_000_000];
    let written = pool.spawn(async move {
        write_all(&mut sender, &data).await.unwrap();
        sender
    });
    let mut all = vec![0; 1_000_000];
    let receiver = pool.run(async move {
        read_exact(&mut receiver, &mut all).await.unwrap();
        assert!(all.iter().all(|byte| *byte == 7));
        receiver
    });
    let mut sender = written.recv_timeout(WATCHDOG).unwrap();
    let broken = pool.spawn(async move { write_all(&mut sender, &vec![7; 1_000_000]).await });
    std::thread::sleep(std::time::Duration::from_millis(20));
    drop(receiver);
    let error = broken.recv_timeout(WATCHDOG).unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn only_the_right_end_of_a_pipe_is_taken() {
    let driver = Driver::new().unwrap();
    driver.block_on(async {
        let (sender, receiver) = pipe::pipe().unwrap();
        let write = sender.into_nonblocking_fd().unwrap();
        let read = receiver.into_nonblocking_fd().unwrap();
        let error = pipe::Receiver::from_owned_fd(write).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        let error = pipe::Sender::from_owned_fd(read).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    });
}

#[test]
fn a_watch_for_reading_is_not_woken_for_room_to_write() {
    let pool = Pool::new(1);
    let (near, mut far) = std::os::unix::net::UnixStream::pair().unwrap();
    near.set_nonblocking(true).unwrap();
    let fd = pool.run(async move { AsyncFd::with_interest(near, Interest::READABLE).unwrap() });
    let fd = Arc::new(fd);
    let waits = [(); 3].map(|()| {
        let fd = Arc::clone(&fd);
        pool.spawn(async move { fd.readable().await.map(|guard| guard.ready()) })
    });
    far.write_all(b"x").unwrap();
    for wait in waits {
        let ready = wait.recv_timeout(WATCHDOG).expect("everyone is woken").unwrap();
        assert!(ready.is_readable() && !ready.is_writable());
    }
    let fd = Arc::into_inner(fd).unwrap();
    assert_eq!(fd.into_inner().read(&mut [0; 8]).unwrap(), 1);
}

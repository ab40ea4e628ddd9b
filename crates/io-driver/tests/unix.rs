//! Unix sockets, pipes, and descriptors of somebody else's.
#![cfg(target_os = "linux")]

mod common;

use common::*;
use filch_io_driver::net::unix::{UnixSocket, pipe};
use filch_io_driver::net::{UnixDatagram, UnixListener, UnixStream};
use filch_io_driver::unix::AsyncFd;
use filch_io_driver::{Driver, Interest};
use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
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

/// A socket that is bound to a path which fills its address, so that no zero byte ends it; and that path.
/// The libraries make no such address, but the system takes it.
fn bound_to_the_longest_path(directory: &Path, kind: socket2::Type) -> (socket2::Socket, PathBuf) {
    let mut path = directory.join("x").into_os_string().into_encoded_bytes();
    let mut storage = socket2::SockAddrStorage::zeroed();
    // SAFETY: `sockaddr_un` is one of the system's addresses.
    let address = unsafe { storage.view_as::<libc::sockaddr_un>() };
    let room = address.sun_path.len();
    assert!(path.len() < room, "the temporary directory has too long a name");
    path.resize(room, b'x');
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    for (to, from) in address.sun_path.iter_mut().zip(&path) {
        *to = *from as _;
    }
    let length = size_of::<libc::sockaddr_un>() as libc::socklen_t;
    // SAFETY: the storage holds an address of that length.
    let address = unsafe { socket2::SockAddr::new(storage, length) };
    let socket = socket2::Socket::new(socket2::Domain::UNIX, kind, None).unwrap();
    socket.bind(&address).unwrap();
    (socket, std::ffi::OsStr::from_bytes(&path).into())
}

#[test]
fn a_client_with_the_longest_path_is_accepted_by_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let (client, name) = bound_to_the_longest_path(directory.path(), socket2::Type::STREAM);
    Driver::new().unwrap().block_on(async {
        let listener = UnixListener::bind(&path).unwrap();
        client.connect(&socket2::SockAddr::unix(&path).unwrap()).unwrap();
        let (_server, address) = listener.accept().await.unwrap();
        assert_eq!(address.as_pathname(), Some(name.as_path()));
    });
}

#[test]
fn a_client_with_an_ordinary_or_an_abstract_name_is_accepted_by_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let own = directory.path().join("client");
    let name = format!("filch-client-{}", std::process::id());
    Driver::new().unwrap().block_on(async {
        let listener = UnixListener::bind(&path).unwrap();
        let client = UnixSocket::new_stream().unwrap();
        client.bind(&own).unwrap();
        let _client = client.connect(&path).await.unwrap();
        let (_server, address) = listener.accept().await.unwrap();
        assert_eq!(address.as_pathname(), Some(own.as_path()));
        let client = UnixSocket::new_stream().unwrap();
        client.bind(format!("\0{name}")).unwrap();
        // Gone by the time that it is accepted: the name stays.
        drop(client.connect(&path).await.unwrap());
        let (_server, address) = listener.accept().await.unwrap();
        assert_eq!(address.as_abstract_name(), Some(name.as_bytes()));
    });
}

#[test]
fn a_datagram_from_the_longest_path_is_received_in_every_way() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let (client, name) = bound_to_the_longest_path(directory.path(), socket2::Type::DGRAM);
    Driver::new().unwrap().block_on(async {
        let server = UnixDatagram::bind(&path).unwrap();
        client.connect(&socket2::SockAddr::unix(&path).unwrap()).unwrap();
        for _ in 0..4 {
            client.send(b"hello").unwrap();
        }
        let (n, sender) = server.recv_from(&mut [0; 8]).await.unwrap();
        assert_eq!((n, sender.as_pathname()), (5, Some(name.as_path())));
        // Into memory that is not initialised: std does not make such a name from its bytes.
        let mut all = Vec::with_capacity(8);
        let (n, sender) = server.recv_buf_from(&mut all).await.unwrap();
        assert!(n == 5 && sender.is_unnamed());
        let (n, sender) = server.try_recv_buf_from(&mut Vec::with_capacity(8)).unwrap();
        assert!(n == 5 && sender.is_unnamed());
        let mut buf = [0; 8];
        let mut buf = filch_io::ReadBuf::new(&mut buf);
        let sender = poll_fn(|cx| server.poll_recv_from(cx, &mut buf)).await.unwrap();
        assert!(buf.filled() == b"hello" && sender.is_unnamed());
    });
}

#[test]
fn a_peer_without_a_number_has_none() {
    // Nobody is at the other end; who is in another namespace has no number here either.
    let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    Driver::new().unwrap().block_on(async {
        let stream = UnixStream::from_std(OwnedFd::from(socket).into()).unwrap();
        assert_eq!(stream.peer_cred().unwrap().pid(), None);
    });
}

#[test]
fn datagrams_are_sent_to_abstract_names() {
    Driver::new().unwrap().block_on(async {
        let path = format!("\0filch-datagrams-{}", std::process::id());
        let server = UnixDatagram::bind(&path).unwrap();
        let client = UnixDatagram::unbound().unwrap();
        assert_eq!(client.send_to(b"hello", &path).await.unwrap(), 5);
        assert_eq!(client.try_send_to(b"hello", &path).unwrap(), 5);
        assert_eq!(poll_fn(|cx| client.poll_send_to(cx, b"hello", &path)).await.unwrap(), 5);
        client.connect(&path).unwrap();
        assert_eq!(client.send(b"hello").await.unwrap(), 5);
        for _ in 0..4 {
            assert_eq!(server.recv(&mut [0; 8]).await.unwrap(), 5);
        }
    });
}

#[test]
fn a_path_with_a_zero_byte_inside_is_refused_and_not_cut_there() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let longer = directory.path().join("socket\0longer");
    Driver::new().unwrap().block_on(async {
        let refused = |result: io::Result<()>| {
            assert_eq!(result.unwrap_err().kind(), io::ErrorKind::InvalidInput);
        };
        refused(UnixDatagram::bind(&longer).map(drop));
        let _server = UnixDatagram::bind(&path).unwrap();
        let client = UnixDatagram::unbound().unwrap();
        refused(client.connect(&longer));
        refused(client.send_to(b"hello", &longer).await.map(drop));
        refused(UnixStream::connect(&longer).await.map(drop));
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

/// Somebody has closed the descriptor, and another socket has got its number, one that is full: so there is something
/// to wait for, and the driver cannot be asked.
#[test]
fn a_write_to_a_number_that_was_closed_and_given_away_is_an_error_and_no_wait() {
    let pool = Pool::new(1);
    pool.run(async {
        let (mut near, _far) = UnixStream::pair().unwrap();
        write_all(&mut near, b"ours").await.unwrap();
        let (mut full, _reader) = std::os::unix::net::UnixStream::pair().unwrap();
        full.set_nonblocking(true).unwrap();
        while full.write(&[0; 4096]).is_ok() {}
        // SAFETY: both are open. What was behind the second is nobody else's business: it is `near`'s.
        let given = unsafe { libc::dup2(full.as_raw_fd(), near.as_raw_fd()) };
        assert_eq!(given, near.as_raw_fd());
        for _attempt in 0..3 {
            assert_eq!(
                write_all(&mut near, b"x").await.unwrap_err().raw_os_error(),
                Some(libc::ENOENT)
            );
            assert_eq!(near.try_write(b"x").unwrap_err().raw_os_error(), Some(libc::ENOENT));
        }
        drop(near);
        let (mut near, mut far) = UnixStream::pair().unwrap();
        write_all(&mut near, b"on we go").await.unwrap();
        read_exact(&mut far, &mut [0; 8]).await.unwrap();
    });
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

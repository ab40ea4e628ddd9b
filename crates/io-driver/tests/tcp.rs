//! Connections: data arrives whole, ends are noticed, errors are told.

mod common;

use common::*;
use filch_io_driver::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use filch_io_driver::net::{TcpListener, TcpStream, lookup_host};
use filch_io_driver::{Driver, Interest};
use std::io::{self, IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::task::Poll;
use std::time::Duration;

fn assert_send<T: Send>(value: T) -> T {
    value
}

fn assert_sync<T: Sync>() {}

#[test]
fn sockets_and_their_futures_can_move_between_threads() {
    assert_sync::<TcpStream>();
    assert_sync::<TcpListener>();
    assert_sync::<OwnedReadHalf>();
    assert_sync::<OwnedWriteHalf>();
    let driver = Driver::new().unwrap();
    driver.block_on(async {
        let listener = assert_send(TcpListener::bind("127.0.0.1:0")).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stream = assert_send(TcpStream::connect(address)).await.unwrap();
        let _accepted = assert_send(listener.accept()).await.unwrap();
        assert_send(stream.writable()).await.unwrap();
        drop(assert_send(stream.ready(Interest::READABLE)));
        drop(assert_send(stream.peek(&mut [])));
        drop(assert_send(lookup_host("localhost:1")));
        assert_send(stream.into_split());
    });
}

#[test]
fn an_echo_returns_every_byte_also_when_buffers_fill_up() {
    let pool = Pool::new(2);
    let sent: Vec<u8> = (0..4_000_000u32).map(|i| (i * 7 + i / 251) as u8).collect();
    let expected = sent.clone();
    let received = pool.run(async move {
        let (near, far) = pair().await;
        let (mut far_read, mut far_write) = far.into_split();
        let (mut near_read, mut near_write) = near.into_split();
        let echo = async move {
            let mut buf = vec![0; 65536];
            loop {
                match read(&mut far_read, &mut buf).await.unwrap() {
                    0 => break,
                    n => write_all(&mut far_write, &buf[..n]).await.unwrap(),
                }
            }
        };
        let send = async move {
            write_all(&mut near_write, &sent).await.unwrap();
        };
        let receive = async move { read_to_end(&mut near_read).await.unwrap() };
        let (mut echo, mut send, mut receive) = (Box::pin(echo), Box::pin(send), Box::pin(receive));
        let (mut is_echoed, mut is_sent) = (false, false);
        std::future::poll_fn(move |cx| {
            is_echoed = is_echoed || echo.as_mut().poll(cx).is_ready();
            is_sent = is_sent || send.as_mut().poll(cx).is_ready();
            receive.as_mut().poll(cx)
        })
        .await
    });
    assert!(received == expected);
}

/// A writer that finds no room, alone in its task; whoever reads begins when it waits.
fn a_writer_waits<F>(write: impl FnOnce(TcpStream, Vec<u8>) -> F, from_accepted: bool)
where
    F: Future<Output = ()> + Send + 'static,
{
    const BYTES: usize = 30_000_000;
    let pool = Pool::new(2);
    let (near, far) = pool.run(pair());
    let (writer, mut reader) = if from_accepted { (far, near) } else { (near, far) };
    let written = pool.spawn(write(writer, vec![7; BYTES]));
    assert!(written.recv_timeout(Duration::from_millis(50)).is_err(), "no buffer is as large");
    let read = pool.run(async move { read_to_end(&mut reader).await.unwrap().len() });
    assert_eq!(read, BYTES);
    written.recv_timeout(WATCHDOG).expect("the writer ends");
}

#[test]
fn a_writer_that_found_no_room_is_told_when_there_is_some() {
    for from_accepted in [false, true] {
        a_writer_waits(
            |mut stream, data| async move { write_all(&mut stream, &data).await.unwrap() },
            from_accepted,
        );
        a_writer_waits(
            |stream, data| async move {
                let mut left = &data[..];
                while !left.is_empty() {
                    stream.writable().await.unwrap();
                    match stream.try_write(left) {
                        Ok(n) => left = &left[n..],
                        Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
                    }
                }
            },
            from_accepted,
        );
        a_writer_waits(
            |stream, data| async move {
                let mut left = &data[..];
                while !left.is_empty() {
                    let write = || stream.try_write_vectored(&[IoSlice::new(left)]);
                    let n = stream.async_io(Interest::WRITABLE, write).await.unwrap();
                    left = &left[n..];
                }
            },
            from_accepted,
        );
    }
}

#[test]
fn after_a_half_close_the_other_direction_goes_on() {
    Pool::new(1).run(async {
        let (mut near, mut far) = pair().await;
        write_all(&mut near, b"question").await.unwrap();
        shutdown(&mut near).await.unwrap();
        assert_eq!(read_to_end(&mut far).await.unwrap(), b"question");
        write_all(&mut far, b"answer").await.unwrap();
        drop(far);
        assert_eq!(read_to_end(&mut near).await.unwrap(), b"answer");
        assert_eq!(near.try_write(b"late").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    });
}

#[test]
fn the_end_of_the_input_is_noticed_however_it_meets_a_short_read() {
    Pool::new(2).run(async {
        for _ in 0..200 {
            let (mut near, mut far) = pair().await;
            write_all(&mut far, b"x").await.unwrap();
            drop(far);
            assert_eq!(read_to_end(&mut near).await.unwrap(), b"x");
        }
    });
}

#[test]
fn data_out_of_band_does_not_hide_what_comes_behind_it() {
    Pool::new(1).run(async {
        let (mut near, far) = pair().await;
        let far = far.into_std().unwrap();
        let socket = socket2::SockRef::from(&far);
        socket.send(b"before").unwrap();
        socket.send_out_of_band(b"!").unwrap();
        socket.send(b"behind").unwrap();
        let mut buf = [0; 12];
        read_exact(&mut near, &mut buf).await.unwrap();
        assert_eq!(&buf, b"beforebehind");
    });
}

#[test]
fn a_reset_by_the_peer_is_an_error() {
    Pool::new(1).run(async {
        let (mut near, far) = pair().await;
        far.set_zero_linger().unwrap();
        drop(far);
        let error = read(&mut near, &mut [0; 8]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    });
}

#[test]
fn a_refused_connection_is_an_error() {
    let driver = Driver::new().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = driver.block_on(TcpStream::connect(address)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn an_address_in_use_is_an_error_and_the_next_one_is_tried() {
    let driver = Driver::new().unwrap();
    driver.block_on(async {
        let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let taken = first.local_addr().unwrap();
        let error = TcpListener::bind(taken).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let second = TcpListener::bind(&[taken, free][..]).await.unwrap();
        assert_ne!(second.local_addr().unwrap(), taken);
        let error = TcpListener::bind(&[][..]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    });
}

#[test]
fn a_name_is_looked_up_without_blocking_the_driver() {
    let driver = Driver::new().unwrap();
    driver.block_on(async {
        let listener = TcpListener::bind(("localhost", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let address = listener.local_addr().unwrap();
        let stream = TcpStream::connect(format!("{}:{port}", address.ip())).await;
        assert!(stream.is_ok() || address.is_ipv6());
        assert!(lookup_host("127.0.0.1").await.is_err());
        assert!(lookup_host("127.0.0.1:http").await.is_err());
    });
}

#[test]
fn outside_a_driver_a_socket_panics_with_advice() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let panic = std::panic::catch_unwind(|| TcpListener::from_std(listener)).unwrap_err();
    let message = panic
        .downcast_ref::<String>()
        .map_or_else(|| panic.downcast_ref::<&str>().copied().unwrap_or_default(), String::as_str);
    assert!(message.contains("no Filch I/O driver is entered"), "{message}");
}

#[test]
fn vectored_and_buffered_operations_move_the_same_bytes() {
    Pool::new(1).run(async {
        let (near, far) = pair().await;
        near.writable().await.unwrap();
        let n = near.try_write_vectored(&[IoSlice::new(b"ab"), IoSlice::new(b"cdef")]).unwrap();
        assert_eq!(n, 6);
        far.readable().await.unwrap();
        let (mut one, mut two) = ([0; 1], [0; 2]);
        let mut bufs = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)];
        assert_eq!(far.try_read_vectored(&mut bufs).unwrap(), 3);
        assert_eq!((&one, &two), (b"a", b"bc"));
        let mut peeked = [0; 8];
        assert_eq!(far.peek(&mut peeked).await.unwrap(), 3);
        let mut rest = bytes::BytesMut::with_capacity(64);
        assert_eq!(far.try_read_buf(&mut rest).unwrap(), 3);
        assert_eq!(&rest[..], b"def");
        let nothing = far.try_read_buf(&mut rest).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
    });
}

#[test]
fn options_are_what_they_were_set_to() {
    let driver = Driver::new().unwrap();
    driver.block_on(async {
        let (near, far) = pair().await;
        near.set_nodelay(true).unwrap();
        assert!(near.nodelay().unwrap());
        near.set_ttl(33).unwrap();
        assert_eq!(near.ttl().unwrap(), 33);
        assert_eq!(near.linger().unwrap(), None);
        assert_eq!(near.peer_addr().unwrap(), far.local_addr().unwrap());
        assert!(near.take_error().unwrap().is_none());
        let std = near.into_std().unwrap();
        let near = TcpStream::from_std(std).unwrap();
        assert_eq!(near.try_write(b"still").unwrap(), 5);
        far.readable().await.unwrap();
    });
}

#[test]
fn dropping_or_forgetting_the_owned_write_half_differs() {
    Pool::new(1).run(async {
        let (near, mut far) = pair().await;
        let (mut near_read, near_write) = near.into_split();
        drop(near_write);
        assert_eq!(read(&mut far, &mut [0; 8]).await.unwrap(), 0);
        write_all(&mut far, b"on").await.unwrap();
        read_exact(&mut near_read, &mut [0; 2]).await.unwrap();

        let (near, far) = pair().await;
        let (near_read, near_write) = near.into_split();
        near_write.forget();
        let mut far_poll = Box::pin(far.readable());
        let is_pending =
            std::future::poll_fn(|cx| Poll::Ready(far_poll.as_mut().poll(cx).is_pending())).await;
        drop(far_poll);
        // The accepted end is assumed to be readable until a read says otherwise.
        assert!(is_pending || far.try_read(&mut [0; 8]).is_err());
        drop(near_read);
    });
}

#[test]
fn only_the_halves_of_one_connection_reunite() {
    Pool::new(1).run(async {
        let (near, mut far) = pair().await;
        let (other, _far) = pair().await;
        let (read_half, write_half) = near.into_split();
        let (other_read, other_write) = other.into_split();
        let error = read_half.reunite(other_write).unwrap_err();
        assert!(error.to_string().contains("not of the same connection"));
        let filch_io_driver::net::tcp::ReuniteError(read_half, other_write) = error;
        let mut near = write_half.reunite(read_half).unwrap();
        other_write.reunite(other_read).unwrap();
        // The output is still open.
        write_all(&mut near, b"one").await.unwrap();
        read_exact(&mut far, &mut [0; 3]).await.unwrap();
    });
}

#[test]
fn several_tasks_wait_for_one_source() {
    let pool = Pool::new(2);
    let (near, far) = pool.run(pair());
    let near = std::sync::Arc::new(near);
    // What the source was assumed to be is disproved first.
    let _ = near.try_read(&mut [0; 8]);
    let waits: Vec<_> = (0..4)
        .map(|_| {
            let near = near.clone();
            pool.spawn(async move { near.readable().await })
        })
        .collect();
    assert_eq!(far.try_write(b"x").unwrap(), 1);
    for wait in waits {
        wait.recv_timeout(WATCHDOG).expect("everyone is woken").unwrap();
    }
}

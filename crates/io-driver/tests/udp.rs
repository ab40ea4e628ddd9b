//! Datagrams between many tasks.

mod common;

use common::*;
use filch_io_driver::net::{UdpSocket, lookup_host};
use std::io;
use std::sync::Arc;

#[test]
fn many_tasks_share_one_socket() {
    const SENDERS: u8 = 8;
    const EACH: usize = 50;
    let pool = Pool::new(2);
    let server = pool.run(async { Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap()) });
    let address = server.local_addr().unwrap();
    let echoes: Vec<_> = (0..2)
        .map(|_| {
            let server = Arc::clone(&server);
            pool.spawn(async move {
                let mut buf = [0; 64];
                loop {
                    let (n, sender) = server.recv_from(&mut buf).await.unwrap();
                    if n == 0 {
                        return;
                    }
                    server.send_to(&buf[..n], sender).await.unwrap();
                }
            })
        })
        .collect();
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            pool.spawn(async move {
                let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
                socket.connect(address).await.unwrap();
                for round in 0..EACH {
                    let sent = [sender, round as u8];
                    assert_eq!(socket.send(&sent).await.unwrap(), 2);
                    let mut buf = [0; 8];
                    // Loopback drops nothing of so little.
                    assert_eq!(socket.recv(&mut buf).await.unwrap(), 2);
                    assert_eq!(&buf[..2], &sent);
                }
            })
        })
        .collect();
    for sender in senders {
        sender.recv_timeout(WATCHDOG).expect("every round trip ends");
    }
    pool.run(async move {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        for _ in 0..2 {
            socket.send_to(b"", address).await.unwrap();
        }
    });
    for echo in echoes {
        echo.recv_timeout(WATCHDOG).expect("an empty datagram is one");
    }
}

#[test]
fn what_does_not_fit_is_cut_off_and_a_look_takes_nothing() {
    Pool::new(1).run(async {
        let near = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let far = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        near.send_to(b"longer", far.local_addr().unwrap()).await.unwrap();
        near.send_to(b"next", far.local_addr().unwrap()).await.unwrap();
        let mut buf = [0; 4];
        assert_eq!(far.peek(&mut buf).await.unwrap(), 4);
        assert_eq!(far.recv(&mut buf).await.unwrap(), 4);
        assert_eq!(&buf, b"long");
        assert_eq!(far.recv(&mut buf).await.unwrap(), 4);
        assert_eq!(&buf, b"next");
        assert_eq!(far.try_recv(&mut buf).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    });
}

#[test]
fn many_names_at_once_are_looked_up() {
    let pool = Pool::new(2);
    let lookups: Vec<_> = (1..100)
        .map(|port| {
            pool.spawn(async move {
                let mut addresses = lookup_host(("localhost", port)).await.unwrap();
                addresses.all(|address| address.port() == port)
            })
        })
        .collect();
    for lookup in lookups {
        assert!(lookup.recv_timeout(WATCHDOG).expect("an answer comes"));
    }
}

//! A process without free descriptors: accepting is an error, then works again. Alone in this file,
//! because it takes every descriptor of the process.
#![cfg(unix)]

use filch_io_driver::Driver;
use filch_io_driver::net::{TcpListener, TcpStream};
use std::fs::File;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

const EMFILE: i32 = 24;

/// Opens files until there is no descriptor left.
fn take_all() -> Vec<File> {
    let mut files = Vec::new();
    loop {
        match File::open("/dev/null") {
            Ok(file) => files.push(file),
            Err(error) => {
                assert_eq!(error.raw_os_error(), Some(EMFILE), "{error}");
                return files;
            }
        }
    }
}

#[test]
fn accept_fails_while_there_is_no_descriptor_and_works_again_afterwards() {
    rustix::process::setrlimit(
        rustix::process::Resource::Nofile,
        rustix::process::Rlimit { current: Some(256), maximum: Some(256) },
    )
    .unwrap();
    let driver = Driver::new().unwrap();
    driver.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let clients = [(); 3].map(|()| std::net::TcpStream::connect(address).unwrap());
        let files = take_all();

        // Every call says so at once; none hangs, none spins inside.
        for _ in 0..3 {
            assert_eq!(listener.accept().await.unwrap_err().raw_os_error(), Some(EMFILE));
        }
        let polled = poll_fn(|cx| listener.poll_accept(cx)).await;
        assert_eq!(polled.unwrap_err().raw_os_error(), Some(EMFILE));
        let connect = TcpStream::connect(address).await;
        assert_eq!(connect.unwrap_err().raw_os_error(), Some(EMFILE));

        // No new event comes for those who wait already; they are accepted all the same.
        drop(files);
        for client in &clients {
            let (_, peer) = listener.accept().await.unwrap();
            assert!(clients.iter().any(|other| other.local_addr().unwrap() == peer), "{client:?}");
        }
        {
            let mut accept = pin!(listener.accept());
            let is_pending = poll_fn(|cx| Poll::Ready(accept.as_mut().poll(cx).is_pending())).await;
            assert!(is_pending, "the backlog is empty, and accepting waits again");
        }
        let _stream = TcpStream::connect(address).await.unwrap();
        listener.accept().await.unwrap();
    });

    // A driver that cannot be opened leaves nothing open behind.
    let files = take_all();
    let count = files.len();
    drop(files);
    let mut files = take_all();
    files.truncate(count - 2);
    assert!(Driver::new().is_err());
    drop(files);
    assert_eq!(take_all().len(), count);
}

//! System calls that are interrupted. Alone in this file, because it stops the whole process.
#![cfg(target_os = "linux")]

use filch::io::{AsyncReadExt, AsyncWriteExt};
use filch::net::TcpStream;
use filch::runtime::Runtime;
use std::process::Command;
use std::time::{Duration, Instant};

/// A process that was stopped and goes on finds `epoll_wait` interrupted, and needs no handler for that.
#[test]
fn a_wait_that_is_interrupted_loses_nothing() {
    let runtime = Runtime::new().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let interrupter = Command::new("sh")
        .args(["-c", "for i in 1 2 3 4 5 6 7 8; do kill -STOP $1; kill -CONT $1; sleep 0.02; done"])
        .args(["sh", &std::process::id().to_string()])
        .spawn()
        .unwrap();
    runtime.block_on(async {
        let mut near = TcpStream::connect(address).await.unwrap();
        let far = TcpStream::from_std(listener.accept().unwrap().0).unwrap();
        let (mut read, mut write) = far.into_split();
        filch::spawn(async move { filch::io::copy(&mut read, &mut write).await });
        let end = Instant::now() + Duration::from_millis(250);
        for round in 0_u32.. {
            near.write_u32(round).await.unwrap();
            assert_eq!(near.read_u32().await.unwrap(), round);
            // Idle in between, so that the stop meets a wait.
            filch::time::sleep(Duration::from_millis(3)).await;
            if Instant::now() > end {
                break;
            }
        }
    });
    assert!({ interrupter }.wait().unwrap().success());
}

//! The fan-out row with servers that the user names.

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use common::{run, unwrapped};
use filch::net::TcpSocket;

/// Answers every request, and counts them; returns its address.
fn server() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("is bound").to_string();
    let answered = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&answered);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.expect("can be accepted"));
            let mut line = String::from("x");
            while !line.trim().is_empty() {
                line.clear();
                if reader.read_line(&mut line).unwrap_or(0) == 0 {
                    break;
                }
            }
            let _ = reader
                .get_mut()
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    (address, answered)
}

#[test]
fn each_address_is_asked_once_in_each_column() {
    let (address, answered) = server();
    let list = tempfile::NamedTempFile::new().expect("a temporary file");
    writeln!(list.as_file(), "# more\nhttp://{address}/b?c=d\n").expect("can be written");
    let run = run([
        "--quick",
        "--runs",
        "1",
        "--no-page",
        "--workers",
        "2",
        "--rows",
        "fan-out",
        &format!("http://{address}/"),
        &format!("http://{address}/a"),
        "--urls",
        &list.path().display().to_string(),
    ])
    .ended_with(0);
    assert!(
        unwrapped(&run.stdout).contains("3 requests to the servers that were named"),
        "{}",
        run.stdout
    );
    // Five columns of this program's, and those of other languages.
    let asked = answered.load(Ordering::SeqCst);
    assert!(asked >= 15 && asked % 3 == 0, "{asked}: {}", run.stdout);
}

#[test]
fn an_address_where_nobody_listens_is_named() {
    // Bound, so that nobody else gets the port, and not listening.
    let nobody = TcpSocket::new_v4().expect("a socket");
    nobody.bind(([127, 0, 0, 1], 0).into()).expect("a port is free");
    let url = format!("http://{}/", nobody.local_addr().expect("is bound"));
    let run = run(["--quick", "--runs", "1", "--no-page", "--rows", "fan-out", &url]).ended_with(1);
    let said = unwrapped(&run.stdout);
    assert!(said.contains(&format!("Failed: sequential: {url}: ")), "{said}");
    assert!(said.contains("cells failed"), "{said}");
}

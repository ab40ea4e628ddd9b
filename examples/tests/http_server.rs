//! `http_server`, with curl, wrk, and clients that misbehave.

mod support;

use rustix::process::Signal;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};
use support::{Program, ask, connect, eventually, output, read_to_end, send_and_read, tool};

const SERVER: &str = env!("CARGO_BIN_EXE_http_server");

fn start(more: &[&str]) -> Program {
    Program::start(SERVER, &[&["--listen", "127.0.0.1:0"], more].concat())
}

/// A request that has begun for certain: the server has asked for its body, of which there is a part.
fn begin(address: SocketAddr) -> TcpStream {
    let mut client = connect(address);
    let head =
        "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n";
    client.write_all(head.as_bytes()).unwrap();
    let mut asked = [0; 25];
    client.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    client.write_all(b"hel").unwrap();
    client
}

#[test]
fn curl_is_greeted_and_hears_its_echo() {
    let Some(curl) = tool("curl", "curl") else { return };
    let server = start(&[]);
    let url = format!("http://{}", server.address("http"));
    let curl = || {
        let mut command = Command::new(&curl);
        command.args(["--silent", "--show-error", "--max-time", "30"]);
        command
    };
    assert_eq!(output(curl().arg("--fail").arg(format!("{url}/"))), "hello\n");
    let body = "to be sent back ".repeat(10_000);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(body.as_bytes()).unwrap();
    let data = format!("@{}", file.path().display());
    let echo = output(curl().args(["--fail", "--data-binary", &data]).arg(format!("{url}/echo")));
    assert!(echo == body, "the echo is another");
    // Two requests over one connection.
    let twice = output(curl().arg("--verbose").arg(format!("{url}/")).arg(format!("{url}/")));
    assert_eq!(twice, "hello\nhello\n");
    let status = |path: &str| {
        let url = format!("{url}{path}");
        output(curl().args(["--output", "/dev/null", "--write-out", "%{http_code}", &url]))
    };
    assert_eq!((status("/nowhere"), status("/echo")), ("404".to_owned(), "405".to_owned()));
}

#[test]
fn wrk_finds_no_errors() {
    let Some(wrk) = tool("wrk", "wrk") else { return };
    let server = start(&[]);
    let url = format!("http://{}/", server.address("http"));
    let report = output(Command::new(wrk).args(["-t1", "-c50", "-d1s", &url]));
    assert!(report.contains("Requests/sec"), "{report}");
    assert!(!report.contains("Socket errors") && !report.contains("Non-2xx"), "{report}");
}

#[test]
fn a_client_that_goes_away_in_the_middle_harms_nobody() {
    let server = start(&[]);
    let address = server.address("http");
    for part in ["", "GET", "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 9999\r\n\r\nnot all"]
    {
        connect(address).write_all(part.as_bytes()).unwrap();
    }
    assert!(ask(address, "GET", "/", "").ends_with("hello\n"));
}

#[test]
fn a_client_that_closed_its_side_is_answered() {
    let server = start(&[]);
    let mut client = connect(server.address("http"));
    client.write_all(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert!(read_to_end(&mut client).ends_with("\r\n\r\nhello"));
}

#[test]
fn garbage_is_refused() {
    let server = start(&[]);
    let address = server.address("http");
    let noise: Vec<u8> =
        (0..50_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let answer = send_and_read(address, &noise);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    let endless = format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(1 << 20));
    let mut client = connect(address);
    // It may be told before it has sent all.
    let _ = client.write_all(endless.as_bytes());
    let answer = read_to_end(&mut client);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    let huge =
        format!("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", u64::MAX / 2);
    assert!(send_and_read(address, huge.as_bytes()).starts_with("HTTP/1.1 413"));
    assert!(ask(address, "GET", "/", "").ends_with("hello\n"));
}

#[test]
fn two_hundred_slow_clients_hold_up_nobody_and_are_dropped() {
    let server = start(&["--patience", "1"]);
    let address = server.address("http");
    let start = Instant::now();
    let slow: Vec<TcpStream> = (0..200)
        .map(|number| {
            let mut client = connect(address);
            let head =
                ["GET / HT", "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nslo"];
            client.write_all(head[number % 2].as_bytes()).unwrap();
            client
        })
        .collect();
    assert!(ask(address, "GET", "/", "").ends_with("hello\n"));
    for (number, mut client) in slow.into_iter().enumerate() {
        let answer = read_to_end(&mut client);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{number}: {answer}");
    }
    assert!(start.elapsed() >= Duration::from_secs(1), "they were not given the time");
}

#[test]
fn more_clients_than_connections_wait_for_their_turn() {
    let server = start(&["--connections", "2"]);
    let address = server.address("http");
    let first = [connect(address), connect(address)];
    let mut third = connect(address);
    third.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    third.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert!(third.read(&mut [0; 1]).is_err(), "it was served with the others still there");
    drop(first);
    third.set_read_timeout(Some(support::LONG)).unwrap();
    assert!(read_to_end(&mut third).ends_with("hello\n"));
}

#[test]
fn told_to_stop_it_answers_what_has_begun_and_nothing_else() {
    let server = start(&[]);
    let address = server.address("http");
    let mut begun = begin(address);
    let mut idle = connect(address);
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    idle.read_exact(&mut [0; 12]).unwrap();

    server.signal(Signal::TERM);
    server.complaint("stopping");
    eventually("refused", || TcpStream::connect(address).is_err());
    read_to_end(&mut idle);
    begun.write_all(b"lo").unwrap();
    assert!(read_to_end(&mut begun).ends_with("\r\n\r\nhello"));
    let ended = server.end();
    assert!(ended.status.success() && !ended.stderr.contains("cut off"), "{ended:?}");
}

#[test]
fn what_does_not_end_in_time_is_cut_off_and_named() {
    let server = start(&["--drain", "0.3"]);
    let mut stuck = begin(server.address("http"));
    let peer = stuck.local_addr().unwrap().to_string();
    let start = Instant::now();
    server.signal(Signal::INT);
    read_to_end(&mut stuck);
    assert!(start.elapsed() >= Duration::from_millis(300), "it was not given the time");
    let ended = server.end();
    assert!(ended.status.success(), "{ended:?}");
    let named =
        ended.stderr.lines().any(|line| line.starts_with("cut off") && line.contains(&peer));
    assert!(named, "{ended:?}");
}

#[test]
fn told_twice_it_ends_at_once() {
    let server = start(&["--drain", "3600"]);
    let _stuck = begin(server.address("http"));
    server.signal(Signal::INT);
    server.complaint("stopping");
    server.signal(Signal::INT);
    assert_eq!(server.end().status.code(), Some(130));
}

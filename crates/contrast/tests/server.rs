//! The built-in server, spoken to over real sockets.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const DELAY: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(60);
const GET: &str = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";
const GET_AND_CLOSE: &str = "GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n";

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_filch-contrast"))
            .args(["serve", "--delay-ms", &DELAY.as_millis().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server can be started");
        let mut address = String::new();
        BufReader::new(child.stdout.take().expect("piped"))
            .read_line(&mut address)
            .expect("it says where it listens");
        Self { child, address: address.trim().to_owned() }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("can be set");
        stream
    }

    /// Sends `text` and returns all that comes back until the server closes the connection.
    fn exchange(&self, text: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(text.as_bytes()).expect("can be sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it closes the connection");
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads one response with the body that its `Content-Length` promises.
fn read_response(reader: &mut BufReader<TcpStream>) -> (String, String) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).expect("an answer"), 0, "closed after {head:?}");
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .expect("it says how long the body is");
    let mut body = vec![0; length.parse().expect("a number")];
    reader.read_exact(&mut body).expect("a body");
    (head, String::from_utf8(body).expect("text"))
}

#[test]
fn a_connection_is_kept_for_the_next_request_and_no_answer_comes_early() {
    let server = Server::start();
    let mut reader = BufReader::new(server.connect());
    for _ in 0..3 {
        let asked = Instant::now();
        reader.get_mut().write_all(GET.as_bytes()).expect("can be sent");
        let (head, body) = read_response(&mut reader);
        assert!(asked.elapsed() >= DELAY);
        assert!(
            head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("Connection: keep-alive\r\n"),
            "{head}"
        );
        assert_eq!(body, "Hello from Filch.\n");
    }
}

#[test]
fn connection_close_is_honoured() {
    let answer = Server::start().exchange(GET_AND_CLOSE);
    assert!(
        answer.contains("Connection: close\r\n") && answer.ends_with("\r\n\r\nHello from Filch.\n"),
        "{answer}"
    );
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let head = "HEAD / HTTP/1.1\r\nHost: here\r\n\r\n";
    let post = "POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\nhello";
    let answer = Server::start().exchange(&format!("{GET}{post}{head}{GET_AND_CLOSE}"));
    let statuses: Vec<_> =
        answer.match_indices("HTTP/1.1 ").map(|(at, _)| &answer[at + 9..at + 12]).collect();
    assert_eq!(statuses, ["200", "405", "200", "200"], "{answer}");
    assert_eq!(answer.matches("Hello from Filch.").count(), 2, "HEAD has no body: {answer}");
}

#[test]
fn a_request_in_pieces_is_put_together() {
    let server = Server::start();
    let mut reader = BufReader::new(server.connect());
    for piece in GET.as_bytes().chunks(7) {
        reader.get_mut().write_all(piece).expect("can be sent");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(read_response(&mut reader).0.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn a_bad_request_is_answered_with_400_and_the_server_goes_on() {
    let server = Server::start();
    let long = format!("GET / HTTP/1.1\r\nHost: here\r\nLong: {}\r\n\r\n", "x".repeat(100_000));
    for (request, status) in [
        ("what is this\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: here\r\nContent-Length: many\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n", "501"),
        (&long, "431"),
    ] {
        let answer = server.exchange(request);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} "))
                && answer.contains("Connection: close"),
            "{answer}"
        );
    }
    assert!(server.exchange(GET_AND_CLOSE).starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn a_client_that_goes_away_in_the_middle_does_not_disturb_the_others() {
    let server = Server::start();
    for request in ["", "GET / HT", GET] {
        let mut stream = server.connect();
        stream.write_all(request.as_bytes()).expect("can be sent");
        stream.shutdown(Shutdown::Both).expect("is connected");
    }
    assert!(server.exchange(GET_AND_CLOSE).starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn the_server_ends_with_whoever_started_it() {
    let mut server = Server::start();
    drop(server.child.stdin.take());
    let ended = (0..6_000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        server.child.try_wait().expect("is a child").is_some()
    });
    assert!(ended, "its standard input ended, it did not");
}

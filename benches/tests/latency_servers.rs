//! The servers behind the latency figures, as the processes that they are measured in.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

struct Server {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Server {
    fn start(on: &str, wire: &str) -> (Self, TcpStream) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_latency"))
            .args(["serve", "--on", on, "--wire", wire, "--workers", "2", "--rounds", "1000"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let questions = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut server = Self { child, questions, answers };
        let port = server.number().try_into().unwrap();
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        (server, stream)
    }

    fn number(&mut self) -> u64 {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim().parse().unwrap()
    }

    fn processor_time(&mut self) -> u64 {
        self.questions.write_all(b"\n").unwrap();
        self.number()
    }

    /// Its input ends, and so does it.
    fn end(mut self) {
        drop(self.questions);
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
fn an_echo_server_sends_back_light_and_heavy_messages_and_ends_with_its_input() {
    for on in ["filch", "tokio"] {
        let (mut server, mut stream) = Server::start(on, "echo");
        let before = server.processor_time();
        for mark in [b'l', b'h', b'l'] {
            stream.write_all(&[mark; 64]).unwrap();
            let mut answer = [0; 64];
            stream.read_exact(&mut answer).unwrap();
            assert_eq!(answer, [mark; 64], "{on}");
        }
        assert!(server.processor_time() > before, "{on}");
        server.end();
    }
}

#[test]
fn an_http_server_keeps_its_connection_through_light_and_heavy_requests() {
    for on in ["filch", "tokio"] {
        let (server, mut stream) = Server::start(on, "http");
        for path in ["/", "/heavy", "/"] {
            write!(stream, "GET {path} HTTP/1.1\r\nhost: latency\r\n\r\n").unwrap();
            let mut answer = Vec::new();
            let mut byte = [0];
            while !answer.ends_with(b"Hello, World!") {
                stream.read_exact(&mut byte).unwrap();
                answer.push(byte[0]);
            }
            assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"), "{on}");
        }
        server.end();
    }
}

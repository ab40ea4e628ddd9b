//! Programs under test, and programs to test them with.

#![allow(dead_code, reason = "each test file uses a part of it")]

use rustix::process::{Pid, Signal, kill_process};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// For what must not hang; far above what any machine needs.
pub const LONG: Duration = Duration::from_secs(60);

/// A program that runs, and is killed when this is dropped.
pub struct Program {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    pub fn start(path: &str, arguments: &[&str]) -> Self {
        Self::run(Command::new(path).args(arguments))
    }

    pub fn run(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdout = lines(child.stdout.take().unwrap());
        let stderr = lines(child.stderr.take().unwrap());
        Self { child, stdout, stderr }
    }

    /// Where it says it listens: `<what> on <address>`.
    pub fn address(&self, what: &str) -> SocketAddr {
        let prefix = format!("{what} on ");
        let address = self.wait_for(&self.stdout, |line| line.starts_with(&prefix));
        address[prefix.len()..].trim_end().parse().unwrap()
    }

    /// The port of Python's `http.server`, which chose one itself.
    pub fn port_of_python(&self) -> u16 {
        let line = self.wait_for(&self.stdout, |line| line.starts_with("Serving HTTP on "));
        line.split(' ')
            .nth(5)
            .and_then(|port| port.parse().ok())
            .unwrap_or_else(|| panic!("{line}"))
    }

    /// The next line on standard error that contains that.
    pub fn complaint(&self, part: &str) -> String {
        self.wait_for(&self.stderr, |line| line.contains(part))
    }

    fn wait_for(&self, lines: &Receiver<String>, wanted: impl Fn(&str) -> bool) -> String {
        loop {
            let line = lines.recv_timeout(LONG).expect("the program did not say it");
            if wanted(&line) {
                return line;
            }
        }
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until it ends by itself; with what it said since it was last asked.
    pub fn end(mut self) -> Ended {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < LONG, "the program does not end");
            thread::sleep(Duration::from_millis(5));
        };
        let rest = |lines: &Receiver<String>| {
            std::iter::from_fn(|| lines.recv_timeout(LONG).ok()).collect()
        };
        Ended { status, stdout: rest(&self.stdout), stderr: rest(&self.stderr) }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended already, in most cases.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is written to a pipe, line by line.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        loop {
            let mut line = Vec::new();
            match pipe.read_until(b'\n', &mut line) {
                Ok(1..) => {
                    if send.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                        return;
                    }
                }
                _ => return,
            }
        }
    });
    receive
}

/// A program of the system's, if it is there; otherwise says, past the test harness, that this is skipped.
pub fn tool(name: &str, package: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&path).map(|directory| directory.join(name)).find(|p| p.is_file());
    if found.is_none() {
        let test = thread::current().name().unwrap_or("a test").to_owned();
        // Not `eprintln!`: the harness would keep it to itself.
        let _ = writeln!(
            io::stderr(),
            "\n*** SKIPPED: {test}: it needs `{name}`. Install it: apt-get install {package}\n"
        );
    }
    found
}

/// Runs a tool to its end, and gives what it printed; panics if it failed.
pub fn output(command: &mut Command) -> String {
    let ended = Program::run(command).end();
    assert!(ended.status.success(), "{command:?}: {ended:?}");
    ended.stdout
}

/// A connection whose every wait is bounded.
pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream.set_write_timeout(Some(LONG)).unwrap();
    stream
}

/// Sends that, and reads until the other side closes. That it resets is the end, too.
pub fn send_and_read(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = connect(address);
    stream.write_all(bytes).unwrap();
    read_to_end(&mut stream)
}

pub fn read_to_end(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() != io::ErrorKind::ConnectionReset => {
            panic!("the connection is neither answered nor closed: {error}")
        }
        _ => String::from_utf8_lossy(&answer).into_owned(),
    }
}

/// One request over a connection of its own; the answer, head and all.
pub fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> String {
    send_and_read(address, request(method, path, body).as_bytes())
}

pub fn request(method: &str, path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// Asks again and again until the answer is as wanted.
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LONG, "{what}: it never happens");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A server on threads, so that nothing of filch's is on both ends: `answer` is given the path of each
/// request, and the stream to answer on.
pub fn server(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (answer, mut stream) = (answer.clone(), stream.unwrap());
            thread::spawn(move || {
                let mut head = String::new();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                while !head.ends_with("\r\n\r\n") {
                    if !matches!(reader.read_line(&mut head), Ok(1..)) {
                        return;
                    }
                }
                answer(head.split(' ').nth(1).unwrap(), &mut stream);
            });
        }
    });
    address
}

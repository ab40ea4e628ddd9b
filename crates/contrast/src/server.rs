//! The server of the *fan-out* row: HTTP/1.1 on Filch, on loopback, in a process of its own.
//!
//! It answers `GET` and `HEAD` after a fixed delay, as a database or another service would that has something to do
//! first. It runs on one worker, the same for every column, so that what differs between them is the client.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use filch::io::{AsyncReadExt as _, AsyncWriteExt as _};
use filch::net::{TcpListener, TcpStream};
use filch::sync::Semaphore;
use filch::time::{sleep, timeout};

use crate::flavour::Flavour;
use crate::http::{self, Status};

/// Connections at a time; more have to wait to be accepted.
const MOST_CONNECTIONS: usize = 1024;
/// A connection that sends nothing for so long is closed.
const IDLE: Duration = Duration::from_secs(30);
/// Pause after an `accept` that failed, so that a lack of descriptors does not become a busy loop.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(10);
const BODY: &str = "Hello from Filch.\n";

/// What the server is told.
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// How long an answer takes, in milliseconds.
    #[arg(long, default_value_t = 20)]
    delay_ms: u64,
    /// Where to listen; port 0 lets the system choose.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

/// Serves until standard input ends; says first where it listens.
///
/// # Errors
/// When it cannot listen.
pub fn serve(args: &ServeArgs) -> io::Result<()> {
    let delay = Duration::from_millis(args.delay_ms);
    // Whoever started this process holds the other end. It ends when they do, however they end.
    std::thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        std::process::exit(0);
    });
    Flavour::Workers(1).run(async {
        let listener = TcpListener::bind(args.listen).await.map_err(|error| {
            let reason = format!("the server cannot listen on {}: {error}", args.listen);
            io::Error::new(error.kind(), reason)
        })?;
        println!("{}", listener.local_addr()?);
        io::stdout().flush()?;
        // In a task, so that it runs on the worker and not beside it.
        filch::spawn(accept_for_ever(listener, delay)).await.map_err(io::Error::other)
    })?
}

async fn accept_for_ever(listener: TcpListener, delay: Duration) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let place =
            Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
        match listener.accept().await {
            Ok((stream, _)) => {
                let task = filch::spawn(async move {
                    // A client that goes away in the middle is its own business.
                    let _ = converse(stream, delay).await;
                    drop(place);
                });
                drop(task); // It goes on without its handle.
            }
            Err(error) => {
                eprintln!("a connection cannot be accepted: {error}");
                sleep(AFTER_FAILED_ACCEPT).await;
            }
        }
    }
}

/// Answers the requests of one connection, in order, until one side closes it.
async fn converse(mut stream: TcpStream, delay: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut received = Vec::with_capacity(1024);
    loop {
        match http::parse_request(&received) {
            Ok(Some(request)) => {
                received.drain(..request.length);
                sleep(delay).await;
                let (status, body) = if request.is_allowed {
                    (http::OK, BODY)
                } else {
                    (http::METHOD_NOT_ALLOWED, "GET or HEAD, please.\n")
                };
                stream
                    .write_all(
                        http::response(status, body, request.keep_alive, request.is_head)
                            .as_bytes(),
                    )
                    .await?;
                if !request.keep_alive {
                    return close(stream).await;
                }
            }
            Ok(None) => match timeout(IDLE, stream.read_buf(&mut received)).await {
                // Idle for too long, or the client has no more to ask.
                Err(_) | Ok(Ok(0)) => return Ok(()),
                Ok(read) => drop(read?),
            },
            Err(status) => return refuse(stream, status).await,
        }
    }
}

async fn refuse(mut stream: TcpStream, status: Status) -> io::Result<()> {
    stream.write_all(http::response(status, status.1, false, false).as_bytes()).await?;
    close(stream).await
}

/// Ends the connection without losing the response: closed with unread bytes, the system would reset it and the
/// client might not see the answer.
async fn close(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut rest = [0; 1024];
    let drained = async {
        let mut bytes_left = 1 << 20;
        while bytes_left > 0 {
            match stream.read(&mut rest).await {
                Ok(read) if read > 0 => bytes_left -= read.min(bytes_left),
                _ => break,
            }
        }
    };
    let _ = timeout(Duration::from_secs(1), drained).await;
    Ok(())
}

/// The server as a child process; it ends when this is dropped.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    /// Held open: its end is the server's sign to end.
    _stdin: ChildStdin,
    address: SocketAddr,
}

impl ServerProcess {
    /// Starts the server on `port`, 0 for any, and returns when it listens.
    ///
    /// # Errors
    /// In words, when it cannot be started or cannot listen.
    pub fn start(delay: Duration, port: u16) -> Result<Self, String> {
        let program = std::env::current_exe()
            .map_err(|error| format!("this program cannot be found: {error}"))?;
        let mut command = Command::new(program);
        command
            .args(["serve", "--delay-ms", &delay.as_millis().to_string()])
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // In a group of its own: Ctrl-C is for this program, which ends the server itself.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command
            .spawn()
            .map_err(|error| format!("the server's process cannot be started: {error}"))?;
        let stdin = child.stdin.take().expect("piped");
        let mut first_line = String::new();
        let read = BufReader::new(child.stdout.take().expect("piped")).read_line(&mut first_line);
        let mut stderr = child.stderr.take().expect("piped");
        if let (Ok(_), Ok(address)) = (read, first_line.trim().parse()) {
            // What it complains of is nothing for somebody who looks at a table; it must not block on a full pipe.
            std::thread::spawn(move || io::copy(&mut stderr, &mut io::sink()));
            return Ok(Self { child, _stdin: stdin, address });
        }
        let _ = child.kill();
        let _ = child.wait();
        let mut complaint = String::new();
        let _ = stderr.read_to_string(&mut complaint);
        Err(complaint.trim().trim_start_matches("error: ").to_owned())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Nothing of it is needed any more, and nobody else knows its port.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

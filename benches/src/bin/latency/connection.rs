//! One connection of the generator: at most one request at a time.

use crate::wire::Wire;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long connecting may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The request that a connection waits for an answer to. Times are from the start of the run.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub number: u64,
    pub intended: Duration,
}

/// A connection to the server, never blocking.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    wire: Wire,
    received: [u8; 1024],
    len: usize,
    asked: Option<Asked>,
    /// Since when it could send.
    pub idle_since: Duration,
}

impl Connection {
    /// Connects.
    pub fn new(address: SocketAddr, wire: Wire) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let idle_since = Duration::ZERO;
        Ok(Self { stream, wire, received: [0; 1024], len: 0, asked: None, idle_since })
    }

    /// What to wait on.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// The request that is not answered yet.
    pub fn asked(&self) -> Option<Asked> {
        self.asked
    }

    /// Sends a request.
    ///
    /// # Errors
    /// If the server is gone. Nothing else is under way here, so the kernel has room for a whole one.
    pub fn ask(&mut self, asked: Asked, heavy: bool) -> io::Result<()> {
        debug_assert!(self.asked.is_none(), "one request at a time");
        let question = self.wire.question(heavy);
        if self.stream.write(question)? < question.len() {
            return Err(io::Error::other("the kernel did not take a whole request"));
        }
        self.asked = Some(asked);
        Ok(())
    }

    /// Receives; the request whose answer is there now.
    ///
    /// # Errors
    /// If the server is gone, or says something that is no answer.
    pub fn receive(&mut self) -> io::Result<Option<Asked>> {
        let space = &mut self.received[self.len..];
        match self.stream.read(space) {
            Ok(0) if space.is_empty() => Err(io::Error::other("the answer is too long")),
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                self.len += read;
                if !self.wire.is_answer(&self.received[..self.len])? {
                    return Ok(None);
                }
                self.len = 0;
                let asked = self.asked.take();
                asked.map(Some).ok_or_else(|| io::Error::other("an answer that nobody asked for"))
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

//! What goes over a connection: a question, and how to know that its answer is there.

use clap::ValueEnum;
use serde::Serialize;
use std::fmt;
use std::io;

/// The length of a message to the echo server, in bytes.
pub const MESSAGE: usize = 64;

/// The first byte of a message that asks for a heavy answer.
pub const HEAVY_MARK: u8 = b'h';

/// The path of a heavy request.
pub const HEAVY_PATH: &str = "/heavy";

/// What the HTTP server says.
pub const BODY: &str = "Hello, World!";

/// A server and the protocol that it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Wire {
    /// 64 bytes over TCP, sent back.
    Echo,
    /// HTTP/1.1 on hyper, connections kept alive.
    Http,
}

impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Echo => "echo",
            Self::Http => "http",
        })
    }
}

const fn message(mark: u8) -> [u8; MESSAGE] {
    let mut message = [b'.'; MESSAGE];
    message[0] = mark;
    message
}

impl Wire {
    /// A request.
    pub fn question(self, heavy: bool) -> &'static [u8] {
        const LIGHT: [u8; MESSAGE] = message(b'l');
        const HEAVY: [u8; MESSAGE] = message(HEAVY_MARK);
        match (self, heavy) {
            (Self::Echo, false) => &LIGHT,
            (Self::Echo, true) => &HEAVY,
            (Self::Http, false) => b"GET / HTTP/1.1\r\nhost: latency\r\n\r\n",
            (Self::Http, true) => b"GET /heavy HTTP/1.1\r\nhost: latency\r\n\r\n",
        }
    }

    /// Whether `received` is a whole answer.
    ///
    /// # Errors
    /// If it is not, and what comes cannot make it one.
    pub fn is_answer(self, received: &[u8]) -> io::Result<bool> {
        let expected = match self {
            Self::Echo => Some(MESSAGE),
            Self::Http => http_length(received)?,
        };
        match expected {
            Some(expected) if received.len() > expected => Err(io::Error::other(format!(
                "the answer has {} bytes where it says {expected}",
                received.len()
            ))),
            expected => Ok(expected == Some(received.len())),
        }
    }
}

/// How long an HTTP response is, head and body; `None` while its head is incomplete.
fn http_length(received: &[u8]) -> io::Result<Option<usize>> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(received).map_err(io::Error::other)?
    else {
        return Ok(None);
    };
    if response.code != Some(200) {
        return Err(io::Error::other(format!("the status is {:?}, not 200", response.code)));
    }
    let length = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<usize>().ok())
        .ok_or_else(|| io::Error::other("the answer does not say how long it is"))?;
    Ok(Some(head + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, World!";

    #[test]
    fn an_http_answer_is_whole_with_its_last_byte() {
        for end in 0..ANSWER.len() {
            assert!(!Wire::Http.is_answer(&ANSWER[..end]).unwrap(), "{end} bytes");
        }
        assert!(Wire::Http.is_answer(ANSWER).unwrap());
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        assert!(Wire::Http.is_answer(&[ANSWER, b"!"].concat()).is_err());
        assert!(Wire::Http.is_answer(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n").is_err());
        assert!(Wire::Http.is_answer(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(Wire::Http.is_answer(b"220 mail ready\r\n\r\n").is_err());
        assert!(Wire::Echo.is_answer(&[0; MESSAGE + 1]).is_err());
    }

    #[test]
    fn an_echo_is_whole_with_its_last_byte() {
        assert!(!Wire::Echo.is_answer(&[0; MESSAGE - 1]).unwrap());
        assert!(Wire::Echo.is_answer(&[0; MESSAGE]).unwrap());
    }
}

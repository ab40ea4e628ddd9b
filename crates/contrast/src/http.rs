//! As much of HTTP/1.1 as the *fan-out* row needs, on `httparse`: message heads in, message heads out.

use std::fmt::Write as _;

/// A message head may be that long, in bytes.
pub const LONGEST_HEAD: usize = 16 * 1024;
/// A message may have that many header fields.
const MOST_HEADERS: usize = 64;
/// A request's body may be that long, in bytes: it is read and ignored.
const LONGEST_BODY: usize = 64 * 1024;

/// A request, as far as the server has to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Length of head and body, in bytes: where the next request begins.
    pub length: usize,
    /// Whether it is `HEAD`: the response has a head and no body.
    pub is_head: bool,
    /// Whether the method is one that the server answers.
    pub is_allowed: bool,
    /// Whether the connection goes on after the response.
    pub keep_alive: bool,
}

/// The status and reason of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16, pub &'static str);

pub const OK: Status = Status(200, "OK");
pub const BAD_REQUEST: Status = Status(400, "Bad Request");
pub const METHOD_NOT_ALLOWED: Status = Status(405, "Method Not Allowed");
const CONTENT_TOO_LARGE: Status = Status(413, "Content Too Large");
const HEAD_TOO_LARGE: Status = Status(431, "Request Header Fields Too Large");
const NOT_IMPLEMENTED: Status = Status(501, "Not Implemented");
const VERSION_NOT_SUPPORTED: Status = Status(505, "HTTP Version Not Supported");

/// Reads the request at the beginning of `bytes`; `None` while it is not complete.
///
/// # Errors
/// The status to answer with. Where the request ends is not known then: the connection has to be closed.
pub fn parse_request(bytes: &[u8]) -> Result<Option<Request>, Status> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    let head_length = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if bytes.len() > LONGEST_HEAD => return Err(HEAD_TOO_LARGE),
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(HEAD_TOO_LARGE),
        Err(httparse::Error::Version) if names_a_version(bytes) => {
            return Err(VERSION_NOT_SUPPORTED);
        }
        Err(_) => return Err(BAD_REQUEST),
    };
    let is_1_1 = head.version == Some(1);
    if is_1_1 && named(head.headers, "host").count() != 1 {
        return Err(BAD_REQUEST);
    }
    if named(head.headers, "transfer-encoding").next().is_some() {
        return Err(NOT_IMPLEMENTED);
    }
    let body_length = content_length(head.headers).ok_or(BAD_REQUEST)?.unwrap_or(0);
    if body_length > LONGEST_BODY {
        return Err(CONTENT_TOO_LARGE);
    }
    let length = head_length + body_length;
    if bytes.len() < length {
        return Ok(None);
    }
    let method = head.method.unwrap_or_default();
    Ok(Some(Request {
        length,
        is_head: method == "HEAD",
        is_allowed: matches!(method, "GET" | "HEAD"),
        keep_alive: !says(head.headers, "close") && (is_1_1 || says(head.headers, "keep-alive")),
    }))
}

/// Whether the first line speaks of HTTP at all.
fn names_a_version(bytes: &[u8]) -> bool {
    let line = bytes.split(|&b| b == b'\n').next().unwrap_or_default();
    line.windows(6).any(|window| window == b" HTTP/")
}

/// Writes a response whose body is `body`, or only its head.
pub fn response(status: Status, body: &str, keep_alive: bool, head_only: bool) -> String {
    let mut response = format!(
        "HTTP/1.1 {} {}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n",
        status.0,
        status.1,
        body.len()
    );
    if status == METHOD_NOT_ALLOWED {
        response += "Allow: GET, HEAD\r\n";
    }
    // Said both ways: for HTTP/1.0 keep-alive is the exception, for 1.1 close is.
    let _ =
        write!(response, "Connection: {}\r\n\r\n", if keep_alive { "keep-alive" } else { "close" });
    if !head_only {
        response += body;
    }
    response
}

/// Reads the response at the beginning of `bytes`: its status code and its length with its body; `None` while it is
/// not complete.
///
/// # Errors
/// In words, when it is no response, or none that says how long it is.
pub fn parse_response(bytes: &[u8]) -> Result<Option<(u16, usize)>, String> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let head_length = match head
        .parse(bytes)
        .map_err(|error| format!("the server's response is malformed: {error}"))?
    {
        httparse::Status::Complete(length) => length,
        httparse::Status::Partial if bytes.len() > LONGEST_HEAD => {
            return Err("the server's response has no end".into());
        }
        httparse::Status::Partial => return Ok(None),
    };
    let body_length = content_length(head.headers)
        .flatten()
        .ok_or("the server does not say how long its response is")?;
    let length = head_length.checked_add(body_length).ok_or("the server's response is too long")?;
    Ok((bytes.len() >= length).then(|| (head.code.unwrap_or(0), length)))
}

fn named<'h>(headers: &'h [httparse::Header<'h>], name: &'h str) -> impl Iterator<Item = &'h [u8]> {
    headers
        .iter()
        .filter(move |header| header.name.eq_ignore_ascii_case(name))
        .map(|header| header.value)
}

/// Whether a `Connection` field has `option` in its list.
fn says(headers: &[httparse::Header<'_>], option: &str) -> bool {
    named(headers, "connection")
        .flat_map(|value| value.split(|&b| b == b','))
        .any(|said| said.trim_ascii().eq_ignore_ascii_case(option.as_bytes()))
}

/// `None` if it is nonsense; `Some(None)` if there is none.
fn content_length(headers: &[httparse::Header<'_>]) -> Option<Option<usize>> {
    let mut values = named(headers, "content-length");
    let Some(first) = values.next() else {
        return Some(None);
    };
    let is_plain = !first.is_empty() && first.iter().all(u8::is_ascii_digit);
    // Repeated, it has to be the same: two readers that choose differently see different messages.
    if !is_plain || values.any(|other| other != first) {
        return None;
    }
    std::str::from_utf8(first).ok()?.parse().ok().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Option<Request>, Status> {
        parse_request(text.as_bytes())
    }

    #[test]
    fn a_request_is_complete_with_its_empty_line_and_its_body() {
        let head = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";
        for end in 0..head.len() {
            assert_eq!(parsed(&head[..end]), Ok(None), "after {end} bytes");
        }
        let request = parsed(head).expect("well-formed").expect("complete");
        assert_eq!(
            request,
            Request { length: head.len(), is_head: false, is_allowed: true, keep_alive: true }
        );

        let post = "POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\n\r\n";
        assert_eq!(parsed(&format!("{post}ab")), Ok(None));
        let request = parsed(&format!("{post}abcGET")).expect("well-formed").expect("complete");
        assert_eq!((request.length, request.is_allowed), (post.len() + 3, false));
    }

    #[test]
    fn the_connection_goes_on_unless_one_side_says_otherwise() {
        let keeps = |line: &str, option: &str| {
            parsed(&format!("GET / {line}\r\nHost: here\r\n{option}\r\n"))
                .expect("well-formed")
                .expect("complete")
                .keep_alive
        };
        assert!(keeps("HTTP/1.1", ""));
        assert!(!keeps("HTTP/1.1", "Connection: close\r\n"));
        assert!(!keeps("HTTP/1.1", "connection: Upgrade , Close\r\n"));
        assert!(!keeps("HTTP/1.0", ""));
        assert!(keeps("HTTP/1.0", "Connection: Keep-Alive\r\n"));
    }

    #[test]
    fn a_bad_request_is_told_from_a_good_one() {
        for (text, status) in [
            ("\0\r\n\r\n", BAD_REQUEST),
            ("what is this\r\n\r\n", BAD_REQUEST),
            ("GET / HTTP/1.1\r\n\r\n", BAD_REQUEST),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", BAD_REQUEST),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", BAD_REQUEST),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                BAD_REQUEST,
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
                BAD_REQUEST,
            ),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n", CONTENT_TOO_LARGE),
            ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", NOT_IMPLEMENTED),
            ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", VERSION_NOT_SUPPORTED),
        ] {
            assert_eq!(parsed(text), Err(status), "{text:?}");
        }
        assert_eq!(
            parsed(&format!("GET /{} HTTP/1.1\r\n", "x".repeat(LONGEST_HEAD))),
            Err(HEAD_TOO_LARGE)
        );
        assert_eq!(
            parsed(&format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(MOST_HEADERS + 1))),
            Err(HEAD_TOO_LARGE)
        );
    }

    #[test]
    fn a_response_of_ours_can_be_read_back() {
        let text = response(OK, "hello", true, false);
        assert_eq!(parse_response(text.as_bytes()), Ok(Some((200, text.len()))));
        assert_eq!(parse_response(&text.as_bytes()[..text.len() - 1]), Ok(None));
        let head = response(METHOD_NOT_ALLOWED, "no", false, true);
        assert!(
            head.ends_with("\r\n\r\n")
                && head.contains("Content-Length: 2\r\n")
                && head.contains("Allow: GET, HEAD\r\n")
        );
        assert!(parse_response(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(parse_response(b"hello").is_err());
    }
}

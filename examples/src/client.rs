//! One request to a server, over a connection of its own.

use crate::Error;
use bytes::Bytes;
use filch::hyper::FilchIo;
use filch::net::TcpStream;
use filch::task;
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, USER_AGENT};
use hyper::http::response;
use hyper::{Request, Uri};

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    /// Status and headers.
    pub head: response::Parts,
    /// The body; `None` if it was larger than wanted, and not read to its end.
    pub body: Option<Bytes>,
}

/// Fetches `uri`, and at most `most` bytes of its body. Put a [`timeout`](filch::time::timeout) around it.
///
/// # Errors
/// If `uri` is not `http://...`, or there is no server, or it does not speak HTTP.
///
/// # Cancel safety
/// Dropping it closes the connection.
pub async fn get(uri: &Uri, most: usize) -> Result<Answer, Error> {
    if uri.scheme_str() != Some("http") {
        return Err("only http:// is spoken here".into());
    }
    let host = uri.host().ok_or("there is no host in it")?;
    let port = uri.port_u16().unwrap_or(80);
    // The brackets around an IPv6 address belong to the URI, not to the address.
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    let (mut sender, connection) = http1::handshake(FilchIo::new(stream)).await?;
    let request = Request::get(uri.path_and_query().map_or("/", |path| path.as_str()))
        .header(HOST, format!("{host}:{port}"))
        .header(USER_AGENT, "filch-examples")
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())?;

    // The connection is driven by a child, which is gone when this function returns.
    let answered = task::scope(async move |s| {
        s.spawn(connection);
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = match Limited::new(body, most).collect().await {
            Ok(body) => Some(body.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => None,
            Err(error) => return Err(error),
        };
        s.cancel();
        Ok::<_, Error>(Answer { head, body })
    });
    answered.await?
}

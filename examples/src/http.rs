//! HTTP/1.1 on one connection, with hyper; and bodies.

use crate::Error;
use bytes::Bytes;
use filch::hyper::{FilchIo, FilchTimer};
use filch::io::{AsyncRead, AsyncWrite};
use filch::sync::CancellationToken;
use filch::time::{Duration, Instant, timeout_at};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::HttpService;
use hyper::{Response, StatusCode};
use std::convert::Infallible;
use std::pin::pin;

/// How HTTP is spoken: a client has `patience` to send the head of its request, the first and every
/// further one.
pub fn http1(patience: Duration) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(FilchTimer::new()).header_read_timeout(patience);
    http
}

/// Answers requests until the client has enough, or `stopping`: then the request under way is answered, and
/// none after it. The service has an answer to everything.
///
/// hyper gives up on a client that does not send; one that does not read its answer keeps its connection,
/// and is bounded by how many of those there may be.
///
/// # Errors
/// If the client sends what is no HTTP, is too slow, or goes away in the middle.
pub async fn serve<T, S, B>(
    http: &http1::Builder,
    stream: T,
    service: S,
    stopping: CancellationToken,
) -> Result<(), Error>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: HttpService<Incoming, ResBody = B, Error = Infallible>,
    B: Body + 'static,
    B::Error: Into<Error>,
{
    let connection = http.serve_connection(FilchIo::new(stream), service).with_upgrades();
    let mut connection = pin!(connection);
    filch::select! {
        ended = connection.as_mut() => return Ok(ended?),
        () = stopping.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    Ok(connection.await?)
}

/// A response of that kind.
pub fn response(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type.parse().expect("it is plain text"));
    response
}

/// Reads a request's body: at most `most` bytes, until `deadline`.
///
/// # Errors
/// Status and words for the client.
pub async fn body(
    body: Incoming,
    most: usize,
    deadline: Instant,
) -> Result<Bytes, (StatusCode, String)> {
    let too_large =
        || (StatusCode::PAYLOAD_TOO_LARGE, format!("the body is larger than {most} bytes"));
    // It may say so itself: then there is no need to wait for it.
    if body.size_hint().lower() > most as u64 {
        return Err(too_large());
    }
    match timeout_at(deadline, Limited::new(body, most).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(error)) => Err((StatusCode::BAD_REQUEST, error.to_string())),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "the body is late".to_owned())),
    }
}

//! How do I serve HTTP with hyper on filch?
//!
//! `GET /` says hello, `POST /echo` sends back what it was sent. Clients that are slow, half-closed, broken
//! or too many hold up nobody else; Ctrl-C or SIGTERM lets requests end that have begun.
//!
//! ```sh
//! cargo run --release -p filch-examples --bin http_server -- --listen 127.0.0.1:8080
//! curl http://127.0.0.1:8080/
//! curl --data 'to be sent back' http://127.0.0.1:8080/echo
//! ```

use bytes::Bytes;
use clap::Parser;
use filch::time::{Duration, Instant};
use filch_examples::Failure;
use filch_examples::http::{self, http1, response};
use filch_examples::service::{Limits, listen, seconds, serve, stop_signal};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};

/// An HTTP/1.1 server: hello and echo.
#[derive(Parser)]
struct Options {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: String,

    /// How many seconds a client has to send the head of a request, and its body
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "10")]
    patience: Duration,

    #[command(flatten)]
    limits: Limits,
}

#[filch::main]
async fn main() -> Result<(), Failure> {
    let Options { listen: address, patience, limits } = Options::parse();
    let stop = stop_signal()?;
    let listener = listen("http", &address).await?;

    let mut http = http1(patience);
    // A client may say that it will send no more (`nc -N`), and still wait for its answer.
    http.half_close(true);
    serve(listener, &limits, stop, move |stream, _scope, stopping| {
        let http = http.clone();
        async move {
            let service = service_fn(async |request| Ok(answer(request, patience).await));
            http::serve(&http, stream, service, stopping).await
        }
    })
    .await
}

async fn answer(request: Request<Incoming>, patience: Duration) -> Response<Full<Bytes>> {
    let text =
        |status, words: &str| response(status, "text/plain; charset=utf-8", words.to_owned());
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => text(StatusCode::OK, "hello\n"),
        (&Method::POST, "/echo") => {
            let deadline = Instant::now() + patience;
            match http::body(request.into_body(), 1 << 20, deadline).await {
                Ok(body) => response(StatusCode::OK, "application/octet-stream", body),
                Err((status, why)) => text(status, &format!("{why}\n")),
            }
        }
        (_, "/" | "/echo") => text(StatusCode::METHOD_NOT_ALLOWED, "GET / and POST /echo\n"),
        _ => text(StatusCode::NOT_FOUND, "there are GET / and POST /echo\n"),
    }
}

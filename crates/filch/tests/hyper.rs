//! hyper's server and client over filch's sockets, tasks and timers, in both flavours.

use bytes::Bytes;
use filch::hyper::{FilchExecutor, FilchIo, FilchTimer};
use filch::io::{AsyncReadExt, AsyncWriteExt};
use filch::net::{TcpListener, TcpStream};
use filch::runtime::{Builder, Runtime};
use filch::task::JoinHandle;
use filch::time::{Duration, timeout};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::header::{CONNECTION, HOST, UPGRADE};
use hyper::rt::{Sleep, Timer};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

/// For what must not hang; far above what any machine needs.
const LONG: Duration = Duration::from_secs(60);

fn each_flavour<F: Future<Output = ()> + Send + 'static>(test: impl Fn() -> F) {
    let single = Builder::new_current_thread().build().unwrap();
    let multi = Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let on = |runtime: &Runtime| {
        runtime.block_on(async { timeout(LONG, filch::spawn(test())).await.unwrap().unwrap() });
    };
    on(&single);
    on(&multi);
}

/// Sends a request's body back.
async fn echo(request: Request<Incoming>) -> hyper::Result<Response<Full<Bytes>>> {
    let body = request.into_body().collect().await?.to_bytes();
    Ok(Response::new(Full::new(body)))
}

/// Serves one connection, and says how that ended.
async fn serve_one(listener: &TcpListener, patience: Duration) -> JoinHandle<hyper::Result<()>> {
    let (stream, _peer) = listener.accept().await.unwrap();
    filch::spawn(async move {
        hyper::server::conn::http1::Builder::new()
            .timer(FilchTimer::new())
            .header_read_timeout(patience)
            .serve_connection(FilchIo::new(stream), service_fn(echo))
            .await
    })
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn connect(address: SocketAddr) -> http1::SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(address).await.unwrap();
    let (sender, connection) = http1::handshake(FilchIo::new(stream)).await.unwrap();
    filch::spawn(connection);
    sender
}

async fn post(sender: &mut http1::SendRequest<Full<Bytes>>, body: Bytes) -> Bytes {
    sender.ready().await.unwrap();
    let request = Request::post("/").header(HOST, "localhost").body(Full::new(body)).unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.into_body().collect().await.unwrap().to_bytes()
}

#[test]
fn many_requests_travel_over_one_connection() {
    each_flavour(|| async {
        let (listener, address) = listen().await;
        let server = filch::spawn(async move { serve_one(&listener, LONG).await.await.unwrap() });
        let mut sender = connect(address).await;
        for number in 0..200 {
            let body = Bytes::from(format!("question {number}"));
            assert_eq!(post(&mut sender, body.clone()).await, body);
        }
        drop(sender);
        server.await.unwrap().unwrap();
    });
}

#[test]
fn a_large_body_comes_back_whole() {
    // More than the kernel's buffers hold: both sides have to wait for each other.
    let body: Bytes = (0..16 << 20).map(|at: u32| (at % 251) as u8).collect();
    each_flavour(|| {
        let body = body.clone();
        async move {
            let (listener, address) = listen().await;
            filch::spawn(async move { serve_one(&listener, LONG).await.await });
            let mut sender = connect(address).await;
            assert!(post(&mut sender, body.clone()).await == body, "the body is changed");
        }
    });
}

#[test]
fn a_client_that_goes_away_harms_nobody_else() {
    each_flavour(|| async {
        let (listener, address) = listen().await;
        let mut leaver = TcpStream::connect(address).await.unwrap();
        let left = serve_one(&listener, LONG).await;
        let mut stayer = connect(address).await;
        let stayed = serve_one(&listener, LONG).await;

        let head =
            b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\nnot all of it";
        leaver.write_all(head).await.unwrap();
        assert_eq!(post(&mut stayer, Bytes::from("first")).await, "first");
        drop(leaver);
        assert!(left.await.unwrap().is_err(), "half a request is a request");

        assert_eq!(post(&mut stayer, Bytes::from("second")).await, "second");
        drop(stayer);
        stayed.await.unwrap().unwrap();
    });
}

#[test]
fn a_client_that_never_finishes_its_head_is_timed_out() {
    each_flavour(|| async {
        let (listener, address) = listen().await;
        let mut slow = TcpStream::connect(address).await.unwrap();
        let served = serve_one(&listener, Duration::from_millis(20)).await;
        slow.write_all(b"GET / HTTP/1.1\r\nhos").await.unwrap();
        assert!(served.await.unwrap().unwrap_err().is_timeout());
        let mut answer = Vec::new();
        slow.read_to_end(&mut answer).await.unwrap();
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 408"), "{answer:?}");
    });
}

#[test]
fn a_timer_is_reset_in_place() {
    each_flavour(|| async {
        let timer = FilchTimer::new();
        let mut sleep = timer.sleep(Duration::from_secs(3600));
        let before: *const dyn Sleep = &*sleep;
        let deadline = timer.now() + Duration::from_millis(5);
        timer.reset(&mut sleep, deadline);
        assert!(std::ptr::addr_eq(before, &*sleep));
        sleep.await;
        assert!(timer.now() >= deadline);
    });
}

#[test]
fn a_timer_of_another_kind_is_replaced() {
    struct Never;
    impl Future for Never {
        type Output = ();
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            Poll::Pending
        }
    }
    impl Sleep for Never {}

    each_flavour(|| async {
        let mut sleep: Pin<Box<dyn Sleep>> = Box::pin(Never);
        FilchTimer::new().reset(&mut sleep, Instant::now());
        sleep.await;
    });
}

#[test]
fn the_streams_of_http2_are_tasks() {
    each_flavour(|| async {
        let (listener, address) = listen().await;
        filch::spawn(async move {
            let (stream, _peer) = listener.accept().await.unwrap();
            hyper::server::conn::http2::Builder::new(FilchExecutor::new())
                .timer(FilchTimer::new())
                .keep_alive_interval(Duration::from_millis(5))
                .serve_connection(FilchIo::new(stream), service_fn(echo))
                .await
        });
        let stream = FilchIo::new(TcpStream::connect(address).await.unwrap());
        let (sender, connection) = http2::handshake(FilchExecutor::new(), stream).await.unwrap();
        filch::spawn(connection);
        let ask = |number: usize| {
            let mut sender = sender.clone();
            filch::spawn(async move {
                let body = Bytes::from(vec![7; number * 1_000]);
                let request = Request::post("http://localhost/").body(Full::new(body)).unwrap();
                let response = sender.send_request(request).await.unwrap();
                response.into_body().collect().await.unwrap().to_bytes().len()
            })
        };
        let streams: Vec<_> = (0..50).map(ask).collect();
        for (number, stream) in streams.into_iter().enumerate() {
            assert_eq!(stream.await.unwrap(), number * 1_000);
        }
    });
}

#[test]
fn an_upgraded_connection_is_a_stream_again() {
    async fn upgrade(request: Request<Incoming>) -> hyper::Result<Response<Empty<Bytes>>> {
        filch::spawn(async move {
            let mut stream = FilchIo::new(hyper::upgrade::on(request).await.unwrap());
            let mut word = [0; 5];
            stream.read_exact(&mut word).await.unwrap();
            word.reverse();
            stream.write_all(&word).await.unwrap();
            stream.shutdown().await.unwrap();
        });
        let mut response = Response::new(Empty::new());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        response.headers_mut().insert(UPGRADE, "backwards".parse().unwrap());
        Ok(response)
    }
    each_flavour(|| async {
        let (listener, address) = listen().await;
        filch::spawn(async move {
            let (stream, _peer) = listener.accept().await.unwrap();
            hyper::server::conn::http1::Builder::new()
                .serve_connection(FilchIo::new(stream), service_fn(upgrade))
                .with_upgrades()
                .await
        });
        let stream = FilchIo::new(TcpStream::connect(address).await.unwrap());
        let (mut sender, connection) = http1::handshake(stream).await.unwrap();
        filch::spawn(connection.with_upgrades());
        let request = Request::get("/")
            .header(HOST, "localhost")
            .header(CONNECTION, "upgrade")
            .header(UPGRADE, "backwards")
            .body(Empty::<Bytes>::new())
            .unwrap();
        let response = sender.send_request(request).await.unwrap();
        let mut stream = FilchIo::new(hyper::upgrade::on(response).await.unwrap());
        stream.write_all(b"hello").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "olleh");
    });
}

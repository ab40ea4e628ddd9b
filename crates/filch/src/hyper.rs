//! What the crate hyper asks of a runtime: streams, an executor, a timer.
//!
//! hyper 1 knows no runtime by name. It takes any stream that implements its [`rt::Read`] and
//! [`rt::Write`], spawns through an [`rt::Executor`], and keeps its time-outs with an [`rt::Timer`].
//! The names follow those of hyper-util's `TokioIo`, `TokioExecutor` and `TokioTimer`, so that a program
//! moves by replacing that word.
//!
//! ```
//! use bytes::Bytes;
//! use filch::hyper::{FilchIo, FilchTimer};
//! use filch::net::{TcpListener, TcpStream};
//! use http_body_util::{BodyExt, Empty, Full};
//! use hyper::service::service_fn;
//! use hyper::{Request, Response};
//! use std::convert::Infallible;
//!
//! # filch::runtime::EventLoop::new()?.block_on(async {
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr()?;
//!
//! // A server for one connection ...
//! filch::spawn(async move {
//!     let (stream, _peer) = listener.accept().await?;
//!     let hello = service_fn(async |_request| {
//!         Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("hello"))))
//!     });
//!     hyper::server::conn::http1::Builder::new()
//!         .timer(FilchTimer::new())
//!         .serve_connection(FilchIo::new(stream), hello)
//!         .await?;
//!     Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
//! });
//!
//! // ... and a client.
//! let stream = TcpStream::connect(address).await?;
//! let (mut sender, connection) = hyper::client::conn::http1::handshake(FilchIo::new(stream)).await?;
//! filch::spawn(connection);
//! let request = Request::get("/").header("host", "localhost").body(Empty::<Bytes>::new())?;
//! let response = sender.send_request(request).await?;
//! assert_eq!(response.into_body().collect().await?.to_bytes(), "hello");
//! # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
//! # std::io::Result::Ok(())
//! ```

use crate::time::{self, Duration};
use ::hyper::rt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

#[doc(inline)]
pub use filch_io::FilchIo;

/// Spawns what hyper has to run beside a connection, such as the streams of HTTP/2.
///
/// The tasks go to the runtime that is entered where hyper spawns, which is the one that polls the
/// connection.
///
/// ```
/// use filch::hyper::FilchExecutor;
/// use hyper::rt::Executor;
///
/// let (tell, told) = filch::sync::oneshot::channel();
/// let received = filch::runtime::EventLoop::new()?.block_on(async {
///     FilchExecutor::new().execute(async { tell.send("ran") });
///     told.await
/// });
/// assert_eq!(received, Ok("ran"));
/// # std::io::Result::Ok(())
/// ```
///
/// # Panics
/// [`execute`](rt::Executor::execute) panics outside a runtime.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct FilchExecutor;

impl FilchExecutor {
    /// An executor that spawns on the runtime that is entered.
    pub const fn new() -> Self {
        Self
    }
}

impl<F> rt::Executor<F> for FilchExecutor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    #[track_caller]
    fn execute(&self, future: F) {
        drop(crate::spawn(future));
    }
}

/// Keeps hyper's time-outs: for the head of a request, for an answer to a keep-alive ping.
///
/// Its timers belong to the runtime that is entered where hyper makes them, which is the one that polls
/// the connection.
///
/// ```
/// use filch::hyper::FilchTimer;
/// use hyper::rt::Timer;
/// use std::time::{Duration, Instant};
///
/// let start = Instant::now();
/// filch::runtime::EventLoop::new()?.block_on(async {
///     FilchTimer::new().sleep(Duration::from_millis(5)).await;
/// });
/// assert!(start.elapsed() >= Duration::from_millis(5));
/// # std::io::Result::Ok(())
/// ```
///
/// # Panics
/// [`sleep`](rt::Timer::sleep) and [`sleep_until`](rt::Timer::sleep_until) panic outside a runtime.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct FilchTimer;

impl FilchTimer {
    /// A timer of the runtime that is entered.
    pub const fn new() -> Self {
        Self
    }
}

impl rt::Timer for FilchTimer {
    #[track_caller]
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(FilchSleep(time::sleep(duration)))
    }

    #[track_caller]
    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(FilchSleep(time::sleep_until(deadline.into())))
    }

    fn now(&self) -> Instant {
        time::Instant::now().into_std()
    }

    /// In place: hyper does this for each request, and a new timer would be an allocation.
    fn reset(&self, sleep: &mut Pin<Box<dyn rt::Sleep>>, new_deadline: Instant) {
        match sleep.as_mut().downcast_mut_pin::<FilchSleep>() {
            Some(own) => Pin::new(&mut own.get_mut().0).reset(new_deadline.into()),
            None => *sleep = self.sleep_until(new_deadline),
        }
    }
}

/// Ours, under hyper's trait.
#[derive(Debug)]
struct FilchSleep(time::Sleep);

impl Future for FilchSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl rt::Sleep for FilchSleep {}

//! What the tests of this directory share.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use filch_primitives::thread;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// After how long a test counts as hung.
pub const HUNG: Duration = Duration::from_secs(60);

/// Ends the whole test binary if the test that holds it has not ended in [`HUNG`].
#[must_use]
pub fn bounded() -> mpsc::Sender<()> {
    let (done, ended) = mpsc::channel();
    let test = thread::current().name().unwrap_or("?").to_owned();
    thread::spawn(move || {
        if let Err(mpsc::RecvTimeoutError::Timeout) = ended.recv_timeout(HUNG) {
            eprintln!("the test `{test}` hung for {HUNG:?}");
            std::process::abort();
        }
    });
    done
}

/// Polls once.
pub async fn begin<F: Future>(future: F) -> Poll<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

/// Polls once, for whoever has this waker.
pub fn begin_with<F: Future>(waker: &Waker, future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(waker))
}

/// A waker of somebody whose code has a bug.
pub fn panicking_waker() -> Waker {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("a test's waker panics, as it should");
        }
    }
    Arc::new(Panics).into()
}

/// Runs the ignored test `name` of this binary in a process of its own, by way of a shell that first
/// does `prelude`.
pub fn child(name: &str, prelude: &str) -> Command {
    let mut command = Command::new("sh");
    let script = format!("{prelude}\nexec \"$0\" --exact \"$1\" --ignored --nocapture --quiet");
    command.args(["-c", &script]).arg(std::env::current_exe().unwrap()).arg(name);
    command.stdin(Stdio::null());
    command
}

/// The status of a process that must end by itself.
#[track_caller]
pub fn ends(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if start.elapsed() > HUNG {
            child.kill().unwrap();
            panic!("the process has not ended for {HUNG:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

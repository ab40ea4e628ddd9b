//! Signals on whole runtimes.
#![cfg(all(unix, feature = "signal"))]

use filch::runtime::{Builder, Runtime};
use filch::signal::unix::{Signal, SignalKind, signal};
use filch::time::timeout;
use rustix::process::{Signal as Number, getpid, kill_process};
use std::future::poll_fn;
use std::io::{ErrorKind, Read};
use std::pin::pin;
use std::process::{Command, Stdio};
use std::task::Poll;
use std::time::Duration;

/// After how long a test counts as hung.
const HUNG: Duration = Duration::from_secs(60);

fn send(number: Number) {
    kill_process(getpid(), number).unwrap();
}

async fn hears(listener: &mut Signal) {
    assert_eq!(timeout(HUNG, listener.recv()).await, Ok(Some(())));
}

/// Polls once.
async fn begin<F: Future>(future: F) -> Poll<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

async fn hears_nothing(listener: &mut Signal) {
    assert!(begin(listener.recv()).await.is_pending());
}

#[test]
fn every_listener_hears_on_every_runtime() {
    let (here, there) = (Runtime::new().unwrap(), Builder::new_current_thread().build().unwrap());
    let kind = SignalKind::user_defined1();
    let mut first = here.block_on(async { signal(kind).unwrap() });
    let mut second = here.block_on(async { signal(kind).unwrap() });
    let mut third = there.block_on(async { signal(kind).unwrap() });
    for _ in 0..20 {
        send(Number::USR1);
        here.block_on(hears(&mut first));
        here.block_on(hears(&mut second));
        there.block_on(hears(&mut third));
    }
    // One that is gone is missed by nobody.
    drop((second, there));
    send(Number::USR1);
    here.block_on(hears(&mut first));
    assert_eq!(here.block_on(third.recv()), None);
}

#[test]
fn signals_before_the_first_recv_count_as_one() {
    Runtime::new().unwrap().block_on(async {
        let mut listener = signal(SignalKind::user_defined2()).unwrap();
        hears_nothing(&mut listener).await;
        for _ in 0..1000 {
            send(Number::USR2);
        }
        hears(&mut listener).await;
        // A thread of the process that took one of them may still be on its way to the listener, and so may others.
        let mut late = 0;
        while timeout(Duration::from_millis(20), listener.recv()).await.is_ok() {
            late += 1;
        }
        assert!(late < 100, "{late} of 1000 signals counted besides the first");
        send(Number::USR2);
        hears(&mut listener).await;
    });
}

#[test]
fn a_listener_whose_task_is_aborted_loses_no_signal() {
    Runtime::new().unwrap().block_on(async {
        let mut listener = signal(SignalKind::window_change()).unwrap();
        assert!(timeout(Duration::from_millis(5), listener.recv()).await.is_err());
        send(Number::WINCH);
        hears(&mut listener).await;

        let task =
            filch::spawn(async { signal(SignalKind::window_change()).unwrap().recv().await });
        filch::task::yield_now().await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        send(Number::WINCH);
        hears(&mut listener).await;
    });
}

#[test]
fn what_must_not_or_cannot_be_caught_is_an_error() {
    Runtime::new().unwrap().block_on(async {
        for number in [Number::KILL, Number::STOP, Number::SEGV] {
            let error = signal(SignalKind::from_raw(number.as_raw())).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
        for number in [-1, 0, 4000] {
            signal(SignalKind::from_raw(number)).unwrap_err();
        }
    });
}

#[test]
fn a_process_ends_cleanly_on_ctrl_c() {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_waits_for_ctrl_c", "--ignored", "--nocapture", "--quiet"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut seen = String::new();
    while !seen.contains("ready") {
        let mut byte = [0];
        assert_eq!(output.read(&mut byte).unwrap(), 1, "{seen}");
        seen.push(byte[0].into());
    }
    kill_process(rustix::process::Pid::from_child(&child), Number::INT).unwrap();
    output.read_to_string(&mut seen).unwrap();
    assert!(seen.contains("good-bye"), "{seen}");
    assert!(child.wait().unwrap().success());
}

#[test]
#[ignore = "run by a_process_ends_cleanly_on_ctrl_c, which sends it"]
fn child_that_waits_for_ctrl_c() {
    Runtime::new().unwrap().block_on(async {
        let mut pressed = pin!(filch::signal::ctrl_c());
        assert!(begin(pressed.as_mut()).await.is_pending());
        println!("ready");
        timeout(HUNG, pressed).await.unwrap().unwrap();
        println!("good-bye");
    });
}

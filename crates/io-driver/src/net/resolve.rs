//! Names to addresses, off the threads that run tasks.
//!
//! The system's resolver blocks for seconds when a network is down, so each look-up has a thread of its
//! own for as long as it takes. A future that is dropped leaves its thread to finish alone.

use filch_primitives::sync::Mutex;
use filch_primitives::thread;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::vec;

type Answer = io::Result<vec::IntoIter<SocketAddr>>;

/// The look-up of one name; resolves to its addresses.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Resolve {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
enum State {
    Unasked(String, u16),
    Asked(Waker),
    Answered(Answer),
    Taken,
}

impl Resolve {
    pub(super) fn new(host: &str, port: u16) -> Self {
        Self { state: Arc::new(Mutex::new(State::Unasked(host.to_owned(), port))) }
    }
}

impl Future for Resolve {
    type Output = Answer;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer> {
        let mut state = self.state.lock();
        match std::mem::replace(&mut *state, State::Taken) {
            State::Unasked(host, port) => {
                let asked = Arc::clone(&self.state);
                let builder = thread::Builder::new().name("filch-resolve".to_owned());
                *state = State::Asked(cx.waker().clone());
                drop(state);
                builder.spawn(move || answer(&asked, (host.as_str(), port).to_socket_addrs()))?;
                Poll::Pending
            }
            State::Asked(_) => {
                *state = State::Asked(cx.waker().clone());
                Poll::Pending
            }
            State::Answered(answer) => Poll::Ready(answer),
            State::Taken => panic!("`Resolve` was polled after it had resolved"),
        }
    }
}

fn answer(state: &Mutex<State>, answer: Answer) {
    let before = std::mem::replace(&mut *state.lock(), State::Answered(answer));
    if let State::Asked(waker) = before {
        waker.wake();
    }
}

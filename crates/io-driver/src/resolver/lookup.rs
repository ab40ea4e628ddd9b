//! One question to the resolver, and the future of its answer.

use super::Answer;
use crate::driver::DriverHandle;
use filch_primitives::catch_quietly;
use filch_primitives::sync::Mutex;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::vec;

/// The look-up of one name; resolves to its addresses.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Lookup {
    question: Arc<Question>,
    is_asked: bool,
}

#[derive(Debug)]
pub(super) struct Question {
    host: String,
    port: u16,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waker: Option<Waker>,
    answer: Option<Answer>,
    /// The future is gone.
    is_unwanted: bool,
}

impl Lookup {
    pub(crate) fn new(host: &str, port: u16) -> Self {
        let question = Question { host: host.to_owned(), port, state: Mutex::default() };
        Self { question: Arc::new(question), is_asked: false }
    }

    /// The first poll asks.
    pub(super) fn poll_with(
        &mut self,
        cx: &mut Context<'_>,
        ask: impl FnOnce(Arc<Question>) -> io::Result<()>,
    ) -> Poll<Answer> {
        let fresh = cx.waker().clone();
        let replaced;
        {
            let mut state = self.question.state.lock();
            if let Some(answer) = state.answer.take() {
                return Poll::Ready(answer);
            }
            replaced = state.waker.replace(fresh);
        }
        drop(replaced);
        if !self.is_asked {
            self.is_asked = true;
            ask(Arc::clone(&self.question))?;
        }
        Poll::Pending
    }
}

impl Future for Lookup {
    type Output = io::Result<vec::IntoIter<SocketAddr>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_with(cx, |question| DriverHandle::current().resolver().ask(question))
            .map_ok(Vec::into_iter)
    }
}

impl Drop for Lookup {
    fn drop(&mut self) {
        let waker = {
            let mut state = self.question.state.lock();
            state.is_unwanted = true;
            state.waker.take()
        };
        drop(waker);
    }
}

impl Question {
    /// What is asked, if anybody still wants to know.
    pub(super) fn wanted(&self) -> Option<(&str, u16)> {
        let is_unwanted = self.state.lock().is_unwanted;
        (!is_unwanted).then_some((&self.host, self.port))
    }

    pub(super) fn answer(&self, answer: Answer) {
        let waker = {
            let mut state = self.state.lock();
            state.answer = Some(answer);
            state.waker.take()
        };
        if let Some(waker) = waker {
            catch_quietly(|| waker.wake());
        }
    }
}

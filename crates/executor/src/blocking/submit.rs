//! # Waiting for room in a pool's queue

use super::Crew;
use crate::task::{JoinHandle, Origin};
use filch_primitives::Budget;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

/// Waits until a blocking call has a thread or a place in the queue; made by
/// [`BlockingPool::submit`](super::BlockingPool::submit).
#[must_use = "the call is not made before the future is polled"]
pub struct Submit<R> {
    crew: Arc<Crew>,
    state: State<R>,
}

type Knocked<R> = io::Result<(JoinHandle<R>, Option<u64>)>;
type Knock<R> = Box<dyn FnOnce(&Arc<Crew>, &Waker) -> Knocked<R> + Send>;

enum State<R> {
    /// Has not knocked yet; whether it has given way to others.
    Outside(Knock<R>, bool),
    /// In the lobby, until it is not there any more.
    Waits(JoinHandle<R>, u64),
    Over,
}

impl<R> Submit<R> {
    pub(super) fn new<F>(crew: &Arc<Crew>, f: F, origin: impl Into<Origin>) -> Self
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let origin = origin.into();
        let knock = move |crew: &Arc<Crew>, waker: &Waker| crew.knock(f, origin, waker);
        Self { crew: crew.clone(), state: State::Outside(Box::new(knock), false) }
    }
}

impl<R> Future for Submit<R> {
    type Output = io::Result<JoinHandle<R>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let State::Outside(_, has_given_way) = &mut this.state {
            ready!(Budget::take_or_give_way(has_given_way, cx));
        }
        let (handle, ticket) = match std::mem::replace(&mut this.state, State::Over) {
            State::Outside(knock, _) => match knock(&this.crew, cx.waker())? {
                (handle, Some(ticket)) => (handle, ticket),
                (handle, None) => return Poll::Ready(Ok(handle)),
            },
            State::Waits(handle, ticket) => {
                if !this.crew.is_in_lobby(ticket, cx.waker()) {
                    return Poll::Ready(Ok(handle));
                }
                (handle, ticket)
            }
            State::Over => panic!("a `Submit` was polled after it had returned the handle"),
        };
        this.state = State::Waits(handle, ticket);
        Poll::Pending
    }
}

impl<R> Drop for Submit<R> {
    fn drop(&mut self) {
        if let State::Waits(handle, ticket) = &self.state {
            self.crew.leave_lobby(*ticket);
            // If it has got a place meanwhile.
            handle.abort();
        }
    }
}

impl<R> fmt::Debug for Submit<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_waiting = matches!(self.state, State::Waits(..));
        f.debug_struct("Submit")
            .field("pool", &self.crew.name())
            .field("is_waiting", &is_waiting)
            .finish_non_exhaustive()
    }
}

//! # What a promise, its clones and its resolvers share: an outcome that comes once

use super::Rejection;
use filch_primitives::catch_quietly;
use filch_primitives::sync::Mutex;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Poll, Waker};

/// How a promise is settled.
pub(super) type Outcome<T, E> = Result<T, Rejection<E>>;

pub(super) struct Shared<T, E>(Mutex<State<T, E>>);

struct State<T, E> {
    outcome: Option<Outcome<T, E>>,
    /// Who waits, in the order in which they came.
    waiters: Vec<(u64, Waiter)>,
    next_waiter: u64,
}

enum Waiter {
    /// A task that awaits the promise.
    Task(Waker),
    /// A callback.
    Reaction(Box<dyn FnOnce() + Send>),
}

impl Waiter {
    fn tell(self) {
        catch_quietly(|| match self {
            Self::Task(waker) => waker.wake(),
            Self::Reaction(react) => react(),
        });
    }
}

thread_local! {
    /// Who is still to be told, while this thread is telling.
    static NEWS: RefCell<Option<VecDeque<Waiter>>> = const { RefCell::new(None) };
}

/// Tells all of them. What a reaction settles may have reactions too, and so on: these queue up behind, for a chain of
/// promises can be longer than the stack is deep.
fn tell(waiters: impl Iterator<Item = Waiter>) {
    let mut waiters = waiters.peekable();
    if waiters.peek().is_none() {
        return;
    }
    let is_outermost = NEWS.try_with(|news| {
        let mut news = news.borrow_mut();
        let is_outermost = news.is_none();
        news.get_or_insert_default().extend(waiters.by_ref());
        is_outermost
    });
    match is_outermost {
        Ok(true) => {
            let next = || {
                NEWS.with_borrow_mut(|news| {
                    let next = news.as_mut()?.pop_front();
                    if next.is_none() {
                        *news = None;
                    }
                    next
                })
            };
            while let Some(waiter) = next() {
                waiter.tell();
            }
        }
        Ok(false) => {}
        // The thread is exiting.
        Err(_) => waiters.for_each(Waiter::tell),
    }
}

impl<T, E> State<T, E> {
    fn enqueue(&mut self, waiter: Waiter) -> u64 {
        let number = self.next_waiter;
        self.next_waiter += 1;
        self.waiters.push((number, waiter));
        number
    }
}

impl<T, E> Shared<T, E> {
    pub(super) fn new(outcome: Option<Outcome<T, E>>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { outcome, waiters: Vec::new(), next_waiter: 0 })))
    }

    /// Settles the promise, unless it is settled already; whether it was not.
    pub(super) fn settle(&self, outcome: Outcome<T, E>) -> bool {
        let mut state = self.0.lock();
        if state.outcome.is_some() {
            drop(state);
            drop(outcome);
            return false;
        }
        state.outcome = Some(outcome);
        let waiters = mem::take(&mut state.waiters);
        drop(state);
        tell(waiters.into_iter().map(|(_number, waiter)| waiter));
        true
    }

    /// Calls `react` when the promise is settled: now, if it is.
    pub(super) fn react(&self, react: impl FnOnce() + Send + 'static) {
        let mut state = self.0.lock();
        if state.outcome.is_none() {
            state.enqueue(Waiter::Reaction(Box::new(react)));
        } else {
            drop(state);
            react();
        }
    }

    /// Looks at the outcome.
    pub(super) fn peek<R>(&self, look: impl FnOnce(Option<&Outcome<T, E>>) -> R) -> R {
        look(self.0.lock().outcome.as_ref())
    }

    /// The outcome; or `waker` is woken when it comes. `waiter` is the caller's number, if it has one.
    pub(super) fn poll(&self, waiter: &mut Option<u64>, waker: &Waker) -> Poll<Outcome<T, E>>
    where
        T: Clone,
        E: Clone,
    {
        let mut state = self.0.lock();
        if let Some(outcome) = &state.outcome {
            return Poll::Ready(outcome.clone());
        }
        let ours = waiter.and_then(|n| state.waiters.iter_mut().find(|(number, _)| *number == n));
        let before = match ours {
            Some((_, Waiter::Task(known))) if known.will_wake(waker) => None,
            Some((_, ours)) => Some(mem::replace(ours, Waiter::Task(waker.clone()))),
            None => {
                *waiter = Some(state.enqueue(Waiter::Task(waker.clone())));
                None
            }
        };
        drop(state);
        drop(before);
        Poll::Pending
    }

    /// The caller does not wait any more.
    pub(super) fn leave(&self, waiter: u64) {
        let mut state = self.0.lock();
        let at = state.waiters.iter().position(|(number, _)| *number == waiter);
        let waker = at.map(|at| state.waiters.remove(at));
        drop(state);
        drop(waker);
    }
}

/// The right to settle a promise. Clones share it: the first to settle wins, later ones do nothing. When the
/// last is dropped before that, the promise is rejected as abandoned.
///
/// Who waits is told before a method that settles returns; in a waker or a destructor that runs while another promise tells
/// those who wait for it, after these.
///
/// ```
/// use filch::promise::{Promise, Rejection};
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let (promise, resolver) = Promise::<u32, &str>::with_resolver();
/// assert!(resolver.resolve(7));
/// assert!(!resolver.reject("too late"));
/// assert_eq!(promise.await, Ok(7));
///
/// let (promise, resolver) = Promise::<u32, &str>::with_resolver();
/// drop(resolver);
/// assert_eq!(promise.await, Err(Rejection::Abandoned));
/// # });
/// # std::io::Result::Ok(())
/// ```
pub struct Resolver<T, E> {
    right: Arc<Right<T, E>>,
}

struct Right<T, E>(Arc<Shared<T, E>>);

impl<T, E> Drop for Right<T, E> {
    fn drop(&mut self) {
        self.0.settle(Err(Rejection::Abandoned));
    }
}

impl<T, E> Resolver<T, E> {
    pub(super) fn new(shared: Arc<Shared<T, E>>) -> Self {
        Self { right: Arc::new(Right(shared)) }
    }

    /// Fulfils the promise; whether it was pending.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let (promise, resolver) = filch::promise::Promise::<u32, ()>::with_resolver();
    /// assert!(resolver.resolve(7) && !resolver.resolve(8));
    /// assert_eq!(promise.await, Ok(7));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn resolve(&self, value: T) -> bool {
        self.settle(Ok(value))
    }

    /// Rejects the promise; whether it was pending.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let (promise, resolver) = filch::promise::Promise::<u32, &str>::with_resolver();
    /// assert!(resolver.reject("no milk"));
    /// assert_eq!(promise.await.unwrap_err().error(), Some(&"no milk"));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn reject(&self, error: E) -> bool {
        self.settle(Err(Rejection::Error(error)))
    }

    pub(super) fn settle(&self, outcome: Outcome<T, E>) -> bool {
        self.right.0.settle(outcome)
    }
}

impl<T, E> Clone for Resolver<T, E> {
    fn clone(&self) -> Self {
        Self { right: self.right.clone() }
    }
}

impl<T, E> fmt::Debug for Resolver<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

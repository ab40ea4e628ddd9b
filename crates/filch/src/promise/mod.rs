//! Promises: the callback style, and what `async` and `await` were made from.
//!
//! A [`Promise`] is a value that comes later. Callbacks can be put on it ([`then`](Promise::then),
//! [`catch`](Promise::catch), [`finally`](Promise::finally)), and it can be awaited. It is
//! JavaScript's, with three differences: values are typed, and cloned for each callback; a promise whose
//! resolvers are gone is rejected instead of pending for ever; callbacks run as tasks on the runtime that is
//! entered where they are put on: on an event loop after the code that put them on, on several workers maybe beside it.
//! `clone` is called with the promise locked: it must not use the promise.
//!
//! ```
//! use filch::promise::Promise;
//! use filch::time::{Duration, sleep};
//!
//! # filch::runtime::EventLoop::new()?.block_on(async {
//! let fetch = Promise::<_, String>::start(async {
//!     sleep(Duration::from_millis(5)).await;
//!     Ok::<_, String>("data".to_owned())
//! });
//! let length = fetch.then(|data| data.len()).catch(|_| 0).finally(|| println!("done"));
//! assert_eq!(length.await, Ok(4));
//! # });
//! # std::io::Result::Ok(())
//! ```
//!
//! | JavaScript | here |
//! |---|---|
//! | `new Promise((resolve, reject) => ...)` | [`Promise::new`], with one [`Resolver`] |
//! | `Promise.withResolvers()` | [`Promise::with_resolver`] |
//! | `Promise.resolve(v)`, `Promise.reject(e)` | [`Promise::resolve`], [`Promise::reject`] |
//! | calling an async function | [`Promise::start`] |
//! | `p.then(v => value)` | [`then`](Promise::then) |
//! | `p.then(v => promise)` | [`and_then`](Promise::and_then) |
//! | `p.catch(...)`, `p.finally(...)` | [`catch`](Promise::catch), [`finally`](Promise::finally) |
//! | a `throw` in a callback | a panic: [`Rejection::Panicked`] |
//! | `Promise.all`, `race`, `any`, `allSettled` | [`Promise::all`], [`race`](Promise::race), [`any`](Promise::any), [`all_settled`](Promise::all_settled) |
//! | `await p` | `p.await` |
//!
//! Where nothing but `.await` is wanted, a future or a [`JoinHandle`](crate::task::JoinHandle) is less work; for a
//! value from outside, a [`oneshot`](crate::sync::oneshot) channel.

mod rejection;
mod shared;

pub use rejection::Rejection;
pub use shared::Resolver;

use crate::runtime::Handle;
use crate::{combinators, task};
use filch_executor::TaskBuilder;
use filch_primitives::{Budget, catch_quietly};
use shared::{Outcome, Shared};
use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

/// A value that comes later, or an error; see the [module](self).
///
/// Clones are the same promise. Dropping them stops nothing.
///
/// # Cancel safety
/// Awaiting it loses nothing when it is dropped: the outcome stays, for every clone.
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// use filch::promise::Promise;
///
/// let promise = Promise::<u32, &str>::start(async { Ok::<_, &str>(6) });
/// let another = promise.clone();
/// assert_eq!(promise.then(|n| n * 7).await, Ok(42));
/// assert_eq!(another.await, Ok(6));
/// # });
/// # std::io::Result::Ok(())
/// ```
pub struct Promise<T, E> {
    shared: Arc<Shared<T, E>>,
    /// Our number among those who wait.
    waiter: Option<u64>,
}

/// Whether a promise is settled, and how.
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// use filch::promise::{Promise, PromiseState};
///
/// let (promise, resolver) = Promise::<u32, ()>::with_resolver();
/// assert_eq!(promise.state(), PromiseState::Pending);
/// resolver.resolve(7);
/// assert_eq!(promise.state(), PromiseState::Fulfilled);
/// # });
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromiseState {
    /// It is not.
    Pending,
    /// It has a value.
    Fulfilled,
    /// It has none, and never will.
    Rejected,
}

impl<T, E> Promise<T, E> {
    fn of(shared: Arc<Shared<T, E>>) -> Self {
        Self { shared, waiter: None }
    }

    /// A promise that `executor`, which runs at once, settles now or later by the [`Resolver`].
    ///
    /// ```
    /// # use filch::promise::Promise;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let promise = Promise::<u32, ()>::new(|resolver| {
    ///     std::thread::spawn(move || resolver.resolve(7));
    /// });
    /// assert_eq!(promise.await, Ok(7));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// A panic of `executor` rejects the promise.
    pub fn new(executor: impl FnOnce(Resolver<T, E>)) -> Self {
        let (promise, resolver) = Self::with_resolver();
        let theirs = resolver.clone();
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| executor(theirs))) {
            resolver.settle(Err(Rejection::panicked(&*payload)));
        }
        promise
    }

    /// A pending promise, and what settles it.
    ///
    /// ```
    /// # use filch::promise::Promise;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let (promise, resolver) = Promise::<u32, ()>::with_resolver();
    /// resolver.resolve(7);
    /// assert_eq!(promise.await, Ok(7));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn with_resolver() -> (Self, Resolver<T, E>) {
        let shared = Shared::new(None);
        (Self::of(shared.clone()), Resolver::new(shared))
    }

    /// A fulfilled promise.
    ///
    /// ```
    /// # use filch::promise::{Promise, PromiseState};
    /// assert_eq!(Promise::<_, ()>::resolve(7).state(), PromiseState::Fulfilled);
    /// ```
    pub fn resolve(value: T) -> Self {
        Self::of(Shared::new(Some(Ok(value))))
    }

    /// A rejected promise.
    ///
    /// ```
    /// # use filch::promise::{Promise, PromiseState};
    /// assert_eq!(Promise::<(), _>::reject("no milk").state(), PromiseState::Rejected);
    /// ```
    pub fn reject(error: E) -> Self {
        Self::of(Shared::new(Some(Err(Rejection::Error(error)))))
    }

    /// Whether it is settled, and how.
    ///
    /// ```
    /// # use filch::promise::{Promise, PromiseState};
    /// let (promise, resolver) = Promise::<u32, ()>::with_resolver();
    /// assert_eq!(promise.state(), PromiseState::Pending);
    /// resolver.resolve(7);
    /// assert_eq!(promise.state(), PromiseState::Fulfilled);
    /// ```
    pub fn state(&self) -> PromiseState {
        self.shared.peek(|outcome| match outcome {
            None => PromiseState::Pending,
            Some(Ok(_)) => PromiseState::Fulfilled,
            Some(Err(_)) => PromiseState::Rejected,
        })
    }
}

/// What runs on a runtime: values and callbacks go to any worker.
impl<T, E> Promise<T, E>
where
    T: Clone + Send + 'static,
    E: Clone + Send + 'static,
{
    /// Runs `future` as a task, now, whether the promise is awaited or not.
    ///
    /// ```
    /// # use filch::promise::Promise;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let promise = Promise::<_, ()>::start(async { Ok::<_, ()>(7) });
    /// assert_eq!(promise.await, Ok(7));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no runtime is entered on this thread.
    #[track_caller]
    pub fn start<F, R>(future: F) -> Self
    where
        F: Future<Output = Result<T, R>> + Send + 'static,
        R: Into<Rejection<E>> + 'static,
    {
        let (promise, resolver) = Self::with_resolver();
        task::spawn(settle(resolver, future));
        promise
    }

    /// A promise for what `f` makes of the outcome. The task that calls it is spawned when the outcome is
    /// there, so that callbacks run in the order in which their promises are settled.
    #[track_caller]
    fn chain<U, F>(&self, f: impl FnOnce(Outcome<T, E>) -> F + Send + 'static) -> Promise<U, E>
    where
        U: Clone + Send + 'static,
        F: Future<Output = Outcome<U, E>> + Send,
    {
        let (promise, resolver) = Promise::with_resolver();
        let callback = TaskBuilder::new().spawned_at(Location::caller());
        let runtime = Handle::current();
        let this = self.clone();
        self.shared.react(move || {
            let future = async move { f(this.await).await };
            callback.spawn_on(settle(resolver, future), runtime.executor());
        });
        promise
    }

    /// Calls `f` with the value when it is there; a promise for what `f` returns. A rejection goes past
    /// `f`.
    ///
    /// ```
    /// # use filch::promise::Promise;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let promise = Promise::<u32, ()>::resolve(6).then(|six| six * 7);
    /// assert_eq!(promise.await, Ok(42));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no runtime is entered on this thread.
    #[track_caller]
    pub fn then<U, F>(&self, f: F) -> Promise<U, E>
    where
        U: Clone + Send + 'static,
        F: FnOnce(T) -> U + Send + 'static,
    {
        self.chain(|outcome| async { outcome.map(f) })
    }

    /// [`then`](Self::then), for an `f` that returns a promise or another future, which is awaited.
    ///
    /// ```
    /// # use filch::promise::Promise;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let promise = Promise::<u32, &str>::resolve(6);
    /// let sum = promise.and_then(|six| async move { Ok::<_, &str>(six + 1) });
    /// assert_eq!(sum.await, Ok(7));
    /// let failed = promise.and_then(|_six| Promise::<u32, _>::reject("no milk"));
    /// assert_eq!(failed.await, Err("no milk".into()));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no runtime is entered on this thread.
    #[track_caller]
    pub fn and_then<U, F, N, R>(&self, f: F) -> Promise<U, E>
    where
        U: Clone + Send + 'static,
        F: FnOnce(T) -> N + Send + 'static,
        N: IntoFuture<Output = Result<U, R>, IntoFuture: Send>,
        R: Into<Rejection<E>>,
    {
        self.chain(|outcome| async {
            let next = f(outcome?).into_future();
            next.await.map_err(Into::into)
        })
    }

    /// Calls `f` with the rejection, if it comes to one; what `f` returns takes the value's place. A value
    /// goes past `f`.
    ///
    /// ```
    /// # use filch::promise::Promise;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let promise = Promise::<u32, &str>::reject("no milk");
    /// assert_eq!(promise.catch(|why| why.to_string().len() as u32).await, Ok(7));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no runtime is entered on this thread.
    #[track_caller]
    pub fn catch<F>(&self, f: F) -> Self
    where
        F: FnOnce(Rejection<E>) -> T + Send + 'static,
    {
        self.chain(|outcome| async { Ok(outcome.unwrap_or_else(f)) })
    }

    /// Calls `f` when the promise is settled, whichever way; the outcome is handed on.
    ///
    /// ```
    /// # use filch::promise::Promise;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let promise = Promise::<u32, &str>::reject("no milk").finally(|| println!("home again"));
    /// assert_eq!(promise.await, Err("no milk".into()));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no runtime is entered on this thread.
    #[track_caller]
    pub fn finally<F>(&self, f: F) -> Self
    where
        F: FnOnce() + Send + 'static,
    {
        self.chain(|outcome| async {
            f();
            outcome
        })
    }

    /// All values, in the order of the promises; or the first rejection.
    ///
    /// ```
    /// # use filch::promise::Promise;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let all = Promise::all((1..4).map(Promise::<u32, ()>::resolve));
    /// assert_eq!(all.await, Ok(vec![1, 2, 3]));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no runtime is entered on this thread.
    #[track_caller]
    pub fn all(promises: impl IntoIterator<Item = Self>) -> Promise<Vec<T>, E> {
        Promise::start(combinators::gather(promises))
    }

    /// The first promise that is settled, whichever way.
    ///
    /// ```
    /// # use filch::promise::Promise;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let (never, _resolver) = Promise::with_resolver();
    /// assert_eq!(Promise::race([never, Promise::<u32, ()>::resolve(7)]).await, Ok(7));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If there are no promises, or no runtime is entered on this thread.
    #[track_caller]
    pub fn race(promises: impl IntoIterator<Item = Self>) -> Self {
        Self::start(combinators::race(promises))
    }

    /// The first value; or all rejections, in the order of the promises.
    ///
    /// ```
    /// # use filch::promise::Promise;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let promises = [Promise::reject("no milk"), Promise::resolve(7)];
    /// assert_eq!(Promise::any(promises).await, Ok(7));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no runtime is entered on this thread.
    #[track_caller]
    pub fn any(promises: impl IntoIterator<Item = Self>) -> Promise<T, Vec<Rejection<E>>> {
        Promise::start(combinators::any(promises))
    }

    /// Every outcome, in the order of the promises; it is never rejected.
    ///
    /// ```
    /// # use filch::promise::Promise;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let promises = [Promise::reject("no milk"), Promise::resolve(7)];
    /// let settled = Promise::all_settled(promises).await.unwrap();
    /// assert_eq!(settled, [Err("no milk".into()), Ok(7)]);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no runtime is entered on this thread.
    #[track_caller]
    pub fn all_settled(
        promises: impl IntoIterator<Item = Self>,
    ) -> Promise<Vec<Result<T, Rejection<E>>>, E> {
        let settled = combinators::all_settled(promises);
        Promise::start(async move { Ok::<_, E>(settled.await) })
    }
}

/// Settles a promise by what comes of `future`.
async fn settle<T, E, R>(resolver: Resolver<T, E>, future: impl Future<Output = Result<T, R>>)
where
    R: Into<Rejection<E>>,
{
    resolver.settle(match caught(future).await {
        Ok(output) => output.map_err(Into::into),
        Err(payload) => Err(Rejection::panicked(&*payload)),
    });
}

/// Runs `future` to its end or its panic, which may be its destructor's.
async fn caught<F: Future>(future: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future = pin!(Some(future));
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let running = future.as_mut().as_pin_mut().expect("polled after its end");
            let polled = running.poll(cx);
            if polled.is_ready() {
                future.set(None);
            }
            polled
        }));
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(payload) => {
                catch_quietly(|| future.set(None));
                Poll::Ready(Err(payload))
            }
        }
    })
    .await
}

impl<T: Clone, E: Clone> Future for Promise<T, E> {
    type Output = Result<T, Rejection<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        Budget::poll(cx, |cx| this.shared.poll(&mut this.waiter, cx.waker()))
    }
}

impl<T, E> Clone for Promise<T, E> {
    fn clone(&self) -> Self {
        Self::of(self.shared.clone())
    }
}

impl<T, E> Drop for Promise<T, E> {
    fn drop(&mut self) {
        if let Some(waiter) = self.waiter {
            self.shared.leave(waiter);
        }
    }
}

impl<T, E> fmt::Debug for Promise<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Promise").field("state", &self.state()).finish()
    }
}

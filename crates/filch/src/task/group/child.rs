//! # A child: its future, its place in the group, its handle

use super::error::Cause;
use super::shared::Shared;
use crate::task::{AbortHandle, Id, JoinHandle, TaskInfo};
use filch_primitives::catch_quietly;
use filch_primitives::sync::Mutex;
use pin_project_lite::pin_project;
use std::any::Any;
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A child's place in its group; given up when it is dropped.
pub(super) struct Member<E>(Arc<Shared<E>>);

impl<E> Member<E> {
    /// A place, unless the group has ended.
    pub(super) fn enter(shared: &Arc<Shared<E>>) -> Option<Self> {
        shared.tally.enter().then(|| Self(shared.clone()))
    }

    pub(super) fn panicked(&self, payload: Box<dyn Any + Send>) {
        self.0.fail(Cause::Panicked(Mutex::new(payload), TaskInfo::current()));
    }

    /// This child is dropped before it has ended.
    fn dropped(&self) {
        self.0.dropped(TaskInfo::current());
    }

    fn failed(&self, error: E) {
        self.0.fail(Cause::Failed(error, TaskInfo::current()));
    }
}

impl<E> Drop for Member<E> {
    fn drop(&mut self) {
        // It may wake the group's future, with a waker that is not ours.
        catch_quietly(|| self.0.tally.leave());
    }
}

/// What a child's output means to its group.
pub(super) trait Verdict<O, E> {
    type Value;
    fn judge(output: O) -> Result<Self::Value, E>;
}

/// Any output is well.
pub(super) enum Plain {}

impl<O, E> Verdict<O, E> for Plain {
    type Value = O;
    fn judge(output: O) -> Result<O, E> {
        Ok(output)
    }
}

/// An error ends the group.
pub(super) enum Fallible {}

impl<T, E> Verdict<Result<T, E>, E> for Fallible {
    type Value = T;
    fn judge(output: Result<T, E>) -> Result<T, E> {
        output
    }
}

pin_project! {
    /// The future of a child's task. Without a place in the group it does nothing.
    pub(super) struct ChildFuture<F, E, V> {
        // The future goes first, and with it all that the child holds; then its place.
        #[pin]
        future: Option<F>,
        member: Option<Member<E>>,
        verdict: PhantomData<fn() -> V>,
    }

    impl<F, E, V> PinnedDrop for ChildFuture<F, E, V> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.future.is_some() {
                if let Some(member) = this.member.as_ref() {
                    member.dropped();
                }
                drop_future(&mut this.future, this.member.as_ref());
            }
        }
    }
}

/// Drops the child's future; if a destructor panics, that is a panic of the child.
fn drop_future<F, E>(future: &mut Pin<&mut Option<F>>, member: Option<&Member<E>>) {
    let dropped = catch_unwind(AssertUnwindSafe(|| future.set(None)));
    if let (Err(payload), Some(member)) = (dropped, member) {
        member.panicked(payload);
    }
}

impl<F, E, V> ChildFuture<F, E, V> {
    pub(super) fn new(future: F, member: Option<Member<E>>) -> Self {
        let future = member.is_some().then_some(future);
        Self { future, member, verdict: PhantomData }
    }
}

impl<F: Future, E, V: Verdict<F::Output, E>> Future for ChildFuture<F, E, V> {
    type Output = Result<V::Value, ChildError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let (Some(future), Some(member)) = (this.future.as_mut().as_pin_mut(), &*this.member)
        else {
            return Poll::Ready(Err(ChildError::Cancelled));
        };
        let output = match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(output)) => V::judge(output).map_err(|error| {
                member.failed(error);
                ChildError::Failed
            }),
            Err(payload) => {
                member.panicked(payload);
                Err(ChildError::Panicked)
            }
        };
        drop_future(&mut this.future, this.member.as_ref());
        Poll::Ready(output)
    }
}

/// Awaits one child of a scope: its value, or that it has none.
///
/// Dropping it changes nothing for the child: the scope waits for it all the same.
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let sum = filch::task::scope(async |s| {
///     let (a, b) = (s.spawn(async { 1 }), s.spawn(async { 2 }));
///     a.await.unwrap() + b.await.unwrap()
/// });
/// assert_eq!(sum.await.unwrap(), 3);
/// # });
/// # std::io::Result::Ok(())
/// ```
///
/// # Cancel safety
/// Awaiting `&mut child` in a `select!` loses nothing: the value stays until it is taken.
///
/// # Panics
/// When polled again after it has returned the value.
pub struct Child<T> {
    handle: JoinHandle<Result<T, ChildError>>,
}

impl<T> Child<T> {
    pub(super) fn new(handle: JoinHandle<Result<T, ChildError>>) -> Self {
        Self { handle }
    }

    /// Drops this child at its next await point; for the scope that is no failure.
    ///
    /// ```
    /// # use filch::task::{self, ChildError};
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let ended = task::scope(async |s| {
    ///     let child = s.spawn(std::future::pending::<()>());
    ///     child.abort();
    ///     child.await
    /// });
    /// assert_eq!(ended.await.unwrap(), Err(ChildError::Cancelled));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn abort(&self) {
        self.handle.abort();
    }

    /// A handle that can abort the child and nothing else.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let ended = filch::task::scope(async |s| {
    ///     let child = s.spawn(std::future::pending::<()>());
    ///     child.abort_handle().abort();
    ///     child.await
    /// });
    /// assert!(ended.await.unwrap().is_err());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn abort_handle(&self) -> AbortHandle {
        self.handle.abort_handle()
    }

    /// Whether the child has ended.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// filch::task::scope(async |s| {
    ///     let mut child = s.spawn(async {});
    ///     assert!(!child.is_finished()); // on one thread, it has not begun
    ///     (&mut child).await.unwrap();
    ///     assert!(child.is_finished());
    /// })
    /// .await
    /// .unwrap();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }

    /// The id of the child's task.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// filch::task::scope(async |s| {
    ///     let child = s.spawn(async { filch::task::id() });
    ///     assert_eq!(child.id(), child.await.unwrap());
    /// })
    /// .await
    /// .unwrap();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn id(&self) -> Id {
        self.handle.id()
    }

    /// Its name, if it was given one.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// filch::task::scope(async |s| {
    ///     assert_eq!(s.named("courier").spawn(async {}).name(), Some("courier"));
    ///     assert_eq!(s.spawn(async {}).name(), None);
    /// })
    /// .await
    /// .unwrap();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn name(&self) -> Option<&str> {
        self.handle.name()
    }
}

impl<T> Future for Child<T> {
    type Output = Result<T, ChildError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.handle).poll(cx).map(|joined| match joined {
            Ok(output) => output,
            Err(error) if error.is_panic() => Err(ChildError::Panicked),
            Err(_) => Err(ChildError::Cancelled),
        })
    }
}

impl<T> fmt::Debug for Child<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child").field("id", &self.id()).field("name", &self.name()).finish()
    }
}

/// A child ended without a value. Error and payload are the scope's to return.
///
/// ```
/// # use filch::task::{ChildError, TaskGroup};
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let group: TaskGroup = TaskGroup::new();
/// let child = group.spawn(async { panic!("no milk") });
/// assert_eq!(child.await, Err(ChildError::Panicked));
/// assert!(group.join().await.unwrap_err().is_panic());
/// # });
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildError {
    /// It was aborted, or its scope had ended or was cancelled.
    Cancelled,
    /// It returned an error.
    Failed,
    /// It panicked.
    Panicked,
}

impl fmt::Display for ChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancelled => "the child was cancelled",
            Self::Failed => "the child returned an error, which its scope has",
            Self::Panicked => "the child panicked; its scope has the payload",
        })
    }
}

impl Error for ChildError {}

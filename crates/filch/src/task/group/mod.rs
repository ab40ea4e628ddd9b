//! # Structured concurrency: tasks that end before the scope that they belong to
//!
//! | file | what |
//! |---|---|
//! | here | what is chosen, and the functions that users call |
//! | `spawner.rs` | [`Scope`]: spawns children |
//! | `child.rs` | a child's future, its place in the group, its handle |
//! | `shared.rs` | who asks whom to end |
//! | `drive.rs` | waits for the end |
//! | `error.rs` | how it can go wrong |
//!
//! The count of children is `filch_executor::Tally`; a child costs its task, a place in a list of handles,
//! and two atomic operations.

mod child;
mod drive;
mod error;
mod shared;
mod spawner;

pub use child::{Child, ChildError};
pub use error::{ScopeError, StopReport};
pub use spawner::{Named, Scope};

use super::Inherit;
use crate::time::{Duration, Instant};
use filch_sync::{CancellationToken, Semaphore};
use shared::Shared;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

/// Runs `body`, and waits for every child that was spawned in it: when this returns, none is running.
///
/// * A child that **panics** ends the scope: the body and the other children are dropped where they wait,
///   and the panic comes back as an error, with its payload and the child's spawn site. For children
///   that can return errors there is [`try_scope`].
/// * A **panic of the body** goes on when the children have ended.
/// * A scope that is **dropped** half-way (by a `select!`, a timeout, an `abort`) drops its body at once and
///   aborts its children; nobody waits for them then.
/// * Scopes **nest**: a child that opens a scope holds up its own end, and thereby the outer scope's,
///   until that one has ended.
///
/// Limits, deadlines and a grace period: [`TaskGroup`]. A known, small number of futures on this task:
/// [`join!`](crate::join), [`gather`](crate::gather). Tasks whose outputs matter more than their end:
/// [`JoinSet`](super::JoinSet).
///
/// | asyncio | Trio | Go | |
/// |---|---|---|---|
/// | `async with TaskGroup() as s` | `async with open_nursery() as s` | `errgroup.Group` | the body is a member like any child: it is cancelled with them |
///
/// ```
/// use filch::task;
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let pages = vec!["a", "b", "c"]; // may be borrowed by the body
/// let lengths = task::scope(async |s| {
///     let fetches: Vec<_> = pages
///         .iter()
///         .map(|&page| s.spawn(async move { page.len() }))
///         .collect();
///     let mut sum = 0;
///     for fetch in fetches {
///         sum += fetch.await.unwrap();
///     }
///     sum
/// });
/// assert_eq!(lengths.await.unwrap(), 3);
/// # });
/// # std::io::Result::Ok(())
/// ```
///
/// # What may be borrowed
///
/// The body may borrow from around the scope: it is a part of this future. Children may not, they are
/// `'static`: give them clones, an [`Arc`], or what they need by value. A future can be forgotten
/// ([`std::mem::forget`]) or dropped at any await, and neither can wait for other threads; children that
/// borrow would then read memory that is gone. `std::thread::scope` can allow it because it blocks.
/// To borrow concurrently on one task, use [`join!`](crate::join) or [`gather`](crate::gather) in the body.
///
/// ```compile_fail,E0373
/// # filch::runtime::EventLoop::new().unwrap().block_on(async {
/// let pages = vec!["a", "b"];
/// filch::task::scope(async |s| {
///     s.spawn(async { pages.len() }); // a child cannot borrow
/// })
/// .await
/// .unwrap();
/// # });
/// ```
/// ```compile_fail,E0597
/// # filch::runtime::EventLoop::new().unwrap().block_on(async {
/// filch::task::scope(async |s| {
///     let pages = vec!["a", "b"];
///     let first = &pages[0];
///     s.spawn(async move { first.len() }); // nor can a child hold a reference
/// })
/// .await
/// .unwrap();
/// # });
/// ```
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// use std::sync::Arc;
/// let pages = Arc::new(vec!["a", "b"]);
/// filch::task::scope(async |s| {
///     let theirs = pages.clone();
///     s.spawn(async move { theirs.len() });
/// })
/// .await
/// .unwrap();
/// assert_eq!(Arc::into_inner(pages).unwrap().len(), 2); // the child is gone
/// # });
/// # std::io::Result::Ok(())
/// ```
///
/// A child that is not `Send` does not go to other threads; [`Scope::spawn_local`] keeps it on this one:
/// ```compile_fail,E0277
/// # filch::runtime::Runtime::new().unwrap().block_on(async {
/// let shared = std::rc::Rc::new(7);
/// filch::task::scope(async |s| {
///     s.spawn(async move { *shared });
/// })
/// .await
/// .unwrap();
/// # });
/// ```
///
/// # Errors
/// If a child panics, or the scope is [cancelled](Scope::cancel) before the body has ended.
///
/// # Panics
/// If the body does.
///
/// # Cancel safety
/// Dropping it aborts the children, which end at their next await point, in the background.
pub async fn scope<F, B>(body: F) -> Result<B::Output, ScopeError>
where
    F: FnOnce(Scope) -> B,
    B: Future,
{
    TaskGroup::new().run(body).await
}

/// As [`scope`], for a body and children that can return errors: the first one ends the scope and is
/// returned.
///
/// ```
/// use filch::task;
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// async fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
///     text.parse()
/// }
/// let sum = task::try_scope(async |s| {
///     let (a, b) = (s.try_spawn(parse("1")), s.try_spawn(parse("2")));
///     Ok(a.await.unwrap() + b.await.unwrap())
/// });
/// assert_eq!(sum.await.unwrap(), 3);
///
/// let error = task::try_scope(async |s| {
///     s.try_spawn(parse("three"));
///     s.spawn(std::future::pending::<()>()); // dropped where it waits
///     Ok(())
/// });
/// assert_eq!(error.await.unwrap_err().error(), Some(&"three".parse::<u32>().unwrap_err()));
/// # });
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// The first error of a child or the body; otherwise as [`scope`].
///
/// # Panics
/// If the body does.
///
/// # Cancel safety
/// As [`scope`].
pub async fn try_scope<T, E, F, B>(body: F) -> Result<T, ScopeError<E>>
where
    F: FnOnce(Scope<E>) -> B,
    B: Future<Output = Result<T, E>>,
{
    TaskGroup::fallible().try_run(body).await
}

/// A scope with choices: a limit, a deadline, a grace period, what children inherit. Or a scope that is
/// no block: to be kept in a struct, spawned into, and joined later.
///
/// Dropping it aborts the children without waiting for them.
///
/// ```
/// use filch::task::TaskGroup;
/// use filch::time::Duration;
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let group = TaskGroup::new().limit(8).timeout(Duration::from_secs(10));
/// let sum = group.run(async |s| {
///     let children: Vec<_> = (0..100).map(|n| s.spawn(async move { n })).collect();
///     let mut sum = 0;
///     for child in children {
///         sum += child.await.unwrap();
///     }
///     sum
/// });
/// assert_eq!(sum.await.unwrap(), 4950);
/// # });
/// # std::io::Result::Ok(())
/// ```
///
/// # How it ends
///
/// 1. By itself, when the body and all children have ended.
/// 2. Or it is *asked* to: by the first error or panic, by its deadline, by
///    [`cancel`](Self::cancel), by an inherited token. [`Scope::token`] is cancelled then, and children and body have
///    the [grace period](Self::grace) to end; it is zero unless chosen otherwise.
/// 3. Those that have not ended by then are *dropped* where they wait.
/// 4. One that does not wait, because it computes or blocks, cannot be dropped. The group waits for it:
///    for ever, or with a [deadline](Self::deadline) for as long as its [patience](Self::patience)
///    lasts. Then it ends and [reports](ScopeError::report) who is left.
///
/// A group with a deadline so ends at the latest at deadline + grace + patience.
pub struct TaskGroup<E = Infallible> {
    scope: Scope<E>,
}

impl TaskGroup {
    /// A group whose children can only panic: no limit, no deadline, no grace.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::new();
    /// group.spawn(async {});
    /// group.join().await.unwrap();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new() -> Self {
        Self::fallible()
    }
}

impl<E> TaskGroup<E> {
    /// A group whose children can return errors: no limit, no deadline, no grace.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::fallible();
    /// group.try_spawn(async { Err::<(), _>("no milk") });
    /// assert_eq!(group.join().await.unwrap_err().error(), Some(&"no milk"));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn fallible() -> Self {
        Self { scope: Scope { shared: Arc::new(Shared::new()) } }
    }

    #[track_caller]
    fn choose(mut self, choose: impl FnOnce(&mut shared::Options)) -> Self {
        match Arc::get_mut(&mut self.scope.shared) {
            Some(shared) => choose(&mut shared.options),
            None => panic!(
                "a task group is set up before its first child, and before its scope is cloned"
            ),
        }
        self
    }

    /// At most so many children run at a time; the others wait, and are served in the order in which they began to: a
    /// child that is spawned while there is room does not wait. See also [`Scope::ready`].
    ///
    /// ```
    /// # use filch::task::TaskGroup;
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = TaskGroup::new().limit(2);
    /// let running = Arc::new(AtomicUsize::new(0));
    /// for _ in 0..10 {
    ///     let running = running.clone();
    ///     group.spawn(async move {
    ///         assert!(running.fetch_add(1, Ordering::Relaxed) < 2);
    ///         filch::task::yield_now().await;
    ///         running.fetch_sub(1, Ordering::Relaxed);
    ///     });
    /// }
    /// group.join().await.unwrap();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If it is 0, or the group has children already.
    #[track_caller]
    pub fn limit(self, children: usize) -> Self {
        assert!(children > 0, "a task group whose limit is 0 would never run a child");
        let permits = children.min(Semaphore::MAX_PERMITS);
        self.choose(|options| options.limit = Some(Arc::new(Semaphore::new(permits))))
    }

    /// By when it is to end; after that it is asked to, and the result is an error. Watched while
    /// [`run`](Self::run) or [`join`](Self::join) is awaited.
    ///
    /// ```
    /// # use filch::task::TaskGroup;
    /// use filch::time::Instant;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = TaskGroup::new().deadline(Instant::now());
    /// group.spawn(std::future::pending::<()>());
    /// assert!(group.join().await.unwrap_err().is_deadline());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If the group has children already.
    #[track_caller]
    pub fn deadline(self, deadline: Instant) -> Self {
        self.choose(|options| options.deadline = Some(deadline))
    }

    /// A [deadline](Self::deadline) that far from now. One too far to be told is none.
    ///
    /// ```
    /// # use filch::task::TaskGroup;
    /// use filch::time::Duration;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = TaskGroup::new().timeout(Duration::from_millis(1));
    /// group.named("sleeper").spawn(std::future::pending::<()>());
    /// let error = group.join().await.unwrap_err();
    /// assert_eq!(error.report().forced()[0].name(), Some("sleeper"));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If the group has children already.
    #[track_caller]
    pub fn timeout(self, timeout: Duration) -> Self {
        match Instant::now().checked_add(timeout) {
            Some(deadline) => self.deadline(deadline),
            None => self,
        }
    }

    /// How long children and body may go on after they were asked to end; zero unless chosen. They
    /// learn of it by [`Scope::token`].
    ///
    /// ```
    /// # use filch::task::TaskGroup;
    /// use filch::time::Duration;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = TaskGroup::new().grace(Duration::from_secs(10));
    /// let token = group.token();
    /// group.spawn(async move { token.cancelled().await });
    /// group.cancel();
    /// assert!(group.join().await.unwrap().forced().is_empty());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If the group has children already.
    #[track_caller]
    pub fn grace(self, grace: Duration) -> Self {
        self.choose(|options| options.grace = grace)
    }

    /// How long to wait, after the grace period, for children that do not come to an await point, before
    /// they are left behind and named. Unless chosen: one second with a deadline, otherwise for ever.
    ///
    /// ```
    /// # use filch::task::TaskGroup;
    /// use filch::time::Duration;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = TaskGroup::new().patience(Duration::from_secs(5));
    /// group.spawn(async {});
    /// group.cancel();
    /// assert!(group.join().await.unwrap().left().is_empty());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If the group has children already.
    #[track_caller]
    pub fn patience(self, patience: Duration) -> Self {
        self.choose(|options| options.patience = Some(patience))
    }

    /// What children take over from here. With it they also have the group's deadline and token, as
    /// [`deadline`](super::deadline) and [`cancellation`](super::cancellation) tell; and an inherited
    /// deadline or token is the group's own.
    ///
    /// ```
    /// # use filch::task::TaskGroup;
    /// use filch::task::{Inherit, cancellation, deadline};
    /// use filch::time::Duration;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group =
    ///     TaskGroup::new().timeout(Duration::from_secs(10)).inherit(Inherit::current());
    /// let child = group.spawn(async { (deadline().is_some(), cancellation().is_some()) });
    /// assert_eq!(child.await.unwrap(), (true, true));
    /// # group.join().await.unwrap();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If the group has children already.
    #[track_caller]
    pub fn inherit(self, inherit: Inherit) -> Self {
        self.choose(|options| options.inherit = Some(inherit))
    }

    /// Runs `body` and waits for the children, as [`scope`].
    ///
    /// ```
    /// # use filch::task::TaskGroup;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let seven = TaskGroup::new().run(async |s| s.spawn(async { 7 }).await.unwrap());
    /// assert_eq!(seven.await.unwrap(), 7);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// If a child panics or fails, the deadline passes, or the group is cancelled before the body has
    /// ended.
    ///
    /// # Panics
    /// If the body does.
    ///
    /// # Cancel safety
    /// As [`scope`].
    pub async fn run<F, B>(self, body: F) -> Result<B::Output, ScopeError<E>>
    where
        F: FnOnce(Scope<E>) -> B,
        B: Future,
    {
        // Called in there: what it panics with waits for the children too.
        let scope = self.scope.clone();
        let body = async move { Ok(body(scope).await) };
        let (value, _report) = drive::drive(&self.scope.shared, None, Some(body)).await?;
        Ok(value)
    }

    /// Runs `body` and waits for the children, as [`try_scope`].
    ///
    /// ```
    /// # use filch::task::TaskGroup;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let failed = TaskGroup::fallible().try_run(async |_s| Err::<(), _>("no milk"));
    /// assert_eq!(failed.await.unwrap_err().error(), Some(&"no milk"));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// The first error of a child or the body; otherwise as [`run`](Self::run).
    ///
    /// # Panics
    /// If the body does.
    ///
    /// # Cancel safety
    /// As [`scope`].
    pub async fn try_run<T, F, B>(self, body: F) -> Result<T, ScopeError<E>>
    where
        F: FnOnce(Scope<E>) -> B,
        B: Future<Output = Result<T, E>>,
    {
        let scope = self.scope.clone();
        let body = async move { body(scope).await };
        let (value, _report) = drive::drive(&self.scope.shared, None, Some(body)).await?;
        Ok(value)
    }

    /// Waits for the children, and tells which of them did not end by themselves.
    ///
    /// ```
    /// # use filch::task::TaskGroup;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = TaskGroup::new();
    /// group.spawn(async {});
    /// assert!(group.join().await.unwrap().forced().is_empty());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// If a child panics or fails, the deadline passes, or children are left behind.
    ///
    /// # Cancel safety
    /// As [`scope`].
    pub async fn join(self) -> Result<StopReport, ScopeError<E>> {
        let no_body = None::<std::future::Ready<Result<(), E>>>;
        let ((), report) = drive::drive(&self.scope.shared, Some(()), no_body).await?;
        Ok(report)
    }

    /// The handle that spawns into the group.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::new();
    /// let s = group.scope().clone();
    /// group.spawn(async move { s.spawn(async {}) });
    /// group.join().await.unwrap();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn scope(&self) -> &Scope<E> {
        &self.scope
    }

    /// As [`Scope::spawn`].
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::new();
    /// let child = group.spawn(async { 7 });
    /// group.join().await.unwrap();
    /// assert_eq!(child.await, Ok(7));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> Child<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
        E: Send + 'static,
    {
        self.scope.spawn(future)
    }

    /// As [`Scope::try_spawn`].
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::fallible();
    /// group.try_spawn(async { Err::<(), _>("no milk") });
    /// assert_eq!(group.join().await.unwrap_err().error(), Some(&"no milk"));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn try_spawn<F, T>(&self, future: F) -> Child<T>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.scope.try_spawn(future)
    }

    /// As [`Scope::spawn_local`].
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::new();
    /// let seven = std::rc::Rc::new(7);
    /// let child = group.spawn_local(async move { *seven });
    /// group.join().await.unwrap();
    /// assert_eq!(child.await, Ok(7));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> Child<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
        E: 'static,
    {
        self.scope.spawn_local(future)
    }

    /// As [`Scope::named`].
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::new();
    /// assert_eq!(group.named("courier").spawn(async {}).name(), Some("courier"));
    /// group.join().await.unwrap();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn named<'a>(&'a self, name: &'a str) -> Named<'a, E> {
        self.scope.named(name)
    }

    /// As [`Scope::cancel`].
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::new();
    /// let child = group.spawn(std::future::pending::<()>());
    /// group.cancel();
    /// assert_eq!(group.join().await.unwrap().forced().len(), 1);
    /// assert!(child.await.is_err());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn cancel(&self) {
        self.scope.cancel();
    }

    /// As [`Scope::token`].
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::new();
    /// let token = group.token();
    /// group.cancel();
    /// assert!(token.is_cancelled());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn token(&self) -> CancellationToken {
        self.scope.token()
    }

    /// As [`Scope::ready`].
    ///
    /// # Cancel safety
    /// As there.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::new().limit(2);
    /// for _ in 0..100 {
    ///     group.ready().await;
    ///     group.spawn(filch::task::yield_now());
    ///     assert!(group.scope().len() < 3);
    /// }
    /// group.join().await.unwrap();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn ready(&self) {
        self.scope.ready().await;
    }
}

impl<E> Default for TaskGroup<E> {
    fn default() -> Self {
        Self::fallible()
    }
}

impl<E> Drop for TaskGroup<E> {
    fn drop(&mut self) {
        self.scope.shared.force();
    }
}

impl<E> fmt::Debug for TaskGroup<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TaskGroup").field(&self.scope).finish()
    }
}

//! # Scope: the handle that spawns the children of a group

use super::child::{Child, ChildFuture, Fallible, Member, Plain, Verdict};
use super::shared::{Phase, Shared};
use crate::task::TaskInfo;
use filch_executor::TaskBuilder;
use filch_sync::{CancellationToken, Semaphore};
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

/// Spawns children into a scope; clones spawn into the same, from any task.
///
/// Given to the body by [`scope`](super::scope) and [`TaskGroup::run`](super::TaskGroup::run). After the
/// scope has ended, what is spawned through a clone is cancelled.
///
/// ```
/// use filch::task::{self, Scope};
///
/// // Every page leads to others: children spawn their siblings.
/// async fn visit(s: Scope, page: u32) {
///     for next in [2 * page, 2 * page + 1].into_iter().filter(|&next| next < 100) {
///         s.spawn(visit_boxed(s.clone(), next));
///     }
/// }
/// fn visit_boxed(s: Scope, page: u32) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
///     Box::pin(visit(s, page))
/// }
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// task::scope(async |s| visit(s, 1).await).await.unwrap();
/// # });
/// # std::io::Result::Ok(())
/// ```
pub struct Scope<E = Infallible> {
    pub(super) shared: Arc<Shared<E>>,
}

impl<E> Scope<E> {
    /// Spawns a child; a panic of it ends the scope.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let seven = filch::task::scope(async |s| s.spawn(async { 7 }).await.unwrap());
    /// assert_eq!(seven.await.unwrap(), 7);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no runtime is entered on this thread.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> Child<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
        E: Send + 'static,
    {
        self.spawn_send::<F, Plain>(TaskBuilder::new(), future)
    }

    /// Spawns a child; an error or a panic of it ends the scope.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let shopping = filch::task::try_scope(async |s| {
    ///     s.try_spawn(async { Err::<(), _>("no milk") });
    ///     std::future::pending::<Result<(), _>>().await // dropped here
    /// });
    /// assert_eq!(shopping.await.unwrap_err().into_error().unwrap(), "no milk");
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no runtime is entered on this thread.
    #[track_caller]
    pub fn try_spawn<F, T>(&self, future: F) -> Child<T>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.spawn_send::<F, Fallible>(TaskBuilder::new(), future)
    }

    /// Spawns a child that need not be `Send`, on this thread's `LocalSet` or event loop.
    ///
    /// ```
    /// use std::rc::Rc;
    ///
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let seven = Rc::new(7);
    /// let theirs = seven.clone();
    /// filch::task::scope(async |s| {
    ///     s.spawn_local(async move { assert_eq!(*theirs, 7) });
    /// })
    /// .await
    /// .unwrap();
    /// assert_eq!(Rc::strong_count(&seven), 1); // the child is gone
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If neither is current on this thread.
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> Child<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
        E: 'static,
    {
        self.spawn_here::<F, Plain>(TaskBuilder::new(), future)
    }

    /// [`try_spawn`](Self::try_spawn) for a child that need not be `Send`.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let shopping = filch::task::try_scope(async |s| {
    ///     let basket = std::rc::Rc::new("basket");
    ///     s.try_spawn_local(async move { Err::<(), _>(basket) });
    ///     Ok(())
    /// });
    /// assert_eq!(*shopping.await.unwrap_err().into_error().unwrap(), "basket");
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// As [`spawn_local`](Self::spawn_local).
    #[track_caller]
    pub fn try_spawn_local<F, T>(&self, future: F) -> Child<T>
    where
        F: Future<Output = Result<T, E>> + 'static,
        T: 'static,
        E: 'static,
    {
        self.spawn_here::<F, Fallible>(TaskBuilder::new(), future)
    }

    /// The next child gets this name, which errors and reports tell.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// filch::task::scope(async |s| {
    ///     assert_eq!(s.named("courier").spawn(async {}).name(), Some("courier"));
    /// })
    /// .await
    /// .unwrap();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn named<'a>(&'a self, name: &'a str) -> Named<'a, E> {
        Named { scope: self, builder: TaskBuilder::new().name(name) }
    }

    /// Asks the scope to end, which is no failure: the children's [`token`](Self::token) is cancelled,
    /// and what has not ended when the grace period is over is dropped where it waits, the body too. A
    /// body that has ended by then decides the scope's result.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let value = filch::task::scope(async |s| {
    ///     s.spawn(std::future::pending::<()>());
    ///     s.cancel();
    ///     7
    /// });
    /// assert_eq!(value.await.unwrap(), 7);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn cancel(&self) {
        self.shared.ask();
    }

    /// Whether the scope was asked to end, by a failure, a deadline or [`cancel`](Self::cancel).
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// filch::task::scope(async |s| {
    ///     assert!(!s.is_cancelled());
    ///     s.cancel();
    ///     assert!(s.is_cancelled());
    /// })
    /// .await
    /// .unwrap();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn is_cancelled(&self) -> bool {
        self.shared.phase() != Phase::Open
    }

    /// A token that is cancelled when the scope is asked to end. A child that selects on it can use the
    /// grace period.
    ///
    /// ```
    /// use filch::task::TaskGroup;
    /// use filch::time::Duration;
    ///
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = TaskGroup::new().grace(Duration::from_secs(10));
    /// let token = group.scope().token();
    /// let child = group.spawn(async move {
    ///     token.cancelled().await;
    ///     "said goodbye"
    /// });
    /// group.cancel();
    /// assert_eq!(child.await.unwrap(), "said goodbye");
    /// assert!(group.join().await.unwrap().forced().is_empty());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn token(&self) -> CancellationToken {
        self.shared.token()
    }

    /// Waits until a child that were spawned now could start at once; at once without a limit.
    ///
    /// A producer that calls it before each spawn holds as many waiting children as the limit allows, not
    /// more.
    ///
    /// ```
    /// use filch::task::TaskGroup;
    ///
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// TaskGroup::new().limit(2).run(async |s| {
    ///     for _ in 0..100 {
    ///         s.ready().await;
    ///         s.spawn(filch::task::yield_now());
    ///         assert!(s.len() < 3);
    ///     }
    /// })
    /// .await
    /// .unwrap();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Cancel safety
    /// Dropping it loses its place among those who wait, and nothing else.
    pub async fn ready(&self) {
        if let Some(limit) = &self.shared.options.limit {
            // The semaphore is never closed.
            let _room = limit.acquire().await;
        }
    }

    /// How many children have not ended.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// filch::task::scope(async |s| {
    ///     s.spawn(async {});
    ///     assert_eq!(s.len(), 1);
    /// })
    /// .await
    /// .unwrap();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn len(&self) -> usize {
        self.shared.tally.len()
    }

    /// Whether every child has ended.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// filch::task::scope(async |s| assert!(s.is_empty())).await.unwrap();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The children that have not ended.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// filch::task::scope(async |s| {
    ///     s.named("courier").spawn(async {});
    ///     assert_eq!(s.children()[0].name(), Some("courier"));
    /// })
    /// .await
    /// .unwrap();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn children(&self) -> Vec<TaskInfo> {
        self.shared.live()
    }

    #[track_caller]
    fn spawn_send<F, V>(&self, builder: TaskBuilder<'_>, future: F) -> Child<V::Value>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
        V: Verdict<F::Output, E> + 'static,
        V::Value: Send + 'static,
        E: Send + 'static,
    {
        let member = Member::enter(&self.shared);
        let is_member = member.is_some();
        let handle = if self.wraps_children() {
            let future: std::pin::Pin<Box<dyn Future<Output = F::Output> + Send>> =
                Box::pin(wrap(self.shared.clone(), future));
            builder.spawn(ChildFuture::<_, E, V>::new(future, member))
        } else {
            builder.spawn(ChildFuture::<_, E, V>::new(future, member))
        };
        if is_member {
            self.shared.adopt(handle.abort_handle());
        }
        Child::new(handle)
    }

    #[track_caller]
    fn spawn_here<F, V>(&self, builder: TaskBuilder<'_>, future: F) -> Child<V::Value>
    where
        F: Future + 'static,
        F::Output: 'static,
        V: Verdict<F::Output, E> + 'static,
        V::Value: 'static,
        E: 'static,
    {
        let member = Member::enter(&self.shared);
        let is_member = member.is_some();
        let handle = if self.wraps_children() {
            let future: std::pin::Pin<Box<dyn Future<Output = F::Output>>> =
                Box::pin(wrap(self.shared.clone(), future));
            builder.spawn_local(ChildFuture::<_, E, V>::new(future, member))
        } else {
            builder.spawn_local(ChildFuture::<_, E, V>::new(future, member))
        };
        if is_member {
            self.shared.adopt(handle.abort_handle());
        }
        Child::new(handle)
    }

    /// Whether children need more than a place in the group.
    fn wraps_children(&self) -> bool {
        let options = &self.shared.options;
        options.limit.is_some() || options.inherit.is_some()
    }
}

/// A child that counts against the limit, and runs with what it inherits.
fn wrap<E, F: Future>(
    shared: Arc<Shared<E>>,
    future: F,
) -> impl Future<Output = F::Output> + use<E, F> {
    // Now, if there is one: so that `ready` counts those that have not begun.
    let now = shared.options.limit.clone().map(Semaphore::try_acquire_owned);
    async move {
        let _permit = match (now, &shared.options.limit) {
            (Some(Err(_)), Some(limit)) => limit.clone().acquire_owned().await.ok(),
            (now, _) => now.and_then(Result::ok),
        };
        match shared.inheritance() {
            Some(inherit) => inherit.scope(future).await,
            None => future.await,
        }
    }
}

impl<E> Clone for Scope<E> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<E> fmt::Debug for Scope<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("len", &self.len())
            .field("is_cancelled", &self.is_cancelled())
            .finish()
    }
}

/// Spawns one child under a name; made by [`Scope::named`].
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// filch::task::scope(async |s| {
///     assert_eq!(s.named("courier").spawn(async {}).name(), Some("courier"));
/// })
/// .await
/// .unwrap();
/// # });
/// # std::io::Result::Ok(())
/// ```
#[must_use = "it spawns nothing by itself"]
pub struct Named<'a, E = Infallible> {
    scope: &'a Scope<E>,
    builder: TaskBuilder<'a>,
}

impl<E> Named<'_, E> {
    /// As [`Scope::spawn`].
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// filch::task::scope(async |s| {
    ///     let child = s.named("courier").spawn(async { 7 });
    ///     assert_eq!(child.name(), Some("courier"));
    ///     assert_eq!(child.await, Ok(7));
    /// })
    /// .await
    /// .unwrap();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> Child<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
        E: Send + 'static,
    {
        self.scope.spawn_send::<F, Plain>(self.builder, future)
    }

    /// As [`Scope::try_spawn`].
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let shopping = filch::task::try_scope(async |s| {
    ///     s.named("courier").try_spawn(async { Err::<(), _>("no milk") });
    ///     Ok(())
    /// });
    /// assert_eq!(shopping.await.unwrap_err().task().unwrap().name(), Some("courier"));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn try_spawn<F, T>(self, future: F) -> Child<T>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.scope.spawn_send::<F, Fallible>(self.builder, future)
    }

    /// As [`Scope::spawn_local`].
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// filch::task::scope(async |s| {
    ///     let seven = std::rc::Rc::new(7);
    ///     let child = s.named("courier").spawn_local(async move { *seven });
    ///     assert_eq!(child.name(), Some("courier"));
    ///     assert_eq!(child.await, Ok(7));
    /// })
    /// .await
    /// .unwrap();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(self, future: F) -> Child<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
        E: 'static,
    {
        self.scope.spawn_here::<F, Plain>(self.builder, future)
    }

    /// As [`Scope::try_spawn_local`].
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let shopping = filch::task::try_scope(async |s| {
    ///     s.named("courier").try_spawn_local(async { Err::<(), _>("no milk") });
    ///     Ok(())
    /// });
    /// assert_eq!(shopping.await.unwrap_err().task().unwrap().name(), Some("courier"));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn try_spawn_local<F, T>(self, future: F) -> Child<T>
    where
        F: Future<Output = Result<T, E>> + 'static,
        T: 'static,
        E: 'static,
    {
        self.scope.spawn_here::<F, Fallible>(self.builder, future)
    }
}

impl<E> fmt::Debug for Named<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Named").field("builder", &self.builder).finish_non_exhaustive()
    }
}

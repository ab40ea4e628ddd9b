//! # JoinSet: tasks whose outputs come in the order of their ends

use super::{AbortHandle, Builder, Id, JoinError, JoinHandle, LocalSet};
use crate::ready_set::ReadySet;
use crate::runtime::Handle;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::panic;
use std::task::{Context, Poll};

/// Tasks with one type of output, which are joined in the order in which they end.
///
/// Dropping the set aborts its tasks. For tasks that must have ended before the code goes on there is
/// [`scope`](super::scope); to find tasks again by a key, [`JoinMap`](super::JoinMap).
///
/// ```
/// use filch::task::JoinSet;
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let mut set = JoinSet::new();
/// for n in 0..10 {
///     set.spawn(async move { n });
/// }
/// let mut sum = 0;
/// while let Some(joined) = set.join_next().await {
///     sum += joined?;
/// }
/// assert_eq!(sum, 45);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub struct JoinSet<T> {
    tasks: ReadySet<JoinHandle<T>>,
}

impl<T> JoinSet<T> {
    /// An empty set.
    ///
    /// ```
    /// let set = filch::task::JoinSet::<u32>::new();
    /// assert!(set.is_empty());
    /// ```
    pub fn new() -> Self {
        Self { tasks: ReadySet::new() }
    }

    /// How many tasks have not been joined, ended ones included.
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = JoinSet::new();
    /// set.spawn(async {});
    /// assert_eq!(set.len(), 1);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether every task has been joined.
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = JoinSet::new();
    /// set.spawn(async {});
    /// assert!(!set.is_empty());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: 'static> JoinSet<T> {
    /// Takes a task in that runs already.
    pub(super) fn insert(&mut self, task: JoinHandle<T>) -> (usize, AbortHandle) {
        let abort = task.abort_handle();
        (self.tasks.insert(task), abort)
    }

    /// As [`spawn`](super::spawn).
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = JoinSet::new();
    /// set.spawn(async { 7 });
    /// assert_eq!(set.join_all().await, [7]);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no runtime is entered on this thread.
    #[track_caller]
    pub fn spawn<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.insert(super::spawn(task)).1
    }

    /// As [`Handle::spawn`].
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// let other = filch::runtime::Runtime::new()?;
    /// let mut set = JoinSet::new();
    /// set.spawn_on(async { 7 }, other.handle());
    /// assert_eq!(other.block_on(set.join_all()), [7]);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn_on<F>(&mut self, task: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.insert(handle.spawn(task)).1
    }

    /// As [`spawn_local`](super::spawn_local).
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = JoinSet::new();
    /// let shared = std::rc::Rc::new(7);
    /// set.spawn_local(async move { *shared });
    /// assert_eq!(set.join_all().await, [7]);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If neither a [`LocalSet`] nor an event loop is current on this thread.
    #[track_caller]
    pub fn spawn_local<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.insert(super::spawn_local(task)).1
    }

    /// As [`LocalSet::spawn_local`].
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// let local = filch::task::LocalSet::new();
    /// let mut set = JoinSet::new();
    /// set.spawn_local_on(async { 7 }, &local);
    /// # let event_loop = filch::runtime::EventLoop::new()?;
    /// assert_eq!(local.block_on(&event_loop, set.join_all()), [7]);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, task: F, set: &LocalSet) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.insert(set.spawn_local(task)).1
    }

    /// As [`spawn_blocking`](super::spawn_blocking).
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = JoinSet::new();
    /// set.spawn_blocking(|| (1..4).sum::<u32>());
    /// assert_eq!(set.join_all().await, [6]);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no runtime is entered on this thread, or no thread can be had.
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, f: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.insert(super::spawn_blocking(f)).1
    }

    /// As [`Handle::spawn_blocking`].
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// let other = filch::runtime::Runtime::new()?;
    /// let mut set = JoinSet::new();
    /// set.spawn_blocking_on(|| 7, other.handle());
    /// assert_eq!(other.block_on(set.join_all()), [7]);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no thread can be had.
    #[track_caller]
    pub fn spawn_blocking_on<F>(&mut self, f: F, handle: &Handle) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.insert(handle.spawn_blocking(f)).1
    }

    /// Spawns a task with a name into the set.
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = JoinSet::new();
    /// set.build_task().name("courier").spawn(async { panic!("no milk") })?;
    /// let error = set.join_next().await.unwrap().map(|()| ()).unwrap_err();
    /// assert_eq!(error.name(), Some("courier"));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn build_task(&mut self) -> JoinSetBuilder<'_, T> {
        JoinSetBuilder { set: self, builder: Builder::new() }
    }

    /// Waits for the next task that ends; `None` when the set is empty.
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = JoinSet::new();
    /// set.spawn(async { 7 });
    /// assert_eq!(set.join_next().await.unwrap().unwrap(), 7);
    /// assert!(set.join_next().await.is_none());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Cancel safety
    /// Safe: a task whose end was not returned stays in the set.
    pub async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        poll_fn(|cx| self.poll_join_next(cx)).await
    }

    /// [`join_next`](Self::join_next), with the id of the task; an error has it anyway.
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = JoinSet::new();
    /// let id = set.spawn(async { 7 }).id();
    /// assert_eq!(set.join_next_with_id().await.unwrap().unwrap(), (id, 7));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Cancel safety
    /// As [`join_next`](Self::join_next).
    pub async fn join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        poll_fn(|cx| self.poll_join_next_with_id(cx)).await
    }

    /// A task that has ended, if there is one.
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = JoinSet::new();
    /// set.spawn(async { 7 });
    /// assert!(set.try_join_next().is_none());
    /// filch::task::yield_now().await;
    /// assert_eq!(set.try_join_next().unwrap().unwrap(), 7);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_join_next(&mut self) -> Option<Result<T, JoinError>> {
        self.try_join_next_with_id().map(|joined| joined.map(|(_id, output)| output))
    }

    /// [`try_join_next`](Self::try_join_next), with the id of the task.
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = JoinSet::<u32>::new();
    /// assert!(set.try_join_next_with_id().is_none());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        self.try_join_next_with_key().map(|(_key, joined)| joined)
    }

    #[expect(clippy::type_complexity, reason = "as for `poll_join_next_with_key`")]
    pub(super) fn try_join_next_with_key(&mut self) -> Option<(usize, Result<(Id, T), JoinError>)> {
        let (key, task, joined) = self.tasks.try_next()?;
        Some((key, joined.map(|output| (task.id(), output))))
    }

    /// Polls for the next task that ends; `Ready(None)` when the set is empty.
    ///
    /// A task that waits for it is woken when the next one ends, if it was the last to poll.
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = JoinSet::new();
    /// set.spawn(async { 7 });
    /// let joined = std::future::poll_fn(|cx| set.poll_join_next(cx)).await;
    /// assert_eq!(joined.unwrap().unwrap(), 7);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
        let joined = self.poll_join_next_with_id(cx);
        joined.map(|joined| joined.map(|joined| joined.map(|(_id, output)| output)))
    }

    /// [`poll_join_next`](Self::poll_join_next), with the id of the task.
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = JoinSet::new();
    /// let id = set.spawn(async { 7 }).id();
    /// let joined = std::future::poll_fn(|cx| set.poll_join_next_with_id(cx)).await;
    /// assert_eq!(joined.unwrap().unwrap(), (id, 7));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_join_next_with_id(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<(Id, T), JoinError>>> {
        self.poll_join_next_with_key(cx).map(|joined| joined.map(|(_key, joined)| joined))
    }

    #[expect(clippy::type_complexity, reason = "it is the type above, with the key in front")]
    pub(super) fn poll_join_next_with_key(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<(usize, Result<(Id, T), JoinError>)>> {
        self.tasks.poll_next(cx).map(|ended| {
            ended.map(|(key, task, joined)| (key, joined.map(|output| (task.id(), output))))
        })
    }

    /// Waits for all; their outputs, in the order in which they ended.
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let set: JoinSet<_> = (0..3).map(|n| async move { n }).collect();
    /// assert_eq!(set.join_all().await, [0, 1, 2]);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If a task panicked, with its payload, or was cancelled. The others are aborted then.
    ///
    /// # Cancel safety
    /// Dropping it drops the set: every task is aborted.
    pub async fn join_all(mut self) -> Vec<T> {
        let mut outputs = Vec::with_capacity(self.len());
        while let Some(joined) = self.join_next().await {
            match joined {
                Ok(output) => outputs.push(output),
                Err(error) if error.is_panic() => panic::resume_unwind(error.into_panic()),
                Err(error) => panic!("{error}"),
            }
        }
        outputs
    }

    /// Aborts every task. They stay in the set, and are joined as cancelled.
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = JoinSet::new();
    /// set.spawn(std::future::pending::<()>());
    /// set.abort_all();
    /// assert!(set.join_next().await.unwrap().unwrap_err().is_cancelled());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn abort_all(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }

    /// Lets every task go on without the set.
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = JoinSet::new();
    /// set.spawn(async {});
    /// set.detach_all();
    /// assert!(set.is_empty());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn detach_all(&mut self) {
        self.tasks.drain().for_each(drop);
    }

    /// Aborts every task and waits until all have ended.
    ///
    /// ```
    /// # use filch::task::JoinSet;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = JoinSet::new();
    /// set.spawn(std::future::pending::<()>());
    /// set.shutdown().await;
    /// assert!(set.is_empty());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Cancel safety
    /// The tasks are aborted; those that have not been waited for stay in the set.
    pub async fn shutdown(&mut self) {
        self.abort_all();
        while self.join_next().await.is_some() {}
    }

    pub(super) fn task(&self, key: usize) -> Option<&JoinHandle<T>> {
        self.tasks.get(key)
    }

    pub(super) fn remove(&mut self, key: usize) -> Option<JoinHandle<T>> {
        self.tasks.remove(key)
    }
}

impl<T> Drop for JoinSet<T> {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, F> FromIterator<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> Self {
        let mut set = Self::new();
        set.extend(futures);
        set
    }
}

impl<T, F> Extend<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    fn extend<I: IntoIterator<Item = F>>(&mut self, futures: I) {
        for future in futures {
            self.spawn(future);
        }
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinSet").field("len", &self.len()).finish()
    }
}

/// Spawns a task with a name into a [`JoinSet`]; made by [`JoinSet::build_task`].
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let mut set = filch::task::JoinSet::new();
/// set.build_task().name("courier").spawn(async { 7 })?;
/// assert_eq!(set.join_next().await.unwrap()?, 7);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
#[must_use = "a builder spawns nothing by itself"]
pub struct JoinSetBuilder<'a, T> {
    set: &'a mut JoinSet<T>,
    builder: Builder<'a>,
}

impl<'a, T: 'static> JoinSetBuilder<'a, T> {
    /// The name that the task gets.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = filch::task::JoinSet::new();
    /// set.build_task().name("courier").spawn(async { panic!("no milk") })?;
    /// let error = set.join_next().await.unwrap().map(|()| ()).unwrap_err();
    /// assert_eq!(error.name(), Some("courier"));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn name(self, name: &'a str) -> Self {
        Self { builder: self.builder.name(name), ..self }
    }

    /// As [`JoinSet::spawn`].
    ///
    /// # Errors
    /// None today.
    ///
    /// # Panics
    /// If no runtime is entered on this thread.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = filch::task::JoinSet::new();
    /// set.build_task().name("courier").spawn(async { 7 })?;
    /// assert_eq!(set.join_next().await.unwrap()?, 7);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn<F>(self, task: F) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        Ok(self.set.insert(self.builder.spawn(task)?).1)
    }

    /// As [`JoinSet::spawn_on`].
    ///
    /// # Errors
    /// None today.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = filch::task::JoinSet::new();
    /// set.build_task().name("courier").spawn_on(async { 7 }, &filch::runtime::Handle::current())?;
    /// assert_eq!(set.join_next().await.unwrap()?, 7);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn_on<F>(self, task: F, handle: &Handle) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        Ok(self.set.insert(self.builder.spawn_on(task, handle)?).1)
    }

    /// As [`JoinSet::spawn_local`].
    ///
    /// # Errors
    /// None today.
    ///
    /// # Panics
    /// If neither a [`LocalSet`] nor an event loop is current on this thread.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = filch::task::JoinSet::new();
    /// let seven = std::rc::Rc::new(7);
    /// set.build_task().name("courier").spawn_local(async move { *seven })?;
    /// assert_eq!(set.join_next().await.unwrap()?, 7);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(self, task: F) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + 'static,
    {
        Ok(self.set.insert(self.builder.spawn_local(task)?).1)
    }

    /// As [`JoinSet::spawn_blocking`].
    ///
    /// # Errors
    /// None today.
    ///
    /// # Panics
    /// If no runtime is entered on this thread, or no thread can be had.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut set = filch::task::JoinSet::new();
    /// set.build_task().name("courier").spawn_blocking(|| 7)?;
    /// assert_eq!(set.join_next().await.unwrap()?, 7);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F>(self, f: F) -> io::Result<AbortHandle>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        Ok(self.set.insert(self.builder.spawn_blocking(f)?).1)
    }
}

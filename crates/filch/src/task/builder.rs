//! # Spawning a task that has a name

use super::{JoinHandle, LocalSet};
use crate::runtime::Handle;
use filch_executor::TaskBuilder;
use std::io;

/// Spawns a task under a name, which handles, errors and reports then tell.
///
/// ```
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// use filch::task;
///
/// let task = task::Builder::new().name("courier").spawn(async { panic!("no milk") })?;
/// let error = task.await.unwrap_err();
/// assert_eq!(error.name(), Some("courier"));
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[must_use = "a builder spawns nothing by itself"]
pub struct Builder<'a> {
    task: TaskBuilder<'a>,
}

impl<'a> Builder<'a> {
    /// No name yet.
    ///
    /// ```
    /// # use filch::task::Builder;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// assert_eq!(Builder::new().spawn(async {})?.name(), None);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The name that the task gets.
    ///
    /// ```
    /// # use filch::task::Builder;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let task = Builder::new().name("courier").spawn(async {})?;
    /// assert_eq!(task.name(), Some("courier"));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn name(self, name: &'a str) -> Self {
        Self { task: self.task.name(name) }
    }

    /// As [`spawn`](super::spawn).
    ///
    /// ```
    /// # use filch::task::Builder;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let task = Builder::new().name("courier").spawn(async {})?;
    /// assert_eq!(task.name(), Some("courier"));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// None today.
    ///
    /// # Panics
    /// If no runtime is entered on this thread.
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Ok(self.task.spawn(future))
    }

    /// As [`Handle::spawn`].
    ///
    /// ```
    /// # use filch::task::Builder;
    /// # let runtime = filch::runtime::Runtime::new()?;
    /// let task = Builder::new().name("courier").spawn_on(async {}, runtime.handle())?;
    /// assert_eq!(task.name(), Some("courier"));
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// None today.
    #[track_caller]
    pub fn spawn_on<F>(self, future: F, handle: &Handle) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Ok(self.task.spawn_on(future, handle.executor()))
    }

    /// As [`spawn_local`](super::spawn_local).
    ///
    /// ```
    /// # use filch::task::Builder;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let task = Builder::new().name("courier").spawn_local(async {})?;
    /// assert_eq!(task.name(), Some("courier"));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// None today.
    ///
    /// # Panics
    /// If neither a [`LocalSet`] nor an event loop is current on this thread.
    #[track_caller]
    pub fn spawn_local<F>(self, future: F) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        Ok(self.task.spawn_local(future))
    }

    /// As [`LocalSet::spawn_local`].
    ///
    /// ```
    /// # use filch::task::Builder;
    /// let set = filch::task::LocalSet::new();
    /// let task = Builder::new().name("courier").spawn_local_on(async {}, &set)?;
    /// assert_eq!(task.name(), Some("courier"));
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// None today.
    #[track_caller]
    pub fn spawn_local_on<F>(self, future: F, set: &LocalSet) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        Ok(self.task.spawn_local_on(future, set))
    }

    /// As [`spawn_blocking`](super::spawn_blocking).
    ///
    /// ```
    /// # use filch::task::Builder;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let task = Builder::new().name("courier").spawn_blocking(|| ())?;
    /// assert_eq!(task.name(), Some("courier"));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// None today.
    ///
    /// # Panics
    /// If no runtime is entered on this thread, or no thread can be had.
    #[track_caller]
    pub fn spawn_blocking<F, R>(self, f: F) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        Ok(self.task.spawn_blocking(f))
    }

    /// As [`Handle::spawn_blocking`].
    ///
    /// ```
    /// # use filch::task::Builder;
    /// # let runtime = filch::runtime::Runtime::new()?;
    /// let task = Builder::new().name("courier").spawn_blocking_on(|| (), runtime.handle())?;
    /// assert_eq!(task.name(), Some("courier"));
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// None today.
    ///
    /// # Panics
    /// If no thread can be had.
    #[track_caller]
    pub fn spawn_blocking_on<F, R>(self, f: F, handle: &Handle) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        Ok(self.task.spawn_blocking_on(f, handle.executor()))
    }
}

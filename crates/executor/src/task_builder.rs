//! # Spawning a task that has a name

use crate::handle::{self, Handle};
use crate::local_set::{self, LocalSet};
use crate::task::{JoinHandle, Origin};
use std::panic::Location;

/// Spawns a task under a name, which handles, errors and reports then tell.
///
/// ```
/// use filch_executor::TaskBuilder;
///
/// let executor = filch_executor::Builder::new_current_thread().build()?;
/// let task = TaskBuilder::new().name("courier").spawn_on(async { 7 }, executor.handle());
/// assert_eq!(task.name(), Some("courier"));
/// assert_eq!(executor.block_on(task)?, 7);
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[must_use = "a builder spawns nothing by itself"]
pub struct TaskBuilder<'a> {
    name: Option<&'a str>,
    spawned_at: Option<&'static Location<'static>>,
}

impl<'a> TaskBuilder<'a> {
    /// No name yet.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// let task = filch_executor::TaskBuilder::new().spawn_on(async {}, executor.handle());
    /// assert_eq!(task.name(), None);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The name that the task gets.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// let task = filch_executor::TaskBuilder::new().name("a").spawn_on(async {}, executor.handle());
    /// assert_eq!(task.name(), Some("a"));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn name(self, name: &'a str) -> Self {
        Self { name: Some(name), ..self }
    }

    /// The spawn site to tell instead of the place of the call: for those who spawn for others.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// let here = std::panic::Location::caller();
    /// let builder = filch_executor::TaskBuilder::new().spawned_at(here);
    /// let task = builder.spawn_on(async {}, executor.handle());
    /// assert_eq!(task.spawned_at(), here);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn spawned_at(self, place: &'static Location<'static>) -> Self {
        Self { spawned_at: Some(place), ..self }
    }

    #[track_caller]
    #[inline]
    fn origin(self) -> Origin {
        let spawned_at = self.spawned_at.unwrap_or(Location::caller());
        match self.name {
            Some(name) => Origin::named(name, spawned_at),
            None => spawned_at.into(),
        }
    }

    /// As [`spawn`](crate::spawn).
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # use filch_executor::TaskBuilder;
    /// let named = executor.block_on(async { TaskBuilder::new().name("a").spawn(async {}) });
    /// assert_eq!(named.name(), Some("a"));
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no executor is current on this thread.
    #[track_caller]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn spawn<F>(self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        handle::spawn_from(future, self.origin())
    }

    /// As [`Handle::spawn`].
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # use filch_executor::TaskBuilder;
    /// let named = TaskBuilder::new().name("a").spawn_on(async {}, executor.handle());
    /// assert_eq!(named.name(), Some("a"));
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn spawn_on<F>(self, future: F, handle: &Handle) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        handle.spawn_from(future, self.origin())
    }

    /// As [`spawn_local`](crate::spawn_local).
    ///
    /// ```
    /// # let executor = filch_executor::EventLoop::new()?;
    /// # use filch_executor::TaskBuilder;
    /// let named = executor.block_on(async { TaskBuilder::new().name("a").spawn_local(async {}) });
    /// assert_eq!(named.name(), Some("a"));
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If neither a `LocalSet` nor an event loop is current on this thread.
    #[track_caller]
    pub fn spawn_local<F>(self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        local_set::spawn_on_current(future, self.origin())
    }

    /// As [`LocalSet::spawn_local`].
    ///
    /// ```
    /// # use filch_executor::{LocalSet, TaskBuilder};
    /// let set = LocalSet::new();
    /// let named = TaskBuilder::new().name("a").spawn_local_on(async {}, &set);
    /// assert_eq!(named.name(), Some("a"));
    /// ```
    #[track_caller]
    pub fn spawn_local_on<F>(self, future: F, set: &LocalSet) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        set.spawn_from(future, self.origin())
    }

    /// As [`spawn_blocking`](crate::spawn_blocking).
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # use filch_executor::TaskBuilder;
    /// let named = executor.block_on(async { TaskBuilder::new().name("a").spawn_blocking(|| {}) });
    /// assert_eq!(named.name(), Some("a"));
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no executor is current on this thread, or no thread can be had.
    #[track_caller]
    pub fn spawn_blocking<F, R>(self, f: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.spawn_blocking_on(f, &Handle::current())
    }

    /// As [`Handle::spawn_blocking`].
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # use filch_executor::TaskBuilder;
    /// let named = TaskBuilder::new().name("a").spawn_blocking_on(|| {}, executor.handle());
    /// assert_eq!(named.name(), Some("a"));
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no thread can be had.
    #[track_caller]
    pub fn spawn_blocking_on<F, R>(self, f: F, handle: &Handle) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        handle.spawn_blocking_from(f, self.origin())
    }
}

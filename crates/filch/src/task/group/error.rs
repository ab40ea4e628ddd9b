//! # How a group can fail

use crate::task::TaskInfo;
use filch_primitives::sync::Mutex;
use std::any::Any;
use std::convert::Infallible;
use std::fmt;

/// A panic's payload; the lock makes it `Sync` and is never contended.
pub(super) type Payload = Mutex<Box<dyn Any + Send>>;

/// Why a group ends before its time.
pub(super) enum Cause<E> {
    /// A child, or the body (then without the task), returned an error.
    Failed(E, Option<TaskInfo>),
    /// A child panicked.
    Panicked(Payload, Option<TaskInfo>),
    /// The deadline passed.
    Deadline,
    /// The group was cancelled, by [`Scope::cancel`](super::Scope::cancel) or an inherited token.
    Cancelled,
}

/// Why a scope did not end well; the first failure, and which children did not end by themselves.
///
/// ```
/// use filch::task;
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let shopping = task::scope(async |s| {
///     s.named("milk").spawn(async { panic!("no milk") });
///     s.spawn(std::future::pending::<()>()).await
/// });
/// let error = shopping.await.unwrap_err();
/// assert!(error.is_panic());
/// assert_eq!(error.task().unwrap().name(), Some("milk"));
/// assert!(error.to_string().contains("no milk"));
/// assert_eq!(error.into_panic().downcast_ref(), Some(&"no milk"));
/// # });
/// # std::io::Result::Ok(())
/// ```
pub struct ScopeError<E = Infallible> {
    pub(super) cause: Cause<E>,
    pub(super) later: usize,
    pub(super) report: StopReport,
}

impl<E> ScopeError<E> {
    /// The error that a child or the body returned, if that is what ended the scope.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::fallible();
    /// group.try_spawn(async { Err::<(), _>("no milk") });
    /// let error = group.join().await.unwrap_err();
    /// assert_eq!(error.error(), Some(&"no milk"));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn error(&self) -> Option<&E> {
        match &self.cause {
            Cause::Failed(error, _) => Some(error),
            _ => None,
        }
    }

    /// The error that a child or the body returned.
    ///
    /// # Errors
    /// Gives itself back if something else ended the scope.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::fallible();
    /// group.try_spawn(async { Err::<(), _>("no milk") });
    /// let error = group.join().await.unwrap_err();
    /// assert_eq!(error.into_error().unwrap(), "no milk");
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn into_error(self) -> Result<E, Self> {
        match self.cause {
            Cause::Failed(error, _) => Ok(error),
            _ => Err(self),
        }
    }

    /// Whether a child panicked.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::new();
    /// group.spawn(async { panic!("no milk") });
    /// let error = group.join().await.unwrap_err();
    /// assert!(error.is_panic());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn is_panic(&self) -> bool {
        matches!(self.cause, Cause::Panicked(..))
    }

    /// The payload of a child's panic, as for [`std::panic::resume_unwind`].
    ///
    /// # Panics
    /// If it was not a panic that ended the scope; see [`try_into_panic`](Self::try_into_panic).
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::new();
    /// group.spawn(async { panic!("no milk") });
    /// let error = group.join().await.unwrap_err();
    /// assert_eq!(error.into_panic().downcast_ref(), Some(&"no milk"));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        match self.try_into_panic() {
            Ok(payload) => payload,
            Err(error) => panic!("`into_panic` on a scope that no panic ended: {}", error.words()),
        }
    }

    /// The payload of a child's panic.
    ///
    /// # Errors
    /// Gives itself back if something else ended the scope.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::fallible();
    /// group.try_spawn(async { Err::<(), _>("no milk") });
    /// let error = group.join().await.unwrap_err();
    /// assert!(error.try_into_panic().is_err());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send + 'static>, Self> {
        match self.cause {
            Cause::Panicked(payload, _) => Ok(payload.into_inner()),
            _ => Err(self),
        }
    }

    /// Whether the deadline passed.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::new().timeout(std::time::Duration::ZERO);
    /// group.spawn(std::future::pending::<()>());
    /// assert!(group.join().await.unwrap_err().is_deadline());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn is_deadline(&self) -> bool {
        matches!(self.cause, Cause::Deadline)
    }

    /// Whether the scope was cancelled before its body had ended.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let scope = filch::task::scope(async |s| {
    ///     s.cancel();
    ///     std::future::pending::<()>().await;
    /// });
    /// assert!(scope.await.unwrap_err().is_cancelled());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn is_cancelled(&self) -> bool {
        matches!(self.cause, Cause::Cancelled)
    }

    /// The child whose error or panic ended the scope: its id, name and spawn site. `None` if no child
    /// did.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::new();
    /// group.named("courier").spawn(async { panic!("no milk") });
    /// let error = group.join().await.unwrap_err();
    /// let task = error.task().unwrap();
    /// assert_eq!((task.name(), task.spawned_at().file()), (Some("courier"), file!()));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn task(&self) -> Option<&TaskInfo> {
        match &self.cause {
            Cause::Failed(_, task) | Cause::Panicked(_, task) => task.as_ref(),
            Cause::Deadline | Cause::Cancelled => None,
        }
    }

    /// How many errors and panics came after the first; those are dropped.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::fallible().grace(std::time::Duration::MAX);
    /// group.try_spawn(async { Err::<(), _>("no milk") });
    /// group.try_spawn(async { Err::<(), _>("no bread") });
    /// let error = group.join().await.unwrap_err();
    /// assert_eq!((error.error(), error.later_failures()), (Some(&"no milk"), 1));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn later_failures(&self) -> usize {
        self.later
    }

    /// Which children did not end by themselves.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::new();
    /// group.named("deaf").spawn(std::future::pending::<()>());
    /// group.spawn(async { panic!("no milk") });
    /// let error = group.join().await.unwrap_err();
    /// assert_eq!(error.report().forced()[0].name(), Some("deaf"));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn report(&self) -> &StopReport {
        &self.report
    }

    fn words(&self) -> String {
        let of = |task: &Option<TaskInfo>| match task {
            Some(task) => format!(" in {task}"),
            None => String::new(),
        };
        match &self.cause {
            Cause::Failed(_, task) => format!("error{}", of(task)),
            Cause::Panicked(payload, task) => {
                let payload = payload.lock();
                let text = payload.downcast_ref::<&str>().copied();
                let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
                format!("panic{}: {}", of(task), text.unwrap_or("a payload that is no text"))
            }
            Cause::Deadline => "the scope's deadline has passed".to_owned(),
            Cause::Cancelled => "the scope was cancelled".to_owned(),
        }
    }
}

impl<E: fmt::Display> fmt::Display for ScopeError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())?;
        if let Cause::Failed(error, _) = &self.cause {
            write!(f, ": {error}")?;
        }
        for left in &self.report.left {
            write!(f, "; still running: {left}")?;
        }
        Ok(())
    }
}

impl<E: fmt::Debug> fmt::Debug for ScopeError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeError")
            .field("cause", &self.words())
            .field("error", &self.error())
            .field("later_failures", &self.later)
            .field("report", &self.report)
            .finish()
    }
}

impl<E: std::error::Error + 'static> std::error::Error for ScopeError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error().map(|error| error as _)
    }
}

/// The children that did not end by themselves when their group ended.
///
/// ```
/// use filch::task::TaskGroup;
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let group = TaskGroup::new();
/// group.named("deaf").spawn(std::future::pending::<()>());
/// group.cancel();
/// let report = group.join().await.unwrap();
/// assert_eq!(report.forced()[0].name(), Some("deaf"));
/// assert!(report.left().is_empty());
/// # });
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct StopReport {
    pub(super) forced: Vec<TaskInfo>,
    pub(super) left: Vec<TaskInfo>,
}

impl StopReport {
    /// Children that did not end within the grace period and were dropped where they waited.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let group = filch::task::TaskGroup::new();
    /// group.named("deaf").spawn(std::future::pending::<()>());
    /// group.cancel();
    /// let report = group.join().await.unwrap();
    /// assert_eq!(report.forced()[0].name(), Some("deaf"));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn forced(&self) -> &[TaskInfo] {
        &self.forced
    }

    /// Of those, the ones that ignored that too: they have not reached an await point, and were still
    /// running when the group's patience was over. They end at their next await point.
    ///
    /// ```
    /// use filch::task::TaskGroup;
    /// use std::time::Duration;
    ///
    /// # filch::runtime::Runtime::new()?.block_on(async {
    /// let (free, blocked) = std::sync::mpsc::channel::<()>();
    /// let (begin, has_begun) = filch::sync::oneshot::channel();
    /// let group = TaskGroup::new().patience(Duration::from_millis(1));
    /// group.named("blocker").spawn(async move {
    ///     begin.send(()).unwrap();
    ///     let _ = blocked.recv(); // blocks its worker: no await point
    /// });
    /// has_begun.await.unwrap();
    /// group.cancel();
    /// let error = group.join().await.unwrap_err();
    /// assert_eq!(error.report().left()[0].name(), Some("blocker"));
    /// drop(free);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn left(&self) -> &[TaskInfo] {
        &self.left
    }
}

//! # How a task can end without its output

use super::{Id, Origin};
use crate::config::PanicHook;
use filch_primitives::catch_quietly;
use filch_primitives::sync::Mutex;
use std::any::Any;
use std::fmt;
use std::io;
use std::panic::Location;

/// A task ended without an output: it was cancelled or it panicked.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
/// let handle = executor.spawn(async { panic!("no milk") });
/// let error = executor.block_on(handle).unwrap_err();
/// assert!(error.is_panic());
/// assert!(error.to_string().contains("no milk"));
/// ```
pub struct JoinError {
    id: Id,
    cause: Cause,
}

enum Cause {
    Cancelled,
    Panicked(Box<Panicked>),
}

/// What a task panicked with, and all that is told of it.
pub(super) struct Panicked {
    // The lock makes the payload `Sync`; it is never contended.
    payload: Mutex<Box<dyn Any + Send + 'static>>,
    spawned_at: &'static Location<'static>,
    name: Option<Box<str>>,
    /// Who hears of it if nobody takes it. Here, because the scheduler may be gone by then.
    hook: Option<PanicHook>,
}

impl JoinError {
    pub(super) fn cancelled(id: Id) -> Self {
        Self { id, cause: Cause::Cancelled }
    }

    /// From what [`into_panic_of_task`](Self::into_panic_of_task) gave.
    pub(super) fn of_panic(id: Id, panic: Box<Panicked>) -> Self {
        Self { id, cause: Cause::Panicked(panic) }
    }

    /// What there is besides the task's id: `None` if the task was cancelled.
    pub(super) fn into_panic_of_task(self) -> Option<Box<Panicked>> {
        match self.cause {
            Cause::Panicked(panic) => Some(panic),
            Cause::Cancelled => None,
        }
    }

    pub(super) fn panicked(
        id: Id,
        origin: &Origin,
        payload: Box<dyn Any + Send + 'static>,
        hook: Option<PanicHook>,
    ) -> Self {
        let panicked = Panicked {
            payload: Mutex::new(payload),
            spawned_at: origin.spawned_at(),
            name: origin.name().map(Into::into),
            hook,
        };
        Self { id, cause: Cause::Panicked(Box::new(panicked)) }
    }

    /// Nobody will ever take it: a panic goes to the hook.
    pub(super) fn unheard(self) {
        let Cause::Panicked(panicked) = self.cause else { return };
        let Panicked { payload, spawned_at, name, hook } = *panicked;
        let panic = TaskPanic { id: self.id, spawned_at, name, payload: payload.into_inner() };
        if let Some(hook) = hook {
            catch_quietly(|| hook(&panic));
        }
        catch_quietly(|| drop(panic));
    }

    /// Whether the task was aborted, or ended with its runtime.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// # let task = executor.spawn(std::future::pending::<()>());
    /// task.abort();
    /// assert!(executor.block_on(task).unwrap_err().is_cancelled());
    /// ```
    pub fn is_cancelled(&self) -> bool {
        matches!(self.cause, Cause::Cancelled)
    }

    /// Whether the task panicked.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let task = executor.spawn(async { panic!("no milk") });
    /// assert!(executor.block_on(task).unwrap_err().is_panic());
    /// ```
    pub fn is_panic(&self) -> bool {
        matches!(self.cause, Cause::Panicked(_))
    }

    /// The payload of the panic, as for [`std::panic::resume_unwind`].
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let task = executor.spawn(async { panic!("no milk") });
    /// let payload = executor.block_on(task).unwrap_err().into_panic();
    /// assert_eq!(payload.downcast_ref(), Some(&"no milk"));
    /// ```
    ///
    /// # Panics
    /// If the task did not panic; see [`try_into_panic`](Self::try_into_panic).
    #[track_caller]
    pub fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        self.try_into_panic()
            .unwrap_or_else(|error| panic!("`into_panic` on a task that did not panic: {error}"))
    }

    /// The payload of the panic.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let task = executor.spawn(std::future::pending::<()>());
    /// task.abort();
    /// let error = executor.block_on(task).unwrap_err().try_into_panic().unwrap_err();
    /// assert!(error.is_cancelled());
    /// ```
    ///
    /// # Errors
    /// Gives itself back if the task did not panic.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send + 'static>, Self> {
        match self.cause {
            Cause::Panicked(panicked) => Ok(panicked.payload.into_inner()),
            Cause::Cancelled => Err(self),
        }
    }

    /// The task that ended so.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let task = executor.spawn(async { panic!("no milk") });
    /// let id = task.id();
    /// assert_eq!(executor.block_on(task).unwrap_err().id(), id);
    /// ```
    pub fn id(&self) -> Id {
        self.id
    }

    /// Where the task was spawned, if it panicked.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let task = executor.spawn(async { panic!("no milk") });
    /// let line = line!() - 1;
    /// let error = executor.block_on(task).unwrap_err();
    /// assert_eq!(error.spawned_at().unwrap().line(), line);
    /// ```
    pub fn spawned_at(&self) -> Option<&'static Location<'static>> {
        match &self.cause {
            Cause::Panicked(panicked) => Some(panicked.spawned_at),
            Cause::Cancelled => None,
        }
    }

    /// The task's name, if it was given one and panicked.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let shopping = filch_executor::TaskBuilder::new().name("shopping");
    /// let task = shopping.spawn_on(async { panic!("no milk") }, executor.handle());
    /// let error = executor.block_on(task).unwrap_err();
    /// assert_eq!(error.name(), Some("shopping"));
    /// assert!(error.to_string().contains("shopping"));
    /// ```
    pub fn name(&self) -> Option<&str> {
        match &self.cause {
            Cause::Panicked(panicked) => panicked.name.as_deref(),
            Cause::Cancelled => None,
        }
    }
}

/// The words of a panic, where it has any.
fn message(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "a payload that is no text"
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Cancelled => write!(f, "task {} was cancelled", self.id),
            Cause::Panicked(panicked) => {
                write!(f, "task {}", self.id)?;
                if let Some(name) = &panicked.name {
                    write!(f, " {name:?}")?;
                }
                write!(f, " panicked: {}", message(&**panicked.payload.lock()))
            }
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Cancelled => write!(f, "JoinError::Cancelled({:?})", self.id),
            Cause::Panicked(panicked) => {
                write!(
                    f,
                    "JoinError::Panic({:?}, {:?})",
                    self.id,
                    message(&**panicked.payload.lock())
                )
            }
        }
    }
}

impl std::error::Error for JoinError {}

impl From<JoinError> for io::Error {
    fn from(error: JoinError) -> Self {
        io::Error::other(error)
    }
}

/// A panic that nobody will hear of otherwise: of a task whose `JoinHandle` was dropped.
///
/// Given to the hook of `Builder::on_detached_panic`.
///
/// ```
/// let (tell, told) = std::sync::mpsc::channel();
/// let executor = filch_executor::Builder::new_current_thread()
///     .on_detached_panic(move |panic| {
///         let is_text = panic.payload().is::<&str>();
///         let place = panic.spawned_at();
///         tell.send((panic.id(), panic.message().to_owned(), is_text, place)).unwrap();
///     })
///     .build()?;
/// let id = executor.spawn(async { panic!("no milk") }).id();
/// executor.block_on(filch_executor::yield_now());
/// let (lost, message, is_text, place) = told.recv().unwrap();
/// assert_eq!((lost, message.as_str(), is_text), (id, "no milk", true));
/// println!("spawned in {}, line {}", place.file(), place.line());
/// # std::io::Result::Ok(())
/// ```
pub struct TaskPanic {
    pub(super) id: Id,
    pub(super) spawned_at: &'static Location<'static>,
    pub(super) name: Option<Box<str>>,
    pub(super) payload: Box<dyn Any + Send + 'static>,
}

impl TaskPanic {
    /// The task that panicked.
    pub fn id(&self) -> Id {
        self.id
    }

    /// Where it was spawned.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }

    /// Its name, if it was given one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The words of the panic, where it has any.
    pub fn message(&self) -> &str {
        message(&*self.payload)
    }

    /// What was panicked with.
    pub fn payload(&self) -> &(dyn Any + Send) {
        &*self.payload
    }
}

impl fmt::Debug for TaskPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskPanic")
            .field("id", &self.id)
            .field("spawned_at", &self.spawned_at)
            .field("name", &self.name)
            .field("message", &self.message())
            .finish()
    }
}

impl fmt::Display for TaskPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}", self.id)?;
        if let Some(name) = &self.name {
            write!(f, " {name:?}")?;
        }
        write!(f, " (spawned at {}) panicked: {}", self.spawned_at, self.message())
    }
}

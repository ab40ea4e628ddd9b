//! # How a task can end without its output

use super::Id;
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
    // The lock makes the payload `Sync`; it is never contended.
    Panicked(Mutex<Box<dyn Any + Send + 'static>>),
}

impl JoinError {
    pub(super) fn cancelled(id: Id) -> Self {
        Self {
            id,
            cause: Cause::Cancelled,
        }
    }

    pub(super) fn panicked(id: Id, payload: Box<dyn Any + Send + 'static>) -> Self {
        Self {
            id,
            cause: Cause::Panicked(Mutex::new(payload)),
        }
    }

    /// Whether the task was aborted, or ended with its runtime.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.cause, Cause::Cancelled)
    }

    /// Whether the task panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.cause, Cause::Panicked(_))
    }

    /// The payload of the panic, as for [`std::panic::resume_unwind`].
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
    /// # Errors
    /// Gives itself back if the task did not panic.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send + 'static>, Self> {
        match self.cause {
            Cause::Panicked(payload) => Ok(payload.into_inner()),
            Cause::Cancelled => Err(self),
        }
    }

    /// The task that ended so.
    pub fn id(&self) -> Id {
        self.id
    }

    pub(super) fn take_panic(&mut self) -> Option<Box<dyn Any + Send + 'static>> {
        match &mut self.cause {
            Cause::Panicked(payload) => Some(std::mem::replace(payload.get_mut(), Box::new(()))),
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
            Cause::Panicked(payload) => {
                write!(
                    f,
                    "task {} panicked: {}",
                    self.id,
                    message(&**payload.lock())
                )
            }
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Cancelled => write!(f, "JoinError::Cancelled({:?})", self.id),
            Cause::Panicked(payload) => {
                write!(
                    f,
                    "JoinError::Panic({:?}, {:?})",
                    self.id,
                    message(&**payload.lock())
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
pub struct TaskPanic {
    pub(super) id: Id,
    pub(super) spawned_at: &'static Location<'static>,
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
            .field("message", &self.message())
            .finish()
    }
}

impl fmt::Display for TaskPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "task {} (spawned at {}) panicked: {}",
            self.id,
            self.spawned_at,
            self.message()
        )
    }
}

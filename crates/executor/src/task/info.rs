//! # What a report says of a task

use super::{Header, Id, run};
use std::fmt;
use std::panic::Location;

/// Id, name and spawn site of a task; stays when the task is gone.
///
/// ```
/// use filch_executor::{TaskBuilder, TaskInfo};
///
/// let executor = filch_executor::Builder::new_current_thread().build()?;
/// let task = TaskBuilder::new().name("courier");
/// let task = task.spawn_on(async { TaskInfo::current().unwrap() }, executor.handle());
/// let info = executor.block_on(task)?;
/// assert_eq!(info.name(), Some("courier"));
/// assert!(info.to_string().contains("\"courier\", spawned at "));
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct TaskInfo {
    id: Id,
    name: Option<Box<str>>,
    spawned_at: &'static Location<'static>,
}

impl TaskInfo {
    pub(crate) fn new(
        id: Id,
        name: Option<Box<str>>,
        spawned_at: &'static Location<'static>,
    ) -> Self {
        Self { id, name, spawned_at }
    }

    pub(super) fn of(header: &Header) -> Self {
        Self {
            id: header.id(),
            name: header.origin.name().map(Into::into),
            spawned_at: header.origin.spawned_at(),
        }
    }

    /// Of the task that this thread is running; `None` outside a task. The future of `block_on` is no
    /// task.
    pub fn current() -> Option<Self> {
        run::running()
    }

    /// The task's id.
    pub fn id(&self) -> Id {
        self.id
    }

    /// Its name, if it was given one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Where it was spawned.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }
}

impl fmt::Display for TaskInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}", self.id)?;
        if let Some(name) = self.name() {
            write!(f, " {name:?}")?;
        }
        write!(f, ", spawned at {}", self.spawned_at)
    }
}

impl fmt::Debug for TaskInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskInfo")
            .field("id", &self.id)
            .field("name", &self.name())
            .field("spawned_at", &format_args!("{}", self.spawned_at))
            .finish()
    }
}

//! # The handles of a task: to await it, to abort it

use super::state::{Detached, Wake};
use super::{Header, Id, JoinError, Reason, TaskInfo, run};
use filch_primitives::{Budget, catch_quietly};
use std::fmt;
use std::marker::PhantomData;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

/// Awaits a spawned task: its output, or how it ended without one.
///
/// Dropping the handle detaches the task: it runs on, and nobody hears of its output.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
/// let handle = executor.spawn(async { 6 * 7 });
/// assert_eq!(executor.block_on(handle).unwrap(), 42);
/// ```
///
/// # Cancel safety
/// Awaiting `&mut handle` in a `select!` loses nothing: the output stays until it is taken.
///
/// # Panics
/// When polled again after it has returned the output.
pub struct JoinHandle<T> {
    header: NonNull<Header>,
    output: PhantomData<T>,
}

// SAFETY: what the handle gives out is the output, which may then be on another thread.
unsafe impl<T: Send> Send for JoinHandle<T> {}
// SAFETY: a shared handle gives out nothing of the output.
unsafe impl<T: Send> Sync for JoinHandle<T> {}
impl<T> Unpin for JoinHandle<T> {}
impl<T> UnwindSafe for JoinHandle<T> {}
impl<T> RefUnwindSafe for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    /// # Safety
    /// The task's word counts a reference and JOIN_INTEREST for this handle, and its output is a `T`.
    pub(super) unsafe fn from_raw(header: NonNull<Header>) -> Self {
        Self { header, output: PhantomData }
    }

    fn header(&self) -> &Header {
        // SAFETY: the handle's reference keeps the memory.
        unsafe { self.header.as_ref() }
    }

    /// Tells the task to end at its next await point; it then ends as cancelled.
    ///
    /// A task that has ended is left as it is, and one that never reaches an await point is not stopped.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let handle = executor.spawn(std::future::pending::<()>());
    /// handle.abort();
    /// assert!(executor.block_on(handle).unwrap_err().is_cancelled());
    /// ```
    pub fn abort(&self) {
        // SAFETY: the handle's reference keeps the task.
        unsafe { abort(self.header) };
    }

    /// A handle that can abort the task and nothing else.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let task = executor.spawn(std::future::pending::<()>());
    /// task.abort_handle().abort();
    /// assert!(executor.block_on(task).unwrap_err().is_cancelled());
    /// ```
    pub fn abort_handle(&self) -> AbortHandle {
        self.header().state.ref_inc();
        AbortHandle { header: self.header }
    }

    /// Whether the task has ended.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let task = executor.spawn(async { 7 });
    /// assert!(!task.is_finished()); // a single-threaded executor runs tasks in `block_on` only
    /// executor.block_on(filch_executor::yield_now());
    /// assert!(task.is_finished());
    /// ```
    pub fn is_finished(&self) -> bool {
        self.header().state.load().is_complete()
    }

    /// The task's id.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let task = executor.spawn(async { filch_executor::id() });
    /// let id = task.id();
    /// assert_eq!(executor.block_on(task).unwrap(), id);
    /// ```
    pub fn id(&self) -> Id {
        self.header().id()
    }

    /// The task's name, if it was given one.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let builder = filch_executor::TaskBuilder::new().name("courier");
    /// let task = builder.spawn_on(async {}, executor.handle());
    /// assert_eq!(task.name(), Some("courier"));
    /// ```
    pub fn name(&self) -> Option<&str> {
        self.header().origin.name()
    }

    /// Where the task was spawned.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let task = executor.spawn(async {});
    /// assert_eq!(task.spawned_at().line(), line!() - 1);
    /// ```
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.header().origin.spawned_at()
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let header = self.header();
        Budget::poll(cx, |cx| {
            // SAFETY: we are the joiner, and the word is of the same task.
            if !unsafe { header.join.register(&header.state, cx.waker()) } {
                return Poll::Pending;
            }
            let mut output = Poll::Pending;
            // SAFETY: we are the joiner, the task is complete, and its output is a `T`.
            unsafe { (header.vtable.take_output)(self.header, NonNull::from(&mut output).cast()) };
            output
        })
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        let header = self.header();
        match header.state.drop_join_handle() {
            Detached::Done => return,
            // SAFETY: we are the joiner and JOIN_WAKER is off: the slot is ours.
            Detached::DropWaker => catch_quietly(|| unsafe { header.join.clear() }),
            Detached::DropOutput => {
                // SAFETY: we are the joiner and the task is complete.
                catch_quietly(|| unsafe { (header.vtable.drop_output)(self.header) });
            }
        }
        if header.state.ref_dec() {
            // SAFETY: that was the last reference.
            unsafe { run::free(self.header) };
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// Aborts a task without awaiting it; any number of them may exist.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
/// let handle = executor.spawn(std::future::pending::<()>());
/// let abort = handle.abort_handle();
/// assert_eq!(abort.id(), handle.id());
/// abort.abort();
/// assert!(executor.block_on(handle).unwrap_err().is_cancelled());
/// assert!(abort.is_finished());
/// ```
pub struct AbortHandle {
    header: NonNull<Header>,
}

// SAFETY: it touches nothing but the task word and, to submit the runnable, the scheduler.
unsafe impl Send for AbortHandle {}
// SAFETY: as above.
unsafe impl Sync for AbortHandle {}
impl UnwindSafe for AbortHandle {}
impl RefUnwindSafe for AbortHandle {}

impl AbortHandle {
    fn header(&self) -> &Header {
        // SAFETY: the handle's reference keeps the memory.
        unsafe { self.header.as_ref() }
    }

    /// As [`JoinHandle::abort`].
    pub fn abort(&self) {
        // SAFETY: the handle's reference keeps the task.
        unsafe { abort(self.header) };
    }

    /// Whether the task has ended.
    pub fn is_finished(&self) -> bool {
        self.header().state.load().is_complete()
    }

    /// The task's id.
    pub fn id(&self) -> Id {
        self.header().id()
    }

    /// The task's name, if it was given one.
    pub fn name(&self) -> Option<&str> {
        self.header().origin.name()
    }

    /// Where the task was spawned.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.header().origin.spawned_at()
    }

    /// Id, name and spawn site, to keep when the task is gone.
    pub fn info(&self) -> TaskInfo {
        TaskInfo::of(self.header())
    }
}

impl Clone for AbortHandle {
    fn clone(&self) -> Self {
        self.header().state.ref_inc();
        Self { header: self.header }
    }
}

impl Drop for AbortHandle {
    fn drop(&mut self) {
        if self.header().state.ref_dec() {
            // SAFETY: that was the last reference.
            unsafe { run::free(self.header) };
        }
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// # Safety
/// The caller's reference keeps the task.
unsafe fn abort(task: NonNull<Header>) {
    // SAFETY: by the caller's promise.
    let header = unsafe { task.as_ref() };
    if header.state.cancel() == Wake::Submit {
        // SAFETY: the answer was `Submit`.
        unsafe { (header.vtable.schedule)(task, Reason::Wake) };
    }
}

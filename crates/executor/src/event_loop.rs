//! # The event loop of the articles: one thread, one task at a time

use crate::context::EnterGuard;
use crate::executor::{BlockOn, Executor};
use crate::handle::Handle;
use crate::shutdown::ShutdownReport;
use crate::task::JoinHandle;
use std::io;
use std::marker::PhantomData;
use std::panic::Location;
use std::rc::Rc;
use std::time::Duration;

/// A single-threaded executor that does not leave its thread, so that its tasks need not be `Send`.
///
/// One queue of events, first in, first out. What asyncio and JavaScript call the event loop.
///
/// ```
/// use filch_executor::{EventLoop, spawn};
///
/// let event_loop = EventLoop::new().unwrap();
/// event_loop.block_on(async {
///     let task = spawn(async { println!("second") });
///     println!("first: a task does not start before its spawner waits");
///     task.await.unwrap();
/// });
/// ```
#[derive(Debug)]
pub struct EventLoop {
    executor: Executor,
    stays_on_thread: PhantomData<Rc<()>>,
}

impl EventLoop {
    /// A loop without drivers: tasks, no timers, no sockets.
    ///
    /// ```
    /// let event_loop = filch_executor::EventLoop::new()?;
    /// assert_eq!(event_loop.block_on(async { 7 }), 7);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// None today; the operating system may refuse what a loop needs.
    pub fn new() -> io::Result<Self> {
        crate::Builder::new_current_thread().build_event_loop()
    }

    pub(crate) fn from_executor(executor: Executor) -> Self {
        Self { executor, stays_on_thread: PhantomData }
    }

    /// Runs `future` and the loop's tasks on this thread until `future` ends.
    ///
    /// Every task that was runnable by then gets its turn once more. The others wait for the next call,
    /// or are cancelled when the loop is dropped: their destructors run, their next line does not.
    ///
    /// ```
    /// # let event_loop = filch_executor::EventLoop::new().unwrap();
    /// let task = event_loop.spawn_local(async { 7 });
    /// assert_eq!(event_loop.block_on(async { task.await.unwrap() + 1 }), 8);
    /// ```
    ///
    /// # Panics
    /// On a thread that runs tasks already.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.executor.block_on(future)
    }

    /// Spawns a task, which need not be `Send`; it starts when the loop comes to it.
    ///
    /// ```
    /// # use filch_executor::EventLoop;
    /// use std::rc::Rc;
    /// let event_loop = EventLoop::new().unwrap();
    /// let shared = Rc::new(3);
    /// let task = event_loop.spawn_local(async move { *shared });
    /// assert_eq!(event_loop.block_on(task).unwrap(), 3);
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.handle()
            .spawn_local(future, Location::caller())
            .expect("an `EventLoop` does not leave the thread that it was made on")
    }

    /// As [`Executor::shutdown`]: cancels every task, and waits for at most `deadline` until blocking calls
    /// that have begun are over.
    ///
    /// ```
    /// # use filch_executor::EventLoop;
    /// # use std::time::Duration;
    /// let event_loop = EventLoop::new()?;
    /// let task = event_loop.spawn_local(std::future::pending::<()>());
    /// let report = event_loop.shutdown(Duration::from_secs(1));
    /// assert_eq!(report.cancelled()[0].id(), task.id());
    /// assert!(report.is_clean());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn shutdown(self, deadline: Duration) -> ShutdownReport {
        self.executor.shutdown(deadline)
    }

    /// A handle to it, for other threads too: they may spawn what is `Send`.
    ///
    /// ```
    /// # let event_loop = filch_executor::EventLoop::new().unwrap();
    /// let handle = event_loop.handle().clone();
    /// let task = std::thread::spawn(move || handle.spawn(async { 5 })).join().unwrap();
    /// assert_eq!(event_loop.block_on(task).unwrap(), 5);
    /// ```
    pub fn handle(&self) -> &Handle {
        self.executor.handle()
    }

    /// Makes the loop current on this thread until the guard is dropped.
    ///
    /// ```
    /// # let event_loop = filch_executor::EventLoop::new().unwrap();
    /// let _entered = event_loop.enter();
    /// let task = filch_executor::spawn(async { 5 });
    /// assert_eq!(event_loop.block_on(task).unwrap(), 5);
    /// ```
    pub fn enter(&self) -> EnterGuard<'_> {
        self.executor.enter()
    }
}

impl BlockOn for EventLoop {
    #[track_caller]
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        EventLoop::block_on(self, future)
    }
}

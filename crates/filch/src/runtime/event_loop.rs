//! # The event loop of asyncio and JavaScript, with timers and sockets

use super::drivers::Drivers;
use super::{Builder, EnterGuard, Handle, RuntimeMetrics, ShutdownReport};
use crate::record::Recorder;
use crate::task::JoinHandle;
use crate::time::{self, CallbackHandle, Calls, Duration, Instant};
use filch_executor::BlockOn;
use std::io;
use std::sync::Arc;

/// One thread, one queue of events, first in, first out: the single-threaded flavour.
///
/// It does not leave its thread, so its tasks need not be `Send`.
///
/// ```
/// use filch::runtime::EventLoop;
/// use filch::time::{Duration, sleep};
///
/// EventLoop::new()?.block_on(async {
///     let fetch = filch::spawn(async {
///         sleep(Duration::from_millis(10)).await;
///         "data"
///     });
///     println!("this comes first");
///     assert_eq!(fetch.await.unwrap(), "data");
/// });
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct EventLoop {
    // The order of the fields is the order of their end.
    executor: Option<filch_executor::EventLoop>,
    handle: Handle,
}

impl EventLoop {
    /// A loop with timers and sockets.
    ///
    /// ```
    /// let event_loop = filch::runtime::EventLoop::new()?;
    /// assert_eq!(event_loop.block_on(async { 7 }), 7);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// If the operating system refuses a descriptor.
    pub fn new() -> io::Result<Self> {
        Builder::new_current_thread().build_event_loop()
    }

    pub(super) fn from_parts(executor: filch_executor::EventLoop, drivers: Arc<Drivers>) -> Self {
        let handle = Handle::new(executor.handle().clone(), drivers);
        Self { executor: Some(executor), handle }
    }

    fn executor(&self) -> &filch_executor::EventLoop {
        self.executor.as_ref().expect("the executor goes only with the loop")
    }

    /// Runs `future` and the loop's tasks on this thread until `future` ends.
    ///
    /// Every task that was runnable by then gets its turn once more. The others wait for the next call,
    /// or are cancelled when the loop is dropped: their destructors run, their next line does not.
    /// `asyncio.run(main())` is `EventLoop::new()?.block_on(main())`.
    ///
    /// ```
    /// # let event_loop = filch::runtime::EventLoop::new()?;
    /// let task = event_loop.spawn_local(async { 7 });
    /// assert_eq!(event_loop.block_on(async { task.await.unwrap() + 1 }), 8);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// On a thread that runs tasks already.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _entered = self.handle.enter();
        self.executor().block_on(future)
    }

    /// Spawns a task, which need not be `Send`; it starts when the loop comes to it.
    ///
    /// ```
    /// use std::rc::Rc;
    ///
    /// let event_loop = filch::runtime::EventLoop::new()?;
    /// let shared = Rc::new(3);
    /// let task = event_loop.spawn_local(async move { *shared });
    /// assert_eq!(event_loop.block_on(task)?, 3);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.executor().spawn_local(future)
    }

    /// Spawns a task that is `Send`, as [`Handle::spawn`].
    ///
    /// ```
    /// # let event_loop = filch::runtime::EventLoop::new()?;
    /// let task = event_loop.spawn(async { 7 });
    /// assert_eq!(event_loop.block_on(task)?, 7);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// Calls `callback` when the loop comes to it, after what is in the queue already: asyncio's `call_soon`.
    ///
    /// It need not be `Send`, and must not block. Like a task it waits for [`block_on`](Self::block_on). A
    /// panic of the callback ends it alone, and is reported like that of a task whose handle is gone.
    ///
    /// ```
    /// use std::{cell::RefCell, rc::Rc};
    ///
    /// let event_loop = filch::runtime::EventLoop::new()?;
    /// let words = Rc::new(RefCell::new(Vec::new()));
    /// for word in ["first", "second"] {
    ///     let words = words.clone();
    ///     event_loop.call_soon(move || words.borrow_mut().push(word));
    /// }
    /// event_loop.block_on(async { filch::task::yield_now().await });
    /// assert_eq!(*words.borrow(), ["first", "second"]);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn call_soon(&self, callback: impl FnOnce() + 'static) -> CallbackHandle {
        let calls = Calls::new();
        let ours = calls.clone();
        let call = async move {
            ours.call(callback);
        };
        CallbackHandle::new(self.spawn_local(call), calls)
    }

    /// Calls `callback` after `delay`: asyncio's `call_later`. For the rest see [`call_soon`](Self::call_soon).
    ///
    /// ```
    /// use filch::time::{Duration, sleep};
    ///
    /// let event_loop = filch::runtime::EventLoop::new()?;
    /// event_loop.call_later(Duration::from_millis(1), || println!("a millisecond later"));
    /// event_loop.block_on(async { sleep(Duration::from_millis(5)).await });
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn call_later(&self, delay: Duration, callback: impl FnOnce() + 'static) -> CallbackHandle {
        let _entered = self.enter();
        self.call_at(time::after(delay), callback)
    }

    /// Calls `callback` at `deadline`: asyncio's `call_at`. For the rest see [`call_soon`](Self::call_soon).
    ///
    /// Callbacks are called in the order of their deadlines.
    ///
    /// ```
    /// use filch::time::{Duration, Instant, sleep};
    ///
    /// let event_loop = filch::runtime::EventLoop::new()?;
    /// let deadline = Instant::now() + Duration::from_millis(1);
    /// event_loop.call_at(deadline, move || assert!(Instant::now() >= deadline));
    /// event_loop.block_on(async { sleep(Duration::from_millis(5)).await });
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn call_at(&self, deadline: Instant, callback: impl FnOnce() + 'static) -> CallbackHandle {
        let _entered = self.enter();
        let calls = Calls::new();
        CallbackHandle::new(
            self.spawn_local(time::call_at(deadline, calls.clone(), callback)),
            calls,
        )
    }

    /// As [`Handle::enter`].
    ///
    /// ```
    /// # let event_loop = filch::runtime::EventLoop::new()?;
    /// let _entered = event_loop.enter();
    /// let task = filch::spawn(async { 7 });
    /// assert_eq!(event_loop.block_on(task)?, 7);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// A handle to it, for other threads too: they may spawn what is `Send`.
    ///
    /// ```
    /// # let event_loop = filch::runtime::EventLoop::new()?;
    /// let handle = event_loop.handle().clone();
    /// let task = std::thread::spawn(move || handle.spawn(async { 5 })).join().unwrap();
    /// assert_eq!(event_loop.block_on(task)?, 5);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// As [`Handle::recorder`].
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let event_loop = Builder::new_current_thread().record(1000).build_event_loop()?;
    /// let recorder = event_loop.recorder().unwrap();
    /// recorder.start();
    /// event_loop.block_on(event_loop.spawn(async {}))?;
    /// assert_eq!(recorder.stop().tasks().len(), 1);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn recorder(&self) -> Option<Recorder> {
        self.handle.recorder()
    }

    /// Cancels every task, and waits for at most `deadline` until blocking calls that have begun are over; says
    /// what ended by itself, what was cancelled, and what does not stop. Destructors run on this thread, and are
    /// waited for however long they take.
    ///
    /// ```
    /// use filch::runtime::EventLoop;
    /// use filch::time::Duration;
    ///
    /// let event_loop = EventLoop::new()?;
    /// let task = event_loop.spawn_local(std::future::pending::<()>());
    /// let report = event_loop.shutdown(Duration::from_secs(1));
    /// assert_eq!(report.cancelled()[0].id(), task.id());
    /// assert!(report.is_clean());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn shutdown(mut self, deadline: Duration) -> ShutdownReport {
        let executor = self.executor.take().expect("the executor goes only with the loop");
        // Entered, so that destructors of tasks find their runtime.
        let _entered = self.handle.enter();
        executor.shutdown(deadline)
    }

    /// What can be measured of it.
    ///
    /// ```
    /// # let event_loop = filch::runtime::EventLoop::new()?;
    /// let _task = event_loop.spawn_local(std::future::pending::<()>());
    /// assert_eq!(event_loop.metrics().num_alive_tasks(), 1);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn metrics(&self) -> RuntimeMetrics {
        self.handle.metrics()
    }
}

impl BlockOn for EventLoop {
    #[track_caller]
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        EventLoop::block_on(self, future)
    }
}

impl Drop for EventLoop {
    fn drop(&mut self) {
        // Entered, so that destructors of tasks find their runtime.
        let _entered = self.handle.enter();
        drop(self.executor.take());
    }
}

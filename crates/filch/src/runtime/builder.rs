//! # What can be chosen of a runtime

use super::drivers::Drivers;
use super::{EventLoop, Runtime, TaskPanic};
use filch_executor::Park;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Builds a [`Runtime`] or an [`EventLoop`]; the defaults need no choosing.
///
/// ```
/// use filch::runtime::Builder;
///
/// let runtime = Builder::new_multi_thread()
///     .worker_threads(2)
///     .thread_name("my-worker")
///     .enable_all()
///     .build()?;
/// # drop(runtime);
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone)]
pub struct Builder {
    executor: filch_executor::Builder,
}

impl Builder {
    /// Workers that steal from each other, one per core unless chosen otherwise.
    pub fn new_multi_thread() -> Self {
        Self {
            executor: filch_executor::Builder::new_multi_thread(),
        }
    }

    /// One thread: the one that calls `block_on`.
    pub fn new_current_thread() -> Self {
        Self {
            executor: filch_executor::Builder::new_current_thread(),
        }
    }

    /// For programs that come from tokio: timers and sockets are always enabled.
    pub fn enable_all(&mut self) -> &mut Self {
        self
    }

    /// For programs that come from tokio: sockets are always enabled.
    pub fn enable_io(&mut self) -> &mut Self {
        self
    }

    /// For programs that come from tokio: timers are always enabled.
    pub fn enable_time(&mut self) -> &mut Self {
        self
    }

    /// How many workers. The default is the environment variable `FILCH_WORKER_THREADS` where it is set,
    /// and otherwise what the operating system grants the process, quotas included.
    /// No effect on a single-threaded runtime.
    ///
    /// # Panics
    /// [`build`](Self::build) panics if it is 0 or more than 1023.
    pub fn worker_threads(&mut self, count: usize) -> &mut Self {
        self.executor.worker_threads(count);
        self
    }

    /// At most so many threads for blocking calls; 512 unless chosen otherwise. More calls queue.
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub fn max_blocking_threads(&mut self, count: usize) -> &mut Self {
        self.executor.max_blocking_threads(count);
        self
    }

    /// For how long a thread for blocking calls stays without work; 10 s unless chosen otherwise.
    pub fn thread_keep_alive(&mut self, duration: Duration) -> &mut Self {
        self.executor.thread_keep_alive(duration);
        self
    }

    /// The name of the threads; `filch-worker` unless chosen otherwise.
    pub fn thread_name(&mut self, name: impl Into<String>) -> &mut Self {
        self.executor.thread_name(name);
        self
    }

    /// A name for each thread that is started.
    pub fn thread_name_fn<F>(&mut self, name: F) -> &mut Self
    where
        F: Fn() -> String + Send + Sync + 'static,
    {
        self.executor.thread_name_fn(name);
        self
    }

    /// The stack of each thread, in bytes; what std takes unless chosen otherwise.
    pub fn thread_stack_size(&mut self, bytes: usize) -> &mut Self {
        self.executor.thread_stack_size(bytes);
        self
    }

    /// Called on each thread of the runtime before it does anything else.
    pub fn on_thread_start<F>(&mut self, hook: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.executor.on_thread_start(hook);
        self
    }

    /// Called on each thread of the runtime as the last thing it does.
    pub fn on_thread_stop<F>(&mut self, hook: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.executor.on_thread_stop(hook);
        self
    }

    /// Called when a task panics and its `JoinHandle` is gone, so that nobody else will hear of it.
    ///
    /// ```
    /// let runtime = filch::runtime::Builder::new_multi_thread()
    ///     .on_detached_panic(|panic| eprintln!("lost: {panic}"))
    ///     .build()?;
    /// # drop(runtime);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn on_detached_panic<F>(&mut self, hook: F) -> &mut Self
    where
        F: Fn(&TaskPanic) + Send + Sync + 'static,
    {
        self.executor.on_detached_panic(hook);
        self
    }

    /// Seeds the choices that are left to chance: which victim a thief asks first.
    pub fn seed(&mut self, seed: u64) -> &mut Self {
        self.executor.seed(seed);
        self
    }

    /// Builds the runtime and starts its workers.
    ///
    /// # Errors
    /// If the operating system refuses a thread or a descriptor; nothing is left behind then.
    ///
    /// # Panics
    /// If `worker_threads`, or the environment variable in its place, is 0, more than 1023, or no number.
    #[track_caller]
    pub fn build(&mut self) -> io::Result<Runtime> {
        let (mut executor, drivers) = self.connect()?;
        Ok(Runtime::from_parts(executor.build()?, drivers))
    }

    /// Builds a single-threaded runtime that stays on this thread, whatever the builder was made for.
    ///
    /// # Errors
    /// If the operating system refuses a descriptor.
    pub fn build_event_loop(&mut self) -> io::Result<EventLoop> {
        let (mut executor, drivers) = self.connect()?;
        Ok(EventLoop::from_parts(executor.build_event_loop()?, drivers))
    }

    /// An executor to be, with drivers to wait in that are current on each of its threads.
    fn connect(&self) -> io::Result<(filch_executor::Builder, Arc<Drivers>)> {
        let drivers = Drivers::new(self.executor.workers())?;
        let on_threads = Arc::clone(&drivers);
        let mut executor = self.executor.clone();
        executor.park(Arc::clone(&drivers) as Arc<dyn Park>);
        executor.around_thread(move |kind, run| {
            let _entered = on_threads.enter_thread(kind);
            run();
        });
        Ok((executor, drivers))
    }
}

//! # What can be chosen of a runtime

use super::drivers::{Drivers, TimeConfig};
use super::{EventLoop, PoolConfig, Runtime, TaskPanic};
use filch_executor::{Flavor, LongPoll, Park};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Builds a [`Runtime`] or an [`EventLoop`]; the defaults need no choosing.
///
/// Hooks live as long as a handle does. One that owns a [`Handle`](super::Handle) of its own runtime keeps itself and the
/// runtime's queues in memory for ever; tasks and threads end all the same.
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
    time: TimeConfig,
}

impl Builder {
    /// Workers that steal from each other, one per core unless chosen otherwise.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let runtime = Builder::new_multi_thread().worker_threads(2).build()?;
    /// assert_eq!(runtime.metrics().num_workers(), 2);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new_multi_thread() -> Self {
        Self { executor: filch_executor::Builder::new_multi_thread(), time: TimeConfig::default() }
    }

    /// One thread: the one that calls `block_on`.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let runtime = Builder::new_current_thread().build()?;
    /// assert_eq!(runtime.block_on(async { 7 }), 7);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new_current_thread() -> Self {
        Self {
            executor: filch_executor::Builder::new_current_thread(),
            time: TimeConfig::default(),
        }
    }

    /// For programs that come from tokio: timers and sockets are always enabled.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let runtime = Builder::new_current_thread().enable_all().build()?;
    /// assert_eq!(runtime.block_on(async { 7 }), 7);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn enable_all(&mut self) -> &mut Self {
        self
    }

    /// For programs that come from tokio: sockets are always enabled.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let runtime = Builder::new_current_thread().enable_io().build()?;
    /// assert_eq!(runtime.block_on(async { 7 }), 7);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn enable_io(&mut self) -> &mut Self {
        self
    }

    /// For programs that come from tokio: timers are always enabled.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let runtime = Builder::new_current_thread().enable_time().build()?;
    /// assert_eq!(runtime.block_on(async { 7 }), 7);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn enable_time(&mut self) -> &mut Self {
        self
    }

    /// How many workers. The default is the environment variable `FILCH_WORKER_THREADS` where it is set,
    /// and otherwise what the operating system grants the process, quotas included.
    /// No effect on a single-threaded runtime.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let runtime = Builder::new_multi_thread().worker_threads(3).build()?;
    /// assert_eq!(runtime.metrics().num_workers(), 3);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// [`build`](Self::build) panics if it is 0 or more than 1023.
    pub fn worker_threads(&mut self, count: usize) -> &mut Self {
        self.executor.worker_threads(count);
        self
    }

    /// To how many workers [`set_workers`](super::Runtime::set_workers) can go. The default is the number of workers
    /// that the runtime begins with, or what the operating system grants the process, whichever is more.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let runtime = Builder::new_multi_thread().worker_threads(1).max_workers(4).build()?;
    /// runtime.set_workers(4)?;
    /// assert_eq!(runtime.metrics().num_workers(), 4);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn max_workers(&mut self, count: usize) -> &mut Self {
        self.executor.max_workers(count);
        self
    }

    /// How many spare workers there may be at once, each for a time in which all others are stuck in polls of more
    /// than 10 ms; as many as there are workers at the beginning, unless chosen otherwise. With 0, tasks, timers and
    /// sockets wait while all workers are stuck. No effect on a single-threaded runtime.
    ///
    /// A spare runs on a thread of the pool for blocking calls, on top of their number.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// # use filch::time::{Duration, sleep};
    /// let runtime = Builder::new_multi_thread().worker_threads(1).build()?;
    /// let (end, ended) = std::sync::mpsc::channel();
    /// let stuck = runtime.spawn(async move { ended.recv() }); // blocks
    /// runtime.spawn(async move {
    ///     sleep(Duration::from_millis(1)).await;
    ///     end.send("timers go on")
    /// });
    /// assert_eq!(runtime.block_on(stuck)?, Ok("timers go on"));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn spare_workers(&mut self, count: usize) -> &mut Self {
        self.executor.spare_workers(count);
        self
    }

    /// Polls that take longer than this are [reported](Self::on_long_poll) and
    /// [counted](super::RuntimeMetrics::long_polls); 10 ms unless chosen otherwise, `None` for never. Looked for about
    /// once per threshold, and not more often than once per millisecond.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// # use filch::time::Duration;
    /// let runtime =
    ///     Builder::new_multi_thread().long_poll_threshold(Duration::from_millis(100)).build()?;
    /// # drop(runtime);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn long_poll_threshold(&mut self, threshold: impl Into<Option<Duration>>) -> &mut Self {
        self.executor.long_poll_threshold(threshold);
        self
    }

    /// Called when a task is found in a poll that is longer than the [threshold](Self::long_poll_threshold), once for
    /// that poll, while it goes on. It must not block: the next report waits.
    ///
    /// A single-threaded runtime calls it on its own thread, when the poll is over, and only measures if there is a
    /// hook. The future of `block_on` is no task.
    ///
    /// ```
    /// let runtime = filch::runtime::Builder::new_multi_thread()
    ///     .on_long_poll(|poll| eprintln!("{poll}"))
    ///     .build()?;
    /// # drop(runtime);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn on_long_poll<F>(&mut self, hook: F) -> &mut Self
    where
        F: Fn(&LongPoll) + Send + Sync + 'static,
    {
        self.executor.on_long_poll(hook);
        self
    }

    /// At most so many threads for blocking calls; 512 unless chosen otherwise. More calls queue.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let runtime = Builder::new_current_thread().max_blocking_threads(1).build()?;
    /// let (first, second) = (runtime.spawn_blocking(|| 1), runtime.spawn_blocking(|| 2));
    /// assert_eq!(runtime.metrics().num_blocking_threads(), 1);
    /// assert_eq!(runtime.block_on(async { first.await.unwrap() + second.await.unwrap() }), 3);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub fn max_blocking_threads(&mut self, count: usize) -> &mut Self {
        self.executor.max_blocking_threads(count);
        self
    }

    /// At most so many blocking calls that wait for a thread; any number unless chosen otherwise.
    ///
    /// When it is reached, `spawn_blocking` panics: a call is never skipped in silence, and this thread must
    /// not wait; operations on files are errors then. Where it may be reached, use
    /// [`BlockingPool::submit`](super::BlockingPool::submit), which waits for room.
    ///
    /// ```
    /// # use filch::runtime::{BlockingPool, Builder};
    /// let runtime =
    ///     Builder::new_current_thread().max_blocking_threads(1).max_blocking_queue(1).build()?;
    /// let pool = runtime.handle().blocking_pool(BlockingPool::DEFAULT).unwrap();
    /// let sum = runtime.block_on(async {
    ///     let mut calls = Vec::new();
    ///     for n in 0..10 {
    ///         calls.push(pool.submit(move || n).await?);
    ///     }
    ///     let mut sum = 0;
    ///     for call in calls {
    ///         sum += call.await?;
    ///     }
    ///     std::io::Result::Ok(sum)
    /// })?;
    /// assert_eq!(sum, 45);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn max_blocking_queue(&mut self, count: usize) -> &mut Self {
        self.executor.max_blocking_queue(count);
        self
    }

    /// Adds a pool of threads for blocking calls, beside the one that there always is; see
    /// [`BlockingPool`](super::BlockingPool). Its threads bear its name.
    ///
    /// ```
    /// use filch::runtime::{Builder, PoolConfig};
    ///
    /// let runtime = Builder::new_multi_thread()
    ///     .blocking_pool("cpu", PoolConfig::new().max_threads(2))
    ///     .build()?;
    /// let pool = runtime.handle().blocking_pool("cpu").unwrap();
    /// assert_eq!(runtime.block_on(pool.spawn(|| 6 * 7))?, 42);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If there is one of that name, or the name has a zero byte in it.
    #[track_caller]
    pub fn blocking_pool(&mut self, name: impl Into<String>, config: PoolConfig) -> &mut Self {
        self.executor.blocking_pool(name, config);
        self
    }

    /// For how long a thread for blocking calls stays without work; 10 s unless chosen otherwise.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// # use filch::time::Duration;
    /// let runtime = Builder::new_current_thread().thread_keep_alive(Duration::from_secs(60)).build()?;
    /// # runtime.block_on(runtime.spawn_blocking(|| ()))?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn thread_keep_alive(&mut self, duration: Duration) -> &mut Self {
        self.executor.thread_keep_alive(duration);
        self
    }

    /// The name of the threads; `filch-worker` unless chosen otherwise.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let runtime = Builder::new_current_thread().thread_name("my-io").build()?;
    /// let name = runtime.spawn_blocking(|| std::thread::current().name().map(str::to_owned));
    /// assert_eq!(runtime.block_on(name)?.as_deref(), Some("my-io"));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn thread_name(&mut self, name: impl Into<String>) -> &mut Self {
        self.executor.thread_name(name);
        self
    }

    /// A name for each thread that is started.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    ///
    /// let number = AtomicUsize::new(0);
    /// let runtime = Builder::new_multi_thread()
    ///     .worker_threads(2)
    ///     .thread_name_fn(move || format!("my-worker-{}", number.fetch_add(1, Relaxed)))
    ///     .build()?;
    /// # drop(runtime);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn thread_name_fn<F>(&mut self, name: F) -> &mut Self
    where
        F: Fn() -> String + Send + Sync + 'static,
    {
        self.executor.thread_name_fn(name);
        self
    }

    /// The stack of each thread, in bytes; what std takes unless chosen otherwise.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let runtime = Builder::new_current_thread().thread_stack_size(16 << 20).build()?;
    /// let large = runtime.spawn_blocking(|| [7_u8; 8 << 20].len());
    /// assert_eq!(runtime.block_on(large)?, 8 << 20);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn thread_stack_size(&mut self, bytes: usize) -> &mut Self {
        self.executor.thread_stack_size(bytes);
        self
    }

    /// Called on each thread of the runtime before it does anything else.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let (tell, told) = std::sync::mpsc::channel();
    /// let runtime = Builder::new_multi_thread()
    ///     .worker_threads(1)
    ///     .on_thread_start(move || tell.send("a worker starts").unwrap())
    ///     .build()?;
    /// assert_eq!(told.recv().unwrap(), "a worker starts");
    /// # drop(runtime);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn on_thread_start<F>(&mut self, hook: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.executor.on_thread_start(hook);
        self
    }

    /// Called on each thread of the runtime as the last thing it does.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let (tell, told) = std::sync::mpsc::channel();
    /// let runtime = Builder::new_multi_thread()
    ///     .worker_threads(1)
    ///     .on_thread_stop(move || tell.send("a worker stops").unwrap())
    ///     .build()?;
    /// drop(runtime);
    /// assert_eq!(told.recv().unwrap(), "a worker stops");
    /// # std::io::Result::Ok(())
    /// ```
    pub fn on_thread_stop<F>(&mut self, hook: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.executor.on_thread_stop(hook);
        self
    }

    /// Called when a task panics and its `JoinHandle` is gone, so that nobody else will hear of it. Children of a scope or a
    /// `TaskGroup` tell these of their panics, and promises keep theirs: nobody is called for them.
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

    /// Called when the operating system refuses a thread for blocking calls, with the name of the pool and
    /// the reason. The pool goes on with the threads it has; if it has none, whoever called gets an error. It
    /// is called for the first of several refusals in a row;
    /// [`BlockingPool::refused_threads`](super::BlockingPool::refused_threads) counts them all.
    ///
    /// ```
    /// let runtime = filch::runtime::Builder::new_multi_thread()
    ///     .on_thread_refused(|pool, error| eprintln!("{pool} goes on with fewer threads: {error}"))
    ///     .build()?;
    /// # drop(runtime);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn on_thread_refused<F>(&mut self, hook: F) -> &mut Self
    where
        F: Fn(&str, &io::Error) + Send + Sync + 'static,
    {
        self.executor.on_thread_refused(hook);
        self
    }

    /// How long after a timer fired the next may have to wait, so that several share a wake-up; 50 us
    /// unless chosen otherwise, as for the threads of Linux. Twice that after several have fired at once.
    ///
    /// Without timers close behind each other it makes no difference. Zero is the most precise, and a wake-up
    /// for every 33 us in which a timer is due.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// # use filch::time::{Duration, sleep};
    /// let runtime = Builder::new_multi_thread().timer_slack(Duration::from_millis(1)).build()?;
    /// runtime.block_on(async { sleep(Duration::from_millis(1)).await });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn timer_slack(&mut self, slack: Duration) -> &mut Self {
        self.time.slack = Some(slack);
        self
    }

    /// Whether the runtime's clock is paused from the start, as by [`time::pause`](crate::time::pause); for
    /// tests, on both flavours.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// use filch::time::{Duration, Instant, sleep};
    ///
    /// let runtime = Builder::new_multi_thread().start_paused(true).build()?;
    /// runtime.block_on(async {
    ///     let start = Instant::now();
    ///     sleep(Duration::from_secs(3600)).await; // takes no time
    ///     assert_eq!(start.elapsed(), Duration::from_secs(3600));
    /// });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn start_paused(&mut self, start_paused: bool) -> &mut Self {
        self.time.start_paused = start_paused;
        self
    }

    /// Seeds the choices that are left to chance: which victim a thief asks first.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let runtime = Builder::new_multi_thread().worker_threads(2).seed(42).build()?;
    /// # drop(runtime);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn seed(&mut self, seed: u64) -> &mut Self {
        self.executor.seed(seed);
        self
    }

    /// Prepares a [recorder](crate::record) that keeps the last `events_per_thread` events of each thread, or about so
    /// many, in 8 bytes each, of which an event takes one or two. 0, the default, prepares none.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let runtime = Builder::new_multi_thread().worker_threads(1).record(10_000).build()?;
    /// let recorder = runtime.recorder().unwrap();
    /// recorder.start();
    /// runtime.block_on(runtime.spawn(async {}))?;
    /// assert_eq!(recorder.stop().tasks().len(), 1);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn record(&mut self, events_per_thread: usize) -> &mut Self {
        self.executor.record(events_per_thread);
        self
    }

    /// Builds the runtime and starts its workers.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let runtime = Builder::new_multi_thread().worker_threads(1).build()?;
    /// assert_eq!(runtime.block_on(runtime.spawn(async { 7 }))?, 7);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// If the operating system refuses a thread or a descriptor; nothing is left behind then.
    ///
    /// # Panics
    /// If `worker_threads`, or the environment variable in its place, is 0, more than 1023, or no number.
    #[track_caller]
    pub fn build(&mut self) -> io::Result<Runtime> {
        let (mut executor, drivers) = self.connect(self.executor.flavor())?;
        Ok(Runtime::from_parts(executor.build()?, drivers))
    }

    /// Builds a single-threaded runtime that stays on this thread, whatever the builder was made for.
    ///
    /// ```
    /// # use filch::runtime::Builder;
    /// let event_loop = Builder::new_current_thread().max_blocking_threads(4).build_event_loop()?;
    /// assert_eq!(event_loop.block_on(async { 7 }), 7);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// If the operating system refuses a descriptor.
    pub fn build_event_loop(&mut self) -> io::Result<EventLoop> {
        let (mut executor, drivers) = self.connect(Flavor::CurrentThread)?;
        Ok(EventLoop::from_parts(executor.build_event_loop()?, drivers))
    }

    /// An executor to be, with drivers to wait in that are current on each of its threads.
    fn connect(&self, flavor: Flavor) -> io::Result<(filch_executor::Builder, Arc<Drivers>)> {
        let has_sentinel = flavor == Flavor::MultiThread;
        let drivers = Drivers::new(self.executor.workers(), has_sentinel, &self.time)?;
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

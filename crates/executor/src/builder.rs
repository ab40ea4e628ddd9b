//! # What can be chosen, with defaults that need no choosing

use crate::blocking::{BlockingPool, PoolConfig, Pools, assert_can_name_threads};
use crate::config::{Config, ThreadKind};
use crate::event_loop::EventLoop;
use crate::executor::Executor;
use crate::handle::{Flavor, Handle};
use crate::idle::MAX_WORKERS;
use crate::long_poll::LongPoll;
use crate::loop_scheduler::LoopScheduler;
use crate::park::{CondvarPark, Park};
use crate::record::{self, LaneKind};
use crate::scheduler::Scheduler;
use crate::sentinel;
use crate::task::TaskPanic;
use crate::worker;
use filch_primitives::thread;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Sets the number of workers from outside the program.
const WORKER_THREADS: &str = "FILCH_WORKER_THREADS";

/// Builds an [`Executor`].
///
/// Hooks live as long as a handle does. One that owns a [`Handle`](crate::Handle) of its own executor keeps itself and the
/// executor's queues in memory for ever; tasks and threads end all the same.
///
/// ```
/// let executor = filch_executor::Builder::new_multi_thread()
///     .worker_threads(2)
///     .thread_name("my-worker")
///     .build()?;
/// assert_eq!(executor.handle().workers(), 2);
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone)]
pub struct Builder {
    flavor: Flavor,
    workers: Option<usize>,
    max_workers: Option<usize>,
    spares: Option<usize>,
    park: Option<Arc<dyn Park>>,
    config: Config,
    /// How many events are recorded of each thread; 0: there is no recorder.
    recorded_events: usize,
    pools: Vec<(String, PoolConfig)>,
}

impl Builder {
    /// Workers that steal from each other, one per core unless chosen otherwise.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// let executor = Builder::new_multi_thread().worker_threads(2).build()?;
    /// assert_eq!(executor.handle().workers(), 2);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new_multi_thread() -> Self {
        Self::new(Flavor::MultiThread)
    }

    /// One thread, one queue, first in, first out.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// let executor = Builder::new_current_thread().build()?;
    /// assert_eq!(executor.block_on(async { 7 }), 7);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new_current_thread() -> Self {
        Self::new(Flavor::CurrentThread)
    }

    fn new(flavor: Flavor) -> Self {
        Self {
            flavor,
            workers: None,
            max_workers: None,
            spares: None,
            park: None,
            config: Config {
                thread_name: Arc::new(|| "filch-worker".to_owned()),
                stack_size: None,
                around_thread: Arc::new(|_kind, run| run()),
                on_thread_start: None,
                on_thread_stop: None,
                on_detached_panic: None,
                on_long_poll: None,
                long_poll_threshold: Some(Duration::from_millis(10)),
                on_thread_refused: None,
                max_blocking_threads: 512,
                max_blocking_queue: usize::MAX,
                thread_keep_alive: Duration::from_secs(10),
                seed: 0x05ee_d0ff_11c4,
                recorder: None,
            },
            recorded_events: 0,
            pools: Vec::new(),
        }
    }

    /// How many workers. The default is the environment variable `FILCH_WORKER_THREADS` where it is set,
    /// and otherwise what the operating system grants the process, quotas included.
    /// No effect on a single-threaded executor.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// assert_eq!(Builder::new_multi_thread().worker_threads(3).workers(), 3);
    /// ```
    ///
    /// # Panics
    /// [`build`](Self::build) panics if it is 0 or more than 1023.
    pub fn worker_threads(&mut self, count: usize) -> &mut Self {
        self.workers = Some(count);
        self
    }

    /// To how many workers [`Handle::set_workers`] can go. The default is the number of workers that the executor
    /// begins with, or what the operating system grants the process, whichever is more.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// let executor = Builder::new_multi_thread().worker_threads(1).max_workers(4).build()?;
    /// executor.handle().set_workers(4)?;
    /// assert_eq!(executor.handle().workers(), 4);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn max_workers(&mut self, count: usize) -> &mut Self {
        self.max_workers = Some(count);
        self
    }

    /// How many spare workers there may be at once, each for a time in which all others are stuck in polls of more
    /// than 10 ms; as many as there are workers at the beginning, unless chosen otherwise. With 0, whatever waits
    /// behind workers that are all stuck waits until one comes back. No effect on a single-threaded executor.
    ///
    /// A spare runs on a thread of the pool for blocking calls, on top of their number.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// let executor = Builder::new_multi_thread().worker_threads(1).build()?;
    /// let (end, ended) = std::sync::mpsc::channel();
    /// let stuck = executor.spawn(async move { ended.recv() }); // blocks
    /// let other = executor.spawn(async move { end.send("a spare ran this") });
    /// executor.block_on(other).unwrap().unwrap();
    /// assert_eq!(executor.block_on(stuck).unwrap(), Ok("a spare ran this"));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn spare_workers(&mut self, count: usize) -> &mut Self {
        self.spares = Some(count);
        self
    }

    /// Polls that take longer than this are [reported](Self::on_long_poll) and [counted](Handle::long_polls); 10 ms
    /// unless chosen otherwise, `None` for never. Looked for about once per threshold, and not more often than once per
    /// millisecond.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// # use std::time::Duration;
    /// let executor =
    ///     Builder::new_multi_thread().long_poll_threshold(Duration::from_millis(100)).build()?;
    /// # drop(executor);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn long_poll_threshold(&mut self, threshold: impl Into<Option<Duration>>) -> &mut Self {
        self.config.long_poll_threshold = threshold.into();
        self
    }

    /// Called when a task is found in a poll that is longer than the [threshold](Self::long_poll_threshold), once for
    /// that poll, while it goes on. It must not block: the next report waits.
    ///
    /// A single-threaded executor calls it on its own thread, when the poll is over, and only measures if there is a
    /// hook. The future of `block_on` is no task.
    ///
    /// ```
    /// let executor = filch_executor::Builder::new_multi_thread()
    ///     .on_long_poll(|poll| eprintln!("{poll}"))
    ///     .build()?;
    /// # drop(executor);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn on_long_poll<F>(&mut self, hook: F) -> &mut Self
    where
        F: Fn(&LongPoll) + Send + Sync + 'static,
    {
        self.config.on_long_poll = Some(Arc::new(hook));
        self
    }

    /// At most so many threads for blocking calls; 512 unless chosen otherwise. More calls queue.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// let executor = Builder::new_current_thread().max_blocking_threads(1).build()?;
    /// let handle = executor.handle();
    /// let (first, second) = (handle.spawn_blocking(|| 1), handle.spawn_blocking(|| 2));
    /// assert_eq!(handle.blocking_threads(), 1);
    /// assert_eq!(executor.block_on(async { first.await.unwrap() + second.await.unwrap() }), 3);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub fn max_blocking_threads(&mut self, count: usize) -> &mut Self {
        assert!(count > 0, "blocking calls need at least one thread: `max_blocking_threads(0)`");
        self.config.max_blocking_threads = count;
        self
    }

    /// At most so many blocking calls that wait for a thread; any number unless chosen otherwise.
    ///
    /// When it is reached, `spawn_blocking` panics: a call is never skipped in silence, and this thread must
    /// not wait. Where it may be reached, use [`BlockingPool::submit`](crate::BlockingPool::submit), which
    /// waits for room, or [`Handle::try_spawn_blocking`](crate::Handle::try_spawn_blocking), which says that there is none.
    ///
    /// ```
    /// # use filch_executor::{BlockingPool, Builder};
    /// let executor =
    ///     Builder::new_current_thread().max_blocking_threads(1).max_blocking_queue(1).build()?;
    /// let (release, released) = std::sync::mpsc::channel::<()>();
    /// let occupied = executor.handle().spawn_blocking(move || released.recv());
    /// let queued = executor.handle().try_spawn_blocking(|| 1)?;
    /// assert!(executor.handle().try_spawn_blocking(|| 2).is_err());
    /// # drop((release, occupied));
    /// # executor.block_on(queued)?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn max_blocking_queue(&mut self, count: usize) -> &mut Self {
        self.config.max_blocking_queue = count;
        self
    }

    /// Adds a pool of threads for blocking calls, beside the one that there always is; see
    /// [`BlockingPool`](crate::BlockingPool). Its threads bear its name.
    ///
    /// ```
    /// # use filch_executor::{Builder, PoolConfig};
    /// let executor = Builder::new_current_thread()
    ///     .blocking_pool("cpu", PoolConfig::new().max_threads(2))
    ///     .build()?;
    /// let pool = executor.handle().blocking_pool("cpu").unwrap();
    /// assert_eq!(executor.block_on(pool.spawn(|| 6 * 7))?, 42);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If there is one of that name, or the name has a zero byte in it.
    #[track_caller]
    pub fn blocking_pool(&mut self, name: impl Into<String>, config: PoolConfig) -> &mut Self {
        let name = name.into();
        assert_can_name_threads(&name);
        let mut others = self.pools.iter().map(|(other, _)| other.as_str());
        let is_taken = name == BlockingPool::DEFAULT || others.any(|other| other == name);
        assert!(!is_taken, "there is a pool {name:?} already");
        self.pools.push((name, config));
        self
    }

    /// For how long a thread for blocking calls stays without work; 10 s unless chosen otherwise.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// # use std::time::Duration;
    /// let executor = Builder::new_current_thread().thread_keep_alive(Duration::from_secs(60)).build()?;
    /// # executor.block_on(executor.handle().spawn_blocking(|| ())).unwrap();
    /// # std::io::Result::Ok(())
    /// ```
    pub fn thread_keep_alive(&mut self, duration: Duration) -> &mut Self {
        self.config.thread_keep_alive = duration;
        self
    }

    /// The name of the threads; `filch-worker` unless chosen otherwise.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// let executor = Builder::new_current_thread().thread_name("my-io").build()?;
    /// let name = || std::thread::current().name().map(str::to_owned);
    /// let name = executor.block_on(executor.handle().spawn_blocking(name)).unwrap();
    /// assert_eq!(name.as_deref(), Some("my-io"));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn thread_name(&mut self, name: impl Into<String>) -> &mut Self {
        let name = name.into();
        self.thread_name_fn(move || name.clone())
    }

    /// A name for each thread that is started.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    ///
    /// let number = AtomicUsize::new(0);
    /// let executor = Builder::new_multi_thread()
    ///     .worker_threads(2)
    ///     .thread_name_fn(move || format!("my-worker-{}", number.fetch_add(1, Relaxed)))
    ///     .build()?;
    /// # assert_eq!(executor.block_on(async { 7 }), 7);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn thread_name_fn<F>(&mut self, name: F) -> &mut Self
    where
        F: Fn() -> String + Send + Sync + 'static,
    {
        self.config.thread_name = Arc::new(name);
        self
    }

    /// The stack of each thread, in bytes; what std takes unless chosen otherwise.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// let executor = Builder::new_current_thread().thread_stack_size(16 << 20).build()?;
    /// let large = executor.handle().spawn_blocking(|| [7_u8; 8 << 20].len());
    /// assert_eq!(executor.block_on(large).unwrap(), 8 << 20);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn thread_stack_size(&mut self, bytes: usize) -> &mut Self {
        self.config.stack_size = Some(bytes);
        self
    }

    /// Called on each thread of the executor before it does anything else.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// let (tell, told) = std::sync::mpsc::channel();
    /// let executor = Builder::new_multi_thread()
    ///     .worker_threads(1)
    ///     .on_thread_start(move || tell.send("a worker starts").unwrap())
    ///     .build()?;
    /// assert_eq!(told.recv().unwrap(), "a worker starts");
    /// # std::io::Result::Ok(())
    /// ```
    pub fn on_thread_start<F>(&mut self, hook: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.config.on_thread_start = Some(Arc::new(hook));
        self
    }

    /// Called on each thread of the executor as the last thing it does.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// let (tell, told) = std::sync::mpsc::channel();
    /// let executor = Builder::new_multi_thread()
    ///     .worker_threads(1)
    ///     .on_thread_stop(move || tell.send("a worker stops").unwrap())
    ///     .build()?;
    /// drop(executor);
    /// assert_eq!(told.recv().unwrap(), "a worker stops");
    /// # std::io::Result::Ok(())
    /// ```
    pub fn on_thread_stop<F>(&mut self, hook: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.config.on_thread_stop = Some(Arc::new(hook));
        self
    }

    /// Called when a task panics and its `JoinHandle` is gone, so that nobody else will hear of it.
    ///
    /// ```
    /// let executor = filch_executor::Builder::new_current_thread()
    ///     .on_detached_panic(|panic| eprintln!("lost: {panic}"))
    ///     .build()?;
    /// drop(executor.spawn(async { panic!("no milk") }));
    /// executor.block_on(filch_executor::yield_now());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn on_detached_panic<F>(&mut self, hook: F) -> &mut Self
    where
        F: Fn(&TaskPanic) + Send + Sync + 'static,
    {
        self.config.on_detached_panic = Some(Arc::new(hook));
        self
    }

    /// Called when the operating system refuses a thread for blocking calls, with the name of the pool and
    /// the reason. The pool goes on with the threads it has; if it has none, whoever called gets an error. It
    /// is called for the first of several refusals in a row;
    /// [`BlockingPool::refused_threads`](crate::BlockingPool::refused_threads) counts them all.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// let (tell, told) = std::sync::mpsc::channel();
    /// let executor = Builder::new_current_thread()
    ///     .thread_stack_size(1 << 60) // more than there is
    ///     .on_thread_refused(move |pool, error| tell.send(format!("{pool}: {error}")).unwrap())
    ///     .build()?;
    /// assert!(executor.handle().try_spawn_blocking(|| ()).is_err());
    /// assert!(told.recv().unwrap().starts_with("blocking: "));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn on_thread_refused<F>(&mut self, hook: F) -> &mut Self
    where
        F: Fn(&str, &io::Error) + Send + Sync + 'static,
    {
        self.config.on_thread_refused = Some(Arc::new(hook));
        self
    }

    /// Wraps the life of each thread of the executor: `around` must call the closure it is given, once.
    ///
    /// This is how a runtime on top makes its drivers current on every thread.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// let executor = Builder::new_multi_thread()
    ///     .worker_threads(1)
    ///     .around_thread(|kind, run| {
    ///         println!("{kind:?} begins");
    ///         run();
    ///         println!("{kind:?} ends");
    ///     })
    ///     .build()?;
    /// # assert_eq!(executor.block_on(async { 7 }), 7);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn around_thread<F>(&mut self, around: F) -> &mut Self
    where
        F: Fn(ThreadKind, &mut dyn FnMut()) + Send + Sync + 'static,
    {
        self.config.around_thread = Arc::new(around);
        self
    }

    /// Where idle workers wait, and from where events reach tasks; see [`Park`].
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// # use filch_executor::CondvarPark;
    /// # use std::sync::Arc;
    /// let executor = Builder::new_current_thread().park(Arc::new(CondvarPark::new())).build()?;
    /// assert_eq!(executor.block_on(async { 7 }), 7);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn park(&mut self, park: Arc<dyn Park>) -> &mut Self {
        self.park = Some(park);
        self
    }

    /// Seeds the choices that are left to chance: which victim a thief asks first.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// let executor = Builder::new_multi_thread().worker_threads(2).seed(42).build()?;
    /// # assert_eq!(executor.block_on(async { 7 }), 7);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn seed(&mut self, seed: u64) -> &mut Self {
        self.config.seed = seed;
        self
    }

    /// Prepares a [recorder](crate::record) that keeps the last `events_per_thread` events of each thread, or about so
    /// many, in 8 bytes each, of which an event takes one or two. 0, the default, prepares none.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// let executor = Builder::new_multi_thread().worker_threads(1).record(1000).build()?;
    /// let recorder = executor.handle().recorder().unwrap();
    /// recorder.start();
    /// executor.block_on(executor.spawn(async {})).unwrap();
    /// assert_eq!(recorder.stop().tasks().len(), 1);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn record(&mut self, events_per_thread: usize) -> &mut Self {
        self.recorded_events = events_per_thread;
        self
    }

    /// For which flavour it was made.
    ///
    /// ```
    /// # use filch_executor::{Builder, Flavor};
    /// assert_eq!(Builder::new_current_thread().flavor(), Flavor::CurrentThread);
    /// ```
    pub fn flavor(&self) -> Flavor {
        self.flavor
    }

    /// How many workers [`build`](Self::build) will start; 1 for a single-threaded executor.
    ///
    /// # Panics
    /// If the environment variable `FILCH_WORKER_THREADS` decides and is not a number.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// assert_eq!(Builder::new_multi_thread().worker_threads(3).workers(), 3);
    /// ```
    pub fn workers(&self) -> usize {
        match (self.flavor, self.workers) {
            (Flavor::CurrentThread, _) => 1,
            (_, Some(count)) => count,
            (_, None) => default_workers(),
        }
    }

    /// Builds the executor and starts its workers.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// let executor = Builder::new_multi_thread().worker_threads(1).build()?;
    /// let task = executor.spawn(async { 7 });
    /// assert_eq!(executor.block_on(task).unwrap(), 7);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// If the operating system refuses a thread. Those that were started have ended by then.
    ///
    /// # Panics
    /// If `worker_threads`, or the environment variable in its place, is 0, more than 1023, or no number.
    #[track_caller]
    pub fn build(&mut self) -> io::Result<Executor> {
        match self.flavor {
            Flavor::CurrentThread => Ok(self.build_loop(false)),
            Flavor::MultiThread => self.build_multi(),
        }
    }

    /// Builds a single-threaded executor that stays on this thread, whatever the builder was made for.
    ///
    /// ```
    /// # use filch_executor::Builder;
    /// let event_loop = Builder::new_current_thread().max_blocking_threads(4).build_event_loop()?;
    /// assert_eq!(event_loop.block_on(async { 7 }), 7);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// None today; see [`EventLoop::new`].
    pub fn build_event_loop(&mut self) -> io::Result<EventLoop> {
        Ok(EventLoop::from_executor(self.build_loop(true)))
    }

    fn build_loop(&self, stays_on_thread: bool) -> Executor {
        let park = self.park_or_default();
        let config = self.recorded([LaneKind::EventLoop]);
        let blocking = self.pools(&config, &park);
        park.worker_comes();
        let scheduler =
            Arc::new(LoopScheduler::new(park, blocking.clone(), &config, stays_on_thread));
        Executor::new(Handle::from(scheduler), blocking)
    }

    #[track_caller]
    fn build_multi(&self) -> io::Result<Executor> {
        let workers = self.workers();
        assert!(workers > 0, "a runtime needs at least one worker: `worker_threads(0)`");
        assert!(
            workers <= MAX_WORKERS,
            "at most {MAX_WORKERS} workers: `worker_threads({workers})`"
        );
        let park = self.park_or_default();
        let config = self.recorded((0..workers).map(LaneKind::Worker));
        let blocking = self.pools(&config, &park);
        let max_workers = self.max_workers.unwrap_or_else(granted_workers).max(workers);
        let max_workers = max_workers.min(MAX_WORKERS);
        let spares = self.spares.unwrap_or(workers).min(MAX_WORKERS - max_workers);
        let seats = worker::parts(max_workers + spares, config.seed);
        let scheduler = Arc::new(Scheduler::new(seats, spares, park, blocking.clone(), config));
        let executor = Executor::new(Handle::from(scheduler.clone()), blocking);
        // On an error the executor is dropped here, which ends the threads that were started.
        worker::set_workers(&scheduler, workers)?;
        sentinel::start(&scheduler)?;
        Ok(executor)
    }

    /// What was chosen, with a recorder for these threads, if there is to be one.
    fn recorded(&self, lanes: impl IntoIterator<Item = LaneKind>) -> Config {
        let recorder = record::Shared::new(self.recorded_events, lanes);
        Config { recorder, ..self.config.clone() }
    }

    fn pools(&self, config: &Config, park: &Arc<dyn Park>) -> Pools {
        let pools = Pools::new(config.clone(), park.clone(), Arc::default());
        for (name, config) in &self.pools {
            let _crew = pools.add(name, config).expect("two of a name are not let in");
        }
        pools
    }

    fn park_or_default(&self) -> Arc<dyn Park> {
        self.park.clone().unwrap_or_else(|| Arc::new(CondvarPark::new()))
    }
}

/// From the environment, or one per core that the process may use.
fn default_workers() -> usize {
    match std::env::var(WORKER_THREADS) {
        Ok(count) => count.parse().unwrap_or_else(|_| {
            panic!("the environment variable {WORKER_THREADS} must be a number of workers, not `{count}`")
        }),
        Err(_) => granted_workers(),
    }
}

/// One per core that the process may use. On Linux that is what its affinity mask and the quotas of its control groups
/// leave it, rounded down but not to 0.
fn granted_workers() -> usize {
    thread::available_parallelism().map_or(1, Into::into).min(MAX_WORKERS)
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("flavor", &self.flavor)
            .field("workers", &self.workers)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

//! # The threads of a pool: started on demand, ended when they have been idle for a while
//!
//! A job is never skipped in silence: it runs, or its handle says that it was cancelled, or whoever
//! submitted it gets an error.

use super::PoolConfig;
use super::desk::Desk;
use super::roster::{Knocked, Limits, Next, Pace, Refused, Seat, Start, Turn};
use crate::config::{Config, PanicHook, ThreadKind};
use crate::context::{self, PoolScope};
use crate::ledger::{Ledger, Page};
use crate::park::{Outside, Park};
use crate::record::{self, LaneKind, TrackScope};
use crate::shutdown::BlockingCall;
use crate::task::{self, JoinHandle, Origin, OwnedTasks, Reason, Runnable, Schedule, TaskInfo};
use filch_primitives::atomic::{AtomicBool, AtomicUsize, Ordering};
use filch_primitives::sync::Mutex;
use filch_primitives::thread;
use filch_primitives::{BudgetScope, catch_quietly};
use std::fmt;
use std::io;
use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// A call that takes no longer costs less than waking a thread for it.
const SHORT: Duration = Duration::from_micros(20);

/// Calls that come no further apart are close behind each other.
const CLOSE: Duration = Duration::from_micros(100);

/// For how long a thread looks for the next call before it sleeps.
const SPIN: Duration = Duration::from_micros(50);

/// After so many short calls close behind each other there is haste.
const HASTE: u32 = 16;

/// How often the deputy looks in: what a lost bet costs, and twice that at most.
const LOOK_IN: Duration = Duration::from_micros(250);

/// Something to run on a thread of the pool.
pub(super) enum Job {
    /// A closure with a handle.
    Call(Runnable, Outside),
    /// A worker that moved here (`block_in_place`).
    Worker(Box<dyn FnOnce() + Send>),
}

impl Job {
    fn is_worker(&self) -> bool {
        matches!(self, Self::Worker(_))
    }
}

/// A worker that did not get a thread.
pub(crate) type WorkerBack = Box<dyn FnOnce() + Send>;

/// What a thread is at, for the report of a shutdown.
type Post = Arc<Mutex<Option<TaskInfo>>>;

/// The threads of a pool, and what they share.
pub(crate) struct Crew {
    /// Its jobs point at the crew, so it is emptied before that goes; threads that end hold it for longer.
    desk: Arc<Desk<Job>>,
    name: Arc<str>,
    config: Config,
    keep_alive: Duration,
    park: Arc<dyn Park>,
    ledger: Arc<Ledger>,
    may_spin: bool,
    posts: Mutex<Vec<Post>>,
    /// Whether the last thread that was asked for was refused, and how many have been.
    is_refused: AtomicBool,
    refused: AtomicUsize,
}

impl Crew {
    pub(super) fn new(
        name: &str,
        config: Config,
        pool: &PoolConfig,
        park: Arc<dyn Park>,
        ledger: Arc<Ledger>,
    ) -> Arc<Self> {
        let has_cores = thread::available_parallelism().is_ok_and(|cores| cores.get() > 1);
        let (threads, queue) = (pool.max_threads, pool.max_queue);
        let limits = Limits { threads, queue, haste: HASTE, look_in: LOOK_IN };
        Arc::new(Self {
            name: name.into(),
            config,
            keep_alive: pool.keep_alive,
            park,
            ledger,
            desk: Arc::new(Desk::new(limits)),
            may_spin: has_cores,
            posts: Mutex::new(Vec::new()),
            is_refused: AtomicBool::new(false),
            refused: AtomicUsize::new(0),
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A call as a task, and the handle to it.
    fn call<F, R>(&self, f: F, origin: impl Into<Origin>) -> (Job, JoinHandle<R>)
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        // SAFETY: (1) the crew outlives its tasks: they are run or cancelled by whoever holds an `Arc` of
        // it, and as they are never pending, no waker reaches it. (2) closure and output are Send.
        let (task, handle) = unsafe { task::new(Blocking(Some(f)), self, origin) };
        record::spawned(&task, self.config.recorder.as_ref());
        (Job::Call(task, Outside::begin(&self.park)), handle)
    }

    /// Runs `f` on a thread of the pool.
    ///
    /// # Errors
    /// If the queue is full, or the pool has no thread and none can be started; `f` is dropped then.
    pub(crate) fn spawn<F, R>(
        self: &Arc<Self>,
        f: F,
        origin: impl Into<Origin>,
    ) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let (job, handle) = self.call(f, origin);
        match self.desk.submit(job) {
            Ok(start) => self.start(start).map_err(|(error, _job)| error)?,
            // Dropping the task cancels it: its handle says so.
            Err(Refused::Closed(_job)) => {}
            Err(Refused::Full(_job)) => {
                let words = format!("the queue of the pool {:?} is full", self.name);
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, words));
            }
        }
        Ok(handle)
    }

    /// As [`spawn`](Self::spawn); where the queue is full, the call waits for room under a ticket.
    pub(super) fn knock<F, R>(
        self: &Arc<Self>,
        f: F,
        origin: impl Into<Origin>,
        waker: &Waker,
    ) -> io::Result<(JoinHandle<R>, Option<u64>)>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let (job, handle) = self.call(f, origin);
        match self.desk.knock(job, waker) {
            Ok(Knocked::Entered(start)) => self.start(start).map_err(|(error, _job)| error)?,
            Ok(Knocked::Waits(ticket)) => return Ok((handle, Some(ticket))),
            Err(_closed) => {}
        }
        Ok((handle, None))
    }

    pub(super) fn is_in_lobby(&self, ticket: u64, waker: &Waker) -> bool {
        self.desk.is_in_lobby(ticket, waker)
    }

    pub(super) fn leave_lobby(&self, ticket: u64) {
        drop(self.desk.leave_lobby(ticket));
    }

    /// Runs `worker` on a thread of the pool, on top of those for blocking calls; gives it back if the
    /// pool is closed or no thread can be started.
    pub(crate) fn run_worker(
        self: &Arc<Self>,
        worker: Box<dyn FnOnce() + Send>,
    ) -> Result<(), WorkerBack> {
        let back = |job| match job {
            Job::Worker(worker) => worker,
            Job::Call(..) => unreachable!("the job that comes back is the one that was submitted"),
        };
        match self.desk.submit_worker(Job::Worker(worker)) {
            Ok([own, rest]) => {
                // Should it fail, the threads that there are will come to what waits.
                let _rest = self.start(rest);
                self.start(own).map_err(|(_, job)| back(job))
            }
            Err(Refused::Closed(job) | Refused::Full(job)) => Err(back(job)),
        }
    }

    /// Starts the thread that the desk asks for. An error has the job that nobody will come for.
    fn start(self: &Arc<Self>, start: Start<Job>) -> Result<(), (io::Error, Job)> {
        let Some(turn) = start else { return Ok(()) };
        let is_worker = turn.job.is_worker();
        // In a cell of its own, because a closure that does not get a thread is lost.
        let first = Arc::new(Mutex::new(Some(turn)));
        let (crew, theirs) = (self.clone(), first.clone());
        let started = self.config.start_thread(ThreadKind::Blocking, move || {
            let turn = theirs.lock().take();
            crew.work(turn);
            // Whoever waits for the thread finds that nothing of the runtime is held any more.
            let desk = crew.desk.clone();
            drop(crew);
            move || desk.thread_ends()
        });
        let Err(error) = started else {
            // Ordering: Relaxed; only for who is told what.
            self.is_refused.store(false, Ordering::Relaxed);
            self.desk.started(is_worker);
            return Ok(());
        };
        let turn = first.lock().take().expect("it was for the thread that there is not");
        let taken = self.desk.start_failed(turn, is_worker);
        // Behind it: a hook that makes a call of its own would wait for this one's outcome.
        self.report_refusal(&error);
        taken.map_err(|job| (error, job))
    }

    /// Tells the first refusal of a row, and counts all.
    fn report_refusal(&self, error: &io::Error) {
        // Ordering: Relaxed; a statistic.
        self.refused.fetch_add(1, Ordering::Relaxed);
        // Ordering: Relaxed; only for who is told what.
        let is_first = !self.is_refused.swap(true, Ordering::Relaxed);
        if let (true, Some(hook)) = (is_first, &self.config.on_thread_refused) {
            catch_quietly(|| hook(&self.name, error));
        }
    }

    /// The life of a thread of the pool.
    fn work(self: &Arc<Self>, first: Option<Turn<Job>>) {
        let _in_pool = PoolScope::enter(ptr::from_ref(&**self).cast());
        let _track = TrackScope::enter(self.config.recorder.as_ref(), LaneKind::Blocking(0));
        let Some(mut turn) = first else { return };
        // Jobs that were called for together have one thread after the other.
        self.start_quietly(self.desk.call_for_the_rest());
        let post = Post::default();
        self.posts.lock().push(post.clone());
        let seat = Seat::new();
        let mut begun = Instant::now();
        let mut is_close = false;
        loop {
            let (bet, was_worker) = (turn.bet, turn.job.is_worker());
            Self::run(turn.job, &post);
            let ended = Instant::now();
            let pace = match ended - begun {
                _ if was_worker => Pace::Lent,
                took if took > SHORT => Pace::Long,
                _ if is_close => Pace::Brisk,
                _ => Pace::Calm,
            };
            let spin = || self.may_spin && ended.elapsed() < SPIN;
            let next = self.desk.next(&seat, (bet, pace), spin, self.keep_alive);
            let Next::Run(next, start) = next else { break };
            self.start_quietly(start);
            turn = next;
            begun = Instant::now();
            is_close = begun - ended < CLOSE;
        }
        self.posts.lock().retain(|other| !Arc::ptr_eq(other, &post));
    }

    /// For a thread of the pool, which others can wait for.
    fn start_quietly(self: &Arc<Self>, start: Start<Job>) {
        // Comes back only when the pool is closed: it is cancelled then.
        drop(self.start(start));
    }

    fn run(job: Job, post: &Mutex<Option<TaskInfo>>) {
        match job {
            Job::Call(task, _until_it_has_run) => {
                *post.lock() = Some(task.info());
                record::look();
                let again = task.run();
                record::gap_now();
                debug_assert!(again.is_none(), "a blocking call ends in its only poll");
                *post.lock() = None;
            }
            // A guard that a task has leaked panics when the worker ends; this thread is counted, and goes on.
            Job::Worker(run) => catch_quietly(run),
        }
    }

    /// Whether this thread is one of the pool's, so that waiting for the pool would be for itself.
    pub(crate) fn owns_this_thread(&self) -> bool {
        context::is_in_pool(ptr::from_ref(self).cast())
    }

    /// No job from here on; those that queue are cancelled, those that run are left to end.
    pub(crate) fn close(&self) {
        let (jobs, wakers) = self.desk.close();
        drop(jobs);
        for waker in wakers {
            catch_quietly(|| waker.wake());
        }
    }

    /// After [`close`](Self::close): waits for the threads to end, until `deadline` if there is one.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> bool {
        self.desk.wait(deadline)
    }

    /// The calls that its threads are at.
    pub(super) fn running(self: &Arc<Self>) -> Vec<BlockingCall> {
        let at = |post: &Post| Some(BlockingCall::new(&self.name, post.lock().clone()?));
        self.posts.lock().iter().filter_map(at).collect()
    }

    pub(crate) fn threads(&self) -> usize {
        self.desk.threads()
    }

    pub(super) fn idle_threads(&self) -> usize {
        self.desk.idle()
    }

    pub(crate) fn queued(&self) -> usize {
        self.desk.queued()
    }

    pub(super) fn refused_threads(&self) -> u64 {
        // Ordering: Relaxed; a statistic.
        self.refused.load(Ordering::Relaxed) as u64
    }
}

impl Schedule for Crew {
    fn schedule(&self, task: Runnable, _reason: Reason) {
        // A blocking call is ready at its first poll, so nothing ever wakes it. Should it happen all
        // the same: cancelled, not lost.
        task.cancel();
    }

    fn owned(&self) -> Option<&OwnedTasks> {
        None
    }

    fn page(&self) -> Option<Page<'_>> {
        Some(Page::calls(&self.ledger, &self.name))
    }

    fn panic_hook(&self) -> Option<PanicHook> {
        self.config.on_detached_panic.clone()
    }
}

/// A closure as a future that is ready at its first poll.
struct Blocking<F>(Option<F>);

impl<F> Unpin for Blocking<F> {}

impl<F: FnOnce() -> R, R> Future for Blocking<F> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<R> {
        let f = self.0.take().expect("a blocking call is polled once");
        // It may poll futures by some `block_on` of its own.
        let _unlimited = BudgetScope::unlimited();
        Poll::Ready(f())
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingPool")
            .field("name", &self.name)
            .field("threads", &self.threads())
            .field("queued", &self.queued())
            .finish_non_exhaustive()
    }
}

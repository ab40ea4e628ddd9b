//! # The pool for blocking calls
//!
//! Threads are started on demand, up to a bound, and end when they have been idle for a while. A job
//! goes straight to a waiting thread, the one that waited least (its caches are warm, and the others
//! get to time out); when none waits and no more may be started, it queues. A job is never skipped in
//! silence: it runs, or its handle says that it was cancelled.

use crate::config::{Config, PanicHook, ThreadKind};
use crate::context::{self, PoolScope};
use crate::park::{Outside, Park};
use crate::parker::Parker;
use crate::task::{self, JoinHandle, Origin, OwnedTasks, Reason, Runnable, Schedule};
use filch_primitives::BudgetScope;
use filch_primitives::sync::{Condvar, Mutex};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::ptr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Something to run on a thread of the pool.
enum Job {
    /// A closure with a handle.
    Task(Runnable, Outside),
    /// A worker that moved here (`block_in_place`).
    Worker(Box<dyn FnOnce() + Send>),
}

impl Job {
    fn run(self) {
        match self {
            Self::Task(task, _until_it_has_run) => {
                let again = task.run();
                debug_assert!(again.is_none(), "a blocking call ends in its only poll");
            }
            Self::Worker(run) => run(),
        }
    }
}

/// Where a waiting thread is handed its next job.
struct Seat {
    parker: Parker,
    job: Mutex<Option<Job>>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    /// Threads that wait; the last one came last.
    waiting: Vec<Arc<Seat>>,
    threads: usize,
    /// How many of the threads run a worker: they will not come for blocking calls until it is over.
    lent: usize,
    closed: bool,
}

impl State {
    /// How many threads there are for blocking calls.
    fn available(&self) -> usize {
        self.threads - self.lent
    }
}

struct Shared {
    config: Config,
    park: Arc<dyn Park>,
    state: Mutex<State>,
    ended: Condvar,
}

/// A handle to the pool.
#[derive(Clone)]
pub(crate) struct BlockingPool {
    shared: Arc<Shared>,
}

impl BlockingPool {
    pub(crate) fn new(config: Config, park: Arc<dyn Park>) -> Self {
        let state = Mutex::new(State::default());
        Self { shared: Arc::new(Shared { config, park, state, ended: Condvar::new() }) }
    }

    /// Runs `f` on a thread of the pool.
    ///
    /// # Panics
    /// If the pool has no thread and none can be started.
    pub(crate) fn spawn<F, R>(&self, f: F, origin: impl Into<Origin>) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.try_spawn(f, origin).unwrap_or_else(|error| {
            panic!("cannot start a thread for a blocking call: {error}");
        })
    }

    /// As [`spawn`](Self::spawn); without a thread, `f` is dropped and the error says why.
    pub(crate) fn try_spawn<F, R>(
        &self,
        f: F,
        origin: impl Into<Origin>,
    ) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        // SAFETY: (1) the pool outlives its tasks: they are run or cancelled by whoever holds an `Arc`
        // of it, and as they are never pending, no waker reaches it. (2) closure and output are Send.
        let (task, handle) = unsafe { task::new(Blocking(Some(f)), &*self.shared, origin) };
        match self.submit(Job::Task(task, Outside::begin(&self.shared.park))) {
            Ok(()) => Ok(handle),
            Err((error, _job)) => Err(error),
        }
    }

    /// Runs `worker` on a thread of the pool, on top of those for blocking calls; gives it back if the
    /// pool is closed or no thread can be started.
    pub(crate) fn run_worker(&self, worker: Box<dyn FnOnce() + Send>) -> Result<(), WorkerBack> {
        self.submit(Job::Worker(worker)).map_err(|(_, job)| match job {
            Some(Job::Worker(worker)) => worker,
            _ => unreachable!("the job that comes back is the one that was submitted"),
        })
    }

    fn submit(&self, job: Job) -> Result<(), (io::Error, Option<Job>)> {
        let is_worker = matches!(job, Job::Worker(_));
        let mut state = self.shared.state.lock();
        if state.closed {
            drop(state);
            if is_worker {
                return Err((io::Error::other("the runtime is shutting down"), Some(job)));
            }
            // Dropping the task cancels it: its handle says so.
            drop(job);
            return Ok(());
        }
        let may_start = is_worker || state.available() < self.shared.config.max_blocking_threads;
        state.lent += usize::from(is_worker);
        if let Some(seat) = state.waiting.pop() {
            drop(state);
            *seat.job.lock() = Some(job);
            seat.parker.unpark();
            return Ok(());
        }
        if may_start {
            state.threads += 1;
            drop(state);
            return self.start_thread(job, is_worker);
        }
        state.queue.push_back(job);
        Ok(())
    }

    fn start_thread(&self, job: Job, is_worker: bool) -> Result<(), (io::Error, Option<Job>)> {
        // In a cell of its own, because a closure that does not get a thread is lost.
        let first = Arc::new(Mutex::new(Some(job)));
        let pool = self.shared.clone();
        let theirs = first.clone();
        let started = self.shared.config.start_thread(ThreadKind::Blocking, move || {
            let job = theirs.lock().take();
            pool.work(job);
            move || pool.thread_ends()
        });
        let Err(error) = started else { return Ok(()) };
        let job = first.lock().take();
        let mut state = self.shared.state.lock();
        state.lent -= usize::from(is_worker);
        state.threads -= 1;
        if !is_worker && state.available() > 0 {
            // Others will come to it; one that has begun to wait since has to be told.
            let seat = state.waiting.pop();
            match seat {
                Some(seat) => {
                    drop(state);
                    *seat.job.lock() = job;
                    seat.parker.unpark();
                }
                None => state.queue.extend(job),
            }
            return Ok(());
        }
        drop(state);
        self.shared.ended.notify_all();
        Err((error, job))
    }

    /// Whether this thread is one of the pool's, so that waiting for the pool would be for itself.
    pub(crate) fn owns_this_thread(&self) -> bool {
        context::is_in_pool(Arc::as_ptr(&self.shared).cast())
    }

    /// No job from here on; those that queue are cancelled, those that run are left to end.
    pub(crate) fn close(&self) {
        let (queue, waiting) = {
            let mut state = self.shared.state.lock();
            state.closed = true;
            (std::mem::take(&mut state.queue), std::mem::take(&mut state.waiting))
        };
        for seat in waiting {
            seat.parker.unpark();
        }
        drop(queue);
    }

    /// After [`close`](Self::close): waits for the threads to end, until `deadline` if there is one.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut state = self.shared.state.lock();
        while state.threads > 0 {
            state = match deadline {
                None => self.shared.ended.wait(state),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    self.shared.ended.wait_timeout(state, left).0
                }
            };
        }
        true
    }

    /// How many threads there are.
    pub(crate) fn threads(&self) -> usize {
        self.shared.state.lock().threads
    }

    /// How many jobs wait for a thread.
    pub(crate) fn queued(&self) -> usize {
        self.shared.state.lock().queue.len()
    }
}

/// A worker that did not get a thread.
pub(crate) type WorkerBack = Box<dyn FnOnce() + Send>;

impl Shared {
    /// The life of a thread of the pool.
    fn work(&self, first: Option<Job>) {
        let _in_pool = PoolScope::enter(ptr::from_ref(self).cast());
        let seat = Arc::new(Seat { parker: Parker::new(), job: Mutex::new(None) });
        let mut next = first;
        while let Some(job) = next {
            let is_worker = matches!(job, Job::Worker(_));
            job.run();
            if is_worker {
                self.state.lock().lent -= 1;
            }
            next = self.next(&seat);
        }
    }

    fn thread_ends(&self) {
        self.state.lock().threads -= 1;
        self.ended.notify_all();
    }

    /// The next job; `None` when the thread is to end.
    fn next(&self, seat: &Arc<Seat>) -> Option<Job> {
        let mut state = self.state.lock();
        if let Some(job) = state.queue.pop_front() {
            return Some(job);
        }
        if state.closed {
            return None;
        }
        state.waiting.push(seat.clone());
        drop(state);
        self.await_job(seat, self.config.thread_keep_alive)
    }

    fn await_job(&self, seat: &Arc<Seat>, keep_alive: Duration) -> Option<Job> {
        if !seat.parker.park_timeout(keep_alive) {
            let mut state = self.state.lock();
            let before = state.waiting.len();
            state.waiting.retain(|other| !Arc::ptr_eq(other, seat));
            if state.waiting.len() < before {
                return None;
            }
            // Somebody took the seat just now: the job is on its way.
            drop(state);
            seat.parker.park();
        }
        // Empty if it was the shutdown that unparked us.
        seat.job.lock().take()
    }
}

impl Schedule for Shared {
    fn schedule(&self, task: Runnable, _reason: Reason) {
        // A blocking call is ready at its first poll, so nothing ever wakes it. Should it happen all
        // the same: cancelled, not lost.
        task.cancel();
    }

    fn owned(&self) -> Option<&OwnedTasks> {
        None
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

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        _cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<R> {
        let f = self.0.take().expect("a blocking call is polled once");
        // It may poll futures by some `block_on` of its own.
        let _unlimited = BudgetScope::unlimited();
        std::task::Poll::Ready(f())
    }
}

impl fmt::Debug for BlockingPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingPool")
            .field("threads", &self.threads())
            .field("queued", &self.queued())
            .finish_non_exhaustive()
    }
}

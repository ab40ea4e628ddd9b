//! # The scheduler of the multi-threaded flavour: where a task goes, and the story of a shutdown
//!
//! A task that becomes runnable on a worker of this scheduler stays with that worker (`core.rs`); from
//! anywhere else it goes to the injector.
//!
//! # Shutdown
//! ```text
//!  running --begin_shutdown--> closing --every worker leaves its loop--> ending --> ended
//!                                 |        (each ends every task           (the last one out ends
//!                                 |         that it can get hold of)       what came since)
//!                                 '- spawns are cancelled from here on
//! ```
//! Nobody has to wait for it: the threads hold the scheduler, and the last one out does the ending.

use crate::biased::Biased;
use crate::blocking::Pools;
use crate::config::{Config, PanicHook};
use crate::context;
use crate::idle::Idle;
use crate::injector::Injector;
use crate::ledger::{Attended, Ledger, Page};
use crate::park::Park;
use crate::progress::Progress;
use crate::queue::Stealer;
use crate::record;
use crate::roster::Roster;
use crate::sentinel::Sentinel;
use crate::task::{self, Id, Origin, OwnedTasks, Reason, Runnable, Schedule, Spawned, TaskInfo};
use crate::worker::{Core, PrivateQueue, Worker};
use filch_primitives::CachePadded;
use filch_primitives::asymmetric;
use filch_primitives::atomic::{AtomicBool, AtomicUsize, Ordering};
use filch_primitives::catch_quietly;
use filch_primitives::sync::{Condvar, Mutex};
use filch_primitives::thread;
use std::fmt;
use std::io;
use std::panic::Location;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How soon whoever waits for the end of a thread, with a deadline, looks again.
const LOOK_AFTER: Duration = Duration::from_micros(100);

/// What other threads see of a worker.
pub(crate) struct Remote {
    pub(crate) stealer: Stealer<Runnable>,
    /// What the worker keeps to itself, for a raid when it is stuck.
    pub(crate) private: Biased<PrivateQueue<Runnable>>,
    /// Whether the worker's polls are long enough for its tasks to be worth another worker.
    pub(crate) coarse: AtomicBool,
    /// Which poll the worker is in; thieves and the sentinel read it to tell a long one.
    pub(crate) progress: Progress<Location<'static>>,
    /// The last task with a name that the worker has polled.
    named: Mutex<Option<(Id, Box<str>)>>,
    /// How many tasks the worker has taken from others, and how often from one that was stuck.
    pub(crate) stolen: AtomicUsize,
    pub(crate) raids: AtomicUsize,
    /// How often the worker went to sleep.
    pub(crate) parks: AtomicUsize,
    /// How many tasks the worker has spawned, and ended.
    pub(crate) spawned: AtomicUsize,
    pub(crate) ended: AtomicUsize,
}

impl Remote {
    pub(crate) fn new(stealer: Stealer<Runnable>) -> Self {
        Self {
            stealer,
            private: Biased::new(PrivateQueue::new()),
            // Until it is known: rather a wake-up too many than a core that has nothing to do.
            coarse: AtomicBool::new(true),
            progress: Progress::new(),
            named: Mutex::new(None),
            stolen: AtomicUsize::new(0),
            raids: AtomicUsize::new(0),
            parks: AtomicUsize::new(0),
            spawned: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
        }
    }

    /// The worker is about to poll `task`.
    #[inline]
    pub(crate) fn begins_poll(&self, task: &Runnable) {
        if let Some(name) = task.origin().name() {
            self.note_name(task.id(), name);
        }
        self.progress.begin(task.id().number(), task.origin().spawned_at());
    }

    #[cold]
    fn note_name(&self, id: Id, name: &str) {
        let mut named = self.named.lock();
        if named.as_ref().is_none_or(|(of, _)| *of != id) {
            *named = Some((id, name.into()));
        }
    }

    /// The task that the worker polls.
    pub(crate) fn polled(&self) -> Option<TaskInfo> {
        let seen = self.progress.look()?;
        let id = Id::from_number(seen.what)?;
        Some(TaskInfo::new(id, self.name_of(id), seen.whence))
    }

    /// The name of the task `id`, if it has one and the worker has polled no other task with a name since.
    pub(crate) fn name_of(&self, id: Id) -> Option<Box<str>> {
        self.named.lock().as_ref().filter(|(of, _)| *of == id).map(|(_, name)| name.clone())
    }
}

/// Of each seat, which has it, too.
pub(crate) type Remotes = Box<[Arc<CachePadded<Remote>>]>;

/// What all workers share.
pub(crate) struct Scheduler {
    /// One for each seat, taken or vacant.
    pub(crate) remotes: Remotes,
    pub(crate) roster: Roster<Box<Core>>,
    pub(crate) sentinel: Option<Sentinel>,
    max_workers: usize,
    pub(crate) injector: Injector<Runnable>,
    pub(crate) idle: CachePadded<Idle>,
    pub(crate) park: Arc<dyn Park>,
    /// See `Park::has_alarm`.
    pub(crate) has_alarm: bool,
    pub(crate) blocking: Pools,
    pub(crate) config: Config,
    ledger: Arc<Ledger>,
    owned: OwnedTasks,
    /// How many tasks were spawned by other threads than workers, and ended there.
    spawned_outside: CachePadded<AtomicUsize>,
    ended_outside: AtomicUsize,
    threads: Mutex<Threads>,
    ended: Condvar,
    #[cfg(filch_loom)]
    canary: crate::canary::Canary,
}

/// The threads that run, or have not yet left, a worker's loop.
#[derive(Default)]
struct Threads {
    inside: usize,
    to_join: Vec<thread::JoinHandle<()>>,
    /// Until the sentinel has ended.
    sentinel: Option<thread::ThreadId>,
}

impl Scheduler {
    pub(crate) fn new(
        (cores, remotes): (Vec<Core>, Remotes),
        spares: usize,
        park: Arc<dyn Park>,
        blocking: Pools,
        config: Config,
    ) -> Self {
        let seats = remotes.len();
        asymmetric::prepare();
        Self {
            injector: Injector::new(),
            idle: CachePadded::new(Idle::new(seats)),
            roster: Roster::new(cores.into_iter().map(Box::new), spares),
            sentinel: Sentinel::new(&config, spares),
            max_workers: seats - spares,
            has_alarm: park.has_alarm(),
            park,
            ledger: blocking.ledger().clone(),
            blocking,
            config,
            owned: OwnedTasks::new(seats - spares),
            spawned_outside: CachePadded::new(AtomicUsize::new(0)),
            ended_outside: AtomicUsize::new(0),
            threads: Mutex::new(Threads::default()),
            ended: Condvar::new(),
            #[cfg(filch_loom)]
            canary: crate::canary::Canary::new(),
            remotes,
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn spawn<F>(&self, future: F, origin: impl Into<Origin>) -> Spawned<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        // SAFETY: (1) the shutdown ends every task before the last owner of the scheduler lets go of it
        // (`owned.rs`); the caller holds it now. (2) future and output are Send.
        let (task, handle) = unsafe { task::new(future, self, origin) };
        Spawned { handle, refused: self.take_in(task) }
    }

    /// Takes in a new task, or gives it back if the shutdown has begun.
    fn take_in(&self, task: Runnable) -> Option<Runnable> {
        // A name is for reports, which find it in the registry.
        if task.is_named() && !self.enroll(&task) {
            self.count_spawned_outside();
            return Some(task);
        }
        let refused = self.with_core(|core| match core {
            Some(_) if self.is_closing() => Some(task),
            Some(core) => {
                count(&core.seat.remote().spawned);
                record::spawned(&task, None);
                core.push(self, task, Reason::Spawn);
                None
            }
            None => match self.owned.gate.enter_if_open(context::thread_lane()) {
                Some(_pass) => {
                    self.count_spawned_outside();
                    record::spawned(&task, self.config.recorder.as_ref());
                    self.schedule_remote(task);
                    None
                }
                None => Some(task),
            },
        });
        if refused.is_some() {
            // Its end will be counted.
            self.count_spawned_outside();
        }
        refused
    }

    fn count_spawned_outside(&self) {
        // Ordering: Relaxed; a statistic.
        self.spawned_outside.fetch_add(1, Ordering::Relaxed);
    }

    /// Lends this thread's worker's core, if the worker is one of ours and has it.
    #[inline(always)]
    fn with_core<R>(&self, f: impl FnOnce(Option<&mut Core>) -> R) -> R {
        context::with_worker(|worker| match worker {
            Some(worker) if std::ptr::eq(&*worker.scheduler, self) => {
                f(worker.core.borrow_mut().as_deref_mut())
            }
            _ => f(None),
        })
    }

    pub(crate) fn schedule_remote(&self, task: Runnable) {
        self.injector.push(task);
        self.wake_one();
    }

    /// After work was made visible by a thread that will not come back for it.
    pub(crate) fn wake_one(&self) {
        if self.idle.notify() {
            self.park.unpark_one();
        }
    }

    /// Whether somebody comes for a task that a worker keeps behind a long poll: at an alarm, or the sentinel sends one.
    #[inline]
    pub(crate) fn looks_after_stuck(&self) -> bool {
        self.has_alarm || self.sentinel.is_some()
    }

    /// Whether any queue that a worker may take from has something in it.
    pub(crate) fn has_work(&self) -> bool {
        !self.injector.is_empty() || self.seats().iter().any(|remote| !remote.stealer.is_empty())
    }

    /// Whether any queue at all has something in it, a moment ago.
    pub(crate) fn has_any_work(&self) -> bool {
        self.has_work() || self.seats().iter().any(|remote| remote.private.len_hint() > 0)
    }

    pub(crate) fn max_workers(&self) -> usize {
        self.max_workers
    }

    /// The seats that anybody ever had.
    #[inline]
    pub(crate) fn seats(&self) -> &[Arc<CachePadded<Remote>>] {
        &self.remotes[..self.roster.used()]
    }

    /// Whether any worker is not parked, a moment ago.
    pub(crate) fn is_anyone_awake(&self) -> bool {
        self.idle.parked() < self.roster.manned()
    }

    /// A worker has counted itself as awake.
    pub(crate) fn worker_is_awake(&self) {
        if let Some(sentinel) = &self.sentinel {
            if sentinel.watch.call_out() {
                self.park.call_sentinel(sentinel.next_look());
            }
        }
    }

    /// A worker has taken a seat.
    pub(crate) fn worker_comes(&self) {
        self.idle.worker_comes();
        self.park.worker_comes();
    }

    /// A worker has given up its seat, or does not come after all.
    pub(crate) fn worker_goes(&self) {
        self.idle.worker_goes();
        self.park.worker_goes();
        // The others may have left the driver to this one.
        self.park.unpark_one();
    }

    #[inline]
    pub(crate) fn is_closing(&self) -> bool {
        // Whoever must not miss it has passed through `Idle::park` (see `worker.rs`).
        self.owned.gate.is_closed()
    }

    /// A worker's thread lets another enter a worker's loop.
    pub(crate) fn thread_enters(&self) {
        self.threads.lock().inside += 1;
    }

    /// A thread is about to enter a worker's loop; `false` if the shutdown has begun.
    pub(crate) fn thread_enters_if_open(&self) -> bool {
        let mut threads = self.threads.lock();
        // A worker that has left because of the shutdown has been behind this lock: then it is seen here.
        let is_open = !self.is_closing();
        threads.inside += usize::from(is_open);
        is_open
    }

    pub(crate) fn thread_to_join(&self, thread: thread::JoinHandle<()>) {
        let mut threads = self.threads.lock();
        threads.to_join.retain(|thread| !thread::is_finished(thread));
        threads.to_join.push(thread);
    }

    pub(crate) fn start_sentinel(
        &self,
        start: impl FnOnce() -> io::Result<thread::JoinHandle<()>>,
    ) -> io::Result<()> {
        // Under the lock, so that it cannot end before it is known.
        let mut threads = self.threads.lock();
        let thread = start()?;
        threads.sentinel = Some(thread.thread().id());
        threads.to_join.push(thread);
        Ok(())
    }

    pub(crate) fn sentinel_ends(&self) {
        self.threads.lock().sentinel = None;
        self.ended.notify_all();
    }

    /// Ends the tasks that are in the injector or in no queue.
    pub(crate) fn end_waiting_tasks(&self) {
        for task in self.owned.close_and_take_waiting() {
            task.cancel();
        }
        while let Some(task) = self.injector.pop() {
            task.cancel();
        }
    }

    /// Whether this thread runs one of the workers, or is in a blocking call of one of their tasks, or is the
    /// sentinel's.
    pub(crate) fn owns_this_thread(&self) -> bool {
        let is_workers = context::with_worker(|worker| {
            worker.is_some_and(|worker| std::ptr::eq(&*worker.scheduler, self))
        });
        is_workers || self.threads.lock().sentinel == Some(thread::current().id())
    }

    /// A thread has left its worker's loop, or could not be started. The last one ends all tasks.
    pub(crate) fn thread_leaves(&self) {
        // Whoever sleeps is told by the one that is told: wake-ups may merge.
        self.park.unpark_one();
        let mut threads = self.threads.lock();
        if threads.inside > 1 {
            threads.inside -= 1;
            return;
        }
        drop(threads);
        // Only this thread is left, and the shutdown has begun: before that a worker that has started is inside,
        // besides one that leaves or could not be started (`roster.rs`, I3). Nothing decrements the count meanwhile,
        // and nothing raises it, for only a worker's thread does.
        self.owned.close_and_end_all(|| self.injector.pop());
        catch_quietly(|| self.park.tasks_ended());
        self.threads.lock().inside = 0;
        self.ended.notify_all();
    }

    /// From here on, every worker leaves its loop at its next look and new tasks are cancelled.
    pub(crate) fn begin_shutdown(&self) {
        // Those who are awake see it soon. Those who sleep are woken below, and `Idle::park` orders their
        // last look behind it.
        self.owned.close();
        self.park.call_sentinel(Instant::now());
        for _ in 0..self.seats().len() {
            self.wake_one();
            self.park.unpark_one();
        }
    }

    /// After [`begin_shutdown`](Self::begin_shutdown): waits until every task has ended, or `deadline`.
    /// `false` if time ran out. Then for the threads themselves, until `deadline`.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut threads = self.threads.lock();
        while threads.inside > 0 || threads.sentinel.is_some() {
            threads = match deadline {
                None => self.ended.wait(threads),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    self.ended.wait_timeout(threads, left).0
                }
            };
        }
        let to_join = std::mem::take(&mut threads.to_join);
        drop(threads);
        for thread in to_join {
            // One that has left its loop, and drops the runtime in a hook or a destructor of its own.
            if thread.thread().id() == thread::current().id() {
                continue;
            }
            // Hooks and destructors of its own may keep it; no task needs it.
            while let Some(deadline) = deadline.filter(|_| !thread::is_finished(&thread)) {
                if Instant::now() >= deadline {
                    return true;
                }
                thread::sleep(LOOK_AFTER);
            }
            // A worker's thread ends only by leaving its loop; a panic out of it is a fault of ours and
            // was printed by the panic hook.
            let _ended = thread.join();
        }
        true
    }

    /// Those tasks that wait, at most so many of each worker.
    pub(crate) fn waiting_tasks(&self, limit: usize) -> Vec<TaskInfo> {
        self.owned.infos(limit)
    }

    /// The sum of a statistic that each worker keeps.
    pub(crate) fn sum(&self, of: impl Fn(&Remote) -> &AtomicUsize) -> u64 {
        // Ordering: Relaxed; a statistic.
        self.seats().iter().map(|remote| of(remote).load(Ordering::Relaxed) as u64).sum()
    }

    /// Whether every task has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.threads.lock().inside == 0
    }

    /// A thread is at `task` and is no worker's meanwhile.
    pub(crate) fn attend(&self, task: TaskInfo) -> Attended {
        self.ledger.attend(task)
    }

    /// The tasks that have not ended: those that a thread is at, and those that wait.
    pub(crate) fn left(&self) -> (Vec<TaskInfo>, Vec<TaskInfo>) {
        let mut stuck = self.ledger.attended();
        for polled in self.seats().iter().filter_map(|remote| remote.polled()) {
            if !stuck.iter().any(|task| task.id() == polled.id()) {
                stuck.push(polled);
            }
        }
        // These have their names.
        let mut waiting = self.owned.infos(usize::MAX);
        for task in &mut stuck {
            if let Some(at) = waiting.iter().position(|other| other.id() == task.id()) {
                *task = waiting.swap_remove(at);
            }
        }
        waiting.sort_by_key(TaskInfo::id);
        (stuck, waiting)
    }

    /// How many tasks have not ended.
    pub(crate) fn live_tasks(&self) -> usize {
        // Ordering: Relaxed; statistics. The ends first: at worst a task counts that has just ended.
        let sum = |outside: &AtomicUsize, of: fn(&Remote) -> &AtomicUsize| {
            self.remotes
                .iter()
                .map(|remote| of(remote).load(Ordering::Relaxed))
                .fold(outside.load(Ordering::Relaxed), usize::wrapping_add)
        };
        let ended = sum(&self.ended_outside, |remote| &remote.ended);
        sum(&self.spawned_outside, |remote| &remote.spawned).saturating_sub(ended)
    }
}

/// Counts in a statistic that only this thread writes.
#[inline]
pub(crate) fn count(statistic: &AtomicUsize) {
    // Ordering: Relaxed; only this thread writes it.
    let before = statistic.load(Ordering::Relaxed);
    // Ordering: Relaxed; a statistic.
    statistic.store(before.wrapping_add(1), Ordering::Relaxed);
}

impl Schedule for Scheduler {
    fn schedule(&self, task: Runnable, reason: Reason) {
        context::with_worker(|worker: Option<&Worker>| {
            if let Some(worker) = worker {
                if std::ptr::eq(&*worker.scheduler, self) {
                    // The worker keeps the scheduler alive.
                    let mut core = worker.core.borrow_mut();
                    let core = core.as_deref_mut();
                    // A worker that has slept in the driver may not have heard yet that it is to record.
                    let slept = core.as_ref().is_some_and(|core| core.in_driver);
                    record::woken(&task, self.config.recorder.as_ref().filter(|_| slept));
                    match core {
                        Some(core) => core.push(self, task, reason),
                        None => self.schedule_remote(task),
                    }
                    return;
                }
            }
            let _pass = self.owned.gate.enter(context::thread_lane());
            record::woken(&task, self.config.recorder.as_ref());
            self.schedule_remote(task);
            #[cfg(filch_loom)]
            self.canary.touch();
        });
    }

    fn enroll(&self, task: &Runnable) -> bool {
        let shard = self.with_core(|core| core.map(|core| core.seat.index()));
        self.owned.enroll(task, shard.unwrap_or_else(context::thread_lane))
    }

    fn count_ended(&self) {
        self.with_core(|core| match core {
            Some(core) => count(&core.seat.remote().ended),
            None => {
                // Ordering: Relaxed; a statistic.
                self.ended_outside.fetch_add(1, Ordering::Relaxed);
            }
        });
    }

    fn owned(&self) -> Option<&OwnedTasks> {
        Some(&self.owned)
    }

    fn page(&self) -> Option<Page<'_>> {
        Some(Page::tasks(&self.ledger))
    }

    fn panic_hook(&self) -> Option<PanicHook> {
        self.config.on_detached_panic.clone()
    }
}

impl fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheduler")
            .field("roster", &self.roster)
            .field("idle", &*self.idle)
            .field("live_tasks", &self.live_tasks())
            .finish_non_exhaustive()
    }
}

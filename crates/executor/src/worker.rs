//! # A worker: the loop that runs tasks
//!
//! In order: the LIFO slot (at most [`LIFO_POLLS`] times in a row), the local queue, the injector; then
//! it steals; then it parks. Every [`TURN_INTERVAL`] polls it takes one task from the injector first and
//! lets the driver in, so that neither tasks from outside nor events wait behind a full local queue.
//!
//! The state that only the worker touches is its [`Core`]. A blocking call inside a task
//! (`block_in_place`) sends the core to another thread, which carries on; the thread that lost it
//! finishes its poll and leaves.

use crate::config::ThreadKind;
use crate::context::{self, Duty, DutyScope, WorkerScope};
use crate::handle::Handle;
use crate::lifo_slot::LifoSlot;
use crate::park::Outside;
use crate::queue::{self, Steal};
use crate::rng::Rng;
use crate::scheduler::{Remote, Scheduler, count};
use crate::task::Runnable;
use filch_primitives::CachePadded;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::hint;
use filch_primitives::sync::Mutex;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many tasks a local queue holds; more overflow to the injector.
const QUEUE_CAPACITY: usize = 256;

/// After how many polls the injector goes first and the driver gets a turn. A prime, so that it does
/// not fall into step with the programs it measures.
const TURN_INTERVAL: u32 = 61;

/// How often in a row a worker runs what was just woken before it looks at its queue: enough for a
/// request and its reply, too few for two tasks to keep the others out.
const LIFO_POLLS: u32 = 3;

/// For how long a victim must be in one and the same poll before a thief empties its LIFO slot. A pair
/// of tasks that pass a message takes some 100 ns, so only a stuck worker is robbed.
const STUCK: Duration = Duration::from_micros(5);

/// What only the worker itself touches; see the head of this file.
pub(crate) struct Core {
    pub(crate) index: usize,
    queue: queue::Local<Runnable>,
    tick: u32,
    lifo_polls: u32,
    searching: bool,
    /// The driver is waking tasks: those go to the back of the queue, oldest event first.
    pub(crate) in_driver: bool,
    rng: Rng,
}

impl Core {
    /// Whether a task would wait here while another one runs.
    pub(crate) fn has_more_than_one(&self, scheduler: &Scheduler) -> bool {
        self.queue.len() > 1 || !scheduler.remotes[self.index].lifo.is_empty()
    }

    /// Appends a task to the local queue, or to the injector if that is full.
    pub(crate) fn push(&mut self, scheduler: &Scheduler, task: Runnable) {
        if self.queue.push_back_or_overflow(task, |task| scheduler.injector.push(task)) {
            // The injector is for whoever is idle too.
            scheduler.wake_one();
        }
    }
}

/// A worker as its own thread sees it.
pub(crate) struct Worker {
    pub(crate) scheduler: Arc<Scheduler>,
    /// Empty while another thread carries on with it.
    pub(crate) core: RefCell<Option<Box<Core>>>,
    /// While another thread carries on: this one finishes its poll, and no worker waits for that.
    outside: Cell<Option<Outside>>,
}

/// The two halves of `count` workers: what they keep to themselves and what the others see.
pub(crate) fn parts(count: usize, seed: u64) -> (Vec<Core>, Box<[CachePadded<Remote>]>) {
    let mut cores = Vec::with_capacity(count);
    let mut remotes = Vec::with_capacity(count);
    for index in 0..count {
        let (queue, stealer) = queue::new(QUEUE_CAPACITY);
        cores.push(Core {
            index,
            queue,
            tick: 0,
            lifo_polls: 0,
            searching: false,
            in_driver: false,
            rng: Rng::new(seed.wrapping_add(index as u64)),
        });
        remotes.push(CachePadded::new(Remote {
            stealer,
            lifo: LifoSlot::new(),
            polls: AtomicUsize::new(0),
            stolen: AtomicUsize::new(0),
            spawned: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
        }));
    }
    (cores, remotes.into_boxed_slice())
}

/// Starts the thread of a worker.
pub(crate) fn start(scheduler: &Arc<Scheduler>, core: Core) -> io::Result<()> {
    let kind = ThreadKind::Worker(core.index);
    let theirs = scheduler.clone();
    scheduler.thread_enters();
    let main = move || {
        run(theirs, Box::new(core));
        || ()
    };
    match scheduler.config.start_thread(kind, main) {
        Ok(thread) => {
            scheduler.thread_to_join(thread);
            Ok(())
        }
        Err(error) => {
            scheduler.thread_leaves();
            Err(error)
        }
    }
}

/// Runs tasks on this thread until the shutdown, or until the core is taken elsewhere.
fn run(scheduler: Arc<Scheduler>, core: Box<Core>) {
    let handle = Handle::from(scheduler.clone());
    let _entered = handle.enter();
    let _duty = DutyScope::enter(Duty::Tasks, "run a worker");
    let worker = Worker { scheduler, core: RefCell::new(Some(core)), outside: Cell::new(None) };
    let _scope = WorkerScope::enter(&worker);
    // Dropped before the scope: destructors of tasks may do what tasks do.
    let _inside = Inside(&worker.scheduler);
    worker.run();
    worker.end_tasks();
}

/// Leaves the scheduler when it is dropped; also should the loop panic, so that nobody waits for ever.
struct Inside<'a>(&'a Scheduler);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.thread_leaves();
    }
}

impl Worker {
    fn run(&self) {
        while !self.scheduler.is_closing() {
            let Some(turn_due) = self.with_core(Core::tick) else {
                return;
            };
            if turn_due {
                self.turn();
            }
            let task = self.next_own(turn_due).or_else(|| self.steal());
            match task {
                Some(task) => self.run_task(task),
                None => self.park(),
            }
        }
    }

    /// Lends the core to `f`; `None` if another thread has it.
    fn with_core<R>(&self, f: impl FnOnce(&mut Core) -> R) -> Option<R> {
        self.core.borrow_mut().as_deref_mut().map(f)
    }

    fn remote(&self, core: &Core) -> &Remote {
        &self.scheduler.remotes[core.index]
    }

    fn run_task(&self, task: Runnable) {
        let was_searching = self.with_core(|core| {
            count(&self.remote(core).polls);
            std::mem::take(&mut core.searching)
        });
        if was_searching == Some(true) {
            self.found_work();
        }
        task.run();
    }

    /// A searcher has found something: others may sleep because of it, so the last one passes it on.
    fn found_work(&self) {
        let scheduler = &self.scheduler;
        if scheduler.idle.stop_searching() && self.is_worth_a_worker() {
            scheduler.wake_one();
        }
    }

    /// Whether what waits is worth waking a worker for. A single task behind the one that is about to run
    /// is not: most polls are shorter than a wake-up. Should this one not be, the one that waits is found
    /// by whoever looks after a worker that is stuck.
    fn is_worth_a_worker(&self) -> bool {
        let scheduler = &self.scheduler;
        let own = self.with_core(|core| core.index);
        let is_worth = |(index, remote): (usize, &CachePadded<Remote>)| {
            remote.stealer.len() > usize::from(own == Some(index))
        };
        !scheduler.injector.is_empty() || scheduler.remotes.iter().enumerate().any(is_worth)
    }

    /// The next task of this worker's own, or from outside.
    fn next_own(&self, injector_first: bool) -> Option<Runnable> {
        let scheduler = &self.scheduler;
        self.with_core(|core| {
            if injector_first {
                if let Some(task) = scheduler.injector.pop() {
                    return Some(task);
                }
            }
            let lifo = &self.remote(core).lifo;
            if core.lifo_polls < LIFO_POLLS {
                if let Some(task) = lifo.take() {
                    core.lifo_polls += 1;
                    return Some(task);
                }
            }
            core.lifo_polls = 0;
            core.queue
                .pop()
                .or_else(|| lifo.take())
                .or_else(|| scheduler.injector.pop_batch(&mut core.queue, scheduler.remotes.len()))
        })
        .flatten()
    }

    /// Takes half of another worker's queue; late, and only from a stuck one, its LIFO slot.
    fn steal(&self) -> Option<Runnable> {
        let scheduler = &self.scheduler;
        let workers = scheduler.remotes.len();
        self.with_core(|core| {
            if workers == 1 {
                return None;
            }
            if !core.searching {
                core.searching = scheduler.idle.start_searching();
                if !core.searching {
                    return None;
                }
            }
            let start = core.rng.below(workers);
            let own = core.index;
            let victims = (0..workers).map(|i| (start + i) % workers).filter(|&i| i != own);
            for victim in victims.clone() {
                let stealer = &scheduler.remotes[victim].stealer;
                if let Steal::Success { first, rest } = stealer.steal_into(&mut core.queue) {
                    self.count_stolen(core, rest + 1);
                    return Some(first);
                }
            }
            for victim in victims {
                if let Some(task) = take_from_stuck(&scheduler.remotes[victim]) {
                    self.count_stolen(core, 1);
                    return Some(task);
                }
            }
            scheduler.injector.pop_batch(&mut core.queue, workers)
        })
        .flatten()
    }

    fn count_stolen(&self, core: &Core, tasks: usize) {
        let stolen = &self.remote(core).stolen;
        // Ordering: Relaxed; only this worker writes it, and it is a statistic.
        stolen.store(stolen.load(Ordering::Relaxed).wrapping_add(tasks), Ordering::Relaxed);
    }

    /// Sleeps until there is something to do.
    fn park(&self) {
        let scheduler = &self.scheduler;
        let Some(was_searching) = self.with_core(|core| std::mem::take(&mut core.searching)) else {
            return;
        };
        scheduler.idle.park(was_searching);
        if scheduler.has_work() || scheduler.is_closing() {
            scheduler.idle.cancel_park();
        } else {
            self.with_driver(|| scheduler.park.park(None));
            scheduler.idle.unpark();
        }
        self.with_core(|core| core.searching = true);
    }

    /// Lets events and timers in without waiting.
    fn turn(&self) {
        let before = self.with_core(|core| core.queue.len());
        self.with_driver(|| self.scheduler.park.turn());
        let after = self.with_core(|core| core.queue.len());
        // A single task is not worth a worker, see `is_worth_a_worker`.
        if after > before && after > Some(1) && self.scheduler.idle.notify_lazily() {
            self.scheduler.park.unpark_one();
        }
    }

    fn with_driver(&self, f: impl FnOnce()) {
        self.with_core(|core| core.in_driver = true);
        f();
        self.with_core(|core| core.in_driver = false);
    }

    /// The shutdown has begun: ends every task that this thread can get hold of. What is behind a worker
    /// that is stuck in a poll is among them.
    fn end_tasks(&self) {
        let Some(mut core) = self.core.take() else {
            return;
        };
        let scheduler = &self.scheduler;
        if std::mem::take(&mut core.searching) {
            let _last = scheduler.idle.stop_searching();
        }
        // Without the core, what these tasks wake or spawn goes to the injector.
        while let Some(task) = core.queue.pop() {
            task.cancel();
        }
        for (index, remote) in scheduler.remotes.iter().enumerate() {
            if let Some(task) = remote.lifo.take() {
                task.cancel();
            }
            if index == core.index {
                continue;
            }
            while let Steal::Success { first, .. } = remote.stealer.steal_into(&mut core.queue) {
                first.cancel();
                while let Some(task) = core.queue.pop() {
                    task.cancel();
                }
            }
        }
        scheduler.end_waiting_tasks();
    }
}

impl Core {
    /// Counts a poll; whether a turn of the driver is due.
    fn tick(&mut self) -> bool {
        self.tick = self.tick.wrapping_add(1);
        self.tick % TURN_INTERVAL == 0
    }
}

/// What is in the LIFO slot of a worker that stays in one poll while we watch.
fn take_from_stuck(victim: &Remote) -> Option<Runnable> {
    if victim.lifo.is_empty() {
        return None;
    }
    // Ordering: Relaxed; a hint.
    let polls = victim.polls.load(Ordering::Relaxed);
    let start = Instant::now();
    while start.elapsed() < STUCK {
        // Ordering: Relaxed; a hint.
        if victim.polls.load(Ordering::Relaxed) != polls {
            return None;
        }
        hint::spin_loop();
    }
    victim.lifo.take()
}

/// Runs `f`, which may block this thread, while another thread carries on with this thread's tasks.
///
/// Outside a worker it just runs `f`. If no thread can be had to carry on, `f` runs all the same and
/// the tasks behind it can be stolen meanwhile.
///
/// ```
/// # let executor = filch_executor::Builder::new_multi_thread().worker_threads(1).build().unwrap();
/// let handle = executor.spawn(async {
///     filch_executor::block_in_place(|| std::thread::sleep(std::time::Duration::from_millis(5)));
///     "done"
/// });
/// assert_eq!(executor.block_on(handle).unwrap(), "done");
/// ```
///
/// # Panics
/// On a single-threaded executor: there is no other thread to carry on. Use `spawn_blocking` there.
#[track_caller]
pub fn block_in_place<R>(f: impl FnOnce() -> R) -> R {
    context::with_worker(|worker| match worker {
        Some(worker) => worker.hand_over_core(),
        None => assert!(
            context::duty() != Duty::Tasks,
            "`block_in_place` on a single-threaded executor would block all of its tasks: use \
             `spawn_blocking`"
        ),
    });
    let _may_block = DutyScope::suspend();
    f()
}

impl Worker {
    fn hand_over_core(&self) {
        let Some(core) = self.core.take() else {
            return;
        };
        let scheduler = self.scheduler.clone();
        self.outside.set(Some(Outside::begin(&scheduler.park)));
        // In a cell of its own, because a closure that does not get a thread is lost.
        let core = Arc::new(Mutex::new(Some(core)));
        let theirs = core.clone();
        self.scheduler.thread_enters();
        let started =
            self.scheduler.blocking.run_worker(Box::new(move || match theirs.lock().take() {
                Some(core) => run(scheduler, core),
                None => scheduler.thread_leaves(),
            }));
        if started.is_err() {
            // Nobody to carry on: keep the core, so that at least thieves see a worker at its place.
            *self.core.borrow_mut() = core.lock().take();
            self.outside.set(None);
            self.scheduler.thread_leaves();
        }
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("index", &self.index)
            .field("queue", &self.queue)
            .field("searching", &self.searching)
            .finish_non_exhaustive()
    }
}

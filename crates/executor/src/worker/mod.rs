//! # A worker: the loop that runs tasks
//!
//! In order: what it has itself (`core.rs`), the injector; then it steals (`steal.rs`); then it parks. Now
//! and then (`pace.rs`) it lets the driver in and takes its share of the injector first, so that neither
//! events nor tasks from outside wait behind its own.
//!
//! The state that only the worker touches is its [`Core`]. A blocking call inside a task
//! (`block_in_place`) sends the core to another thread, which carries on; the thread that lost it
//! finishes its poll and leaves.

mod core;
mod pace;
mod polling;
mod private_queue;
mod steal;

pub(crate) use self::core::Core;
pub(crate) use polling::Polling;
pub(crate) use private_queue::PrivateQueue;

use crate::biased::Biased;
use crate::config::ThreadKind;
use crate::context::{self, WorkerScope};
use crate::handle::Handle;
use crate::ledger::Attended;
use crate::park::Outside;
use crate::scheduler::{Remote, Scheduler, count};
use crate::task::{Reason, Runnable, TaskInfo};
use filch_primitives::CachePadded;
use filch_primitives::atomic::{AtomicBool, AtomicUsize};
use filch_primitives::sync::Mutex;
use filch_primitives::{BudgetScope, Duty, DutyScope};
use std::cell::{Cell, RefCell};
use std::io;
use std::sync::Arc;

/// A worker as its own thread sees it.
pub(crate) struct Worker {
    pub(crate) scheduler: Arc<Scheduler>,
    /// Empty while another thread carries on with it.
    pub(crate) core: RefCell<Option<Box<Core>>>,
    /// While another thread carries on: this one finishes its poll, and no worker waits for that.
    outside: Cell<Option<(Outside, Option<Attended>)>>,
}

/// The two halves of `count` workers: what they keep to themselves and what the others see.
pub(crate) fn parts(count: usize, seed: u64) -> (Vec<Core>, Box<[CachePadded<Remote>]>) {
    let part = |index| {
        let (core, stealer) = Core::new(index, count, seed);
        let remote = Remote {
            stealer,
            private: Biased::new(PrivateQueue::new()),
            // Until it is known: rather a wake-up too many than a core that has nothing to do.
            coarse: AtomicBool::new(true),
            polls: AtomicUsize::new(0),
            polling: Polling::new(),
            stolen: AtomicUsize::new(0),
            spawned: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
        };
        (core, CachePadded::new(remote))
    };
    let (cores, remotes): (Vec<_>, Vec<_>) = (0..count).map(part).unzip();
    (cores, remotes.into_boxed_slice())
}

/// Starts the thread of a worker.
pub(crate) fn start(scheduler: &Arc<Scheduler>, core: Core) -> io::Result<()> {
    let kind = ThreadKind::Worker(core.seat.index());
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

/// What a worker does next.
enum Next {
    Run(Runnable),
    /// The same, and it was found by a search.
    RunFound(Runnable),
    Turn,
    Park,
    /// Another thread has the core.
    Leave,
}

impl Worker {
    fn run(&self) {
        let mut turned = false;
        let mut again = None;
        while !self.scheduler.is_closing() {
            match self.next(again.take(), std::mem::take(&mut turned)) {
                Next::Run(task) => again = task.run(),
                Next::RunFound(task) => {
                    self.found_work();
                    again = task.run();
                }
                Next::Turn => {
                    self.with_driver(|| self.scheduler.park.turn());
                    self.with_core(|core| core.pace.turned());
                    turned = true;
                }
                Next::Park => self.park(),
                Next::Leave => return,
            }
        }
        self.with_core(|core| core.seat.remote(&self.scheduler).polling.end());
        if let Some(task) = again {
            task.cancel();
        }
    }

    /// Lends the core to `f`; `None` if another thread has it.
    fn with_core<R>(&self, f: impl FnOnce(&mut Core) -> R) -> Option<R> {
        self.core.borrow_mut().as_deref_mut().map(f)
    }

    /// `again`: the task that has just run, and is to run again; `turned`: the driver has just had its
    /// turn.
    #[inline]
    fn next(&self, again: Option<Runnable>, turned: bool) -> Next {
        let scheduler = &*self.scheduler;
        let mut core = self.core.borrow_mut();
        let Some(core) = core.as_deref_mut() else {
            if let Some(again) = again {
                scheduler.schedule_remote(again);
            }
            return Next::Leave;
        };
        if let Some(again) = again {
            core.push(scheduler, again, Reason::Yield);
        }
        let mut outside_first = turned;
        if !turned {
            if let Some(look) = core.pace.poll() {
                core.set_coarse(scheduler, look.is_coarse);
                if look.is_turn_due {
                    return Next::Turn;
                }
                outside_first = !look.is_coarse;
            }
        }
        let Some(task) = core.next(scheduler, outside_first) else {
            return Next::Park;
        };
        let remote = core.seat.remote(scheduler);
        count(&remote.polls);
        remote.polling.begin(&task);
        if std::mem::take(&mut core.searching) { Next::RunFound(task) } else { Next::Run(task) }
    }

    /// A searcher has found something: others may sleep because of it, so the last one passes it on, if it
    /// is worth it.
    fn found_work(&self) {
        let scheduler = &self.scheduler;
        scheduler.park.found_work();
        let is_worth_it =
            |core: &mut Core| scheduler.has_work() && core.is_worth_a_worker(scheduler);
        if scheduler.idle.stop_searching() && self.with_core(is_worth_it) == Some(true) {
            scheduler.wake_one();
        }
    }

    /// Sleeps until there is something to do.
    fn park(&self) {
        let scheduler = &self.scheduler;
        let rest = |core: &mut Core| {
            core.seat.remote(scheduler).polling.end();
            core.rest(scheduler)
        };
        let Some(was_searching) = self.with_core(rest) else {
            return;
        };
        scheduler.idle.park(was_searching);
        if scheduler.has_work() || scheduler.is_closing() {
            scheduler.idle.cancel_park();
        } else {
            let timeout = self.with_core(|core| steal::look_again(core, scheduler)).flatten();
            self.with_driver(|| scheduler.park.park(timeout));
            scheduler.idle.unpark();
        }
        self.with_core(|core| {
            core.searching = true;
            core.pace.wake();
        });
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
        while let Some(task) = core.pop(scheduler) {
            task.cancel();
        }
        steal::end_tasks_of_others(&mut core, scheduler);
        scheduler.end_waiting_tasks();
    }
}

impl Core {
    /// The next task: from outside, if it is their turn, its own, or somebody else's.
    #[inline]
    fn next(&mut self, scheduler: &Scheduler, outside_first: bool) -> Option<Runnable> {
        if outside_first {
            if let Some(task) = self.take_from_injector(scheduler) {
                return Some(task);
            }
        }
        if let Some(task) = self.pop(scheduler) {
            if self.seat.remote(scheduler).private.len_hint() > 0 {
                self.share(scheduler);
            }
            return Some(task);
        }
        self.take_from_injector(scheduler).or_else(|| steal::steal(self, scheduler))
    }

    /// Takes its share of what came from outside.
    pub(crate) fn take_from_injector(&mut self, scheduler: &Scheduler) -> Option<Runnable> {
        let workers = scheduler.remotes.len();
        self.seat.with_private(scheduler, |private| {
            scheduler.injector.pop_batch(workers, |task| private.push_waiting(task))
        })
    }
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
            Duty::current() != Duty::Tasks,
            "`block_in_place` on a single-threaded executor would block all of its tasks: use \
             `spawn_blocking`"
        ),
    });
    let (_may_block, _unlimited) = (DutyScope::suspend(), BudgetScope::unlimited());
    f()
}

impl Worker {
    fn hand_over_core(&self) {
        let Some(core) = self.core.take() else {
            return;
        };
        let scheduler = self.scheduler.clone();
        let attended = TaskInfo::current().map(|task| scheduler.attend(task));
        self.outside.set(Some((Outside::begin(&scheduler.park), attended)));
        core.seat.remote(&scheduler).polling.end();
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

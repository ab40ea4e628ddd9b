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
mod private_queue;
mod start;
mod steal;

pub(crate) use self::core::{Core, Relieved};
pub(crate) use pace::Pace;
pub(crate) use private_queue::PrivateQueue;
pub(crate) use start::{set_workers, start_spare};

use crate::context::{self, WorkerScope};
use crate::handle::Handle;
use crate::ledger::Attended;
use crate::park::{Outside, WokenBy};
use crate::record::{self, LaneKind, TrackScope};
use crate::scheduler::{Remotes, Scheduler, count};
use crate::task::{Reason, Runnable, TaskInfo};
use filch_primitives::memory::{self, Keeping};
use filch_primitives::{BudgetScope, Duty, DutyScope};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// A worker as its own thread sees it.
pub(crate) struct Worker {
    pub(crate) scheduler: Arc<Scheduler>,
    /// Empty while another thread carries on with it.
    pub(crate) core: RefCell<Option<Box<Core>>>,
    /// While another thread carries on: this one finishes its poll, and no worker waits for that.
    outside: Cell<Option<(Outside, Option<Attended>)>>,
}

/// The two halves of `count` seats: what a worker keeps to itself and what the others see.
pub(crate) fn parts(count: usize, seed: u64) -> (Vec<Core>, Remotes) {
    let (cores, remotes): (Vec<_>, Vec<_>) =
        (0..count).map(|index| Core::new(index, count, seed)).unzip();
    (cores, remotes.into_boxed_slice())
}

/// Runs tasks on this thread until the shutdown, or until the core is taken elsewhere.
fn run(scheduler: Arc<Scheduler>, mut core: Box<Core>) {
    core.pace.wake();
    let handle = Handle::from(scheduler.clone());
    let _entered = handle.enter();
    let _duty = DutyScope::enter(Duty::Tasks, "run a worker");
    let _keeping = Keeping::begin();
    let seat = core.seat.index();
    let worker = Worker { scheduler, core: RefCell::new(Some(core)), outside: Cell::new(None) };
    let _scope = WorkerScope::enter(&worker);
    let _track =
        TrackScope::enter(worker.scheduler.config.recorder.as_ref(), LaneKind::Worker(seat));
    // Dropped before the scope: destructors of tasks may do what tasks do.
    let _inside = Inside(&worker.scheduler);
    worker.scheduler.worker_is_awake();
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
    /// Perhaps there are too many workers.
    LeaveIfSurplus,
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
                    record::gap();
                    self.with_driver(|| self.scheduler.park.turn());
                    self.with_core(|core| core.pace.turned());
                    turned = true;
                }
                Next::Park => self.park(),
                Next::LeaveIfSurplus => turned = !self.leave_if_surplus(),
                Next::Leave => return,
            }
        }
        self.with_core(|core| core.seat.remote().progress.rest());
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
        let look = if turned { None } else { core.pace.poll() };
        if let Some(look) = look {
            core.set_coarse(look.is_coarse);
            let may_leave = core.is_surplus(scheduler);
            if may_leave || look.is_turn_due {
                if let Some(again) = again {
                    core.push(scheduler, again, Reason::Yield);
                }
                return if may_leave { Next::LeaveIfSurplus } else { Next::Turn };
            }
        }
        let outside_first = turned || look.is_some_and(|look| !look.is_coarse);
        let Some(task) = core.next(scheduler, again, outside_first) else {
            return Next::Park;
        };
        core.seat.remote().begins_poll(&task);
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
        if self.with_core(|core| core.is_surplus(scheduler)) == Some(true)
            && self.leave_if_surplus()
        {
            return;
        }
        let Some(was_searching) = self.with_core(|core| core.rest(scheduler)) else {
            return;
        };
        scheduler.idle.park(was_searching);
        if scheduler.has_work() || scheduler.is_closing() {
            scheduler.idle.cancel_park();
        } else {
            let timeout = self.with_core(|core| {
                count(&core.seat.remote().parks);
                let nap = core.relieves.as_ref().map(|_| core::SPARE_NAP);
                steal::look_again(core, scheduler).or(nap)
            });
            let timeout = timeout.flatten();
            if scheduler.park.woken_by() != WokenBy::Other {
                self.heeds_alarm();
            }
            record::parks();
            memory::rest();
            self.with_driver(|| scheduler.park.park(timeout));
            while scheduler.park.woken_by() == WokenBy::RoutineAlarm && self.sleeps_on() {
                self.with_driver(|| scheduler.park.park(timeout));
            }
            record::unparks();
            scheduler.idle.unpark();
            if self.with_core(|core| core.passes_on(scheduler)) == Some(true) {
                scheduler.park.unpark_one();
            }
        }
        self.with_core(|core| {
            core.searching = true;
            core.pace.wake();
        });
        scheduler.worker_is_awake();
    }

    /// Woken by a routine alarm: whether there is nothing to be looked after. No unpark is lost by it: one would have been
    /// another reason to wake up.
    fn sleeps_on(&self) -> bool {
        let scheduler = &self.scheduler;
        !self.heeds_alarm()
            && !scheduler.has_work()
            && !scheduler.is_closing()
            && self.with_core(|core| core.is_surplus(scheduler)) == Some(false)
    }

    /// Woken by an alarm: whether anybody is stuck who has tasks. If nobody has, and who is awake is stuck, there is no need
    /// of another alarm until somebody stirs.
    fn heeds_alarm(&self) -> bool {
        let scheduler = &self.scheduler;
        let stuck = self.with_core(|core| steal::find_stuck(core, scheduler)).unwrap_or_default();
        if stuck.quiet > 0 && !stuck.has_tasks {
            scheduler.park.quiet(stuck.quiet);
        }
        stuck.has_tasks
    }

    /// Gives up the seat if there are too many workers, or if the one is back that this one relieves; whether it did.
    /// What it has goes to the injector.
    #[cold]
    fn leave_if_surplus(&self) -> bool {
        let scheduler = &self.scheduler;
        let Some(is_spare) = self.with_core(|core| core.relieves.is_some()) else {
            return true;
        };
        if !scheduler.roster.leaves(is_spare) {
            return false;
        }
        let Some(mut core) = self.core.take() else { return true };
        scheduler.park.found_work();
        core.hand_over(scheduler);
        core.relieves = None;
        core.seat.remote().progress.rest();
        if std::mem::take(&mut core.searching) {
            let _last = scheduler.idle.stop_searching();
        }
        // Those who relied on this one to find it, or to come back for it.
        if scheduler.has_work() {
            scheduler.wake_one();
        }
        match scheduler.roster.returns(core.seat.index(), core) {
            None => {
                scheduler.worker_goes();
                true
            }
            Some((_, mut core)) => {
                core.pace.wake();
                *self.core.borrow_mut() = Some(core);
                false
            }
        }
    }

    fn with_driver(&self, f: impl FnOnce()) {
        self.with_core(|core| {
            core.in_driver = true;
            core.seat.remote().progress.rest();
        });
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
        scheduler.park.found_work();
        if std::mem::take(&mut core.searching) {
            let _last = scheduler.idle.stop_searching();
        }
        // Without the core, what these tasks wake or spawn goes to the injector.
        while let Some(task) = core.pop(scheduler, None) {
            task.cancel();
        }
        steal::end_tasks_of_others(&mut core, scheduler);
        scheduler.end_waiting_tasks();
    }
}

impl Core {
    /// The next task: from outside, if it is their turn, its own, to which `again` is added before, or somebody else's.
    #[inline(always)]
    fn next(
        &mut self,
        scheduler: &Scheduler,
        mut again: Option<Runnable>,
        outside_first: bool,
    ) -> Option<Runnable> {
        if outside_first {
            if let Some(again) = again.take() {
                self.push(scheduler, again, Reason::Yield);
            }
            if let Some(task) = self.take_from_injector(scheduler) {
                return Some(task);
            }
        }
        if let Some(task) = self.pop(scheduler, again) {
            let len = self.seat.remote().private.len_hint();
            if len > 0 {
                self.share(scheduler, len);
            }
            return Some(task);
        }
        // It is in no poll any more. A bell that was hung while it seemed to be rings here, before it takes anything in.
        self.seat.remote().progress.rest();
        self.seat.with_private(scheduler, |_| ());
        self.take_from_injector(scheduler).or_else(|| steal::steal(self, scheduler))
    }

    /// Takes its share of what came from outside.
    pub(crate) fn take_from_injector(&mut self, scheduler: &Scheduler) -> Option<Runnable> {
        let workers = scheduler.idle.workers();
        let task = self.seat.with_private(scheduler, |private| {
            scheduler.injector.pop_batch(workers, |task| private.push_waiting(task))
        });
        if task.is_some() {
            // Whoever starts the recorder and then spawns from outside finds the task in the recording.
            record::look();
        }
        task
    }
}

/// Runs `f`, which may block this thread, while another thread carries on with this thread's tasks.
///
/// Outside a worker, and in a waker that a timer or a socket wakes, it just runs `f`. If no thread can be had to carry on, `f`
/// runs all the same and the tasks behind it can be stolen meanwhile.
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
    let _recorded = record::BlockingScope::enter();
    f()
}

impl Worker {
    fn hand_over_core(&self) {
        let Some(core) = self.core.take() else {
            return;
        };
        if core.in_driver {
            // In a waker that the driver wakes, or a hook of it: the thread goes on from there as the one that was turning it.
            *self.core.borrow_mut() = Some(core);
            return;
        }
        let task = TaskInfo::current();
        let polled = task.as_ref().map(|task| (task.id().number(), task.spawned_at()));
        let attended = task.map(|task| self.scheduler.attend(task));
        self.outside.set(Some((Outside::begin(&self.scheduler.park), attended)));
        core.seat.remote().progress.rest();
        self.scheduler.thread_enters();
        if let Err(core) = start::run_in_pool(&self.scheduler, core) {
            // Nobody to carry on: keep the core, so that thieves and the sentinel see a worker that is stuck.
            if let Some((id, spawned_at)) = polled {
                core.seat.remote().progress.begin(id, spawned_at);
            }
            *self.core.borrow_mut() = Some(core);
            self.outside.set(None);
        }
    }
}

//! # The scheduler of the single-threaded flavour: one queue of events, one thread that takes them
//!
//! Whoever calls `block_on` drives the loop: it takes the oldest event, runs it to its next await point,
//! and sleeps in the driver when there is none. The future of `block_on` is an event among the others,
//! in its place in the queue. When it ends, every task that was runnable by then gets its turn once more
//! before `block_on` returns, as in asyncio; the others wait for the next `block_on`, or end with the
//! loop.

use crate::block_on::{ThreadWaker, poll_with_budget};
use crate::blocking::Pools;
use crate::config::Config;
use crate::context::{self, WorkerScope};
use crate::idle::Idle;
use crate::long_poll::Stopwatch;
use crate::park::Park;
use crate::record::{self, LaneKind, TrackScope};
use crate::run_queue::{Doorbell, Entry, RunQueue};
use crate::task::{Origin, Runnable, Spawned};
use crate::worker::Pace;
use filch_primitives::atomic::{AtomicBool, Ordering};
use filch_primitives::memory::{self, Keeping};
use filch_primitives::sync::Mutex;
use filch_primitives::{Duty, DutyScope};
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// After how many events the driver gets a turn and a task from another thread goes first.
const TURN_INTERVAL: u32 = 61;

/// Wakes the thread that drives the loop.
pub(crate) struct LoopDoorbell {
    idle: Idle,
    park: Arc<dyn Park>,
}

impl Doorbell for LoopDoorbell {
    fn ring(&self) {
        if self.idle.notify() {
            self.park.unpark_one();
        }
    }
}

/// See the head of this file.
pub(crate) struct LoopScheduler {
    pub(crate) queue: RunQueue<LoopDoorbell>,
    pub(crate) blocking: Pools,
    stopwatch: Option<Stopwatch>,
    /// The thread that an `EventLoop` was made on and does not leave: tasks need not be `Send` there.
    home: Option<usize>,
    seat: Mutex<Seat>,
}

/// Who drives.
#[derive(Default)]
struct Seat {
    taken: bool,
    /// Threads in `block_on` that would.
    waiting: Vec<Arc<ThreadWaker>>,
}

impl LoopScheduler {
    pub(crate) fn new(
        park: Arc<dyn Park>,
        blocking: Pools,
        config: &Config,
        stays_on_thread: bool,
    ) -> Self {
        let doorbell = LoopDoorbell { idle: Idle::new(1), park };
        Self {
            queue: RunQueue::new(
                doorbell,
                config.on_detached_panic.clone(),
                Some(blocking.ledger().clone()),
                config.recorder.clone(),
            ),
            blocking,
            stopwatch: Stopwatch::new(config),
            home: stays_on_thread.then(context::thread_token),
            seat: Mutex::new(Seat::default()),
        }
    }

    pub(crate) fn spawn<F>(&self, future: F, origin: impl Into<Origin>) -> Spawned<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        // SAFETY: `shut_down` ends every task before the executor lets go of the scheduler, and the
        // caller holds it now; future and output are Send.
        unsafe { self.queue.spawn(future, origin) }
    }

    /// As [`spawn`](Self::spawn), for a future that need not be `Send`; `None` if this is not
    /// the thread of an `EventLoop`.
    pub(crate) fn spawn_local<F>(
        &self,
        future: F,
        origin: impl Into<Origin>,
    ) -> Option<Spawned<F::Output>>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        if self.home != Some(context::thread_token()) {
            return None;
        }
        // SAFETY: (1) as in `spawn`. (2) as the `EventLoop` is not `Send`, this thread, which it was made
        // on, is the only one that ever drives the loop or ends its tasks.
        Some(unsafe { self.queue.spawn(future, origin) })
    }

    pub(crate) fn block_on<F: Future>(self: &Arc<Self>, future: F) -> F::Output {
        let _duty = DutyScope::enter(Duty::Tasks, "block_on");
        // A blocking call of a worker's task may drive a loop; what runs here is no worker's.
        let _no_worker = WorkerScope::hide();
        let _keeping = Keeping::begin();
        let mut future = pin!(future);
        let (thread, awake) = ThreadWaker::new(self.park());
        loop {
            if let Some(driver) = Driver::take(self, &thread) {
                // It sleeps in the driver from here on.
                drop(awake);
                return driver.drive(future);
            }
            // Another thread drives; it is woken for our future's sake, or to take over.
            let waker = Waker::from(thread.clone());
            let mut cx = Context::from_waker(&waker);
            if let Poll::Ready(output) = poll_with_budget(future.as_mut(), &mut cx) {
                self.seat.lock().waiting.retain(|other| !Arc::ptr_eq(other, &thread));
                return output;
            }
            thread.sleep();
        }
    }

    pub(crate) fn park(&self) -> &Arc<dyn Park> {
        &self.queue.doorbell.park
    }

    pub(crate) fn long_polls(&self) -> u64 {
        self.stopwatch.as_ref().map_or(0, Stopwatch::long_polls)
    }

    /// Ends every task on this thread. Nobody drives at this point, or ever again.
    pub(crate) fn shut_down(self: &Arc<Self>) {
        let (thread, _awake) = ThreadWaker::new(self.park());
        let driver = Driver::take(self, &thread)
            .expect("the executor is dropped by its only owner, so nobody is in `block_on`");
        self.queue.end_all();
        self.queue.doorbell.park.tasks_ended();
        drop(driver);
    }
}

/// The right to drive the loop; passes on when it is dropped.
struct Driver<'a> {
    scheduler: &'a Arc<LoopScheduler>,
    _track: TrackScope,
}

impl<'a> Driver<'a> {
    /// Takes the seat, or leaves `thread` to be woken when it is free.
    fn take(scheduler: &'a Arc<LoopScheduler>, thread: &Arc<ThreadWaker>) -> Option<Self> {
        let mut seat = scheduler.seat.lock();
        seat.waiting.retain(|other| !Arc::ptr_eq(other, thread));
        if seat.taken {
            seat.waiting.push(thread.clone());
            return None;
        }
        seat.taken = true;
        drop(seat);
        // SAFETY: the seat is ours alone, and its lock orders us behind whoever had it.
        unsafe { scheduler.queue.own() };
        let track = TrackScope::enter(scheduler.queue.recorder(), LaneKind::EventLoop);
        Some(Self { scheduler, _track: track })
    }

    fn drive<F: Future>(self, mut future: Pin<&mut F>) -> F::Output {
        let queue = &self.scheduler.queue;
        let main = Arc::new(MainWaker {
            queued: AtomicBool::new(true),
            scheduler: self.scheduler.clone(),
        });
        let waker = Waker::from(main.clone());
        let mut cx = Context::from_waker(&waker);
        // What was spawned before comes before the future, whichever thread spawned it.
        queue.collect();
        queue.push(Entry::Main);
        let mut tick: u32 = 0;
        // Reads the clock for the recorder.
        let mut pace = queue.recorder().map(|_| Pace::new());
        loop {
            tick = tick.wrapping_add(1);
            let turn_due = tick % TURN_INTERVAL == 0;
            if turn_due {
                record::gap();
                queue.doorbell.park.turn();
            }
            if let Some(pace) = &mut pace {
                let _look = pace.poll();
            }
            match queue.pop(turn_due) {
                Some(Entry::Task(task)) => self.run(task),
                Some(Entry::Main) => {
                    // Ordering: Acquire; pairs with the Release in `MainWaker::wake_by_ref`.
                    if !main.queued.swap(false, Ordering::Acquire) {
                        continue;
                    }
                    record::gap();
                    if let Poll::Ready(output) = poll_with_budget(future.as_mut(), &mut cx) {
                        self.last_turn();
                        return output;
                    }
                }
                None => {
                    self.park();
                    pace.iter_mut().for_each(Pace::wake);
                }
            }
        }
    }

    fn run(&self, task: Runnable) {
        let queue = &self.scheduler.queue;
        match &self.scheduler.stopwatch {
            None => queue.run(task),
            Some(stopwatch) => stopwatch.measure(task, |task| queue.run(task)),
        }
    }

    /// Lets every task that is runnable now have its turn.
    fn last_turn(&self) {
        let queue = &self.scheduler.queue;
        queue.collect();
        for _ in 0..queue.local_len() {
            if let Some(Entry::Task(task)) = queue.pop(false) {
                self.run(task);
            }
        }
    }

    fn park(&self) {
        let queue = &self.scheduler.queue;
        let LoopDoorbell { idle, park } = &queue.doorbell;
        idle.park(false);
        if queue.has_remote() {
            idle.cancel_park();
        } else {
            record::parks();
            memory::rest();
            park.park(None);
            record::unparks();
            idle.unpark();
        }
        let _last = idle.stop_searching();
    }
}

impl Drop for Driver<'_> {
    fn drop(&mut self) {
        self.scheduler.queue.disown();
        let waiting = {
            let mut seat = self.scheduler.seat.lock();
            seat.taken = false;
            std::mem::take(&mut seat.waiting)
        };
        for thread in waiting {
            thread.wake();
        }
    }
}

/// Puts the future of `block_on` in the queue.
struct MainWaker {
    queued: AtomicBool,
    scheduler: Arc<LoopScheduler>,
}

impl Wake for MainWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Ordering: Release; what was written before the wake is seen by the poll. AcqRel, because a
        // wake that finds the flag set must hand on what the one before published.
        if !self.queued.swap(true, Ordering::AcqRel) {
            self.scheduler.queue.push(Entry::Main);
        }
    }
}

impl fmt::Debug for LoopScheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopScheduler").field("queue", &self.queue).finish_non_exhaustive()
    }
}

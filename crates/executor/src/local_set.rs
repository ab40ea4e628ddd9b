//! # Tasks that stay on their thread
//!
//! A [`LocalSet`] is itself a future: while it is polled, it runs its tasks, one after the other, first
//! in, first out. Its tasks need not be `Send`.

use crate::config::PanicHook;
use crate::context;
use crate::executor::BlockOn;
use crate::record;
use crate::run_queue::{Doorbell, Entry, RunQueue};
use crate::task::{JoinHandle, Origin};
use filch_primitives::atomic::{AtomicBool, Ordering};
use filch_primitives::sync::Mutex;
use filch_primitives::{Current, CurrentGuard, catch_quietly};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// How many tasks a set runs before it lets the thread's other work have a turn.
const RUNS_PER_POLL: usize = 61;

/// The driver that the set is as a future; the others count from 1.
const THE_SET: u64 = 0;

filch_primitives::thread_local! {
    static LOCAL: Current<Rc<LocalScheduler>> = const { Current::new() };
}

/// Wakes the futures that drive the set: several may wait in `run_until` at once.
struct SetDoorbell {
    /// Each with the number of its driver: two drivers in one task have the same waker.
    wakers: Mutex<Vec<(u64, Waker)>>,
    /// The set is being polled and will look at its queue before it returns.
    polled: AtomicBool,
}

impl Doorbell for SetDoorbell {
    fn ring(&self) {
        let wakers = std::mem::take(&mut *self.wakers.lock());
        for (_, waker) in wakers {
            catch_quietly(|| waker.wake());
        }
    }

    fn ring_own(&self) {
        // Ordering: Relaxed; written and read here by the owner's thread only.
        if !self.polled.load(Ordering::Relaxed) {
            self.ring();
        }
    }
}

impl SetDoorbell {
    fn wakes(&self, driver: u64, waker: &Waker) -> bool {
        let wakers = self.wakers.lock();
        wakers.iter().any(|(other, theirs)| *other == driver && theirs.will_wake(waker))
    }

    fn push(&self, driver: u64, waker: Waker) {
        self.wakers.lock().push((driver, waker));
    }

    /// For the caller to drop, outside of the lock: that may run anything.
    fn remove(&self, driver: u64) -> Option<Waker> {
        let mut wakers = self.wakers.lock();
        let at = wakers.iter().position(|(other, _)| *other == driver)?;
        Some(wakers.remove(at).1)
    }
}

struct LocalScheduler {
    queue: RunQueue<SetDoorbell>,
    /// How many have driven it in `run_until`.
    drivers: Cell<u64>,
    /// The last set to go ends the tasks; not `Send`, so that it is on this thread.
    not_send: PhantomData<Rc<()>>,
    ended: Cell<bool>,
}

impl LocalScheduler {
    fn new(on_detached_panic: Option<PanicHook>) -> Rc<Self> {
        let doorbell =
            SetDoorbell { wakers: Mutex::new(Vec::new()), polled: AtomicBool::new(false) };
        let scheduler = Rc::new(Self {
            queue: RunQueue::new(doorbell, on_detached_panic, None, None),
            drivers: Cell::new(0),
            not_send: PhantomData,
            ended: Cell::new(false),
        });
        // SAFETY: the queue is not shared yet, and its scheduler does not leave this thread.
        unsafe { scheduler.queue.own() };
        scheduler
    }

    fn spawn<F>(&self, future: F, origin: impl Into<Origin>) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        // SAFETY: (1) `end` comes before the queue goes: `LocalSet` and its guards hold an `Rc`, and the
        // set's drop ends the tasks. (2) the owner is this thread and stays so.
        unsafe { self.queue.spawn(future, origin) }.settle()
    }

    /// Runs up to [`RUNS_PER_POLL`] tasks; whether there may be more.
    fn run_some(&self) -> bool {
        for run in 0..RUNS_PER_POLL {
            match self.queue.pop(run == 0) {
                Some(Entry::Task(task)) => self.queue.run(task),
                Some(Entry::Main) => {}
                None => return false,
            }
        }
        true
    }

    /// One poll of whoever drives the set.
    fn poll(&self, driver: u64, cx: &Context<'_>) {
        let doorbell = &self.queue.doorbell;
        if !doorbell.wakes(driver, cx.waker()) {
            drop(doorbell.remove(driver));
            doorbell.push(driver, cx.waker().clone());
        }
        // Ordering: Relaxed; see `ring_own`.
        doorbell.polled.store(true, Ordering::Relaxed);
        let more = self.run_some();
        record::gap();
        // Ordering: Relaxed; as above.
        doorbell.polled.store(false, Ordering::Relaxed);
        if more {
            // Everyone who waits: this one may end, or be dropped, before it is polled again.
            doorbell.ring();
        }
    }

    fn end(&self) {
        if !self.ended.replace(true) {
            self.queue.end_all();
        }
    }
}

impl Drop for LocalScheduler {
    fn drop(&mut self) {
        self.end();
    }
}

/// Who drives the set in `run_until`, and is not woken by it any more when this is dropped.
struct Driver<'a> {
    scheduler: &'a LocalScheduler,
    number: u64,
}

impl<'a> Driver<'a> {
    fn new(scheduler: &'a LocalScheduler) -> Self {
        let number = scheduler.drivers.get() + 1;
        scheduler.drivers.set(number);
        Self { scheduler, number }
    }
}

impl Drop for Driver<'_> {
    fn drop(&mut self) {
        drop(self.scheduler.queue.doorbell.remove(self.number));
    }
}

/// Runs tasks that are not `Send`, on the thread that made it.
///
/// ```
/// use filch_executor::{Builder, LocalSet, spawn_local};
/// use std::rc::Rc;
///
/// let executor = Builder::new_multi_thread().worker_threads(1).build().unwrap();
/// let set = LocalSet::new();
/// let shared = Rc::new(5);
/// let sum = set.block_on(&executor, async move {
///     let theirs = shared.clone();
///     let handle = spawn_local(async move { *theirs + 1 });
///     handle.await.unwrap() + *shared
/// });
/// assert_eq!(sum, 11);
/// ```
pub struct LocalSet {
    scheduler: Rc<LocalScheduler>,
}

impl LocalSet {
    /// An empty set for this thread.
    ///
    /// ```
    /// # use filch_executor::LocalSet;
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let set = LocalSet::new();
    /// assert_eq!(executor.block_on(set.run_until(async { 3 })), 3);
    /// ```
    pub fn new() -> Self {
        Self { scheduler: LocalScheduler::new(None) }
    }

    /// Spawns a task on the set; it runs when the set is driven.
    ///
    /// ```
    /// # use filch_executor::LocalSet;
    /// let set = LocalSet::new();
    /// let handle = set.spawn_local(async { 1 });
    /// assert!(!handle.is_finished());
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.spawn_from(future, Location::caller())
    }

    pub(crate) fn spawn_from<F>(
        &self,
        future: F,
        origin: impl Into<Origin>,
    ) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.scheduler.spawn(future, origin)
    }

    /// Drives the set until `future` ends, and returns its output. Tasks that have not ended stay in
    /// the set.
    ///
    /// ```
    /// # use filch_executor::{Builder, LocalSet};
    /// # let executor = Builder::new_current_thread().build().unwrap();
    /// let set = LocalSet::new();
    /// assert_eq!(executor.block_on(set.run_until(async { 3 })), 3);
    /// ```
    ///
    /// # Cancel safety
    /// Dropping it drops `future`; the tasks stay in the set.
    pub async fn run_until<F: Future>(&self, future: F) -> F::Output {
        let driver = Driver::new(&self.scheduler);
        let mut future = pin!(future);
        std::future::poll_fn(|cx| {
            let _entered = self.enter();
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(output);
            }
            self.scheduler.poll(driver.number, cx);
            Poll::Pending
        })
        .await
    }

    /// Runs `future` on `runtime`, from this thread, and drives the set meanwhile.
    ///
    /// ```
    /// # use filch_executor::LocalSet;
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let set = LocalSet::new();
    /// let task = set.spawn_local(async { 3 });
    /// assert_eq!(set.block_on(&executor, task).unwrap(), 3);
    /// ```
    ///
    /// # Panics
    /// As the runtime's `block_on`.
    #[track_caller]
    pub fn block_on<F: Future>(&self, runtime: &impl BlockOn, future: F) -> F::Output {
        runtime.block_on(self.run_until(future))
    }

    /// Makes the free function [`spawn_local`] spawn on this set until the guard is dropped.
    ///
    /// ```
    /// # use filch_executor::LocalSet;
    /// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
    /// let set = LocalSet::new();
    /// let task = {
    ///     let _entered = set.enter();
    ///     filch_executor::spawn_local(async { 3 })
    /// };
    /// assert_eq!(set.block_on(&executor, task).unwrap(), 3);
    /// ```
    pub fn enter(&self) -> LocalEnterGuard {
        LocalEnterGuard { _guard: Current::enter(&LOCAL, self.scheduler.clone()) }
    }
}

/// Ends when every task of the set has ended.
///
/// # Cancel safety
/// Awaiting `&mut set` loses nothing: the tasks stay in the set. Dropping the set cancels them.
impl Future for LocalSet {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let _entered = self.enter();
        self.scheduler.poll(THE_SET, cx);
        if self.scheduler.queue.live_tasks() > 0 {
            return Poll::Pending;
        }
        drop(self.scheduler.queue.doorbell.remove(THE_SET));
        Poll::Ready(())
    }
}

impl Default for LocalSet {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for LocalSet {
    fn drop(&mut self) {
        let _entered = self.enter();
        self.scheduler.end();
    }
}

impl fmt::Debug for LocalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSet").field("queue", &self.scheduler.queue).finish_non_exhaustive()
    }
}

/// Leaves the [`LocalSet`] that was entered, when dropped.
///
/// Guards on one thread must be dropped in the reverse order of their making.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build().unwrap();
/// let set = filch_executor::LocalSet::new();
/// let entered = set.enter();
/// let task = filch_executor::spawn_local(async { 3 });
/// drop(entered);
/// assert_eq!(set.block_on(&executor, task).unwrap(), 3);
/// ```
#[must_use = "the set is left when the guard is dropped"]
pub struct LocalEnterGuard {
    _guard: CurrentGuard<Rc<LocalScheduler>>,
}

impl fmt::Debug for LocalEnterGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalEnterGuard").finish_non_exhaustive()
    }
}

/// Spawns a task that need not be `Send` on this thread's [`LocalSet`], or on its event loop.
///
/// ```
/// # let event_loop = filch_executor::EventLoop::new().unwrap();
/// let shared = std::rc::Rc::new(5);
/// let sum = event_loop.block_on(async move {
///     let theirs = shared.clone();
///     filch_executor::spawn_local(async move { *theirs }).await.unwrap() + *shared
/// });
/// assert_eq!(sum, 10);
/// ```
///
/// # Panics
/// If neither is current on this thread.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    spawn_on_current(future, Location::caller())
}

#[track_caller]
pub(crate) fn spawn_on_current<F>(future: F, origin: impl Into<Origin>) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let set = Current::get(&LOCAL);
    match set {
        Some(set) => set.spawn(future, origin),
        None => context::spawn_on_event_loop(future, origin).expect(
            "no `LocalSet` and no event loop is current on this thread: call `spawn_local` inside \
             `LocalSet::run_until` or `EventLoop::block_on`",
        ),
    }
}

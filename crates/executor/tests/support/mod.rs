//! What the tests of this directory share: a bound on every wait, executors of each kind, and a few
//! futures and wakers to build situations from. Nothing here depends on speed.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use filch_executor::{Builder, Executor, Handle, JoinHandle};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::sync::{Arc, Mutex};
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// After how long a test counts as hung.
pub const HUNG: Duration = Duration::from_secs(30);

/// Runs `body` on a thread of its own; panics with the test's name and place if it has not ended in
/// [`HUNG`].
#[track_caller]
pub fn bounded(body: impl FnOnce() + Send + 'static) {
    bounded_by(HUNG, body);
}

/// As [`bounded`], with another bound.
#[track_caller]
pub fn bounded_by(limit: Duration, body: impl FnOnce() + Send + 'static) {
    let place = std::panic::Location::caller();
    let test = std::thread::current().name().unwrap_or("?").to_owned();
    let (done, ended) = mpsc::channel::<()>();
    let thread = std::thread::Builder::new()
        .name(test.clone())
        .spawn(move || {
            // Dropped when the body ends, in a panic too.
            let _done = done;
            body();
        })
        .unwrap();
    match ended.recv_timeout(limit) {
        Err(mpsc::RecvTimeoutError::Timeout) => {
            panic!("the test `{test}` at {place} hung for {limit:?}")
        }
        Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => {}
    }
    if let Err(payload) = thread.join() {
        std::panic::resume_unwind(payload);
    }
}

/// An executor with `workers` workers and no spares, so that what is queued behind [occupied](occupy) workers stays
/// there.
pub fn multi(workers: usize) -> Executor {
    Builder::new_multi_thread().worker_threads(workers).spare_workers(0).build().unwrap()
}

/// A single-threaded executor.
pub fn single() -> Executor {
    Builder::new_current_thread().build().unwrap()
}

/// Runs `test` on the single-threaded flavour and on 1 and 4 workers, each bounded by [`HUNG`].
#[track_caller]
pub fn both_flavours(test: impl Fn(Executor) + Send + Sync + 'static) {
    let test = Arc::new(test);
    for build in [single as fn() -> Executor, || multi(1), || multi(4)] {
        let test = test.clone();
        bounded(move || test(build()));
    }
}

/// Runs `test` on 1 and on 4 workers, each bounded by [`HUNG`].
#[track_caller]
pub fn each_multi(test: impl Fn(Executor) + Send + Sync + 'static) {
    let test = Arc::new(test);
    for workers in [1, 4] {
        let test = test.clone();
        bounded(move || test(multi(workers)));
    }
}

/// Waits until `condition` holds; panics after [`HUNG`].
#[track_caller]
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < HUNG, "waited {HUNG:?} in vain: {what}");
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// Starts a thread.
pub fn thread<T: Send + 'static>(
    body: impl FnOnce() -> T + Send + 'static,
) -> std::thread::JoinHandle<T> {
    std::thread::Builder::new().spawn(body).unwrap()
}

/// Counts, from any thread.
#[derive(Clone)]
pub struct Counter(Arc<AtomicUsize>);

impl Counter {
    pub fn new() -> Self {
        Self(Arc::new(AtomicUsize::new(0)))
    }

    pub fn add_one(&self) -> usize {
        // Ordering: AcqRel; what was done before the count is seen by who reads it.
        self.0.fetch_add(1, Ordering::AcqRel) + 1
    }

    pub fn get(&self) -> usize {
        // Ordering: Acquire; pairs with `add_one`.
        self.0.load(Ordering::Acquire)
    }

    /// A value that counts its own drop.
    pub fn on_drop(&self) -> OnDrop<impl FnOnce() + Send + 'static> {
        let counter = self.clone();
        on_drop(move || {
            counter.add_one();
        })
    }
}

/// Calls a closure when it is dropped.
pub struct OnDrop<F: FnOnce()>(Option<F>);

pub fn on_drop<F: FnOnce()>(f: F) -> OnDrop<F> {
    OnDrop(Some(f))
}

impl<F: FnOnce()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(f) = self.0.take() {
            f();
        }
    }
}

/// Events in the order in which they happened.
#[derive(Clone, Default)]
pub struct Trace(Arc<Mutex<Vec<&'static str>>>);

impl Trace {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn push(&self, event: &'static str) {
        self.0.lock().push(event);
    }

    pub fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.0.lock())
    }
}

/// Shut until it is opened; any number of futures wait for it.
#[derive(Clone, Default)]
pub struct Gate(Arc<Mutex<GateState>>);

#[derive(Default)]
struct GateState {
    open: bool,
    waiting: Vec<Waker>,
}

impl Gate {
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens it and wakes who waits.
    pub fn open(&self) {
        let waiting = {
            let mut state = self.0.lock();
            state.open = true;
            std::mem::take(&mut state.waiting)
        };
        for waker in waiting {
            waker.wake();
        }
    }

    /// How many wakers are registered: how often a wait has been polled in vain.
    pub fn waiting(&self) -> usize {
        self.0.lock().waiting.len()
    }

    pub fn wait(&self) -> GateWait {
        GateWait(self.clone())
    }
}

/// Ends when the gate is open.
pub struct GateWait(Gate);

impl Future for GateWait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.0.lock();
        if state.open {
            return Poll::Ready(());
        }
        state.waiting.push(cx.waker().clone());
        Poll::Pending
    }
}

/// Never ends, and hands its waker out at every poll.
pub struct Asleep(pub mpsc::Sender<Waker>);

impl Future for Asleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let _receiver_gone = self.0.send(cx.waker().clone());
        Poll::Pending
    }
}

/// A task that never ends, and its waker, which is handed out once it has been polled.
pub fn asleep(handle: &Handle) -> (JoinHandle<()>, mpsc::Receiver<Waker>) {
    let (wakers, receiver) = mpsc::channel();
    (handle.spawn(Asleep(wakers)), receiver)
}

/// A worker that is stuck in one poll until this is dropped.
pub struct Occupied {
    release: Option<mpsc::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

/// Blocks one worker of `handle`'s executor; returns when it is blocked.
pub fn occupy(handle: &Handle) -> Occupied {
    let (release, wait) = mpsc::channel::<()>();
    let (started, has_started) = mpsc::channel();
    let task = handle.spawn(async move {
        started.send(()).unwrap();
        let _released = wait.recv();
    });
    has_started.recv_timeout(HUNG).expect("no worker takes it");
    Occupied { release: Some(release), task: Some(task) }
}

impl Occupied {
    /// Lets the worker go on.
    pub fn release(mut self) -> JoinHandle<()> {
        self.release = None;
        self.task.take().unwrap()
    }
}

/// Counts how often it was woken.
pub struct WakeCounter(AtomicUsize);

impl WakeCounter {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(AtomicUsize::new(0)))
    }

    pub fn wakes(&self) -> usize {
        // Ordering: Acquire; pairs with the wake.
        self.0.load(Ordering::Acquire)
    }
}

impl Wake for WakeCounter {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Ordering: AcqRel; see `wakes`.
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

/// Wakes by calling a closure.
pub struct WakeFn<F>(pub F);

impl<F: Fn() + Send + Sync + 'static> Wake for WakeFn<F> {
    fn wake(self: Arc<Self>) {
        (self.0)();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        (self.0)();
    }
}

/// Polls once with `waker`.
pub fn poll_with<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

/// Polls once with a waker that does nothing.
pub fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_with(future, Waker::noop())
}

/// Sees to it that the executor still runs tasks, on every worker it has.
#[track_caller]
pub fn assert_lives(executor: &Executor) {
    let task = executor.spawn(async { filch_executor::yield_now().await });
    executor.block_on(task).unwrap();
    if executor.handle().flavor() == filch_executor::Flavor::MultiThread {
        assert_at_once(executor, executor.handle().workers());
    }
}

/// Sees to it that `count` tasks can run at once, each waiting for the others.
#[track_caller]
pub fn assert_at_once(executor: &Executor, count: usize) {
    let barrier = Arc::new(std::sync::Barrier::new(count));
    let tasks: Vec<_> = (0..count)
        .map(|_| {
            let barrier = barrier.clone();
            executor.spawn(async move {
                barrier.wait();
            })
        })
        .collect();
    for task in tasks {
        executor.block_on(task).unwrap();
    }
}

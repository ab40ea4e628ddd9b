//! # An event loop, whole
//!
//! A queue of tasks that are ready, timers, wakers, and one thread that does nothing but take the oldest
//! event and run it. The second chapter of the book takes it apart. It knows nothing but std, and is here
//! to be read: what Filch ships is `filch::runtime::EventLoop`.
//!
//! ```
//! use event_loop_example::{run, sleep, spawn};
//! use std::time::Duration;
//!
//! let data = run(async {
//!     let fetch = spawn(async {
//!         sleep(Duration::from_millis(10)).await;
//!         "data"
//!     });
//!     println!("this comes first");
//!     fetch.await
//! });
//! assert_eq!(data, "data");
//! ```

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// The event queue: the numbers of the tasks that are ready, oldest first. Any thread may push to it.
struct Queue {
    ready: Mutex<VecDeque<usize>>,
    thread: Thread,
}

impl Queue {
    fn push(&self, number: usize) {
        self.ready.lock().expect("a push does not panic").push_back(number);
        self.thread.unpark();
    }

    fn take(&self) -> VecDeque<usize> {
        mem::take(&mut *self.ready.lock().expect("a push does not panic"))
    }

    fn is_empty(&self) -> bool {
        self.ready.lock().expect("a push does not panic").is_empty()
    }
}

/// Puts one task into the queue, unless it is there already.
struct TaskWaker {
    number: usize,
    is_queued: AtomicBool,
    queue: Arc<Queue>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if !self.is_queued.swap(true, Ordering::AcqRel) {
            self.queue.push(self.number);
        }
    }
}

/// A future that the loop runs, and its waker.
struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Arc<TaskWaker>,
}

struct EventLoop {
    queue: Arc<Queue>,
    /// Every task that has not ended and is not being polled.
    tasks: RefCell<BTreeMap<usize, Task>>,
    /// By deadline, then in the order in which they were set.
    timers: RefCell<BTreeMap<(Instant, usize), Waker>>,
    next_number: Cell<usize>,
}

impl EventLoop {
    fn number(&self) -> usize {
        self.next_number.replace(self.next_number.get() + 1)
    }

    fn spawn<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> JoinHandle<T> {
        let slot = Rc::new(RefCell::new(Slot { output: None, joiner: None }));
        let theirs = slot.clone();
        let future = Box::pin(async move {
            let output = future.await;
            let joiner = {
                let mut slot = theirs.borrow_mut();
                slot.output = Some(output);
                slot.joiner.take()
            };
            joiner.into_iter().for_each(Waker::wake);
        });
        let number = self.number();
        let waker =
            TaskWaker { number, is_queued: AtomicBool::new(false), queue: self.queue.clone() };
        let waker = Arc::new(waker);
        self.tasks.borrow_mut().insert(number, Task { future, waker: waker.clone() });
        waker.wake();
        JoinHandle { slot }
    }

    /// Runs one task to its next await point, or to its end.
    fn poll(&self, number: usize) {
        let Some(mut task) = self.tasks.borrow_mut().remove(&number) else {
            return; // it has ended; somebody has woken it all the same
        };
        // From here on a wake-up means another poll, also one that comes while this one is under way. A
        // swap, and not a store: what a waker wrote before it found the task queued is to be seen here.
        task.waker.is_queued.swap(false, Ordering::AcqRel);
        let waker = Waker::from(task.waker.clone());
        if task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            self.tasks.borrow_mut().insert(number, task);
        }
    }

    /// Polls what is ready now. What becomes ready meanwhile has to wait for the next time.
    fn run_ready(&self) {
        self.queue.take().into_iter().for_each(|number| self.poll(number));
    }

    /// Wakes the tasks whose timers are due.
    fn fire_timers(&self) {
        let mut timers = self.timers.borrow_mut();
        let later = timers.split_off(&(Instant::now(), usize::MAX));
        let due = mem::replace(&mut *timers, later);
        drop(timers);
        due.into_values().for_each(Waker::wake);
    }

    /// Nothing is ready: sleeps until a timer is due or somebody pushes.
    fn wait(&self) {
        let earliest = self.timers.borrow().keys().next().map(|&(deadline, _)| deadline);
        match earliest {
            Some(deadline) => {
                thread::park_timeout(deadline.saturating_duration_since(Instant::now()))
            }
            None => thread::park(),
        }
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<EventLoop>>> = const { RefCell::new(None) };
}

fn current() -> Rc<EventLoop> {
    CURRENT
        .with_borrow(Clone::clone)
        .expect("no event loop runs on this thread: call this inside `run`")
}

/// Drops what has not ended, and leaves the loop; also when a task panics.
struct Entered(Rc<EventLoop>);

impl Drop for Entered {
    fn drop(&mut self) {
        // Until there is nothing more: a destructor may spawn.
        while !self.0.tasks.take().is_empty() {}
        CURRENT.set(None);
    }
}

/// Runs `main` and what it spawns until `main` has ended: `asyncio.run(main())`.
///
/// Each task that is ready by then gets its turn once more; the others are dropped where they wait.
///
/// # Panics
/// If a loop runs on this thread already, or a task panics: this loop is simple, and ends with it.
pub fn run<T: 'static>(main: impl Future<Output = T> + 'static) -> T {
    assert!(CURRENT.with_borrow(Option::is_none), "an event loop runs on this thread already");
    let event_loop = Rc::new(EventLoop {
        queue: Arc::new(Queue { ready: Mutex::default(), thread: thread::current() }),
        tasks: RefCell::default(),
        timers: RefCell::default(),
        next_number: Cell::new(0),
    });
    CURRENT.set(Some(event_loop.clone()));
    let _entered = Entered(event_loop.clone());

    let main = event_loop.spawn(main);
    while !main.is_finished() {
        while event_loop.queue.is_empty() {
            event_loop.wait();
            event_loop.fire_timers();
        }
        event_loop.run_ready();
        event_loop.fire_timers();
    }
    event_loop.run_ready();
    main.slot.take().output.expect("the loop ends when `main` has")
}

/// Makes a task of `future`: the loop runs it, whether the handle is awaited or not.
///
/// # Panics
/// Outside [`run`].
pub fn spawn<T: 'static>(future: impl Future<Output = T> + 'static) -> JoinHandle<T> {
    current().spawn(future)
}

/// Calls `callback` after `delay`: JavaScript's `setTimeout`, and with no delay asyncio's `call_soon`.
///
/// # Panics
/// Outside [`run`].
pub fn call_later(delay: Duration, callback: impl FnOnce() + 'static) {
    let timer = sleep(delay);
    spawn(async move {
        timer.await;
        callback();
    });
}

/// What a task leaves for whoever awaits it.
struct Slot<T> {
    output: Option<T>,
    joiner: Option<Waker>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { output: None, joiner: None }
    }
}

/// Waits for a task; made by [`spawn`]. Dropping it does not stop the task.
pub struct JoinHandle<T> {
    slot: Rc<RefCell<Slot<T>>>,
}

impl<T> JoinHandle<T> {
    fn is_finished(&self) -> bool {
        self.slot.borrow().output.is_some()
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut slot = self.slot.borrow_mut();
        match slot.output.take() {
            Some(output) => Poll::Ready(output),
            None => {
                slot.joiner = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("is_finished", &self.is_finished()).finish()
    }
}

/// Waits for `duration`.
///
/// # Panics
/// Outside [`run`].
pub fn sleep(duration: Duration) -> Sleep {
    Sleep { key: (Instant::now() + duration, current().number()), event_loop: current() }
}

/// Waits for a time; made by [`sleep`].
#[must_use = "futures do nothing unless awaited"]
pub struct Sleep {
    key: (Instant, usize),
    event_loop: Rc<EventLoop>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.key.0 {
            return Poll::Ready(());
        }
        self.event_loop.timers.borrow_mut().insert(self.key, cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.event_loop.timers.borrow_mut().remove(&self.key);
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep").field("deadline", &self.key.0).finish_non_exhaustive()
    }
}

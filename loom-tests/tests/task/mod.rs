//! A task reduced to its word and its join slot: what `crates/executor/src/task/run.rs` does with them,
//! on cells that loom watches. Whoever gets the runnable runs it at once, on its own thread.
#![allow(dead_code, reason = "shared by two model files, each of which uses a part")]

use filch_executor::model::join::JoinSlot;
use filch_executor::model::state::{Completed, Detached, End, Start, State, Wake};
use filch_primitives::atomic::AtomicBool;
use filch_primitives::cell::UnsafeCell;
use filch_primitives::sync::Arc;
use std::task::Waker;

/// What the future of a model does when it is polled: `true` when it has ended. It counts its polls.
type Poll = fn(&Task, polls: usize) -> bool;

/// The output of a future that ended by itself, and of one that was cancelled.
pub const DONE: usize = 1;
pub const CANCELLED: usize = 2;

/// A task as its threads share it.
pub struct Task {
    pub state: State,
    join: JoinSlot,
    poll: Poll,
    /// The runner's: how often the future was polled; `None` once it is dropped.
    future: UnsafeCell<Option<usize>>,
    /// The runner's until COMPLETE, then the joiner's.
    output: UnsafeCell<Option<usize>>,
    /// Read by everyone who touches the task, written by the one who frees it.
    memory: UnsafeCell<bool>,
    /// What a waker has to say to the future, without any ordering of its own.
    pub mail: AtomicBool,
}

// SAFETY: who may touch which cell is decided by the task word; loom checks it.
unsafe impl Send for Task {}
// SAFETY: as above.
unsafe impl Sync for Task {}

impl Task {
    /// A task that was just spawned: its runnable and its join handle are in the caller's hands.
    pub fn new(poll: Poll) -> Arc<Self> {
        Arc::new(Self {
            state: State::new(),
            join: JoinSlot::new(),
            poll,
            future: UnsafeCell::new(Some(0)),
            output: UnsafeCell::new(None),
            memory: UnsafeCell::new(false),
            mail: AtomicBool::new(false),
        })
    }

    /// A task that was polled once and waits.
    pub fn waiting(poll: Poll) -> Arc<Self> {
        let task = Self::new(poll);
        assert_eq!(task.state.start_poll(), Start::Poll);
        task.with_future(|future| *future = Some(1));
        assert_eq!(task.state.end_poll(), End::Idle);
        task
    }

    fn touch(&self) {
        self.memory.with(|freed| {
            // SAFETY: the caller has a reference or the runnable; loom checks it against the free.
            assert!(!unsafe { *freed }, "touched after it was freed");
        });
    }

    fn free(&self) {
        self.memory.with_mut(|freed| {
            // SAFETY: the caller was told that it had the last reference; loom checks it.
            let twice = std::mem::replace(unsafe { &mut *freed }, true);
            assert!(!twice, "freed twice");
        });
        // SAFETY: as above: nobody uses the slot any more.
        unsafe { self.join.clear() };
        self.with_future(|future| assert_eq!(*future, None, "freed with its future"));
        self.with_output(|output| assert_eq!(*output, None, "freed with its output"));
    }

    /// Once every thread is done.
    pub fn assert_freed(&self) {
        // SAFETY: the caller has joined the others.
        let freed = self.memory.with(|freed| unsafe { *freed });
        assert!(freed, "leaked: {:?}", self.state);
    }

    fn with_future<R>(&self, f: impl FnOnce(&mut Option<usize>) -> R) -> R {
        // SAFETY: the caller holds the runnable; loom checks it.
        self.future.with_mut(|future| f(unsafe { &mut *future }))
    }

    fn with_output<R>(&self, f: impl FnOnce(&mut Option<usize>) -> R) -> R {
        // SAFETY: the caller is the runner, or the joiner of a complete task; loom checks it.
        self.output.with_mut(|output| f(unsafe { &mut *output }))
    }

    /// `Runnable::run`, until the runnable is gone.
    pub fn run(&self) {
        loop {
            self.touch();
            if self.state.start_poll() == Start::Cancel {
                return self.end(CANCELLED);
            }
            let ready = self.with_future(|future| {
                let polls = future.as_mut().expect("polled after its end");
                *polls += 1;
                (self.poll)(self, *polls)
            });
            if ready {
                return self.end(DONE);
            }
            match self.state.end_poll() {
                End::Idle => return,
                End::Requeue => {}
                End::Cancel => return self.end(CANCELLED),
            }
        }
    }

    fn end(&self, outcome: usize) {
        let ended = self.with_future(|future| future.take());
        assert!(ended.is_some(), "ended twice");
        self.with_output(|output| *output = Some(outcome));
        let completed = match self.state.complete(false) {
            Some(completed) => completed,
            None => {
                self.with_output(|output| assert!(output.take().is_some(), "dropped twice"));
                self.state.complete(true).expect("the second answer is final")
            }
        };
        match completed {
            Completed::Done => {}
            Completed::Free => self.free(),
            Completed::WakeJoiner => {
                // SAFETY: we have just completed the task and were told of JOIN_WAKER.
                unsafe { self.join.wake() };
                self.release();
            }
        }
    }

    /// A wake-up by a waker that stays; whether it made the runnable, which has then run.
    pub fn wake_by_ref(&self) -> bool {
        self.touch();
        self.answer(self.state.wake_by_ref())
    }

    /// A wake-up by a waker that is used up.
    pub fn wake(&self) -> bool {
        self.touch();
        self.answer(self.state.wake_by_value())
    }

    pub fn abort(&self) -> bool {
        self.touch();
        self.answer(self.state.cancel())
    }

    fn answer(&self, wake: Wake) -> bool {
        match wake {
            Wake::Nothing => {}
            Wake::Submit => self.run(),
            Wake::Free => self.free(),
        }
        wake == Wake::Submit
    }

    /// One more waker or abort handle.
    pub fn reference(task: &Arc<Self>) -> Arc<Self> {
        task.touch();
        task.state.ref_inc();
        task.clone()
    }

    /// A waker or an abort handle is dropped.
    pub fn release(&self) {
        self.touch();
        if self.state.ref_dec() {
            self.free();
        }
    }

    /// One poll of the join handle.
    pub fn poll_join(&self, waker: &Waker) -> Option<usize> {
        self.touch();
        // SAFETY: the model has one joiner, and the slot and the word are of one task.
        let ended = unsafe { self.join.register(&self.state, waker) };
        ended.then(|| self.take_output())
    }

    pub fn take_output(&self) -> usize {
        self.touch();
        self.with_output(Option::take).expect("complete, and the output is there")
    }

    /// The join handle is dropped; whether the task had ended.
    pub fn drop_join_handle(&self) -> bool {
        self.touch();
        let detached = self.state.drop_join_handle();
        match detached {
            Detached::Done => return false,
            // SAFETY: we are the joiner and JOIN_WAKER is off: the slot is ours.
            Detached::DropWaker => unsafe { self.join.clear() },
            Detached::DropOutput => {
                self.with_output(|output| *output = None);
            }
        }
        self.release();
        detached == Detached::DropOutput
    }
}

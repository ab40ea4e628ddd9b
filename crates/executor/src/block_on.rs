//! # Waiting for a future on a thread that runs nothing else

use crate::park::{Outside, Park};
use crate::parker::Parker;
use filch_primitives::BudgetScope;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// Wakes a thread that no worker is, and counts it as something outside of them while it is awake.
pub(crate) struct ThreadWaker {
    parker: Parker,
    park: Arc<dyn Park>,
}

impl ThreadWaker {
    /// For the current thread, which is awake; the other half of its count.
    pub(crate) fn new(park: &Arc<dyn Park>) -> (Arc<Self>, Outside) {
        let thread = Arc::new(Self { parker: Parker::new(), park: park.clone() });
        (thread, Outside::begin(park))
    }

    /// Sleeps until it is woken.
    pub(crate) fn sleep(&self) {
        self.parker.park_with(|| self.park.outside_ends());
    }
}

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // For the thread: it must count from here on, not from when it comes to itself.
        if self.parker.unpark() {
            self.park.outside_begins();
        }
    }
}

/// Polls the future of a `block_on`, once and with a budget as a task has it.
pub(crate) fn poll_with_budget<F: Future>(
    future: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Poll<F::Output> {
    let _budget = BudgetScope::begin();
    future.poll(cx)
}

/// Polls `future` on this thread and sleeps in between.
pub(crate) fn block_on<F: Future>(park: &Arc<dyn Park>, future: F) -> F::Output {
    let (thread, _awake) = ThreadWaker::new(park);
    let waker = Waker::from(thread.clone());
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = poll_with_budget(future.as_mut(), &mut cx) {
            return output;
        }
        thread.sleep();
    }
}

//! # Waiting for a future on a thread that runs nothing else

use crate::parker::Parker;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// Wakes a thread.
pub(crate) struct ThreadWaker(pub(crate) Parker);

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls `future` on this thread and sleeps in between.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let thread = Arc::new(ThreadWaker(Parker::new()));
    let waker = Waker::from(thread.clone());
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        thread.0.park();
    }
}

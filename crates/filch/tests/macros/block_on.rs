//! The smallest executor: enough for the macros, which need no runtime.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::task::{Context, Poll, Wake};
use std::time::Duration;

struct Bell(SyncSender<()>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        // Full: it rings already.
        let _ = self.0.try_send(());
    }
}

/// Polls `future` whenever it was woken; fails if that takes 10 s.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let (bell, rings) = sync_channel(1);
    let waker = Arc::new(Bell(bell)).into();
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        rings.recv_timeout(Duration::from_secs(10)).expect("nothing woke the task for 10 s");
    }
}

/// Is pending once, and wakes at once.
pub async fn give_way() {
    let mut given = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut given, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

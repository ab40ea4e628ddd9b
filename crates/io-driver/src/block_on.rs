//! The smallest executor: one future, on the thread that also drives it.

use crate::driver::{Driver, DriverHandle};
use filch_primitives::atomic::{AtomicBool, Ordering};
use filch_primitives::sync::Mutex;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// Held while a thread is in `block_on`.
pub(crate) type Blocked = Mutex<()>;

struct Alert {
    is_raised: AtomicBool,
    driver: DriverHandle,
}

impl Wake for Alert {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Ordering: Release; pairs with the Acquire in `block_on`: the poll sees what led to the wake.
        if !self.is_raised.swap(true, Ordering::AcqRel) {
            self.driver.unpark_one();
        }
    }
}

impl Driver {
    /// Runs one future to its end on this thread, which waits on the driver in between.
    ///
    /// This is for programs and tests that want sockets and no runtime. Nobody else may
    /// [`wait`](Self::wait) on the driver meanwhile: an unpark meant for this thread would wake the other.
    ///
    /// # Panics
    /// If another thread, or this one, is in `block_on` on the same driver; and if the future panics.
    ///
    /// ```
    /// use filch_io_driver::Driver;
    ///
    /// let driver = Driver::new()?;
    /// assert_eq!(driver.block_on(async { 7 }), 7);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let Some(_blocked) = self.blocked().try_lock() else {
            panic!(
                "a thread is in `Driver::block_on` already: use a runtime to run several futures"
            );
        };
        let _entered = self.enter();
        let mut future = pin!(future);
        let alert =
            Arc::new(Alert { is_raised: AtomicBool::new(true), driver: self.handle().clone() });
        let waker = Waker::from(alert.clone());
        let mut cx = Context::from_waker(&waker);
        loop {
            // Ordering: Acquire; pairs with the Release in `wake_by_ref`.
            if alert.is_raised.swap(false, Ordering::AcqRel) {
                if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                    return output;
                }
            } else {
                self.wait(None);
            }
        }
    }
}

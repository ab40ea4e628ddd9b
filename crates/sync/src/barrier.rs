//! A place where tasks wait for each other.

use crate::const_fn::const_fn;
use crate::notify::Notify;
use crate::wakes::Wakes;
use filch_primitives::coop::consume_budget;
use filch_primitives::sync::Mutex;
use std::fmt;
use std::mem;

/// Lets a number of tasks wait until all of them have come; again and again.
///
/// Each round, one of them is the [leader](BarrierWaitResult::is_leader): who came last. To wait for the end of tasks,
/// rather than for a point on their way, join them; to wait for one event, choose [`Notify`] or
/// [`SetOnce`](crate::SetOnce).
///
/// ```
/// use filch_sync::Barrier;
/// use std::sync::Arc;
///
/// # use futures_lite::future::block_on;
/// let barrier = Arc::new(Barrier::new(3));
/// let threads = [(); 3].map(|()| {
///     let barrier = barrier.clone();
///     std::thread::spawn(move || block_on(barrier.wait()).is_leader())
/// });
/// let leaders = threads.into_iter().filter_map(|thread| thread.join().ok()).filter(|leads| *leads);
/// assert_eq!(leaders.count(), 1);
/// ```
pub struct Barrier {
    parties: usize,
    round: Mutex<Round>,
    /// Called at the end of each round.
    complete: Notify,
}

struct Round {
    number: usize,
    arrived: usize,
}

/// What a task learns when all have come.
///
/// ```
/// let barrier = filch_sync::Barrier::new(1);
/// assert!(futures_lite::future::block_on(barrier.wait()).is_leader());
/// ```
#[derive(Clone, Debug)]
pub struct BarrierWaitResult {
    is_leader: bool,
}

impl BarrierWaitResult {
    /// Whether this is the one task of the round that came last.
    ///
    /// ```
    /// let barrier = filch_sync::Barrier::new(1);
    /// assert!(futures_lite::future::block_on(barrier.wait()).is_leader());
    /// ```
    pub fn is_leader(&self) -> bool {
        self.is_leader
    }
}

impl Barrier {
    const_fn! {
        /// A barrier for `n` tasks. One for 0 is as one for 1: nobody waits.
        ///
        /// ```
        /// let barrier = filch_sync::Barrier::new(0);
        /// assert!(futures_lite::future::block_on(barrier.wait()).is_leader());
        /// ```
        pub fn new(n: usize) -> Self {
            Self {
                parties: n,
                round: Mutex::new(Round { number: 0, arrived: 0 }),
                complete: Notify::new(),
            }
        }
    }

    /// Waits until all have come.
    ///
    /// # Cancel safety
    /// Safe: dropped before the round is complete, it has not come, and another may in its place. Dropped after that, it has
    /// come, and the others are through.
    ///
    /// ```
    /// use futures_lite::future::{block_on, poll_once, zip};
    ///
    /// let barrier = filch_sync::Barrier::new(2);
    /// assert!(block_on(poll_once(barrier.wait())).is_none()); // given up
    /// let (first, second) = block_on(zip(barrier.wait(), barrier.wait()));
    /// assert!(!first.is_leader() && second.is_leader());
    /// ```
    pub async fn wait(&self) -> BarrierWaitResult {
        consume_budget().await;
        let Some((arrival, complete)) = self.arrive() else {
            return BarrierWaitResult { is_leader: true };
        };
        complete.await;
        // The round is over: it does not go any more.
        mem::forget(arrival);
        BarrierWaitResult { is_leader: false }
    }

    /// `None` for the leader.
    fn arrive(&self) -> Option<(Arrival<'_>, crate::futures::Notified<'_>)> {
        let mut wakes = Wakes::new();
        {
            let mut round = self.round.lock();
            round.arrived += 1;
            if round.arrived < self.parties {
                // Made with the lock held: before the call that ends the round.
                let complete = self.complete.notified();
                return Some((Arrival { barrier: self, round: round.number }, complete));
            }
            round.arrived = 0;
            round.number = round.number.wrapping_add(1);
            self.complete.collect_waiters(&mut wakes);
        }
        wakes.wake_all();
        None
    }
}

/// One that has come, and goes again if the round does not get complete.
struct Arrival<'a> {
    barrier: &'a Barrier,
    round: usize,
}

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        let mut round = self.barrier.round.lock();
        if round.number == self.round {
            round.arrived -= 1;
        }
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").field("parties", &self.parties).finish_non_exhaustive()
    }
}

//! What readers of asyncio and JavaScript reach for, over any number of futures of one type.
//!
//! The futures take turns on the current task, and only those that were woken are polled. A future that
//! is to use another worker is spawned first: a [`JoinHandle`](crate::task::JoinHandle) is a future too.

mod as_completed;
mod gather;
mod race;
mod wait_for;

pub use as_completed::{AsCompleted, as_completed};
pub use gather::{AllSettled, Gather, all_settled, gather};
pub use race::{Any, Race, any, race};
pub use wait_for::{shield, wait_for};

use crate::ready_set::ReadySet;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Futures, numbered in the order in which they were given.
struct Numbered<F> {
    futures: ReadySet<Pin<Box<F>>>,
}

impl<F: Future> Numbered<F> {
    fn new(futures: impl IntoIterator<Item: IntoFuture<IntoFuture = F>>) -> Self {
        let mut set = ReadySet::new();
        for (number, future) in futures.into_iter().enumerate() {
            // The keys of a set that nothing has left are the numbers.
            let key = set.insert(Box::pin(future.into_future()));
            debug_assert_eq!(key, number);
        }
        Self { futures: set }
    }

    fn len(&self) -> usize {
        self.futures.len()
    }

    /// The next that ends, with its number; `None` when all have.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(usize, F::Output)>> {
        let ended = self.futures.poll_next(cx);
        ended.map(|ended| ended.map(|(number, _future, output)| (number, output)))
    }

    /// Drops those that have not ended.
    fn clear(&mut self) {
        self.futures.drain().for_each(drop);
    }
}

impl<F> fmt::Debug for Numbered<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.futures.fmt(f)
    }
}

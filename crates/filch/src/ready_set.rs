//! # A set of futures on one task, of which only those that were woken are polled
//!
//! Each future has a waker of its own, which puts the future's key into a queue and wakes the task. So a
//! set of n futures costs n polls in all, not n for each that wakes up. Under `JoinSet`, `JoinMap` and
//! the combinators.

use filch_primitives::sync::Mutex;
use filch_primitives::{Budget, BudgetScope, catch_quietly};
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker, ready};

/// See the head of this file.
pub(crate) struct ReadySet<F> {
    slots: Vec<Option<Slot<F>>>,
    free: Vec<usize>,
    queue: Arc<Queue>,
}

struct Slot<F> {
    future: F,
    waker: Waker,
}

#[derive(Default)]
struct Queue(Mutex<State>);

#[derive(Default)]
struct State {
    woken: VecDeque<usize>,
    /// Whether a key is in `woken`.
    is_woken: Vec<bool>,
    /// The task that holds the set.
    waker: Option<Waker>,
}

/// The waker of one future.
struct Bell {
    key: usize,
    queue: Arc<Queue>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let waker = {
            let mut state = self.queue.0.lock();
            if !state.push(self.key) {
                return;
            }
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl State {
    /// Whether the key was not there yet.
    fn push(&mut self, key: usize) -> bool {
        let is_new = !std::mem::replace(&mut self.is_woken[key], true);
        if is_new {
            self.woken.push_back(key);
        }
        is_new
    }

    fn pop(&mut self) -> Option<usize> {
        let key = self.woken.pop_front()?;
        self.is_woken[key] = false;
        Some(key)
    }
}

impl<F> ReadySet<F> {
    pub(crate) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), queue: Arc::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Takes a future in, to be polled next time, for which whoever waits is woken; returns its key, which is given to another
    /// when the future has left.
    pub(crate) fn insert(&mut self, future: F) -> usize {
        let key = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        let waker = Waker::from(Arc::new(Bell { key, queue: self.queue.clone() }));
        self.slots[key] = Some(Slot { future, waker });
        let mut state = self.queue.0.lock();
        if state.is_woken.len() == key {
            state.is_woken.push(false);
        }
        // It may be there still, for the one who had the key before.
        state.push(key);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            // Should it panic: the caller is to have the key all the same.
            catch_quietly(|| waker.wake());
        }
        key
    }

    /// The futures that have not ended.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &F> {
        self.slots.iter().flatten().map(|slot| &slot.future)
    }

    pub(crate) fn get(&self, key: usize) -> Option<&F> {
        self.slots.get(key)?.as_ref().map(|slot| &slot.future)
    }

    /// Takes a future out.
    pub(crate) fn remove(&mut self, key: usize) -> Option<F> {
        let slot = self.slots.get_mut(key)?.take()?;
        self.free.push(key);
        Some(slot.future)
    }

    /// Takes every future out.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = F> + use<F> {
        let slots = std::mem::take(&mut self.slots);
        self.free.clear();
        // A new queue: the old wakers ring nobody.
        self.queue = Arc::default();
        slots.into_iter().flatten().map(|slot| slot.future)
    }
}

impl<F: Future + Unpin> ReadySet<F> {
    /// The next future that has ended, with its key and output; `None` when the set is empty.
    pub(crate) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<(usize, F, F::Output)>> {
        if self.len() == 0 {
            return Poll::Ready(None);
        }
        // So many that each has a turn; a future that wakes itself has to wait for the next round.
        let turns = self.len();
        for turn in 0..=turns {
            // Whoever would be polled now would be refused, and would come again.
            ready!(Budget::poll_left(cx));
            let key = {
                let mut state = self.queue.0.lock();
                if state.woken.is_empty() {
                    let before = match &state.waker {
                        Some(waker) if waker.will_wake(cx.waker()) => None,
                        _ => state.waker.replace(cx.waker().clone()),
                    };
                    drop(state);
                    drop(before);
                    return Poll::Pending;
                }
                if turn == turns {
                    break;
                }
                state.pop()
            };
            if let Some(ended) = key.and_then(|key| self.poll_one(key)) {
                return Poll::Ready(Some(ended));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// One that has ended, if there is one, whatever is left of the task's budget. Whoever waits for the next goes on waiting.
    pub(crate) fn try_next(&mut self) -> Option<(usize, F, F::Output)> {
        let _unlimited = BudgetScope::unlimited();
        // Those that are there now: one that wakes itself has to wait for the next look.
        let turns = self.queue.0.lock().woken.len();
        for _turn in 0..turns {
            let key = self.queue.0.lock().pop()?;
            if let Some(ended) = self.poll_one(key) {
                return Some(ended);
            }
        }
        None
    }

    /// Polls the future of this key, unless it was woken after it had left.
    fn poll_one(&mut self, key: usize) -> Option<(usize, F, F::Output)> {
        let slot = self.slots[key].as_mut()?;
        let mut theirs = Context::from_waker(&slot.waker);
        let Poll::Ready(output) = Pin::new(&mut slot.future).poll(&mut theirs) else { return None };
        let future = self.remove(key).expect("it was polled a moment ago");
        Some((key, future, output))
    }
}

impl<F> fmt::Debug for ReadySet<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadySet").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::ReadySet;
    use filch_primitives::sync::Mutex;
    use std::collections::HashMap;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};

    /// Ready when it is told to be; counts its polls.
    struct Told {
        name: u32,
        board: Arc<Mutex<Board>>,
    }

    #[derive(Default)]
    struct Board {
        ready: HashMap<u32, bool>,
        wakers: HashMap<u32, Waker>,
        polls: usize,
    }

    impl Future for Told {
        type Output = u32;
        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
            let mut board = self.board.lock();
            board.polls += 1;
            board.wakers.insert(self.name, cx.waker().clone());
            if board.ready.contains_key(&self.name) {
                Poll::Ready(self.name)
            } else {
                Poll::Pending
            }
        }
    }

    fn tell(board: &Mutex<Board>, name: u32) {
        let waker = {
            let mut board = board.lock();
            board.ready.insert(name, true);
            board.wakers.remove(&name)
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn next(set: &mut ReadySet<Told>) -> Poll<Option<u32>> {
        let polled = set.poll_next(&mut Context::from_waker(Waker::noop()));
        polled.map(|ended| ended.map(|(_key, _future, output)| output))
    }

    #[test]
    fn only_what_was_woken_is_polled() {
        let board = Arc::new(Mutex::new(Board::default()));
        let mut set = ReadySet::new();
        for name in 0..100 {
            set.insert(Told { name, board: board.clone() });
        }
        assert_eq!(next(&mut set), Poll::Pending);
        assert_eq!(board.lock().polls, 100);
        for name in [7, 3, 99] {
            tell(&board, name);
        }
        assert_eq!(next(&mut set), Poll::Ready(Some(7)));
        assert_eq!(next(&mut set), Poll::Ready(Some(3)));
        assert_eq!(next(&mut set), Poll::Ready(Some(99)));
        assert_eq!(next(&mut set), Poll::Pending);
        assert_eq!((board.lock().polls, set.len()), (103, 97));
    }

    #[test]
    fn keys_are_given_again_and_old_wakers_do_no_harm() {
        let board = Arc::new(Mutex::new(Board::default()));
        let mut set = ReadySet::new();
        let first = set.insert(Told { name: 1, board: board.clone() });
        assert_eq!(next(&mut set), Poll::Pending);
        let old = board.lock().wakers[&1].clone();
        drop(set.remove(first));
        assert_eq!(set.len(), 0);
        assert_eq!(set.insert(Told { name: 2, board: board.clone() }), first);
        old.wake();
        assert_eq!(next(&mut set), Poll::Pending);
        tell(&board, 2);
        assert_eq!(next(&mut set), Poll::Ready(Some(2)));
        assert_eq!(next(&mut set), Poll::Ready(None));
    }

    #[test]
    fn a_look_finds_what_has_ended_behind_wakers_of_those_that_have_left() {
        let board = Arc::new(Mutex::new(Board::default()));
        let mut set = ReadySet::new();
        let keys = [1, 2, 3].map(|name| set.insert(Told { name, board: board.clone() }));
        assert_eq!(next(&mut set), Poll::Pending);
        for name in 1..=3 {
            tell(&board, name);
        }
        drop((set.remove(keys[0]), set.remove(keys[1])));
        assert_eq!(set.try_next().map(|(_key, _future, output)| output), Some(3));
        assert!(set.try_next().is_none());
    }

    #[test]
    fn a_future_that_wakes_itself_does_not_hold_up_the_task() {
        struct Restless;
        impl Future for Restless {
            type Output = ();
            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
        let mut set = ReadySet::new();
        set.insert(Restless);
        set.insert(Restless);
        assert!(set.poll_next(&mut Context::from_waker(Waker::noop())).is_pending());
    }
}

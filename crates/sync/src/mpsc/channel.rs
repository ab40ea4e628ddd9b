//! What the senders and the receiver of a channel share: the messages, the receiver's waker, the count of
//! the senders, and who is admitted.
//!
//! A message's way: admission (a permit of the bounded channel; nothing for the unbounded one), a place in
//! the list, and, if the receiver sleeps on that place, its waker. The receiver's way: pop, and give the
//! permit back; if there is nothing, register the waker, mark the place, and look for the end once more.

use super::error::TryRecvError;
use super::list::{List, Popped};
use crate::drop_each::drop_each;
use crate::notify::Notify;
use crate::permits::Permits;
use crate::permits::bank::Deposits;
use crate::waker_cell::WakerCell;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::coop::consume_budget;
use filch_primitives::sync::Arc;
use std::fmt;
use std::ops::Deref;
use std::task::{Context, Poll};

/// Slots in a block: with the gap behind them, indices divide by a power of two.
const SLOTS: usize = 31;

/// Who may send.
pub(super) trait Admission {
    /// `n` messages were received.
    fn received(&self, n: usize);
    /// Admits nobody any more.
    fn close<T>(&self, list: &List<T, SLOTS>);
    /// Whether it was closed.
    fn is_closed<T>(&self, list: &List<T, SLOTS>) -> bool;
    /// Closed, and everyone who was admitted before has sent or given up. `claimed` messages are in the
    /// list.
    fn is_over<T>(&self, list: &List<T, SLOTS>, claimed: impl FnOnce() -> usize) -> bool;
}

/// At most `capacity` messages and permits.
#[derive(Debug)]
pub(super) struct Bounded {
    pub(super) permits: Permits<Deposits>,
    pub(super) capacity: usize,
}

impl Admission for Bounded {
    #[inline]
    fn received(&self, n: usize) {
        self.permits.deposit(n);
    }

    fn close<T>(&self, _list: &List<T, SLOTS>) {
        self.permits.close();
    }

    fn is_closed<T>(&self, _list: &List<T, SLOTS>) -> bool {
        self.permits.is_closed()
    }

    fn is_over<T>(&self, _list: &List<T, SLOTS>, _claimed: impl FnOnce() -> usize) -> bool {
        self.permits.is_closed() && self.permits.available() == self.capacity
    }
}

/// Everybody, until the list is closed.
#[derive(Debug)]
pub(super) struct Unbounded;

impl Admission for Unbounded {
    #[inline]
    fn received(&self, _n: usize) {}

    fn close<T>(&self, list: &List<T, SLOTS>) {
        list.close();
    }

    fn is_closed<T>(&self, list: &List<T, SLOTS>) -> bool {
        list.is_closed()
    }

    fn is_over<T>(&self, list: &List<T, SLOTS>, claimed: impl FnOnce() -> usize) -> bool {
        list.is_closed() && claimed() == 0
    }
}

/// The shared part of a channel.
pub(super) struct Channel<T, A> {
    pub(super) list: List<T, SLOTS>,
    pub(super) admission: A,
    receiver: WakerCell,
    strong: AtomicUsize,
    weak: AtomicUsize,
    /// For `Sender::closed`.
    closed: Notify,
}

impl<T, A: Admission> Channel<T, A> {
    /// A new channel with one sender.
    pub(super) fn pair(admission: A) -> (Strong<T, A>, Single<T, A>) {
        let channel = Arc::new(Self {
            list: List::new(),
            admission,
            receiver: WakerCell::new(),
            strong: AtomicUsize::new(1),
            weak: AtomicUsize::new(0),
            closed: Notify::new(),
        });
        (Strong(Arc::clone(&channel)), Single(channel))
    }

    /// Wakes the receiver if `sleeps`, as the list said.
    #[inline]
    pub(super) fn wake_if(&self, sleeps: bool) {
        if sleeps {
            self.receiver.wake();
        }
    }

    pub(super) fn wake_receiver(&self) {
        self.receiver.wake();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.admission.is_closed(&self.list)
    }

    /// Waits until the receiver is closed or dropped.
    pub(super) async fn closed(&self) {
        // Made before the look: a close in between completes it.
        let closed = self.closed.notified();
        consume_budget().await;
        if !self.is_closed() {
            closed.await;
        }
    }

    pub(super) fn strong_count(&self) -> usize {
        // Ordering: Acquire; who counts sees what came before.
        self.strong.load(Ordering::Acquire)
    }

    pub(super) fn weak_count(&self) -> usize {
        // Ordering: Acquire; as above.
        self.weak.load(Ordering::Acquire)
    }
}

impl<T, A> fmt::Debug for Channel<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").finish_non_exhaustive()
    }
}

/// A sender's share of the channel: while there is one, there may be messages.
pub(super) struct Strong<T, A: Admission>(Arc<Channel<T, A>>);

impl<T, A: Admission> Strong<T, A> {
    pub(super) fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn downgrade(&self) -> Weak<T, A> {
        // Ordering: Relaxed; a count of what we keep alive anyway.
        self.0.weak.fetch_add(1, Ordering::Relaxed);
        Weak(Arc::clone(&self.0))
    }
}

impl<T, A: Admission> Clone for Strong<T, A> {
    fn clone(&self) -> Self {
        // Ordering: Relaxed; ours keeps the count from zero.
        self.0.strong.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }
}

impl<T, A: Admission> Drop for Strong<T, A> {
    fn drop(&mut self) {
        // Ordering: AcqRel; the end comes after the last message of every sender.
        if self.0.strong.fetch_sub(1, Ordering::AcqRel) == 1 {
            let sleeps = self.0.list.end();
            self.0.wake_if(sleeps);
        }
    }
}

impl<T, A: Admission> Deref for Strong<T, A> {
    type Target = Channel<T, A>;

    #[inline]
    fn deref(&self) -> &Channel<T, A> {
        &self.0
    }
}

/// A weak sender's share: it does not keep the channel open.
pub(super) struct Weak<T, A: Admission>(Arc<Channel<T, A>>);

impl<T, A: Admission> Weak<T, A> {
    pub(super) fn upgrade(&self) -> Option<Strong<T, A>> {
        // Ordering: Relaxed; a first guess, which the CAS checks.
        let mut strong = self.0.strong.load(Ordering::Relaxed);
        // After the last sender the end is in the list: nothing may come behind it.
        while strong != 0 {
            // Ordering: Relaxed; as in `Strong::clone`.
            match self.0.strong.compare_exchange_weak(
                strong,
                strong + 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Some(Strong(Arc::clone(&self.0))),
                Err(actual) => strong = actual,
            }
        }
        None
    }
}

impl<T, A: Admission> Clone for Weak<T, A> {
    fn clone(&self) -> Self {
        // Ordering: Relaxed; a count of what we keep alive anyway.
        self.0.weak.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }
}

impl<T, A: Admission> Drop for Weak<T, A> {
    fn drop(&mut self) {
        // Ordering: Release; pairs with the Acquire in `weak_count`.
        self.0.weak.fetch_sub(1, Ordering::Release);
    }
}

impl<T, A: Admission> Deref for Weak<T, A> {
    type Target = Channel<T, A>;

    fn deref(&self) -> &Channel<T, A> {
        &self.0
    }
}

/// The receiver's share. There is one for each channel, and it is not cloned: what needs `&mut` of it is
/// done by one thread at a time.
pub(super) struct Single<T, A: Admission>(Arc<Channel<T, A>>);

impl<T, A: Admission> Single<T, A> {
    fn pop(&mut self) -> Popped<T> {
        // SAFETY: `&mut` of the only receiver.
        unsafe { self.0.list.pop() }
    }

    fn is_over(&mut self) -> bool {
        // SAFETY: `&mut` of the only receiver.
        self.0.admission.is_over(&self.0.list, || unsafe { self.0.list.len() })
    }

    pub(super) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        loop {
            match self.pop() {
                Popped::Message(message) => {
                    self.0.admission.received(1);
                    return Poll::Ready(Some(message));
                }
                Popped::End => return Poll::Ready(None),
                Popped::Nothing => {}
            }
            if let Some(nothing) = self.wait(cx) {
                return nothing.map(|()| None);
            }
        }
    }

    pub(super) fn poll_recv_many(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut Vec<T>,
        limit: usize,
    ) -> Poll<usize> {
        if limit == 0 {
            return Poll::Ready(0);
        }
        let before = buffer.len();
        loop {
            let mut ended = false;
            while buffer.len() - before < limit {
                match self.pop() {
                    Popped::Message(message) => buffer.push(message),
                    Popped::Nothing => break,
                    Popped::End => {
                        ended = true;
                        break;
                    }
                }
            }
            let received = buffer.len() - before;
            if received > 0 {
                self.0.admission.received(received);
            }
            if received > 0 || ended {
                return Poll::Ready(received);
            }
            if let Some(nothing) = self.wait(cx) {
                return nothing.map(|()| 0);
            }
        }
    }

    /// Nothing was there: `Ready` if nothing will be, `Pending` if the waker is in place, `None` if
    /// something came meanwhile.
    fn wait(&mut self, cx: &mut Context<'_>) -> Option<Poll<()>> {
        if self.is_over() {
            return Some(Poll::Ready(()));
        }
        // SAFETY: `&mut` of the only receiver.
        unsafe { self.0.receiver.register(cx.waker()) };
        // SAFETY: as above.
        if !unsafe { self.0.list.wait() } {
            return None;
        }
        // A permit that came back unused fills no place: it wakes by the cell alone, so look once more.
        Some(if self.is_over() { Poll::Ready(()) } else { Poll::Pending })
    }

    pub(super) fn try_recv(&mut self) -> Result<T, TryRecvError> {
        // SAFETY: `&mut` of the only receiver.
        match unsafe { self.0.list.pop_claimed() } {
            Popped::Message(message) => {
                self.0.admission.received(1);
                Ok(message)
            }
            Popped::Nothing if !self.is_over() => Err(TryRecvError::Empty),
            Popped::Nothing | Popped::End => Err(TryRecvError::Disconnected),
        }
    }

    pub(super) fn close(&mut self) {
        self.0.admission.close(&self.0.list);
        self.0.closed.notify_waiters();
    }

    /// How many messages there are; those that are being filled count.
    pub(super) fn len(&self) -> usize {
        // SAFETY: `&` of the only receiver: others may count too, but nobody pops meanwhile.
        unsafe { self.0.list.len() }
    }

    /// Whether nothing more can be sent.
    pub(super) fn is_closed(&self) -> bool {
        self.0.is_closed() || self.0.strong_count() == 0
    }

    pub(super) fn channel(&self) -> &Channel<T, A> {
        &self.0
    }
}

impl<T, A: Admission> Drop for Single<T, A> {
    fn drop(&mut self) {
        self.close();
        // What is there is dropped now, not when the last sender goes.
        drop_each(|| self.pop().message());
    }
}

//! # broadcast: a ring of messages, each of which every receiver gets, or is told that it missed it
//!
//! ## Layout
//! `slots`: a ring, a power of two long; message `n` stands in slot `n` modulo that. A slot has a mutex around the number
//! of its message, the message, and `remaining`: how many receivers have yet to see it.
//! `tail`: the number of the next message, and how many receivers there are, in a mutex.
//!
//! ## Roles
//! Any number of senders and receivers, on any thread. A receiver keeps the number of the message that it wants next.
//!
//! ## Transitions
//! 1. `send`: with `tail` locked, the next slot is filled, whatever was in it; `remaining` is the number of receivers.
//! 2. `see`: with the slot locked, the message is there, and `remaining` - 1; or it is not there yet; or it was overwritten:
//!    then, with `tail` locked, on to the oldest that is left. The last to see a message takes it out.
//! 3. `subscribe`, `unsubscribe`: with `tail` locked; a receiver that goes sees every message that counted it.
//!
//! ## Invariants
//! * I1: `remaining` of a message is the number of receivers that were there when it was sent, and whose next message
//!   is not behind it: so the message stands while there are any, or until it is overwritten.
//! * I2: a slot's number grows by laps; a receiver is never ahead of `tail`, so a slot whose number is another than the
//!   wanted one is either one lap behind, and the message not sent yet, or ahead, and the message overwritten.
//! * I3: `tail` is locked before a slot, and never after.
//!
//! ## Ordering
//! The locks order everything: `ended` is set after the last message, and read with the slot of the next message locked, so
//! that the end does not come before the last message.
//!
//! ## Rejected
//! * One lock for all slots: receivers that clone hold up each other and all senders.
//! * A read-write lock for each slot: receivers that clone the same message at the same time need a message that is `Sync`;
//!   and a count beside it is one more read-modify-write.
//! * The message in an `Arc`, cloned under no lock: one allocation for each message, which most of them do not need.
//!
//! ## Checked by
//! `loom-tests/tests/sync_broadcast.rs`: `send_meets_recv`, `last_sender_meets_recv`, `two_receivers_get_the_message`,
//! `overwriting_meets_recv`, `receiver_drop_meets_send`, `last_receiver_meets_closed`.

use super::error::TryRecvError;
use crate::notify::Notify;
use filch_primitives::atomic::{AtomicBool, AtomicUsize, Ordering};
use filch_primitives::coop::consume_budget;
use filch_primitives::sync::Mutex;
use std::fmt;

/// What senders and receivers share.
pub(super) struct Shared<T> {
    slots: Box<[Mutex<Slot<T>>]>,
    tail: Mutex<Tail>,
    pub(super) senders: AtomicUsize,
    pub(super) weak_senders: AtomicUsize,
    /// Every sender is gone.
    ended: AtomicBool,
    /// For the receivers: a message, or the end.
    pub(super) sent: Notify,
    /// For the senders: no receivers.
    deserted: Notify,
}

struct Tail {
    /// The number of the next message: 2^64 of them are enough.
    next: u64,
    receivers: usize,
}

struct Slot<T> {
    /// Of the message that is or was in it.
    number: u64,
    remaining: usize,
    /// `None` before the first, and once every receiver has seen it.
    message: Option<T>,
}

/// Tells those who wait for it, when it is dropped, that there are no receivers.
pub(super) struct Deserted<'a>(&'a Notify);

impl Drop for Deserted<'_> {
    fn drop(&mut self) {
        self.0.notify_waiters();
    }
}

impl<T> Shared<T> {
    /// With one sender and no receivers; `capacity` is a power of two.
    pub(super) fn new(capacity: usize) -> Self {
        // The lap before the first.
        let number = |index: usize| (index as u64).wrapping_sub(capacity as u64);
        let slot = |index| Slot { number: number(index), remaining: 0, message: None };
        Self {
            slots: (0..capacity).map(|index| Mutex::new(slot(index))).collect(),
            tail: Mutex::new(Tail { next: 0, receivers: 0 }),
            senders: AtomicUsize::new(1),
            weak_senders: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
            sent: Notify::new(),
            deserted: Notify::new(),
        }
    }

    fn slot(&self, number: u64) -> &Mutex<Slot<T>> {
        &self.slots[number as usize & (self.slots.len() - 1)]
    }

    /// Sends `message`, to how many receivers; `Err` if there are none.
    pub(super) fn send(&self, message: T) -> Result<usize, T> {
        let mut tail = self.tail.lock();
        let (number, receivers) = (tail.next, tail.receivers);
        if receivers == 0 {
            return Err(message);
        }
        let old = {
            let mut slot = self.slot(number).lock();
            slot.number = number;
            slot.remaining = receivers;
            slot.message.replace(message)
        };
        tail.next += 1;
        drop(tail);
        self.sent.notify_waiters();
        // Without a lock: a destructor is foreign code.
        drop(old);
        Ok(receivers)
    }

    /// Receives message `*next`, and moves on.
    pub(super) fn receive(&self, next: &mut u64) -> Result<T, TryRecvError>
    where
        T: Clone,
    {
        let message =
            self.see(next, |message, last| if last { message.take() } else { message.clone() })?;
        Ok(message.expect("a message was dropped before every receiver had seen it"))
    }

    /// Skips message `*next`, and moves on; returns the message if nobody else has yet to see it.
    pub(super) fn skip(&self, next: &mut u64) -> Result<Option<T>, TryRecvError> {
        self.see(next, |message, last| if last { message.take() } else { None })
    }

    /// Lends message `*next` to `f`, which learns whether this is the last look at it, and moves on.
    fn see<R>(
        &self,
        next: &mut u64,
        f: impl FnOnce(&mut Option<T>, bool) -> R,
    ) -> Result<R, TryRecvError> {
        let mut slot = self.slot(*next).lock();
        if slot.number == *next {
            *next += 1;
            // Before the look: one that panics has seen it too.
            slot.remaining -= 1;
            let last = slot.remaining == 0;
            return Ok(f(&mut slot.message, last));
        }
        let capacity = self.slots.len() as u64;
        if slot.number.wrapping_add(capacity) == *next {
            // With the slot locked: no message comes between the two looks.
            return Err(if self.has_ended() { TryRecvError::Closed } else { TryRecvError::Empty });
        }
        // I3.
        drop(slot);
        let oldest = self.tail.lock().next - capacity;
        let missed = oldest - *next;
        *next = oldest;
        Err(TryRecvError::Lagged(missed))
    }

    /// A new receiver, and the number of the first message that it gets.
    pub(super) fn subscribe(&self) -> u64 {
        let mut tail = self.tail.lock();
        tail.receivers += 1;
        tail.next
    }

    /// A receiver goes; the number of the first message that does not count it, and whom to tell when it has gone.
    pub(super) fn unsubscribe(&self) -> (u64, Option<Deserted<'_>>) {
        let mut tail = self.tail.lock();
        tail.receivers -= 1;
        (tail.next, (tail.receivers == 0).then_some(Deserted(&self.deserted)))
    }

    /// The last sender is gone.
    pub(super) fn end(&self) {
        // Ordering: Release; pairs with the Acquire in `has_ended`.
        self.ended.store(true, Ordering::Release);
        self.sent.notify_waiters();
    }

    pub(super) fn has_ended(&self) -> bool {
        // Ordering: Acquire; who sees the end sees what came before it.
        self.ended.load(Ordering::Acquire)
    }

    /// Waits until there are no receivers.
    pub(super) async fn deserted(&self) {
        consume_budget().await;
        loop {
            // Made before the look: the last one to go in between completes it.
            let deserted = self.deserted.notified();
            if self.receivers() == 0 {
                return;
            }
            deserted.await;
        }
    }

    pub(super) fn receivers(&self) -> usize {
        self.tail.lock().receivers
    }

    /// The number of the next message.
    pub(super) fn next(&self) -> u64 {
        self.tail.lock().next
    }

    /// How many messages have not been seen by every receiver.
    pub(super) fn len(&self) -> usize {
        let tail = self.tail.lock();
        // A message is seen by all before the one behind it is: the seen ones are in front.
        let (mut seen, mut end) = (tail.next.saturating_sub(self.slots.len() as u64), tail.next);
        while seen < end {
            let middle = seen + (end - seen) / 2;
            if self.slot(middle).lock().remaining == 0 {
                seen = middle + 1;
            } else {
                end = middle;
            }
        }
        (tail.next - seen) as usize
    }
}

impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("receivers", &self.receivers()).finish_non_exhaustive()
    }
}

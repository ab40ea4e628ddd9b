//! # broadcast: a ring of messages, each of which every receiver gets, or is told that it missed it
//!
//! ## Layout
//! `slots`: a ring, a power of two long; message `n` stands in slot `n` modulo that. A slot has a read-write lock
//! around the number of its message and the message, and `remaining`: how many receivers have yet to see it.
//! `tail`: the number of the next message, and how many receivers there are, in a mutex.
//!
//! ## Roles
//! Any number of senders and receivers, on any thread. A receiver keeps the number of the message that it wants next.
//!
//! ## Transitions
//! 1. `send`: with `tail` locked, the next slot is filled, whatever was in it; `remaining` is the number of receivers.
//! 2. `look`: with the slot locked for reading, the message is there, not there yet, or overwritten; in that case,
//!    with `tail` locked, on to the oldest that is left.
//! 3. the end of a look: `remaining` - 1, with the slot still locked; who finds that it was the last takes the message out.
//! 4. `subscribe`, `unsubscribe`: with `tail` locked; a receiver that goes ends its look at every message that counted it.
//!
//! ## Invariants
//! * I1: `remaining` of a message is the number of receivers that were there when it was sent, and whose next message
//!   is not behind it: so the message stands while there are any, or until it is overwritten.
//! * I2: a slot's number grows by laps; a receiver is never ahead of `tail`, so a slot whose number is another than the
//!   wanted one is either one lap behind, and the message not sent yet, or ahead, and the message overwritten.
//! * I3: `tail` is locked before a slot, and never after.
//!
//! ## Ordering
//! The locks order all but these:
//! | operation | ordering | pairs with | without it |
//! |---|---|---|---|
//! | `ended` | Release | load in `look`, Acquire, before it looks at the slot | the end comes before the last message |
//! | `remaining` - 1 | AcqRel | each other | a message is dropped while another receiver's clone of it still reads |
//!
//! ## Rejected
//! * One lock for all slots: receivers that clone hold up each other and all senders.
//! * The message in an `Arc`, cloned under no lock: one allocation for each message, to save what most of them do not need.
//!
//! ## Checked by
//! `loom-tests/tests/sync_broadcast.rs`: `send_meets_recv`, `last_sender_meets_recv`, `two_receivers_get_the_message`,
//! `overwriting_meets_recv`, `receiver_drop_meets_send`, `last_receiver_meets_closed`.

use super::error::TryRecvError;
use crate::notify::Notify;
use filch_primitives::atomic::{AtomicBool, AtomicUsize, Ordering};
use filch_primitives::sync::{Mutex, RwLock, RwLockReadGuard};
use std::fmt;

/// What senders and receivers share.
pub(super) struct Shared<T> {
    slots: Box<[Slot<T>]>,
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
    /// Changed with the slot locked, for reading at least.
    remaining: AtomicUsize,
    message: RwLock<Message<T>>,
}

struct Message<T> {
    number: u64,
    /// `None` before the first, and once every receiver has seen it.
    value: Option<T>,
}

impl<T> Shared<T> {
    /// With one sender and no receivers; `capacity` is a power of two.
    pub(super) fn new(capacity: usize) -> Self {
        let slot = |index: usize| Slot {
            remaining: AtomicUsize::new(0),
            // The lap before the first.
            message: RwLock::new(Message {
                number: (index as u64).wrapping_sub(capacity as u64),
                value: None,
            }),
        };
        Self {
            slots: (0..capacity).map(slot).collect(),
            tail: Mutex::new(Tail { next: 0, receivers: 0 }),
            senders: AtomicUsize::new(1),
            weak_senders: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
            sent: Notify::new(),
            deserted: Notify::new(),
        }
    }

    fn slot(&self, number: u64) -> &Slot<T> {
        &self.slots[number as usize & (self.slots.len() - 1)]
    }

    /// Sends `value`, to how many receivers; `Err` if there are none.
    pub(super) fn send(&self, value: T) -> Result<usize, T> {
        let mut tail = self.tail.lock();
        let receivers = tail.receivers;
        if receivers == 0 {
            return Err(value);
        }
        let slot = self.slot(tail.next);
        let old = {
            let mut message = slot.message.write();
            // Ordering: Relaxed; published with the message, by the slot's lock.
            slot.remaining.store(receivers, Ordering::Relaxed);
            message.number = tail.next;
            message.value.replace(value)
        };
        tail.next += 1;
        drop(tail);
        self.sent.notify_waiters();
        // Without a lock: a destructor is foreign code.
        drop(old);
        Ok(receivers)
    }

    /// Looks at message `*next`, and moves on.
    pub(super) fn look(&self, next: &mut u64) -> Result<Look<'_, T>, TryRecvError> {
        // Ordering: Acquire; pairs with the Release in `end`: if it has ended, the slot below has the last message.
        // Weakened: model `last_sender_meets_recv`.
        let ended = self.ended.load(Ordering::Acquire);
        let slot = self.slot(*next);
        let message = slot.message.read();
        if message.number == *next {
            *next += 1;
            return Ok(Look { slot, number: message.number, message: Some(message) });
        }
        let capacity = self.slots.len() as u64;
        if message.number.wrapping_add(capacity) == *next {
            return Err(if ended { TryRecvError::Closed } else { TryRecvError::Empty });
        }
        // I3: not both at once, in this order.
        drop(message);
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

    /// A receiver goes; the number of the first message that does not count it.
    pub(super) fn unsubscribe(&self) -> u64 {
        let mut tail = self.tail.lock();
        tail.receivers -= 1;
        let (next, deserted) = (tail.next, tail.receivers == 0);
        drop(tail);
        if deserted {
            self.deserted.notify_waiters();
        }
        next
    }

    /// The last sender is gone.
    pub(super) fn end(&self) {
        // Ordering: Release; pairs with the Acquire in `look`.
        self.ended.store(true, Ordering::Release);
        self.sent.notify_waiters();
    }

    pub(super) fn has_ended(&self) -> bool {
        // Ordering: Acquire; who sees the end sees what came before it.
        self.ended.load(Ordering::Acquire)
    }

    /// Waits until there are no receivers.
    pub(super) async fn deserted(&self) {
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
            // Ordering: Acquire; who counts it as seen sees what those did who saw it.
            if self.slot(middle).remaining.load(Ordering::Acquire) == 0 {
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

/// A receiver's look at a message; when it ends, the message is seen.
pub(super) struct Look<'a, T> {
    slot: &'a Slot<T>,
    number: u64,
    /// `None` at the end of it.
    message: Option<RwLockReadGuard<'a, Message<T>>>,
}

impl<T> Look<'_, T> {
    pub(super) fn value(&self) -> &T {
        self.message
            .as_ref()
            .and_then(|message| message.value.as_ref())
            .expect("a message was dropped before every receiver had seen it")
    }

    /// Ends it; the message, if this was the last look.
    pub(super) fn end(mut self) -> Option<T> {
        self.take_last()
    }

    fn take_last(&mut self) -> Option<T> {
        let message = self.message.take()?;
        // Ordering: AcqRel: Release ends our look, Acquire of all others'. Still locked: it is this message's count.
        let last = self.slot.remaining.fetch_sub(1, Ordering::AcqRel) == 1;
        drop(message);
        if !last {
            return None;
        }
        let mut message = self.slot.message.write();
        // A sender may have been faster.
        if message.number == self.number { message.value.take() } else { None }
    }
}

impl<T> Drop for Look<'_, T> {
    fn drop(&mut self) {
        drop(self.take_last());
    }
}

//! # watch: the latest value, and its number
//!
//! ## Layout
//! `version`: bit 0 CLOSED, the rest the number of the value. The value stands in a read-write lock. `changed`
//! wakes receivers, `deserted` wakes senders.
//!
//! ## Roles
//! Any number of senders and receivers, on any thread. A receiver keeps the number of the value that it saw last.
//!
//! ## Transitions
//! 1. `modify`: the value, then the number, both with the lock held for writing; then `changed`.
//! 2. the last sender goes: CLOSED; then `changed`.
//! 3. the last receiver goes: its count is 0; then `deserted`. `subscribe` may bring the count back.
//!
//! ## Invariants
//! * I1: with the lock held, number and value belong together: what a receiver marks as seen is what it saw.
//! * I2: CLOSED comes after the last number.
//!
//! ## Ordering
//! | operation | ordering | pairs with | without it |
//! |---|---|---|---|
//! | number + 1, CLOSED | Release | load in `version`, Acquire | who finds it new misses what came before it |
//! | senders - 1, receivers - 1 | AcqRel | each other | CLOSED before another sender's last value |
//!
//! Liveness: the waiter is made, then the number is read; the number is changed, then all waiters are told. `Notify`
//! orders the two: a waiter that was made before the call is told, one made after it sees the number.
//!
//! ## Checked by
//! `loom-tests/tests/sync_watch.rs`: `send_meets_changed`, `two_senders_meet_changed`, `last_sender_meets_changed`,
//! `last_receiver_meets_closed`, `number_and_value_belong_together`, `version_carries_the_senders_writes`.

use super::error::RecvError;
use crate::notify::Notify;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::coop::consume_budget;
use filch_primitives::sync::RwLock;

const CLOSED: usize = 1;
/// From one value to the next.
pub(super) const STEP: usize = 2;

/// What senders and receivers share.
#[derive(Debug)]
pub(super) struct Shared<T> {
    pub(super) value: RwLock<T>,
    version: AtomicUsize,
    senders: AtomicUsize,
    receivers: AtomicUsize,
    /// For the receivers: a new number, or CLOSED.
    changed: Notify,
    /// For the senders: no receivers.
    deserted: Notify,
}

/// The word, read once.
#[derive(Clone, Copy)]
pub(super) struct Version(usize);

impl Version {
    pub(super) fn number(self) -> usize {
        self.0 & !CLOSED
    }

    pub(super) fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }
}

impl<T> Shared<T> {
    /// With one sender and no receivers.
    pub(super) fn new(value: T) -> Self {
        Self {
            value: RwLock::new(value),
            version: AtomicUsize::new(0),
            senders: AtomicUsize::new(1),
            receivers: AtomicUsize::new(0),
            changed: Notify::new(),
            deserted: Notify::new(),
        }
    }

    pub(super) fn version(&self) -> Version {
        // Ordering: Acquire; pairs with the Release in `modify` and `remove_sender`. Weakened: model
        // `version_carries_the_senders_writes`.
        Version(self.version.load(Ordering::Acquire))
    }

    /// Lends the value to `f`, and tells the receivers if `f` says that it changed.
    pub(super) fn modify(&self, f: impl FnOnce(&mut T) -> bool) -> bool {
        {
            let mut value = self.value.write();
            if !f(&mut value) {
                return false;
            }
            // Ordering: Release; pairs with the Acquire in `version`. Weakened: as there.
            self.version.fetch_add(STEP, Ordering::Release);
        }
        // Without the lock: those who are woken read at once.
        self.changed.notify_waiters();
        true
    }

    /// Waits for another number than `seen`, and makes it the one that was seen.
    pub(super) async fn changed(&self, seen: &mut usize) -> Result<(), RecvError> {
        loop {
            // Made before the look: a change in between completes it.
            let changed = self.changed.notified();
            let version = self.version();
            if version.number() != *seen {
                *seen = version.number();
                return Ok(());
            }
            if version.is_closed() {
                return Err(RecvError(()));
            }
            changed.await;
        }
    }

    /// Waits until there are no receivers.
    pub(super) async fn deserted(&self) {
        consume_budget().await;
        loop {
            // Made before the look, as above.
            let deserted = self.deserted.notified();
            if self.receivers() == 0 {
                return;
            }
            deserted.await;
        }
    }

    pub(super) fn add_sender(&self) {
        // Ordering: Relaxed; the caller's own keeps the count from zero.
        self.senders.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn remove_sender(&self) {
        // Ordering: AcqRel; the end comes after the last value of every sender (I2).
        if self.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            // Ordering: Release; pairs with the Acquire in `version`.
            self.version.fetch_or(CLOSED, Ordering::Release);
            self.changed.notify_waiters();
        }
    }

    pub(super) fn senders(&self) -> usize {
        // Ordering: Acquire; who counts sees what came before.
        self.senders.load(Ordering::Acquire)
    }

    pub(super) fn add_receiver(&self) {
        // Ordering: Relaxed; a sender that finds no receivers may as well have come first.
        self.receivers.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn remove_receiver(&self) {
        // Ordering: AcqRel; who finds no receivers sees what the last of them did.
        if self.receivers.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.deserted.notify_waiters();
        }
    }

    pub(super) fn receivers(&self) -> usize {
        // Ordering: Acquire; as above.
        self.receivers.load(Ordering::Acquire)
    }
}

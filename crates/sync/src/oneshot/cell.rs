//! # oneshot cell: one value from one thread to another, in one allocation and one word
//!
//! ## Layout
//! | bit | set by | meaning |
//! |---|---|---|
//! | DONE | sender | the sender has sent or given up |
//! | VALUE | sender, with DONE | `value` holds the value |
//! | CLOSED | receiver | the receiver takes nothing that is not DONE yet |
//! | RX_WAITING | receiver, before DONE | `rx_waker` holds a waker |
//! | TX_WAITING | sender, before CLOSED | `tx_waker` holds a waker |
//! | TX_GONE | sender | the sender does not touch the cell any more |
//! | RX_GONE | receiver | nor does the receiver |
//!
//! ## Roles
//! One sender, one receiver; each half is used by one thread at a time.
//!
//! ## Who may touch what
//! `value`: the sender before DONE; after it the receiver, unless CLOSED was set before DONE: then the
//! sender again. `rx_waker`: the receiver while RX_WAITING is clear, the sender after a DONE that found
//! it set. `tx_waker`: the sender while TX_WAITING is clear, the receiver after a CLOSED that found it set.
//! The allocation: whoever leaves last.
//!
//! ## Transitions
//! 1. `Tx::finish`: DONE (+ VALUE). If that finds neither RX_WAITING nor CLOSED, it was the
//!    sender's last access; otherwise it takes the waker or the value and sets TX_GONE (4).
//! 2. `Rx::poll`: RX_WAITING on and off, by CAS, never after DONE.
//! 3. `Rx::close`: CLOSED; takes the sender's waker.
//! 4. the one who sets its GONE second frees; a receiver that knows that the sender's DONE was its
//!    last access frees at once. So a value that arrives before it is waited for costs one read-
//!    modify-write in all.
//!
//! ## Invariants
//! * I1: DONE and CLOSED are set by read-modify-writes, so they are ordered, and both sides know the order
//!   (the receiver in `closed_first`): the value has one owner.
//! * I2: RX_WAITING does not change after DONE, nor TX_WAITING after CLOSED.
//! * I3: freed exactly once, after the last access of both.
//!
//! ## Ordering
//! | operation | ordering | pairs with | without it |
//! |---|---|---|---|
//! | DONE | AcqRel | loads and CAS of the receiver (Acquire); RX_WAITING (Release) | an unwritten value is read; an unwritten waker is woken |
//! | RX_WAITING on, off | AcqRel | DONE | as above |
//! | TX_WAITING on, off | AcqRel | CLOSED | an unwritten waker is woken |
//! | CLOSED | AcqRel | TX_WAITING; `finish` | as above |
//! | TX_GONE, RX_GONE | AcqRel | each other | freed while the other still looks |
//!
//! ## Rejected
//! Reference counts (`Arc`): two more read-modify-writes. A waker cell with its own state: two more.
//!
//! ## Checked by
//! `loom-tests/tests/sync_oneshot.rs`: `send_meets_poll`, `send_after_poll_closed_meets_poll`, `send_meets_close`, `send_meets_drop`,
//! `sender_drop_meets_poll`, `close_meets_poll_closed`, `drop_meets_poll_closed`, `waker_changes`, `closed_carries_the_receivers_writes`,
//! `poll_closed_carries_the_receivers_writes`, `send_meets_drop_of_a_waiting_receiver`.

use crate::wakes::wake;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::cell::UnsafeCell;
use filch_primitives::memory;
use std::alloc::Layout;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::task::{Context, Poll, Waker};

const DONE: usize = 1;
const VALUE: usize = 1 << 1;
const CLOSED: usize = 1 << 2;
const RX_WAITING: usize = 1 << 3;
const TX_WAITING: usize = 1 << 4;
const TX_GONE: usize = 1 << 5;
const RX_GONE: usize = 1 << 6;

struct Cell<T> {
    state: AtomicUsize,
    value: UnsafeCell<Option<T>>,
    rx_waker: UnsafeCell<Option<Waker>>,
    tx_waker: UnsafeCell<Option<Waker>>,
}

/// A new cell, and its two halves.
pub fn halves<T>() -> (Tx<T>, Rx<T>) {
    let cell = memory::allocate(Layout::new::<Cell<T>>()).cast::<Cell<T>>();
    // SAFETY: as large as a cell and aligned for one, and ours alone.
    unsafe {
        cell.write(Cell {
            state: AtomicUsize::new(0),
            value: UnsafeCell::new(None),
            rx_waker: UnsafeCell::new(None),
            tx_waker: UnsafeCell::new(None),
        });
    }
    (Tx { cell }, Rx { cell: Some(cell), closed_first: false })
}

/// Frees the cell, and drops what is in it.
///
/// # Safety
/// I3: nobody touches it any more.
unsafe fn free<T>(cell: NonNull<Cell<T>>) {
    // SAFETY: not freed yet: this function's contract.
    let last = unsafe { cell.as_ref() };
    // Costs nothing, and tells the model checker that everything is accessed here.
    last.value.with_mut(|_| {});
    last.rx_waker.with_mut(|_| {});
    last.tx_waker.with_mut(|_| {});
    // SAFETY: made in `halves`, and freed once: this function's contract.
    unsafe { memory::drop_and_free(cell) };
}

/// Takes what is in a place of the cell.
///
/// # Safety
/// The place is the caller's, by the table at the top of this file.
unsafe fn take<V>(place: &UnsafeCell<Option<V>>) -> Option<V> {
    // SAFETY: unaliased, by this function's contract.
    place.with_mut(|place| unsafe { (*place).take() })
}

/// Stores a waker; the one that was there comes back, to be dropped when the state is in order.
///
/// # Safety
/// As for [`take`].
unsafe fn replace(place: &UnsafeCell<Option<Waker>>, waker: Waker) -> Option<Waker> {
    // SAFETY: unaliased, by this function's contract.
    place.with_mut(|place| unsafe { (*place).replace(waker) })
}

/// Whether the waker in place wakes what `waker` wakes.
///
/// # Safety
/// Nobody writes to the place.
unsafe fn will_wake(place: &UnsafeCell<Option<Waker>>, waker: &Waker) -> bool {
    // SAFETY: read only, by this function's contract.
    let place = place.with(|place| unsafe { &*place });
    place.as_ref().is_some_and(|old| old.will_wake(waker))
}

impl<T> Cell<T> {
    /// Makes `waker` the one in `place`, marked by `waiting`, unless `end` is set; whether it did.
    ///
    /// # Safety
    /// The caller owns `place` while `waiting` is clear; `waiting` does not change after `end`.
    #[inline(never)]
    unsafe fn wait(
        &self,
        place: &UnsafeCell<Option<Waker>>,
        waiting: usize,
        end: usize,
        waker: &Waker,
    ) -> bool {
        // Ordering: Acquire; pairs with the Release in whatever set `end`. Weakened: model
        // `poll_closed_carries_the_receivers_writes`.
        let mut state = self.state.load(Ordering::Acquire);
        // What waits must not be looked at: the other side may be taking it. So it waits no more.
        while state & (waiting | end) == waiting {
            // Ordering: AcqRel; as for setting the bit, below.
            match self.state.compare_exchange_weak(
                state,
                state & !waiting,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => state &= !waiting,
                Err(actual) => state = actual,
            }
        }
        if state & end != 0 {
            return false;
        }
        let mut old = None;
        // SAFETY: `waiting` is clear, so the place is the caller's: this function's contract.
        if !unsafe { will_wake(place, waker) } {
            let new = waker.clone();
            // SAFETY: as above.
            old = unsafe { replace(place, new) };
        }
        while state & end == 0 {
            // Ordering: AcqRel: Release publishes the waker to the side that sets `end`, by a
            // read-modify-write that acquires. Weakened: models `send_meets_poll` and
            // `close_meets_poll_closed`. Acquire on failure: `end`, as above.
            match self.state.compare_exchange_weak(
                state,
                state | waiting,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => break,
                Err(actual) => state = actual,
            }
        }
        drop(old);
        state & end == 0
    }
}

/// The sender's half.
pub struct Tx<T> {
    cell: NonNull<Cell<T>>,
}

// SAFETY: a `T` may travel through the cell to another thread.
unsafe impl<T: Send> Send for Tx<T> {}
// SAFETY: `&Tx` gives access to the state word alone.
unsafe impl<T: Send> Sync for Tx<T> {}

impl<T> Tx<T> {
    /// Hands `value` over, or returns it if the receiver takes nothing any more.
    #[inline]
    pub fn send(self, value: T) -> Result<(), T> {
        finish(ManuallyDrop::new(self).cell, Some(value))
    }

    /// Whether the receiver takes nothing any more.
    pub fn is_closed(&self) -> bool {
        // Ordering: Acquire; who sees the end sees what came before it.
        self.cell().state.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Ready once the receiver takes nothing any more.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let cell = self.cell();
        // SAFETY: `tx_waker` is the sender's while TX_WAITING is clear (I2 for the rest).
        match unsafe { cell.wait(&cell.tx_waker, TX_WAITING, CLOSED, cx.waker()) } {
            true => Poll::Pending,
            false => Poll::Ready(()),
        }
    }

    fn cell(&self) -> &Cell<T> {
        // SAFETY: not freed before the sender has left (I3), which is its end.
        unsafe { self.cell.as_ref() }
    }
}

impl<T> Drop for Tx<T> {
    fn drop(&mut self) {
        // Nothing to give back.
        let _: Result<(), T> = finish(self.cell, None);
    }
}

/// The sender's last words.
#[inline]
fn finish<T>(cell: NonNull<Cell<T>>, value: Option<T>) -> Result<(), T> {
    // SAFETY: not freed before the sender has left (I3), which is what happens below.
    let shared = unsafe { cell.as_ref() };
    let bits = if value.is_some() { DONE | VALUE } else { DONE };
    // SAFETY: before DONE the value is the sender's; there is none yet.
    shared.value.with_mut(|place| unsafe { place.write(value) });
    // Added and not or-ed: they are off, and this way it is one instruction.
    // Ordering: AcqRel: Release publishes the value; Acquire of `rx_waker`, and of the receiver's last
    // access. Weakened: models `send_meets_poll`, `send_meets_drop`.
    let before = shared.state.fetch_add(bits, Ordering::AcqRel);
    if before & (CLOSED | RX_WAITING) == 0 {
        // The cell is the receiver's.
        return Ok(());
    }
    meet(cell, before)
}

/// The sender finished when the state was `before`: the receiver waits, or takes nothing any more.
#[inline(never)]
fn meet<T>(cell: NonNull<Cell<T>>, before: usize) -> Result<(), T> {
    // SAFETY: not freed before the sender has left (I3), which is what happens below.
    let shared = unsafe { cell.as_ref() };
    let (refused, waker) = if before & CLOSED != 0 {
        // SAFETY: CLOSED came before DONE: the value is ours again.
        (unsafe { take(&shared.value) }, None)
    } else {
        // SAFETY: RX_WAITING was set before DONE: the waker is ours.
        (None, unsafe { take(&shared.rx_waker) })
    };
    // With RX_GONE, which comes after CLOSED, nobody else is left.
    let alone = before & RX_GONE != 0
        // Ordering: AcqRel: Release ends our accesses, Acquire of the receiver's. Weakened: model
        // `send_meets_drop`.
        || shared.state.fetch_or(TX_GONE, Ordering::AcqRel) & RX_GONE != 0;
    if alone {
        // SAFETY: both have left (I3).
        unsafe { free(cell) };
    }
    if let Some(waker) = waker {
        wake(waker);
    }
    match refused {
        Some(value) => Err(value),
        None => Ok(()),
    }
}

/// What the receiver finds.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<T> {
    /// The value. It was the only one.
    Value(T),
    /// No value came, and none will.
    Nothing,
    /// No value yet.
    NotYet,
}

/// The receiver's half.
pub struct Rx<T> {
    /// `None` once the value, or the news that there is none, was taken.
    cell: Option<NonNull<Cell<T>>>,
    /// CLOSED came before DONE (I1): nothing will come.
    closed_first: bool,
}

// SAFETY: a `T` may travel through the cell to another thread.
unsafe impl<T: Send> Send for Rx<T> {}
// SAFETY: `&Rx` gives access to the state word alone.
unsafe impl<T: Send> Sync for Rx<T> {}

impl<T> Rx<T> {
    /// Takes the value if it is there; otherwise `cx` is woken when there is news.
    #[inline]
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        loop {
            match self.try_take() {
                Found::Value(value) => return Poll::Ready(Some(value)),
                Found::Nothing => return Poll::Ready(None),
                Found::NotYet => {}
            }
            let Some(cell) = self.cell() else {
                return Poll::Ready(None);
            };
            // SAFETY: `rx_waker` is the receiver's while RX_WAITING is clear (I2 for the rest).
            if unsafe { cell.wait(&cell.rx_waker, RX_WAITING, DONE, cx.waker()) } {
                return Poll::Pending;
            }
        }
    }

    /// Takes the value if it is there.
    #[inline]
    pub fn try_take(&mut self) -> Found<T> {
        let Some(cell) = self.cell else {
            return Found::Nothing;
        };
        if self.closed_first {
            self.cell = None;
            // The sender, when it sees that CLOSED came first, sets TX_GONE.
            leave(cell);
            return Found::Nothing;
        }
        // SAFETY: not freed before the receiver has left (I3), which empties the field.
        let shared = unsafe { cell.as_ref() };
        // Ordering: Acquire; pairs with the Release of DONE: the value, and the sender's last access.
        // Weakened: model `send_meets_poll`.
        let state = shared.state.load(Ordering::Acquire);
        if state & DONE == 0 {
            return Found::NotYet;
        }
        // SAFETY: after DONE, and not `closed_first`: the value is ours.
        let value = unsafe { take(&shared.value) };
        self.cell = None;
        // If DONE found no waker, it was the sender's last access. (It did not find CLOSED.)
        if state & RX_WAITING == 0 || state & TX_GONE != 0 {
            // SAFETY: both have left (I3).
            unsafe { free(cell) };
        } else {
            leave(cell);
        }
        value.map_or(Found::Nothing, Found::Value)
    }

    /// From here on the receiver takes only what has been sent.
    pub fn close(&mut self) {
        if let Some(waker) = self.refuse() {
            wake(waker);
        }
    }

    /// [`close`](Self::close), with the sender's waker for the caller to wake.
    fn refuse(&mut self) -> Option<Waker> {
        let cell = self.cell()?;
        if self.closed_first {
            return None;
        }
        // Ordering: AcqRel: Acquire of `tx_waker`, Release of what came before the end. Weakened: models
        // `close_meets_poll_closed`, `closed_carries_the_receivers_writes`.
        let before = cell.state.fetch_or(CLOSED, Ordering::AcqRel);
        if before & (DONE | CLOSED) != 0 {
            return None;
        }
        let mut waker = None;
        if before & TX_WAITING != 0 {
            // SAFETY: TX_WAITING was set before CLOSED: the waker is ours.
            waker = unsafe { take(&cell.tx_waker) };
        }
        self.closed_first = true;
        waker
    }

    /// Whether there is nothing to take now.
    pub fn is_empty(&self) -> bool {
        // Ordering: Acquire; who sees the value there may rely on what came before it.
        self.closed_first
            || self.cell().is_none_or(|cell| cell.state.load(Ordering::Acquire) & VALUE == 0)
    }

    /// Whether the value, or the news that there is none, was taken.
    pub fn is_terminated(&self) -> bool {
        self.cell.is_none()
    }

    fn cell(&self) -> Option<&Cell<T>> {
        // SAFETY: not freed before the receiver has left (I3), which empties the field.
        self.cell.map(|cell| unsafe { cell.as_ref() })
    }
}

/// The receiver's last access, when the sender's may be still to come.
#[inline(never)]
fn leave<T>(cell: NonNull<Cell<T>>) {
    // SAFETY: not freed before the receiver has left (I3), which is what happens here.
    let shared = unsafe { cell.as_ref() };
    // Ordering: AcqRel: Release ends our accesses, Acquire of the sender's. Weakened: model
    // `send_meets_drop`.
    if shared.state.fetch_or(RX_GONE, Ordering::AcqRel) & TX_GONE != 0 {
        // SAFETY: both have left (I3).
        unsafe { free(cell) };
    }
}

impl<T> Drop for Rx<T> {
    fn drop(&mut self) {
        let waker = self.refuse();
        // The value, if it was sent before, is dropped at the end; either way the cell is left, before a waker that is
        // not ours is woken, which may panic.
        let _value = self.try_take();
        if let Some(waker) = waker {
            wake(waker);
        }
    }
}

impl<T> fmt::Debug for Tx<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("is_closed", &self.is_closed()).finish()
    }
}

impl<T> fmt::Debug for Rx<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rx").field("is_empty", &self.is_empty()).finish()
    }
}

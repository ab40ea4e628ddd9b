//! # One allocation: header, future, output
//!
//! The only file that knows the type of a task's future. Everyone else calls it through the [`Vtable`].

use super::join::JoinSlot;
use super::owned::{Aside, NO_SHARD};
use super::state::State;
use super::{Header, Id, JoinError, Origin, Runnable, Schedule, run};
use filch_primitives::cell::UnsafeCell;
use filch_primitives::memory;
use std::alloc::Layout;
use std::any::Any;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

/// What can be done with a task of unknown type. Each function's conditions are those of the function
/// of the same name on [`Cell`].
pub(super) struct Vtable {
    pub(super) poll: unsafe fn(NonNull<Header>) -> Option<Runnable>,
    pub(super) schedule: unsafe fn(NonNull<Header>, super::Reason),
    pub(super) take_output: unsafe fn(NonNull<Header>, NonNull<()>),
    pub(super) drop_output: unsafe fn(NonNull<Header>),
    pub(super) free: unsafe fn(NonNull<Header>),
}

/// A task, whole. The header comes first, so that a pointer to it is a pointer to the cell.
#[repr(C)]
pub(super) struct Cell<F: Future, S> {
    header: Header,
    slot: UnsafeCell<Slot<F>>,
    scheduler: PhantomData<NonNull<S>>,
}

/// What the slot holds. In the header and not around the slot, so that a large future is never moved, or a hole of
/// its size written, to say that it is gone; and where a byte is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The future, until it ends.
    Future,
    /// The future, and it has asked in this poll to be queued again.
    GivesWay,
    /// What the future returned.
    Output,
    /// Nothing: what it panicked with is in the header.
    Panic,
    /// Nothing, and it was cancelled.
    Cancelled,
    /// Nothing: taken or dropped.
    Empty,
}

impl Stage {
    /// Whether there is a future in the slot.
    #[inline]
    fn is_future(self) -> bool {
        matches!(self, Self::Future | Self::GivesWay)
    }
}

/// One place for the future and, later, its output. Which of these it is, the stage says alone: a `Result` would have to say
/// it once more.
union Slot<F: Future> {
    future: ManuallyDrop<F>,
    output: ManuallyDrop<F::Output>,
}

/// How a task with the future `F` ends.
pub(super) type Outcome<F> = Result<<F as Future>::Output, JoinError>;

/// Inlined into the spawn, and written where it is to be: a future that is handed from frame to frame is copied in pieces
/// of another size than it was written in, and a processor waits for each of these. But not without optimisation: each of
/// its copies would have a place of its own in the caller's frame.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn allocate<F, S>(future: F, scheduler: &S, origin: Origin) -> NonNull<Header>
where
    F: Future + 'static,
    F::Output: 'static,
    S: Schedule,
{
    let memory = memory::allocate(Layout::new::<Cell<F, S>>());
    // SAFETY: as large as a cell and aligned for one, and ours alone.
    unsafe { memory.cast::<MaybeUninit<Cell<F, S>>>().as_mut() }.write(Cell {
        header: Header {
            state: State::new(),
            vtable: &Cell::<F, S>::VTABLE,
            scheduler: NonNull::from(scheduler).cast(),
            aside: UnsafeCell::new(Aside::default()),
            id: Id::next().into(),
            shard: UnsafeCell::new(NO_SHARD),
            stage: UnsafeCell::new(Stage::Future),
            join: JoinSlot::new(),
            origin,
        },
        slot: UnsafeCell::new(Slot { future: ManuallyDrop::new(future) }),
        scheduler: PhantomData,
    });
    // Not the reference that is there now: whoever frees the block frees more than a cell.
    memory.cast()
}

impl<F, S> Cell<F, S>
where
    F: Future + 'static,
    F::Output: 'static,
    S: Schedule,
{
    const VTABLE: Vtable = Vtable {
        poll: Self::poll,
        schedule: Self::schedule,
        take_output: Self::take_output,
        drop_output: Self::drop_output,
        free: Self::free,
    };

    /// # Safety
    /// `header` is of a live cell of this very type.
    unsafe fn of<'a>(header: NonNull<Header>) -> &'a Self {
        // SAFETY: by the caller's promise; the header is at the front (repr(C)).
        unsafe { header.cast::<Self>().as_ref() }
    }

    pub(super) fn scheduler(&self) -> &S {
        // SAFETY: set from a `&S` in `allocate`; `task::new` makes its caller promise that the
        // scheduler lives for as long as the task is not complete, and nobody asks later.
        unsafe { self.header.scheduler.cast::<S>().as_ref() }
    }

    /// # Safety
    /// The caller holds the runnable and gives it up.
    unsafe fn poll(header: NonNull<Header>) -> Option<Runnable> {
        // SAFETY: a runnable keeps the cell alive; the vtable belongs to the type.
        let cell = unsafe { Self::of(header) };
        run::run(cell, header)
    }

    /// # Safety
    /// The caller was answered `Wake::Submit` and gives the runnable up.
    unsafe fn schedule(header: NonNull<Header>, reason: super::Reason) {
        // SAFETY: as for `poll`.
        let cell = unsafe { Self::of(header) };
        cell.scheduler().schedule(Runnable(header), reason);
    }

    /// # Safety
    /// The caller is the joiner, the task is complete, and `into` is a `Poll<Outcome<F>>`.
    unsafe fn take_output(header: NonNull<Header>, into: NonNull<()>) {
        // SAFETY: the joiner's reference keeps the cell alive.
        let cell = unsafe { Self::of(header) };
        // SAFETY: complete: the slot belongs to the joiner.
        let outcome = unsafe { cell.take_outcome() };
        let outcome =
            outcome.expect("a JoinHandle was polled after it had returned the task's output");
        // SAFETY: by the caller's promise.
        unsafe { *into.cast::<Poll<Outcome<F>>>().as_mut() = Poll::Ready(outcome) };
    }

    /// # Safety
    /// The caller is the joiner and the task is complete.
    unsafe fn drop_output(header: NonNull<Header>) {
        // SAFETY: the joiner's reference keeps the cell alive.
        let cell = unsafe { Self::of(header) };
        // SAFETY: complete: the slot belongs to the joiner.
        match unsafe { cell.take_outcome() } {
            Some(Err(error)) => error.unheard(),
            outcome => drop(outcome),
        }
    }

    /// # Safety
    /// The last reference is the caller's.
    unsafe fn free(header: NonNull<Header>) {
        // SAFETY: written by `allocate`, and nobody else has a pointer to it.
        unsafe { memory::drop_and_free(header.cast::<Self>()) };
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// # Safety
    /// The caller holds the runnable, or is the joiner of a complete task.
    unsafe fn replace_stage(&self, stage: Stage) -> Stage {
        self.header.stage.with_mut(|slot| {
            // SAFETY: by the caller's promise nobody else touches the stage.
            std::mem::replace(unsafe { &mut *slot }, stage)
        })
    }

    /// Drops the future, where it is: a future must not be moved.
    ///
    /// # Safety
    /// The caller holds the runnable.
    pub(super) unsafe fn drop_future(&self) {
        // First, so that a destructor that panics leaves nothing to be dropped twice.
        // SAFETY: the caller holds the runnable.
        let stage = unsafe { self.replace_stage(Stage::Empty) };
        assert!(stage.is_future(), "inconsistent task stage");
        self.slot.with_mut(|slot| {
            // SAFETY: by the caller's promise nobody else touches the slot.
            let slot = unsafe { &mut *slot };
            // SAFETY: the stage said that it is a future.
            let future = unsafe { &mut slot.future };
            // SAFETY: the stage says that it is gone from here on.
            unsafe { ManuallyDrop::drop(future) };
        });
    }

    /// Puts `outcome` where the future was, or a panic where the links were.
    ///
    /// # Safety
    /// The caller holds the runnable, has dropped the future, and the task is in no registry any more.
    pub(super) unsafe fn put_outcome(&self, outcome: Outcome<F>) {
        let stage = match outcome.map_err(JoinError::into_panic_of_task) {
            Ok(output) => {
                self.slot.with_mut(|slot| {
                    // SAFETY: by the caller's promise nobody else touches the slot.
                    unsafe { &mut *slot }.output = ManuallyDrop::new(output);
                });
                Stage::Output
            }
            Err(Some(panic)) => {
                self.header.aside.with_mut(|aside| {
                    // SAFETY: out of the registry: it is whoever's the output would be.
                    unsafe { &mut *aside }.panic = ManuallyDrop::new(panic);
                });
                Stage::Panic
            }
            Err(None) => Stage::Cancelled,
        };
        // SAFETY: the caller holds the runnable.
        let before = unsafe { self.replace_stage(stage) };
        debug_assert_eq!(before, Stage::Empty, "inconsistent task stage");
    }

    /// Takes the outcome out, if it is there.
    ///
    /// # Safety
    /// The caller holds the runnable, or is the joiner of a complete task.
    pub(super) unsafe fn take_outcome(&self) -> Option<Outcome<F>> {
        let id = self.header.id();
        // SAFETY: by the caller's promise.
        match unsafe { self.replace_stage(Stage::Empty) } {
            Stage::Output => Some(Ok(self.slot.with_mut(|slot| {
                // SAFETY: by the caller's promise nobody else touches the slot.
                let slot = unsafe { &mut *slot };
                // SAFETY: the stage said that it is an output.
                let output = unsafe { &mut slot.output };
                // SAFETY: the stage says that it is gone from here on.
                unsafe { ManuallyDrop::take(output) }
            }))),
            Stage::Panic => Some(Err(JoinError::of_panic(
                id,
                self.header.aside.with_mut(|aside| {
                    // SAFETY: by the caller's promise nobody else touches it: it goes with the slot.
                    let aside = unsafe { &mut *aside };
                    // SAFETY: the stage said that it is a panic.
                    let panic = unsafe { &mut aside.panic };
                    // SAFETY: the stage says that it is gone from here on.
                    unsafe { ManuallyDrop::take(panic) }
                }),
            ))),
            Stage::Cancelled => Some(Err(JoinError::cancelled(id))),
            Stage::Future | Stage::GivesWay | Stage::Empty => None,
        }
    }

    /// # Safety
    /// The caller holds the runnable.
    #[inline(always)]
    pub(super) unsafe fn poll_future(&self, cx: &mut Context<'_>) -> Poll<F::Output> {
        let is_future = self.header.stage.with(|stage| {
            // SAFETY: by the caller's promise nobody else touches the stage.
            unsafe { *stage == Stage::Future }
        });
        assert!(is_future, "inconsistent task stage: polled after its end");
        self.slot.with_mut(|slot| {
            // SAFETY: by the caller's promise nobody else touches the slot.
            let slot = unsafe { &mut *slot };
            // SAFETY: the stage says that it is a future.
            let future = unsafe { &mut slot.future };
            // SAFETY: the cell is on the heap, and the future leaves it only by being dropped in place.
            unsafe { Pin::new_unchecked(&mut **future) }.poll(cx)
        })
    }

    /// A panic as this task's outcome.
    pub(super) fn panicked(&self, payload: Box<dyn Any + Send>) -> JoinError {
        let hook = self.scheduler().panic_hook();
        JoinError::panicked(self.header.id(), &self.header.origin, payload, hook)
    }
}

#[cfg(all(test, not(filch_loom), target_pointer_width = "64"))]
mod tests {
    use super::*;
    use crate::scheduler::Scheduler;

    #[test]
    fn an_empty_task_takes_72_bytes() {
        fn size<F: Future>(_: fn() -> F) -> usize {
            size_of::<Cell<F, Scheduler>>()
        }
        assert_eq!(size_of::<Header>(), 72);
        assert_eq!(size(std::future::pending::<()>), 72);
        assert_eq!(size(|| async {}), 80);
    }
}

//! # One allocation: header, future, output
//!
//! The only file that knows the type of a task's future. Everyone else calls it through the [`Vtable`].

use super::join::JoinSlot;
use super::owned::{Links, NO_SHARD};
use super::state::State;
use super::{Header, Id, JoinError, Origin, Runnable, Schedule, run};
use filch_primitives::cell::UnsafeCell;
use std::any::Any;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
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
    stage: UnsafeCell<Stage>,
    slot: UnsafeCell<Slot<F>>,
    scheduler: PhantomData<NonNull<S>>,
}

/// What the slot holds. Beside it and not around it, so that a large future is never moved, or a hole of
/// its size written, to say that it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The future, until it ends.
    Future,
    /// How it ended.
    Output,
    /// Nothing: taken or dropped.
    Empty,
}

/// One place for the future and, later, its output.
union Slot<F: Future> {
    future: ManuallyDrop<F>,
    outcome: ManuallyDrop<Outcome<F>>,
}

/// How a task with the future `F` ends.
pub(super) type Outcome<F> = Result<<F as Future>::Output, JoinError>;

pub(super) fn allocate<F, S>(future: F, scheduler: &S, origin: Origin) -> NonNull<Header>
where
    F: Future + 'static,
    F::Output: 'static,
    S: Schedule,
{
    let cell = Box::new(Cell::<F, S> {
        header: Header {
            state: State::new(),
            vtable: &Cell::<F, S>::VTABLE,
            scheduler: NonNull::from(scheduler).cast(),
            links: UnsafeCell::new(Links::default()),
            shard: UnsafeCell::new(NO_SHARD),
            gives_way: UnsafeCell::new(false),
            join: JoinSlot::new(),
            id: Id::next(),
            origin,
        },
        stage: UnsafeCell::new(Stage::Future),
        slot: UnsafeCell::new(Slot { future: ManuallyDrop::new(future) }),
        scheduler: PhantomData,
    });
    NonNull::from(Box::leak(cell)).cast()
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
        // SAFETY: allocated as this very Box, and nobody else has a pointer to it.
        drop(unsafe { Box::from_raw(header.cast::<Self>().as_ptr()) });
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// # Safety
    /// The caller holds the runnable, or is the joiner of a complete task.
    unsafe fn replace_stage(&self, stage: Stage) -> Stage {
        self.stage.with_mut(|slot| {
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
        assert_eq!(stage, Stage::Future, "inconsistent task stage");
        self.slot.with_mut(|slot| {
            // SAFETY: by the caller's promise nobody else touches the slot.
            let slot = unsafe { &mut *slot };
            // SAFETY: the stage said that it is a future.
            let future = unsafe { &mut slot.future };
            // SAFETY: the stage says that it is gone from here on.
            unsafe { ManuallyDrop::drop(future) };
        });
    }

    /// Puts `outcome` where the future was.
    ///
    /// # Safety
    /// The caller holds the runnable and has dropped the future.
    pub(super) unsafe fn put_outcome(&self, outcome: Outcome<F>) {
        self.slot.with_mut(|slot| {
            // SAFETY: by the caller's promise nobody else touches the slot.
            let slot = unsafe { &mut *slot };
            slot.outcome = ManuallyDrop::new(outcome);
        });
        // SAFETY: the caller holds the runnable.
        let stage = unsafe { self.replace_stage(Stage::Output) };
        debug_assert_eq!(stage, Stage::Empty, "inconsistent task stage");
    }

    /// Takes the outcome out, if it is there.
    ///
    /// # Safety
    /// The caller holds the runnable, or is the joiner of a complete task.
    pub(super) unsafe fn take_outcome(&self) -> Option<Outcome<F>> {
        // SAFETY: by the caller's promise.
        if unsafe { self.replace_stage(Stage::Empty) } != Stage::Output {
            return None;
        }
        Some(self.slot.with_mut(|slot| {
            // SAFETY: by the caller's promise nobody else touches the slot.
            let slot = unsafe { &mut *slot };
            // SAFETY: the stage said that it is an outcome.
            let outcome = unsafe { &mut slot.outcome };
            // SAFETY: the stage says that it is gone from here on.
            unsafe { ManuallyDrop::take(outcome) }
        }))
    }

    /// # Safety
    /// The caller holds the runnable.
    pub(super) unsafe fn poll_future(&self, cx: &mut Context<'_>) -> Poll<F::Output> {
        let is_future = self.stage.with(|stage| {
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
        let Header { id, origin, .. } = &self.header;
        JoinError::panicked(*id, origin, payload, self.scheduler().panic_hook())
    }
}

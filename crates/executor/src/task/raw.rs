//! # One allocation: header, future, output
//!
//! The only file that knows the type of a task's future. Everyone else calls it through the [`Vtable`].

use super::join::JoinSlot;
use super::owned::{Links, NO_SHARD};
use super::state::State;
use super::{Header, Id, JoinError, Runnable, Schedule, TaskPanic, run};
use filch_primitives::cell::UnsafeCell;
use std::panic::Location;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

/// What can be done with a task of unknown type. Each function's conditions are those of the function
/// of the same name on [`Cell`].
pub(super) struct Vtable {
    pub(super) poll: unsafe fn(NonNull<Header>),
    pub(super) schedule: unsafe fn(NonNull<Header>, super::Reason),
    pub(super) take_output: unsafe fn(NonNull<Header>, NonNull<()>),
    pub(super) drop_output: unsafe fn(NonNull<Header>),
    pub(super) free: unsafe fn(NonNull<Header>),
}

/// A task, whole. The header comes first, so that a pointer to it is a pointer to the cell.
#[repr(C)]
pub(super) struct Cell<F: Future, S> {
    header: Header,
    stage: UnsafeCell<Stage<F>>,
    scheduler: std::marker::PhantomData<NonNull<S>>,
}

/// What the cell holds.
pub(super) enum Stage<F: Future> {
    /// The future, until it ends.
    Future(F),
    /// How it ended.
    Output(Result<F::Output, JoinError>),
    /// Taken or dropped.
    Consumed,
}

pub(super) fn allocate<F, S>(
    future: F,
    scheduler: &S,
    spawned_at: &'static Location<'static>,
) -> NonNull<Header>
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
            join: JoinSlot::new(),
            id: Id::next(),
            spawned_at,
        },
        stage: UnsafeCell::new(Stage::Future(future)),
        scheduler: std::marker::PhantomData,
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
    unsafe fn poll(header: NonNull<Header>) {
        // SAFETY: a runnable keeps the cell alive; the vtable belongs to the type.
        let cell = unsafe { Self::of(header) };
        run::run(cell, header);
    }

    /// # Safety
    /// The caller was answered `Wake::Submit` or `End::Requeue` and gives the runnable up.
    unsafe fn schedule(header: NonNull<Header>, reason: super::Reason) {
        // SAFETY: as for `poll`.
        let cell = unsafe { Self::of(header) };
        cell.scheduler().schedule(Runnable(header), reason);
    }

    /// # Safety
    /// The caller is the joiner, the task is complete, and `into` is a
    /// `Poll<Result<F::Output, JoinError>>`.
    unsafe fn take_output(header: NonNull<Header>, into: NonNull<()>) {
        // SAFETY: the joiner's reference keeps the cell alive.
        let cell = unsafe { Self::of(header) };
        let output = cell.stage.with_mut(|stage| {
            // SAFETY: complete: the stage belongs to the joiner.
            std::mem::replace(unsafe { &mut *stage }, Stage::Consumed)
        });
        let Stage::Output(output) = output else {
            panic!("a JoinHandle was polled after it had returned the task's output");
        };
        // SAFETY: by the caller's promise.
        unsafe {
            *into.cast::<Poll<Result<F::Output, JoinError>>>().as_mut() = Poll::Ready(output)
        };
    }

    /// # Safety
    /// The caller is the joiner and the task is complete.
    unsafe fn drop_output(header: NonNull<Header>) {
        // SAFETY: the joiner's reference keeps the cell alive.
        let cell = unsafe { Self::of(header) };
        // SAFETY: complete: the stage belongs to the joiner.
        drop(unsafe { cell.replace_stage(Stage::Consumed) });
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
    pub(super) unsafe fn replace_stage(&self, stage: Stage<F>) -> Stage<F> {
        self.stage.with_mut(|slot| {
            // SAFETY: by the caller's promise nobody else touches the stage.
            std::mem::replace(unsafe { &mut *slot }, stage)
        })
    }

    /// Drops what the stage holds, in place, because a future must not be moved.
    ///
    /// # Safety
    /// The caller holds the runnable.
    pub(super) unsafe fn set_stage(&self, stage: Stage<F>) {
        self.stage.with_mut(|slot| {
            // Whatever the destructor does, the slot must not be dropped twice.
            struct Filled<F: Future>(*mut Stage<F>, Option<Stage<F>>);
            impl<F: Future> Drop for Filled<F> {
                fn drop(&mut self) {
                    let stage = self.1.take().unwrap_or(Stage::Consumed);
                    // SAFETY: the slot is the caller's of `set_stage`, and what was in it is dropped.
                    unsafe { self.0.write(stage) };
                }
            }
            let _filled = Filled(slot, Some(stage));
            // SAFETY: the slot is the caller's and holds a stage; `_filled` puts a new one there, even
            // if the destructor panics.
            unsafe { slot.drop_in_place() };
        });
    }

    /// # Safety
    /// The caller holds the runnable.
    pub(super) unsafe fn poll_future(&self, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.stage.with_mut(|slot| {
            // SAFETY: by the caller's promise nobody else touches the stage.
            let Stage::Future(future) = (unsafe { &mut *slot }) else {
                panic!("inconsistent task stage: polled after its end");
            };
            // SAFETY: the cell is on the heap and the future leaves it only by being dropped in place.
            unsafe { Pin::new_unchecked(future) }.poll(cx)
        })
    }

    pub(super) fn panic_of(&self, payload: Box<dyn std::any::Any + Send>) -> TaskPanic {
        TaskPanic {
            id: self.header.id,
            spawned_at: self.header.spawned_at,
            payload,
        }
    }
}

//! # Running a task once: poll, complete, cancel
//!
//! The only place that catches the panics of tasks: of futures, of their destructors, of outputs that
//! nobody takes, and of the joiner's waker. A worker never dies of user code.

use super::raw::{Cell, Outcome};
use super::state::{Completed, End, Start};
use super::{Header, Id, JoinError, Reason, Runnable, Schedule, owned, waker};
use filch_primitives::catch_quietly;
use std::cell::Cell as StdCell;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::task::{Context, Poll, Waker};

thread_local! {
    /// The task that this thread is polling.
    static CURRENT: StdCell<*const Header> = const { StdCell::new(ptr::null()) };
    /// Whether it asked to be queued again without a wake-up.
    static GIVES_WAY: StdCell<bool> = const { StdCell::new(false) };
}

/// Polls or cancels the task that `header` and `cell` both are; the caller gives up the runnable.
pub(super) fn run<F, S>(cell: &Cell<F, S>, header: NonNull<Header>)
where
    F: Future + 'static,
    F::Output: 'static,
    S: Schedule,
{
    let state = &cell.header().state;
    if state.start_poll() == Start::Cancel {
        return cancel(cell, header);
    }
    let before = CURRENT.replace(header.as_ptr());
    // Of a task around this one, whose poll goes on when this one is over (`LocalSet`).
    let outer_gives_way = GIVES_WAY.replace(false);
    let id_before = Id::enter(Some(cell.header().id));
    let polled = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the task is not complete while it is polled, and the waker does not leave this
        // function except as a clone, which counts itself.
        let waker = unsafe { waker::borrowed(header) };
        // SAFETY: we hold the runnable.
        unsafe { cell.poll_future(&mut Context::from_waker(&waker)) }
    }));
    let outcome = match polled {
        Ok(Poll::Pending) => {
            Id::enter(id_before);
            CURRENT.set(before);
            if GIVES_WAY.replace(outer_gives_way) {
                // Still OWNED, so a wake since then has left a mark and nothing needs to change.
                cell.scheduler().schedule(Runnable(header), Reason::Yield);
                return;
            }
            return match end_poll(cell, header) {
                End::Idle => {}
                End::Requeue => cell.scheduler().schedule(Runnable(header), Reason::Yield),
                End::Cancel => cancel(cell, header),
            };
        }
        Ok(Poll::Ready(output)) => Ok(output),
        Err(payload) => Err(cell.panicked(payload)),
    };
    GIVES_WAY.set(outer_gives_way);
    end(cell, header, outcome);
    Id::enter(id_before);
    CURRENT.set(before);
}

/// The poll returned `Pending`. Whoever shuts the scheduler down must be able to find a task that waits.
#[inline]
fn end_poll<F, S>(cell: &Cell<F, S>, header: NonNull<Header>) -> End
where
    F: Future + 'static,
    F::Output: 'static,
    S: Schedule,
{
    // SAFETY: we hold the runnable.
    let is_enrolled = unsafe { owned::is_enrolled(cell.header()) };
    // Not dropped: it is still held by our caller.
    let task = ManuallyDrop::new(Runnable(header));
    if !is_enrolled && !cell.scheduler().enroll(&task) {
        return End::Cancel;
    }
    cell.header().state.end_poll()
}

/// Drops the future and completes the task as cancelled, or as panicked if the destructor does.
fn cancel<F, S>(cell: &Cell<F, S>, header: NonNull<Header>)
where
    F: Future + 'static,
    F::Output: 'static,
    S: Schedule,
{
    let id_before = Id::enter(Some(cell.header().id));
    end(cell, header, Err(JoinError::cancelled(cell.header().id)));
    Id::enter(id_before);
}

/// Puts `outcome` in the future's place and completes the task.
fn end<F, S>(cell: &Cell<F, S>, header: NonNull<Header>, outcome: Outcome<F>)
where
    F: Future + 'static,
    F::Output: 'static,
    S: Schedule,
{
    let mut outcome = outcome;
    // The future first, on its own: its destructor may panic, and then that is how the task ended.
    // SAFETY: we hold the runnable.
    let dropped = catch_unwind(AssertUnwindSafe(|| unsafe { cell.drop_future() }));
    if let Err(payload) = dropped {
        let replaced = std::mem::replace(&mut outcome, Err(cell.panicked(payload)));
        catch_quietly(|| drop(replaced));
    }
    // SAFETY: we hold the runnable, and the future is dropped.
    unsafe { cell.put_outcome(outcome) };
    if let Some(owned) = cell.scheduler().owned() {
        // SAFETY: the task was bound to this registry when it was spawned, or to none.
        unsafe { owned.remove(header) };
    }
    cell.scheduler().count_ended();
    let state = &cell.header().state;
    let completed = state.complete(false).unwrap_or_else(|| {
        drop_unheard(cell);
        // JOIN_INTEREST does not come back, so the second answer is final.
        state.complete(true).expect("inconsistent task word: JOIN_INTEREST came back")
    });
    let last = match completed {
        Completed::Done => false,
        Completed::Free => true,
        Completed::WakeJoiner => {
            // SAFETY: we have just completed the task and were told of JOIN_WAKER.
            catch_quietly(|| unsafe { cell.header().join.wake() });
            state.ref_dec()
        }
    };
    if last {
        // SAFETY: the last reference was the life reference, which is ours to end.
        unsafe { free(header) };
    }
}

/// Drops an outcome that nobody can take any more; a panic goes to the scheduler's hook.
fn drop_unheard<F, S>(cell: &Cell<F, S>)
where
    F: Future + 'static,
    F::Output: 'static,
    S: Schedule,
{
    // SAFETY: we hold the runnable, and without JOIN_INTEREST there is no joiner.
    let error = match unsafe { cell.take_outcome() } {
        Some(Err(error)) => Some(error),
        output => {
            let dropped = catch_unwind(AssertUnwindSafe(|| drop(output)));
            dropped.err().map(|payload| cell.panicked(payload))
        }
    };
    if let Some(error) = error {
        catch_quietly(|| error.unheard());
    }
}

/// Frees the memory of a task.
///
/// # Safety
/// The last reference is the caller's.
pub(super) unsafe fn free(header: NonNull<Header>) {
    // SAFETY: by the caller's promise the header is still there.
    let free = unsafe { header.as_ref() }.vtable.free;
    // SAFETY: the vtable is the task's own; by the caller's promise nobody else has a pointer.
    catch_quietly(|| unsafe { free(header) });
}

/// Whether `waker` is the waker of the task that this thread is polling.
fn wakes_current(waker: &Waker) -> bool {
    let current = CURRENT.get();
    !current.is_null() && waker::is_of(waker, current)
}

/// Asks for the running task to be queued again when its poll ends: cheaper than a wake-up, which would
/// change the task word. `false` if `waker` is not the running task's own: then it has to be woken.
pub(crate) fn give_way(waker: &Waker) -> bool {
    let ours = wakes_current(waker);
    if ours {
        GIVES_WAY.set(true);
    }
    ours
}

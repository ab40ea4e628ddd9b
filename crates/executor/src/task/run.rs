//! # Running a task once: poll, complete, cancel
//!
//! The only place that catches the panics of tasks: of futures, of their destructors, of outputs that
//! nobody takes, and of the joiner's waker. A worker never dies of user code.

use super::raw::{Cell, Outcome, Stage};
use super::state::{Completed, End, Start};
use super::{Header, Id, JoinError, Runnable, Schedule, TaskInfo, owned, waker};
use crate::record::{self, PollOutcome};
use filch_primitives::{BudgetScope, catch_quietly};
use std::cell::Cell as StdCell;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::task::{Context, Poll, Waker};

filch_primitives::thread_local! {
    /// The task that this thread is running.
    static CURRENT: StdCell<*const Header> = const { StdCell::new(ptr::null()) };
}

/// While it lives, the task is the one that this thread is running; then the one before, whose poll goes on
/// when this one is over (`LocalSet`).
struct Running {
    before: *const Header,
}

impl Running {
    #[inline]
    fn enter(header: NonNull<Header>) -> Self {
        Self { before: CURRENT.with(|current| current.replace(header.as_ptr())) }
    }

    /// Whether that happens in the poll of another task.
    #[inline]
    fn is_inner(&self) -> bool {
        !self.before.is_null()
    }
}

impl Drop for Running {
    #[inline]
    fn drop(&mut self) {
        CURRENT.with(|current| current.set(self.before));
    }
}

/// The id of the task that this thread is running.
pub(super) fn current_id() -> Option<Id> {
    let current = CURRENT.try_with(StdCell::get).unwrap_or(ptr::null());
    // SAFETY: a task that is being run is not complete, or its `end` holds it; and it leaves `CURRENT`
    // before it is freed.
    unsafe { current.as_ref() }.map(Header::id)
}

/// Polls or cancels the task that `header` and `cell` both are; the caller gives up the runnable. It is
/// given back if the task is to be queued again.
#[inline(always)]
pub(super) fn run<F, S>(cell: &Cell<F, S>, header: NonNull<Header>) -> Option<Runnable>
where
    F: Future + 'static,
    F::Output: 'static,
    S: Schedule,
{
    let id = cell.header().id();
    let starts = cell.header().state.start_poll();
    let running = Running::enter(header);
    let is_inner = running.is_inner();
    record::poll_starts(id, is_inner);
    if starts == Start::Cancel {
        drop(running);
        cancel(cell, header);
        return None;
    }
    let budget = BudgetScope::begin();
    let polled = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the task is not complete while it is polled, and the waker does not leave this
        // function except as a clone, which counts itself.
        let waker = unsafe { waker::borrowed(header) };
        // SAFETY: we hold the runnable.
        unsafe { cell.poll_future(&mut Context::from_waker(&waker)) }
    }));
    drop(budget);
    drop(running);
    let outcome = match polled {
        Ok(Poll::Pending) => {
            record::poll_ends(id, is_inner);
            // SAFETY: we hold the runnable.
            if unsafe { take_gives_way(cell.header()) } {
                // Still OWNED, so a wake since then has left a mark and nothing needs to change.
                return Some(Runnable(header));
            }
            match end_poll(cell, header) {
                End::Idle => return None,
                End::Requeue => return Some(Runnable(header)),
                End::Cancel => {
                    cancel(cell, header);
                    return None;
                }
            }
        }
        Ok(Poll::Ready(output)) => Ok(output),
        Err(payload) => Err(cell.panicked(payload)),
    };
    end(cell, header, outcome);
    None
}

/// Whether the task asked in this poll to be queued again without a wake-up.
///
/// # Safety
/// The caller holds the runnable.
#[inline]
unsafe fn take_gives_way(header: &Header) -> bool {
    header.stage.with_mut(|stage| {
        // SAFETY: by the caller's promise nobody else touches the stage.
        let stage = unsafe { &mut *stage };
        let gives_way = *stage == Stage::GivesWay;
        if gives_way {
            *stage = Stage::Future;
        }
        gives_way
    })
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
    end(cell, header, Err(JoinError::cancelled(cell.header().id())));
}

/// Puts `outcome` in the future's place and completes the task.
fn end<F, S>(cell: &Cell<F, S>, header: NonNull<Header>, outcome: Outcome<F>)
where
    F: Future + 'static,
    F::Output: 'static,
    S: Schedule,
{
    // What runs the destructors of the future and the output is still this task.
    let running = Running::enter(header);
    let page = cell.scheduler().page();
    let attended = page.as_ref().and_then(|page| page.attend(|| TaskInfo::of(cell.header())));
    let mut outcome = outcome;
    // The future first, on its own: its destructor may panic, and then that is how the task ended.
    // SAFETY: we hold the runnable.
    let dropped = catch_unwind(AssertUnwindSafe(|| unsafe { cell.drop_future() }));
    if let Err(payload) = dropped {
        let replaced = std::mem::replace(&mut outcome, Err(cell.panicked(payload)));
        catch_quietly(|| drop(replaced));
    }
    let ended = match &outcome {
        Ok(_) => PollOutcome::Ready,
        Err(error) if error.is_panic() => PollOutcome::Panicked,
        Err(_) => PollOutcome::Cancelled,
    };
    if let Some(owned) = cell.scheduler().owned() {
        // SAFETY: the task was bound to this registry when it was spawned, or to none.
        unsafe { owned.remove(header) };
    }
    // SAFETY: we hold the runnable, the future is dropped, and the task is in no registry.
    unsafe { cell.put_outcome(outcome) };
    cell.scheduler().count_ended();
    if let Some(page) = page {
        page.write(ended == PollOutcome::Cancelled, || TaskInfo::of(cell.header()));
        drop(attended);
    }
    // The task may be gone when it is told how it ended.
    let id = cell.header().id();
    let state = &cell.header().state;
    let completed = state.complete(false).unwrap_or_else(|| {
        drop_unheard(cell);
        // JOIN_INTEREST does not come back, so the second answer is final.
        state.complete(true).expect("inconsistent task word: JOIN_INTEREST came back")
    });
    drop(running);
    let last = match completed {
        Completed::Done => false,
        Completed::Free => true,
        Completed::WakeJoiner => {
            // SAFETY: we have just completed the task and were told of JOIN_WAKER.
            catch_quietly(|| unsafe { cell.header().join.wake() });
            state.ref_dec()
        }
    };
    record::task_ends(id, ended);
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

/// Which task this thread is running, if it is running one.
pub(super) fn running() -> Option<TaskInfo> {
    let current = CURRENT.try_with(StdCell::get).unwrap_or(ptr::null());
    // SAFETY: as in `current_id`.
    unsafe { current.as_ref() }.map(TaskInfo::of)
}

/// Asks for the running task to be queued again when its poll ends: cheaper than a wake-up, which would
/// change the task word. `false` if `waker` is not the running task's own: then it has to be woken.
#[inline]
pub(crate) fn give_way(waker: &Waker) -> bool {
    let current = CURRENT.with(StdCell::get);
    let is_ours = !current.is_null() && waker::is_of(waker, current);
    if is_ours {
        // SAFETY: the task that this thread is running is not freed meanwhile.
        unsafe { &*current }.stage.with_mut(|stage| {
            // SAFETY: this thread holds the runnable, further up the stack, and touches the stage only
            // when the poll is over.
            let stage = unsafe { &mut *stage };
            // Not in the future's destructor, when there is nothing to be polled again.
            if *stage == Stage::Future {
                *stage = Stage::GivesWay;
            }
        });
    }
    is_ours
}

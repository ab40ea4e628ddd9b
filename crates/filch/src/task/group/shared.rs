//! # What a group, its scope handles and its children share

use super::error::Cause;
use crate::task::{AbortHandle, Inherit, TaskInfo};
use crate::time::{Duration, Instant};
use filch_executor::Tally;
use filch_primitives::catch_quietly;
use filch_primitives::sync::Mutex;
use filch_sync::{CancellationToken, Semaphore};
use std::fmt;
use std::mem;
use std::sync::Arc;

/// After how many children the list of them is swept for the first time.
const FIRST_SWEEP: usize = 64;

/// How far the end of a group has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Nobody has asked it to end.
    Open,
    /// Children were asked to end, and have the grace period for it.
    Asked,
    /// Children are dropped where they wait; none may enter.
    Forced,
}

#[derive(Debug)]
pub(super) struct Shared<E> {
    pub(super) options: Options,
    /// Counts children from their spawn until their futures are dropped.
    pub(super) tally: Tally,
    state: Mutex<State<E>>,
}

/// What is chosen before the first spawn.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) limit: Option<Arc<Semaphore>>,
    pub(super) deadline: Option<Instant>,
    pub(super) grace: Duration,
    pub(super) patience: Option<Duration>,
    pub(super) inherit: Option<Inherit>,
}

struct State<E> {
    phase: Phase,
    /// Why the group fails, once it does.
    cause: Option<Cause<E>>,
    /// How many failures came after the first.
    later: usize,
    /// Made when somebody asks for it.
    token: Option<CancellationToken>,
    /// The children; ended ones stay until the next sweep. A child does not take itself out: that
    /// would cost each of them this lock.
    children: Vec<AbortHandle>,
    sweep_at: usize,
    /// Those that were dropped where they waited.
    forced: Vec<TaskInfo>,
}

impl<E> Shared<E> {
    pub(super) fn new() -> Self {
        Self {
            options: Options::default(),
            tally: Tally::new(),
            state: Mutex::new(State {
                phase: Phase::Open,
                cause: None,
                later: 0,
                token: None,
                children: Vec::new(),
                sweep_at: FIRST_SWEEP,
                forced: Vec::new(),
            }),
        }
    }

    pub(super) fn phase(&self) -> Phase {
        self.state.lock().phase
    }

    /// Takes a child into the list; one that comes too late is dropped like the others before it.
    pub(super) fn adopt(&self, child: AbortHandle) {
        let mut state = self.state.lock();
        if state.phase == Phase::Forced {
            state.children.push(child.clone());
            drop(state);
            child.abort();
            return;
        }
        state.children.push(child);
        let listed = state.children.len();
        if listed < state.sweep_at {
            return;
        }
        // A look at each of them is paid for by those that can go. A child may be counted and not listed yet.
        if listed < 2 * self.tally.len() {
            state.sweep_at = listed + listed / 2;
            return;
        }
        let mut ended = Vec::new();
        let mut next = 0;
        while let Some(child) = state.children.get(next) {
            if child.is_finished() {
                ended.push(state.children.swap_remove(next));
            } else {
                next += 1;
            }
        }
        state.sweep_at = FIRST_SWEEP.max(2 * state.children.len());
        // The last reference to a task may go here, and with it what the task holds.
        drop(state);
        drop(ended);
    }

    /// A child or the body failed: the first failure ends the group, later ones are counted.
    pub(super) fn fail(&self, cause: Cause<E>) {
        let mut state = self.state.lock();
        if state.cause.is_none() {
            state.cause = Some(cause);
            drop(state);
        } else {
            state.later += 1;
            drop(state);
            drop(cause);
        }
        self.ask();
    }

    /// Asks everyone to end.
    pub(super) fn ask(&self) {
        let mut state = self.state.lock();
        if state.phase != Phase::Open {
            return;
        }
        state.phase = Phase::Asked;
        let token = state.token.clone();
        drop(state);
        cancel(token);
        if self.options.grace.is_zero() {
            self.force();
        }
        // The group's own future has to look.
        self.tally.wake();
    }

    /// Drops the children where they wait, and lets none in.
    pub(super) fn force(&self) {
        let mut state = self.state.lock();
        if state.phase == Phase::Forced {
            return;
        }
        state.phase = Phase::Forced;
        self.tally.close();
        let token = state.token.clone();
        // Whoever is counted and not listed yet is dropped by `adopt`.
        let live = |child: &&AbortHandle| !child.is_finished();
        let children: Vec<_> = match self.tally.is_empty() {
            true => Vec::new(),
            false => state.children.iter().filter(live).cloned().collect(),
        };
        drop(state);
        cancel(token);
        // The one that is running here too, if it is one of them: should it return now, that is how it ends.
        for child in children {
            child.abort();
        }
    }

    /// A child was dropped before it had ended.
    pub(super) fn dropped(&self, child: Option<TaskInfo>) {
        let mut state = self.state.lock();
        if state.phase == Phase::Forced {
            state.forced.extend(child);
        }
    }

    /// The children that have not ended.
    pub(super) fn live(&self) -> Vec<TaskInfo> {
        let state = self.state.lock();
        infos(state.children.iter().filter(|child| !child.is_finished()))
    }

    pub(super) fn token(&self) -> CancellationToken {
        let mut state = self.state.lock();
        let parent = self.parent_token();
        let make = || parent.map_or_else(CancellationToken::new, CancellationToken::child_token);
        let token = state.token.get_or_insert_with(make).clone();
        let asked = state.phase != Phase::Open;
        drop(state);
        if asked {
            token.cancel();
        }
        token
    }

    /// The token whose end ends the group.
    pub(super) fn parent_token(&self) -> Option<&CancellationToken> {
        self.options.inherit.as_ref()?.token.as_ref()
    }

    /// By when the group ends.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let inherited = self.options.inherit.as_ref().and_then(|inherit| inherit.deadline);
        self.options.deadline.into_iter().chain(inherited).min()
    }

    /// What a child takes over: what was chosen, with the group's own deadline and token.
    pub(super) fn inheritance(&self) -> Option<Inherit> {
        let mut inherit = self.options.inherit.clone()?.token(self.token());
        inherit.deadline = self.deadline();
        Some(inherit)
    }

    /// Why the group failed, and how many failures came after it.
    pub(super) fn take_cause(&self) -> (Option<Cause<E>>, usize) {
        let mut state = self.state.lock();
        (state.cause.take(), state.later)
    }

    /// The children that had to be dropped, those included that are `left`: they still will be.
    pub(super) fn take_forced(&self, left: &[TaskInfo]) -> Vec<TaskInfo> {
        let mut forced = mem::take(&mut self.state.lock().forced);
        forced.extend_from_slice(left);
        forced.sort_by_key(TaskInfo::id);
        forced.dedup_by_key(|child| child.id());
        forced
    }
}

/// Before anybody is dropped, so that who sees the end sees this too. It wakes wakers that are not ours: one that panics does
/// not keep the group from ending.
fn cancel(token: Option<CancellationToken>) {
    if let Some(token) = token {
        catch_quietly(|| token.cancel());
    }
}

/// What there is to say of the children, oldest first.
fn infos<'a>(children: impl Iterator<Item = &'a AbortHandle>) -> Vec<TaskInfo> {
    let mut infos: Vec<_> = children.map(AbortHandle::info).collect();
    infos.sort_by_key(TaskInfo::id);
    infos
}

impl<E> fmt::Debug for State<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("phase", &self.phase)
            .field("failed", &self.cause.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::EventLoop;
    use crate::task::TaskGroup;

    /// The most children that were listed at once, when so many live on and others come and go.
    fn most_listed(living: usize, passing: usize) -> usize {
        EventLoop::new().unwrap().block_on(async {
            let group = TaskGroup::new();
            for _ in 0..living {
                group.spawn(std::future::pending::<()>());
            }
            let mut most = 0;
            for _ in 0..passing {
                group.spawn(async {}).await.unwrap();
                most = most.max(group.scope().shared.state.lock().children.len());
            }
            most
        })
    }

    #[test]
    fn the_list_grows_with_the_children_that_live_and_not_with_those_that_have_ended() {
        assert!(most_listed(0, 5_000) <= FIRST_SWEEP);
        let most = most_listed(1_000, 10_000);
        assert!(most <= 3_000, "{most} for a thousand");
    }
}

//! # How an idle worker gets at the tasks of others
//!
//! First half of somebody's public queue, then tasks from outside. Then it looks at those whose private
//! queue is not empty: a worker that makes progress will come to what it has, and makes public what is worth
//! it. One that stays in the same poll for [`STUCK`] is raided, which costs microseconds on both
//! sides: half of its tasks, the oldest first.

use crate::biased::Len;
use crate::queue::Steal;
use crate::scheduler::{Remote, Scheduler};
use crate::task::Runnable;
use crate::worker::Core;
use filch_primitives::atomic::Ordering;
use filch_primitives::hint;
use std::time::{Duration, Instant};

/// For how long a victim must be in one and the same poll. A pair of tasks that pass a message takes some
/// 100 ns, so only a stuck worker is raided.
const STUCK: Duration = Duration::from_micros(5);

/// How many workers a thief watches for that long in one search.
const SUSPECTS: usize = 4;

/// How many tasks a raider takes at a time, at most: the victim waits meanwhile if it comes back.
const LOOT: usize = 256;

/// Looks for a task at the other workers' and in the injector.
pub(crate) fn steal(core: &mut Core, scheduler: &Scheduler) -> Option<Runnable> {
    let workers = scheduler.remotes.len();
    if workers == 1 {
        return None;
    }
    if !core.searching {
        core.searching = scheduler.idle.start_searching();
        if !core.searching {
            return None;
        }
    }
    let start = core.rng.below(workers);
    let own = core.seat.index();
    let victims = (0..workers).map(|i| (start + i) % workers).filter(|&victim| victim != own);
    for victim in victims.clone() {
        if let Some(task) = steal_public(core, scheduler, victim) {
            return Some(task);
        }
    }
    if let Some(task) = core.take_from_injector(scheduler) {
        return Some(task);
    }
    let has_private = |&victim: &usize| scheduler.remotes[victim].private.len_hint() > 0;
    for victim in victims.filter(has_private).take(SUSPECTS) {
        if !stays_in_one_poll(&scheduler.remotes[victim]) {
            // It may have made something public since.
            if let Some(task) = steal_public(core, scheduler, victim) {
                return Some(task);
            }
        } else if let Some(task) = raid(core, scheduler, victim) {
            return Some(task);
        }
    }
    None
}

fn steal_public(core: &mut Core, scheduler: &Scheduler, victim: usize) -> Option<Runnable> {
    match scheduler.remotes[victim].stealer.steal_into(&mut core.public) {
        Steal::Success { first, rest } => {
            count_stolen(core, scheduler, rest + 1);
            Some(first)
        }
        Steal::Empty | Steal::Retry => None,
    }
}

/// Whether the worker is in a poll that goes on for as long as we watch, and keeps its tasks to itself.
fn stays_in_one_poll(victim: &Remote) -> bool {
    // Ordering: Relaxed; a hint.
    let polls = victim.polls.load(Ordering::Relaxed);
    let start = Instant::now();
    while start.elapsed() < STUCK {
        // Ordering: Relaxed; a hint.
        if victim.polls.load(Ordering::Relaxed) != polls || !victim.stealer.is_empty() {
            return false;
        }
        hint::spin_loop();
    }
    true
}

fn raid(core: &mut Core, scheduler: &Scheduler, victim: usize) -> Option<Runnable> {
    let remote = &scheduler.remotes[victim];
    let mut taken = 0;
    let first = remote.private.raid(|theirs| {
        let half = theirs.len().div_ceil(2).min(LOOT);
        let first = theirs.pop_oldest()?;
        core.seat.with_private(scheduler, |ours| {
            for _ in 1..half {
                let Some(task) = theirs.pop_oldest() else { break };
                ours.push_waiting(task);
                taken += 1;
            }
        });
        Some(first)
    })??;
    // Ordering: Relaxed; a hint. Its polls are longer than it thinks.
    remote.coarse.store(true, Ordering::Relaxed);
    count_stolen(core, scheduler, taken + 1);
    Some(first)
}

/// Ends what every other worker has that we can get at; one that comes back will end the rest.
pub(crate) fn end_tasks_of_others(core: &mut Core, scheduler: &Scheduler) {
    for (victim, remote) in scheduler.remotes.iter().enumerate() {
        if victim == core.seat.index() {
            continue;
        }
        while let Some(task) = steal_public(core, scheduler, victim) {
            task.cancel();
            while let Some(task) = core.public.pop() {
                task.cancel();
            }
        }
        // One at a time: a destructor may do anything, and must not run inside the raid.
        while remote.private.len_hint() > 0 {
            match remote.private.raid(|theirs| theirs.pop_oldest()) {
                Some(Some(task)) => task.cancel(),
                _ => break,
            }
        }
    }
}

fn count_stolen(core: &Core, scheduler: &Scheduler, tasks: usize) {
    let stolen = &core.seat.remote(scheduler).stolen;
    // Ordering: Relaxed; only this worker writes it, and it is a statistic.
    stolen.store(stolen.load(Ordering::Relaxed).wrapping_add(tasks), Ordering::Relaxed);
}

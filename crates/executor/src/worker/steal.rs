//! # How an idle worker gets at the tasks of others
//!
//! First half of somebody's public queue, then tasks from outside. Then it looks at those whose private
//! queue is not empty: a worker that makes progress will come to what it has, and makes public what is worth
//! it. One that stays in the same poll for [`STUCK`] is raided: half of its tasks, the oldest first. That costs
//! microseconds on both sides, and a poll that only spawns many others looks stuck too, so during one poll
//! the same thief comes again only after [`AGAIN`], and if it left something behind after twice as long each time, up to
//! [`AGAIN_AT_LAST`]. Where it left nothing, whatever comes afterwards may be what the poll waits for.

use crate::biased::Len;
use crate::queue::Steal;
use crate::record;
use crate::scheduler::{Scheduler, count};
use crate::task::Runnable;
use crate::worker::Core;
use filch_primitives::atomic::Ordering;
use filch_primitives::hint;
use filch_primitives::time::Instant;
use std::time::Duration;

/// For how long a victim must be in one and the same poll. A pair of tasks that pass a message takes some
/// 100 ns, so only a stuck worker is raided.
const STUCK: Duration = Duration::from_micros(5);

/// How many workers a thief watches for that long in one search.
const SUSPECTS: usize = 4;

/// How long a thief leaves a worker in peace that it has raided in the same poll.
const AGAIN: Duration = Duration::from_micros(100);

/// And at most.
const AGAIN_AT_LAST: Duration = Duration::from_millis(1);

/// How many tasks a raider takes at a time, at most: the victim waits meanwhile if it comes back.
const LOOT: usize = 256;

/// What a thief remembers of a victim.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raided {
    /// The victim's poll.
    poll: usize,
    /// When it may be raided again in that poll, and how long after that once more.
    again: Instant,
    pause: Duration,
}

impl Raided {
    fn allows(&self, poll: usize) -> bool {
        self.poll != poll || Instant::now() >= self.again
    }

    /// After a raid in `poll`, with what was known before.
    fn after(before: Option<Self>, poll: usize, has_left_some: bool) -> Self {
        let pause = match before {
            Some(raided) if raided.poll == poll && has_left_some => {
                AGAIN_AT_LAST.min(2 * raided.pause)
            }
            _ => AGAIN,
        };
        Self { poll, again: Instant::now() + pause, pause }
    }
}

/// Looks for a task at the other workers' and in the injector.
pub(crate) fn steal(core: &mut Core, scheduler: &Scheduler) -> Option<Runnable> {
    let seats = scheduler.seats().len();
    if seats == 1 {
        return None;
    }
    record::gap_now();
    if !core.searching {
        core.searching = scheduler.idle.start_searching();
        if !core.searching {
            return None;
        }
    }
    let start = core.rng.below(seats);
    let own = core.seat.index();
    let victims = (0..seats).map(|i| (start + i) % seats).filter(|&victim| victim != own);
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
        let task = match stuck_in(core, scheduler, victim) {
            Some(poll) => raid(core, scheduler, victim, poll),
            // It may have made something public since.
            None => steal_public(core, scheduler, victim),
        };
        if task.is_some() {
            return task;
        }
    }
    None
}

fn steal_public(core: &mut Core, scheduler: &Scheduler, victim: usize) -> Option<Runnable> {
    match scheduler.remotes[victim].stealer.steal_into(&mut core.public) {
        Steal::Success { first, rest } => {
            count_stolen(core, victim, rest + 1);
            Some(first)
        }
        Steal::Empty | Steal::Retry => None,
    }
}

/// The poll that the victim stays in for as long as we watch, if it is to be raided in it.
fn stuck_in(core: &Core, scheduler: &Scheduler, victim: usize) -> Option<usize> {
    let remote = &scheduler.remotes[victim];
    let poll = remote.progress.begun();
    if core.raided[victim].is_some_and(|raided| !raided.allows(poll)) {
        return None;
    }
    let start = Instant::now();
    while start.elapsed() < STUCK {
        if remote.progress.begun() != poll || !remote.stealer.is_empty() {
            return None;
        }
        hint::spin_loop();
    }
    Some(poll)
}

/// Those who are in the same poll as at the last alarm.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Stuck {
    /// Whether any of them has tasks.
    pub(super) has_tasks: bool,
    /// How many have none, and will stir before they have.
    pub(super) quiet: usize,
}

/// At an alarm.
pub(super) fn find_stuck(core: &mut Core, scheduler: &Scheduler) -> Stuck {
    let mut stuck = Stuck::default();
    for (seen, remote) in core.seen.iter_mut().zip(scheduler.seats()) {
        // Its own is in no poll.
        let Some(poll) = remote.progress.look() else { continue };
        if std::mem::replace(seen, poll.number) != poll.number {
            continue;
        }
        let stays = || remote.progress.begun() == poll.number && remote.stealer.is_empty();
        if remote.private.len_hint() > 0 {
            stuck.has_tasks = true;
        } else if remote.private.watch(stays) {
            stuck.quiet += 1;
        }
    }
    stuck
}

/// When a worker that has found nothing is to look again by itself, if nobody else will make it: somebody
/// who may be stuck keeps tasks that are not to be raided yet.
pub(crate) fn look_again(core: &Core, scheduler: &Scheduler) -> Option<Duration> {
    if scheduler.has_alarm {
        return None;
    }
    let now = Instant::now();
    let own = core.seat.index();
    let remotes = scheduler.seats().iter().enumerate();
    remotes
        .filter(|(victim, remote)| *victim != own && remote.private.len_hint() > 0)
        .map(|(victim, _)| {
            let raided = core.raided[victim];
            raided.map_or(AGAIN, |raided| raided.again.saturating_duration_since(now).max(AGAIN))
        })
        .min()
}

fn raid(core: &mut Core, scheduler: &Scheduler, victim: usize, poll: usize) -> Option<Runnable> {
    let mut taken = 0;
    let mut has_left_some = true;
    let first = scheduler.remotes[victim].private.raid(|theirs| {
        let half = theirs.len().div_ceil(2).min(LOOT);
        let first = theirs.pop_oldest()?;
        core.seat.with_private(scheduler, |ours| {
            for _ in 1..half {
                let Some(task) = theirs.pop_oldest() else { break };
                ours.push_waiting(task);
                taken += 1;
            }
        });
        has_left_some = theirs.len() > 0;
        Some(first)
    });
    core.raided[victim] = Some(Raided::after(core.raided[victim], poll, has_left_some));
    let first = first??;
    count_stolen(core, victim, taken + 1);
    count(&core.seat.remote().raids);
    Some(first)
}

/// Ends what every other worker has that we can get at; one that comes back will end the rest.
pub(crate) fn end_tasks_of_others(core: &mut Core, scheduler: &Scheduler) {
    for (victim, remote) in scheduler.seats().iter().enumerate() {
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

fn count_stolen(core: &Core, victim: usize, tasks: usize) {
    record::stolen(victim, tasks);
    let stolen = &core.seat.remote().stolen;
    // Ordering: Relaxed; only this worker writes it, and it is a statistic.
    stolen.store(stolen.load(Ordering::Relaxed).wrapping_add(tasks), Ordering::Relaxed);
}

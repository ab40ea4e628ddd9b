//! # Who is there, what waits, and who is called for it; everything in here is behind the lock of `desk.rs`

use crate::parker::Parker;
use filch_primitives::catch_quietly;
use filch_primitives::sync::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

/// What a roster may do.
#[derive(Debug, Clone)]
pub struct Limits {
    /// So many threads, those that run a worker not counted.
    pub threads: usize,
    /// So many jobs in the queue.
    pub queue: usize,
    /// After so many short calls in a row there is haste; `u32::MAX`: never.
    pub haste: u32,
    /// How often the deputy looks in.
    pub look_in: Duration,
}

/// How many jobs wait for a thread at a short call before another is called.
const DEPTH: usize = 16;

/// Where an idle thread is handed its next job.
#[derive(Debug)]
pub struct Seat<J> {
    pub(super) parker: Parker,
    pub(super) turn: Mutex<Option<Turn<J>>>,
}

impl<J> Seat<J> {
    /// For this thread.
    pub fn new() -> Arc<Self> {
        Arc::new(Self { parker: Parker::new(), turn: Mutex::new(None) })
    }

    pub(super) fn hand(&self, turn: Option<Turn<J>>) {
        *self.turn.lock() = turn;
        self.parker.unpark();
    }
}

/// A job for the thread that gets it.
#[derive(Debug)]
pub struct Turn<J> {
    /// What it is to run.
    pub job: J,
    /// To be brought along when it is over.
    pub bet: Bet,
}

/// Whether others bet on a thread to be back soon, and in which round.
#[derive(Debug, Clone, Copy)]
pub struct Bet(Option<u64>);

impl Bet {
    pub(super) const NONE: Self = Self(None);
}

/// How a thread's last turn was.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// Short, and close behind the one before.
    Brisk,
    /// Short.
    Calm,
    /// Longer than it takes to wake a thread.
    Long,
    /// It ran a worker.
    Lent,
}

/// A thread is to be started whose first turn is this; then `started` or `start_failed`.
pub type Start<J> = Option<Turn<J>>;

/// Why a job comes back.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused<J> {
    /// The pool is closed.
    Closed(J),
    /// The queue is full.
    Full(J),
}

/// What became of a job whose submitter would wait.
#[derive(Debug)]
pub enum Knocked<J> {
    /// There was room.
    Entered(Start<J>),
    /// It is in the lobby, under this ticket.
    Waits(u64),
}

/// What a thread does next.
#[derive(Debug)]
pub enum Next<J> {
    /// A job; and perhaps a thread to be started for another one, first.
    Run(Turn<J>, Start<J>),
    /// It leaves.
    Leave,
}

/// One that waits for room in the queue.
#[derive(Debug)]
pub(super) struct Guest<J> {
    pub(super) ticket: u64,
    pub(super) job: J,
    pub(super) waker: Waker,
}

/// See the head of this file.
#[derive(Debug)]
pub(super) struct Roster<J> {
    limits: Limits,
    pub(super) queue: VecDeque<J>,
    pub(super) lobby: VecDeque<Guest<J>>,
    /// How many guests there have been.
    pub(super) tickets: u64,
    /// The one that came last is called first: its caches are warm, and the others get to leave. The deputy
    /// comes last.
    pub(super) idle: Vec<Arc<Seat<J>>>,
    pub(super) deputy: bool,
    pub(super) spinning: bool,
    pub(super) serving: usize,
    pub(super) starting: usize,
    pub(super) lent: usize,
    pub(super) alive: usize,
    pub(super) closed: bool,
    /// The last thread that was to be started could not be: only who submits tries again.
    pub(super) refused: bool,
    pub(super) haste: Haste,
    /// How many jobs have left the queue.
    taken: u64,
    /// How many have been put there.
    put: u64,
}

/// What the deputy saw when it looked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    put: u64,
    taken: u64,
}

impl Seen {
    pub(super) fn is_empty(self) -> bool {
        self.put == self.taken
    }

    /// Something waited `before`, and nothing was taken since, whatever has been put there.
    pub(super) fn has_stalled_since(self, before: Self) -> bool {
        !before.is_empty() && self.taken == before.taken
    }
}

/// Whether calls are short and frequent, and what rests on it.
#[derive(Debug, Default)]
pub(super) struct Haste {
    needed: u32,
    score: u32,
    /// Bets that were made under an earlier number are lost.
    round: u64,
    /// How many threads that are bet on are at work or spinning.
    quick: usize,
    /// What may be spent on spinning, in eighths of what it costs to wake a thread.
    credit: u32,
}

/// What a spin in vain costs: some ten wake-ups.
const SPIN_COSTS: u32 = 80;

/// What one that finds a call saves: one.
const SPIN_SAVES: u32 = 8;

/// How far the score goes beyond what is needed.
const RESERVE: u32 = 48;

impl<J> Roster<J> {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            queue: VecDeque::new(),
            lobby: VecDeque::new(),
            tickets: 0,
            idle: Vec::new(),
            deputy: false,
            spinning: false,
            serving: 0,
            starting: 0,
            lent: 0,
            alive: 0,
            closed: false,
            refused: false,
            haste: Haste { needed: limits.haste, credit: SPIN_COSTS, ..Haste::default() },
            taken: 0,
            put: 0,
            limits,
        }
    }

    /// How many threads there are for jobs, or will be.
    fn available(&self) -> usize {
        self.serving - self.lent
    }

    /// Whether there are more threads for jobs than there may be: one has come back from running a worker.
    pub(super) fn is_crowded(&self) -> bool {
        self.available() > self.limits.threads
    }

    pub(super) fn may_start(&self) -> bool {
        self.available() < self.limits.threads
    }

    /// Whether there are threads for jobs, but of none of them it is known whether it exists.
    pub(super) fn is_unsettled(&self) -> bool {
        self.starting > 0 && self.available() == self.starting
    }

    /// Whether there is a thread for jobs that is known to exist.
    pub(super) fn has_thread(&self) -> bool {
        self.available() > self.starting
    }

    pub(super) fn seen(&self) -> Seen {
        Seen { put: self.put, taken: self.taken }
    }

    pub(super) fn put(&mut self, job: J) {
        self.queue.push_back(job);
        self.put += 1;
    }

    /// A job comes back to the place that it had.
    pub(super) fn put_back(&mut self, job: J) {
        self.queue.push_front(job);
        self.taken -= 1;
    }

    /// Whether what is in the queue may wait there although somebody could be called (I2).
    fn is_covered(&self) -> bool {
        let waiting = self.queue.len();
        waiting <= usize::from(self.spinning)
            || (self.deputy && self.haste.quick > 0 && waiting <= DEPTH.min(self.limits.queue))
    }

    /// Somebody for each job in the queue that is not covered (I2): an idle thread; where there is none
    /// and `or_start`, a new one, which calls for the rest when it runs.
    pub(super) fn calls(&mut self, or_start: bool) -> Calls<J> {
        let mut calls = Calls { idle: Vec::new(), start: None, admitted: Vec::new() };
        loop {
            self.admit(&mut calls.admitted);
            if self.is_covered() {
                return calls;
            }
            if let Some(seat) = self.pop_idle() {
                calls.idle.extend(self.take().map(|turn| (seat, turn)));
            } else if or_start && calls.start.is_none() && self.may_start() {
                self.serving += 1;
                self.starting += 1;
                self.alive += 1;
                calls.start = self.take();
            } else {
                return calls;
            }
        }
    }

    /// The idle thread that came last; the deputy if there is no other.
    pub(super) fn pop_idle(&mut self) -> Option<Arc<Seat<J>>> {
        let seat = self.idle.pop();
        self.deputy &= !self.idle.is_empty();
        seat
    }

    /// The oldest job, for a thread that is at work from now on.
    pub(super) fn take(&mut self) -> Option<Turn<J>> {
        let job = self.queue.pop_front()?;
        self.taken += 1;
        Some(Turn { job, bet: self.haste.bet() })
    }

    /// Moves guests to where there is room (I4).
    fn admit(&mut self, admitted: &mut Vec<Waker>) {
        while !self.lobby.is_empty() && self.has_room() {
            admitted.extend(self.lobby.pop_front().map(|guest| {
                self.put(guest.job);
                guest.waker
            }));
        }
    }

    /// Whether a job may be put in the queue, were it only for the moment until it is handed on.
    pub(super) fn has_room(&self) -> bool {
        let waiting = self.queue.len();
        let is_taken_at_once =
            (self.spinning && waiting == 0) || !self.idle.is_empty() || self.may_start();
        waiting < self.limits.queue || (waiting == self.limits.queue && is_taken_at_once)
    }
}

/// Who is to be told, when the lock is not held any more.
#[must_use = "whoever is called has to be told"]
pub(super) struct Calls<J> {
    idle: Vec<(Arc<Seat<J>>, Turn<J>)>,
    start: Start<J>,
    admitted: Vec<Waker>,
}

impl<J> Calls<J> {
    pub(super) fn make(self) -> Start<J> {
        for (seat, turn) in self.idle {
            seat.hand(Some(turn));
        }
        for waker in self.admitted {
            catch_quietly(|| waker.wake());
        }
        self.start
    }
}

impl Haste {
    pub(super) fn is_on(&self) -> bool {
        self.score >= self.needed
    }

    /// A thread begins to work, or to spin: whether it is bet on.
    pub(super) fn bet(&mut self) -> Bet {
        Bet(self.is_on().then(|| {
            self.quick += 1;
            self.round
        }))
    }

    /// A thread that was bet on is back.
    pub(super) fn settle(&mut self, bet: Bet) {
        if bet.0 == Some(self.round) {
            self.quick -= 1;
        }
    }

    /// Whether a thread may look for a call without sleeping: while that is worth it more often than not,
    /// or has not been tried for long.
    pub(super) fn may_spin(&self) -> bool {
        self.is_on() && self.credit >= SPIN_COSTS
    }

    fn earn(&mut self, credit: u32) {
        self.credit = (self.credit + credit).min(4 * SPIN_COSTS);
    }

    /// A call was short, and close behind the one before.
    pub(super) fn brisk(&mut self) {
        self.earn(1);
        self.score = self.score.saturating_add(1).min(self.needed.saturating_add(RESERVE));
    }

    /// A thread has looked for a call without sleeping.
    pub(super) fn spun(&mut self, in_vain: bool) {
        if in_vain {
            self.credit = self.credit.saturating_sub(SPIN_COSTS);
            self.score /= 2;
        } else {
            self.earn(SPIN_SAVES);
        }
    }

    /// A call was long: whoever is at work may be for long, too.
    pub(super) fn long(&mut self) {
        self.score /= 2;
        self.round += 1;
        self.quick = 0;
    }

    /// The queue did not move.
    pub(super) fn stuck(&mut self) {
        self.long();
        self.score = 0;
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_queue_that_only_grows_has_stalled() {
        let limits =
            Limits { threads: 2, queue: usize::MAX, haste: 0, look_in: Duration::from_millis(1) };
        let mut roster = Roster::new(limits);
        let empty = roster.seen();
        roster.put('a');
        let one = roster.seen();
        assert!(!one.has_stalled_since(empty), "it has only just come");
        assert!(one.has_stalled_since(one));
        roster.put('b');
        assert!(roster.seen().has_stalled_since(one));
        let _turn = roster.take();
        assert!(!roster.seen().has_stalled_since(one));
    }
}

//! # Desk: which thread of a pool gets which job, so that no job waits for nothing
//!
//! Everything is decided under one lock; threads are woken, and jobs dropped, outside of it.
//!
//! ## Roles
//! * submitter: any thread: `submit`, `knock`, `leave_lobby`, and for a thread that it starts `started` or
//!   `start_failed`.
//! * thread of the pool: `next`, and `thread_ends` as the last thing it does.
//! * closer: any thread: `close`, then `wait`.
//!
//! ## States of a thread
//! | state | counted in | comes for jobs |
//! |---|---|---|
//! | being started | serving, starting | unless it cannot be started |
//! | at work | serving | when its job is over |
//! | spinning | serving, spinning | at once |
//! | idle | serving, `idle` | when it is handed one |
//! | deputy: idle, but looks in now and then | the same, `deputy` | when the queue does not move |
//! | running a worker | serving, lent | when that is over, which may be never |
//! | leaving | alive only | no |
//!
//! ## Haste
//! To wake a thread costs microseconds, which is more than many calls take. While calls are short and come
//! close behind each other (`Haste`), a thread spins for the next one before it sleeps, and what is
//! submitted meanwhile waits in the queue for a thread that is at a short call. That is a bet: the call may
//! be a long one this time. So it is only made while a deputy looks in every quarter of a millisecond; if
//! something waited at its last look and nothing was taken since, it calls for as many threads as there are jobs, and
//! there is no haste for a while.
//!
//! ## Invariants
//! * I1: a job that was taken is run, or comes back from `close`; model `submission_meets_time_out`,
//!   `submission_meets_close`.
//! * I2: a job waits in the queue only if every thread that there may be is busy with something else, or
//!   the bet is on: `is_covered`. Whoever takes a job looks whether the rest is still covered; models
//!   `bet_is_lost`, `deputy_is_called_away`.
//! * I3: nobody queues behind threads of which none is known to exist; model `start_fails`.
//! * I4: whoever waits in the lobby waits because the queue is full; model `guest_meets_free_thread`.
//!
//! ## Rejected
//! See decision 36. `beckons` needs no ordering: whoever sees it takes the lock.
//!
//! ## Checked by
//! `loom-tests/tests/blocking_pool.rs`: the models named above.

use super::roster::{
    Bet, Guest, Knocked, Limits, Next, Pace, Refused, Roster, Seat, Seen, Start, Turn,
};
use filch_primitives::atomic::{AtomicBool, Ordering};
use filch_primitives::catch_quietly;
use filch_primitives::hint;
use filch_primitives::sync::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

/// See the head of this file.
#[derive(Debug)]
pub struct Desk<J> {
    state: Mutex<Roster<J>>,
    /// For the one that spins: whether the queue is worth a look. Written under the lock.
    beckons: AtomicBool,
    /// A thread was started, or could not be; or has ended.
    changed: Condvar,
    look_in: Duration,
}

impl<J> Desk<J> {
    /// No threads yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            look_in: limits.look_in,
            state: Mutex::new(Roster::new(limits)),
            beckons: AtomicBool::new(false),
            changed: Condvar::new(),
        }
    }

    fn beckon(&self, state: &Roster<J>) {
        // Ordering: Relaxed; a hint, whoever sees it takes the lock.
        self.beckons.store(state.closed || !state.queue.is_empty(), Ordering::Relaxed);
    }

    /// Waits until it is known of one thread for jobs at least whether it exists (I3).
    fn settled(&self) -> MutexGuard<'_, Roster<J>> {
        let mut state = self.state.lock();
        while state.is_unsettled() && !state.may_start() && !state.closed {
            state = self.changed.wait(state);
        }
        state
    }

    /// Gives `job` to a thread, or puts it where one will come for it.
    ///
    /// # Errors
    /// Gives it back if the pool is closed or the queue full.
    pub fn submit(&self, job: J) -> Result<Start<J>, Refused<J>> {
        let state = self.settled();
        if state.closed {
            return Err(Refused::Closed(job));
        }
        if !state.has_room() {
            return Err(Refused::Full(job));
        }
        Ok(self.put(state, job))
    }

    fn put(&self, mut state: MutexGuard<'_, Roster<J>>, job: J) -> Start<J> {
        state.put(job);
        state.refused = false;
        self.call(state)
    }

    /// Sees to it that what is in the queue is covered (I2).
    fn call(&self, mut state: MutexGuard<'_, Roster<J>>) -> Start<J> {
        let or_start = !state.refused;
        let calls = state.calls(or_start);
        self.beckon(&state);
        drop(state);
        calls.make()
    }

    /// As [`submit`](Self::submit), for a worker: it does not queue, and its thread is one more. The first
    /// thread to be started is its own.
    ///
    /// # Errors
    /// Gives it back if the pool is closed.
    pub fn submit_worker(&self, job: J) -> Result<[Start<J>; 2], Refused<J>> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(Refused::Closed(job));
        }
        state.lent += 1;
        let turn = Turn { job, bet: Bet::NONE };
        let Some(seat) = state.pop_idle() else {
            state.serving += 1;
            state.alive += 1;
            return Ok([Some(turn), None]);
        };
        // It may have been the deputy, on whom the rest of the queue counted.
        let rest = self.call(state);
        seat.hand(Some(turn));
        Ok([None, rest])
    }

    /// As [`submit`](Self::submit); if the queue is full, the job waits in the lobby, and `waker` is woken
    /// when there was room for it: then the ticket comes back.
    ///
    /// # Errors
    /// Gives the job back if the pool is closed.
    pub fn knock(&self, job: J, waker: &Waker) -> Result<Knocked<J>, J> {
        let mut state = self.settled();
        if state.closed {
            return Err(job);
        }
        if state.has_room() {
            return Ok(Knocked::Entered(self.put(state, job)));
        }
        let ticket = state.tickets;
        state.tickets += 1;
        state.lobby.push_back(Guest { ticket, job, waker: waker.clone() });
        Ok(Knocked::Waits(ticket))
    }

    /// Whether the guest still waits; if so, `waker` is the one to wake from here on.
    pub fn is_in_lobby(&self, ticket: u64, waker: &Waker) -> bool {
        let mut waker = waker.clone();
        let mut state = self.state.lock();
        let Ok(at) = state.lobby.binary_search_by_key(&ticket, |guest| guest.ticket) else {
            return false;
        };
        std::mem::swap(&mut state.lobby[at].waker, &mut waker);
        // The old one goes outside of the lock: that may run anything.
        drop(state);
        true
    }

    /// The guest does not want to wait any more: its job, if it is still there.
    pub fn leave_lobby(&self, ticket: u64) -> Option<J> {
        let mut state = self.state.lock();
        let at = state.lobby.binary_search_by_key(&ticket, |guest| guest.ticket).ok()?;
        let guest = state.lobby.remove(at)?;
        drop(state);
        Some(guest.job)
    }

    /// The thread that was to be started exists.
    pub fn started(&self, is_worker: bool) {
        if !is_worker {
            self.state.lock().starting -= 1;
            self.changed.notify_all();
        }
    }

    /// The thread that was to be started does not come into being; `turn` would have been its first.
    /// Another one takes it, if there is any.
    ///
    /// # Errors
    /// Gives the job back if nobody will come for it.
    pub fn start_failed(&self, turn: Turn<J>, is_worker: bool) -> Result<(), J> {
        let mut state = self.state.lock();
        state.haste.settle(turn.bet);
        state.serving -= 1;
        state.alive -= 1;
        let counted = if is_worker { &mut state.lent } else { &mut state.starting };
        *counted -= 1;
        self.changed.notify_all();
        if is_worker {
            return Err(turn.job);
        }
        while state.is_unsettled() && !state.closed {
            state = self.changed.wait(state);
        }
        if state.closed || !state.has_thread() {
            return Err(turn.job);
        }
        state.put_back(turn.job);
        state.refused = true;
        let calls = state.calls(false);
        self.beckon(&state);
        drop(state);
        let _nobody = calls.make();
        Ok(())
    }

    /// Sees to it that what is in the queue is covered; for a thread that was just started, whose start
    /// perhaps was one of several that were called for.
    pub fn call_for_the_rest(&self) -> Start<J> {
        self.call(self.state.lock())
    }

    /// The next job of the thread in `seat`. `bet` is what came with the last one, `pace` how it was; `spin`
    /// is asked whether to go on looking, `keep_alive` is how long the thread stays without work.
    pub fn next(
        &self,
        seat: &Arc<Seat<J>>,
        (bet, pace): (Bet, Pace),
        spin: impl FnMut() -> bool,
        keep_alive: Duration,
    ) -> Next<J> {
        let mut state = self.state.lock();
        state.haste.settle(bet);
        match pace {
            Pace::Brisk => state.haste.brisk(),
            Pace::Calm => {}
            Pace::Long => state.haste.long(),
            Pace::Lent => {
                state.lent -= 1;
                // The one that is being started in its place may not come into being.
                while state.is_crowded() && state.starting > 0 && !state.closed {
                    state = self.changed.wait(state);
                }
                if state.is_crowded() {
                    state.serving -= 1;
                    return Next::Leave;
                }
            }
        }
        if state.queue.is_empty() && state.lobby.is_empty() && !state.closed {
            state = self.spin(state, spin);
        }
        let mut state = match self.try_take(state) {
            Ok(next) => return next,
            Err(state) => state,
        };
        if state.closed {
            state.serving -= 1;
            return Next::Leave;
        }
        let is_deputy = !state.deputy && state.haste.is_on();
        let seen = is_deputy.then_some(state.seen());
        state.deputy |= is_deputy;
        let at = if is_deputy { 0 } else { state.idle.len() };
        state.idle.insert(at, seat.clone());
        drop(state);
        self.await_turn(seat, seen, keep_alive)
    }

    /// The oldest job for this thread, and whatever follows from that.
    fn try_take<'a>(
        &self,
        mut state: MutexGuard<'a, Roster<J>>,
    ) -> Result<Next<J>, MutexGuard<'a, Roster<J>>> {
        if let Some(turn) = state.take() {
            return Ok(Next::Run(turn, self.call(state)));
        }
        // Where there is no queue, jobs come from the lobby.
        let Some(guest) = state.lobby.pop_front() else { return Err(state) };
        let bet = state.haste.bet();
        drop(state);
        catch_quietly(|| guest.waker.wake());
        Ok(Next::Run(Turn { job: guest.job, bet }, None))
    }

    /// Looks for a job without sleeping, if that is worth it.
    fn spin<'a>(
        &'a self,
        mut state: MutexGuard<'a, Roster<J>>,
        mut spin: impl FnMut() -> bool,
    ) -> MutexGuard<'a, Roster<J>> {
        if state.spinning || !state.haste.may_spin() || !spin() {
            return state;
        }
        state.spinning = true;
        let bet = state.haste.bet();
        drop(state);
        // Ordering: Relaxed; a hint, the lock decides.
        while !self.beckons.load(Ordering::Relaxed) && spin() {
            hint::spin_loop();
        }
        let mut state = self.state.lock();
        state.spinning = false;
        state.haste.settle(bet);
        let in_vain = state.queue.is_empty();
        state.haste.spun(in_vain);
        state
    }

    /// Sleeps until it is handed a job. The deputy, which has `seen` the queue, looks in meanwhile.
    fn await_turn(
        &self,
        seat: &Arc<Seat<J>>,
        mut seen: Option<Seen>,
        keep_alive: Duration,
    ) -> Next<J> {
        loop {
            let timeout = if seen.is_some() { self.look_in } else { keep_alive };
            if seat.parker.park_timeout(timeout) {
                break;
            }
            let mut state = self.state.lock();
            let Some(at) = state.idle.iter().position(|other| Arc::ptr_eq(other, seat)) else {
                // Somebody took the seat just now: the job is on its way.
                drop(state);
                seat.parker.park();
                break;
            };
            if let Some(before) = seen {
                let now = state.seen();
                seen = Some(now);
                if now == before && now.is_empty() {
                    // All is quiet: it is idle like others, and among them it came last.
                    state.deputy = false;
                    state.idle[at..].rotate_left(1);
                    seen = None;
                    continue;
                }
                if !now.has_stalled_since(before) {
                    continue;
                }
                // The bet is lost.
                state.deputy = false;
                state.haste.stuck();
            }
            state.idle.remove(at);
            match self.try_take(state) {
                Ok(next) => return next,
                Err(mut state) => {
                    state.serving -= 1;
                    return Next::Leave;
                }
            }
        }
        match seat.turn.lock().take() {
            Some(turn) => Next::Run(turn, None),
            // It was the end that unparked us.
            None => {
                self.state.lock().serving -= 1;
                Next::Leave
            }
        }
    }

    /// No job from here on. Those that queued come back, with whom to tell.
    pub fn close(&self) -> (VecDeque<J>, Vec<Waker>) {
        let mut state = self.state.lock();
        state.closed = true;
        state.deputy = false;
        let mut jobs = std::mem::take(&mut state.queue);
        let idle = std::mem::take(&mut state.idle);
        let mut wakers = Vec::new();
        for guest in std::mem::take(&mut state.lobby) {
            jobs.push_back(guest.job);
            wakers.push(guest.waker);
        }
        self.beckon(&state);
        drop(state);
        self.changed.notify_all();
        for seat in idle {
            seat.hand(None);
        }
        (jobs, wakers)
    }

    /// A thread has left, and does nothing any more.
    pub fn thread_ends(&self) {
        self.state.lock().alive -= 1;
        self.changed.notify_all();
    }

    /// After [`close`](Self::close): waits for the threads to end, until `deadline` if there is one.
    pub fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut state = self.state.lock();
        while state.alive > 0 {
            state = match deadline {
                None => self.changed.wait(state),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    self.changed.wait_timeout(state, left).0
                }
            };
        }
        true
    }

    /// How many threads there are, idle ones included.
    pub fn threads(&self) -> usize {
        self.state.lock().serving
    }

    /// How many of them are idle.
    pub fn idle(&self) -> usize {
        self.state.lock().idle.len()
    }

    /// How many jobs wait for a thread.
    pub fn queued(&self) -> usize {
        self.state.lock().queue.len()
    }
}

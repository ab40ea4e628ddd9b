//! # Earliest: no deadline is ever earlier than what somebody has promised to wake up for
//!
//! Timers live in shards. Whoever waits for the earliest of all deadlines reads one word per shard
//! instead of taking their locks; whoever arms an earlier timer meanwhile must notice that the
//! waiter does not know it yet, and tell. Most arm nothing earlier, and then touch nothing shared.
//!
//! ## Layout
//! [`NextDeadline`], one per shard: a time, at most the earliest deadline in the shard; [`NONE`] if
//! it is empty. [`Alarm`], one per set of shards: the time for which somebody has promised to be
//! awake; [`NONE`] if nobody has, and everybody who arms a timer has to tell.
//!
//! ## Roles
//! * the *holder* of a shard's lock writes its `NextDeadline`: `lower`, `set`;
//! * an *inserter*, any thread: after `lower` said yes, `Alarm::must_tell`, and then it tells;
//! * a *waiter*, any thread: `Alarm::promise`, and then it is awake at the time returned, or sets
//!   a device that wakes somebody. It promises again after that, or hands on.
//!
//! ## States
//! | alarm | meaning |
//! |---|---|
//! | `NONE` | nobody has promised anything, or a waiter is reading the shards |
//! | time t | somebody is awake at t, or is being told of t right now |
//!
//! ## Transitions
//! 1. `NONE` or a time -> `NONE`: `promise`, before it reads the shards
//! 2. -> the earliest deadline read: `promise`, after it read them
//! 3. -> the deadline just armed, if that is earlier: `must_tell`; whoever lowers it tells
//!
//! ## Invariants
//! E1: somebody is awake, or is being told to be, for a time that is at most the alarm.
//! E2: when all calls have returned and all that had to be told is told, that time is at most every
//! `NextDeadline`. Models: `insert_meets_promise`, `two_inserts_meet_promise`,
//! `insert_meets_two_promises`, `insert_meets_advance`, `reset_meets_promise`.
//!
//! An alarm that is too late costs a needless telling; one that is too early would break E1.
//!
//! ## Ordering
//! | operation | ordering | pairs with | what breaks without it |
//! |---|---|---|---|
//! | fence in `must_tell` | SeqCst | the fence in `promise` | both sides read the old value, and a timer waits until something else happens (E2) |
//! | fence in `promise` | SeqCst | the fence in `must_tell` | the same |
//!
//! The words carry no data besides themselves (the entries are behind the shard's lock), so every
//! access is Relaxed.
//!
//! ## Liveness
//! * inserter: shard := d; fence; read alarm
//! * waiter: alarm := `NONE`; fence; read shard
//!
//! One of the two fences is first. If it is the inserter's, the waiter reads d (or less) and promises it. If
//! it is the waiter's, the inserter reads `NONE` or something written after it: what a waiter read, or
//! another inserter's time. Is that at most d, somebody is awake early enough, or is about to be (E1);
//! is it more, the inserter lowers it to d and tells.
//!
//! ## Rejected
//! * Telling whenever a shard's own earliest deadline becomes earlier: a timer armed and dropped on
//!   an idle shard, again and again, would be a system call each time. Here the alarm stays where it
//!   is when the timer goes, and the next one is later: one spurious wake-up for the whole series.
//! * Raising the words when the earliest timer is cancelled: a store to a shared line per cancel, to
//!   save that one wake-up.
//! * One global minimum that inserters lower with `fetch_min`: a contended line on every insertion.
//!
//! ## Checked by
//! `loom-tests/tests/timer_shard.rs`. loom cannot see how long the told one takes.

use filch_primitives::atomic::{AtomicU64, Ordering, fence};

/// No deadline, in the words of this file.
pub const NONE: u64 = u64::MAX;

/// The earliest deadline in one shard, or something earlier.
#[derive(Debug)]
pub struct NextDeadline(AtomicU64);

impl NextDeadline {
    /// Of an empty shard.
    pub fn new() -> Self {
        Self(AtomicU64::new(NONE))
    }

    /// A recent value.
    #[inline]
    pub fn peek(&self) -> u64 {
        // Ordering: Relaxed; only the value matters. A waiter has its fence, and whoever merely looks
        // whether the shard is due may be late: the inserter it missed tells, or was read.
        self.0.load(Ordering::Relaxed)
    }

    /// The holder inserted `deadline`. `true` if the shard has nothing earlier: then ask
    /// [`Alarm::must_tell`].
    #[inline]
    #[must_use]
    pub fn lower(&self, deadline: u64) -> bool {
        // Ordering: Relaxed, both; the shard's lock orders the writers, `must_tell` has the fence.
        let earlier = deadline < self.0.load(Ordering::Relaxed);
        if earlier {
            self.0.store(deadline, Ordering::Relaxed);
        }
        earlier
    }

    /// The holder took things out: `next` is what is left.
    #[inline]
    pub fn set(&self, next: u64) {
        // Ordering: Relaxed; the shard's lock orders the writers. A waiter that still reads the value
        // before wakes up early, once.
        self.0.store(next, Ordering::Relaxed);
    }
}

impl Default for NextDeadline {
    fn default() -> Self {
        Self::new()
    }
}

/// The time for which somebody has promised to be awake.
#[derive(Debug)]
pub struct Alarm(AtomicU64);

impl Alarm {
    /// Nobody has promised anything.
    pub fn new() -> Self {
        Self(AtomicU64::new(NONE))
    }

    /// An inserter has lowered its shard to `deadline`: does it have to tell the waiter?
    #[must_use]
    pub fn must_tell(&self, deadline: u64) -> bool {
        // Ordering: SeqCst fence between the shard's word and the alarm; pairs with the one in
        // `promise` (E2). Without it: model `insert_meets_promise`.
        fence(Ordering::SeqCst);
        // Ordering: Relaxed, both; the fence orders. The read-modify-write lets exactly one inserter
        // answer for a time.
        deadline < self.0.load(Ordering::Relaxed)
            && deadline < self.0.fetch_min(deadline, Ordering::Relaxed)
    }

    /// The earliest deadline of all `shards`, or something earlier, and from here on a promise of
    /// the caller; [`NONE`] if there is none.
    pub fn promise<'a>(&self, shards: impl Iterator<Item = &'a NextDeadline>) -> u64 {
        // Ordering: Relaxed; the fence orders. From here on every inserter tells.
        self.0.store(NONE, Ordering::Relaxed);
        // Ordering: SeqCst fence between the alarm and the shards' words; pairs with the one in
        // `must_tell` (E2). Without it: model `insert_meets_promise`.
        fence(Ordering::SeqCst);
        let next = shards.map(NextDeadline::peek).min().unwrap_or(NONE);
        // Ordering: Relaxed; only the value matters. It may cover up what an inserter has put there
        // since, and told: that makes the alarm later, which is safe (E1).
        self.0.store(next, Ordering::Relaxed);
        next
    }
}

impl Default for Alarm {
    fn default() -> Self {
        Self::new()
    }
}
